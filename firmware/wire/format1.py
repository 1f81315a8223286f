"""Frames in format 1: ``[1, layout, boot, seq, offset|null, t0, step, [[sample…]…]]`` in CBOR.

Each channel's first valid sample is its scaled integer, later ones the change since the last valid
one; the simple value n stands for "missing, reason n". Nodes write format 2 by now; what they
wrote before is read for as long as there is any.
"""

from firmware.wire import cbor
from firmware.wire.cbor import DecodeError
from firmware.wire.frame import MAX_RAW, Frame, Missing, fault_of, within

FORMAT = 1


def encode(frame):
    """Encode a Frame to its body; ValueError if a field is out of its range."""
    channels = [_deltas(samples) for samples in frame.channels]
    parts = list(frame)[:6] + [channels]
    fault = fault_of(parts, _channel_fault)
    if fault:
        raise ValueError("frame: " + fault)
    return cbor.encode([FORMAT] + parts)


def decode(body):
    """Decode a body to a Frame; DecodeError if it is not exactly what `encode` writes."""
    parts = cbor.decode(body)
    if not isinstance(parts, list) or len(parts) != 8:
        raise DecodeError("frame: must be an array of 8", 0)
    if parts[0] is True or parts[0] != FORMAT:
        raise DecodeError("frame: format %r is not %d" % (parts[0], FORMAT), 0)
    fault = fault_of(parts[1:], _channel_fault)
    if fault:
        raise DecodeError("frame: " + fault, 0)
    parts[7] = tuple(_samples(deltas) for deltas in parts[7])
    return Frame(*parts[1:])


def identity(body):
    """Return boot and sequence number of a body whose rest may be broken, or None."""
    if body[:3] != b"\x88\x01\x44":
        return None
    boot, at = _number(body, 7)
    seq, _ = _number(body, at) if boot is not None else (None, 0)
    return None if boot is None or seq is None or boot < 1 else (boot, seq)


def _number(body, at):
    """Read the CBOR number at a place; None where there is none of up to 32 bit."""
    head = body[at] if at < len(body) else 0xFF
    if head < 24:
        return head, at + 1
    size = {24: 1, 25: 2, 26: 4}.get(head, 0)
    rest = body[at + 1 : at + 1 + size]
    return (int.from_bytes(rest, "big") if size and len(rest) == size else None), at + 1 + size


def _channel_fault(deltas):
    value = 0
    for delta in deltas:
        if isinstance(delta, cbor.Simple):
            continue
        if not within(delta, -2 * MAX_RAW, 2 * MAX_RAW):
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
