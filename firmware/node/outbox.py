"""The outbox: sealed frames on flash until the server has signed that it keeps them.

Frames go to segment files, one boot each, counted without gaps: header ``NQS1``, boot, first
sequence number; then for each frame its length, its CRC-32 and its bytes. Nothing is rewritten: a
segment is only appended to, and deleted when every frame in it is acknowledged. After a power cut
the torn end of a segment is measured, reported and closed by an end mark; the segment is never
appended to again.

Nothing here ends the program because flash is full or damaged: frames that it does not keep or
give back are reported as lost, the others go on.
"""

import binascii
import os
import struct

from firmware import const, forget

MAGIC = const(b"NQS1")
HEADER = const(">4sII")
HEADER_BYTES = 12
RECORD = const(">HI")
RECORD_BYTES = 6
# Four blocks of littlefs, which keeps a few bytes of each block for itself.
_SEGMENT_BYTES = const(16000)
# Each takes some 150 bytes of a heap of 160 KiB. A battery that fails every few minutes leaves one
# for each boot.
MOST_SEGMENTS = 96


class Segment:
    """One file of the outbox; `acked` is a number with a bit for each of its frames."""

    def __init__(self, number, boot, first):
        self.number = number
        self.boot = boot
        self.first = first
        self.count = 0
        self.size = HEADER_BYTES
        self.acked = 0

    def is_acked(self, index):
        """Return whether the frame at `index` is acknowledged."""
        return bool(self.acked >> index & 1)

    def add(self, size):
        """Count one more frame of `size` bytes."""
        self.count += 1
        self.size += RECORD_BYTES + size

    def ack(self, index):
        """Mark the frame at `index`; true if it was not marked before."""
        if not 0 <= index < self.count or self.is_acked(index):
            return False
        self.acked |= 1 << index
        return True

    def is_free(self):
        """Return whether every frame is acknowledged."""
        return self.acked == (1 << self.count) - 1

    def unacked_ranges(self):
        """Return (first seq, last seq) of each run of frames that are not acknowledged."""
        runs = []
        for index in range(self.count):
            if not self.is_acked(index):
                seq = self.first + index
                if runs and runs[-1][1] == seq - 1:
                    runs[-1][1] = seq
                else:
                    runs.append([seq, seq])
        return [tuple(run) for run in runs]


class Cursor:
    """A place in the outbox: behind it is what `Outbox.next` has not yet given through it."""

    def __init__(self, number):
        self.number = number
        self.index = 0
        self.at = HEADER_BYTES


