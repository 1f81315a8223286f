"""Weather of fields by local day: what is kept, gone on with; and the days ahead.

The last days are read again each night, since readings come late, and so is all that was missing
in the last `LATE` days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from collector.jobs.judging import forecasts
from collector.jobs.judging.field_hours import FieldHours
from collector.jobs.water.days import QUANTITIES, daily_weather
from collector.store.advice import water
from collector.store.advice.water import KEPT, Days
from collector.store.network import registry
from collector.store.postgres.db import Connection
from models.weather.dataset import Array, stamp_of
from models.weather.local_days import local_day, midnight

#: Days before today that are read again, and within which a missing day is looked for again [d].
AGAIN, LATE = 3, 60
#: Days ahead of today [d].
AHEAD = 7
#: Days that are read at a time.
AT_ONCE = 10


@dataclass(frozen=True)
class Known:
    """Weather of fields (of `KEPT`, day, field) from ``first`` on, today and `AHEAD` days the last.

    Rain of today is what fell so far, all else of today is completed by the forecast;
    ``rain_ahead`` (day, field) is what the forecast gives for the rest of today and tomorrow
    together, and for each day after that, NaN without a forecast [mm].
    """

    first: date
    fields: tuple[str, ...]
    values: Array
    rain_ahead: Array


def positions(conn: Connection, fields: Sequence[str]) -> tuple[Array, Array]:
    """Return latitude (NaN unknown) [degree] and whether indoors, of fields."""
    north = {v.id: v.latitude for v in registry.villages(conn)}
    known = {f.id: f for f in registry.fields(conn, own=True)}
    found = [north.get(known[f].village) for f in fields]
    latitude = np.array([np.nan if each is None else float(each) for each in found])
    return latitude, np.array([known[f].kind == "greenhouse" for f in fields], dtype=np.bool_)


def measured(
    conn: Connection, begins: Mapping[str, date], at: datetime
) -> tuple[FieldHours, dict[str, Days]]:
    """Return the closed days of fields, and keep them.

    Parameters
    ----------
    conn : Connection
    begins : mapping
        Local day from which each field's weather matters.
    at : datetime
        Now, aware.
    """
    today = local_day(at)
    hours = FieldHours(conn, QUANTITIES, begins)
    kept = {f: d for f, d in water.weather(conn).items() if f in begins}
    found = {f: _fitted(kept.get(f), begins[f], today) for f in begins}
    todo: dict[date, list[str]] = {}
    for name in hours.sites:
        todo.setdefault(_from(found[name], today, name in kept), []).append(name)
    for start, sites in todo.items():
        latitude, indoors = positions(conn, sites)
        for day in range((today - start).days)[::AT_ONCE]:
            begin = start + timedelta(days=day)
            end = min(begin + timedelta(days=AT_ONCE), today)
            read = hours.read(tuple(sites), midnight(begin), midnight(end))
            block = daily_weather(read, begin, latitude, indoors)
            for column, name in enumerate(sites):
                have = found[name]
                lead = (begin - have.first).days
                skip = max(-lead, 0)
                lead = max(lead, 0)
                part = block[:, skip:, column]
                _take_in(have.values[:, lead : lead + part.shape[1]], part, begin, today)
    water.put_weather(conn, found)
    return hours, found


def _take_in(have: Array, read: Array, begin: date, today: date) -> None:
    """Put days that were read in; what is known of days long past is not lost with their hours."""
    count = max((today - timedelta(days=AGAIN) - begin).days, 0)
    old = np.arange(have.shape[1]) < count
    have[:] = np.where(old & np.isnan(read), have, read)


def _persist(eto: Array, today: int) -> None:
    """Where no forecast tells the evapotranspiration of today and later, it goes on as it was."""
    before = eto[max(today - AGAIN, 0) : today]
    some = (~np.isnan(before)).sum(axis=0)
    mean = np.divide(
        np.nansum(before, axis=0), some, out=np.full(len(some), np.nan), where=some > 0
    )
    eto[today:] = np.where(np.isnan(eto[today:]), mean, eto[today:])


def _fitted(kept: Days | None, begin: date, today: date) -> Days:
    """Days from ``begin`` to before today, with what is kept of them."""
    values = np.full((len(KEPT), max((today - begin).days, 0)), np.nan)
    if kept is not None:
        lead = (kept.first - begin).days
        old = kept.values[:, max(-lead, 0) :]
        lead = max(lead, 0)
        old = old[:, : max(values.shape[1] - lead, 0)]
        values[:, lead : lead + old.shape[1]] = old
    return Days(begin, values)


def _from(days: Days, today: date, was_kept: bool) -> date:
    """The day from which hours are read again."""
    if not was_kept:
        return days.first
    missing = np.flatnonzero(np.isnan(days.values[:2]).any(axis=0))
    late = [d for d in missing if days.first + timedelta(days=int(d)) >= today - timedelta(LATE)]
    again = today - timedelta(days=AGAIN)
    first = min([again, *(days.first + timedelta(days=int(d)) for d in late[:1])])
    return max(first, days.first)


def known(
    conn: Connection, hours: FieldHours, days: Mapping[str, Days], first: date, at: datetime
) -> Known:
    """Join closed days, today and the days ahead of some fields.

    Parameters
    ----------
    conn : Connection
    hours : FieldHours
        Of these fields and maybe more.
    days : mapping
        Closed days of the fields.
    first : date
        Local day; earlier days are left out, days before a field's own are unknown.
    at : datetime
        Now, aware.
    """
    today, names = local_day(at), tuple(days)
    past, width = (today - first).days, len(names)
    values = np.full((len(KEPT), past + 1 + AHEAD, width), np.nan)
    for column, name in enumerate(names):
        have = days[name]
        lead = (have.first - first).days
        part = have.values[:, max(-lead, 0) :]
        values[:, max(lead, 0) : max(lead, 0) + part.shape[1], column] = part
    begin, end = midnight(today), midnight(today + timedelta(days=1 + AHEAD))
    fitted = [n for n in names if n in set(hours.sites)]
    column_of = {name: i for i, name in enumerate(names)}
    now: dict[str, Array] = {q: np.full((24 * (1 + AHEAD), width), np.nan) for q in QUANTITIES}
    fell = np.zeros(width)
    hour = at.replace(minute=0, second=0, microsecond=0)
    if fitted and hour > begin:
        read = hours.read(tuple(fitted), begin, hour)
        columns = [column_of[n] for n in fitted]
        for quantity in QUANTITIES:
            if quantity in read:
                now[quantity][: len(read[quantity]), columns] = read[quantity]
        fell = np.nansum(now["precipitation_amount"], axis=0)
    coming = np.full_like(now["precipitation_amount"], np.nan)
    told = forecasts.of_fields(conn, QUANTITIES, begin, end, at, names)
    if told is not None and told.sizes["site"] and told.sizes["time"]:
        rows = ((told["time"].values - stamp_of(begin)) / np.timedelta64(1, "h")).astype(int)
        keep = (rows >= 0) & (rows < len(coming))
        columns = [column_of[str(s)] for s in told["site"].values]
        for quantity in QUANTITIES:
            if quantity in told:
                given = now[quantity]
                put = np.full_like(given, np.nan)
                put[np.ix_(rows[keep], np.array(columns))] = told[quantity].values[keep]
                now[quantity] = np.where(np.isnan(given), put, given)
                if quantity == "precipitation_amount":
                    coming = put
    latitude, indoors = positions(conn, names)
    ahead = daily_weather(now, today, latitude, indoors)
    values[:, past:] = ahead
    _persist(values[0], past)
    values[1, past] = fell
    rest = int((hour - begin).total_seconds() // 3600)
    coming[:rest] = np.where(np.isnan(coming[:rest]), np.nan, 0.0)
    rain = coming.reshape(1 + AHEAD, 24, width)
    rain_days = np.where(np.isnan(rain).all(axis=1), np.nan, np.nansum(rain, axis=1))
    rain_days[1] += np.nan_to_num(rain_days[0])
    return Known(first, names, values, np.where(indoors, np.nan, rain_days[1:]))
