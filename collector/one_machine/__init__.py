"""Everything on one machine: embedded parts, their supervisor, the demonstration."""
