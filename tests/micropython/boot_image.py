"""Mount a node's image as the ESP32 does, and start the node from it (MicroPython alone).

Argument: the image. The shims, the emulator's board with them, are where SHIMS says.
"""

import os
import sys

import vfs

IMAGE = sys.argv[1]
BLOCK = 4096


class Flash:
    """The flash that esptool wrote: a block device over the bytes of the image."""

    def __init__(self, path):
        self.file = open(path, "r+b")
        self.blocks = self.file.seek(0, 2) // BLOCK

    def readblocks(self, block, buffer, offset=0):
        """Read into `buffer`."""
        self.file.seek(block * BLOCK + offset)
        self.file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        """Write `buffer`."""
        self.file.seek(block * BLOCK + offset)
        self.file.write(buffer)

    def ioctl(self, request, argument):
        """Block count (4), block size (5), erase (6)."""
        return {4: self.blocks, 5: BLOCK}.get(request, 0)


fs = vfs.VfsLfs2(Flash(IMAGE))
vfs.mount(fs, "/flash")
print(sorted(os.listdir("/flash")))
os.chdir("/flash")
sys.path[:] = ["", os.getenv("SHIMS"), ".frozen"]
with open("main.py") as file:
    exec(file.read())
