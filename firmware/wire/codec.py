"""What node and server say: frames of readings, acknowledgements, events; layouts of channels.

All of it in one place, for the server. A node imports what it needs of it from where it is made:
`frame`, `format2`, `layout` and `messages`. It writes its frames in format 2. Format 1 is read
beside it: what was sealed in it waits in outboxes and stands in stores.
"""

from firmware.wire import cbor, format1, format2, format2_read, messages, placing
from firmware.wire.cbor import DecodeError
from firmware.wire.frame import (
    BAD_CHECKSUM,
    DRIVER_FAULT,
    LOW_POWER,
    MAX_RAW,
    NO_ANSWER,
    NOT_FITTED,
    OUT_OF_RANGE,
    UINT32,
    WARMING_UP,
    Frame,
    Missing,
    within,
)
from firmware.wire.layout import Channel, Layout, LayoutError, layout_id, make_layout
from firmware.wire.messages import FORMAT, Ack, Event, ack_fault, decode_ack
from firmware.wire.placing import Reading, TimeUnknown

__all__ = (
    "BAD_CHECKSUM",
    "DRIVER_FAULT",
    "EVENT_KINDS",
    "LOW_POWER",
    "MAX_RAW",
    "NOT_FITTED",
    "NO_ANSWER",
    "OUT_OF_RANGE",
    "WARMING_UP",
    "Ack",
    "Channel",
    "DecodeError",
    "Event",
    "Frame",
    "Layout",
    "LayoutError",
    "Missing",
    "Reading",
    "TimeUnknown",
    "columns",
    "decode",
    "decode_ack",
    "decode_event",
    "encode",
    "encode_ack",
    "encode_event",
    "identity",
    "layout_id",
    "make_layout",
    "readings",
)

EVENT_KINDS = ("boot", "lost", "fault", "answer", "refused", "update", "output", "outputs")


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
    return format2_read if format2_read.begins(body) else format1


def readings(frame, layout, boot_offset=None):
    """Make the Readings of a frame, channel by channel.

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
    return placing.readings(frame, layout, boot_offset)


def columns(frame, layout, boot_offset=None):
    """Order the samples of a frame by channel; parameters and errors as of `readings`.

    Returns
    -------
    list of (Channel, int, tuple)
        By channel: what it is, the time of its first sample [s since 1970 UTC], and its samples,
        scaled integers or Missing. Samples are `frame.step` apart.
    """
    return placing.columns(frame, layout, boot_offset)


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
    parts = [FORMAT, now, [list(pair) for pair in frames], list(watermark) if watermark else None]
    fault = ack_fault(parts)
    if fault:
        raise ValueError("ack: " + fault)
    return cbor.encode(parts)


def decode_event(body):
    """Decode an event's body to an Event; DecodeError if it is none."""
    parts = cbor.decode(body)
    fault = _event_fault(parts)
    if fault:
        raise DecodeError("event: " + fault, 0)
    return Event(parts[1], parts[2], parts[3])


def encode_event(event):
    """As `messages.encode_event`; a ValueError names what is wrong with it."""
    fault = _event_fault({1: event.boot, 2: event.kind, 3: event.detail})
    if fault:
        raise ValueError("event: " + fault)
    return messages.encode_event(event)


def _event_fault(parts):
    """Say what is wrong with the parts of an event, or return None."""
    if not isinstance(parts, dict) or set(parts) != {1, 2, 3}:
        return "must be a map with keys 1, 2 and 3"
    if not within(parts[1], 1, UINT32):
        return "boot %r must be from 1 to 2**32 - 1" % (parts[1],)
    if parts[2] not in EVENT_KINDS:
        return "kind %r must be one of %s" % (parts[2], ", ".join(EVENT_KINDS))
    return None
