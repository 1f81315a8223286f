"""The job that sets outlooks of the weather, as they were issued, against what came.

What came at a place is, in this order: what nodes of open fields measured there (of a village the
mean of its fields); what a station of the same name measured; what is nearest within `NEAR_KM`; an
analysis of the archive of a service, which is told apart, since it is made of the same models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from itertools import groupby

import numpy as np
import xarray as xr

from collector.jobs.context import Context, Job
from collector.providers.taking import ANALYSIS
from collector.store.advice import outlook_skill
from collector.store.measured import readings, weather
from collector.store.network import registry
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from models.skill.outlooks import QUANTITIES, Account, Measured, OutlookRow
from models.skill.weeks import CLIMATE_WEEKS
from models.weather.dataset import Array
from models.weather.distances import distances_km, plane_km

#: Outlooks of so many days back are judged.
SPAN = timedelta(days=90)
#: What is measured so near a place is taken for it [km]; unverified.
NEAR_KM = 10.0
MEASURED, ANALYSED = "measured", "analysed"
Position = tuple[float, float]


@dataclass(frozen=True)
class _Site:
    name: str
    position: Position
    values: Measured

    @property
    def truth(self) -> str:
        return ANALYSED if self.name.endswith(ANALYSIS) else MEASURED


def judge(conn: Connection, now: datetime) -> list[OutlookRow]:
    """Return the account of the outlooks for the last days that are over.

    Parameters
    ----------
    conn : Connection
    now : datetime
        Aware.
    """
    end = now.replace(minute=0, second=0, microsecond=0)
    start = end - SPAN
    places = outlook_skill.judged_places(conn, QUANTITIES)
    account = Account()
    for quantity in QUANTITIES if places else ():
        sites = _sites(conn, quantity, start - timedelta(weeks=CLIMATE_WEEKS), end)
        for name, position in places.items():
            site = _nearest(sites, name, position)
            if site is None:
                continue
            given = outlook_skill.as_issued(conn, name, [quantity], start, end)
            for source, some in groupby(given, key=lambda each: each.source):
                leads = list(some)
                same = reduce(np.intersect1d, (each.hours for each in leads))
                key = source, quantity, site.truth
                for each in leads:
                    account.add(key, each.lead, each.hours, each.values, site.values, same)
    return account.rows()


def _sites(conn: Connection, quantity: str, start: datetime, end: datetime) -> dict[str, _Site]:
    """Return what was measured of a quantity: at villages, their fields, and stations."""
    found: dict[str, _Site] = {}
    others = weather.observed_dataset(conn, [quantity], start, end)
    if others is not None:
        found |= _of(others, quantity, _positions(others))
    villages = {v.id: place for v in registry.villages(conn) if (place := v.place) is not None}
    placed = {p.field for p in registry.placements(conn) if p.quantity == quantity}
    village_of = {
        f.id: f.village
        for f in registry.fields(conn)
        if f.kind == "open" and f.id in placed and f.village in villages
    }
    if village_of:
        data = readings.hourly_dataset(conn, [quantity], start, end, sorted(village_of))
        fields = _of(data, quantity, {f: villages[v] for f, v in village_of.items()})
        found |= fields
        for village in set(village_of.values()):
            mine = [s.values for f, s in fields.items() if village_of[f] == village]
            if mine:
                together = Measured(mine[0].first, _mean(np.stack([m.values for m in mine])))
                found[village] = _Site(village, villages[village], together)
    return found


def _mean(values: Array) -> Array:
    count = (~np.isnan(values)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = np.where(count, np.nansum(values, axis=0) / count, np.nan)
    return found


def _positions(data: xr.Dataset) -> dict[str, Position]:
    where = zip(data["longitude"].values.tolist(), data["latitude"].values.tolist(), strict=True)
    return dict(zip(map(str, data["site"].values), where, strict=True))


def _of(data: xr.Dataset, quantity: str, where: Mapping[str, Position]) -> dict[str, _Site]:
    if not data.sizes["time"]:
        return {}
    hours = data["time"].values.astype("datetime64[h]").astype(np.int64)
    values = data[quantity].transpose("site", "time").values
    return {
        name: _Site(name, where[name], Measured(int(hours[0]), values[i]))
        for i, name in enumerate(map(str, data["site"].values))
        if name in where and not np.isnan(values[i]).all()
    }


def _nearest(sites: Mapping[str, _Site], name: str, position: Position) -> _Site | None:
    if name in sites:
        return sites[name]
    for truth in (MEASURED, ANALYSED):
        some = [site for site in sites.values() if site.truth == truth]
        if some:
            plane = plane_km(*np.array([position, *(site.position for site in some)]).T)
            far = distances_km(plane[:1], plane[1:])[0]
            if far.min() <= NEAR_KM:
                return some[int(far.argmin())]
    return None


def judge_outlooks(context: Context) -> Event:
    """Judge outlooks and keep the account."""
    with context.pool.connection() as conn:
        rows = judge(conn, context.now)
        outlook_skill.replace_rows(conn, rows, context.now)
    return event("outlooks_judged", rows=len(rows), pairs=sum(row.pairs for row in rows))


JOBS = (Job("outlook_skill", timedelta(days=1), judge_outlooks, delay=timedelta(hours=19)),)
