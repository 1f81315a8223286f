"""Readings on their way in: bulk inserts, conflicts, newest values, roll-ups to the hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg2 import errors
from psycopg2.extras import execute_values

from collector.store.postgres import queries
from collector.store.postgres.binary import PG_EPOCH_S, copy_in, copy_out
from collector.store.postgres.db import Connection
from firmware.wire.quantities import QUANTITIES
from models.weather.quality import UNUSABLE

SQL = queries.load("reading_log")

COPY_FROM = 256  # rows; below, one multi-row INSERT is quicker than COPY to staging
HOUR_S = 3600

READING = np.dtype(
    [
        ("series", "i4"),
        ("time", "i8"),
        ("value", "f8"),
        ("qc", "i2"),
        ("frame", "i8"),
        ("step", "i4"),
    ]
)
_STAGED = np.dtype(
    [("series", "i4"), ("time", "i8"), ("value", "f8"), ("qc", "i2"), ("frame", "i8")]
)
_DIRTY = np.dtype([("series", "i4"), ("hour", "i8"), ("step", "i4")])
_SUMS = [row.name for row in QUANTITIES if row.method == "sum"]


#: The valid reading before a batch: its time, value, and since when that value has stood. Times in
#: s since 1970 UTC; sorted by series.
VALID = np.dtype([("series", "i4"), ("time", "i8"), ("value", "f8"), ("same_since", "i8")])
#: The newest reading of a series in a batch, and its newest valid one; `valid` is false where there
#: is none, and what follows it counts for nothing. Times in s since 1970 UTC.
TAIL = np.dtype(
    [
        ("series", "i4"),
        ("time", "i8"),
        ("value", "f8"),
        ("qc", "i2"),
        ("valid", "?"),
        ("valid_time", "i8"),
        ("valid_value", "f8"),
        ("same_since", "i8"),
    ]
)
_STAGED_TAIL = np.dtype([part for part in TAIL.descr if part[0] != "valid"])
_SENT_TAIL = np.dtype([("series", "i4"), ("newest", "i8"), *VALID.descr[1:]])
#: PostgreSQL's timestamp -infinity.
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Before:
    """What is there before a batch: by series the valid reading before its first one (VALID).

    `newer`: every reading of the batch is newer than all that its series has.
    """

    valid: NDArray[np.void]
    newer: bool


@dataclass(frozen=True)
class Conflict:
    """A second, different value for one series and time; `kept` is the one in use."""

    series: int
    placement: str
    time: datetime
    kept: float | None
    other: float | None
    frame_row: int
    received: datetime


@dataclass(frozen=True)
class RolledUp:
    """What one roll-up did; `first` and `last` are the earliest and latest hour it wrote."""

    changes: int
    hours: int
    first: datetime | None
    last: datetime | None


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall()


def insert_readings(
    conn: Connection,
    rows: NDArray[np.void],
    received: datetime,
    *,
    newer: bool = False,
    is_sum: NDArray[np.bool_] | None = None,
) -> list[tuple[int, datetime, int]]:
    """Insert readings, note conflicts and the hours to roll up again.

    Parameters
    ----------
    conn : Connection
    rows : structured ndarray of type READING, sorted by series and time
        `time` in s since 1970 UTC, `value` in the quantity's unit (NaN: missing), `frame` the
        row number of the frame, `step` the sample step [s].
    received : datetime
        When they came, aware.
    newer : bool
        They are believed to be newer than all that is there, and go into the table at once; where
        one is there all the same, nothing is lost by it but time.
    is_sum : ndarray of bool, optional
        Which are of a quantity that adds up over its step; by default it is looked up.

    Returns
    -------
    list of (series, time, frame row)
        Readings that differ from one that is already there.
    """
    if not len(rows):
        return []
    _ensure_partitions(conn, rows["time"])
    large = len(rows) >= COPY_FROM
    conflicts = []
    if not (large and newer and _copy_new(conn, rows)):
        inserted = _insert_copied(conn, rows) if large else _insert_rows(conn, rows, "insert_rows")
        if inserted < len(rows):
            conflicts = _keep_conflicts(conn, rows, received, staged=large)
    note_dirty_hours(conn, rows, is_sum)
    return conflicts


def _ensure_partitions(conn: Connection, times: NDArray[np.int64]) -> None:
    ends = np.array((times.min(), times.max()), "datetime64[s]").astype("datetime64[M]")
    months = ends
    if ends[1] - ends[0] > np.timedelta64(1, "M"):  # not all that lie between need have readings
        months = np.unique(times.astype("datetime64[s]").astype("datetime64[M]"))
    with conn.cursor() as cur:
        for month in set(months.astype("datetime64[s]").astype(np.int64).tolist()):
            cur.execute(SQL["ensure_partition"], {"unix_s": month})


def ensure_partition(conn: Connection, instant: datetime) -> bool:
    """Make the partition that will hold readings of an instant; tell whether there was none."""
    before = _fetch(conn, "partitions")
    _ensure_partitions(conn, np.array([int(instant.timestamp())]))
    return _fetch(conn, "partitions") != before


def _staged(rows: NDArray[np.void]) -> NDArray[np.void]:
    staged = np.empty(len(rows), _STAGED)
    for name in ("series", "value", "qc", "frame"):
        staged[name] = rows[name]
    staged["time"] = _timestamps(rows["time"])
    return staged


def _timestamps(unix_s: NDArray[np.int64]) -> NDArray[np.int64]:
    """Timestamps of PostgreSQL, microseconds since 2000, of times [s since 1970 UTC]."""
    return (unix_s - PG_EPOCH_S) * 1_000_000


def _copy_new(conn: Connection, rows: NDArray[np.void]) -> bool:
    """Copy readings into the table at once; false, and nothing is done, if one is there."""
    with conn.cursor() as cur:
        cur.execute(SQL["begin_copy"])
        try:
            copy_in(conn, SQL["copy_new"], _staged(rows), none="value")
        except errors.UniqueViolation:
            cur.execute(SQL["undo_copy"])
            return False
        cur.execute(SQL["end_copy"])
    return True


def _insert_copied(conn: Connection, rows: NDArray[np.void]) -> int:
    with conn.cursor() as cur:
        cur.execute(SQL["make_staging"])
        copy_in(conn, SQL["copy_staging"], _staged(rows))
        cur.execute(SQL["insert_staged"])
        return cur.rowcount


def _insert_rows(conn: Connection, rows: NDArray[np.void], name: str) -> int:
    values = rows[["series", "time", "value", "qc", "frame"]].tolist()
    with conn.cursor() as cur:
        execute_values(cur, SQL[name], values, page_size=len(values))
        return cur.rowcount


def _keep_conflicts(
    conn: Connection, rows: NDArray[np.void], received: datetime, *, staged: bool
) -> list[tuple[int, datetime, int]]:
    with conn.cursor() as cur:
        if not staged:
            cur.execute(SQL["make_staging"])
            _insert_rows(conn, rows, "stage_rows")
        cur.execute(SQL["staged_conflicts"], {"received": received})
        return cur.fetchall()


def hours_of(times: NDArray[np.int64], is_sum: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the hour [h since 1970 UTC] that each sample belongs to.

    A sample of a sum stands at the end of its step, so that one taken on the full hour belongs
    to the hour before.
    """
    return (times - is_sum) // HOUR_S


