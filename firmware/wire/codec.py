"""What a node says: frames of readings, acknowledgements and events, as CBOR bodies.

A frame's body is ``[1, layout, boot, seq, offset|null, t0, step, [[sample…]…]]``. Each channel's
first valid sample is its scaled integer, later ones the change since the last valid one; the simple
value n stands for "missing, reason n". Frames are counted from 0 in each boot, boots from 1.
"""

import hashlib
from collections import namedtuple

from firmware.wire import cbor
from firmware.wire.cbor import DecodeError

FORMAT = 1
MAX_CHANNELS = 32
MAX_SAMPLES = 256
MAX_RAW = 1 << 31

NOT_FITTED, NO_ANSWER, BAD_CHECKSUM, OUT_OF_RANGE, WARMING_UP, LOW_POWER, DRIVER_FAULT = range(7)

Missing = namedtuple("Missing", ("reason",))
Frame = namedtuple("Frame", ("layout", "boot", "seq", "offset", "t0", "step", "channels"))
Channel = namedtuple("Channel", ("number", "quantity", "scale"))
Layout = namedtuple("Layout", ("id", "channels"))
Reading = namedtuple("Reading", ("channel", "time", "value", "reason"))
Ack = namedtuple("Ack", ("now", "frames", "watermark"))
Event = namedtuple("Event", ("boot", "kind", "detail"))

EVENT_KINDS = ("boot", "lost", "fault", "answer", "refused")

_UINT32 = 1 << 32
_LATEST = 1 << 40


class LayoutError(ValueError):
    """A frame read under a layout that it was not taken with."""


class TimeUnknown(ValueError):
    """A frame on uptime alone, and no offset of its boot is known yet."""


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
    """Encode a Frame to its body.

    Raises
    ------
    ValueError
        If a field is out of its range; the message names it.
    """
    channels = [_deltas(samples) for samples in frame.channels]
    parts = [FORMAT, frame.layout, frame.boot, frame.seq, frame.offset, frame.t0, frame.step]
    parts.append(channels)
    fault = _fault(parts)
    if fault:
        raise ValueError("frame: " + fault)
    return cbor.encode(parts)


def decode(body):
    """Decode a frame's body.

    Returns
    -------
    Frame
        Its channels hold absolute scaled integers and Missing(reason).

    Raises
    ------
    DecodeError
        If the body is not exactly what `encode` writes.
    """
    parts = cbor.decode(body)
    if not isinstance(parts, list) or len(parts) != 8:
        raise DecodeError("frame: must be an array of 8", 0)
    fault = _fault(parts)
    if fault:
        raise DecodeError("frame: " + fault, 0)
    channels = tuple(_samples(deltas) for deltas in parts[7])
    return Frame(parts[1], parts[2], parts[3], parts[4], parts[5], parts[6], channels)


def _within(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value < high


def _fault(parts):
    """Say what is wrong with the parts of a body, or return None."""
    form, layout, boot, seq, offset, t0, step, channels = parts
    if form is True or form != FORMAT:
        return "format %r is not %d" % (form, FORMAT)
    if not isinstance(layout, bytes) or len(layout) != 4:
        return "layout must be 4 bytes"
    if not _within(boot, 1, _UINT32):
        return "boot %r must be from 1 to 2**32 - 1" % (boot,)
    if not _within(seq, 0, _UINT32):
        return "seq %r must be from 0 to 2**32 - 1" % (seq,)
    if offset is not None and not _within(offset, 0, _LATEST):
        return "offset %r must be null or seconds of UTC" % (offset,)
    if not _within(t0, 0, _UINT32):
        return "t0 %r must be seconds since boot" % (t0,)
    if not _within(step, 1, 86401):
        return "step %r must be from 1 to 86400 s" % (step,)
    if not isinstance(channels, list) or not 1 <= len(channels) <= MAX_CHANNELS:
        return "must have 1 to %d channels" % MAX_CHANNELS
    for number, deltas in enumerate(channels):
        if not isinstance(deltas, list) or not 1 <= len(deltas) <= MAX_SAMPLES:
            return "channel at place %d must have 1 to %d samples" % (number, MAX_SAMPLES)
        if len(deltas) != len(channels[0]):
            return "channel at place %d has %d samples, the first has %d" % (
                number,
                len(deltas),
                len(channels[0]),
            )
        fault = _channel_fault(deltas)
        if fault:
            return "channel at place %d: %s" % (number, fault)
    return None


def _channel_fault(deltas):
    value = 0
    for delta in deltas:
        if isinstance(delta, cbor.Simple):
            continue
        if not _within(delta, -2 * MAX_RAW, 2 * MAX_RAW):
            return "sample %r is neither a number nor a reason" % (delta,)
        value += delta
        if not -MAX_RAW <= value < MAX_RAW:
            return "value %d does not fit 32 bit" % value
    return None


def _deltas(samples):
    last = 0
    result = []
    for sample in samples:
        if isinstance(sample, Missing):
            result.append(cbor.Simple(sample.reason))
        else:
            result.append(sample - last)
            last = sample
    return result


def _samples(deltas):
    value = 0
    result = []
    for delta in deltas:
        if isinstance(delta, cbor.Simple):
            result.append(Missing(delta.number))
        else:
            value += delta
            result.append(value)
    return tuple(result)


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
    if frame.layout != layout.id or len(frame.channels) != len(layout.channels):
        raise LayoutError(
            "frame %d/%d was taken under layout %s with %d channels, not %s with %d"
            % (
                frame.boot,
                frame.seq,
                _hex(frame.layout),
                len(frame.channels),
                _hex(layout.id),
                len(layout.channels),
            )
        )
    offset = boot_offset if frame.offset is None else frame.offset
    if offset is None:
        raise TimeUnknown("frame %d/%d is on uptime alone" % (frame.boot, frame.seq))
    result = []
    for channel, samples in zip(layout.channels, frame.channels):
        time = offset + frame.t0
        for raw in samples:
            if isinstance(raw, Missing):
                result.append(Reading(channel.number, time, None, raw.reason))
            else:
                result.append(Reading(channel.number, time, raw / channel.scale, None))
            time += frame.step
    return result


def _hex(data):
    return "".join("%02x" % byte for byte in data)


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
    return _within(pair[0], 1, _UINT32) and _within(pair[1], 0, _UINT32)


def _ack_fault(parts):
    form, now, frames, watermark = parts
    if form is True or form != FORMAT:
        return "format %r is not %d" % (form, FORMAT)
    if now is not None and not _within(now, 0, _LATEST):
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
    if not _within(parts[1], 1, _UINT32):
        return "boot %r must be from 1 to 2**32 - 1" % (parts[1],)
    if parts[2] not in EVENT_KINDS:
        return "kind %r must be one of %s" % (parts[2], ", ".join(EVENT_KINDS))
    return None
