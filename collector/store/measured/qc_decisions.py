"""What was decided on the quality of readings after they came in: by whom or what, when and why.

A decision says that a quality bit stands, or is lifted, from one time to another. Of several for a
reading and bit the newest counts, and none is ever taken away. Where a person has decided, jobs
keep silent. It holds of readings that come later or come again, too: a range is decided on, not a
row. Only readings that are still kept can be struck; hours of dropped ones stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.store.measured.misplaced import renew_tails
from collector.store.network.registry_version import begin_change, touch_serving
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run
from firmware.wire.quantities import by_name
from models.weather.quality import LIFTABLE, QC_NAMES, STRUCK, SUSPECT

SQL = queries.load("qc_decisions")

#: What a job found: hours that a bit stands in or is lifted in; `hour` [h since 1970 UTC].
FOUND = np.dtype([("series", "i4"), ("hour", "i8"), ("bit", "i4"), ("stands", "?")])


class NothingToDecide(StoreError):  # noqa: N818 - named for what is wrong
    """A decision on readings that cannot be made."""


@dataclass(frozen=True)
class Decision:
    """One decision of the history. `until` None: ever after; `name` is that of the bit."""

    id: int
    since: datetime
    until: datetime | None
    name: str
    stands: bool
    at: datetime
    person: bool
    by: str
    reason: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Place:
    """The placement that is decided on."""

    placement: str
    quantity: str
    series: int


@dataclass(frozen=True)
class Span:
    """From when, until when; None: ever after. A reading at `until` does not belong to it."""

    since: datetime
    until: datetime | None


def decide(
    conn: Connection,
    place: Place,
    span: Span,
    bit: int,
    *,
    stands: bool,
    by: str,
    reason: str,
    at: datetime,
) -> int:
    """Keep what a person decided, and let readings, newest values and hours follow; caller commits.

    Parameters
    ----------
    conn : Connection
    place : Place
    span : Span
    bit : int
        `STRUCK`, or with `stands` false a doubt that is lifted.
    stands : bool
    by, reason : str
    at : datetime
        Aware.

    Returns
    -------
    int
        Readings of the span.

    Raises
    ------
    NothingToDecide
        When the span ends before it begins, or the bit is none that a person decides on.
    """
    if span.until is not None and span.until <= span.since:
        raise NothingToDecide(f"placement {place.placement}: the span ends before it begins")
    if bit != STRUCK and (stands or not bit & LIFTABLE):
        raise NothingToDecide(
            f"placement {place.placement}: {QC_NAMES.get(bit, bit)} cannot be accepted; "
            "give the placement limits of its own, or correct its calibration"
        )
    about = {"series": place.series, "since": span.since, "until": span.until}
    begin_change(conn)
    run(conn, SQL["put"], **about, bit=bit, stands=stands, at=at, by=by, reason=reason)
    touch_serving(conn, [place.placement])
    fetch(conn, SQL["write"], **about)
    renew_tails(conn, [place.series])
    sums = by_name(place.quantity).method == "sum"
    run(conn, SQL["note_hours"], **about, sums=sums)
    ((_, count),) = fetch(conn, SQL["counted"], **about, bit=bit)
    return int(count)


def struck(conn: Connection) -> list[tuple[int, float, float, bool]]:
    """Return what people struck and took back, oldest first: series, times [s since 1970 UTC]."""
    return [
        (int(series), float(since), float(until), bool(stands))
        for series, since, until, stands in fetch(conn, SQL["persons"], bit=STRUCK)
    ]


def which_struck(conn: Connection, rows: NDArray[np.void]) -> NDArray[np.bool_]:
    """Return which readings are struck as they stand; `rows` as for `insert_readings`."""
    found = np.zeros(len(rows), np.bool_)
    for (place,) in fetch(
        conn,
        SQL["marked"],
        series=rows["series"].tolist(),
        times=rows["time"].tolist(),
        frames=rows["frame"].tolist(),
        bit=STRUCK,
    ):
        found[place - 1] = True
    return found


def strike_moved(
    conn: Connection,
    rows: NDArray[np.void],
    struck_ones: NDArray[np.bool_],
    times: NDArray[np.int64],
    *,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    """Strike readings where they stand now that were struck where they stood.

    Parameters
    ----------
    conn : Connection
    rows : structured ndarray
        As for `insert_readings`, at their old times.
    struck_ones : ndarray of bool
        Which of them were struck.
    times : ndarray
        Their new times [s since 1970 UTC].
    by, reason : str
        Who moved them and why.
    at : datetime
        Aware.
    """
    places = np.flatnonzero(struck_ones)
    if not len(places):
        return
    series, new = rows["series"][places], times[places]
    begins = np.r_[True, (np.diff(places) != 1) | (np.diff(series) != 0) | (np.diff(new) <= 0)]
    first = np.flatnonzero(begins)
    last = np.r_[first[1:], len(places)] - 1
    spans = {
        "series": series[first].tolist(),
        "first": new[first].tolist(),
        "last": new[last].tolist(),
    }
    run(conn, SQL["put_moved"], **spans, bit=STRUCK, at=at, by=by, reason=reason)
    ends = [moment + 1 for moment in spans["last"]]
    fetch(conn, SQL["write_many"], series=spans["series"], first=spans["first"], last=ends)
    renew_tails(conn, sorted(set(spans["series"])))


def history(
    conn: Connection, series: int, start: datetime, end: datetime, limit: int = 200
) -> list[Decision]:
    """Return what was decided on a series' readings of a time, the newest first."""
    rows = fetch(conn, SQL["of_series"], series=series, start=start, end=end, limit=limit)
    return [
        Decision(number, since, until, QC_NAMES[bit], *rest)
        for number, since, until, bit, *rest in rows
    ]


