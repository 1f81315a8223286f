"""From answers to what to do, and when."""
