"""Hazards of winter wheat."""
