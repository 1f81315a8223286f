"""A NOR flash in memory, strict, with a journal of all that is done to it (MicroPython alone).

The journal is a row of records: a head ``>BHHH`` (kind, block, offset, length), then `length`
bytes: of a program those programmed, of an erase none, of a mark its text as JSON.
"""

import json
import struct

BLOCK = 4096
UNIT = 32  # of reading and programming: what VfsLfs2 takes on an ESP32 too
HEAD = ">BHHH"
HEAD_BYTES = 7
PROGRAM, ERASE, MARK = 1, 2, 3
BLANK = b"\xff" * BLOCK


def both(old, new):
    """Return what `old` is after `new` was programmed over it: bits are cleared, none is set."""
    bits = int.from_bytes(old, "big") & int.from_bytes(new, "big")
    return bits.to_bytes(len(old), "big")


class Nor:
    """A flash of `blocks` blocks; every program and erase goes to `journal`, an open file."""

    def __init__(self, blocks, journal):
        self.cells = bytearray(BLANK * blocks)
        self.view = memoryview(self.cells)
        self.blocks = blocks
        self.journal = journal

    def readblocks(self, block, buffer, offset=0):
        """Read into `buffer`."""
        at = block * BLOCK + offset
        buffer[:] = self.view[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        """Program; ValueError for what a NOR flash cannot do."""
        at, data = block * BLOCK + offset, bytes(buffer)
        if offset % UNIT or len(data) % UNIT or offset + len(data) > BLOCK:
            raise ValueError("program of %d bytes at %d of a block" % (len(data), offset))
        if both(self.view[at : at + len(data)], data) != data:
            raise ValueError("block %d, byte %d: a bit is set without an erase" % (block, offset))
        self._note(PROGRAM, block, offset, data)
        self.cells[at : at + len(data)] = data

    def ioctl(self, request, argument):
        """Block count (4), block size (5), erase (6)."""
        if request == 6:
            self._note(ERASE, argument, 0, b"")
            self.cells[argument * BLOCK : (argument + 1) * BLOCK] = BLANK
        return {4: self.blocks, 5: BLOCK}.get(request, 0)

    def mark(self, *what):
        """Note what the program has come to."""
        self._note(MARK, 0, 0, json.dumps(what).encode())

    def _note(self, kind, block, offset, data):
        self.journal.write(struct.pack(HEAD, kind, block, offset, len(data)) + data)


class Overlay:
    """A flash that begins as `cells`, which it leaves as they are.

    `seen` are the blocks whose first bytes mattered: where none of them differs, everything goes
    the same way again. After `left` programs and erases, the next is half done and ends in a `Cut`,
    as does all that follows.
    """

    def __init__(self, cells, own=None, left=-1, tear=None):
        self.view = memoryview(cells)
        self.blocks = len(cells) // BLOCK
        self.own = {} if own is None else own
        self.seen = set()
        self.left = left
        self.tear = tear
        self.done = 0
        self.dead = False

    def readblocks(self, block, buffer, offset=0):
        """Read into `buffer`."""
        own = self.own.get(block)
        if own is None:
            self.seen.add(block)
            offset += block * BLOCK
            own = self.view
        else:
            own = memoryview(own)
        buffer[:] = own[offset : offset + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        """Program: bits are cleared, none is set."""
        self._count(PROGRAM, block, offset, buffer)
        self._program(block, offset, buffer)

    def _program(self, block, offset, data):
        own = self.of(block)
        own[offset : offset + len(data)] = both(own[offset : offset + len(data)], data)

    def of(self, block):
        """Return the bytes of a block, to be changed."""
        if block not in self.own:
            self.seen.add(block)
            self.own[block] = bytearray(self.view[block * BLOCK : (block + 1) * BLOCK])
        return self.own[block]

    def ioctl(self, request, argument):
        """Block count (4), block size (5), erase (6)."""
        if request == 6:
            self._count(ERASE, argument, 0, b"")
            self.own[argument] = bytearray(BLANK)
        return {4: self.blocks, 5: BLOCK}.get(request, 0)

    def _count(self, kind, block, offset, data):
        if self.dead:
            raise Cut
        if self.left == 0:
            self.dead = True
            self.own[block] = self.tear(self.of(block), kind, offset, bytes(data))
            raise Cut
        self.left -= 1
        self.done += 1


class Cut(BaseException):
    """The power is gone: no `except Exception` of the node may hold it up."""
