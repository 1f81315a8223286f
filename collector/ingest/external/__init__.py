"""Taking in what devices of other makers send."""
