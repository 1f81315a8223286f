"""Outputs, orders and what came of them, in the words of who stands beside them."""
