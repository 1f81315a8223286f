"""Pages for technicians: the network."""
