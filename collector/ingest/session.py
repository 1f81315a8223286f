"""By what name a collector is known to the broker, so that what comes while it is away waits there.

A name belongs to a state folder and a place in it: the first collector that works there has place
1, a second one beside it place 2. The place is held by a lock of the kernel, so that it is free as
soon as the process is gone, however it ended. The file also says what was subscribed to under the
name: a broker goes on with that until it is told otherwise.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

FILE = "broker-session-{place}.json"
MOST_PLACES = 100

log = logging.getLogger("nongqing.ingest")


class Session:
    """The name of one connection to the broker after another.

    Parameters
    ----------
    folder : Path or None
        The state folder. Without one, or where nothing can be kept in it, the name is a passing
        one.

    Attributes
    ----------
    name : str
        The MQTT client identifier, at most 23 characters (MQTT 3.1.1, 3.1.3.1).
    lasts : bool
        Whether the next start will have the same name.
    topics : tuple of str
        What was last subscribed to under this name.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file: int | None = None
        self.path: Path | None = None
        self.topics: tuple[str, ...] = ()
        self.name = _passing_name()
        if folder is None:
            return
        try:
            self._take(folder)
        except OSError as error:
            log.warning(
                "%s: nothing can be kept there (%s): what nodes send while this collector is away "
                "does not wait at the broker, and they send it again; name a folder that it may "
                "write to in NONGQING_STATE_DIR",
                error.filename or self.path or folder,
                error.strerror,
            )
            self.pass_by()

    @property
    def lasts(self) -> bool:
        """Whether the next start will have the same name."""
        return self._file is not None

    def _take(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for place in range(1, MOST_PLACES + 1):
            self.path = folder / FILE.format(place=place)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                continue
            except OSError:
                os.close(file)
                raise
            self._file = file
            kept = _read(file)
            if kept is None:
                self.name = f"nongqing-{secrets.token_hex(4)}-{place}"
                self.note(())
            else:
                self.name, self.topics = kept
            return

    def note(self, topics: Sequence[str]) -> None:
        """Keep what is subscribed to under this name.

        Raises
        ------
        OSError
            When it cannot be written.
        """
        self.topics = tuple(topics)
        if self._file is None:
            return
        data = json.dumps({"name": self.name, "topics": self.topics}).encode()
        os.pwrite(self._file, data, 0)
        os.truncate(self._file, len(data))
        os.fsync(self._file)

    def pass_by(self) -> None:
        """Take a passing name, and give the place up."""
        self.close()
        self.name, self.topics = _passing_name(), ()

    def close(self) -> None:
        """Give the place up; safe to call twice."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _passing_name() -> str:
    return f"nongqing-{secrets.token_hex(6)}"


def _read(file: int) -> tuple[str, tuple[str, ...]] | None:
    """Return name and topics; None where the file is new, or was written in part."""
    try:
        found = json.loads(os.pread(file, 1 << 16, 0))
        return str(found["name"]), tuple(map(str, found["topics"]))
    except (ValueError, KeyError, TypeError):
        return None
