"""The water account: what meters counted, what a field may have, and what was released."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from models.weather.local_days import midnight

SQL = queries.load("water_account")
L_PER_M3 = 1000.0


@dataclass(frozen=True)
class MeterDay:
    """What a meter counted on a local day [m3]; `not_whole`: hours of which some is missing."""

    field: str
    meter: str
    day: date
    m3: float
    not_whole: int


@dataclass(frozen=True)
class Allocation:
    """How much a field may have from a day to another, both included [m3]."""

    first: date
    last: date
    m3: float
    at: datetime
    given_by: str
    why: str


@dataclass(frozen=True)
class Release:
    """Somebody lets the server do what the advice says, up to `most_mm` at a time [mm]."""

    first: date
    last: date
    most_mm: float
    at: datetime
    released_by: str
    why: str


def days(conn: Connection, fields: Collection[str], first: date, last: date) -> list[MeterDay]:
    """Return what the meters of fields counted by local day, from one to another, both included."""
    rows = fetch(
        conn,
        SQL["days"],
        fields=list(fields),
        since=midnight(first),
        until=midnight(last + timedelta(days=1)),
    )
    return [
        MeterDay(field, meter, day, (litres or 0.0) / L_PER_M3, not_whole)
        for field, meter, day, litres, not_whole in rows
    ]


def meters(conn: Connection, field: str) -> list[tuple[str, str | None]]:
    """Return the water meters of a field, and the node that each is read by now."""
    return [(meter, node) for meter, node in fetch(conn, SQL["meters"], field=field)]


def allocate(
    conn: Connection,
    field: str,
    first: date,
    last: date,
    m3: float,
    *,
    by: str,
    why: str,
    at: datetime,
) -> None:
    """Say how much water a field may have from a day to another, both included [m3]."""
    run(conn, SQL["allocate"], field=field, first=first, last=last, m3=m3, by=by, why=why, at=at)


def allocation(conn: Connection, field: str, day: date) -> Allocation | None:
    """Return how much a field may have in the season of a day; None: nobody said."""
    rows = fetch(conn, SQL["allocation"], field=field, day=day)
    return Allocation(*rows[0]) if rows else None


def release(
    conn: Connection,
    field: str,
    first: date,
    last: date,
    most_mm: float,
    *,
    by: str,
    why: str,
    at: datetime,
) -> None:
    """Let the server do what the advice says, from a day to another, both included."""
    given = {"first": first, "last": last, "most_mm": most_mm, "by": by, "why": why, "at": at}
    run(conn, SQL["release"], field=field, **given)


def released(conn: Connection, field: str, day: date) -> Release | None:
    """Return the release that counts for a field on a day; None: there is none."""
    rows = fetch(conn, SQL["released"], field=field, day=day)
    return Release(*rows[0]) if rows else None


def withdraw(conn: Connection, field: str, day: date, by: str, at: datetime) -> bool:
    """Take back every release of a field that is not over; false where there is none."""
    return bool(fetch(conn, SQL["withdraw"], field=field, day=day, by=by, at=at))


def put_flow(
    conn: Connection, node: str, output: int, m3_h: float, *, by: str, why: str, at: datetime
) -> None:
    """Say what flows while a valve is open [m3 h-1]."""
    run(conn, SQL["put_flow"], node=node, output=output, m3_h=m3_h, by=by, why=why, at=at)


def flows(conn: Connection, nodes: Collection[str]) -> dict[tuple[str, int], float]:
    """Return what flows while valves are open [m3 h-1], by node and output, where somebody said."""
    return {
        (node, output): m3_h for node, output, m3_h in fetch(conn, SQL["flows"], nodes=list(nodes))
    }
