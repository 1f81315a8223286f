"""What the bureau sees: the map of the region, the desk, the bulletin."""
