"""Doing as the advice says: water in mm becomes a sequence of valves, within limits and account.

Nothing is done without a person's release for the season.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil

from collector.control import sequencing, shown
from collector.control.boards import acting_boards
from collector.control.giving import Who
from collector.control.shown import OutputNow
from collector.store import audit
from collector.store.control import control_list, water_account
from collector.store.control.sequences import Step
from collector.store.control.water_account import Allocation, MeterDay, Release
from collector.store.postgres.db import Connection, StoreError
from models.weather.local_days import local_day

#: 1 mm of water on 1 ha is 10 m3.
M3_PER_MM_HA = 10.0
#: A valve outlasts the pump behind it by so much [s]: the pump's order comes later than its own.
LEAD_S = 180
#: What a single opening is worth at least [s]: a shorter one is not proven in time.
LEAST_S = 60


class CannotWater(StoreError):  # noqa: N818 - named for what is so
    """Advice cannot be followed; the message says why and what would help."""


@dataclass(frozen=True)
class Valve:
    """A valve that waters a field.

    `m3_h` flows while it is open; it may be open for `longest_s` [s] in one go and for `left_s`
    more today. `pump` is the number of the pump behind it, None where water comes by itself.
    """

    node: str
    output: int
    m3_h: float
    longest_s: int
    left_s: int
    pump: int | None = None


@dataclass(frozen=True)
class Account:
    """A field's water up to a day [m3].

    `days` are what each meter counted by local day; `used` their sum since `first`, the first day
    of the allocation, or of the year where there is none. Where hours are missing it is at least
    that: `not_whole` counts them.
    """

    field: str
    first: date
    last: date
    days: tuple[MeterDay, ...]
    used: float
    not_whole: int
    allocation: Allocation | None

    @property
    def left(self) -> float | None:
        """What is left of the allocation [m3]; None: nobody said how much there is."""
        return None if self.allocation is None else max(0.0, self.allocation.m3 - self.used)


def account(conn: Connection, field: str, day: date) -> Account:
    """Return a field's water account up to a local day.

    Raises
    ------
    UnknownField
    """
    control_list.field(conn, field)
    allowed = water_account.allocation(conn, field, day)
    first = allowed.first if allowed else date(day.year, 1, 1)
    days = tuple(water_account.days(conn, [field], first, day))
    used = sum(each.m3 for each in days)
    return Account(field, first, day, days, used, sum(d.not_whole for d in days), allowed)


def plan(mm: float, area_ha: float | None, valves: Sequence[Valve]) -> list[Step]:
    """Share an amount of water out over a field's valves, one after another.

    Every valve is open for the same time in all: nobody said which part of the field is whose.

    Parameters
    ----------
    mm : float
        As advised [mm].
    area_ha : float or None
        Of the field [ha].
    valves : sequence of Valve

    Raises
    ------
    CannotWater
        When the amount is none, the area or a flow is not known, or it is more than the valves may
        give today.
    """
    if not mm > 0:
        raise CannotWater(f"{mm:g} mm: is no water to give")
    if area_ha is None:
        raise CannotWater("the field's area is not known; give it in the registry")
    if not valves:
        raise CannotWater(
            "no valve whose flow is known; measure one with a full bucket or its meter and give it "
            "with `nongqing control flow`"
        )
    m3 = mm * area_ha * M3_PER_MM_HA
    seconds = ceil(round(m3 / sum(valve.m3_h for valve in valves) * 3600, 6))
    seconds = max(LEAST_S, seconds)
    most = min(_most(valve) for valve in valves)
    if seconds > most:
        can = sum(valve.m3_h for valve in valves) * most / 3600
        raise CannotWater(
            f"{mm:g} mm are {m3:.1f} m3, {seconds} s of each valve; they may give {can:.1f} m3 "
            "more today: water less, or on several days"
        )
    rounds = max(ceil(seconds / _one_go(valve)) for valve in valves)
    steps = []
    for number in range(rounds):
        part = seconds * (number + 1) // rounds - seconds * number // rounds
        for valve in valves:
            if valve.pump is None:
                steps.append(Step(valve.node, valve.output, part))
            else:
                steps.append(Step(valve.node, valve.output, part + LEAD_S))
                steps.append(Step(valve.node, valve.pump, part, "on"))
    return steps


def _one_go(valve: Valve) -> int:
    return valve.longest_s - (0 if valve.pump is None else LEAD_S)


def _most(valve: Valve) -> int:
    """What a valve may be open for today in all, with what it outlasts a pump by [s]."""
    if valve.pump is None:
        return valve.left_s
    return max(0, valve.left_s - LEAD_S * ceil(valve.left_s / valve.longest_s))


def valves_of(conn: Connection, field: str, at: datetime) -> list[Valve]:
    """Return the valves of a field whose flow is known."""
    outputs = shown.outputs_of(conn, at, fields=[field])
    flows = water_account.flows(conn, {each.node.node for each in outputs})
    return [
        Valve(
            each.node.node,
            each.output.number,
            flows[each.node.node, each.output.number],
            each.output.longest_s,
            _left(outputs, each),
            _pump(each),
        )
        for each in outputs
        if each.output.kind == "valve" and (each.node.node, each.output.number) in flows
    ]


def _pump(valve: OutputNow) -> int | None:
    for output in acting_boards()[valve.node.board].outputs:
        if output.kind == "pump" and valve.output.number in output.behind:
            return output.number
    return None


def _left(outputs: Sequence[OutputNow], valve: OutputNow) -> int:
    """Return what is left of a day of a valve and of the pump behind it [s]."""
    pump = _pump(valve)
    return min(
        max(0, each.output.day_s - (each.used_s or 0))
        for each in outputs
        if each.node.node == valve.node.node and each.output.number in (valve.output.number, pump)
    )


def follow_advice(conn: Connection, field: str, mm: float, who: Who, at: datetime) -> int:
    """Begin to give a field what advice says; return the number of the sequence.

    Parameters
    ----------
    conn : Connection
    field : str
    mm : float
        As advised [mm].
    who : Who
        Who, or what, says so, and why: it is kept with the sequence and in the audit log.
    at : datetime
        Now, aware.

    Raises
    ------
    UnknownField, CannotWater, Busy
        Without a release nothing is done.
    """
    place = control_list.field(conn, field)
    day = local_day(at)
    allowed = water_account.released(conn, field, day)
    if allowed is None:
        raise CannotWater(
            f"field {field}: nobody has released for this season that the advice is followed; "
            f"`nongqing control release {field}` does"
        )
    if mm > allowed.most_mm:
        raise CannotWater(
            f"field {field}: {mm:g} mm is more than the {allowed.most_mm:g} mm at a time that "
            f"{allowed.released_by} has released"
        )
    steps = plan(mm, place.area_ha, valves_of(conn, field, at))
    m3 = mm * (place.area_ha or 0) * M3_PER_MM_HA
    left = account(conn, field, day).left
    if left is not None and m3 > left:
        raise CannotWater(
            f"field {field}: {m3:.1f} m3 is more than the {left:.1f} m3 that are left of its "
            "allocation; give it more, or water less"
        )
    return sequencing.begin(conn, field, steps, who, at, m3)


def release(
    conn: Connection, field: str, first: date, last: date, most_mm: float, who: Who, at: datetime
) -> None:
    """Release that the advice is followed on a field for a season's days.

    Raises
    ------
    UnknownField
    """
    control_list.field(conn, field)
    water_account.release(conn, field, first, last, most_mm, by=who.name, why=who.why, at=at)
    told = {"from": first.isoformat(), "to": last.isoformat(), "most_mm": f"{most_mm:g}"}
    told |= {"by": who.name, "why": who.why}
    audit.append(conn, who.actor, "advice_released", field, told, at=at)


def withdraw(conn: Connection, field: str, who: Who, at: datetime) -> bool:
    """Take a release back; what is under way goes on. False where there is none."""
    done = water_account.withdraw(conn, field, local_day(at), who.name, at)
    if done:
        told = {"by": who.name, "why": who.why}
        audit.append(conn, who.actor, "advice_release_withdrawn", field, told, at=at)
    return done


def released(conn: Connection, field: str, at: datetime) -> Release | None:
    """Return the release that counts for a field now."""
    return water_account.released(conn, field, local_day(at))


def allocate(
    conn: Connection, field: str, first: date, last: date, m3: float, who: Who, at: datetime
) -> None:
    """Say how much water a field may have from a day to another [m3].

    Raises
    ------
    UnknownField
    """
    control_list.field(conn, field)
    water_account.allocate(conn, field, first, last, m3, by=who.name, why=who.why, at=at)
    told = {"from": first.isoformat(), "to": last.isoformat(), "m3": f"{m3:g}"}
    told |= {"by": who.name, "why": who.why}
    audit.append(conn, who.actor, "water_allocated", field, told, at=at)


def give_flow(
    conn: Connection, node: str, output: int, m3_h: float, who: Who, at: datetime
) -> None:
    """Say what flows while a valve is open [m3 h-1]; whether there is one was asked before."""
    water_account.put_flow(conn, node, output, m3_h, by=who.name, why=who.why, at=at)
    told = {"output": output, "m3_h": f"{m3_h:g}", "by": who.name, "why": who.why}
    audit.append(conn, who.actor, "flow_given", node, told, at=at)
