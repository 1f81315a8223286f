"""What is traced: how things, places and parties are named, and what led to what; pure."""
