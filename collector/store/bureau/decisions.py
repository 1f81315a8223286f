"""Decisions of officers on a hazard, crop and place: draft, reviewed, published and so on, by whom.

Each act is a step with name, time and reason, and is never changed. A step names the version of the
decision that its officer saw: where somebody else has acted since, it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime

from psycopg2.extras import Json

from collector.store.advice import village
from collector.store.bureau import deliveries
from collector.store.bureau.desk import Key
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run

SQL = queries.load("decisions")
DRAFT, REVIEWED, PUBLISHED, UPDATED = "draft", "reviewed", "published", "updated"
HELD, REJECTED, CANCELLED, CLOSED = "held", "rejected", "cancelled", "closed"
STATES = (DRAFT, REVIEWED, PUBLISHED, UPDATED, HELD, REJECTED, CANCELLED, CLOSED)
#: Kept off the public pages.
OFF = (HELD, REJECTED, CANCELLED)
#: Each act, the states in which it can be done, and the state that follows.
ACTS: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "review": ((DRAFT,), REVIEWED),
    "edit": ((DRAFT, REVIEWED), None),
    "publish": ((DRAFT, REVIEWED), PUBLISHED),
    "update": ((PUBLISHED, UPDATED), UPDATED),
    "hold": ((DRAFT, REVIEWED), HELD),
    "reject": ((DRAFT, REVIEWED), REJECTED),
    "reopen": (OFF, DRAFT),
    "cancel": ((PUBLISHED, UPDATED), CANCELLED),
    "close": ((PUBLISHED, UPDATED), CLOSED),
}
#: Letters of a message (70 with head and signature), and of the words for page and loudspeaker.
MOST_SMS, MOST_WORDS = 60, 400
MOST_NUMBER = 2**63


@dataclass(frozen=True)
class Decision:
    """What stands decided; `version` 0 where nobody has done anything yet."""

    id: int | None
    hazard: str
    crop: str
    place: str
    county: str
    state: str
    version: int
    colour: str | None
    until: date | None
    page: str
    sms: str
    voice: str
    changed: datetime | None
    changed_by: str

    @property
    def key(self) -> Key:
        """Place, hazard and crop."""
        return self.place, self.hazard, self.crop


@dataclass(frozen=True)
class Step:
    """An act on a decision; `name` is '' where it closed by itself."""

    act: str
    state: str
    at: datetime
    person: int | None
    name: str
    reason: str
    villages: Sequence[str]
    colour: str | None


@dataclass(frozen=True)
class By:
    """Who acts, when and why; `person` is None on the command line, `name` '' for nobody."""

    person: int | None
    name: str
    at: datetime
    reason: str


class Overtaken(StoreError):  # noqa: N818 - named for what happened
    """Somebody else acted on the decision first; `now` is how it stands."""

    def __init__(self, now: Decision) -> None:
        self.now = now
        super().__init__(
            f"{now.hazard} {now.crop} {now.place}: {now.state} by {now.changed_by} meanwhile; look "
            "again before you act"
        )


class NotNow(StoreError):  # noqa: N818 - named for what happened
    """An act that the state of the decision does not allow."""

    def __init__(self, act: str, now: Decision) -> None:
        self.act, self.now = act, now
        states = ", ".join(ACTS[act][0])
        super().__init__(f"{now.hazard} {now.place}: is {now.state}; {act} is for {states}")


@contextmanager
def all_or_none(conn: Connection) -> Iterator[None]:
    """Take back what the block did where it raises; what was done before it stays."""
    run(conn, "SAVEPOINT decisions")
    try:
        yield
    except BaseException:
        run(conn, "ROLLBACK TO SAVEPOINT decisions")
        raise


def find(conn: Connection, key: Key, county: str) -> Decision:
    """Return the decision that stands on a hazard and crop in a place, or a draft of nobody."""
    place, hazard, crop = key
    found = fetch(conn, SQL["open"], place=place, hazard=hazard, crop=crop)
    if found:
        return Decision(*found[0])
    return Decision(None, hazard, crop, place, county, DRAFT, 0, None, None, "", "", "", None, "")


def by_number(conn: Connection, number: int) -> Decision | None:
    """Return a decision by its number, None where there is none."""
    found = fetch(conn, SQL["by_number"], number=number) if number < MOST_NUMBER else []
    return Decision(*found[0]) if found else None


def acts_in(state: str) -> list[str]:
    """Return what can be done in a state, in the order of `ACTS`."""
    return [act for act, (states, _) in ACTS.items() if state in states]


def act(
    conn: Connection,
    seen: Decision,
    what: str,
    by: By,
    villages: Sequence[str] = (),
) -> tuple[Decision, int]:
    """Do something about a decision, as it was when its officer looked at it.

    Parameters
    ----------
    conn : Connection
    seen : Decision
        As it was read, with what is to be changed of its words, colour and `until`; `version` is
        the one that the officer saw.
    what : str
        One of `ACTS`.
    by : By
    villages : sequence of str
        Ids of the villages that are told.

    Returns
    -------
    Decision, int
        As it stands now, and the number of the step.

    Raises
    ------
    Overtaken
        When somebody else has acted since.
    NotNow
        When its state does not allow this.
    """
    now = find(conn, seen.key, seen.county)
    if now.version != seen.version:
        raise Overtaken(now)
    states, after = ACTS[what]
    if by.name and now.state not in states:
        raise NotNow(what, now)
    state = after or now.state
    params = {
        "hazard": seen.hazard, "crop": seen.crop, "place": seen.place, "county": seen.county,
        "state": state, "colour": seen.colour, "until": seen.until, "page": seen.page,
        "sms": seen.sms, "voice": seen.voice, "at": by.at, "name": by.name,
    }  # fmt: skip
    if now.id is None:
        written = fetch(conn, SQL["begin"], **params)
    else:
        written = fetch(conn, SQL["go_on"], decision=now.id, version=now.version, **params)
    if not written:  # between the look and the writing somebody was quicker
        raise Overtaken(find(conn, seen.key, seen.county))
    ((number,),) = written
    ((step,),) = fetch(
        conn,
        SQL["step"],
        decision=number,
        version=now.version + 1,
        act=what,
        state=state,
        at=by.at,
        person=by.person,
        name=by.name,
        reason=by.reason,
        villages=list(villages),
        colour=seen.colour,
        words=Json({"page": seen.page, "sms": seen.sms, "voice": seen.voice}),
    )
    changed = replace(
        seen,
        id=int(number),
        state=state,
        version=now.version + 1,
        changed=by.at,
        changed_by=by.name,
    )
    return changed, int(step)


def publish(
    conn: Connection, seen: Decision, by: By, villages: Sequence[str]
) -> tuple[Decision, int, list[str]]:
    """Publish a draft, or what is new in it, for some villages.

    Returns
    -------
    Decision, int, list of str
        As it stands now, the number of the step, and the fields it is for.

    Raises
    ------
    Overtaken, NotNow
    """
    what = "update" if seen.state in (PUBLISHED, UPDATED) else "publish"
    changed, step = act(conn, seen, what, by, villages)
    fields = village.release_in(conn, villages, seen.hazard, by.name, by.at, seen.crop)
    return changed, step, fields


def cancel(conn: Connection, seen: Decision, by: By) -> tuple[Decision, int]:
    """Take back what was published in a place.

    Raises
    ------
    Overtaken, NotNow
    """
    changed, step = act(conn, seen, "cancel", by)
    place, hazard, crop = seen.key
    run(conn, SQL["withdraw"], place=place, hazard=hazard, crop=crop, at=by.at)
    if changed.id is not None:  # always, after a step
        deliveries.withdraw(conn, changed.id, step, by.at)
    return changed, step


def steps(conn: Connection, key: Key, limit: int = 40) -> list[Step]:
    """Return what was done on a hazard and crop in a place, ever; the newest first."""
    place, hazard, crop = key
    found = fetch(conn, SQL["steps"], place=place, hazard=hazard, crop=crop, limit=limit)
    return [Step(*row) for row in found]


def close_over(conn: Connection, at: datetime) -> int:
    """Close the decisions of which nothing is in force any more; return how many."""
    over = [Decision(*row) for row in fetch(conn, SQL["over"])]
    for each in over:
        act(conn, replace(each, until=None), "close", By(None, "", at, ""))
    return len(over)
