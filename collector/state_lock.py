"""The lock on a state folder: one `nongqing up` at a time, however it or its host ends.

It is a lock of the kernel on the file ``up.lock`` (flock), not the file itself: it ends with the
last process that has the file open, and no number of a process that somebody else has by now can
be taken for the holder. The file says who that is, for people. What `nongqing up` starts is given
the open file, so that a second start waits until all that the first one started is gone.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

LOCK = "up.lock"
READER_SECONDS = 1.0  # somebody who only looks holds it for an instant
REMAINS_SECONDS = 30.0
LOOK_SECONDS = 0.1


class StateLockError(RuntimeError):
    """The state folder cannot be had; the message says who has it or why, and the mend."""


@dataclass(frozen=True)
class Holder:
    """Who holds a state folder, in their own words."""

    pid: int
    host: str
    address: str
    since: str

    @property
    def here(self) -> bool:
        """Whether its process would be one of this machine."""
        return self.host == socket.gethostname()

    @property
    def gone(self) -> bool:
        """Whether there is no such process here any more; only what it started may be left."""
        if not self.here:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError, ValueError):
            return False
        return False


class StateLock:
    """The lock on a state folder, held by this process and by what it gives `fileno` to.

    Parameters
    ----------
    folder : Path
    address : str
        Where the holder's pages are, for people.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.path = folder / LOCK
        self.address = address
        self._file: int | None = None

    @property
    def fileno(self) -> int:
        """The open file, for processes that are to hold the lock as well."""
        assert self._file is not None
        return self._file

    def refuse_second(self) -> None:
        """Raise where somebody who lives holds the folder; makes nothing.

        Raises
        ------
        StateLockError
        """
        found = _read(self.path)
        if held(self.folder) and not (found is not None and found.gone):
            raise self._taken(found)

    def take(self, say: Callable[[str], None]) -> None:
        """Take the lock; wait for what a former start left behind.

        Parameters
        ----------
        say : callable
            Takes a line for the person who waits.

        Raises
        ------
        StateLockError
            When somebody has it, or it cannot be had here.
        """
        started = time.monotonic()
        announced = False
        while not self._try():
            found = _read(self.path)
            waited = time.monotonic() - started
            remains = found is not None and found.gone
            if waited > (REMAINS_SECONDS if remains else READER_SECONDS):
                raise self._remains(found) if found and remains else self._taken(found)
            if remains and not announced:
                say(f"{self.folder}: a former start has ended; waiting for what it left running")
                announced = True
            time.sleep(LOOK_SECONDS)
        here = Holder(
            os.getpid(),
            socket.gethostname(),
            self.address,
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        os.truncate(self.fileno, 0)
        os.pwrite(self.fileno, json.dumps(asdict(here)).encode(), 0)

    def _try(self) -> bool:
        """Take the lock if nobody has it, of the file that stands in the folder now."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateLockError(
                f"{self.path}: cannot be opened ({error.strerror}); start as {_owner(self.path)}, "
                "whose folder it is, or name a folder of yours in NONGQING_STATE_DIR"
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        except OSError as error:
            os.close(file)
            raise StateLockError(
                f"{self.path}: this file system has no locks ({error.strerror}); name a folder on "
                "a local disk in NONGQING_STATE_DIR"
            ) from error
        if not _same_file(file, self.path):
            os.close(file)
            return False
        self._file = file
        return True

    def check(self) -> None:
        """Raise where the folder was taken from under the holder.

        Raises
        ------
        StateLockError
        """
        if not _same_file(self.fileno, self.path):
            raise StateLockError(
                f"{self.folder}: this folder was removed or replaced while `nongqing up` used it; "
                "start it again"
            )

    def release(self) -> None:
        """Give the lock up, as far as this process goes; safe to call twice."""
        if self._file is not None:
            os.truncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def _taken(self, found: Holder | None) -> StateLockError:
        if found is None:
            return StateLockError(
                f"{self.folder}: `nongqing up` is starting or stopping here just now; wait a moment"
            )
        where = f"process {found.pid}" + ("" if found.here else f" on {found.host}")
        end = f"or `kill {found.pid}`" if found.here else "on that machine"
        return StateLockError(
            f"{self.folder}: `nongqing up` runs here already ({where}, since {found.since}); open "
            f"{found.address}, or end it with Ctrl-C where it was started, {end}. A second one "
            "needs a folder and a port of its own: NONGQING_STATE_DIR=… nongqing up --port …"
        )

    def _remains(self, found: Holder) -> StateLockError:
        return StateLockError(
            f"{self.folder}: what process {found.pid} started on {found.since} has not ended; see "
            f"it with `fuser -v {self.path}` and end it"
        )


def held(folder: Path) -> bool:
    """Tell whether a `nongqing up` holds a state folder."""
    try:
        file = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # not ours to look into, so somebody else's
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # no locks here, so nobody has one
    finally:
        os.close(file)
    return False


def _read(path: Path) -> Holder | None:
    """Return who wrote the file; None while it is empty, or is not ours to read."""
    try:
        found = json.loads(path.read_bytes())
        return Holder(
            int(found["pid"]), str(found["host"]), str(found["address"]), str(found["since"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _same_file(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except OSError:
        return False


def _owner(path: Path) -> str:
    for place in (path, path.parent):
        try:
            return pwd.getpwuid(place.stat().st_uid).pw_name
        except (OSError, KeyError):
            continue
    return "the user"
