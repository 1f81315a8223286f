"""The program of one field node (MicroPython)."""
