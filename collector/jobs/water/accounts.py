"""The job: follow the water of every field to today and over the days ahead.

Amounts that people wrote are taken as what reached the field: losses between well and field are not
taken off. A watering of unknown amount fills the soil on the wet side, brings `USUAL_MM` in the
middle and nothing on the dry side.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from collector.jobs.context import Context, Job
from collector.jobs.judging.field_hours import FieldHours
from collector.jobs.water import weather
from collector.jobs.water.growing import Found, Growing, growing, recorded
from collector.jobs.water.probes import Probes, Seen
from collector.jobs.water.wetness import windows
from collector.store.advice import water
from collector.store.advice.water import Account, Days, State
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from models.water.advice import Advice, Asked, WetnessWindow, advise
from models.water.balance import Correct
from models.water.fields import DRY, MIDDLE, WET, Followed, Weather, follow
from models.water.rain_ahead import RainAhead
from models.weather.dataset import Array
from models.weather.local_days import local_day, midnight

#: Fields that are followed at a time.
TOGETHER = 2000
#: A watering whose amount nobody knows [mm]: the 40 m3/mu of Henan's advice; unverified.
USUAL_MM = 60.0
#: Days of the chart before today [d].
SHOWN = 60
#: Local time from which the day before counts as whole, and fields that are followed each hour.
NIGHT, FEW = timedelta(hours=4), 500
HAZARDS = ("soil_drought", "soil_waterlogging")


@dataclass
class Unknown:
    """What a watering of unknown amount does to one side, before a probe has its say."""

    side: int
    days: Mapping[int, Array]
    then: Correct | None

    def __call__(self, day: int, depletion: Array, available: Array) -> Array:
        """Return the depletion that goes on [mm]."""
        here = self.days.get(day)
        if here is not None and self.side == WET:
            depletion = np.where(here, 0.0, depletion)
        elif here is not None and self.side == MIDDLE:
            depletion = np.where(here, np.maximum(depletion - USUAL_MM, 0.0), depletion)
        return depletion if self.then is None else self.then(day, depletion, available)


@dataclass(frozen=True)
class Group:
    """Fields that are followed together, what came to them, and what is said of each beside it."""

    growing: Sequence[Growing]
    known: weather.Known
    watered: Array
    unsaid: Mapping[int, Array]
    used: Sequence[float]
    probes: Seen
    wetness: Mapping[str, tuple[WetnessWindow, ...]]

    def followed(self, rain: Array) -> Followed:
        """Follow them, with some rain on the days ahead (day, field) [mm]."""
        eto, fell, wind, rhmin, _ = self.known.values
        today = len(fell) - weather.AHEAD
        fell = np.concatenate([fell[:today], rain])
        fields = [each.field for each in self.growing]
        days = Weather(self.known.first, eto, fell, wind, rhmin)
        hooks = [
            Unknown(side, self.unsaid, self.probes.correction(side)) for side in (DRY, MIDDLE, WET)
        ]
        return follow(fields, days, self.watered, corrections=hooks)


def _group(
    conn: Connection,
    hours: FieldHours,
    days: Mapping[str, Days],
    here: Sequence[Growing],
    waterings: Mapping[str, list[tuple[date, float | None, str]]],
    probes: Probes,
    at: datetime,
) -> Group:
    first = here[0].begins
    known = weather.known(conn, hours, {g.field.name: days[g.field.name] for g in here}, first, at)
    count = known.values.shape[1]
    watered, used = np.zeros((count, len(here))), [0.0] * len(here)
    unsaid: dict[int, Array] = {}
    for column, each in enumerate(here):
        for day, amount, _ in waterings.get(each.field.name, ()):
            number = (day - first).days
            if not 0 <= number < count - weather.AHEAD:
                continue
            if day >= each.field.sown:
                used[column] += (amount or USUAL_MM) * each.field.mu * 2 / 3
            if amount is None:
                unsaid.setdefault(number, np.zeros(len(here), dtype=np.bool_))[column] = True
            else:
                watered[number, column] += amount
    seen = probes.of([g.field for g in here], known, watered)
    wet = windows(conn, [g.field for g in here], at)
    return Group(here, known, watered, unsaid, used, seen, wet)


def _asked(group: Group, column: int, state: State | None) -> Asked:
    rain = group.known.rain_ahead[:, column]
    some = int(np.isnan(rain).argmax()) if np.isnan(rain).any() else len(rain)
    here = group.growing[column].field
    fits = state is not None and state.crop == here.crop
    today = len(group.watered) - 1 - weather.AHEAD
    return Asked(
        rain=RainAhead(rain[None, :some]) if some else None,
        used=group.used[column],
        bbch=state.bbch if state is not None and fits else math.nan,
        warmth=float(group.known.values[4, today, column]),
        wetness=group.wetness.get(here.name, ()),
        hazards=state.status if state is not None else {},
    )


def _numbers(values: Array) -> list[float | None]:
    return [round(float(v), 1) if math.isfinite(v) else None for v in values]


def _advice(found: Advice, group: Group, column: int) -> dict[str, object]:
    each = group.growing[column]
    notes = [[code, numbers] for code, numbers in each.notes]
    if not np.isfinite(group.known.rain_ahead[:, column]).all():
        notes.append(["no_forecast", {}])
    notes += [
        ["amount_unknown", {"day": (group.known.first + timedelta(days=day)).isoformat()}]
        for day, there in sorted(group.unsaid.items())
        if there[column] and day >= len(group.watered) - 1 - weather.AHEAD - SHOWN
    ]
    notes += [[code, numbers] for code, numbers in group.probes.notes(column)]
    depletion = _numbers(np.array(found.depletion))
    return {
        "mm": round(found.mm, 1),
        "per_mu": round(found.per_mu, 1),
        "total": round(found.total, 1) if each.has_area else None,
        "first": found.first.isoformat() if found.first else None,
        "last": found.last.isoformat() if found.last else None,
        "water": found.water,
        "certainty": round(found.certainty, 3),
        "depletion": depletion,
        "limit": _numbers(np.array([found.limit]))[0],
        "available": _numbers(np.array([found.available]))[0],
        "reasons": [[r.code, dict(r.numbers)] for r in found.reasons],
        "notes": notes,
        "crop": each.field.crop,
        "used": round(group.used[column], 1),
    }


def _accounts(group: Group, states: Mapping[str, State], at: datetime) -> Iterator[Account]:
    dry_ahead = group.followed(np.zeros_like(group.known.rain_ahead))
    shown = group.followed(np.nan_to_num(group.known.rain_ahead))
    today = len(group.watered) - 1 - weather.AHEAD
    asked = [_asked(group, i, states.get(g.field.name)) for i, g in enumerate(group.growing)]
    begin = max(today - SHOWN, 0)
    for column, found in enumerate(advise(dry_ahead, today, asked)):
        sides = {
            name: shown.sides[side]["depletion"][begin:, column]
            for side, name in ((DRY, "dry"), (MIDDLE, "middle"), (WET, "wet"))
        }
        known = shown.blind[begin:, column]
        days = {name: _numbers(np.where(known, np.nan, line)) for name, line in sides.items()}
        middle = shown.sides[MIDDLE]
        days |= {
            "available": _numbers(middle["available"][begin:, column]),
            "readily": _numbers(middle["readily"][begin:, column]),
            "rain": _numbers(
                np.concatenate(
                    [
                        group.known.values[1, begin : today + 1, column],
                        group.known.rain_ahead[:, column],
                    ]
                )
            ),
            "watered": _numbers(group.watered[begin:, column]),
            "eto": _numbers(group.known.values[0, begin:, column]),
        }
        yield Account(
            field=group.growing[column].field.name,
            computed=at,
            today=local_day(at),
            level=found.level,
            advice=_advice(found, group, column),
            first=group.known.first + timedelta(days=begin),
            days=days,
        )


def _nothing(found: Found, at: datetime) -> Iterator[Account]:
    for name, (code, numbers) in found.without.items():
        advice = {"reasons": [[code, numbers]], "notes": []}
        yield Account(name, at, local_day(at), "cannot_say", advice, local_day(at), {})


def compute(conn: Connection, at: datetime) -> Iterator[Account]:
    """Yield what is said of the water of every field.

    Parameters
    ----------
    conn : Connection
        Weather by day is kept by it.
    at : datetime
        Now, aware.
    """
    found = growing(conn, local_day(at))
    begins = {name: each.begins for name, each in found.growing.items()}
    hours, days = weather.measured(conn, begins, at)
    waterings, states = recorded(conn), water.states(conn, HAZARDS, at)
    probes = Probes(conn, list(begins), at)
    by_month: dict[date, list[Growing]] = {}
    for each in found.growing.values():
        by_month.setdefault(each.begins, []).append(each)
    for fields in by_month.values():
        for start in range(0, len(fields), TOGETHER):
            here = fields[start : start + TOGETHER]
            yield from _accounts(_group(conn, hours, days, here, waterings, probes, at), states, at)
    yield from _nothing(found, at)


def keep_accounts(context: Context) -> Event:
    """Compute and keep the water account of all fields."""
    with context.pool.connection() as conn:
        accounts = list(compute(conn, context.now))
        water.put_accounts(conn, accounts)
    due = sum(each.level in ("now", "soon") for each in accounts)
    unknown = sum(each.level == "cannot_say" for each in accounts)
    return event("water_accounts", fields=len(accounts), due=due, unknown=unknown)


def _is_wanted(context: Context) -> bool:
    night = midnight(local_day(context.now - NIGHT)) + NIGHT
    with context.pool.connection() as conn:
        return water.is_wanted(conn, night, FEW)


#: Each night once the day's readings are in, and in any hour after a watering was written down.
JOBS = (
    Job(
        "water",
        timedelta(hours=1),
        keep_accounts,
        timedelta(minutes=10),
        after="risk",
        wanted=_is_wanted,
    ),
)
