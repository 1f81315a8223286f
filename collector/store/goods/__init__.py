"""Goods on their way: boxes and pallets, places, what is in what, and steps that are told."""
