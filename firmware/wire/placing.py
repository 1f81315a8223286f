"""How the samples of a frame become readings at moments: `codec.readings`, which no node needs."""

from collections import namedtuple

from firmware.wire.frame import Missing
from firmware.wire.layout import LayoutError

Reading = namedtuple("Reading", ("channel", "time", "value", "reason"))


class TimeUnknown(ValueError):
    """A frame on uptime alone, and no offset of its boot is known yet."""


def readings(frame, layout, boot_offset=None):
    """Make the Readings of a frame; as `codec.readings` says."""
    result = []
    for channel, time, samples in columns(frame, layout, boot_offset):
        for raw in samples:
            if isinstance(raw, Missing):
                result.append(Reading(channel.number, time, None, raw.reason))
            else:
                result.append(Reading(channel.number, time, raw / channel.scale, None))
            time += frame.step
    return result


def columns(frame, layout, boot_offset=None):
    """Order the samples of a frame by channel; as `codec.columns` says."""
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
    start = offset + frame.t0
    return [(channel, start, raws) for channel, raws in zip(layout.channels, frame.channels)]


def _hex(data):
    return "".join("%02x" % byte for byte in data)
