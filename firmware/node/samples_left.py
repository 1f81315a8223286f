"""The samples that a reset left in the log (`samples.SampleLog`), put together to their frame.

Needed at a start alone, and seldom then; a node lets go of it behind.
"""

import binascii
import struct

from firmware import const
from firmware.node.samples import HEAD, HEAD_BYTES
from firmware.wire import cbor
from firmware.wire.frame import Frame, Missing

_MOST_BYTES = const(1024)  # of a sample: 32 channels take some 200


def read(path):
    """Return the Frame that the file at `path` has samples of, or None."""
    found = None
    try:
        with open(path, "rb") as file:
            while True:
                frame = _read(file)
                if frame is None:
                    break
                found = _joined(found, frame)
    except OSError:
        pass  # damaged flash: what was read before counts
    return found


def _read(file):
    head = file.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES:
        return None
    size, crc = struct.unpack(HEAD, head)
    if size > _MOST_BYTES:
        return None
    body = file.read(size)
    if len(body) < size or binascii.crc32(body) != crc:
        return None  # the power went in the middle of it
    try:
        *head, values = cbor.decode(body)
        values = [[Missing(v.number) if isinstance(v, cbor.Simple) else v] for v in values]
        return Frame(*head, values)
    except (TypeError, ValueError):
        return None  # of a firmware that wrote them otherwise


def _joined(found, frame):
    """`found` with the sample of `frame` behind it; what is of another frame begins anew."""
    if found is None or (found.layout, found.boot, found.seq) != frame[:3]:
        return frame
    if frame.t0 != found.t0 + found.step * len(found.channels[0]):
        return frame
    channels = [old + new for old, new in zip(found.channels, frame.channels)]
    offset = found.offset if frame.offset is None else frame.offset
    return Frame(found.layout, found.boot, found.seq, offset, found.t0, found.step, channels)