def standing(
    conn: Connection, series: Sequence[int], start: datetime, end: datetime
) -> list[tuple[int, int, int]]:
    """Return hours that are in doubt: series, hour [h since 1970 UTC], all their quality bits."""
    rows = fetch(conn, SQL["stand"], series=list(series), start=start, end=end, bits=int(SUSPECT))
    return [(int(number), int(hour), int(qc)) for number, hour, qc in rows]


def put_found(
    conn: Connection,
    found: NDArray[np.void],
    evidence: Sequence[str],
    sums: NDArray[np.bool_],
    *,
    by: str,
    at: datetime,
) -> int:
    """Keep what a job found in hours; return how many spans were decided on. The caller commits.

    Hours that follow each other are one decision. Where a person decided, nothing is.

    Parameters
    ----------
    conn : Connection
    found : structured ndarray of type FOUND, sorted by series, bit, stands and hour
    evidence : sequence of str
        JSON, one for each of `found`; that of the first hour of a span is kept.
    sums : ndarray of bool
        Which are of a quantity whose samples stand at the end of their step.
    by : str
        The job and its version.
    at : datetime
        Aware.
    """
    if not len(found):
        return 0
    new = np.r_[True, np.diff(found["hour"]) != 1]
    for name in ("series", "bit", "stands"):
        new[1:] |= found[name][1:] != found[name][:-1]
    first = np.flatnonzero(new)
    last = np.r_[first[1:], len(found)] - 1
    shift = sums[first].astype(np.int64)
    rows = fetch(
        conn,
        SQL["put_many"],
        series=found["series"][first].tolist(),
        first=(found["hour"][first] * 3600 + shift).tolist(),
        last=((found["hour"][last] + 1) * 3600 + shift).tolist(),
        bits=found["bit"][first].tolist(),
        stands=found["stands"][first].tolist(),
        evidence=[evidence[index] for index in first.tolist()],
        by=by,
        at=at,
        reason="checked against other series",
    )
    if not rows:
        return 0
    series, since, until, bits = (list(column) for column in zip(*rows, strict=True))
    fetch(conn, SQL["write_many"], series=series, first=since, last=until)
    kept = set(zip(series, since, bits, strict=True))
    group = np.cumsum(new) - 1
    begun = found["hour"][first] * 3600 + shift
    mine = np.array(
        [
            key in kept
            for key in zip(
                found["series"][first].tolist(),
                begun.tolist(),
                found["bit"][first].tolist(),
                strict=True,
            )
        ]
    )[group]
    told = found[mine]
    run(
        conn,
        SQL["mark_hours"],
        series=told["series"].tolist(),
        hours=told["hour"].tolist(),
        bits=told["bit"].tolist(),
        stands=told["stands"].tolist(),
    )
    return len(rows)
