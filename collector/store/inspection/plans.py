"""Sampling plans: drawn from a seed that is kept, samples taken, results, what follows of them."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from psycopg2.extras import Json

from collector.store.inspection import findings
from collector.store.lots import lot_events, lot_marks
from collector.store.lots.lots import Lot, LotError, Who
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, put, run
from models.trace.certificate import HELD
from models.trace.codes import LENGTH, make_code
from models.trace.sampling import Candidate, draw
from models.weather.local_days import local_day

SQL = queries.load("plans")
ROUTINE, RISK, COMPLAINT = "routine", "risk", "complaint"
#: Lots of so many days before the plan may be drawn; ours (unverified).
FRESH = timedelta(days=30)
#: A non-conformity from a failed sample is to be answered within so long; ours (unverified).
TO_ANSWER = timedelta(days=7)
MOST_SHOWN = 200


class TooFewLots(LotError):  # noqa: N818 - named for what is wanting
    """A plan asks for more samples than there are lots."""

    def __init__(self, asked: int, there: int) -> None:
        self.asked, self.there = asked, there
        super().__init__(
            f"{asked} samples: there are {there} lots to draw; ask for so many at most"
        )


class NotInPlan(LotError):  # noqa: N818 - named for what it is not
    """A plan did not draw a lot."""


class EnteredBefore(LotError):  # noqa: N818 - named for what happened
    """A sample was taken, or its result entered, before."""


@dataclass(frozen=True)
class Wanted:
    """What a plan asks for: its period, which produce where, how many samples, what to look for."""

    starts: date
    ends: date
    produce: tuple[str, ...]
    places: tuple[str, ...]
    samples: int
    substances: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Plan:
    """A plan as it was drawn; ``frame`` has every lot that might have been."""

    number: str
    wanted: Wanted
    seed: str
    frame: tuple[Candidate, ...]
    at: datetime
    name: str
    taken: int
    results: int

    def again(self) -> list[str]:
        """Draw its lots again from what was kept."""
        return draw(self.frame, self.wanted.samples, self.seed)

    def late(self, today: date) -> int:
        """How many samples have no result though its period is over."""
        return self.wanted.samples - self.results if self.wanted.ends < today else 0


@dataclass(frozen=True)
class Sample:
    """A lot that was drawn: whom to call, when its sample was taken, what a test showed.

    ``test`` is the number of that test.
    """

    lot: str
    produce: str
    place_zh: str
    place_en: str
    owner: str
    phone: str | None
    taken: date | None
    test: int | None
    tested: date | None
    passed: bool | None
    report: str | None
    substance: str | None
    value: float | None
    limit: float | None
    unit: str | None
    source: str | None


@dataclass(frozen=True)
class Measured:
    """What a report gives of one substance; ``source`` says where the limit stands."""

    substance: str = ""
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    source: str = ""


@dataclass(frozen=True)
class Result:
    """A test of a sample, as lots have it, and what was measured."""

    kind: str
    day: date
    substances: tuple[str, ...]
    passed: bool
    tested_by: str
    report: str
    measured: Measured


def places(conn: Connection) -> list[tuple[str, str, str, str]]:
    """Return code, county, Chinese and English name of every county and township."""
    return [(code, county, zh, en) for code, county, zh, en in fetch(conn, SQL["places"])]


def plan(conn: Connection, wanted: Wanted, who: Who) -> str:
    """Draw the lots of a plan and keep it; return its number.

    Raises
    ------
    TooFewLots
    """
    run(conn, SQL["lock_draw"])
    day = local_day(who.at)
    given = {"produce": list(wanted.produce), "places": list(wanted.places)}
    frame = [Candidate(*row) for row in fetch(conn, SQL["frame"], since=day - FRESH, **given)]
    if wanted.samples > len(frame):
        raise TooFewLots(wanted.samples, len(frame))
    seed = secrets.token_hex(8)
    number = make_code("M", day, secrets.token_bytes(LENGTH * 2))
    rest = {"starts": wanted.starts, "ends": wanted.ends, "samples": wanted.samples}
    rest |= {"substances": list(wanted.substances), "reason": wanted.reason}
    kept = Json([list(vars(each).values()) for each in frame])
    by = {"at": who.at, "person": who.person, "name": who.name}
    run(conn, SQL["add"], number=number, seed=seed, frame=kept, **given, **rest, **by)
    drawn = draw(frame, wanted.samples, seed)
    put(conn, SQL["add_samples"], [(number, lot, place) for place, lot in enumerate(drawn)])
    return number


def _plans(conn: Connection, number: str | None) -> list[Plan]:
    found = []
    for number_, starts, ends, *lists, seed, frame, at, name, taken, results in fetch(
        conn, SQL["of"], number=number, most=MOST_SHOWN
    ):
        produce, where, samples, substances, reason = lists
        of = (starts, ends, tuple(produce), tuple(where), samples, tuple(substances), reason)
        kept = tuple(Candidate(*each) for each in frame)
        found.append(Plan(number_, Wanted(*of), seed, kept, at, name, taken, results))
    return found


def plans(conn: Connection, reached: Collection[str]) -> list[Plan]:
    """Return the plans all of whose places are among those reached, the newest first."""
    return [each for each in _plans(conn, None) if set(each.wanted.places) <= set(reached)]


def find(conn: Connection, number: str, reached: Collection[str]) -> Plan | None:
    """Return a plan all of whose places are among those reached; None where there is none."""
    found = next(iter(_plans(conn, number)), None)
    return found if found and set(found.wanted.places) <= set(reached) else None


def samples(conn: Connection, number: str) -> list[Sample]:
    """Return what a plan drew, by township."""
    return [Sample(*row) for row in fetch(conn, SQL["samples"], plan=number)]


def held_because(number: str, what: str) -> str:
    """The reason for which a sample of a plan holds its lot."""
    return f"{number}: {what}"


def _locked(conn: Connection, number: str, lot: str) -> None:
    if not fetch(conn, SQL["lock"], plan=number, lot=lot):
        raise NotInPlan(f"lot {lot}: plan {number} did not draw it")


def take(conn: Connection, number: str, lot: str, day: date, who: Who) -> None:
    """Keep that a sample was taken.

    Raises
    ------
    NotInPlan
    EnteredBefore
    """
    _locked(conn, number, lot)
    by = {"at": who.at, "person": who.person, "name": who.name}
    if not fetch(conn, SQL["take"], plan=number, lot=lot, day=day, **by):
        raise EnteredBefore(f"lot {lot}: its sample for plan {number} was taken before")


def enter(
    conn: Connection, number: str, lot: Lot, found: Result, what: str, who: Who
) -> str | None:
    """Keep the result of a sample; one that failed holds the lot and opens a non-conformity.

    All of it in the caller's transaction.

    Parameters
    ----------
    conn : Connection
    number : str
        Of the plan.
    lot : Lot
    found : Result
    what : str
        What the non-conformity says, where there is one.
    who : Who

    Returns
    -------
    str or None
        Number of the non-conformity.

    Raises
    ------
    NotInPlan
    EnteredBefore
    """
    _locked(conn, number, lot.code)
    if fetch(conn, SQL["stands"], plan=number, lot=lot.code):
        raise EnteredBefore(f"lot {lot.code}: its result for plan {number} was entered before")
    lot_events.keep_chains(conn, [who.person, None], who.at)
    keep_result(conn, number, lot.code, found, who)
    return None if found.passed else fail(conn, number, lot, what, who)


def keep_result(conn: Connection, number: str, lot: str, found: Result, who: Who) -> int:
    """Keep the test of a sample and what was measured; return the number of the test."""
    test = (found.kind, found.day, found.substances, found.passed, found.tested_by, found.report)
    id_ = lot_marks.add_test(conn, lot, *test, who)
    m = found.measured
    given = {"substance": m.substance, "value": m.value, "limit_value": m.limit}
    given |= {"unit": m.unit, "source": m.source}
    run(conn, SQL["result"], plan=number, lot=lot, test=id_, **given)
    return id_


def of_test(conn: Connection, test: int) -> tuple[str, Measured] | None:
    """Return of which plan's sample a test is, and what was measured; None where of none."""
    rows = fetch(conn, SQL["of_test"], test=test)
    return (rows[0][0], Measured(*rows[0][1:])) if rows else None


def fail(conn: Connection, number: str, lot: Lot, what: str, who: Who) -> str:
    """Hold a lot whose sample is not in order; return the non-conformity that is opened."""
    states = lot_marks.states(conn, lot.code)
    if HELD in lot_marks.NEXT[states[0].what if states else None]:
        lot_marks.set_state(conn, lot.code, HELD, held_because(number, what), who)
    due = local_day(who.at) + TO_ANSWER
    of = findings.About(lot=lot.code, field=lot.field, party=lot.made_by, village=lot.village)
    return findings.add(conn, what, of, findings.CRITICAL, who.name, due, who, plan=number)
