"""Frames in format 2: a head of bytes, then bits; docs/wire.md has the table.

What format 1 says in CBOR, in about two thirds of the bytes. Every choice of how something is
written follows from what is written, and the decoder (`format2_read`, which nodes do not load)
refuses any other: one frame, one form.
"""

from firmware.wire.bits import Writer, bits_of
from firmware.wire.frame import MAX_RAW, UINT32, Missing, fault_of, within

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


def _put_head(out, number):
    """Append a number in bytes of 7 bits, the lowest first, each but the last marked with 128."""
    while number >> 7:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


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


def around(value):
    """Bring a sum or change of values of 32 bit back among them, as if they went round."""
    return (value + MAX_RAW) % UINT32 - MAX_RAW


def _folded(value):
    """Write the sign at the lowest place: 0, -1, 1, -2 … become 0, 1, 2, 3 …"""
    return value << 1 if value >= 0 else (-value << 1) - 1


def _put_samples(bits, samples):
    """Write the first of the samples that there are, then changes, all as wide as the widest."""
    if not samples:
        return
    bits.put_number(_folded(samples[0]))
    if len(samples) == 1:
        return
    changes = [_folded(around(samples[i] - samples[i - 1])) for i in range(1, len(samples))]
    width = bits_of(max(changes))
    bits.put(min(width, WIDE), WIDTH_BITS)
    if width >= WIDE:
        bits.put(width - WIDE, WIDE_BITS)
    for change in changes:
        bits.put(change, width)
