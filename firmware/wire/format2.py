"""Frames in format 2: a head of bytes, then bits; docs/wire.md has the table.

What format 1 says in CBOR, in about two thirds of the bytes. Every choice of how something is
written follows from what is written, and the decoder refuses any other: one frame, one form.
"""

from firmware.wire.bits import Reader, Writer, bits_of
from firmware.wire.cbor import DecodeError
from firmware.wire.frame import (
    LATEST,
    MAX_RAW,
    MAX_STEP_S,
    UINT32,
    Frame,
    Missing,
    fault_of,
    within,
)

MARK = 0x20  # in the upper half of the first byte; below it:
TIMED, ON_STEP, GAPS = 1, 2, 4

# Steps that have a number, 0 for all others [s].
STEPS = (0, 60, 120, 180, 240, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
CHANNEL_BITS, SAMPLE_BITS, STEP_BITS, STEP_S_BITS, REASON_BITS = 5, 8, 4, 17, 4
WIDTH_BITS, WIDE, WIDE_BITS = 4, 15, 5
MAX_WIDTH = 32


def encode(frame):
    """Encode a Frame to its body; ValueError if a field is out of its range."""
    fault = fault_of(frame, _channel_fault)
    if fault:
        raise ValueError("frame: " + fault)
    first = None if frame.offset is None else frame.offset + frame.t0
    flags = 0 if first is None else TIMED
    if flags and first % frame.step == 0:
        flags |= ON_STEP
        first //= frame.step
    for samples in frame.channels:
        if any(isinstance(sample, Missing) for sample in samples):
            flags |= GAPS
    out = bytearray((MARK | flags,))
    out.extend(frame.layout)
    _put_head(out, frame.boot)
    _put_head(out, frame.seq)
    bits = Writer(out)
    bits.put(len(frame.channels) - 1, CHANNEL_BITS)
    bits.put(len(frame.channels[0]) - 1, SAMPLE_BITS)
    if frame.step in STEPS:
        bits.put(STEPS.index(frame.step), STEP_BITS)
    else:
        bits.put(0, STEP_BITS)
        bits.put(frame.step, STEP_S_BITS)
    if first is not None:
        bits.put_number(first)
    bits.put_number(frame.t0)
    for samples in frame.channels:
        if flags & GAPS:
            samples = _put_gaps(bits, samples)
        _put_samples(bits, samples)
    bits.end()
    return bytes(out)


def decode(body):
    """Decode a body to a Frame; DecodeError if it is not exactly what `encode` writes."""
    flags, boot, seq, at = _head(body)
    bits = Reader(body, at)
    channels = bits.take(CHANNEL_BITS) + 1
    count = bits.take(SAMPLE_BITS) + 1
    step = STEPS[bits.take(STEP_BITS)]
    if not step:
        step = bits.take(STEP_S_BITS)
        if step in STEPS or step > MAX_STEP_S:
            bits.refuse("frame: step %d not in its one form" % step)
    first = bits.take_number() if flags & TIMED else None
    t0 = bits.take_number()
    if t0 >= UINT32:
        bits.refuse("frame: t0 %d must be seconds since boot" % t0)
    offset = None if first is None else _offset(bits, flags, first, step, t0)
    values = []
    gaps = False
    for _ in range(channels):
        missing = _take_gaps(bits, count) if flags & GAPS else None
        gaps = gaps or bool(missing)
        values.append(_take_samples(bits, count, missing or {}))
    if flags & GAPS and not gaps:
        bits.refuse("frame: says that samples are missing, and none is")
    bits.end()
    return Frame(bytes(body[1:5]), boot, seq, offset, t0, step, tuple(values))


def begins(body):
    """Return whether a body begins as one of this format."""
    return bool(body) and body[0] >> 4 == MARK >> 4


def identity(body):
    """Return boot and sequence number of a body whose rest may be broken, or None."""
    try:
        return _head(body)[1:3]
    except DecodeError:
        return None


def _head(body):
    """Read flags, boot, sequence number and the place behind them."""
    if not begins(body) or body[0] & 8:
        raise DecodeError("frame: does not begin as format 2 does", 0)
    flags = body[0] & 7
    if flags & ON_STEP and not flags & TIMED:
        raise DecodeError("frame: on a step of UTC, but without UTC", 0)
    boot, at = _take_head(body, 5)
    if not boot:
        raise DecodeError("frame: boot 0 must be from 1 to 2**32 - 1", 5)
    seq, at = _take_head(body, at)
    return flags, boot, seq, at


def _put_head(out, number):
    """Append a number in bytes of 7 bits, the lowest first, each but the last marked with 128."""
    while number >> 7:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _take_head(body, start):
    number = 0
    for at in range(start, start + 5):
        if at >= len(body):
            raise DecodeError("ends early, 1 bytes missing", at)
        number |= (body[at] & 0x7F) << 7 * (at - start)
        if body[at] < 0x80:
            if number >= UINT32 or (at > start and not body[at]):
                break
            return number, at + 1
    raise DecodeError("frame: number too large, or not in its shortest form", start)


def _offset(bits, flags, first, step, t0):
    if flags & ON_STEP:
        first *= step
    elif first % step == 0:
        bits.refuse("frame: on a step of UTC, but does not say so")
    if not t0 <= first < t0 + LATEST:
        bits.refuse("frame: offset %d must be seconds of UTC" % (first - t0))
    return first - t0


def _channel_fault(samples):
    for sample in samples:
        if isinstance(sample, Missing):
            if not within(sample.reason, 0, 1 << REASON_BITS):
                return "reason %r must be from 0 to 15" % (sample.reason,)
        elif not within(sample, -MAX_RAW, MAX_RAW):
            return "sample %r is neither a number of 32 bit nor a reason" % (sample,)
    return None


def _put_gaps(bits, samples):
    """Write which samples are missing and why; return the others."""
    valid = [sample for sample in samples if not isinstance(sample, Missing)]
    if len(valid) == len(samples):
        bits.put(0, 1)
        return valid
    bits.put(1, 1)
    for sample in samples:
        if isinstance(sample, Missing):
            bits.put(1 << REASON_BITS | sample.reason, 1 + REASON_BITS)
        else:
            bits.put(0, 1)
    return valid


def _take_gaps(bits, count):
    """Read which samples of a channel are missing, by place; None where none is."""
    if not bits.take(1):
        return None
    missing = {}
    for place in range(count):
        if bits.take(1):
            missing[place] = Missing(bits.take(REASON_BITS))
    if not missing:
        bits.refuse("frame: says that samples of a channel are missing, and none is")
    return missing


def _around(value):
    """Bring a sum or change of values of 32 bit back among them, as if they went round."""
    return (value + MAX_RAW) % UINT32 - MAX_RAW


def _folded(value):
    """Write the sign at the lowest place: 0, -1, 1, -2 … become 0, 1, 2, 3 …"""
    return value << 1 if value >= 0 else (-value << 1) - 1


def _unfolded(number):
    return -(number + 1 >> 1) if number & 1 else number >> 1


def _put_samples(bits, samples):
    """Write the first of the samples that there are, then changes, all as wide as the widest."""
    if not samples:
        return
    bits.put_number(_folded(samples[0]))
    if len(samples) == 1:
        return
    changes = [_folded(_around(samples[i] - samples[i - 1])) for i in range(1, len(samples))]
    width = bits_of(max(changes))
    bits.put(min(width, WIDE), WIDTH_BITS)
    if width >= WIDE:
        bits.put(width - WIDE, WIDE_BITS)
    for change in changes:
        bits.put(change, width)


def _take_samples(bits, count, missing):
    """Read the samples of a channel, `missing` ones in their places."""
    valid = []
    if len(missing) < count:
        number = bits.take_number()
        if number >= UINT32:
            bits.refuse("frame: sample does not fit 32 bit")
        valid.append(_unfolded(number))
    if count - len(missing) > 1:
        width = bits.take(WIDTH_BITS)
        if width == WIDE:
            width += bits.take(WIDE_BITS)
        if width > MAX_WIDTH:
            bits.refuse("frame: changes of %d bit" % width)
        changes = [bits.take(width) for _ in range(count - len(missing) - 1)]
        if bits_of(max(changes)) != width:
            bits.refuse("frame: changes not in their one form")
        for change in changes:
            valid.append(_around(valid[-1] + _unfolded(change)))
    if not missing:
        return tuple(valid)
    others = iter(valid)
    return tuple([missing[place] if place in missing else next(others) for place in range(count)])
