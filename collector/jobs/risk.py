"""The job that computes risk: the hours and seasons of all fields through the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import xarray as xr

from collector.jobs import forecasts, kept_states, neighbours
from collector.jobs.context import Context, Job
from collector.store import (
    ledger,
    readings,
    registry,
    risk,
    weather,
)
from collector.store.db import Connection
from field_configs.load import load
from firmware.wire.quantities import by_name
from models.crops.season import Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.hazard import Hazard
from models.risk.outlook import assess_ahead
from models.weather.local_days import local_day, midnight

# Rules that look back: the powdery mildew of wheat sown in October asks for August.
BEFORE_SOWING = timedelta(days=75)
# An hour with fewer of its samples counts as missing: half an hour's mean is near the hour's,
# while a sum lacks what was not counted.
LEAST_COMPLETENESS = {"mean": 0.5, "point": 0.1, "max": 0.8, "sum": 0.8}
WETNESS = "leaf_wetness_duration"


def current_seasons(conn: Connection) -> Seasons:
    """Return what is grown where, with observed stages, from the registry."""
    observed: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for seen in registry.stage_observations(conn):
        observed.setdefault((seen.field, seen.crop), []).append((seen.date, seen.bbch))
    crops = load(site=None).crops
    return Seasons(
        tuple(
            SiteSeason(
                site=s.field,
                crop=s.crop,
                sown=s.sown,
                resistance=s.resistance,
                previous_crop=s.previous_crop,
                observed=tuple(o for o in observed.get((s.field, s.crop), ()) if o[0] >= s.sown),
                ended=s.harvested,
            )
            for s in registry.seasons(conn)
            if s.crop in crops
        ),
        crops,
    )


def first_hour(seasons: Seasons, at: datetime) -> datetime:
    """Return the local midnight `BEFORE_SOWING` before the first sowing of what stands at `at`."""
    today = local_day(at)
    sown = [
        s.sown
        for s in seasons.seasons
        if s.sown <= today
        and (s.ended is None or s.ended >= today)
        and (today - s.sown).days <= seasons.crops[s.crop].longest_days
    ]
    first = min(sown, default=today - timedelta(days=30)) - BEFORE_SOWING
    return midnight(first)


def risk_dataset(
    conn: Connection,
    seasons: Seasons,
    hazards: Sequence[Hazard],
    at: datetime,
    start: datetime | None = None,
) -> xr.Dataset:
    """Return what the hazards need, from `start` on.

    Default: from before the sowing of the crops that stand at `at`. Hours with too few samples
    are missing in it.
    """
    read = {i.quantity for h in hazards for i in h.inputs}
    names = sorted(read | {"air_temperature", WETNESS})
    start = first_hour(seasons, at) if start is None else start
    end = at.replace(minute=0, second=0, microsecond=0)
    data = readings.hourly_dataset(conn, names, start, end)
    for name in names:
        enough = LEAST_COMPLETENESS[by_name(name).method]
        data[name] = data[name].where(data[f"{name}_completeness"] >= np.float32(enough))
    # without a sensor it is no input: the engine has its rule
    return data[[n for n in names if n != WETNESS or "wetness_measured" in data]]


@dataclass(frozen=True)
class Computed:
    """Statuses of the day that closed last and of the coming days, and what they rest on."""

    today: list[RiskStatus]
    coming: list[RiskStatus]
    forecast_issued: Mapping[str, datetime]
    told: list[weather.FieldWeather]
    ground: kept_states.Ground
    states: Mapping[date, bytes]


def compute_risk(conn: Connection, at: datetime) -> Computed:
    """Return the status of every hazard, crop and field for the local day that closed last.

    Where a forecast is known, also for the coming days. Goes on from a kept state that still
    holds, and gives the same bits as without one.
    """
    hazards = catalogue()
    models = tuple(hazards.values())
    seasons = current_seasons(conn)
    ground = kept_states.ground(conn, seasons, first_hour(seasons, at))
    state = kept_states.newest(conn, ground, seasons, models, at)
    start = state.fold.next_hour if state else None
    data = risk_dataset(conn, seasons, models, at, start)
    data, told = neighbours.with_neighbours(conn, data, {s.site for s in seasons.seasons}, at)
    if not data.sizes["site"] or not seasons.seasons:
        return Computed([], [], {}, told, ground, {})
    sites = [str(site) for site in data["site"].values]
    forecast = forecasts.forecast_of(conn, sites, list(map(str, data.data_vars)), at)
    hours = forecast.hours if forecast else None
    found = assess_ahead(data, hours, seasons, models, at, state)
    valid, county = ledger.validated(conn, hazards), ledger.county_of(conn)
    today, coming = (
        [
            replace(status, validated=(status.hazard, county[status.site]) in valid)
            for status in neighbours.marked(statuses, told, hazards)
        ]
        for statuses in (found.today, found.coming)
    )
    issued = forecast.issued if forecast else {}
    return Computed(today, coming, issued, told, ground, found.states)


def assess_risk(context: Context) -> str:
    """Compute and keep the risk of every hazard, crop and field, today's and the outlook."""
    with context.pool.connection() as conn:
        found = compute_risk(conn, context.now)
        new = risk.save_statuses(conn, found.today, context.now)
        ahead = weather.replace_outlook(conn, found.coming, found.forecast_issued, context.now)
        weather.replace_field_weather(conn, found.told)
        kept_states.keep(conn, found.ground, found.states, context.now)
    return f"{len(found.today)} statuses, {new} new" + (f", {ahead} of days ahead" if ahead else "")


JOBS = (Job("risk", timedelta(hours=1), assess_risk, timedelta(minutes=10), after="roll_up"),)
