"""Checks of readings against other series, by the hour and by the day."""
