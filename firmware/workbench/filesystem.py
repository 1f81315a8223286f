"""A node's file system as one file: littlefs2, as MicroPython's ``vfs.VfsLfs2`` mounts it.

Sources: MicroPython, ports/esp32/README.md, "Partition table and filesystem size", and main.c (the
file system takes what the last partition leaves of the flash); partitions-4MiBplus.csv (that ends
at 0x200000); extmod/vfs_lfs.c and vfs_lfsx.c (read and program size 32, cache four times that, 100
block cycles); docs.micropython.org, class esp32.Partition (blocks of 4096 bytes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from firmware.workbench import release
from firmware.workbench.bundle import MANIFEST, ROOT, BundleError, Manifest

BLOCK = 4096
#: Blocks between 0x200000 and the end of 4 MiB.
BLOCKS = 512
READ, CACHE, CYCLES = 32, 128, 100
#: Version 2.0 on disk: drivers since littlefs 2.0 mount it; those from 2.6 on (2.1) raise it
#: themselves with their first write (lfs2.c, `lfs2_mount_`).
DISK_VERSION = 0x00020000
#: Nothing shorter holds the two blocks of the root, and a node has to keep what it measured.
FEWEST_BLOCKS = 64
#: What MicroPython runs after boot.py.
MAIN = ROOT / "firmware" / "node" / "loader.py"


def make(manifest: Manifest, files: Mapping[str, bytes], config: bytes, blocks: int) -> bytes:
    """Return the file system that holds a bundle in slot a, the loader and the configuration.

    Raises
    ------
    firmware.workbench.bundle.BundleError
        If littlefs-python is missing or all that has no room in `blocks`.
    """
    try:
        import littlefs  # of its own: simulating and enrolling do without
    except ImportError:
        raise BundleError("littlefs-python is missing: pip install littlefs-python") from None
    disk = littlefs.LittleFS(
        block_size=BLOCK,
        block_count=blocks,
        read_size=READ,
        prog_size=READ,
        cache_size=CACHE,
        block_cycles=CYCLES,
        disk_version=DISK_VERSION,
    )
    about = json.dumps(
        {"board": manifest.board, "firmware": manifest.firmware, "mpy": manifest.mpy}
    )
    slot = {f"a/{name}": data for name, data in release.slot_of(manifest.board, files).items()}
    beside = {MANIFEST: about.encode(), "main.py": MAIN.read_bytes(), "node.json": config}
    whole = {**slot, **beside, "slot": b"a"}
    try:
        for name, data in whole.items():
            folder = Path(name).parent.as_posix()
            if folder != ".":
                disk.makedirs(folder, exist_ok=True)
            with disk.open(name, "wb") as file:
                file.write(data)
        disk.unmount()
    except littlefs.LittleFSError as error:
        raise BundleError(
            f"{blocks} blocks of {BLOCK} bytes hold not all of it ({error}); give more --blocks"
        ) from error
    return bytes(disk.context.buffer)
