"""CPython tools for technicians: enrol, build, flash, label, self-test, simulate, list."""
