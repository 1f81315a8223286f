"""From a service of weather into the store: which places, in what steps, and what is kept.

Places that forecasts are given for already are asked for, and the townships of fields whose
villages have a position: a grid of the models behind a service is coarser than a township. Each
request is kept on its own as a delivery, so that what came before a limit or a failure stays, and
who asks again goes on behind it. Everything passes the same judgement as a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collector.files.given import Given
from collector.files.judging import within_limits
from collector.files.places import known_places
from collector.files.table import HOUR_S, Rows, Table
from collector.files.weather import keep
from collector.providers.provider import Point, Provider, ProviderError
from collector.store.advice import ledger
from collector.store.measured import weather_fetch
from collector.store.measured.weather import Kind
from collector.store.measured.weather_fetch import FAILED, OK, WAITS, Fetch
from collector.store.network import registry
from collector.store.postgres.db import Connection, Pool
from models.exchange.open_meteo import VARIABLES, Answer
from models.sheets.refused import Refusals, SheetError
from models.sheets.units import stated

#: How often a place is asked for: the global models behind a service are run every six hours,
#: some every three.
EVERY = timedelta(hours=3)
#: A limit that is over so soon is waited for [s], so many times in one go.
SOON_S, PAUSES = 120.0, 3
#: After a failure without a word of when: doubled each time, up to `EVERY`.
AGAIN = timedelta(minutes=10)
#: Once more within a request's turn, after so long [s].
RETRY_S = 2.0
#: What is analysed stands at places of its own: nobody measured it.
ANALYSIS = " (analysis)"
QUANTITIES = tuple(variable.quantity for variable in VARIABLES)


@dataclass
class Taken:
    """What came of asking: places that answered, what was new, what was refused, what failed."""

    places: int = 0
    new: int = 0
    corrected: int = 0
    refused: int = 0
    error: ProviderError | None = None


def points(conn: Connection) -> list[Point]:
    """Return the places to ask for, by name."""
    found = weather_fetch.asked_places(conn)
    villages = {v.id: v for v in registry.villages(conn)}
    members: dict[str, dict[str, tuple[float, float]]] = {}
    for field in registry.fields(conn):
        village = villages.get(field.village)
        if village is not None and village.place is not None and village.township:
            members.setdefault(village.township, {})[village.id] = village.place
    for township, places in members.items():
        where = list(places.values())
        east, north = (sum(each[axis] for each in where) / len(where) for axis in (0, 1))
        found.setdefault(f"township {township}", (round(east, 4), round(north, 4)))
    return [Point(name, *found[name]) for name in sorted(found)]


def wanted(conn: Connection, provider: str, now: datetime) -> bool:
    """Tell whether a service may and should be asked now."""
    last = weather_fetch.latest(conn, provider)
    return not last or now >= last[0].not_before or now < last[0].asked


def take_forecasts(
    pool: Pool, provider: Provider, now: datetime, pause: Callable[[float], object]
) -> Taken:
    """Ask for the coming days of all places that were not told lately, and note what came of it.

    Parameters
    ----------
    pool : Pool
    provider : Provider
    now : datetime
        Aware; the time of issue, since an answer does not tell when its models were run.
    pause : callable
        Waits so many seconds.
    """
    with pool.connection() as conn:
        told = weather_fetch.told_places(conn, provider.name, now - EVERY, now)
        asked = [point for point in points(conn) if point.name not in told]
    given = Given("forecast", provider.name, now)
    taken = _in_steps(pool, provider, asked, provider.forecast, given, pause)
    with pool.connection() as conn:
        weather_fetch.put(conn, _fetch(conn, provider.name, taken, now))
    return taken


def take_archive(
    pool: Pool,
    provider: Provider,
    span: tuple[date, date],
    now: datetime,
    pause: Callable[[float], object],
) -> Taken:
    """Ask for the analysed weather of past days, both included, at all places.

    What is told anew differently takes the place of what was told before, which is kept.
    """
    with pool.connection() as conn:
        asked = [p._replace(name=p.name + ANALYSIS) for p in points(conn)]
    given = Given("observed", f"{provider.name} archive", now)
    return _in_steps(
        pool, provider, asked, lambda some: provider.archive(some, *span), given, pause
    )


def _fetch(conn: Connection, provider: str, taken: Taken, now: datetime) -> Fetch:
    error = taken.error
    if error is None:
        outcome, after = OK, EVERY
    elif error.wait_s is not None:
        outcome, after = WAITS, timedelta(seconds=min(error.wait_s, 86_400.0))
    else:
        failed = 0
        for each in weather_fetch.latest(conn, provider, 8):
            if each.outcome != FAILED:
                break
            failed += 1
        outcome, after = FAILED, min(AGAIN * 2**failed, EVERY)
    why = None if error is None else error.event
    return Fetch(provider, now, outcome, taken.places, taken.new, taken.refused, now + after, why)


def _in_steps(
    pool: Pool,
    provider: Provider,
    asked: Sequence[Point],
    ask: Callable[[Sequence[Point]], Answer],
    given: Given,
    pause: Callable[[float], object],
) -> Taken:
    taken, waiting, pauses = Taken(), list(asked), 0
    size = provider.most_places
    while waiting:
        some = waiting[:size]
        try:
            answer = _asked(ask, some, pause)
        except ProviderError as error:
            if error.wait_s is not None and error.wait_s <= SOON_S and pauses < PAUSES:
                pauses += 1
                pause(error.wait_s)
                continue
            if error.names and len(some) > 1:
                size = max(1, len(some) // 2)  # until the place that they refuse stands alone
                continue
            taken.error = error
            if not error.names:
                return taken
            taken.refused += 1
            waiting = waiting[1:]
            continue
        waiting = waiting[len(some) :]
        with pool.connection() as conn:
            _keep(conn, some, answer, given, taken)
    return taken


def _asked(
    ask: Callable[[Sequence[Point]], Answer],
    some: Sequence[Point],
    pause: Callable[[float], object],
) -> Answer:
    """Ask, and once more where nothing was said of waiting and the request is not to blame."""
    try:
        return ask(some)
    except ProviderError as error:
        if error.wait_s is not None or error.names:
            raise
    pause(RETRY_S)
    return ask(some)


def _keep(
    conn: Connection, some: Sequence[Point], answer: Answer, given: Given, taken: Taken
) -> None:
    refusals = Refusals(f"{given.source} {given.now:%Y-%m-%dT%H:%MZ}")
    for where, why in answer.faults:
        refusals.add(where, why)
    taken.places += len(answer.places)
    before = frozenset(known_places(conn).known) | {point.name for point in some}
    table = _table(some, answer, given)
    try:
        within_limits(table, {name: stated(name, ()) for name in table.values}, refusals)
        done = keep(conn, table, given, refusals, before)
    except SheetError as error:
        refusals.add("", error.refused.event)
        ledger.put_refused(conn, given.kind, refusals, given.now)
    else:
        taken.new += done.new
        taken.corrected += done.corrected.total
    taken.refused += len(refusals)


def _table(some: Sequence[Point], answer: Answer, given: Given) -> Table:
    """Put an answer into a table; hours that are over are no forecast, nor others measured yet."""
    rows = Rows(QUANTITIES)
    now, names = int(given.now.timestamp()), [point.name for point in some]
    for place in answer.places:
        hours: dict[int, dict[str, float]] = {}
        for quantity, (times, values) in place.values.items():
            for time, value in zip(times.tolist(), values.tolist(), strict=True):
                if value == value and (time + HOUR_S > now) == _ahead(given.kind):
                    hours.setdefault(time, {})[quantity] = value
        for time in sorted(hours):
            rows.line.append(len(rows.line))
            rows.time.append(time)
            rows.issued.append(time + HOUR_S if given.kind == "observed" else now)
            rows.place.append(place.number)
            for quantity, column in rows.values.items():
                column.append(hours[time].get(quantity, float("nan")))
    table = rows.done(names)
    table.positions = {point.name: (point.longitude, point.latitude) for point in some}
    labels = [(names[p], t) for p, t in zip(table.place.tolist(), table.time.tolist(), strict=True)]
    table.origin = lambda line: f"{labels[line][0]} {labels[line][1]}"
    return table


def _ahead(kind: Kind) -> bool:
    return kind == "forecast"
