"""Layouts of channels: what a frame's channels are, told apart by an id."""

import hashlib
from collections import namedtuple

from firmware.wire import cbor
from firmware.wire.frame import MAX_CHANNELS

Channel = namedtuple("Channel", ("number", "quantity", "scale"))
Layout = namedtuple("Layout", ("id", "channels"))


class LayoutError(ValueError):
    """A layout that cannot be, or a frame read under another than it was taken with."""


def layout_id(channels):
    """Identify a channel layout by the first 4 bytes of the SHA-256 of its CBOR form.

    Parameters
    ----------
    channels : sequence of (number, quantity id, scale)
        In ascending channel number; each value travels as ``round(value * scale)``.
    """
    return hashlib.sha256(cbor.encode([list(c) for c in channels])).digest()[:4]


def make_layout(channels):
    """Make the Layout of `channels`, (number, quantity id, scale) in ascending number."""
    rows = tuple(Channel(*c) for c in channels)
    numbers = [c.number for c in rows]
    if not rows or len(rows) > MAX_CHANNELS or numbers != sorted(set(numbers)):
        raise LayoutError("channels %r: must be 1 to 32 different, ascending" % (numbers,))
    return Layout(layout_id(rows), rows)
