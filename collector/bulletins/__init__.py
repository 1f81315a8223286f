"""Bulletins of pests and diseases: figures and texts drawn up from the data."""
