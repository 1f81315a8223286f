"""Whether, when and how much to water a field: none, soon or now, with amount, days and reasons.

The balance is followed past today without rain (`ahead_of`), with the evapotranspiration of the
forecast. Water is due on the day on which the middle side's depletion reaches its limit: the
readily available water (FAO-56 chapter 8), or what a named water of the season allows, whichever
comes first. ``now`` is due today, ``soon`` within the days ahead. The amount fills the root zone,
less rain that is expected until then; never more than is lacking, so that nothing drains.

What bends it, each said as a reason with its numbers: rain that is worth waiting for, an allocation
that is used up, days in which no leaf may be wetted, soil that is waterlogged, a drought warning of
a probe. Reasons are codes; their words belong to the pages.

References
----------
Allen et al. 1998, FAO Irrigation and Drainage Paper 56, chapter 8, "Forecasting or allocating
irrigations". Constants marked unverified were chosen here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from models.water.fields import DRY, MIDDLE, WET, Field, Followed, Weather, day_of
from models.water.rain_ahead import WAIT, RainAhead
from models.water.refused import WaterError
from models.water.waters import Water, water_of
from models.water.wetting import method_of
from models.weather.dataset import Array

#: Area of one 亩 [m2], and so the water of 1 mm on it [m3].
MU = 2000 / 3
PER_MM = MU / 1000
#: Least and most that is advised at once [mm]; unverified (60 mm are the 40 m3 of Henan's advice).
LEAST, MOST = 10.0, 75.0
#: Days that a crop at its limit may wait for rain [d], and Ks below which it does not; unverified.
PATIENCE, SUFFERS = 2, 0.8
#: Certainty of a field whose soil and weather are known, factor for unknown texture, for weather
#: that was missing, for each day ahead; unverified.
CERTAINTY, NO_TEXTURE, HAD_GAPS, LEAD = 0.8, 0.7, 0.8, 0.95
WARNING = 3


@dataclass(frozen=True)
class Reason:
    """Why: a code, and the numbers that its words need."""

    code: str
    numbers: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class WetnessWindow:
    """Days, both included, in which a hazard waits for wet leaves."""

    first: date
    last: date
    hazard: str


@dataclass(frozen=True)
class Asked:
    """What is known of one field beside its balance.

    ``rain`` ahead; ``used`` of the allocation so far [m3]; ``bbch`` today and ``warmth`` mean
    temperature [degC], NaN where unknown; ``wetness`` windows of its diseases; ``hazards`` codes
    of warnings today (3 medium, 4 high) by id.
    """

    rain: RainAhead | None = None
    used: float = 0.0
    bbch: float = float("nan")
    warmth: float = float("nan")
    wetness: tuple[WetnessWindow, ...] = ()
    hazards: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Advice:
    """What to do on a field.

    ``level`` none, soon, now or cannot_say; ``mm`` net [mm], ``per_mu`` and ``total`` [m3];
    ``first`` and ``last`` day for it, None where no day fits; ``water`` id of the season's named
    water; ``certainty`` a product of stated factors (0 to 1), no probability; ``depletion`` of
    dry, middle and wet side today, ``limit`` and ``available`` of the middle [mm].
    """

    field: str
    day: date
    level: str
    reasons: tuple[Reason, ...]
    certainty: float
    mm: float = 0.0
    per_mu: float = 0.0
    total: float = 0.0
    first: date | None = None
    last: date | None = None
    water: str | None = None
    depletion: tuple[float, float, float] = (float("nan"),) * 3
    limit: float = float("nan")
    available: float = float("nan")


def ahead_of(past: Weather, eto: Array, wind: Array | None = None, rhmin: Array | None = None,
             rain: Array | None = None) -> Weather:  # fmt: skip
    """Measured weather, continued by days ahead; without rain unless some is given.

    Parameters
    ----------
    past
        Measured days, today the last.
    eto
        Reference evapotranspiration of the days ahead (day, field) [mm].
    wind, rhmin
        Of these days [m s-1, %]; missing ones are 2 m/s and 45 %.
    rain
        To draw what is expected [mm]; advice is asked without.

    Raises
    ------
    WaterError
        If there are other fields in it than in the past.
    """
    if eto.ndim != 2 or eto.shape[1] != past.eto.shape[1]:
        raise WaterError(
            f"forecast of {eto.shape[-1]} fields for a past of {past.eto.shape[1]}: give one "
            "column for each field"
        )
    nothing = np.full(eto.shape, np.nan)
    return Weather(
        past.first,
        np.concatenate([past.eto, eto]),
        np.concatenate([past.rain, np.zeros(eto.shape) if rain is None else rain]),
        np.concatenate([past.wind, nothing if wind is None else wind]),
        np.concatenate([past.rhmin, nothing if rhmin is None else rhmin]),
    )


def advise(followed: Followed, today: int, asked: Sequence[Asked]) -> list[Advice]:
    """Advice for each field.

    Parameters
    ----------
    followed
        Balance up to today and over the days ahead, without rain ahead.
    today
        Number of today in it; the days after it are the days ahead.
    asked
        What else is known of each field.

    Raises
    ------
    WaterError
        If today is not in it, or the fields are not as many.
    """
    days = len(followed.blind)
    if not 0 <= today < days:
        raise WaterError(f"day {today} is not among the {days} days of the balance")
    if len(asked) != len(followed.fields):
        raise WaterError(
            f"{len(asked)} answers for {len(followed.fields)} fields: give one for each field"
        )
    return [_one(followed, today, place, each) for place, each in enumerate(asked)]


def _one(followed: Followed, today: int, place: int, asked: Asked) -> Advice:
    here, day = followed.fields[place], day_of(followed, today)
    depletion = tuple(float(s["depletion"][today, place]) for s in followed.sides)
    available = float(followed.sides[MIDDLE]["available"][today, place])
    bare = Advice(here.name, day, "none", (), 0.0, depletion=(depletion[0], depletion[1],
                  depletion[2]), available=available)  # fmt: skip
    if day < here.sown or (here.harvest is not None and day >= here.harvest):
        return replace(bare, reasons=(Reason("out_of_season"),), certainty=1.0)
    if followed.blind[today, place]:
        return replace(bare, level="cannot_say", reasons=(_blind(followed, today, place),))
    water = water_of(here.crop, asked.bbch, day.month, asked.warmth)
    due = [_due(followed, side, today, place, water) for side in (DRY, MIDDLE, WET)]
    limit = _limit(followed, MIDDLE, today, place, water)
    advice = replace(
        bare,
        water=None if water is None else water.id,
        limit=limit,
        certainty=_certainty(followed, today, place, due),
    )
    if asked.hazards.get("soil_waterlogging", 0) >= WARNING:
        return replace(advice, reasons=(Reason("waterlogged"),))
    when = due[MIDDLE]
    reasons = [Reason("depletion", {"mm": depletion[MIDDLE], "limit": limit, "full": available})]
    if water is not None:
        reasons.append(Reason("named_water", {"water": water.id, "limit": water.limit}))
    if when is None and asked.hazards.get("soil_drought", 0) >= WARNING:
        reasons.append(Reason("drought_warning", {"code": asked.hazards["soil_drought"]}))
        when = min(1, len(followed.blind) - 1 - today)
    if when is None:
        return replace(advice, reasons=tuple(reasons))
    level = "now" if when == 0 else "soon"
    waits, more = _waiting(followed, today, place, when, water, asked)
    reasons += more
    if waits:
        level = "soon" if level == "now" else "none"
        when += PATIENCE
    if level == "none":
        return replace(advice, reasons=tuple(reasons))
    advice = replace(advice, level=level, reasons=tuple(reasons))
    advice = _amount(advice, followed, today, place, when, asked)
    return _days(advice, when, len(followed.blind) - 1 - today, here, asked)


def _blind(followed: Followed, today: int, place: int) -> Reason:
    missing = followed.unknown[: today + 1, place]
    last = int(np.flatnonzero(missing)[-1]) if missing.any() else today
    dry, wet = (float(followed.sides[s]["depletion"][today, place]) for s in (DRY, WET))
    return Reason("weather_missing", {"days": int(missing.max()), "dry": dry, "wet": wet,
                  "last": day_of(followed, last).isoformat()})  # fmt: skip


def _limit(followed: Followed, side: int, day: int, place: int, water: Water | None) -> float:
    readily = float(followed.sides[side]["readily"][day, place])
    if water is None:
        return readily
    root = float(followed.course.root[day, place])
    capacity = float(followed.grounds[side].capacity[place])
    return min(readily, (1.0 - water.limit) * 1000.0 * capacity * root)


def _due(followed: Followed, side: int, today: int, place: int, water: Water | None) -> int | None:
    """Days from today until a side's depletion reaches its limit; None beyond the days ahead."""
    for day in range(today, len(followed.blind)):
        reached = followed.sides[side]["depletion"][day, place]
        if reached >= _limit(followed, side, day, place, water):
            return day - today
    return None


