"""Schedules on the server: checked as a node's own rules are, given when they are due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from collector.control import giving, shown
from collector.control.boards import acting_boards, output_of
from collector.control.giving import Who
from collector.store import audit, items
from collector.store.control import schedules
from collector.store.control.schedules import Schedule
from collector.store.items import Found
from collector.store.postgres.db import Connection, StoreError
from field_configs.events import event
from field_configs.rules import compile_rules
from models.weather.local_days import local_day, midnight

A_DAY = timedelta(days=1)
ITEM = "schedule_refused"
#: A schedule gives way where somebody switched its output off by hand.
HELD = "held"


class BadSchedule(StoreError):  # noqa: N818 - named for what is wrong
    """A schedule that cannot be meant, or overlaps another of its output."""


def add(
    conn: Connection,
    node: str,
    output: int,
    start: str,
    finish: str,
    days: Iterable[int],
    who: Who,
    at: datetime,
) -> int:
    """Keep a schedule and return its number; whether `who` may was asked before.

    Parameters
    ----------
    conn : Connection
    node : str
    output : int
    start, finish : str
        Local times, as ``06:30``; the finish may lie on the next day.
    days : iterable of int
        On which it starts, 1 Monday to 7 Sunday.
    who : Who
    at : datetime
        Now, aware.

    Raises
    ------
    UnknownNode, UnknownOutput
    BadSchedule
        When it overlaps another of its output, or is longer than the output may be on in one go or
        on a day.
    """
    now = giving.node_of(conn, node)
    output_of(node, now.board, output)
    schedules.lock(conn, node)
    on_days = sorted(days)
    wanted = {"output": output, "from": start, "to": finish, "days": on_days}
    rows = [
        {"output": one.output, "from": one.start, "to": one.finish, "days": list(one.days)}
        for one in schedules.in_force(conn, [node])
    ]
    _, errors = compile_rules(acting_boards()[now.board], [*rows, wanted], f"node {node}")
    if errors:
        raise BadSchedule(
            f"node {node}, output {output}, {start} to {finish}: "
            + "; ".join(f"{each.key.rpartition('.')[2]}: {each.reason}" for each in errors)
        )
    number = schedules.add(
        conn, node, output, on_days, start, finish, by=who.name, why=who.why, at=at
    )
    told: dict[str, object] = {"schedule": number, "output": output, "from": start, "to": finish}
    told |= {"days": on_days, "by": who.name, "why": who.why}
    audit.append(conn, who.actor, "schedule_made", node, told, at=at)
    return number


def end(conn: Connection, number: int, who: Who, at: datetime) -> Schedule:
    """End a schedule; what it has on stays until its lease ends.

    Raises
    ------
    NoSuchSchedule
    """
    found = schedules.find(conn, number)
    schedules.end(conn, number, who.name, at)
    told = {"schedule": number, "output": found.output, "by": who.name, "why": who.why}
    audit.append(conn, who.actor, "schedule_ended", found.node, told, at=at)
    return found


def length(one: Schedule) -> timedelta:
    """Return for how long a schedule's output is on."""
    return (_minutes(one.finish) - _minutes(one.start)) % A_DAY


def starts(one: Schedule, at: datetime) -> list[datetime]:
    """Return when a schedule was due on the local day of `at` and the one before, up to `at`."""
    today = local_day(at)
    found = []
    for day in (today - A_DAY, today):
        due = midnight(day) + _minutes(one.start)
        if day.isoweekday() in one.days and one.made < due <= at:
            found.append(due)
    return found


def _minutes(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def give_due(conn: Connection, at: datetime) -> int:
    """Give the orders of schedules that are due; return how many.

    Each time is looked at once, by whichever server comes first. One that could not be given
    within `giving.VALID` of its time is not made up for.
    """
    done = schedules.was_run(conn, at - 2 * A_DAY)
    given = 0
    for one in schedules.in_force(conn):
        for due in starts(one, at):
            if (one.id, due) not in done:
                given += _give(conn, one, due, at)
    return given


def _give(conn: Connection, one: Schedule, due: datetime, at: datetime) -> bool:
    who = Who(None, one.made_by, f"system:schedule {one.id}", one.why, "schedule")
    order, refused = None, None
    late = at - due
    if late > giving.VALID:
        refused = "missed: the server was away"
    elif _held(conn, one, at):
        refused = HELD
    else:
        try:
            seconds = int((length(one) - late).total_seconds())
            order = giving.switch_on(conn, one.node, one.output, seconds, who, at)
        except StoreError as error:
            refused = str(error)
    schedules.put_run(conn, one.id, due, order, refused)
    subject = f"schedule {one.id}"
    if refused is None or refused == HELD:
        items.close_gone(conn, ITEM, [subject], at)
    else:
        said = event(
            "schedule_refused",
            schedule=one.id,
            node=one.node,
            output=one.output,
            due=due,
            detail=refused,
        )
        items.raise_items(conn, [Found(said, subject, one.node)], at)
    return order is not None


def _held(conn: Connection, one: Schedule, at: datetime) -> bool:
    now = shown.outputs_of(conn, at, nodes=[one.node])
    return any(each.hold for each in now if each.output.number == one.output)
