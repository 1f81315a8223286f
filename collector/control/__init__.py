"""Acting: orders to outputs of nodes, what became of them, schedules and sequences."""
