"""What nodes hear of frames that are safe: acknowledgements, sealed, by boot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from collector.ingest import sealing
from collector.ingest.known_nodes import KnownNodes
from collector.store.network.frames import BootId, FrameId
from firmware.wire import cbor, topics
from firmware.wire.messages import FORMAT

#: Most frames that one acknowledgement names. More would not fit a node's heap beside a full window
#: (MemoryError at 100).
ACK_FRAMES = 32
_BEGIN = b"\x84" + cbor.encode(FORMAT)  # an array of 4
_PAIR = b"\x82"  # an array of 2
_NONE = cbor.encode(None)
_SHORT = 24  # what is less is its own head


def acknowledgements(
    known: KnownNodes, ids: Iterable[FrameId], marks: Mapping[BootId, int], now: int | None
) -> Iterator[tuple[str, bytes]]:
    """Make the acknowledgements of committed frames.

    Parameters
    ----------
    known : KnownNodes
    ids : iterable of FrameId
        Frames that are durably stored.
    marks : mapping of BootId to int
        Up to where boots are complete.
    now : int or None
        The server's time [s since 1970 UTC]; None while it doubts its own clock.

    Yields
    ------
    str, bytes
        Topic and sealed message.
    """
    told = cbor.encode(now)
    pairs: dict[BootId, list[bytes]] = {boot: [] for boot in marks}
    for one in sorted(ids):
        node, epoch, boot, seq = one
        pairs.setdefault(BootId(node, epoch, boot), []).append(_pair(boot, seq))
    for boot_id, stored in pairs.items():
        key = known.nodes[boot_id.node].answering(boot_id.epoch)  # it may be enrolled again
        if key is None:
            continue
        topic = topics.topic(boot_id.node, "ack")
        mark = _pair(boot_id.boot, marks[boot_id]) if boot_id in marks else _NONE
        for start in range(0, max(1, len(stored)), ACK_FRAMES):
            body = _body(told, stored[start : start + ACK_FRAMES], mark)
            yield topic, sealing.sealed(key.key, key.epoch, topic, body)


def _body(told: bytes, stored: Sequence[bytes], mark: bytes) -> bytes:
    """Return what `codec.encode_ack` makes of the same parts."""
    count = len(stored)
    head = bytes((0x80 | count,)) if count < _SHORT else bytes((0x98, count))
    return b"".join((_BEGIN, told, head, *stored, mark))


def _pair(boot: int, number: int) -> bytes:
    return _PAIR + _number(boot) + _number(number)


def _number(number: int) -> bytes:
    whole: bytes = bytes((number,)) if number < _SHORT else cbor.encode(number)
    return whole
