"""Disks that fill up, and one that loses what was not written out when the power goes.

Both take root: a small file system in memory, and an ext4 on a file. The latter's file is what is
on the disk; what programs wrote and did not sync is in the kernel's memory until it is written out,
half a minute later by itself. So a copy of the file is what a power cut leaves.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

BALLAST = "ballast"


class Small:
    """A folder of limited size; without root a folder like any other.

    Parameters
    ----------
    folder : Path
    megabytes : int
    """

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        command = [
            "mount",
            "-t",
            "tmpfs",
            "-o",
            f"size={megabytes}m,mode=755",
            "tmpfs",
            str(folder),
        ]
        self.is_small = os.geteuid() == 0 and subprocess.run(command, check=False).returncode == 0

    def fill(self, leave: int = 0) -> None:
        """Leave so many bytes free."""
        # without a buffer: closing the file would write once more what found no room
        try:
            with (self.folder / BALLAST).open("wb", buffering=0) as file:
                left = shutil.disk_usage(self.folder).free - leave
                while left > 0:
                    left -= file.write(bytes(min(left, 1 << 20)))
        except OSError:
            pass  # somebody else took the last of it

    def empty(self) -> None:
        """Give the room back."""
        (self.folder / BALLAST).unlink(missing_ok=True)

    def close(self) -> None:
        """Take it away."""
        if self.is_small:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)


class Powered:
    """An ext4 on a file, which loses what was not synced when its power is cut."""

    def __init__(self, folder: Path, image: Path, megabytes: int = 1000) -> None:
        self.folder, self.image = folder, image
        folder.mkdir(parents=True, exist_ok=True)
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
        self._mount()
        folder.chmod(0o755)

    def _mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.folder)], check=True)

    def cut(self) -> None:
        """Note what is on the disk at this moment; the programs on it must be killed by now."""
        there = self.image.with_suffix(".cut")
        subprocess.run(["cp", "--sparse=always", str(self.image), str(there)], check=True)
        subprocess.run(["umount", str(self.folder)], check=True)
        there.replace(self.image)

    def power_up(self) -> None:
        """Give it power again: the file system mends itself, as after a power cut."""
        self._mount()

    def close(self) -> None:
        """Take it away."""
        subprocess.run(["umount", "-l", str(self.folder)], check=False)
