"""Files that were made in the background, in a folder that only this user may read."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from collector.store.advice.export_requests import ExportRequest

FOLDER = "exports"
#: So much of the disk stays free [bytes]: the database may lie on it as well.
SPARE = 1 << 30
#: What the system says when there is no room: on the disk, for this user, in one file.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def path_of(state_dir: Path, taken: ExportRequest) -> Path:
    """Return where a file is once it is whole; each attempt has a place of its own."""
    return (state_dir / FOLDER).resolve() / f"{taken.id}-{taken.attempt}.{taken.order.kind}"


def prove_room(state_dir: Path) -> None:
    """Make sure that there is the folder, and room for more on its disk.

    Raises
    ------
    OSError
        When less than `SPARE` is free, or the folder cannot be made.
    """
    folder = state_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < SPARE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Lend a file to write; it is there under its name, on the disk, once the block ends well.

    When the block raises, nothing of it stays.

    Raises
    ------
    OSError
        When it cannot be made or written.
    """
    part = path.with_name(path.name + ".part")
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
    try:
        with os.fdopen(os.open(part, flags, 0o600), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise


def sweep(state_dir: Path, kept: Iterable[ExportRequest]) -> None:
    """Remove what is no file of those that are kept: expired, or left by a writer cut off."""
    names = {path_of(state_dir, each).name for each in kept}
    folder = state_dir / FOLDER
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in names:
            path.unlink()
