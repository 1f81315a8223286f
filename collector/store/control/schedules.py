"""Schedules of outputs that the server keeps, and what came of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run

SQL = queries.load("schedules")


class NoSuchSchedule(StoreError):  # noqa: N818 - named for what is wanting
    """No schedule in force has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"schedule {number}: none in force has this number; "
            "`nongqing control schedule list` shows those that are"
        )


@dataclass(frozen=True)
class Schedule:
    """An output on from `start` to `finish`, local times as ``06:30``, on days 1 Monday to 7."""

    id: int
    node: str
    output: int
    days: tuple[int, ...]
    start: str
    finish: str
    made: datetime
    made_by: str
    why: str
    ended: datetime | None
    ended_by: str | None


@dataclass(frozen=True)
class Run:
    """What came of a schedule when it was due: the id of an order, or why there was none."""

    schedule: int
    due: datetime
    given: int | None
    refused: str | None


def _schedule(row: tuple[object, ...]) -> Schedule:
    number, node, output, days, *rest = row
    return Schedule(number, node, output, tuple(days), *rest)  # type: ignore[arg-type]


def lock(conn: Connection, node: str) -> None:
    """Make sure that nobody else changes the schedules of a node."""
    fetch(conn, SQL["lock"], node=node)


def add(
    conn: Connection,
    node: str,
    output: int,
    days: Iterable[int],
    start: str,
    finish: str,
    *,
    by: str,
    why: str,
    at: datetime,
) -> int:
    """Keep a schedule that was checked; return its number."""
    values = {"node": node, "output": output, "days": sorted(days), "start": start}
    ((number,),) = fetch(conn, SQL["add"], **values, finish=finish, by=by, why=why, at=at)
    return int(number)


def in_force(conn: Connection, nodes: Collection[str] | None = None) -> list[Schedule]:
    """Return the schedules in force, of nodes where given."""
    names = None if nodes is None else list(nodes)
    return [_schedule(row) for row in fetch(conn, SQL["open"], nodes=names)]


def find(conn: Connection, number: int) -> Schedule:
    """Return a schedule in force.

    Raises
    ------
    NoSuchSchedule
    """
    rows = [_schedule(row) for row in fetch(conn, SQL["find"], id=number)]
    if not rows or rows[0].ended is not None:
        raise NoSuchSchedule(number)
    return rows[0]


def end(conn: Connection, number: int, by: str, at: datetime) -> None:
    """End a schedule.

    Raises
    ------
    NoSuchSchedule
    """
    if not fetch(conn, SQL["end"], id=number, by=by, at=at):
        raise NoSuchSchedule(number)


def was_run(conn: Connection, since: datetime) -> set[tuple[int, datetime]]:
    """Return which schedules were looked at for which times since one."""
    return {(number, due) for number, due in fetch(conn, SQL["was_run"], since=since)}


def put_run(
    conn: Connection, schedule: int, due: datetime, given: int | None, refused: str | None
) -> None:
    """Keep what came of a schedule when it was due."""
    run(conn, SQL["put_run"], schedule=schedule, due=due, given=given, refused=refused)


def runs(conn: Connection, numbers: Iterable[int], limit: int = 50) -> list[Run]:
    """Return what came of schedules, the newest first."""
    rows = fetch(conn, SQL["runs"], schedules=list(numbers), limit=limit)
    return [Run(*row) for row in rows]
