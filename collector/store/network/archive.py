"""Frames moved from the database to files, and read back.

A frame's row stays, with the first 128 bits of its SHA-256: what comes again is still known and
compared. Its sealed bytes go once the file that holds them is on the disk and was read back; the
row of the file and the letting go of its frames are one commit. So whatever dies, a frame is in the
database or in a file that the database names. A file of which no row tells is left of an archiving
that was cut off: the next one finds the same frames and writes it again, or another beside it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from collector.store.network import archive_file
from collector.store.network.archive_file import Archived, ArchiveError
from collector.store.network.frames import DECODED, DIGEST_BYTES, FrameId
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch

SQL = queries.load("archive")
#: Most frames in a file.
FILE_FRAMES = 50_000
LOCK_SECONDS = 10.0


@dataclass(frozen=True)
class Evidence:
    """What a node sent, and where it is: `file` is None where that is the database."""

    row: int
    id: FrameId
    received: datetime
    state: str
    sealed: bytes
    file: str | None


@dataclass
class _Chosen:
    """Frames for a file; all up to `through` were looked at, `left_out` are those not ready."""

    frames: list[Archived]
    through: int
    left_out: list[int]


def archive_next(
    conn: Connection, folder: Path, before: datetime, at: datetime, most: int = FILE_FRAMES
) -> int:
    """Move the frames of one more file out of the database; the caller commits.

    Parameters
    ----------
    conn : Connection
        Inside a transaction of its own.
    folder : Path
    before : datetime
        Frames received from then on stay, aware.
    at : datetime
        Now, aware.
    most : int
        In a file.

    Returns
    -------
    int
        How many; 0: there are no more.

    Raises
    ------
    ArchiveError
        When another archives just now, or the file cannot be written. The transaction is of no use.
    """
    _lock(conn)
    chosen = _next(conn, before, most)
    if not chosen.frames:
        rows = fetch(conn, SQL["stragglers"], before=before, limit=most)
        ((through,),) = fetch(conn, SQL["through"])
        chosen = _Chosen([_archived(row) for row in rows], through, [])
    if not chosen.frames:
        return 0
    received = [one.received for one in chosen.frames]
    day = min(received).strftime("%Y-%m-%d")
    file, sha256 = archive_file.write(folder, day, chosen.frames)
    given = {"file": file, "sha256": sha256, "frames": len(chosen.frames), "made": at}
    given |= {"first": min(received), "last": max(received)}
    given |= {"through": chosen.through, "left_out": chosen.left_out}
    ((number,),) = fetch(conn, SQL["add"], **given)
    ids, digests = [x.row for x in chosen.frames], [x.sha256 for x in chosen.frames]
    with conn.cursor() as cur:
        cur.execute(SQL["let_go"], {"archive": number, "ids": ids, "digests": digests})
        if cur.rowcount != len(ids):
            raise ArchiveError(
                f"{len(ids) - cur.rowcount} frames changed while they were archived; they stay, "
                "and are taken the next time"
            )
    return len(ids)


def _lock(conn: Connection) -> None:
    """Let nobody else archive; one that was killed may go on for a moment in the server."""
    until = time.monotonic() + LOCK_SECONDS
    while fetch(conn, SQL["lock"]) != [(True,)]:
        if time.monotonic() > until:
            raise ArchiveError("frames are being archived already; wait until that is done")
        time.sleep(0.1)


def _next(conn: Connection, before: datetime, most: int) -> _Chosen:
    """Choose frames in the order of their numbers, of one day of receipt (UTC)."""
    ((after,),) = fetch(conn, SQL["through"])
    chosen = _Chosen([], after, [])
    while not chosen.frames:
        rows = fetch(conn, SQL["next"], after=chosen.through, limit=most)
        while rows and rows[-1][5] >= before:
            rows.pop()  # where those that are old enough end, not one in between
        if not rows:
            break
        for row in rows:
            ready = row[7] == DECODED and row[5] < before
            if ready and chosen.frames and row[5].date() != chosen.frames[0].received.date():
                break
            if ready:
                chosen.frames.append(_archived(row))
            else:
                chosen.left_out.append(row[0])
            chosen.through = row[0]
    return chosen


def _archived(row: tuple[Any, ...]) -> Archived:
    return Archived(row[0], FrameId(*row[1:5]), row[5], row[6])


def fill(
    folder: Path | None, wanted: Mapping[str, Iterable[tuple[int, FrameId, bytes]]]
) -> dict[int, bytes]:
    """Read sealed bytes back from files.

    Parameters
    ----------
    folder : Path or None
        Of archives; None: this process was given none.
    wanted : mapping
        File → row, identity and digest of each frame that is wanted of it.

    Returns
    -------
    dict of int to bytes
        By row.

    Raises
    ------
    ArchiveError
    """
    found: dict[int, bytes] = {}
    for file, frames in wanted.items():
        if folder is None:
            raise ArchiveError(f"{file}: no folder of archives is named; set NONGQING_ARCHIVE")
        digests = {(row, identity): digest for row, identity, digest in frames}
        nodes = {identity.node for _, identity in digests}
        for node in nodes if len(nodes) == 1 else (None,):
            for one in archive_file.read(folder, file, node):
                digest = digests.pop((one.row, one.id), None)
                if digest is not None and one.sha256[:DIGEST_BYTES] == digest:
                    found[one.row] = one.sealed
                elif digest is not None:
                    raise _not_in(folder / file, one.id)
        for _, identity in digests:
            raise _not_in(folder / file, identity)
    return found


def _not_in(file: Path, identity: FrameId) -> ArchiveError:
    return ArchiveError(
        f"{file}: does not hold frame {identity.seq} of boot {identity.boot} of {identity.node} as "
        "the database knows it; bring the file back from a backup"
    )


def verify(conn: Connection, folder: Path) -> tuple[int, int]:
    """Prove every file by its hashes and by the database's; return files and frames.

    Raises
    ------
    ArchiveError
        Of the first that is not right.
    """
    files = fetch(conn, SQL["files"])
    total = 0
    for number, name, sha256, frames in files:
        file = folder / name
        there = {one.row: one.sha256[:DIGEST_BYTES] for one in archive_file.read(folder, name)}
        known = dict(fetch(conn, SQL["kept_of"], archive=number))
        if hashlib.sha256(file.read_bytes()).digest() != sha256 or len(there) != frames:
            raise ArchiveError(
                f"{file}: is not the file that the database knows; bring it back from a backup"
            )
        if there != known:
            raise ArchiveError(
                f"{file}: {len(there.items() ^ known.items())} frames differ from what the "
                "database knows of them; look which of both was restored from an older backup"
            )
        total += frames
    return len(files), total


def find(
    conn: Connection, folder: Path, node: str, boot: int, seq: int, epoch: int | None = None
) -> Evidence | None:
    """Return a frame as the node sent it, from wherever it is; of several epochs the newest.

    Raises
    ------
    ArchiveError
    """
    rows = fetch(conn, SQL["frame"], node=node, boot=boot, seq=seq, epoch=epoch)
    if not rows:
        return None
    ((row, name, of_epoch, of_boot, number, received, state, sealed, digest, file),) = rows
    identity = FrameId(name, of_epoch, of_boot, number)
    if sealed is None:
        sealed = fill(folder, {file: [(row, identity, digest)]})[row]
    return Evidence(row, identity, received, state, sealed, file)
