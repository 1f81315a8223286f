"""Heads of the audit log kept outside the database: a file of lines that only grows.

A line is ``number digest time``, and with a key a fourth word, ``mac``: an HMAC-SHA256 over the
three before it. A head vouches for every entry up to its number.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

MARK = b"nongqing audit head 1\n"
LINE = re.compile(r"([1-9][0-9]{0,18}) ([0-9a-f]{64}) (\S{20,40})(?: ([0-9a-f]{64}))?")
LONGEST_LINE = 512


class HeadFileError(Exception):
    """The file of heads cannot be used; the message names it and the mend."""


class HeadFileBroken(HeadFileError):  # noqa: N818 - named for what happened
    """The file of heads was changed by somebody else than us."""


@dataclass(frozen=True)
class Head:
    """The end of the log at some time: number and digest of its last entry, and when it was so."""

    number: int
    digest: bytes
    at: datetime

    def line(self, key: bytes | None = None) -> str:
        """Return the head as a line of the file, without its end."""
        at = self.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        words = f"{self.number} {self.digest.hex()} {at}"
        return words if key is None else f"{words} {_mac(words, key)}"


def _mac(words: str, key: bytes) -> str:
    return hmac.new(key, MARK + words.encode(), hashlib.sha256).hexdigest()


def parse_head(line: str, place: str, key: bytes | None = None) -> Head:
    """Read a head from its line.

    Raises
    ------
    HeadFileBroken
        When it is none, or was not made with the key; the message begins with `place`.
    """
    match = LINE.fullmatch(line)
    try:
        at = datetime.fromisoformat(match[3]) if match else None
    except ValueError:
        at = None
    if match is None or at is None or at.tzinfo is None:
        raise HeadFileBroken(
            f"{place}: is no head of an audit log; restore the file from a copy, or name another "
            "with --head"
        )
    if key is not None:
        words = line.rsplit(" ", 1)[0] if match[4] else line
        if not hmac.compare_digest(_mac(words, key), match[4] or ""):
            raise HeadFileBroken(
                f"{place}: was not written with the key that NONGQING_AUDIT_KEY names: somebody "
                "else wrote it, or the key is another one; restore the file or the key"
            )
    return Head(int(match[1]), bytes.fromhex(match[2]), at)


class HeadFile:
    """The file of heads.

    Parameters
    ----------
    path : Path
    key : bytes, optional
        With it every line carries a MAC, and lines without a right one are refused.
    """

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        self.path = path
        self.key = key

    def read(self) -> Iterator[Head]:
        """Return the heads that the file holds now, by number; what is added later is not read.

        Raises
        ------
        HeadFileError
            When there is no such file, or it cannot be read. At once; the errors below, when the
            iteration comes to them.
        HeadFileBroken
            When a line is no head, or follows one of a higher number.
        """
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
        except OSError as error:
            raise self._unusable(error) from error
        return self._heads(size)

    def _heads(self, size: int) -> Iterator[Head]:
        read, before, number = 0, 0, 0
        with self.path.open("rb") as file:
            while read < size:
                raw = file.readline(LONGEST_LINE)
                read, number = read + len(raw), number + 1
                if not raw.endswith(b"\n") and read >= size:
                    return  # its writer was cut off; the next one takes it away
                place = f"{self.path}:{number}"
                head = parse_head(raw.decode("ascii", "replace").strip(), place, self.key)
                if head.number < before:
                    raise HeadFileBroken(
                        f"{place}: head {head.number} comes after head {before}; restore the file "
                        "from a copy"
                    )
                before = head.number
                yield head

    def last(self) -> Head | None:
        """Return the newest head; None where there is none yet.

        Raises
        ------
        HeadFileError
            When the file cannot be read, or its last line is no head.
        """
        try:
            with self.path.open("rb") as file:
                return self._last(file)[0]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from error

    def _last(self, file: BinaryIO) -> tuple[Head | None, int]:
        """Return the last whole line's head, and at which byte that line ends."""
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - 2 * LONGEST_LINE)
        file.seek(start)
        whole = file.read().rpartition(b"\n")[0]
        if not whole:
            if start:
                raise HeadFileBroken(f"{self.path}: its end is no head; restore it from a copy")
            return None, 0
        line = whole.rpartition(b"\n")[2].decode("ascii", "replace")
        head = parse_head(line, f"{self.path}: last line", self.key)
        return head, start + len(whole) + 1

    def add(self, head: Head) -> bool:
        """Add a head, unless the file has this or a later one; return whether it was added.

        It is on the disk when this returns, whole or not at all; several processes may call it.

        Raises
        ------
        HeadFileError
            When the file cannot be written, or others may write it.
        """
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "r+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._prove_own(os.fstat(handle).st_mode)
                newest, end = self._last(file)
                if newest is not None and newest.number >= head.number:
                    return False
                file.truncate(end)
                file.write(f"{head.line(self.key)}\n".encode())
                os.fsync(handle)
                _sync_folder(self.path.parent)
        except OSError as error:
            raise self._unusable(error) from error
        return True

    def lay_aside(self, now: datetime) -> tuple[Path, str]:
        """Give the file another name; return that, and its last line.

        Raises
        ------
        HeadFileError
            When there is none, or it cannot be renamed.
        """
        aside = self.path.with_name(f"{self.path.name}.{now:%Y%m%dT%H%M%S}")
        try:
            lines = self.path.read_bytes().decode("ascii", "replace").splitlines()
            if aside.exists():
                raise HeadFileError(f"{aside}: is there already; wait a second, or move it away")
            self.path.rename(aside)
        except OSError as error:
            raise self._unusable(error) from error
        return aside, lines[-1] if lines else ""

    def _prove_own(self, mode: int) -> None:
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise HeadFileError(
                f"{self.path}: other users may write to it (mode {stat.S_IMODE(mode):04o}); "
                f"run: chmod 600 {self.path}"
            )

    def _unusable(self, error: OSError) -> HeadFileError:
        return HeadFileError(
            f"{self.path}: cannot be used ({error.strerror}); name a file that this user may read "
            "and write in NONGQING_AUDIT_HEAD"
        )


def _sync_folder(folder: Path) -> None:
    """See to it that a new file is found again after the machine stopped."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
