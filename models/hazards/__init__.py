"""One module per hazard; each ends in ``HAZARD = Hazard(...)``."""
