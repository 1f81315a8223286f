"""The bureau's desk: what is in force by hazard, crop and township, and what it rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collector.freshness import ANSWER_FRESH
from collector.permissions import Grant
from collector.store import settings_table
from collector.store.advice.risk import advisory_of
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from firmware.wire.quantities import QUANTITIES
from models.advice.advisory import Advisory
from models.advice.colours import DEFAULTS, ColourError, Threshold, colour_of, read_thresholds
from models.hazards.catalogue import catalogue, unlevelled
from models.risk.hazard import HIGH
from models.weather.local_days import local_day

SQL = queries.load("desk")
#: Setting that says from which status and share of villages on each colour holds.
COLOURS_KEY = "desk.colours"
#: The trend is against so many days before [d]; counts are kept for so many.
TREND, KEPT = timedelta(days=3), timedelta(days=30)
#: Readings older than this are no evidence of today.
READING_FRESH = timedelta(days=1)
#: What a desk row is of: place (code of a township or county), hazard, crop.
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Row:
    """What is in force on a hazard of a crop in a place, and what was decided on it.

    ``villages`` of ``of_villages`` have it, ``grave`` of them at the highest status; ``area_ha``
    [ha] is None where no field's is known; ``drafts`` are fields whose advice nobody released;
    ``fields_before`` is the number of fields some days ago, None where it was not counted.
    """

    hazard: str
    crop: str
    place: str
    county: str
    township_zh: str | None
    township_en: str | None
    county_zh: str
    county_en: str
    villages: int
    of_villages: int
    grave: int
    fields: int
    area_ha: float | None
    status: int
    first: datetime
    until: datetime
    drafts: int
    fields_before: int | None
    decision: int | None
    state: str
    version: int
    colour: str | None
    held_until: date | None
    changed: datetime | None
    changed_by: str | None

    @property
    def key(self) -> Key:
        """Place, hazard and crop."""
        return self.place, self.hazard, self.crop


@dataclass(frozen=True)
class LastTime:
    """The last act by a person on the last decision that is closed."""

    act: str
    at: datetime
    name: str


@dataclass(frozen=True)
class Skill:
    """How a hazard's model stood against reports in a county: numbers of cases."""

    cases: int
    hits: int
    misses: int
    false_alarms: int


@dataclass(frozen=True)
class PlaceRow:
    """A township, or a county for its villages without one."""

    code: str
    county: str
    township_zh: str | None
    township_en: str | None
    county_zh: str
    county_en: str


@dataclass(frozen=True)
class VillageRow:
    """A village of a place with the advice in force; `drafts` are fields nobody released."""

    id: str
    zh: str
    en: str
    township: str | None
    county: str
    fields: int
    area_ha: float | None
    status: int
    first: datetime
    drafts: int
    released_by: str | None
    released: datetime | None


@dataclass(frozen=True)
class Answered:
    """How many fields got a status from a model, and between which stages (BBCH) they stand."""

    hazard: str
    status: int
    fields: int
    first_stage: float | None
    last_stage: float | None
    observed: int


@dataclass(frozen=True)
class Coming:
    """How many fields have a status at the end of a day to come, by the forecast."""

    time: datetime
    status: int
    fields: int


@dataclass(frozen=True)
class Measured:
    """The newest readings of a quantity in a place: how many, lowest, mean and highest value.

    Values are in the quantity's unit, `height_m` [m] is below 0 in the soil.
    """

    quantity: str
    height_m: float | None
    count: int
    low: float
    mean: float
    high: float
    newest: datetime


@dataclass(frozen=True)
class Evidence:
    """What a decision rests on; `gravest` is the advice that speaks for the place."""

    gravest: Advisory | None
    answers: Sequence[Answered]
    coming: Sequence[Coming]
    readings: Sequence[Measured]


def within(grants: Iterable[Grant]) -> dict[str, object]:
    """Return grants as parameters of a question: whether everywhere, else in which places."""
    grants = list(grants)
    scopes = {
        level: [each.scope for each in grants if each.level == level]
        for level in ("county", "township", "village")
    }
    return {"all": any(each.level == "city" for each in grants), **scopes}


