"""What node and server say: frames of readings, acknowledgements, events; layouts of channels.

A node writes its frames in format 2. Format 1 is read beside it: what was sealed in it waits in
outboxes and stands in stores.
"""

import hashlib
from collections import namedtuple

from firmware.wire import cbor, format2
from firmware.wire.cbor import DecodeError
from firmware.wire.frame import LATEST, MAX_CHANNELS, UINT32, within
from firmware.wire.frame import MAX_RAW as MAX_RAW
from firmware.wire.frame import Frame as Frame
from firmware.wire.frame import LayoutError as LayoutError
from firmware.wire.frame import Missing as Missing
from firmware.wire.frame import Reading as Reading
from firmware.wire.frame import TimeUnknown as TimeUnknown

FORMAT = 1  # of acknowledgements

NOT_FITTED, NO_ANSWER, BAD_CHECKSUM, OUT_OF_RANGE, WARMING_UP, LOW_POWER, DRIVER_FAULT = range(7)

Channel = namedtuple("Channel", ("number", "quantity", "scale"))
Layout = namedtuple("Layout", ("id", "channels"))
Ack = namedtuple("Ack", ("now", "frames", "watermark"))
Event = namedtuple("Event", ("boot", "kind", "detail"))

EVENT_KINDS = ("boot", "lost", "fault", "answer", "refused", "update")


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


def encode(frame):
    """Encode a Frame to its body, in format 2.

    Raises
    ------
    ValueError
        If a field is out of its range; the message names it.
    """
    return format2.encode(frame)


def decode(body):
    """Decode a frame's body, in format 1 or 2.

    Returns
    -------
    Frame
        Its channels hold absolute scaled integers and Missing(reason).

    Raises
    ------
    DecodeError
        If the body is not exactly what that format's `encode` writes.
    """
    return _format_of(body).decode(body)


def identity(body):
    """Return boot and sequence number of a body that may be broken behind them, or None.

    They stand at fixed places, so that a frame whose rest is broken can still be named, kept and
    acknowledged: its node would otherwise send it for ever.
    """
    return _format_of(body).identity(body)


def _format_of(body):
    # A node never reads a frame, and need not load what does.
    from firmware.wire import format1, format2_read

    return format2_read if format2_read.begins(body) else format1


def readings(frame, layout, boot_offset=None):
    """Make the Readings of a frame, channel by channel; the only place that makes them.

    Parameters
    ----------
    frame : Frame
    layout : Layout
        The layout whose id the frame carries.
    boot_offset : int, optional
        UTC of the boot, if known from elsewhere, for a frame on uptime alone [s].

    Returns
    -------
    list of Reading
        Channel number, time [s since 1970 UTC], value in the quantity's unit or None, reason
        code or None.

    Raises
    ------
    LayoutError
        If the frame was taken under another layout.
    TimeUnknown
        If neither the frame nor the caller knows when the boot was.
    """
    from firmware.wire import placing  # as above

    return placing.readings(frame, layout, boot_offset)


def encode_ack(now, frames, watermark=None):
    """Encode an acknowledgement.

    Parameters
    ----------
    now : int or None
        The server's time [s since 1970 UTC]; None while it doubts its own clock.
    frames : sequence of (boot, seq)
        Frames that are durably stored.
    watermark : (boot, seq), optional
        Every frame of that boot, from 0 to seq, is durably stored.
    """
    parts = [1, now, [list(pair) for pair in frames], list(watermark) if watermark else None]
    fault = _ack_fault(parts)
    if fault:
        raise ValueError("ack: " + fault)
    return cbor.encode(parts)


def decode_ack(body):
    """Decode an acknowledgement to Ack(now, frames, watermark); DecodeError if it is none."""
    parts = cbor.decode(body)
    if not isinstance(parts, list) or len(parts) != 4:
        raise DecodeError("ack: must be an array of 4", 0)
    fault = _ack_fault(parts)
    if fault:
        raise DecodeError("ack: " + fault, 0)
    watermark = tuple(parts[3]) if parts[3] else None
    return Ack(parts[1], tuple(tuple(pair) for pair in parts[2]), watermark)


def _is_pair(pair):
    if not isinstance(pair, list) or len(pair) != 2:
        return False
    return within(pair[0], 1, UINT32) and within(pair[1], 0, UINT32)


def _ack_fault(parts):
    form, now, frames, watermark = parts
    if form is True or form != FORMAT:
        return "format %r is not %d" % (form, FORMAT)
    if now is not None and not within(now, 0, LATEST):
        return "time %r must be seconds of UTC or null" % (now,)
    if not isinstance(frames, list) or not all(_is_pair(pair) for pair in frames):
        return "frames must be an array of [boot, seq]"
    if watermark is not None and not _is_pair(watermark):
        return "watermark %r must be [boot, seq] or null" % (watermark,)
    return None


def encode_event(event):
    """Encode an Event(boot, kind, detail) to a map with keys 1, 2 and 3.

    Details are CBOR values: for ``boot`` ``[reset cause, torn bytes]``, for ``lost``
    ``[boot, first seq, last seq]``, for ``fault`` text, for ``answer`` what
    `firmware.wire.commands` says, for ``refused`` ``[reason, how many in this boot]``.
    """
    parts = {1: event.boot, 2: event.kind, 3: event.detail}
    fault = _event_fault(parts)
    if fault:
        raise ValueError("event: " + fault)
    return cbor.encode(parts)


def decode_event(body):
    """Decode an event's body to an Event; DecodeError if it is none."""
    parts = cbor.decode(body)
    fault = _event_fault(parts)
    if fault:
        raise DecodeError("event: " + fault, 0)
    return Event(parts[1], parts[2], parts[3])


def _event_fault(parts):
    if not isinstance(parts, dict) or sorted(parts.keys()) != [1, 2, 3]:
        return "must be a map with keys 1, 2 and 3"
    if not within(parts[1], 1, UINT32):
        return "boot %r must be from 1 to 2**32 - 1" % (parts[1],)
    if parts[2] not in EVENT_KINDS:
        return "kind %r must be one of %s" % (parts[2], ", ".join(EVENT_KINDS))
    return None
