"""Hazards of peanut."""