def note_dirty_hours(
    conn: Connection, rows: NDArray[np.void], is_sum: NDArray[np.bool_] | None = None
) -> None:
    """Let the hours of readings be rolled up again; parameters as for `insert_readings`."""
    if is_sum is None:
        sums = set(_series_with(conn, _SUMS, np.unique(rows["series"]).tolist()))
        is_sum = np.isin(rows["series"], list(sums))
    hours = hours_of(rows["time"], is_sum)
    keys = [rows["series"], hours, rows["step"]]
    # The rows are sorted, so that equal keys stand together.
    new = np.r_[True, np.logical_or.reduce([key[1:] != key[:-1] for key in keys])]
    dirty = np.empty(np.count_nonzero(new), _DIRTY)
    dirty["series"], dirty["step"] = rows["series"][new], rows["step"][new]
    dirty["hour"] = _timestamps(hours[new] * HOUR_S)
    copy_in(conn, SQL["copy_dirty_hours"], dirty)


def _series_with(conn: Connection, quantities: list[str], series: list[int]) -> list[int]:
    rows = _fetch(conn, "series_with", quantities=quantities, series=series)
    return [number for (number,) in rows]


def conflicts(conn: Connection, limit: int = 100) -> list[Conflict]:
    """Return readings that came twice with different values, the newest first."""
    return [Conflict(*row) for row in _fetch(conn, "conflicts", limit=limit)]


