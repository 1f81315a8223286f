"""What is noted of lots: tests, states that inspectors give them, reasons they set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from collector.store.lots import lot_events
from collector.store.lots.lots import LotError, Who
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch
from field_configs.events import Event
from models.trace.certificate import FREED, HELD, RECALLED, key, may_override

SQL = queries.load("lot_marks")
#: What a lot may become from each state; None: nobody has said anything of it.
NEXT = {None: (HELD, RECALLED), FREED: (HELD, RECALLED), HELD: (FREED, RECALLED), RECALLED: ()}


class NoSuchStep(LotError):  # noqa: N818 - named for what it is
    """A lot cannot become what was asked for; `state` is what it is now."""

    def __init__(self, lot: str, state: str | None, asked: str) -> None:
        self.lot, self.state, self.asked = lot, state, asked
        super().__init__(f"lot {lot}: is {state or 'neither held nor recalled'}, so not {asked}")


class NothingToSetAside(LotError):  # noqa: N818 - named for what is wanting
    """No reason stands against a lot that an inspector may set aside."""


class StruckBefore(LotError):  # noqa: N818 - named for what happened
    """Somebody corrected this test before."""


@dataclass(frozen=True)
class Struck:
    """That a result was entered wrongly: why, when, and who says so."""

    reason: str
    at: datetime
    name: str


@dataclass(frozen=True)
class LotTest:
    """A test: what was looked for, on which local day, by whom, as which report.

    ``struck`` is set where its result was entered wrongly: it is kept, and counts no more.
    """

    id: int
    lot: str
    kind: str
    day: date
    substances: tuple[str, ...]
    passed: bool
    tested_by: str
    report: str
    at: datetime
    name: str
    struck: Struck | None


@dataclass(frozen=True)
class Mark:
    """Something that an inspector did: `what`, why, when, and their name."""

    what: str
    reason: str
    at: datetime
    name: str


def add_test(
    conn: Connection,
    lot: str,
    kind: str,
    day: date,
    substances: Sequence[str],
    passed: bool,
    tested_by: str,
    report: str,
    who: Who,
) -> int:
    """Keep a test of a lot, tell it, and return its number; call it last in a transaction."""
    given = {"substances": list(substances), "passed": passed, "tested_by": tested_by}
    of = {"lot": lot, "kind": kind, "day": day, "report": report}
    by = {"at": who.at, "person": who.person, "name": who.name}
    ((number,),) = fetch(conn, SQL["add_test"], **by, **of, **given)
    lot_events.tell(conn, lot_events.assays(conn, lot, number), who.at)
    return int(number)


def tests(conn: Connection, lot: str) -> list[LotTest]:
    """Return the tests of a lot itself, the oldest first."""
    return _tests(conn, lot, None)


def test_of(conn: Connection, number: int) -> LotTest | None:
    """Return a test by its number; None where there is none."""
    return next(iter(_tests(conn, None, number)), None)


def _tests(conn: Connection, lot: str | None, number: int | None) -> list[LotTest]:
    found = []
    for row in fetch(conn, SQL["tests"], lot=lot, id=number):
        id_, code, kind, day, what, passed, tested_by, report, at, name, *struck = row
        of = (id_, code, kind, day, tuple(what), passed, tested_by, report, at, name)
        found.append(LotTest(*of, Struck(*struck) if struck[0] is not None else None))
    return found


def strike(conn: Connection, found: LotTest, instead: int | None, reason: str, who: Who) -> None:
    """Keep that a result was entered wrongly, and tell it; call it last in a transaction.

    Parameters
    ----------
    conn : Connection
    found : LotTest
    instead : int or None
        Number of the test that stands; None where none does.
    reason : str
    who : Who

    Raises
    ------
    StruckBefore
    """
    by = {"at": who.at, "person": who.person, "name": who.name}
    if not fetch(conn, SQL["strike"], test=found.id, instead=instead, reason=reason, **by):
        raise StruckBefore(f"test {found.id} of lot {found.lot}: was corrected before")
    lot_events.take_back_test(conn, found.lot, found.id, instead, who.at)


def states(conn: Connection, lot: str) -> list[Mark]:
    """Return what inspectors made of a lot, the newest first."""
    return [Mark(*row) for row in fetch(conn, SQL["states"], lot=lot)]


def set_state(conn: Connection, lot: str, state: str, reason: str, who: Who) -> None:
    """Hold a lot, recall it for good, or free one that is held; call it last in a transaction.

    Raises
    ------
    NoSuchStep
        When it cannot become that from what it is.
    """
    newest = next((each.what for each in states(conn, lot)), None)
    if state not in NEXT[newest]:
        raise NoSuchStep(lot, newest, state)
    of = {"lot": lot, "state": state, "reason": reason}
    by = {"at": who.at, "person": who.person, "name": who.name}
    ((number,),) = fetch(conn, SQL["add_state"], **by, **of)
    lot_events.tell(conn, lot_events.states(conn, lot, number), who.at)


def overrides(conn: Connection, lot: str) -> list[Mark]:
    """Return by whom and why reasons were set aside, the newest first; `what` are the reasons."""
    rows = fetch(conn, SQL["overrides"], lot=lot)
    return [Mark("; ".join(keys), *rest) for keys, *rest in rows]


def override(
    conn: Connection, lot: str, against: Sequence[Event], reason: str, who: Who
) -> list[str]:
    """Set aside those of some reasons that may be, tell it, and return the kinds of those.

    Call it last in a transaction.

    Raises
    ------
    NothingToSetAside
    """
    aside = [each for each in against if may_override(each)]
    if not aside:
        raise NothingToSetAside(f"lot {lot}: no reason stands that may be set aside")
    of = {"lot": lot, "reasons": [key(each) for each in aside], "reason": reason}
    by = {"at": who.at, "person": who.person, "name": who.name}
    ((number,),) = fetch(conn, SQL["add_override"], **by, **of)
    lot_events.tell(conn, lot_events.overrides(conn, lot, number), who.at)
    return [each.kind for each in aside]
