"""Hazards of greenhouse tomato and cucumber."""
