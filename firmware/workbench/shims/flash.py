"""The flash chip of a simulated node: an ordinary file (MicroPython Unix port only)."""

import os

from bench import settings


class Flash:
    """The flash chip: an ordinary file, every write carried out at once.

    With ``cut_after`` in the settings the power goes in the middle of that write.
    """

    BLOCK = 4096

    def __init__(self):
        self.blocks = settings.get("flash_blocks", 512)
        try:
            self.file = open(settings["image"], "r+b")
        except OSError:
            with open(settings["image"], "wb") as file:
                for _ in range(self.blocks):
                    file.write(b"\xff" * self.BLOCK)
            self.file = open(settings["image"], "r+b")
        self.left = settings.get("cut_after", -1)

    def readblocks(self, block, buffer, offset=0):
        """Read into `buffer`."""
        self.file.seek(block * self.BLOCK + offset)
        self.file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        """Write `buffer`."""
        self.file.seek(block * self.BLOCK + offset)
        if self.left == 0:
            self.file.write(memoryview(buffer)[: len(buffer) // 2])
            os.system("kill -9 $PPID")  # noqa: S605  a constant; there is no os.kill here
        self.left -= 1
        self.file.write(buffer)

    def ioctl(self, request, argument):
        """Block count (4), block size (5), erase (6)."""
        if request == 4:
            return self.blocks
        if request == 5:
            return self.BLOCK
        return 0
