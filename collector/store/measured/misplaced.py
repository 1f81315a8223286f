"""Readings at times that were wrong: taken away, and what that leaves put in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg2.extras import execute_values

from collector.store.measured.reading_log import note_dirty_hours
from collector.store.network.archive import fill
from collector.store.network.frames import BootId, FrameId
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from models.weather.quality import UNREADABLE

SQL = queries.load("misplaced")


@dataclass(frozen=True)
class StoredFrame:
    """A frame whose readings stand; `placed_s` is the boot's start that a person gave it."""

    row: int
    id: FrameId
    received: datetime
    sealed: bytes
    placed_s: int | None


@dataclass(frozen=True)
class Placement:
    """A frame moved from one start of its boot to another [s since 1970 UTC]."""

    row: int
    from_s: int
    to_s: int


def _run(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall() if cur.description else []


def frames(
    conn: Connection,
    node: str | None = None,
    boot: int | None = None,
    since: datetime | None = None,
    *,
    archive: Path | None,
) -> list[StoredFrame]:
    """Return frames whose readings stand, by node, boot and number.

    Parameters
    ----------
    conn : Connection
    node, boot
        Only those of a node, and of one of its boots.
    since : datetime, optional
        Only those received from then on, aware.
    archive : Path or None
        The folder of those that were moved to files.

    Raises
    ------
    ArchiveError
        When such a file is not there, or is not what it was.
    """
    found = [
        (row, FrameId(*identity), received, sealed, placed, digest, file)
        for row, *identity, received, sealed, placed, digest, file in _run(
            conn, "frames", node=node, boot=boot, since=since
        )
    ]
    wanted: dict[str, list[tuple[int, FrameId, bytes]]] = {}
    for row, identity, _, _, _, digest, file in found:
        if file is not None:
            wanted.setdefault(file, []).append((row, identity, digest))
    read = fill(archive, wanted)
    return [
        StoredFrame(row, identity, received, read[row] if file else sealed, placed)
        for row, identity, received, sealed, placed, _, file in found
    ]


def take_away(conn: Connection, rows: NDArray[np.void]) -> int:
    """Take readings away; return how many there were.

    A second value that had stood back for one of them takes its place; hours and the newest
    values of their series follow.

    Parameters
    ----------
    conn : Connection
    rows : structured ndarray
        As for `insert_readings`; only series, time, frame and step count.
    """
    series = np.unique(rows["series"]).tolist()
    gone = _run(
        conn,
        "take_away",
        series=rows["series"].tolist(),
        times=rows["time"].tolist(),
        frames=rows["frame"].tolist(),
    )
    _run(conn, "forget_conflicts", frames=np.unique(rows["frame"]).tolist())
    _run(conn, "bring_back", series=[one[0] for one in gone], times=[one[1] for one in gone])
    renew_tails(conn, series)
    note_dirty_hours(conn, rows)
    return len(gone)


def renew_tails(conn: Connection, series: Sequence[int]) -> None:
    """Find the newest readings of series, and their newest valid ones, anew."""
    _run(conn, "drop_tails", series=list(series))
    _run(conn, "renew_tails", series=list(series), bad=UNREADABLE)


def note_placements(
    conn: Connection, moved: Sequence[Placement], *, by: str, reason: str, at: datetime
) -> None:
    """Keep who moved frames, when and why."""
    rows = [(one.row, one.from_s, one.to_s, at, by, reason) for one in moved]
    with conn.cursor() as cur:
        execute_values(cur, SQL["put_placements"], rows)


def put_boot_offset(conn: Connection, boot: BootId, unix_s: int) -> None:
    """Keep when a boot began [s since 1970 UTC], whatever was believed before."""
    _run(conn, "put_boot_offset", **boot._asdict(), unix_s=unix_s)
