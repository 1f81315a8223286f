"""The declared effect of every feature is the one that the score shows.

The engine bounds a score from the declared effects when hours are missing; a wrong one would
turn a gap into a false "no risk".
"""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest

from models.crops.season import SeasonDay
from models.hazards.catalogue import catalogue
from models.risk.features import DayHours, spanned
from models.risk.fold import features_of
from models.weather.counted import COUNTED

FIRST, DAYS, SITES = date(2015, 7, 25), 280, 48
PAIRS = [(hazard, crop) for hazard in catalogue().values() for crop in hazard.crops]


@cache
def features_of_many_sites():
    """Every feature on 280 days at 48 sites, each of its own climate: name -> (days, sites)."""
    random = np.random.default_rng(11)
    shape = (24 * (DAYS + 1), SITES)
    clock = np.arange(shape[0])[:, None] % 24
    heat, damp = random.uniform(-6, 34, SITES), random.uniform(25, 99, SITES)
    days = np.repeat(random.normal(0, 4, (DAYS + 1, SITES)), 24, axis=0)
    swing = random.uniform(0.5, 9, SITES)
    t = heat + days + swing * np.sin((clock - 9) / 24 * 2 * np.pi) + random.normal(0, 0.5, shape)
    rain = random.random(shape) < random.uniform(0, 0.3, SITES)
    values = {
        "air_temperature": np.clip(t, -39, 59),
        "relative_humidity": np.clip(damp - 3 * (t - heat) + random.normal(0, 8, shape), 2, 100),
        "precipitation_amount": np.where(rain, random.exponential(3, shape), 0),
        "wind_speed": random.gamma(2, 1.5, shape),
        "shortwave_irradiance": np.clip(700 * np.sin((clock - 6) / 12 * np.pi) + 0 * t, 0, None),
        "soil_temperature": heat + random.normal(0, 1, shape),
        "soil_moisture": random.uniform(0.02, 0.5, SITES) + random.uniform(0, 0.05, shape),
    }
    for name in COUNTED:
        caught = random.poisson(random.gamma(0.5, 20, (DAYS + 1, SITES))).astype(float)
        values[name] = caught.repeat(24, axis=0)
    found = {}
    before = None
    for day in range(DAYS + 1):
        hours = {name: rows[24 * day : 24 * day + 24] for name, rows in values.items()}
        today = DayHours(FIRST + timedelta(days=day - 1), hours, (24, SITES))
        if before is not None:
            for feature, _ in features_of(tuple(catalogue().values())).values():
                span = today if feature.span == (0, 24) else spanned(before, today, feature.span)
                found.setdefault(feature.name, []).append(feature.compute(span).lo)
        before = today
    return {name: np.array(rows, dtype=float) for name, rows in found.items()}


def scores(hazard, crop, windows):
    """Scores (days, sites) of a hazard on given daily features, in a season without end."""
    random = np.random.default_rng(5)
    low, high = hazard.crops[crop]
    bbch = np.linspace(low, high, SITES)
    resistance = random.integers(0, 5, SITES)
    carried = {name: np.full(SITES, value) for name, value in hazard.carry.items()}
    rows = []
    for day in range(hazard.days - 1, DAYS):
        season = SeasonDay(
            crop,
            FIRST + timedelta(days=day),
            bbch,
            bbch,
            bbch,
            np.ones(SITES, dtype=bool),
            np.full(SITES, 60.0 + day),
            np.where(np.arange(SITES) % 3 == 0, day - 200.0, np.nan),
            resistance,
            (None, "summer_maize", "winter_wheat") * (SITES // 3),
            np.where(np.arange(SITES) % 4 == 0, day % 15.0, np.inf),
        )
        window = {k: v[day - hazard.days + 1 : day + 1] for k, v in windows.items()}
        carried = hazard.step(carried, window, season)
        rows.append(hazard.evaluate(window, carried, season).score)
    return np.array(rows, dtype=float)


def effect_errors(hazard, crop):
    """Lines that say which declared effects the score does not keep."""
    made = features_of_many_sites()
    windows = {alias: made[use.feature.name] for alias, use in hazard.uses.items()}
    plain = scores(hazard, crop, windows)
    lines = []
    for alias, use in hazard.uses.items():
        here = windows[alias]
        moves = []
        for shift in (1, 7, 19):
            other = np.roll(here, shift, axis=1)
            for sign, moved in ((1, np.fmax(here, other)), (-1, np.fmin(here, other))):
                change = sign * (scores(hazard, crop, windows | {alias: moved}) - plain)
                moves.append(change[np.isfinite(change)])
        change = np.concatenate(moves)
        slack = 1e-9 * max(1.0, float(np.nanmax(np.abs(plain), initial=0)))
        rises, falls = bool((change > slack).any()), bool((change < -slack).any())
        place = f'hazard {hazard.id}: uses["{alias}"] is declared "{use.effect}"'
        if use.effect == "raises" and falls:
            lines.append(f"{place}, but the score falls when it grows")
        if use.effect == "lowers" and rises:
            lines.append(f"{place}, but the score rises when it grows")
        if use.effect == "shown" and (rises or falls):
            lines.append(f"{place}, but it moves the score")
        if use.effect in ("raises", "lowers") and not (rises or falls):
            lines.append(f"{place}, but the score does not move with it: is it used?")
    return lines


@pytest.mark.parametrize(("hazard", "crop"), PAIRS, ids=[f"{h.id}-{c}" for h, c in PAIRS])
def test_the_score_keeps_the_declared_effects(hazard, crop):
    """Each feature is moved up and down, the others stay; "mixed" promises nothing."""
    assert effect_errors(hazard, crop) == []


@pytest.mark.parametrize(
    ("id_", "alias", "effect", "reason"),
    [
        ("wheat_fhb", "humidity", "lowers", "but the score rises when it grows"),
        ("wheat_late_frost", "cold", "raises", "but the score falls when it grows"),
        ("wheat_fhb", "humidity", "shown", "but it moves the score"),
        ("cucumber_downy_mildew", "humidity", "raises", "but the score does not move with it"),
        ("wheat_powdery_mildew", "dry", "raises", "but the score falls when it grows"),
    ],
)
def test_a_wrong_effect_is_told(id_, alias, effect, reason):
    hazard = catalogue()[id_]
    uses = {**hazard.uses, alias: replace(hazard.uses[alias], effect=effect)}
    (line,) = effect_errors(replace(hazard, uses=uses), next(iter(hazard.crops)))
    place = f'hazard {id_}: uses["{alias}"] is declared "{effect}"'
    assert line.startswith(f"{place}, {reason}")
