"""The outbox: sealed frames on flash until the server has signed that it keeps them.

Frames go to segment files, one boot each, counted without gaps: header ``NQS1``, boot, first
sequence number; then for each frame its length, its CRC-32 and its bytes. Nothing is rewritten: a
segment is only appended to, and deleted when every frame in it is acknowledged. After a power cut
the torn end of a segment is measured, reported and never appended to.
"""

import binascii
import os
import struct

MAGIC = b"NQS1"
HEADER = ">4sII"
HEADER_BYTES = 12
RECORD = ">HI"
RECORD_BYTES = 6
SEGMENT_BYTES = 16384


class Segment:
    """One file of the outbox; `acked` is a bit field over its frames."""

    def __init__(self, number, boot, first):
        self.number = number
        self.boot = boot
        self.first = first
        self.count = 0
        self.size = HEADER_BYTES
        self.acked = bytearray()

    def is_acked(self, index):
        """Tell whether the frame at place `index` is acknowledged."""
        return bool(self.acked[index >> 3] & (1 << (index & 7)))

    def add(self, size):
        """Count one more frame of `size` bytes."""
        if self.count & 7 == 0:
            self.acked.append(0)
        self.count += 1
        self.size += RECORD_BYTES + size

    def ack(self, index):
        """Mark the frame at place `index`; true if it was not marked before."""
        if not 0 <= index < self.count or self.is_acked(index):
            return False
        self.acked[index >> 3] |= 1 << (index & 7)
        return True

    def is_free(self):
        """Tell whether every frame is acknowledged."""
        return all(self.is_acked(index) for index in range(self.count))

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


class Outbox:
    """The frames in `folder`, at most `limit` bytes of them.

    `lost(boot, first seq, last seq)` is called for frames given up because flash is full or
    their bytes are damaged. `torn` is the number of bytes found cut off at opening.
    """

    def __init__(self, folder, limit, lost, segment_bytes=SEGMENT_BYTES):
        self.folder = folder
        self.limit = limit
        self.lost = lost
        self.segment_bytes = segment_bytes
        self.segments = []
        self.torn = 0
        self.writing = None
        self.number = 0
        if folder.split("/")[-1] not in os.listdir(folder[: folder.rfind("/")] or "/"):
            os.mkdir(folder)
        for name in sorted(os.listdir(folder)):
            if name.endswith(".seg"):
                self._open(name)
        self.place = (0, 0, 0)

    def _path(self, segment):
        return "%s/%08x.seg" % (self.folder, segment.number)

    def _open(self, name):
        path = self.folder + "/" + name
        self.number = int(name[:-4], 16)
        size = os.stat(path)[6]
        with open(path, "rb") as file:
            header = file.read(HEADER_BYTES)
            if len(header) < HEADER_BYTES or header[:4] != MAGIC:
                self.torn += size
                os.remove(path)
                return
            _, boot, first = struct.unpack(HEADER, header)
            segment = Segment(self.number, boot, first)
            last = None
            while segment.size + RECORD_BYTES <= size:
                file.seek(segment.size)
                length, crc = struct.unpack(RECORD, file.read(RECORD_BYTES))
                if segment.size + RECORD_BYTES + length > size:
                    break
                last = (segment.size + RECORD_BYTES, length, crc)
                segment.add(length)
            if last:
                self._check_last(file, segment, last)
        if segment.count:
            self.segments.append(segment)
            if segment.size < size:
                self._cut(path, segment.size)
        else:
            os.remove(path)
        self.torn += size - segment.size

    def _cut(self, path, size):
        with open(path, "rb") as old, open(path + ".new", "wb") as new:
            while size:
                part = old.read(min(size, 512))
                new.write(part)
                size -= len(part)
        os.rename(path + ".new", path)

    def _check_last(self, file, segment, last):
        # Only the last record can be half written; the others are checked when they are sent.
        start, length, crc = last
        file.seek(start)
        if binascii.crc32(file.read(length)) != crc:
            segment.count -= 1
            segment.size = start - RECORD_BYTES

    def bytes(self):
        """Bytes that the segments take."""
        return sum(segment.size for segment in self.segments)

    def waiting(self):
        """Number of frames that are not acknowledged."""
        return sum(
            not segment.is_acked(index)
            for segment in self.segments
            for index in range(segment.count)
        )

    def append(self, boot, seq, frame):
        """Write one sealed frame through to flash; makes room by giving up the oldest."""
        while self.segments and self.bytes() + RECORD_BYTES + len(frame) > self.limit:
            self._give_up_oldest()
        while True:
            try:
                self._write(boot, seq, frame)
                return
            except OSError:
                self.writing = None
                if not self.segments:
                    raise
                self._give_up_oldest()

    def _write(self, boot, seq, frame):
        segment = self.writing
        full = segment and segment.size + RECORD_BYTES + len(frame) > self.segment_bytes
        if not segment or full or segment.boot != boot or segment.first + segment.count != seq:
            if segment:
                self.writing = None
                self._free(segment)
            self.number += 1
            segment = Segment(self.number, boot, seq)
            with open(self._path(segment), "wb") as file:
                file.write(struct.pack(HEADER, MAGIC, boot, seq))
            self.segments.append(segment)
            self.writing = segment
        record = struct.pack(RECORD, len(frame), binascii.crc32(frame)) + frame
        with open(self._path(segment), "ab") as file:
            file.write(record)
        segment.add(len(frame))

    def _give_up_oldest(self):
        segment = self.segments.pop(0)
        if segment is self.writing:
            self.writing = None
        os.remove(self._path(segment))
        for first, last in segment.unacked_ranges():
            self.lost(segment.boot, first, last)

    def _free(self, segment):
        if segment is not self.writing and segment in self.segments and segment.is_free():
            os.remove(self._path(segment))
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

    def rewind(self):
        """Begin again at the oldest frame that is not acknowledged."""
        self.place = (0, 0, 0)

    def next(self):
        """Return the next frame to send as (boot, seq, bytes), or None after the last."""
        number, index, at = self.place
        for segment in self.segments:
            if segment.number < number:
                continue
            if segment.number > number:
                number, index, at = segment.number, 0, HEADER_BYTES
            found = self._next_in(segment, index, at)
            if found:
                return found
        return None

    def _next_in(self, segment, index, at):
        if index >= segment.count:
            return None
        with open(self._path(segment), "rb") as file:
            while index < segment.count:
                file.seek(at)
                length, crc = struct.unpack(RECORD, file.read(RECORD_BYTES))
                at += RECORD_BYTES + length
                index += 1
                self.place = (segment.number, index, at)
                if segment.is_acked(index - 1):
                    continue
                frame = file.read(length)
                seq = segment.first + index - 1
                if binascii.crc32(frame) == crc:
                    return segment.boot, seq, frame
                segment.ack(index - 1)
                self.lost(segment.boot, seq, seq)
        return None
