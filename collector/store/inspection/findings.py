"""Non-conformities: what was found, what was done about it, until it is closed; nothing changes."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from collector.permissions import Grant
from collector.store.inspection.areas import within
from collector.store.lots.lots import LotError, Who
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from models.trace.codes import LENGTH, make_code
from models.weather.local_days import local_day

SQL = queries.load("findings")
MINOR, MAJOR, CRITICAL = "minor", "major", "critical"
SEVERITIES = (MINOR, MAJOR, CRITICAL)
OPEN, ANSWERED, CLOSED, ESCALATED = "open", "answered", "closed", "escalated"
#: What a non-conformity may become from each state; an answer that does not do opens it again.
NEXT = {
    OPEN: (ANSWERED, ESCALATED),
    ANSWERED: (CLOSED, ESCALATED, OPEN),
    ESCALATED: (CLOSED,),
    CLOSED: (),
}
MOST_SHOWN = 200


class MovedOn(LotError):  # noqa: N818 - named for what happened
    """Somebody else did something with a non-conformity, or it cannot become what was asked."""


@dataclass(frozen=True)
class About:
    """Of what or whom it is: a lot, a field, somebody; ``village`` is where."""

    lot: str | None = None
    field: str | None = None
    party: str = ""
    village: str | None = None


@dataclass(frozen=True)
class Finding:
    """A non-conformity as it stands; ``steps`` how many there are, the newest of `state`."""

    number: str
    what: str
    about: About
    severity: str
    found_by: str
    due: date
    plan: str | None
    at: datetime
    name: str
    steps: int
    state: str

    def overdue(self, today: date) -> bool:
        """Whether its day is over and it is not closed."""
        return self.state != CLOSED and self.due < today


@dataclass(frozen=True)
class Step:
    """What somebody did: state, corrective action, evidence, why, when, and their name."""

    number: int
    state: str
    action: str
    evidence: str
    reason: str
    at: datetime
    name: str


def add(
    conn: Connection,
    what: str,
    about: About,
    severity: str,
    found_by: str,
    due: date,
    who: Who,
    *,
    plan: str | None = None,
) -> str:
    """Open a non-conformity and return its number."""
    number = make_code("N", local_day(who.at), secrets.token_bytes(LENGTH * 2))
    by = {"at": who.at, "person": who.person, "name": who.name}
    of = {"what": what, "severity": severity, "found_by": found_by, "due": due, "plan": plan}
    run(conn, SQL["add"], number=number, **of, **vars(about), **by)
    first = {"finding": number, "number": 1, "state": OPEN, "action": "", "evidence": ""}
    run(conn, SQL["step"], reason=what, **first, **by)
    return number


def _findings(
    conn: Connection, number: str | None, grants: Iterable[Grant], today: date
) -> list[Finding]:
    given = {"number": number, "today": today, "most": MOST_SHOWN}
    return [
        Finding(code, what, About(lot, field, party, village), *rest)
        for code, what, lot, field, party, village, *rest in fetch(
            conn, SQL["of"], **given, **within(grants)
        )
    ]


def findings(conn: Connection, grants: Iterable[Grant], today: date) -> list[Finding]:
    """Return non-conformities where grants hold: late ones first, closed ones last."""
    return _findings(conn, None, grants, today)


def find(conn: Connection, number: str, grants: Iterable[Grant], today: date) -> Finding | None:
    """Return a non-conformity where grants hold; None where there is none."""
    return next(iter(_findings(conn, number, grants, today)), None)


def steps(conn: Connection, number: str) -> list[Step]:
    """Return what was done about a non-conformity, the oldest first."""
    return [Step(*row) for row in fetch(conn, SQL["steps"], finding=number)]


def of_sample(conn: Connection, plan: str, lot: str) -> list[tuple[str, int, str]]:
    """Return what a sample opened and nobody closed: number, how many steps, state."""
    rows = fetch(conn, SQL["of_sample"], plan=plan, lot=lot)
    return [(number, steps, state) for number, steps, state in rows]


def result_corrected(
    conn: Connection, number: str, steps: int, state: str, evidence: str, reason: str, who: Who
) -> None:
    """Add to a non-conformity that the result it stands on was corrected.

    Parameters
    ----------
    conn : Connection
    number : str
    steps : int
        How many it had.
    state : str
        Closed where the sample is in order after all, else as it was.
    evidence, reason : str
    who : Who

    Raises
    ------
    MovedOn
    """
    given = {"state": state, "action": "", "evidence": evidence, "reason": reason}
    by = {"at": who.at, "person": who.person, "name": who.name}
    if not fetch(conn, SQL["step"], finding=number, number=steps + 1, **given, **by):
        raise MovedOn(f"non-conformity {number}: somebody else did something with it")


def move(
    conn: Connection,
    found: Finding,
    seen: int,
    state: str,
    action: str,
    evidence: str,
    reason: str,
    who: Who,
) -> None:
    """Add a step to a non-conformity.

    Parameters
    ----------
    conn : Connection
    found : Finding
        As it stands.
    seen : int
        How many steps it had when whoever moves it looked.
    state : str
        What it becomes, one of `NEXT` of its state.
    action, evidence, reason : str
    who : Who

    Raises
    ------
    MovedOn
    """
    given = {"state": state, "action": action, "evidence": evidence, "reason": reason}
    by = {"at": who.at, "person": who.person, "name": who.name}
    if (
        seen != found.steps
        or state not in NEXT[found.state]
        or not fetch(conn, SQL["step"], finding=found.number, number=seen + 1, **given, **by)
    ):
        raise MovedOn(f"non-conformity {found.number}: is {found.state}, so not {state}")
