"""A relay or a solid-state switch at a pin: valve, pump, fan, light, heater."""

PINS = ("switch",)
SETTINGS = {"active": ["high", "low"]}


def make(pins, ticks_ms, ticks_diff, active="high"):
    """Make the switch; `active` is the pin's level at which it is on."""
    return Relay(pins[0], active == "high")


class Relay:
    """Switches `pin`."""

    def __init__(self, pin, high):
        self.pin = pin
        self.high = high

    def __call__(self, to):
        """Switch on or off."""
        self.pin.value(1 if to == self.high else 0)
