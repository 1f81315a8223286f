"""Goods and what is certified of them: lots, certificates, and what inspectors do with both."""
