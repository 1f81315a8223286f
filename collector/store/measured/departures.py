"""How far series are from their neighbours, by local day: what drift is told by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from collector.store.postgres import queries
from collector.store.postgres.binary import copy_out
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run

SQL = queries.load("departures")

#: `day` counts from 1970; the rest is in the quantity's unit.
DAYS = np.dtype(
    [("series", "i4"), ("day", "i4"), ("departure", "f4"), ("own", "f4"), ("near", "f4")]
)


@dataclass(frozen=True)
class Departures:
    """A day of series: distance to the neighbours, the usual one (NaN: not known), swings."""

    series: NDArray[np.int32]
    departure: NDArray[np.float64]
    usual: NDArray[np.float64]
    own: NDArray[np.float64]
    near: NDArray[np.float64]


def put(conn: Connection, day: date, new: Departures) -> None:
    """Keep a day, in the place of what was kept of it."""
    run(
        conn,
        SQL["put"],
        day=day,
        series=new.series.tolist(),
        departures=new.departure.tolist(),
        usual=new.usual.tolist(),
        own=new.own.tolist(),
        near=new.near.tolist(),
    )


def days(conn: Connection, first: date, end: date) -> NDArray[np.void]:
    """Return what is kept from a day to before another, as `DAYS`."""
    return copy_out(conn, SQL["copy_days"], {"first": first, "end": end}, DAYS)


def usual(conn: Connection, day: date) -> dict[int, float]:
    """Return how far series usually are from their neighbours, as of a day or the last before."""
    return {int(series): float(value) for series, value in fetch(conn, SQL["usual"], day=day)}


def served_since(conn: Connection) -> dict[int, tuple[datetime | None, str]]:
    """Return since when what serves a series now does (None: ever), and its node."""
    return {int(s): (since, str(node)) for s, since, node in fetch(conn, SQL["served_since"])}


def forget(conn: Connection, before: date) -> None:
    """Drop days that nothing is judged by any longer."""
    run(conn, SQL["forget"], before=before)
