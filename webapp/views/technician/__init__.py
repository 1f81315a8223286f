"""What technicians see of nodes and their upkeep."""
