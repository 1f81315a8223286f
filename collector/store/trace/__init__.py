"""Traceability: parties, the events that they captured, and what is asked of them."""
