"""The cold chain: assets, loggers that ride in them, shipments, what is told of readings."""
