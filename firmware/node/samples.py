"""The samples of a frame that is not full yet, on flash: a power cut loses none that was written.

Each sample is appended to one file as CBOR, with its length and its CRC-32 before it: what a frame
of this one sample would say, a simple value standing for a reason. (Frames themselves are written
in bits, and what reads those no node need have.) The file is removed once its frame is in the
outbox. After a reset what is found
there is put together to the frame that it would have become, under the boot and the number that it
would have had: on that boot's uptime, with its UTC where that was known. A frame that the outbox
already holds is not put there twice, and one that was freed in between is the same bytes, which the
server takes once.

Wear: an append copies the last block of the file, so a sample costs an erase of one block and a
little for directories, spread by littlefs over all that is free (docs/node.md has it measured).
"""

import binascii
import os
import struct

from firmware import const, forget
from firmware.wire import cbor
from firmware.wire.frame import Missing

HEAD = const(">HI")
HEAD_BYTES = const(6)


class SampleLog:
    """The file at `path`; `report(kind, detail)` for what cannot be written or read."""

    def __init__(self, path, report):
        self.path = path
        self.report = report
        self.failed = False
        self.there = True  # until we know better

    def append(self, frame):
        """Keep a Frame of one sample; true if it is safe on flash."""
        values = [samples[0] for samples in frame.channels]
        values = [cbor.Simple(v.reason) if isinstance(v, Missing) else v for v in values]
        body = cbor.encode(list(frame[:6]) + [values])
        self.there = True
        try:
            with open(self.path, "ab") as file:
                file.write(struct.pack(HEAD, len(body), binascii.crc32(body)) + body)
        except OSError as error:
            if not self.failed:
                self.failed = True
                self.report("fault", "sample log: %s: power cuts lose samples until then" % error)
            return False
        self.failed = False
        return True

    def clear(self):
        """The samples are in the outbox."""
        if not self.there:
            return
        self.there = False
        try:
            os.remove(self.path)
        except OSError:
            pass  # there is none; or it stays, and its frame is found in the outbox

    def recover(self):
        """Return the Frame that was not finished before the reset, or None."""
        try:
            os.stat(self.path)
        except OSError:
            return None  # the usual case: nothing was left
        from firmware.node import samples_left

        found = samples_left.read(self.path)
        forget(samples_left)
        return found
