"""Limits of placements that differ from those of their quantity: dated, given by somebody, kept.

A gauge on a roof, a probe in peat or a station above the snow may measure rightly what the
vocabulary calls impossible. Of several limits for a time the one that was given last counts, whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collector.store.network.registry_version import begin_change, touch_serving
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run
from firmware.wire.quantities import by_name

SQL = queries.load("limits")


class NoSuchPlacement(StoreError):  # noqa: N818 - named for what is wanting
    """A placement that the registry does not have."""

    def __init__(self, placement: str) -> None:
        super().__init__(
            f"placement {placement}: not in the registry; `nongqing sites export` lists them"
        )


class UnfitLimits(StoreError):  # noqa: N818 - named for what is wrong
    """Limits that no reading or every reading passes."""


@dataclass(frozen=True)
class Limits:
    """Limits of a placement in its quantity's unit; None: the quantity's own, infinite: none.

    Attributes
    ----------
    low, high : float or None
        Lowest and highest value that can be.
    step : float or None
        Largest change within an hour.
    freeze_h : float or None
        For how long a value may stand [h].
    apart : float or None
        How far an hour may be from those of the neighbours before it is in doubt.
    """

    low: float | None = None
    high: float | None = None
    step: float | None = None
    freeze_h: float | None = None
    apart: float | None = None


@dataclass(frozen=True)
class Given:
    """Limits as they were given: for when, by whom, when and why. `until` None: ever after."""

    since: datetime
    until: datetime | None
    limits: Limits
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class Counting:
    """Limits of a series from one time to another [s since 1970 UTC]."""

    series: int
    since: float
    until: float
    limits: Limits


def placed(conn: Connection, placement: str) -> tuple[str, int]:
    """Return the quantity and the series of a placement.

    Raises
    ------
    NoSuchPlacement
    """
    rows = fetch(conn, SQL["placement"], placement=placement)
    if not rows:
        raise NoSuchPlacement(placement)
    quantity, series = rows[0]
    return str(quantity), int(series)


def give(
    conn: Connection,
    placement: str,
    span: tuple[datetime, datetime | None],
    new: Limits,
    *,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    """Keep limits of a placement; collectors know them with the registry's new version.

    The caller commits, and lets the readings since then be made anew.

    Parameters
    ----------
    conn : Connection
    placement : str
    span : tuple of datetime
        From when on they count, and until when; None: until others are given.
    new : Limits
    by, reason : str
    at : datetime
        Aware.

    Raises
    ------
    NoSuchPlacement, UnfitLimits
    """
    quantity, _ = placed(conn, placement)
    row = by_name(quantity)
    low = row.low if new.low is None else new.low
    high = row.high if new.high is None else new.high
    if low is not None and high is not None and low >= high:
        raise UnfitLimits(
            f"placement {placement}: the lowest value {low:g} is not below the highest {high:g} "
            f"{row.unit}; give --low and --high that some reading passes"
        )
    if span[1] is not None and span[0] >= span[1]:
        raise UnfitLimits(f"placement {placement}: the limits end before they begin; mend --to")
    begin_change(conn)
    run(
        conn,
        SQL["put"],
        placement=placement,
        valid_from=span[0],
        valid_to=span[1],
        low=new.low,
        high=new.high,
        step=new.step,
        freeze_h=new.freeze_h,
        apart=new.apart,
        at=at,
        by=by,
        reason=reason,
    )
    touch_serving(conn, [placement])


def counting(conn: Connection) -> list[Counting]:
    """Return all limits of series, in the order in which they were given."""
    return [
        Counting(series, since, until, Limits(*values))
        for series, since, until, *values in fetch(conn, SQL["all"])
    ]


def of_placement(conn: Connection, placement: str) -> list[Given]:
    """Return all limits that a placement was ever given, the one that counts last."""
    return [
        Given(since, until, Limits(low, high, step, freeze_h, apart), at, by, reason)
        for since, until, low, high, step, freeze_h, apart, at, by, reason in fetch(
            conn, SQL["of_placement"], placement=placement
        )
    ]


def serving(conn: Connection, placement: str, since: datetime) -> list[tuple[str, int]]:
    """Return the nodes and channels that served a placement since a time."""
    rows = fetch(conn, SQL["serving"], placement=placement, since=since)
    return [(str(node), int(channel)) for node, channel in rows]
