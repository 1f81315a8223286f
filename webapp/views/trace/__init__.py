"""What pages about lots and certificates show."""
