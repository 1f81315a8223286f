"""Machine interfaces; each module registers its blueprint ``bp``."""
