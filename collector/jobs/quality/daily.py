"""The daily look at drift and at sensors that hardly move, with items and their evidence.

Items close by themselves when the trouble is over, or when another device took the place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from collector.jobs.context import Context, Job
from collector.jobs.quality import dew
from collector.jobs.quality.hourly import BY, Judged, keep
from collector.jobs.quality.hours import HOUR_S, Measured, QualityHours
from collector.store import items
from collector.store.items import Found
from collector.store.measured import departures
from collector.store.measured.departures import Departures
from collector.store.measured.readings import Series
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from models.weather.consistency import swings_at_odds
from models.weather.dataset import Array
from models.weather.drifting import DAYS, LEAST_DRIFT, Drift, drift, stands
from models.weather.local_days import local_day, midnight
from models.weather.nearby import around
from models.weather.quality import AT_ODDS, DRIFT

#: A day with fewer hours at both a sensor and its neighbours tells nothing; unverified.
LEAST_HOURS = 12
#: So many neighbours are named with an item.
NAMED = 4
KINDS = ("sensor_drifts", "sensor_stands", *dew.KINDS)
AIR, SOIL = "air_temperature", "soil_temperature"
A_DAY = timedelta(days=1)

Served = Mapping[int, tuple[datetime | None, str]]


def _median(values: Array) -> Array:
    enough = np.isfinite(values).sum(axis=0) >= LEAST_HOURS
    found = np.full(values.shape[1], np.nan)
    if enough.any():
        found[enough] = np.nanmedian(values[:, enough], axis=0)
    return found


def _swing(values: Array) -> Array:
    enough = np.isfinite(values).sum(axis=0) >= LEAST_HOURS
    found = np.full(values.shape[1], np.nan)
    if enough.any():
        found[enough] = np.nanmax(values[:, enough], axis=0) - np.nanmin(values[:, enough], axis=0)
    return found


def _past(
    rows: NDArray[np.void], series: list[Series], day: date, served: Served
) -> dict[str, Array]:
    """Days of series (day, series), the last of them the one before `day`, since they serve."""
    last = (day - date(1970, 1, 1)).days
    ids = np.array([each.id for each in series], np.int64)
    column = np.full(max(int(ids.max()), int(rows["series"].max(initial=0))) + 1, -1, np.intp)
    column[ids] = np.arange(len(ids))
    at, age = column[rows["series"]], rows["day"] - (last - DAYS + 1)
    since = [served.get(each.id, (None, ""))[0] for each in series]
    begun = np.array([-1 if s is None else (local_day(s) - date(1970, 1, 1)).days for s in since])
    good = (at >= 0) & (age >= 0) & (rows["day"] > begun[at])
    found = {}
    for name in ("departure", "own", "near"):
        found[name] = np.full((DAYS, len(series)), np.nan)
        found[name][age[good], at[good]] = rows[name][good]
    return found


def _since(departure: Array, found: Drift, column: int, day: date) -> date:
    """The first day of those without a break on which a sensor was away from where it is usual."""
    limit = np.abs(found.recent[column] - found.usual[column]) / 2
    away = np.abs(departure[:, column] - found.usual[column]) > limit
    back = next((i for i, far in enumerate(away[::-1]) if not far), len(away))
    return day - timedelta(days=max(back - 1, 0))


def _named(measured: Measured, column: int, middle: Array) -> str:
    """The nearest neighbours among our own with the medians of their day."""
    near = [int(i) for i in measured.near[column] if i < len(measured.series)]
    said = [i for i in near if np.isfinite(middle[i])][:NAMED]
    return ", ".join(f"{measured.series[i].placement} {middle[i]:.4g}" for i in said)


def _look_at(
    conn: Connection,
    hours: QualityHours,
    quantity: str,
    day: date,
    rows: NDArray[np.void],
    served: Served,
) -> Iterator[Found | Judged]:
    """Keep a day of a quantity and tell what is wrong."""
    start = midnight(day)
    measured = hours.measured(quantity, start, start + A_DAY)
    series = list(measured.series)
    count = len(series)
    if not count:
        return
    theirs = around(measured.values, measured.near)
    apart = _median(measured.own - theirs.middle[:, :count])
    own, swings = _swing(measured.own), _swing(measured.values)
    near = around(swings[None, :], measured.near).middle[0, :count]
    past = _past(rows, series, day, served)
    past["departure"][-1], past["own"][-1], past["near"][-1] = apart, own, near
    found = drift(quantity, past["departure"])
    still = stands(quantity, past["own"], past["near"])
    told = np.isfinite(apart) & np.isfinite(own) & np.isfinite(near)
    ids = measured.ids
    departures.put(
        conn,
        day,
        Departures(ids[told], apart[told], found.usual[told], own[told], near[told]),
    )
    middle = _median(measured.values)
    for column in np.flatnonzero(found.drifts | still).tolist():
        each, node = series[column], served.get(series[column].id, (None, "?"))[1]
        told_by = node if node != "?" else None
        named = _named(measured, column, middle)
        if found.drifts[column]:
            said = event(
                "sensor_drifts",
                placement=each.placement,
                node=node,
                quantity=quantity,
                day=day.isoformat(),
                value=round(float(middle[column]), 3),
                neighbours=named,
                apart=round(float(found.recent[column]), 3),
                usual=round(float(found.usual[column]), 3),
                since=_since(past["departure"], found, column, day).isoformat(),
            )
            yield Found(said, each.placement, told_by)
        if still[column]:
            said = event(
                "sensor_stands",
                placement=each.placement,
                node=node,
                quantity=quantity,
                day=day.isoformat(),
                swing=round(float(own[column]), 3),
                around=round(float(near[column]), 3),
                neighbours=named,
            )
            yield Found(said, each.placement, told_by)
    doubt = np.isfinite(measured.own) & found.drifts
    evidence: list[dict[str, object]] = [
        {
            "rule": "drift",
            "apart": round(float(found.recent[column]), 3),
            "usual": round(float(found.usual[column]), 3),
        }
        for _, column in np.argwhere(doubt)
    ]
    yield Judged(measured, DRIFT, doubt, np.isfinite(measured.own), evidence)


def _swings(hours: QualityHours, day: date) -> Iterator[Judged]:
    """Judge how far soil swung on a day by the air of its field, or of its village."""
    soil = [each for each in hours.of(SOIL) if each.height_m is not None and each.height_m < 0]
    air = hours.of(AIR)
    if not soil or not air:
        return
    start = midnight(day)
    values, over = (hours.values(part, start, start + A_DAY) for part in (soil, air))
    by_field = {each.field: column for column, each in reversed(list(enumerate(air)))}
    by_village = {
        hours.villages.get(each.field, ""): column
        for column, each in reversed(list(enumerate(air)))
        if each.field in hours.positions
    }
    theirs = np.full(values.shape, np.nan)
    for column, each in enumerate(soil):
        there = by_field.get(each.field)
        if there is None and each.field in hours.positions:
            there = by_village.get(hours.villages.get(each.field, ""))
        if there is not None:
            theirs[:, column] = over[:, there]
    depth = np.array([-(each.height_m or 0.0) for each in soil])
    flags = swings_at_odds(values, theirs, depth)
    swing, most = (part.max(axis=0) - part.min(axis=0) for part in (values, theirs))
    evidence: list[dict[str, object]] = [
        {
            "rule": "swings",
            "swing": round(float(swing[column]), 3),
            "air": round(float(most[column]), 3),
        }
        for _, column in np.argwhere(flags)
    ]
    measured = Measured(soil, values, np.empty((0, 0), np.intp), int(start.timestamp()) // HOUR_S)
    yield Judged(measured, AT_ODDS, flags, np.isfinite(values), evidence)


def look(conn: Connection, day: date, at: datetime) -> list[Found]:
    """Judge a local day that is over; the caller commits.

    Returns
    -------
    list of Found
        Sensors that drift, such that hardly move, humidity whose dew point is unlike.
    """
    hours = QualityHours(conn, sorted({*LEAST_DRIFT, AIR, SOIL, dew.HUMIDITY}))
    served = departures.served_since(conn)
    rows = departures.days(conn, day - (DAYS - 1) * A_DAY, day)
    wrong: list[Found] = []
    for quantity in LEAST_DRIFT:
        for one in _look_at(conn, hours, quantity, day, rows, served):
            if isinstance(one, Found):
                wrong.append(one)
            else:
                keep(conn, [one], at, BY)
    keep(conn, _swings(hours, day), at, BY)
    points = dew.dew_of(hours, midnight(day) - A_DAY, midnight(day) + A_DAY)
    if points is not None:
        wrong += dew.told(points, served, day.isoformat())
    for kind in KINDS:
        still = [one.subject for one in wrong if one.event.kind == kind]
        items.close_others(conn, kind, still, at)
    items.raise_items(conn, wrong, at)
    departures.forget(conn, day - 2 * DAYS * A_DAY)
    return wrong


def look_at_day(context: Context) -> Event:
    """Judge yesterday, local time."""
    day = local_day(context.now) - A_DAY
    with context.pool.connection() as conn:
        wrong = look(conn, day, context.now)
    drifting, still = (sum(one.event.kind == kind for one in wrong) for kind in KINDS[:2])
    humid = len(wrong) - drifting - still
    return event("drift_looked_at", drifting=drifting, still=still, humid=humid)


# At four in the morning, local time: what nodes kept over a bad evening has come.
JOBS = (Job("drift", A_DAY, look_at_day, delay=timedelta(hours=20)),)
