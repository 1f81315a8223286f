"""Bulletins: their figures from what is kept, their drafts, and what was issued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from psycopg2.extras import Json

from collector.freshness import ANSWER_FRESH
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch
from models.hazards.catalogue import unlevelled
from models.weather.local_days import local_day

SQL = queries.load("bulletins")
DAY = timedelta(days=1)
#: The area of a bulletin of the whole city; that of another is a county's code.
CITY = ""


class BulletinError(StoreError):
    """What was asked of a bulletin cannot be done."""


class AlreadyIssued(BulletinError):  # noqa: N818 - named for what happened
    """A draft was issued before; `year` and `number` say as what."""

    def __init__(self, draft: int, year: int, number: int) -> None:
        self.year, self.number = year, number
        super().__init__(f"draft {draft}: was issued already, as number {number} of {year}")


class Outdated(BulletinError):  # noqa: N818 - named for what it is
    """A draft was saved by somebody else since it was read."""


class GivenUp(BulletinError):  # noqa: N818 - named for what happened
    """A draft was given up."""


@dataclass(frozen=True)
class Situation:
    """One hazard of a crop in a county: areas [ha] and villages by level.

    ``judged`` is how many villages have an answer, ``no_area`` how many fields at risk nobody
    measured, ``validated`` whether the hazard is validated there.
    """

    county: str
    crop: str
    hazard: str
    high_ha: float
    medium_ha: float
    villages_high: int
    villages_medium: int
    judged: int
    no_area: int
    validated: bool


@dataclass(frozen=True)
class Ahead:
    """What is expected of a hazard in a county on a day that ends at `time`; areas [ha]."""

    county: str
    crop: str
    hazard: str
    time: datetime
    high_ha: float
    medium_ha: float
    villages_high: int
    villages_medium: int


@dataclass(frozen=True)
class Released:
    """Advice in force that officers released, of a hazard in a county; who, and when last."""

    county: str
    crop: str
    hazard: str
    status: int
    villages: int
    by: tuple[str, ...]
    at: datetime
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Edition:
    """Texts of a draft as somebody saved them."""

    edition: int
    texts: Mapping[str, str]
    written_by: str
    at: datetime


@dataclass(frozen=True)
class Draft:
    """A bulletin before it is issued, with its newest texts; `issued` as what it was, if it was."""

    id: int
    area: str
    made: datetime
    made_by: str
    week: date | None
    tables: Mapping[str, Any]
    corrects: tuple[int, int] | None
    given_up: datetime | None
    newest: Edition
    issued: tuple[int, int] | None


@dataclass(frozen=True)
class Bulletin:
    """A bulletin as it was issued; it never changes."""

    year: int
    number: int
    draft: int
    area: str
    issued: datetime
    issued_by: str
    content: Mapping[str, Any]
    corrects: tuple[int, int] | None
    corrected_by: list[tuple[int, int]] = field(default_factory=list)


# Figures --------------------------------------------------------------------------------------


def situation(conn: Connection, area: str, at: datetime) -> list[Situation]:
    """Return the newest fresh answers of an area by county, crop and hazard; no private fields."""
    params = {"since": at - ANSWER_FRESH, "until": at + DAY, "unlevelled": sorted(unlevelled())}
    return [Situation(*row) for row in fetch(conn, SQL["situation"], area=area, **params)]


def ahead(conn: Connection, area: str, at: datetime) -> list[Ahead]:
    """Return where the outlook expects a medium or high risk after `at`, by day and county."""
    rows = fetch(conn, SQL["ahead"], area=area, at=at, unlevelled=sorted(unlevelled()))
    return [Ahead(*row) for row in rows]


def released(conn: Connection, area: str) -> list[Released]:
    """Return the advice in force that was released, by county, crop and hazard."""
    rows = fetch(conn, SQL["released"], area=area)
    return [
        Released(county, crop, hazard, status, villages, tuple(by), at, tuple(actions[0]))
        for county, crop, hazard, status, villages, by, at, actions in rows
    ]


def counties(conn: Connection) -> dict[str, tuple[str, str]]:
    """Return the Chinese and English name of each county, by code."""
    return {code: (zh, en) for code, zh, en in fetch(conn, SQL["counties"])}


def last(conn: Connection, area: str) -> tuple[int, int, Mapping[str, Any]] | None:
    """Return year, number and content of the last bulletin of an area; None without one."""
    rows = fetch(conn, SQL["last"], area=area)
    return (rows[0][0], rows[0][1], rows[0][2]) if rows else None


# Drafts ---------------------------------------------------------------------------------------


def add_draft(
    conn: Connection,
    area: str,
    tables: Mapping[str, Any],
    texts: Mapping[str, str],
    by: str,
    at: datetime,
    *,
    week: date | None = None,
    corrects: tuple[int, int] | None = None,
) -> int | None:
    """Keep a new draft and return its number; None where the week has one already.

    Parameters
    ----------
    conn : Connection
    area : str
        A county's code, or `CITY`.
    tables, texts : mapping
        Its figures and its texts.
    by : str
        Who drew it up.
    at : datetime
        Now, aware.
    week : date, optional
        The Monday that it is for, where the weekly job makes it.
    corrects : (int, int), optional
        Year and number of an issued one that it corrects.
    """
    year, number = corrects or (None, None)
    params = {"area": area, "at": at, "by": by, "week": week, "tables": Json(dict(tables))}
    rows = fetch(conn, SQL["add_draft"], year=year, number=number, **params)
    if not rows:
        return None
    draft = int(rows[0][0])
    first = {"draft": draft, "edition": 1, "texts": Json(dict(texts)), "by": by, "at": at}
    fetch(conn, SQL["add_text"], **first)
    return draft


def _serial(year: int | None, number: int | None) -> tuple[int, int] | None:
    return None if year is None or number is None else (year, number)


def _draft(row: tuple[Any, ...]) -> Draft:
    id_, area, made, made_by, week, tables, *corrects = row[:8]
    return Draft(
        id_,
        area,
        made,
        made_by,
        week,
        tables,
        _serial(*corrects),
        row[8],
        Edition(*row[9:13]),
        _serial(*row[13:]),
    )


def draft(conn: Connection, number: int) -> Draft | None:
    """Return a draft with its newest texts; None where there is none."""
    rows = fetch(conn, SQL["draft"], draft=number)
    return _draft(rows[0]) if rows else None


def open_drafts(conn: Connection) -> list[Draft]:
    """Return the drafts that are neither issued nor given up, without tables, the newest first."""
    return [_draft(row) for row in fetch(conn, SQL["open_drafts"])]


def editions(conn: Connection, number: int) -> list[Edition]:
    """Return everything that was saved of a draft, the newest first."""
    return [Edition(*row) for row in fetch(conn, SQL["editions"], draft=number)]


def _held(conn: Connection, number: int) -> Draft:
    """Return a draft that nobody else changes to the end of the transaction.

    Raises
    ------
    BulletinError
        When it was issued or given up.
    """
    fetch(conn, SQL["lock_draft"], draft=number)
    found = draft(conn, number)
    if found is None:
        raise BulletinError(f"draft {number}: there is none")
    if found.issued is not None:
        raise AlreadyIssued(number, *found.issued)
    if found.given_up is not None:
        raise GivenUp(f"draft {number}: was given up; draw up a new one")
    return found


def save(
    conn: Connection, number: int, edition: int, texts: Mapping[str, str], by: str, at: datetime
) -> int:
    """Keep texts of a draft as its next edition, and return that.

    Parameters
    ----------
    conn : Connection
    number : int
        Of the draft.
    edition : int
        What the writer had read.
    texts : mapping
    by : str
        Who wrote them.
    at : datetime
        Now, aware.

    Raises
    ------
    Outdated
        When somebody else saved meanwhile.
    AlreadyIssued, GivenUp
    """
    if _held(conn, number).newest.edition != edition:
        raise Outdated(f"draft {number}: was saved since edition {edition}; look at the newest")
    params = {"draft": number, "texts": Json(dict(texts)), "by": by, "at": at}
    ((new,),) = fetch(conn, SQL["add_text"], edition=edition + 1, **params)
    return int(new)


def give_up(conn: Connection, number: int, at: datetime) -> bool:
    """Give up a draft; false where it is issued or given up already."""
    return bool(fetch(conn, SQL["give_up"], draft=number, at=at))


# Issued ---------------------------------------------------------------------------------------


def issue(conn: Connection, number: int, edition: int, by: str, at: datetime) -> tuple[int, int]:
    """Issue a draft as the next bulletin of the local year, and return year and number.

    Parameters
    ----------
    conn : Connection
    number : int
        Of the draft.
    edition : int
        What the officer had read.
    by : str
        Who issues it.
    at : datetime
        Now, aware.

    Raises
    ------
    Outdated
        When somebody saved other texts meanwhile.
    AlreadyIssued, GivenUp
    """
    found = _held(conn, number)
    if found.newest.edition != edition:
        raise Outdated(f"draft {number}: was saved since edition {edition}; look at the newest")
    fetch(conn, SQL["lock_numbers"])
    year = local_day(at).year
    ((before,),) = fetch(conn, SQL["last_number"], year=year)
    corrects = found.corrects or (None, None)
    queries.run(
        conn,
        SQL["issue"],
        year=year,
        number=before + 1,
        draft=number,
        area=found.area,
        at=at,
        by=by,
        content=Json({"texts": dict(found.newest.texts), "tables": dict(found.tables)}),
        corrects_year=corrects[0],
        corrects_number=corrects[1],
    )
    return year, before + 1


def _bulletin(row: tuple[Any, ...]) -> Bulletin:
    year, number, draft_id, area, at, by, content = row[:7]
    later = [(of_year, later_number) for of_year, later_number in row[9] or []]
    return Bulletin(year, number, draft_id, area, at, by, content, _serial(row[7], row[8]), later)


def issued(conn: Connection, year: int, number: int) -> Bulletin | None:
    """Return a bulletin as it was issued; None where there is none of this number."""
    if not (0 < year < 10_000 and 0 < number < 30_000):
        return None
    params = {"year": year, "number": number, "limit": 1, "offset": 0}
    rows = fetch(conn, SQL["issued"], **params)
    return _bulletin(rows[0]) if rows else None


def archive(conn: Connection, limit: int, offset: int = 0) -> tuple[list[Bulletin], int]:
    """Return issued bulletins, the newest first, and how many there are in all."""
    params = {"year": None, "number": None, "limit": limit, "offset": offset}
    rows = fetch(conn, SQL["issued"], **params)
    ((total,),) = fetch(conn, SQL["count"])
    return [_bulletin(row) for row in rows], int(total)
