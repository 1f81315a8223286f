"""The decoder of frames in format 2; it refuses whatever `format2.encode` would write otherwise."""

from firmware.wire.bits_read import Reader
from firmware.wire.cbor import DecodeError
from firmware.wire.format2 import (
    CHANNEL_BITS,
    GAPS,
    MARK,
    MAX_WIDTH,
    ON_STEP,
    REASON_BITS,
    SAMPLE_BITS,
    STEP_BITS,
    STEP_S_BITS,
    STEPS,
    TIMED,
    WIDE,
    WIDE_BITS,
    WIDTH_BITS,
    around,
)
from firmware.wire.frame import LATEST, MAX_RAW, MAX_STEP_S, UINT32, Frame, Missing


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


def _unfolded(number):
    return -(number + 1 >> 1) if number & 1 else number >> 1


def _take_samples(bits, count, missing):
    """Read the samples of a channel, `missing` ones in their places."""
    if not missing:
        return tuple(_take_values(bits, count))
    values = iter(_take_values(bits, count - len(missing)) if len(missing) < count else ())
    return tuple([missing[place] if place in missing else next(values) for place in range(count)])


def _take_values(bits, count):
    """Read `count` values: the first, and how each differs from the one before."""
    number = bits.take_number()
    if number >= UINT32:
        bits.refuse("frame: sample does not fit 32 bit")
    value = _unfolded(number)
    values = [value]
    if count == 1:
        return values
    width = bits.take(WIDTH_BITS)
    if width == WIDE:
        width += bits.take(WIDE_BITS)
    if width > MAX_WIDTH:
        bits.refuse("frame: changes of %d bit" % width)
    changes = bits.take_all(width, count - 1)
    if width and max(changes) >> width - 1 != 1:
        bits.refuse("frame: changes not in their one form")
    near = abs(value) + (count << width) < MAX_RAW  # nothing goes round
    for change in changes:
        value += -(change + 1 >> 1) if change & 1 else change >> 1
        if not near:
            value = around(value)
        values.append(value)
    return values
