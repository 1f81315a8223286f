"""Drought and waterlogging, of every field crop."""
