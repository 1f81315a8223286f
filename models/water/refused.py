"""What the water room refuses."""


class WaterError(ValueError):
    """Something given is impossible or unknown; the message names it, its place and the mend."""
