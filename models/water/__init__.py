"""How much water a field holds, needs and was given."""
