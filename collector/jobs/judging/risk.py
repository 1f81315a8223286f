"""The job that computes risk: the hours and seasons of all fields through the engine.

It walks from day to day (`collector.jobs.judging.walk`). A field joins on the morning of its newest
kept state that still holds, or on the day from which its season's weather matters; from then on it
is computed together with the others. Only the hours of a few days are in memory at a time, and what
is said is made while it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from collector.jobs.context import Context, Job
from collector.jobs.judging import forecasts
from collector.jobs.judging.field_counts import lapsed
from collector.jobs.judging.field_hours import WETNESS, FieldHours
from collector.jobs.judging.keeping import Keeping
from collector.jobs.judging.kept_states import KeptStates
from collector.jobs.judging.neighbours import weighed
from collector.jobs.judging.walk import Walk, beginnings
from collector.store.advice import ledger, risk, works
from collector.store.advice import outlook as outlook_store
from collector.store.measured import field_weather
from collector.store.measured.field_weather import FieldWeather
from collector.store.network import registry
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from field_configs.load import load
from models.crops.season import Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.answers import Closed, RiskStatus, ages_at, records
from models.risk.fold import Fold
from models.risk.hazard import Hazard
from models.risk.judge import Result
from models.risk.outlook import ahead
from models.risk.state import morning_of
from models.weather.local_days import local_day, midnight

# Rules that look back: the powdery mildew of wheat sown in October asks for August.
BEFORE_SOWING = timedelta(days=75)
#: Fields whose coming days are computed at a time.
TOGETHER = 500
Note = Callable[[Fold, list[Result]], None]


def current_seasons(conn: Connection) -> Seasons:
    """Return what is grown where, with observed stages and recorded sprays."""
    observed: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for seen in registry.stage_observations(conn):
        observed.setdefault((seen.field, seen.crop), []).append((seen.date, seen.bbch))
    sprays: dict[str, list[date]] = {}
    for work in works.recorded(conn):
        if work.kind == "spray":
            sprays.setdefault(work.field, []).append(work.date)
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
                sprays=tuple(
                    day
                    for day in sprays.get(s.field, ())
                    if s.sown <= day and (s.harvested is None or day <= s.harvested)
                ),
            )
            for s in registry.seasons(conn)
            if s.crop in crops
        ),
        crops,
    )


def first_days(seasons: Seasons, at: datetime) -> dict[str, date]:
    """Return the local day on which each field's computation begins.

    That is the first of the month in which `BEFORE_SOWING` before the first sowing of what stands
    lies: most fields then begin together, and whole months are there for rules that ask for them.
    A field on which nothing stands begins as if it had been sown a month ago.
    """
    today = local_day(at)
    sown: dict[str, date] = {s.site: today - timedelta(days=30) for s in seasons.seasons}
    standing: dict[str, date] = {}
    for s in seasons.seasons:
        over = s.ended is not None and s.ended < today
        longest = seasons.crops[s.crop].longest_days
        if s.sown <= today and not over and (today - s.sown).days <= longest:
            standing[s.site] = min(s.sown, standing.get(s.site, s.sown))
    return {site: (day - BEFORE_SOWING).replace(day=1) for site, day in (sown | standing).items()}


def quantities_of(hazards: Mapping[str, Hazard]) -> set[str]:
    """Return what the hazards read, with what stands in for it where it is measured."""
    return {i.quantity for h in hazards.values() for i in h.inputs} | {"air_temperature", WETNESS}


@dataclass(frozen=True)
class Computed:
    """What there is to say, computed while it is iterated over: each of both once.

    `today` are the statuses of the local day that closed last, `coming` those of coming days,
    from forecasts made at `forecast_issued`; `origins` tell what fields take from stations.
    """

    today: Iterator[RiskStatus]
    coming: Iterator[RiskStatus]
    forecast_issued: Mapping[str, datetime]
    origins: list[FieldWeather]


def compute_risk(
    conn: Connection, at: datetime, kept: bool = True, note: Note | None = None
) -> Computed:
    """Return the status of every hazard, crop and field, of the day that closed last and ahead.

    Goes on from kept states and keeps new ones; the bits are those of a computation without any.

    Parameters
    ----------
    conn : Connection
    at : datetime
        Now, aware.
    kept : bool
        False: compute everything from the beginning, and keep nothing.
    note : callable, optional
        Told the results of each day that is computed anew.
    """
    hazards = catalogue()
    models = tuple(hazards.values())
    seasons = current_seasons(conn)
    begins = first_days(seasons, at)
    counted_from = min(begins.values(), default=None)
    hours = FieldHours(conn, quantities_of(hazards), begins, counted_from)
    states = KeptStates(conn, hours, seasons, models, begins, at) if kept else None
    walk = Walk(hours, seasons, models, states, note)
    starts = states.starts() if states else beginnings(hours.sites, begins)
    over = walk.to(local_day(at), starts)
    if states:
        states.tidy()
    return _said(conn, walk, *over, at) if over else Computed(iter(()), iter(()), {}, [])


def _said(
    conn: Connection, walk: Walk, fold: Fold, results: list[Result], at: datetime
) -> Computed:
    """What is said of the day that closed last, and of the coming ones."""
    end = at.replace(minute=0, second=0, microsecond=0)
    later = walk.hours.dataset(midnight(fold.day), end, fold.sites)
    ages = lapsed(ages_at(fold, at, later))
    origins = walk.hours.origins(fold.sites, end, at)
    origin = {(row.site, row.quantity): row.origin for row in origins}
    hazards = {hazard.id: hazard for hazard in walk.hazards}
    valid, county = ledger.validated(conn, hazards), ledger.county_of(conn)

    def marked(statuses: Iterable[RiskStatus]) -> Iterator[RiskStatus]:
        for status in weighed(statuses, origin, hazards):
            shown = (status.hazard, county[status.site]) in valid
            yield replace(status, validated=True) if shown else status

    today = (s for result in results for s in records(fold, result, ages, frozenset()))
    known = forecasts.known(conn, fold.quantities, at)
    if known is None:
        return Computed(marked(today), iter(()), {}, origins)

    def coming() -> Iterator[RiskStatus]:
        for first in range(0, len(fold.sites), TOGETHER):
            some = slice(first, first + TOGETHER)
            part = walk.resumed(
                fold.sites[some], fold.day, [morning_of(fold, some.start, some.stop)]
            )
            over = Closed(part, [], later.isel(site=some))
            own = {q: age[some] for q, age in ages.items()}
            yield from ahead(over, known.of(part.sites), at, own)

    return Computed(marked(today), marked(coming()), known.issued(fold.sites), origins)


def assess_risk(context: Context) -> Event:
    """Compute and keep the risk of every hazard, crop and field, today's and the outlook."""
    with context.pool.connection() as conn:
        keeping = Keeping(conn, catalogue(), context.now)
        found = compute_risk(conn, context.now, note=keeping.note)
        said, new = risk.save_statuses(conn, found.today, context.now)
        coming = outlook_store.replace_outlook(
            conn, keeping.noted(found.coming), found.forecast_issued, context.now
        )
        keeping.keep(found.forecast_issued)
        field_weather.replace_field_weather(conn, found.origins)
    return event("risk_computed", statuses=said, new=new, ahead=coming)


JOBS = (Job("risk", timedelta(hours=1), assess_risk, timedelta(minutes=10), after="roll_up"),)