def tails(
    conn: Connection,
    series: NDArray[np.int32],
    first: NDArray[np.int64],
    look_back: Mapping[int, float],
) -> Before:
    """Return, for each series, the valid reading before a time.

    Parameters
    ----------
    conn : Connection
    series : ndarray
        Series of a batch, sorted.
    first : ndarray
        Time of the first reading of each [s since 1970 UTC].
    look_back : mapping of int to float
        Series → how far to look back where the batch is older than what is there [h].
    """
    sent = copy_out(
        conn, SQL["copy_out_tails"], {"series": queries.array(series.tolist())}, _SENT_TAIL
    )
    for name in ("newest", "time", "same_since"):
        sent[name] = np.where(sent[name] == _NEVER, _NEVER, sent[name] // 1_000_000 + PG_EPOCH_S)
    begins = first[np.searchsorted(series, sent["series"])]
    newer = bool((sent["newest"] < begins).all())
    there, late = sent["time"] != _NEVER, sent["time"] >= begins
    found = np.empty(np.count_nonzero(there & ~late), VALID)
    for name in ("series", "time", "value", "same_since"):
        found[name] = sent[name][there & ~late]
    if late.any():
        found = np.sort(np.r_[found, _before(conn, sent["series"][late], begins[late], look_back)])
    return Before(found, newer)


def _before(
    conn: Connection,
    series: NDArray[np.int32],
    first: NDArray[np.int64],
    look_back: Mapping[int, float],
) -> NDArray[np.void]:
    """Search the valid reading before a time, for series that have newer ones."""
    late = series.tolist()
    hours = [look_back[number] for number in late]
    rows = _fetch(conn, "before", series=late, times=first.tolist(), hours=hours)
    return np.array(rows, VALID)


def put_tails(conn: Connection, new: NDArray[np.void]) -> None:
    """Keep the newest readings of series; older ones than those there change nothing.

    Parameters
    ----------
    conn : Connection
    new : structured ndarray of type TAIL
        One for a series.
    """
    if not len(new):
        return
    rows = np.empty(len(new), _STAGED_TAIL)
    for name in ("series", "value", "qc"):
        rows[name] = new[name]
    rows["time"] = _timestamps(new["time"])
    rows["valid_value"] = np.where(new["valid"], new["valid_value"], np.nan)
    for name in ("valid_time", "same_since"):
        rows[name] = np.where(new["valid"], _timestamps(new[name]), _NEVER)
    with conn.cursor() as cur:
        cur.execute(SQL["make_tail_staging"])
        cur.execute(SQL["empty_tail_staging"])
        copy_in(conn, SQL["copy_tails"], rows)
        # Nearly always all are there and older, and need not be weighed one by one.
        cur.execute(SQL["step_tails"])
        if cur.rowcount < len(rows):
            cur.execute(SQL["put_tails"])


def roll_up(conn: Connection, limit: int = 50_000) -> RolledUp:
    """Roll readings up to hours where readings came since the last time, late ones included.

    Parameters
    ----------
    conn : Connection
        Inside a transaction of its own.
    limit : int
        Most changes to take at a time; run again while `RolledUp.changes` reaches it.
    """
    with conn.cursor() as cur:
        cur.execute(SQL["lock_roll_up"])
    params = {"limit": limit, "sums": _SUMS, "bad": UNUSABLE}
    ((changes, hours, first, last),) = _fetch(conn, "roll_up", **params)
    return RolledUp(changes, hours, first, last)


def compress_before(conn: Connection, instant: datetime) -> int:
    """Compress readings older than `instant` where TimescaleDB can; return how many chunks."""
    ((done,),) = _fetch(conn, "compress_before", instant=instant)
    return int(done)


def drop_before(conn: Connection, instant: datetime) -> int:
    """Drop whole months of readings older than `instant`; hourly values and frames stay.

    Returns
    -------
    int
        How many months, or chunks of TimescaleDB.
    """
    ((done,),) = _fetch(conn, "drop_before", instant=instant)
    return int(done)