def _waiting(followed: Followed, today: int, place: int, when: int, water: Water | None,
             asked: Asked) -> tuple[bool, list[Reason]]:  # fmt: skip
    if asked.rain is None or not asked.rain.days:
        return False, []
    middle, end = followed.sides[MIDDLE], len(followed.blind) - 1
    days = min(when + PATIENCE, asked.rain.days)
    lacks = float(middle["depletion"][end, place]) - _limit(followed, MIDDLE, end, place, water)
    need = max(lacks, LEAST)
    chance, expected = asked.rain.chance_of(need, days), asked.rain.expected(days)
    numbers: dict[str, float | str] = {"mm": need, "chance": chance, "days": days,
                                       "expected": expected}  # fmt: skip
    if np.isnan(chance):
        said = [Reason("rain_without_chance", numbers)] if expected >= need else []
        return False, said
    if chance < WAIT:
        return False, [Reason("rain_not_sure", numbers)] if chance > 0 else []
    if float(middle["ks_end"][today, place]) < SUFFERS:
        return False, [Reason("too_dry_to_wait", numbers)]
    return True, [Reason("waits_for_rain", numbers)]


def _amount(
    advice: Advice, followed: Followed, today: int, place: int, when: int, asked: Asked
) -> Advice:
    here = followed.fields[place]
    day = min(today + when, len(followed.blind) - 1)
    lacking = float(followed.sides[MIDDLE]["depletion"][day, place])
    coming = 0.0 if asked.rain is None else asked.rain.expected(min(when + 1, asked.rain.days))
    mm, reasons = max(lacking - coming, min(LEAST, lacking)), list(advice.reasons)
    if mm > MOST:
        reasons.append(Reason("in_parts", {"lacking": mm, "most": MOST}))
        mm = MOST
    if here.allocation is not None:
        left = max(here.allocation - asked.used, 0.0)
        if mm * PER_MM * here.mu > left:
            code = "allocation_short" if left > 0 else "allocation_spent"
            reasons.append(Reason(code, {"left": left, "needed": mm * PER_MM * here.mu}))
            mm = left / (PER_MM * here.mu)
    return replace(advice, mm=mm, per_mu=mm * PER_MM, total=mm * PER_MM * here.mu,
                   reasons=tuple(reasons))  # fmt: skip


