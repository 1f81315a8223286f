"""Who is there and what they may: signing in, roles and their scope, attempts that fail."""
