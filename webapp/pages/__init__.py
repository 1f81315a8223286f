"""One module per page family; each registers its blueprint ``bp``."""
