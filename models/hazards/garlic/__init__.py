"""Hazards of garlic."""
