"""Mount a node's image as the ESP32 does, and start the node from it (MicroPython alone).

Arguments: the image; a folder with the emulator's board, compiled. Beside them stand the shims.
"""

import os
import sys

import vfs

IMAGE, BOARD = sys.argv[1:3]
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
# Only the emulator's board comes from elsewhere: no real image holds it.
with open(BOARD, "rb") as compiled, open("/flash/firmware/node/board_unix.mpy", "wb") as to:
    to.write(compiled.read())
print(sorted(os.listdir("/flash")))
sys.path[:] = ["/flash", os.getenv("SHIMS"), ".frozen"]
with open("/flash/main.py") as file:
    exec(file.read())
