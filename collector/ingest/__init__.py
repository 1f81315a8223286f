"""From the broker to committed rows: messages, seals, readings and their checks."""
