"""What whoever holds a thing in their hands is told of it: in few questions, each of them bounded.

Here nothing of a person is read: of parties their names, of diaries what was done and when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.planned import fetch_planned
from collector.store.trace.following import PRODUCT
from collector.store.trace.visible import NAMED
from models.coldchain.told import Window
from models.exchange.epcis.sensed import temperatures
from models.trace.digital_link import lot_in

SQL = queries.load("told")
#: So much is looked at; what has more is said to be of many.
MOST_THINGS, MOST_LOTS, MOST_WAYS, MOST_STEPS = 500, 6, 400, 120
MOST_AROUND, MOST_REPORTS, MOST_WINDOWS = 300, 200, 6000
RECALLED, UNFIT = "recalled", "non_conformant"
#: What speaks against a thing that it befell itself.
LOST = ("expired", "damaged", "destroyed", "stolen")
CLEARED = "conformant"
WEIGHTY = (RECALLED, UNFIT, CLEARED, *LOST)
#: A time without an end, as psycopg reads it.
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Work:
    """Something done in a field on a local day; `interval_d` of a spray [d]."""

    kind: str
    day: date
    product: str
    target: str
    interval_d: int | None


@dataclass(frozen=True)
class Origin:
    """A lot on the way to another: where and when, and how it stands.

    ``said`` is where it grew by a seller's certificate; ``gone`` whether the diary of its field is;
    ``state`` what an inspector made of it; ``works`` what was done in its field in its season;
    ``sown`` when that began, as it is noted now.
    """

    code: str
    kind: str
    day: date
    field: str | None
    said: str
    gone: bool
    state: str | None
    works: tuple[Work, ...]
    county_zh: str | None
    county_en: str | None
    township_zh: str | None
    township_en: str | None
    sown: date | None


@dataclass(frozen=True)
class Paper:
    """A certificate: number, grounds, what it says, when it was issued, since when it is void."""

    number: str
    grounds: str
    content: Mapping[str, Any]
    issued: datetime
    void: datetime | None


@dataclass(frozen=True)
class ToldLot:
    """A lot of this installation, with all that it came from, itself with them."""

    code: str
    produce: str
    origins: tuple[Origin, ...]
    paper: Paper | None


@dataclass(frozen=True)
class ToldStep:
    """An event that befell a thing or what it was made of.

    ``direct`` is whether it names the thing itself; ``ours`` whether it befell what leads to the
    thing, and not what was left of it; ``set`` and ``unset`` are dispositions that last.
    """

    time: datetime
    party: str
    party_name: str
    type: str
    action: str | None
    biz_step: str | None
    disposition: str | None
    set: tuple[str, ...]
    unset: tuple[str, ...]
    county_zh: str | None
    county_en: str | None
    direct: bool
    ours: bool


@dataclass(frozen=True)
class Story:
    """All that is told of a thing; `many` where it was more than is looked at.

    ``windows`` are temperatures, ``sensed_by`` the ids and names of who told them.
    """

    lots: tuple[ToldLot, ...]
    steps: tuple[ToldStep, ...]
    windows: tuple[Window, ...]
    sensed_by: tuple[tuple[str, str], ...]
    many: bool

    @property
    def empty(self) -> bool:
        """Whether nobody told anything."""
        return not (self.lots or self.steps or self.windows)


def story(conn: Connection, start: Sequence[str], codes: Sequence[str] = ()) -> Story:
    """Return what is told of a thing.

    Parameters
    ----------
    conn : Connection
    start : sequence of str
        What it is called, each in its canonical form.
    codes : sequence of str
        Codes of lots of this installation that it names.
    """
    rows = fetch_planned(
        conn,
        SQL["reached"],
        start=list(start),
        codes=list(codes),
        product=PRODUCT,
        most=MOST_THINGS + 1,
    )
    many = len(rows) > MOST_THINGS
    things: dict[str, datetime] = dict(rows[:MOST_THINGS])
    found, ways = _lots(conn, things, codes)
    many = many or len(found) > MOST_LOTS
    for uri, until in ways:
        things[uri] = max(until, things.get(uri, until))
    named = {
        "values": list(things),
        "untils": [each.isoformat() for each in things.values()],
        "things": NAMED,
    }
    told = fetch_planned(
        conn,
        SQL["steps"],
        start=list(start),
        weighty=list(WEIGHTY),
        most=MOST_STEPS + 1,
        **named,
    )
    windows, by, cut = _sensed(conn, named)
    lots = tuple(found[:MOST_LOTS])
    return Story(
        lots,
        tuple(sorted((_step(row) for row in told[:MOST_STEPS]), key=lambda step: step.time)),
        windows,
        by,
        many or cut or len(told) > MOST_STEPS,
    )


def _step(row: tuple[Any, ...]) -> ToldStep:
    plain: list[Any] = [tuple(each) if isinstance(each, list) else each for each in row]
    return ToldStep(*plain)


def _lots(
    conn: Connection, things: Mapping[str, datetime], codes: Sequence[str]
) -> tuple[list[ToldLot], list[tuple[str, datetime]]]:
    """The lots among some things, and what else they are called with all that they came from."""
    named = dict.fromkeys(codes, FOREVER)
    for uri, until in things.items():
        if (code := lot_in(uri)) is not None:
            named[code] = max(until, named.get(code, until))
    rows = fetch_planned(
        conn,
        SQL["lots"],
        uris=list(things),
        codes=sorted(named),
        most=MOST_LOTS + 1,
        ways=MOST_WAYS,
    )
    of: dict[str, list[tuple[Any, ...]]] = {}
    ways = []
    for lot, made, *row in rows:
        of.setdefault(lot, []).append(tuple(row))
        own = row[0] == lot
        ways.append((row[1], named.get(lot, things.get(row[1], made)) if own else made))
    found = []
    for lot, each in of.items():
        itself = next((row for row in each if row[0] == lot), None)
        if itself is not None:
            paper = Paper(*itself[13:18]) if itself[13] is not None else None
            found.append(ToldLot(lot, itself[3], tuple(map(_origin, each)), paper))
    return found, ways


def _origin(row: tuple[Any, ...]) -> Origin:
    code, _, kind, _, day, field, said, gone, state, *place = (*row[:13], row[19])
    works = tuple(Work(k, date.fromisoformat(d), *rest) for k, d, *rest in row[18] or ())
    return Origin(code, kind, day, field, said, gone, state, works, *place)


def _sensed(
    conn: Connection, named: Mapping[str, Any]
) -> tuple[tuple[Window, ...], tuple[tuple[str, str], ...], bool]:
    """Temperatures within the time that counts, who told them, and whether there are more."""
    rows = fetch_planned(conn, SQL["sensed"], around=MOST_AROUND, most=MOST_REPORTS + 1, **named)
    windows: list[Window] = []
    by: dict[tuple[str, str], None] = {}
    for time, party, name, since, until, elements in rows[:MOST_REPORTS]:
        first, last = since.timestamp(), until.timestamp()
        for each in temperatures(elements, time.timestamp()):
            if each.end >= first and each.start <= last:
                start, end = max(each.start, first), min(each.end, last)
                windows.append(Window(start, end, each.low, each.high))
                by[party, name] = None
        if len(windows) > MOST_WINDOWS:
            return tuple(windows[:MOST_WINDOWS]), tuple(by), True
    return tuple(windows), tuple(by), len(rows) > MOST_REPORTS
