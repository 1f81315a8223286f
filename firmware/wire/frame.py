"""A frame of readings, and what every format of it must keep to.

Frames are counted from 0 in each boot, boots from 1.
"""

from collections import namedtuple

from firmware import const

MAX_CHANNELS = 32
_MAX_SAMPLES = const(256)
MAX_RAW = 1 << 31
MAX_STEP_S = 86400
UINT32 = 1 << 32
LATEST = 1 << 40

# `channels` holds the samples of each channel: scaled integers and Missing(reason).
Frame = namedtuple("Frame", ("layout", "boot", "seq", "offset", "t0", "step", "channels"))
Missing = namedtuple("Missing", ("reason",))

NOT_FITTED, NO_ANSWER, BAD_CHECKSUM, OUT_OF_RANGE, WARMING_UP, LOW_POWER, DRIVER_FAULT = range(7)


def within(value, low, high):
    """Return whether `value` is an integer from `low` to below `high`."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value < high


def fault_of(frame, channel_fault):
    """Say what is wrong with the parts of a frame, or return None.

    `channel_fault(samples)` says what is wrong with the samples of one channel.
    """
    layout, boot, seq, offset, t0, step, channels = frame
    if not isinstance(layout, bytes) or len(layout) != 4:
        return "layout must be 4 bytes"
    for name, number, low, high, wanted in (
        ("boot", boot, 1, UINT32, "from 1 to 2**32 - 1"),
        ("seq", seq, 0, UINT32, "from 0 to 2**32 - 1"),
        ("offset", 0 if offset is None else offset, 0, LATEST, "null or seconds of UTC"),
        ("t0", t0, 0, UINT32, "seconds since boot"),
        ("step", step, 1, MAX_STEP_S + 1, "from 1 to 86400 s"),
    ):
        if not within(number, low, high):
            return "%s %r must be %s" % (name, number, wanted)
    if not isinstance(channels, (list, tuple)) or not 1 <= len(channels) <= MAX_CHANNELS:
        return "must have 1 to %d channels" % MAX_CHANNELS
    for number, samples in enumerate(channels):
        if not isinstance(samples, (list, tuple)) or not 1 <= len(samples) <= _MAX_SAMPLES:
            return "channel at place %d must have 1 to %d samples" % (number, _MAX_SAMPLES)
        if len(samples) != len(channels[0]):
            return "channel at place %d has %d samples, the first has %d" % (
                number,
                len(samples),
                len(channels[0]),
            )
        fault = channel_fault(samples)
        if fault:
            return "channel at place %d: %s" % (number, fault)
    return None
