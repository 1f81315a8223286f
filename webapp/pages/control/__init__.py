"""Pages to switch outputs: places, a node and its outputs, what was ordered and happened."""
