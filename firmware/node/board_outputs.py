"""Pins and timer of a board that has outputs; others do not load it."""

import machine

from firmware import const

_TIMER = const(0)  # of the four of an ESP32 (docs.micropython.org, "Quick reference for the ESP32")


def make_pin(number):
    """Return a pin as an output, low."""
    return machine.Pin(number, machine.Pin.OUT, value=0)


def make_timer():
    """Return a timer that nothing else has."""
    return machine.Timer(_TIMER)
