"""What pages of the cold chain show."""
