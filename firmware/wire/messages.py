"""What a node says beside its frames, and what it hears of them: events, acknowledgements.

How the server writes an acknowledgement and reads an event is in `codec`, which nodes do not load.
"""

from collections import namedtuple

from firmware.wire import cbor
from firmware.wire.cbor import DecodeError
from firmware.wire.frame import LATEST, UINT32, within

FORMAT = 1  # of acknowledgements

Ack = namedtuple("Ack", ("now", "frames", "watermark"))
Event = namedtuple("Event", ("boot", "kind", "detail"))


def decode_ack(body):
    """Decode an acknowledgement to Ack(now, frames, watermark); DecodeError if it is none."""
    parts = cbor.decode(body)
    if not isinstance(parts, list) or len(parts) != 4:
        raise DecodeError("ack: must be an array of 4", 0)
    fault = ack_fault(parts)
    if fault:
        raise DecodeError("ack: " + fault, 0)
    watermark = tuple(parts[3]) if parts[3] else None
    return Ack(parts[1], tuple(tuple(pair) for pair in parts[2]), watermark)


def _is_pair(pair):
    if not isinstance(pair, list) or len(pair) != 2:
        return False
    return within(pair[0], 1, UINT32) and within(pair[1], 0, UINT32)


def ack_fault(parts):
    """Say what is wrong with the parts of an acknowledgement, or return None."""
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
    """Encode an Event(boot, kind, detail) to a map with keys 1, 2 and 3, as it is.

    Details are CBOR values: for ``boot`` ``[reset cause, torn bytes]``, for ``lost``
    ``[boot, first seq, last seq]``, for ``fault`` text, for ``answer`` what
    `firmware.wire.commands` says, for ``refused`` ``[reason, how many in this boot]``.
    """
    return cbor.encode({1: event.boot, 2: event.kind, 3: event.detail})
