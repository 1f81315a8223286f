"""How an outbox finds its frames at a start: what is whole is counted, what is torn is closed.

Needed once, so that a node lets go of it when its outbox is open.
"""

import binascii
import gc
import os
import struct

from firmware import const
from firmware.node.outbox import (
    HEADER,
    HEADER_BYTES,
    MAGIC,
    MOST_SEGMENTS,
    RECORD,
    RECORD_BYTES,
    Segment,
    remove,
)

# Blocks that the outbox leaves free: for /boot, /node.json and their copies, for the copy of the
# block that is appended to, for /samples (two and a copy at most), and one of twelve for
# directories. Measured on littlefs2 of 64, 240 and 512 blocks: segments of one block each, the
# worst case, take one in fourteen.
_SPARE_BLOCKS = const(9)
_SPARE_PART = const(12)
_END = const(b"\x00\x00\xff\xff\xff\xff")  # no frame is empty, and the CRC-32 of nothing is 0


def open_all(outbox):
    """Find the segments in the folder of `outbox`, and make the folder if there is none."""
    try:
        os.mkdir(outbox.folder)
    except OSError:
        pass  # it is there; or flash is full, and then no frame can be written either
    try:
        names = sorted(os.listdir(outbox.folder))
    except OSError:
        names = []
    for count, name in enumerate(names):
        open_segment(outbox, name)
        if count % 8 == 7:
            gc.collect()  # what lasts would else lie scattered between what does not


def room(outbox):
    """Bytes that segments may take: what they do and what is free, less what is spared."""
    try:
        outbox.block, _, blocks, free = os.statvfs(outbox.folder)[:4]
    except OSError:
        return outbox.segment_bytes
    free = free if free <= blocks else 0  # littlefs counts some blocks twice when it is full
    spare = (_SPARE_BLOCKS + blocks // _SPARE_PART) * outbox.block
    return max(outbox.bytes() + free * outbox.block - spare, outbox.segment_bytes)


def open_segment(outbox, name):
    """Count one file's frames; close it where it is torn, delete it where it has none."""
    path = outbox.folder + "/" + name
    size = 0
    segment = None
    try:
        number = int(name[:-4], 16)
        outbox.number = max(outbox.number, number)
        size = os.stat(path)[6]
        with open(path, "rb") as file:
            segment, size = _scan(file, number, size)
    except (OSError, ValueError):
        pass  # damaged, or none of ours: flash is for frames
    if segment and segment.count:
        outbox.segments.append(segment)
        if segment.size < size:
            _mark_end(path, segment.size)
        size -= segment.size
        if len(outbox.segments) > MOST_SEGMENTS:
            outbox.give_up_oldest()
    else:
        remove(path)
        size -= HEADER_BYTES if segment else 0
    outbox.torn += size


def _scan(file, number, size):
    """Count the whole frames of a file; return the Segment, or None, and its size."""
    header = file.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES or header[:4] != MAGIC:
        return None, size
    _, boot, first = struct.unpack(HEADER, header)
    segment = Segment(number, boot, first)
    last = None
    while segment.size + RECORD_BYTES <= size:
        file.seek(segment.size)
        record = file.read(RECORD_BYTES)
        if record == _END:
            return segment, segment.size  # what lies behind was reported when it was found
        if len(record) < RECORD_BYTES:
            break
        length, crc = struct.unpack(RECORD, record)
        if segment.size + RECORD_BYTES + length > size:
            break
        last = (segment.size + RECORD_BYTES, length, crc)
        segment.add(length)
    if last:
        _check_last(file, segment, last)
    return segment, size


def _mark_end(path, size):
    try:
        with open(path, "r+b") as file:
            file.seek(size)
            file.write(_END)
    except OSError:
        pass  # flash is full: the torn end is found again at the next start


def _check_last(file, segment, last):
    # Only the last record can be half written; the others are checked when they are sent.
    start, length, crc = last
    file.seek(start)
    if binascii.crc32(file.read(length)) != crc:
        segment.count -= 1
        segment.size = start - RECORD_BYTES
