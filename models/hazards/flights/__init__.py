"""Flights of moths, from what traps caught: the one thing here that people count."""
