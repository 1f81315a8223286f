"""Insect traps: catches against what the season usually brings."""