def _days(advice: Advice, when: int, ahead: int, here: Field, asked: Asked) -> Advice:
    """Put the days in: the due day and the one beside it, and none with wet leaves forbidden."""
    first = advice.day + timedelta(days=max(when - 1, 0))
    last = advice.day + timedelta(days=max(when, 1))
    if not method_of(here.method).overhead or not asked.wetness:
        return replace(advice, first=first, last=last)
    end = advice.day + timedelta(days=max(ahead, 1))
    shut = [w for w in asked.wetness if w.first <= end and w.last >= advice.day]
    if not any(w.first <= d <= w.last for w in shut for d in (first, last)):
        return replace(advice, first=first, last=last)
    hazard = next(w for w in shut if any(w.first <= d <= w.last for d in (first, last)))
    said = Reason("no_wet_leaves", {"hazard": hazard.hazard, "from": hazard.first.isoformat(),
                  "to": hazard.last.isoformat()})  # fmt: skip
    horizon = [advice.day + timedelta(days=d) for d in range((end - advice.day).days + 1)]
    free = [d for d in horizon if not any(w.first <= d <= w.last for w in shut)]
    days = sorted(free, key=lambda d: (abs((d - last).days), d))
    chosen = days[0] if days else None
    return replace(advice, first=chosen, last=chosen, reasons=(*advice.reasons, said))


def _certainty(followed: Followed, today: int, place: int, due: Sequence[int | None]) -> float:
    kinds = [None if d is None else d > 0 for d in due]
    agree = sum(kind == kinds[MIDDLE] for kind in kinds) / len(kinds)
    out = CERTAINTY * (0.25 + 0.75 * agree)
    if followed.fields[place].texture is None:
        out *= NO_TEXTURE
    if followed.unknown[max(today - 9, 0) : today + 1, place].any():
        out *= HAD_GAPS
    return float(out * LEAD ** (due[MIDDLE] or 0))
