"""What field and server say to each other; runs unchanged under MicroPython and CPython."""
