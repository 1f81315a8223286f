"""Hazards of summer maize."""
