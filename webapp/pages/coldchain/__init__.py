"""Pages of the cold chain: shipments, and the assets that carry them."""
