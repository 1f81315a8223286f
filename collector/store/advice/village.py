"""What a village's page shows, in few queries: one answer to a phone, one look at the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import nan

from collector.freshness import ANSWER_FRESH
from collector.store.advice.risk import KeptStatus, advisory_of, statuses_of
from collector.store.measured.readings import LatestReading
from collector.store.measured.weather import FORECAST_FRESH
from collector.store.network.registry import VillageRow
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.planned import fetch_planned, run_planned
from collector.store.postgres.queries import fetch
from field_configs.schema import Field
from firmware.wire.quantities import QUANTITIES
from models.advice.advisory import Advisory
from models.risk.hazard import HIGH, MEDIUM
from models.weather.local_days import local_day, midnight
from models.weather.quality import UNUSABLE

SQL = queries.load("village")
DAY = timedelta(days=1)
#: Days of the strip: so many measured ones, and from today on so many more.
BEFORE, AFTER = 2, 7


@dataclass(frozen=True)
class Grown:
    """What was sown last in a field, and when it was harvested (None: not yet)."""

    crop: str
    sown: date
    harvested: date | None


@dataclass(frozen=True)
class VillageFacts:
    """A village with its fields, what is grown there by field, and the settings asked for."""

    village: VillageRow
    fields: Mapping[str, Field]
    grown: Mapping[str, Grown]
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Advice:
    """Advice and who released it to the public; both None where nobody has.

    ``off`` where an officer holds it back; ``words`` and ``colour`` (`models.advice.colours`) are
    those of the officer who released it. Neither is known of days gone by.
    """

    advisory: Advisory
    released_by: str | None = None
    released: datetime | None = None
    off: bool | None = None
    words: str | None = None
    colour: str | None = None

    @property
    def public(self) -> bool:
        """Whether it may stand on a public page: released by somebody, or proven here."""
        return not self.off and (self.released_by is not None or not self.advisory.draft)


@dataclass(frozen=True)
class WeatherDay:
    """A local day's low, high or sum in the quantity's unit; None where it is not known.

    ``of`` is how many fields (measured) or places (forecast) it is the mean of, ``issued`` when
    the forecast was made.
    """

    forecast: bool
    day: date
    quantity: str
    low: float | None
    high: float | None
    total: float | None
    of: int
    issued: datetime | None


def facts(
    conn: Connection, village_id: str, at: datetime, settings: tuple[str, ...] = ()
) -> VillageFacts | None:
    """Return what the registry knows of a village at a time, None where there is none.

    Parameters
    ----------
    conn : Connection
    village_id : str
    at : datetime
        Aware; what was sown later does not count.
    settings : tuple of str
        Keys of the settings table; the contacts of the village are always there.
    """
    rows = fetch_planned(conn, SQL["facts"], village=village_id, at=at, settings=list(settings))
    if not rows:
        return None
    *row, fields, known, nodes = rows[0]
    sown = {each[0]: each[6:] for each in fields if each[6]}
    grown = {
        field: Grown(crop, date.fromisoformat(day), date.fromisoformat(end) if end else None)
        for field, (crop, day, end) in sown.items()
    }
    places = {each[0]: Field(*each[:6]) for each in fields}
    return VillageFacts(VillageRow(*[*row, len(fields), nodes]), places, grown, known)


def answers(
    conn: Connection, village_id: str, at: datetime, *, past: bool = False, own: str | None = None
) -> tuple[list[KeptStatus], list[KeptStatus]]:
    """Return the newest fresh answers of a village, and its outlook.

    Of the outlook what warns has its drivers, the rest has none.

    Parameters
    ----------
    conn : Connection
    village_id : str
    at : datetime
        Aware.
    past : bool
        Whether `at` is a time gone by: then what was known then, and no outlook.
    own : str, optional
        A field whose keeper asks; without it, what everybody may see.
    """
    params = {
        "own": own,
        "village": village_id,
        "at": at,
        "since": at - ANSWER_FRESH,
        "until": at + DAY,
        "known": at if past else "infinity",
        "ahead": not past,
        "warning": [MEDIUM, HIGH],
    }
    with conn.cursor() as cur:
        run_planned(cur, SQL["answers"], params)
        found = statuses_of(cur)
    ahead = [each for each in found if each.source == "forecast"]
    return [each for each in found if each.source != "forecast"], ahead


def advice(
    conn: Connection, village_id: str, at: datetime, *, past: bool = True, own: str | None = None
) -> list[Advice]:
    """Return the advice in force in a village at a time (aware), with who released it.

    Where `at` is now, ``past=False`` asks for what has not ended, which an index holds. `own` is a
    field whose keeper asks; without it, what everybody may see.
    """
    rows = fetch_planned(conn, SQL["advice"], village=village_id, at=at, past=past, own=own)
    return [Advice(advisory_of(row[:-5]), *row[-5:]) for row in rows]


def release_in(
    conn: Connection,
    villages: Sequence[str],
    hazard: str,
    by: str,
    at: datetime,
    crop: str | None = None,
) -> list[str]:
    """Release the advice in force on a hazard in villages; return the fields it is for.

    Officers release by `collector.store.bureau.publishing`, which knows what is held back.

    Parameters
    ----------
    conn : Connection
    villages : sequence of str
    hazard : str
    by : str
        Who stands for it, as the public page names them.
    at : datetime
        Now, aware.
    crop : str, optional
        The only one that is meant.
    """
    rows = fetch(
        conn, SQL["release"], villages=list(villages), hazard=hazard, by=by, at=at, crop=crop
    )
    return sorted(site for (site,) in rows)


def newest_readings(
    conn: Connection, village_id: str, at: datetime
) -> tuple[list[LatestReading], dict[tuple[str, float | None], float]]:
    """Return the last valid readings of a village, and sums of 24 hours by field and height.

    Parameters
    ----------
    conn : Connection
    village_id : str
    at : datetime
        Now, aware; the running hour counts among the 24.
    """
    end = at.replace(minute=0, second=0, microsecond=0)
    end += timedelta(hours=1) if end < at else timedelta(0)
    sums = [each.name for each in QUANTITIES if each.method == "sum"]
    rows = fetch_planned(conn, SQL["now"], village=village_id, sums=sums, end=end)
    of_day = {
        (row[1], row[2]): nan if row[6] is None else float(row[6]) for row in rows if row[0] in sums
    }
    return [LatestReading(*row[:6]) for row in rows], of_day


def weather_days(conn: Connection, village_id: str, at: datetime) -> list[WeatherDay]:
    """Return days of air temperature [degC] and rain [mm] around a time (aware) in a village.

    Whole days before the local day of `at` are measured; from that day on it is the forecast.
    """
    today = local_day(at)
    rows = fetch_planned(
        conn,
        SQL["days"],
        village=village_id,
        at=at,
        start=midnight(today - BEFORE * DAY),
        today=midnight(today),
        last=midnight(today + AFTER * DAY),
        fresh=at - FORECAST_FRESH,
        unusable=UNUSABLE,
    )
    return [WeatherDay(*row) for row in rows]
