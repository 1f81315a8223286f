"""What the body of an authentic message says, and what can be said of one that is broken."""

from __future__ import annotations

from datetime import datetime

from collector.ingest.authenticity import Arrived
from collector.store.network.frames import FrameId
from collector.store.network.roll_out_nodes import NEWS
from firmware.wire import cbor, codec
from firmware.wire.codec import Frame

#: A cause is a word or a number; a version or a target are as short.
MOST_CAUSE = 40
MOST_WHY = 200
CONFIG_BYTES = 4


def read_frame(one: Arrived) -> tuple[Frame | None, FrameId | None, str]:
    """Decode a frame's body: the frame, its identity, and what is wrong where it is none.

    What was read once is kept in `one`.
    """
    if one.read is None:
        one.read = _read_frame(one)
    return one.read


def _read_frame(one: Arrived) -> tuple[Frame | None, FrameId | None, str]:
    try:
        frame = codec.decode(one.body)
    except cbor.DecodeError as error:
        pair = codec.identity(one.body)
        return None, FrameId(one.node.id, one.epoch, *pair) if pair else None, str(error)
    return frame, FrameId(one.node.id, one.epoch, frame.boot, frame.seq), ""


def span(frame: Frame) -> tuple[int, int]:
    """Return the times of a frame's first and last sample [s since 1970 UTC]."""
    first = frame.offset + frame.t0
    return first, first + frame.step * (len(frame.channels[0]) - 1)


def measured_since(frame: Frame, moment: datetime) -> bool:
    """Tell whether a frame holds a sample later than a moment; unknown times are not."""
    return frame.offset is not None and span(frame)[1] > moment.timestamp()


def lost_range(event: codec.Event) -> tuple[int, int, int] | None:
    """Return boot, first and last sequence number of a report of lost frames."""
    detail = event.detail
    if event.kind != "lost" or not isinstance(detail, list) or len(detail) != 3:
        return None
    if not all(type(x) is int and 0 <= x < 1 << 32 for x in detail):
        return None
    boot, first, last = detail
    return (boot, first, last) if boot >= 1 and first <= last else None


def boot_detail(event: codec.Event) -> tuple[str, int]:
    """Return why a node began anew, and how many bytes of its outbox were spoiled.

    What another release says is kept as it is, cut to `MOST_CAUSE`.
    """
    detail = event.detail if isinstance(event.detail, list) else [event.detail]
    cause = "" if not detail or detail[0] is None else str(detail[0])
    torn = detail[1] if len(detail) > 1 and type(detail[1]) is int else 0
    return visible(cause, MOST_CAUSE), min(max(torn, 0), 1 << 32)


def running_detail(event: codec.Event) -> tuple[str, str | None, bytes | None] | None:
    """Return version, target and configuration that a start names; None where it names none.

    What cannot be one of them, as another release may say it, is None.
    """
    detail = event.detail
    if not isinstance(detail, list) or len(detail) < 5 or not isinstance(detail[2], str):
        return None
    version, target, config = detail[2:5]
    good = isinstance(config, bytes) and len(config) == CONFIG_BYTES
    named = visible(target, MOST_CAUSE) if isinstance(target, str) else None
    return visible(version, MOST_CAUSE), named, config if good else None


def update_detail(event: codec.Event) -> tuple[int, str, int | str | None]:
    """Return of which update a node speaks, how far it is, and why; DecodeError if wrong."""
    detail = event.detail
    if not isinstance(detail, list) or len(detail) != 3:
        raise cbor.DecodeError("update: must be an array of 3", 0)
    number, state, more = detail
    if type(number) is not int or not 0 < number < 1 << 32:
        raise cbor.DecodeError("update: the number must be from 1 to 2**32 - 1", 0)
    if not isinstance(state, str) or state not in NEWS:
        raise cbor.DecodeError(f"update: state {state!r} must be one of {', '.join(NEWS)}", 0)
    if more is None or (type(more) is int and 0 <= more < 1 << 32):
        return number, state, more
    return number, state, visible(str(more), MOST_WHY)


def visible(text: str, most: int) -> str:
    """Return a text without what nobody sees, cut to `most` characters."""
    return "".join(each for each in text if each.isprintable())[:most]


def refused_detail(event: codec.Event) -> tuple[str, int]:
    """Return for which reason a node did not take messages, and how many; DecodeError if wrong."""
    detail = event.detail
    if not isinstance(detail, list) or len(detail) != 2:
        raise cbor.DecodeError("refused: must be an array of 2", 0)
    reason, count = detail
    if not isinstance(reason, str) or not reason.isascii() or not 0 < len(reason) <= MOST_CAUSE:
        raise cbor.DecodeError("refused: the reason must be a word", 0)
    if type(count) is not int or not 0 < count < 1 << 32:
        raise cbor.DecodeError("refused: the count must be from 1 to 2**32 - 1", 0)
    return reason, count