def rows(
    conn: Connection, grants: Iterable[Grant], at: datetime, hazard: str | None = None
) -> list[Row]:
    """Return what is in force where grants reach, a row for each hazard, crop and place.

    Parameters
    ----------
    conn : Connection
    grants : iterable of Grant
    at : datetime
        Now, aware.
    hazard : str, optional
        The only one that is asked about.
    """
    params = within(grants) | {
        "hazard": hazard,
        "without": sorted(unlevelled()),
        "high": HIGH,
        "before": local_day(at) - TREND,
    }
    return [Row(*row) for row in fetch(conn, SQL["rows"], **params)]


def thresholds(conn: Connection) -> tuple[Sequence[Threshold], str]:
    """Return the mapping to colours of its setting; the shipped one, and why, where it is none."""
    try:
        return read_thresholds(settings_table.get(conn, COLOURS_KEY)), ""
    except ColourError as error:
        return DEFAULTS, str(error)


def proposed(row: Row, mapping: Sequence[Threshold]) -> str | None:
    """Return the colour that follows from the status and spread of a row of a whole place."""
    with_it = row.grave if row.status == HIGH else row.villages
    return colour_of(row.status, with_it / max(row.of_villages, 1), mapping)


def last_time(conn: Connection, places: Collection[str]) -> dict[Key, LastTime]:
    """Return what was done the last time in places, by place, hazard and crop."""
    found = fetch(conn, SQL["last"], places=sorted(places))
    return {(place, hazard, crop): LastTime(*row) for place, hazard, crop, *row in found}


def skill(conn: Connection, hazards: Collection[str]) -> dict[tuple[str, str], Skill]:
    """Return how models stood against reports, by hazard and county."""
    found = fetch(conn, SQL["skill"], hazards=sorted(hazards))
    return {(hazard, county): Skill(*row) for hazard, county, *row in found}


def count_day(conn: Connection, at: datetime) -> None:
    """Keep how much is in force on the local day of `at` (aware), and forget old days."""
    day = local_day(at)
    run(conn, SQL["count_day"], day=day)
    run(conn, SQL["forget_days"], day=day - KEPT)


def place(conn: Connection, code: str) -> PlaceRow | None:
    """Return the township or county of a code, None where there is none."""
    found = fetch(conn, SQL["place"], place=code)
    return PlaceRow(*found[0]) if found else None


def villages(conn: Connection, key: Key) -> list[VillageRow]:
    """Return the villages of a place with advice in force, the gravest first."""
    code, hazard, crop = key
    return [
        VillageRow(*row)
        for row in fetch(conn, SQL["villages"], place=code, hazard=hazard, crop=crop)
    ]


def evidence(conn: Connection, key: Key, at: datetime) -> Evidence:
    """Return what stands behind the advice in force in a place.

    Parameters
    ----------
    conn : Connection
    key : tuple
        Place, hazard, crop.
    at : datetime
        Now, aware.
    """
    code, hazard, crop = key
    of = {"place": code, "hazard": hazard, "crop": crop}
    known = catalogue().get(hazard)
    members = known.members if known else ()
    behind = [each for each in (known, *map(catalogue().get, members)) if each]
    reads = {name for each in behind for use in each.uses.values() for name in use.feature.inputs}
    gravest = fetch(conn, SQL["gravest"], **of)
    answers = fetch(
        conn,
        SQL["answers"],
        **of,
        models=[hazard, *members],
        since=at - ANSWER_FRESH,
        until=at + timedelta(days=1),
    )
    measured = [each.name for each in QUANTITIES if each.name in reads]
    readings = fetch(
        conn, SQL["readings"], place=code, since=at - READING_FRESH, quantities=measured
    )
    return Evidence(
        gravest=advisory_of(gravest[0]) if gravest else None,
        answers=[Answered(*row) for row in answers],
        coming=[Coming(*row) for row in fetch(conn, SQL["coming"], **of, at=at)],
        readings=[Measured(*row) for row in readings],
    )
