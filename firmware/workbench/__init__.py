"""CPython tools for technicians: enrol, simulate, list."""
