"""The region day by day: what is said of each village, put together once and read by many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from collector.permissions import Grant
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from models.hazards.catalogue import unlevelled
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM
from models.weather.local_days import local_day, midnight

SQL = queries.load("region")
#: Days gone by that are kept, and days to come, today among them.
BEFORE, AFTER = 30, 7
#: For each status code how grave it is: what is not known comes before what is harmless.
GRAVITY = (0, 2, 1, 3, 4)
WARNINGS = (MEDIUM, HIGH)
SILENT = timedelta(days=1)


@dataclass(frozen=True)
class DayTotal:
    """A day: villages that something was said of, those at risk, and their area at risk [ha]."""

    day: date
    forecast: bool
    villages: int
    at_risk: int
    risk_ha: float


@dataclass(frozen=True)
class Area:
    """A township, or a village, on a day.

    Attributes
    ----------
    county, id
        Codes; `id` is None for villages that lie in no township.
    zh, en, county_zh, county_en
        Names.
    villages, judged, at_risk
        How many there are, of how many something was said, how many are at medium or high risk.
    status
        The gravest; None where nothing was said.
    risk_ha, judged_ha, before_ha
        Area of the fields at risk, of those judged, and at risk the day before (None: not known)
        [ha].
    fitted, silent
        Villages with devices, and those of them that none reported from for a day.
    place
        Longitude and latitude [degree], the mean of the villages whose position is known.
    """

    county: str
    id: str | None
    zh: str | None
    en: str | None
    county_zh: str
    county_en: str
    villages: int
    judged: int
    at_risk: int
    status: int | None
    risk_ha: float
    judged_ha: float
    before_ha: float | None
    fitted: int
    silent: int
    place: tuple[float, float] | None


@dataclass(frozen=True)
class Point:
    """A village whose position [degree] is known, and what is said of it; None: nothing."""

    longitude: float
    latitude: float
    illustrative: bool
    status: int | None


@dataclass(frozen=True)
class Asked:
    """What of the region is asked for, and where the one who asks may look.

    `hazard` and `crop` are '' for all; `county` and `township` None for all.
    """

    day: date
    hazard: str = ""
    crop: str = ""
    county: str | None = None
    township: str | None = None
    grants: Sequence[Grant] = ()

    def reach(self) -> dict[str, Any]:
        """Parameters that say where the one who asks may look."""
        levels = {"county": "counties", "township": "townships", "village": "villages"}
        found: dict[str, Any] = {
            name: [each.scope for each in self.grants if each.level == level]
            for level, name in levels.items()
        }
        return found | {"everywhere": any(each.level == "city" for each in self.grants)}

    def params(self) -> dict[str, Any]:
        """Parameters of the queries."""
        return self.reach() | {
            "day": self.day,
            "before": self.day - timedelta(days=1),
            "hazard": self.hazard,
            "crop": self.crop,
            "county": self.county,
            "township": self.township,
        }


def refresh(conn: Connection, now: datetime, newest: int) -> tuple[int, int]:
    """Put together the days of which there are new answers, and those to come.

    Parameters
    ----------
    conn : Connection
    now : datetime
        Aware.
    newest : int
        Id of the newest answer that counts.

    Returns
    -------
    int, int
        Days gone by that were put together, and rows that are kept.
    """
    today = local_day(now)
    first = today - timedelta(days=BEFORE)
    mark = next((row[0] for row in fetch(conn, SQL["mark"])), 0)
    changed = fetch(
        conn, SQL["changed_days"], mark=mark, newest=newest, since=midnight(first), now=now
    )
    ends = [end for (end,) in changed]
    days = [local_day(end - timedelta(seconds=1)) for end in ends]
    how = {
        "gravity": list(GRAVITY),
        "warnings": list(WARNINGS),
        "warns": GRAVITY[MEDIUM],
        "cannot_say": CANNOT_SAY,
        "unlevelled": sorted(unlevelled()),
        "now": now,
        "today": today,
    }
    run(conn, SQL["clear"], days=days, first=first, today=today)
    if ends:
        run(conn, SQL["fill_measured"], ends=ends, **how)
    run(conn, SQL["fill_ahead"], **how)
    run(conn, SQL["clear_totals"])
    with conn.cursor() as cur:
        cur.execute(SQL["fill_totals"], how)
        kept = cur.rowcount
    run(conn, SQL["set_mark"], mark=newest)
    return len(ends), kept


def totals(conn: Connection, asked: Asked) -> list[DayTotal]:
    """Return every day that something is known of, in order; `asked.day` does not matter.

    Who may not look at whole counties sees none of their totals.
    """
    params = asked.params()
    params["counties"] = None if params["everywhere"] else params["counties"]
    return [DayTotal(*row) for row in fetch(conn, SQL["totals"], **params)]


def asked_for(conn: Connection) -> list[tuple[str, str]]:
    """Return hazards with their crops that there is something of, and crops alone as ('', crop)."""
    return sorted(fetch(conn, SQL["asked_for"]))


def areas(conn: Connection, asked: Asked, now: datetime) -> list[Area]:
    """Return the townships of what is asked for, or the villages of one township."""
    params = asked.params() | {
        "gravity": list(GRAVITY),
        "warnings": list(WARNINGS),
        "silent": now - SILENT,
    }
    return [_area(row) for row in fetch(conn, SQL["areas"], **params)]


def _area(row: tuple[Any, ...]) -> Area:
    *head, gravity, risk, judged, before, fitted, silent, east, north = row
    status = None if gravity is None else GRAVITY.index(gravity)
    place = None if east is None or north is None else (float(east), float(north))
    return Area(*[*head, status, risk, judged, before, fitted, silent, place])


def points(conn: Connection, asked: Asked) -> list[Point]:
    """Return the villages of what is asked for whose position is known."""
    rows: Iterable[tuple[Any, ...]] = fetch(conn, SQL["points"], **asked.params())
    return [
        Point(east, north, position != "surveyed", status) for east, north, position, status in rows
    ]


@dataclass(frozen=True)
class HazardTrend:
    """Area at risk [ha] of a hazard and crop: a week before, on the last day, worst to come.

    None where nothing was judged then.
    """

    hazard: str
    crop: str
    before: float | None
    last: float | None
    ahead: float | None


@dataclass(frozen=True)
class CountyTotal:
    """A county on the last day gone by: area at risk [ha], villages at risk and judged."""

    code: str
    zh: str
    en: str
    risk_ha: float | None
    at_risk: int | None
    villages: int | None


def by_hazard(conn: Connection, asked: Asked) -> list[HazardTrend]:
    """Return what each hazard does around `asked.day`, the last day gone by."""
    params = asked.params() | {"last": asked.day}
    return [HazardTrend(*row) for row in fetch(conn, SQL["by_hazard"], **params)]


def by_county(conn: Connection, asked: Asked) -> list[CountyTotal]:
    """Return counties on `asked.day`, the most land at risk first."""
    params = asked.params() | {"last": asked.day}
    return [CountyTotal(*row) for row in fetch(conn, SQL["by_county"], **params)]
