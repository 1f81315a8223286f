"""The hourly look at readings beside those of other series: doubts are set and lifted.

A doubt stands as a quality bit with who (this job and its version), when and on what evidence;
nothing is taken out of use by it. Hours of the last day are judged again each time, so that what
came late is judged and a doubt that was none any longer is lifted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from collector.given import pieces
from collector.jobs.context import Context, Job
from collector.jobs.quality.dew import dew_of
from collector.jobs.quality.hours import HOUR_S, Measured, QualityHours
from collector.jobs.quality.soil import ground_of
from collector.store.measured import departures, qc_decisions
from collector.store.measured.qc_decisions import FOUND
from collector.store.network import limits
from collector.store.network.limits import Limits
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from firmware.wire.quantities import by_name
from models.weather.consistency import (
    APART,
    DAY_H,
    moisture_at_odds,
    rain_unlike,
    rises_dry,
    unlike,
)
from models.weather.local_days import local_day
from models.weather.nearby import Around, around
from models.weather.quality import AT_ODDS, UNLIKE_NEIGHBOURS

#: Who decides; raise the number with every change of what is found.
BY = "job quality/2"
RAIN, MOISTURE = "precipitation_amount", "soil_moisture"
QUANTITIES = (*APART, RAIN, MOISTURE, "soil_temperature", "water_volume")
JUDGED = timedelta(hours=DAY_H)
#: What is read before the hours that are judged: sums and rises look back for a day.
BEFORE = timedelta(hours=DAY_H + 1)

Flags = NDArray[np.bool_]


@dataclass
class Judged:
    """What was found of a quantity: (hour, series) of the hours that are judged."""

    measured: Measured
    bit: int
    found: Flags
    told: Flags
    evidence: list[dict[str, object]] = field(default_factory=list)


def _round(value: float) -> float:
    return round(float(value), 3)


def _beside(measured: Measured, theirs: Around, found: Flags, rule: str) -> list[dict[str, object]]:
    """What is kept of each hour in doubt: the value, and what its neighbours said."""
    skipped = len(measured.values) - len(found)
    return [
        {
            "rule": rule,
            "value": _round(measured.values[hour + skipped, column]),
            "around": _round(theirs.middle[hour + skipped, column]),
            "spread": _round(theirs.spread[hour + skipped, column]),
            "neighbours": int(theirs.count[hour + skipped, column]),
        }
        for hour, column in np.argwhere(found)
    ]


def own_limits(conn: Connection, at: datetime) -> dict[int, Limits]:
    """Return the limits of series that have their own just before a time."""
    given = [(one.series, one.since, one.until, one.limits) for one in limits.counting(conn)]
    return {
        series: own
        for series, since, until, own in pieces(given)
        if since < at.timestamp() <= until
    }


def _neighbours(conn: Connection, hours: QualityHours, end: datetime) -> Iterator[Judged]:
    """Judge each quantity by its neighbours."""
    usual = departures.usual(conn, local_day(end))
    given = {name: own.apart for name, own in own_limits(conn, end).items() if own.apart}
    judged = int(JUDGED.total_seconds()) // HOUR_S
    for quantity, apart in (*APART.items(), (RAIN, 0.0)):
        measured = hours.measured(quantity, end - JUDGED - BEFORE, end)
        count = len(measured.series)
        if not count:
            continue
        theirs = around(measured.values, measured.near)
        own = Around(theirs.middle[:, :count], theirs.spread[:, :count], theirs.count[:, :count])
        if quantity == RAIN:
            flags, rule = rain_unlike(measured.own, own), "rain unlike"
        else:
            may = np.array([given.get(each.id, apart) for each in measured.series])
            # However long a sensor is wrong, it does not become usual.
            used = np.array([usual.get(each.id, 0.0) for each in measured.series])
            flags = unlike(measured.own, own, np.clip(used, -may, may), may)
            rule = "unlike"
        flags = flags[-judged:]
        told = np.isfinite(measured.own[-judged:])
        evidence = _beside(measured, own, flags, rule)
        yield Judged(measured, UNLIKE_NEIGHBOURS, flags, told, evidence)


def _soil(hours: QualityHours, end: datetime) -> Iterator[Judged]:
    """Judge soil moisture by rain, watering and the temperature there."""
    series = hours.of(MOISTURE)
    if not series:
        return
    start = end - JUDGED - BEFORE
    values = hours.values(series, start, end)
    own = own_limits(hours.conn, end)
    most = {name: limit.high for name, limit in own.items() if limit.high is not None}
    ground = ground_of(hours, series, start, end, most)
    judged = int(JUDGED.total_seconds()) // HOUR_S
    flags = moisture_at_odds(values, ground)[-judged:]
    dry = rises_dry(values, ground)[-judged:]
    measured = Measured(series, values, np.empty((0, 0), np.intp), int(start.timestamp()) // HOUR_S)
    skipped = len(values) - judged
    evidence: list[dict[str, object]] = [
        {
            "rule": "rises dry"
            if dry[hour, column]
            else "above pores"
            if values[hour + skipped, column] > ground.most_water[column]
            else "frozen",
            "value": _round(values[hour + skipped, column]),
            "day_before": _json_number(values[hour + skipped - DAY_H, column]),
            "soil_temperature": _json_number(ground.temperature[hour + skipped, column]),
        }
        for hour, column in np.argwhere(flags)
    ]
    yield Judged(measured, AT_ODDS, flags, np.isfinite(values[-judged:]), evidence)


def _dew_points(hours: QualityHours, end: datetime) -> Iterator[Judged]:
    """Judge humidity by the dew points around it."""
    dew = dew_of(hours, end - JUDGED - BEFORE, end)
    if dew is not None:
        judged = int(JUDGED.total_seconds()) // HOUR_S
        told = np.isfinite(dew.measured.own[-judged:])
        yield Judged(dew.measured, AT_ODDS, dew.doubts[-judged:], told, dew.evidence(judged))


def _json_number(value: float) -> float | None:
    return _round(value) if np.isfinite(value) else None


def keep(conn: Connection, judged: Iterable[Judged], at: datetime, by: str) -> tuple[int, int]:
    """Set and lift what changed; return how many spans were decided on, and hours now in doubt."""
    decided = doubtful = 0
    for one in judged:
        hours, ids = len(one.found), one.measured.ids
        first = one.measured.first + len(one.measured.values) - hours
        stands = np.zeros(one.found.shape, bool)
        column = np.full(int(ids.max()) + 1, -1, np.intp)
        column[ids] = np.arange(len(ids))
        start, end = _moment(first), _moment(first + hours)
        for series, hour, qc in qc_decisions.standing(conn, ids.tolist(), start, end):
            stands[hour - first, column[series]] = bool(qc & one.bit)
        new, gone = one.found & ~stands, stands & ~one.found & one.told
        doubtful += int(one.found.sum())
        place = {(int(h), int(c)): i for i, (h, c) in enumerate(np.argwhere(one.found))}
        changed = np.argwhere(new | gone)
        if not len(changed):
            continue
        rows = np.empty(len(changed), FOUND)
        rows["series"], rows["hour"] = ids[changed[:, 1]], first + changed[:, 0]
        rows["bit"], rows["stands"] = one.bit, new[changed[:, 0], changed[:, 1]]
        order = np.lexsort((rows["hour"], rows["stands"], rows["series"]))
        told = [
            json.dumps(one.evidence[place[hour, c]] if (hour, c) in place else {})
            for hour, c in changed[order].tolist()
        ]
        quantity = one.measured.series[0].quantity
        sums = np.full(len(rows), by_name(quantity).method == "sum")
        decided += qc_decisions.put_found(conn, rows[order], told, sums, by=by, at=at)
    return decided, doubtful


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * HOUR_S, UTC)


def look(conn: Connection, end: datetime, at: datetime) -> tuple[int, int]:
    """Judge the hours of the day before `end`, a full hour; the caller commits.

    Returns
    -------
    tuple of int
        Spans that were decided on, and hours that are in doubt now.
    """
    hours = QualityHours(conn, sorted(set(QUANTITIES)))
    found = [*_neighbours(conn, hours, end), *_soil(hours, end), *_dew_points(hours, end)]
    return keep(conn, found, at, BY)


def look_at_hours(context: Context) -> Event:
    """Judge the hours of the last day by those of other series."""
    end = context.now.replace(minute=0, second=0, microsecond=0)
    with context.pool.connection() as conn:
        decided, doubtful = look(conn, end, context.now)
    return event("quality_looked_at", decided=decided, doubtful=doubtful)


# Ten minutes past: the last roll-up before has taken what came in time.
JOBS = (
    Job("quality", timedelta(hours=1), look_at_hours, delay=timedelta(minutes=10), after="roll_up"),
)
