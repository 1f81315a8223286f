"""Comparisons with what really happened; each prints the tables that docs/skill.md shows."""
