"""Days since the last recorded spray of the standing crop."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from field_configs.load import load
from models.crops.phenology import Growth, season_day
from models.crops.season import Seasons, SiteSeason
from models.risk.state import rests_on

CROPS = load(site=None).crops
SITES = ["a", "b", "c"]
SOWN = date(2016, 5, 1)
PLAIN = SiteSeason("a", "peanut", SOWN)
SPRAYED = replace(PLAIN, sprays=(date(2016, 7, 15), date(2016, 6, 20)))
OLD = SiteSeason("b", "peanut", date(2015, 5, 1), sprays=(date(2015, 8, 1),))
NEW = SiteSeason("b", "peanut", SOWN)


def since_spray(day: date) -> list[float]:
    seasons = Seasons((SPRAYED, OLD, NEW, replace(PLAIN, site="c")), CROPS).of_crop("peanut", SITES)
    active = seasons.at(day)
    growth = Growth(*(np.zeros(3) for _ in range(4)))
    return season_day(seasons, active, growth, day).since_spray.tolist()


def test_days_count_from_the_last_spray_on_or_before_the_day():
    inf = float("inf")
    assert since_spray(date(2016, 6, 19)) == [inf, inf, inf]
    assert since_spray(date(2016, 6, 20)) == [0.0, inf, inf]
    assert since_spray(date(2016, 7, 14)) == [24.0, inf, inf]
    assert since_spray(date(2016, 7, 15)) == [0.0, inf, inf]
    assert since_spray(date(2016, 7, 25)) == [10.0, inf, inf]


def test_a_spray_of_the_crop_before_does_not_count():
    assert since_spray(date(2015, 8, 10))[1] == 9.0
    assert since_spray(date(2016, 5, 2))[1] == float("inf")


def test_days_of_sprays_are_days_of_change():
    seasons = Seasons((SPRAYED,), CROPS).of_crop("peanut", SITES)
    assert {date(2016, 6, 20), date(2016, 7, 15)} <= seasons.changes


def test_a_state_rests_on_the_sprays_before_its_day():
    def rests(season: SiteSeason, day: date) -> str:
        return rests_on([season], day)

    assert rests(SPRAYED, date(2016, 6, 20)) == rests(PLAIN, date(2016, 6, 20))
    assert rests(SPRAYED, date(2016, 6, 21)) != rests(PLAIN, date(2016, 6, 21))
