"""Outlooks from the last day's weather: each issue once more by itself, from the beginning."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np

from field_configs.load import load
from models.crops.season import Seasons, SiteSeason
from models.evaluations.information import said
from models.evaluations.risk_outlooks import judged, markdown
from models.risk.hazard import HIGH, NO_RISK
from models.weather.dataset import dataset
from models.weather.local_days import LOCAL

DAYS, HAZARD = 10, "wheat_stripe_rust"
FIRST = datetime(2016, 4, 10, tzinfo=LOCAL)
SITES = ("a", "b")


def seasons() -> Seasons:
    crops = load(site=None).crops
    seen = ((date(2016, 4, 10), 37),)
    grown = (SiteSeason(s, "winter_wheat", date(2015, 10, 8), observed=seen) for s in SITES)
    return Seasons(tuple(grown), crops)


def weather(values):
    starts = [FIRST + timedelta(hours=n) for n in range(len(next(iter(values.values()))))]
    return dataset(starts, list(SITES), values)


def made(alike: bool):
    """Damp and dry days by turns, or the same day again and again."""
    rng = np.random.default_rng(5)
    damp = np.zeros((DAYS, 2)) if alike else rng.normal(0, 1, (DAYS, 2))
    by_hour = np.repeat(damp, 24, axis=0)
    clock = np.sin(np.arange(DAYS * 24) / 24 * 2 * np.pi)[:, None]
    return {
        "air_temperature": 12 + 4 * clock + by_hour,
        "relative_humidity": np.clip(84 - 10 * clock + 12 * by_hour, 20, 100),
        "precipitation_amount": np.where(by_hour > 0.8, 0.5, 0.0),
    }


def test_each_class_is_that_of_the_last_day_repeated():
    values = made(alike=False)
    came = said(weather(values), seasons(), [HAZARD])[HAZARD]
    pairs = {lead: [] for lead in range(1, 7)}
    for issue in range(1, DAYS):
        known = {q: v[: issue * 24] for q, v in values.items()}
        going_on = {q: np.concatenate([v, *([v[-24:]] * 7)]) for q, v in known.items()}
        told = said(weather(going_on), seasons(), [HAZARD])[HAZARD]
        for lead, of in pairs.items():
            day = issue + lead  # the open day is no lead day
            if day < DAYS:
                both = [(int(told[day, s]), int(came[day, s])) for s in range(2)]
                of += [p for p in both if all(NO_RISK <= code <= HIGH for code in p)]
    rows = judged(weather(values), seasons(), [HAZARD])
    assert [row.lead for row in rows] == [1, 2, 3, 4, 5, 6]
    assert sum(row.mae for row in rows) > 0
    for row in rows:
        apart = [a - b for a, b in pairs[row.lead]]
        assert row.pairs == len(apart)
        assert np.isclose(row.bias, np.mean(apart))
        assert np.isclose(row.mae, np.mean(np.abs(apart)))
    table = markdown(rows)
    assert table.count(f"| {HAZARD} | ") == 3


def test_where_every_day_is_alike_it_is_right():
    rows = judged(weather(made(alike=True)), seasons(), [HAZARD])
    assert {row.mae for row in rows} == {0.0}
