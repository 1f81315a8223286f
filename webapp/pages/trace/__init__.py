"""Lots and certificates of commitment: for who grows and packs, who inspects, and who buys."""
