"""Cold chain: what readings of a logger say of a product, and what they leave open."""