class Outbox:
    """The frames in `folder`, at most `limit` bytes of them, or as many as flash takes (None).

    `lost(boot, first seq, last seq)` is called for frames given up because flash is full or
    their bytes are damaged. `torn` is the number of bytes found cut off at opening.
    """

    def __init__(self, folder, limit, lost, segment_bytes=_SEGMENT_BYTES):
        self.folder = folder
        self.lost = lost
        self.segment_bytes = segment_bytes
        self.segments = []
        self.torn = 0
        self.writing = None
        self.number = 0
        self.block = 1
        from firmware.node import outbox_opening

        outbox_opening.open_all(self)
        self.limit = limit or outbox_opening.room(self)
        forget(outbox_opening)

    def _path(self, segment):
        return "%s/%08x.seg" % (self.folder, segment.number)

    def bytes(self):
        """Bytes of flash that the segments take, in whole blocks."""
        return sum(-(-segment.size // self.block) * self.block for segment in self.segments)

    def newest_boot(self):
        """Number of the latest boot that there is a frame of; 0 without any."""
        return max([0] + [segment.boot for segment in self.segments])

    def holds(self, boot, seq):
        """Return whether there is such a frame, acknowledged or not."""
        return any(
            segment.boot == boot and 0 <= seq - segment.first < segment.count
            for segment in self.segments
        )

    def append(self, boot, seq, frame):
        """Write one sealed frame through to flash; makes room by giving up the oldest."""
        size = RECORD_BYTES + len(frame) + self.block - 1
        while self.bytes() + size > self.limit or len(self.segments) >= MOST_SEGMENTS:
            if not self.give_up_oldest():
                break
        while True:
            try:
                return self._write(boot, seq, frame)
            except OSError:
                self.writing = None
            if not self.give_up_oldest():
                return self.lost(boot, seq, seq)

    def _write(self, boot, seq, frame):
        segment, mode = self.writing, "ab"
        data = struct.pack(RECORD, len(frame), binascii.crc32(frame)) + frame
        full = segment and segment.size + len(data) > self.segment_bytes
        if not segment or full or segment.boot != boot or segment.first + segment.count != seq:
            self.writing = None
            if segment:
                self._free(segment)
            self.number += 1
            segment, mode = Segment(self.number, boot, seq), "wb"
            data = struct.pack(HEADER, MAGIC, boot, seq) + data
        try:
            with open(self._path(segment), mode) as file:
                file.write(data)
        except OSError:
            if mode == "wb":
                remove(self._path(segment))
            raise
        segment.add(len(frame))
        if mode == "wb":
            self.segments.append(segment)
            self.writing = segment

    def give_up_oldest(self):
        """Make room by deleting the oldest segment; false if there is none."""
        if not self.segments:
            return False
        segment = self.segments.pop(0)
        if segment is self.writing:
            self.writing = None
        remove(self._path(segment))
        for first, last in segment.unacked_ranges():
            self.lost(segment.boot, first, last)
        return True

    def _free(self, segment):
        if segment is not self.writing and segment in self.segments and segment.is_free():
            remove(self._path(segment))
            self.segments.remove(segment)

    def ack(self, frames, watermark):
        """Mark frames (boot, seq) and all of a boot up to `watermark`; return how many were new."""
        new = 0
        for segment in list(self.segments):
            for boot, seq in frames:
                if boot == segment.boot:
                    new += segment.ack(seq - segment.first)
            if watermark and watermark[0] == segment.boot:
                for index in range(min(segment.count, watermark[1] - segment.first + 1)):
                    new += segment.ack(index)
            self._free(segment)
        return new

    def start(self):
        """Return a Cursor before the oldest frame."""
        return Cursor(0)

    def end(self):
        """Return a Cursor behind the newest segment: only frames of later ones follow it."""
        return Cursor(self.number + 1)

    def next(self, cursor):
        """Return the next frame that is not acknowledged as (boot, seq, bytes); None at the end."""
        for segment in self.segments:
            if segment.number < cursor.number:
                continue
            if segment.number > cursor.number:
                cursor.number, cursor.index, cursor.at = segment.number, 0, HEADER_BYTES
            found = self._next_in(segment, cursor)
            if found:
                return found
        return None

    def _next_in(self, segment, cursor):
        if cursor.index >= segment.count:
            return None
        try:
            with open(self._path(segment), "rb") as file:
                while cursor.index < segment.count:
                    found = self._read(file, segment, cursor)
                    if found:
                        return found
        except OSError:
            while cursor.index < segment.count:
                self._lose(segment, cursor.index)
                cursor.index += 1
        return None

    def _read(self, file, segment, cursor):
        """Move on by one frame; return it, or None if it is acknowledged or damaged."""
        file.seek(cursor.at)
        record = file.read(RECORD_BYTES)
        if len(record) < RECORD_BYTES:
            raise OSError("the file ends early")
        length, crc = struct.unpack(RECORD, record)
        index = cursor.index
        cursor.at += RECORD_BYTES + length
        cursor.index += 1
        if segment.is_acked(index):
            return None
        frame = file.read(length)
        if binascii.crc32(frame) != crc:
            self._lose(segment, index)
            return None
        return segment.boot, segment.first + index, frame

    def _lose(self, segment, index):
        if segment.ack(index):
            self.lost(segment.boot, segment.first + index, segment.first + index)


def remove(path):
    """Delete a file, if that can be done."""
    try:
        os.remove(path)
    except OSError:
        pass  # damaged flash; its frames are given up all the same
