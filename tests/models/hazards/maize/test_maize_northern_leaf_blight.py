"""Pessl Instruments' E. turcicum model: 5400 degC min = 90 degC h above 13 degC in wetness.

Its text: "NCLBinfection actual = NCLBinfection of the former hour + (air temperature - 13) *
leaf wetness duration in minutes", stopped by a dry hour or by temperatures outside 13 to 28 degC,
and staying at (18 - 13) * 18 * 60. It knows no day: at 15 degC it takes 45 hours.
"""

import numpy as np
import pytest

from models.hazards._wet_spell import PARTS, carried_on, parts, reached
from models.hazards.maize.maize_northern_leaf_blight import HAZARD, PARAMETERS

ID = "maize_northern_leaf_blight"
BEST = HAZARD.uses["best"].feature
NEEDED = PARAMETERS["needed"].value


@pytest.fixture
def spell(run_hazard):
    """Run days at one temperature, wet for some hours from a clock hour of the fifteenth day on."""

    def make(air, wet, begins=14, days=24, hot=()):
        humidity, heat = np.full(24 * days, 60.0), np.full(24 * days, float(air))
        start = 24 * 14 + begins
        humidity[start : start + wet] = 95.0
        heat[[start + hour for hour in hot]] = 29.0
        shape = (days, 24)
        return run_hazard(
            ID,
            65,
            days,
            air_temperature=heat.reshape(shape),
            relative_humidity=humidity.reshape(shape),
        )

    return make


@pytest.mark.parametrize(
    ("air", "wet", "infects"),
    [
        (18.0, 18, 1), (18.0, 17, 0), (23.0, 9, 1), (23.0, 8, 0), (28.0, 6, 1), (28.0, 5, 0),
        (28.1, 24, 0), (13.0, 24, 0), (12.9, 24, 0), (17.0, 23, 1), (17.0, 22, 0),
    ],
)  # fmt: skip
def test_18_hours_at_18_degrees_are_one_infection(hours_of, air, wet, infects):
    humidity = np.where(np.arange(24) < wet, 95.0, 60.0)
    day = hours_of(
        air_temperature=[air] * 24, relative_humidity=humidity, precipitation_amount=[0.0] * 24
    )
    assert (BEST.compute(day).lo >= NEEDED) == infects


@pytest.mark.parametrize("begins", [2, 11, 12, 14, 23])
@pytest.mark.parametrize(
    ("air", "wet", "infects"),
    [(15, 46, True), (15, 45, True), (15, 44, False), (14, 90, True), (14, 89, False)],
)
def test_a_wet_spell_counts_over_as_many_days_as_it_lasts(spell, begins, air, wet, infects):
    assert (max(spell(air, wet, begins).score[12:]) > 0) == infects


def test_the_night_in_which_it_is_reached_counts_and_those_that_it_lasts(spell):
    # from 14 h on the 15th day 45 hours are over at 11 h on the 17th: the night before its noon
    assert spell(15, 45).score[14:18] == [0, 0, 1, 1]
    # ten hours more: the spell is over the next noon
    assert spell(15, 55).score[14:18] == [0, 0, 1, 2]
    # the count forgets it after ten nights
    assert spell(15, 45, days=30).score[24:28] == [1, 1, 0, 0]


def test_a_dry_or_hot_hour_ends_the_spell(spell):
    assert max(spell(15, 60, hot=(30,)).score[12:]) == 0
    assert max(spell(15, 60, hot=(2,)).score[12:]) == 1


def test_a_spell_longer_than_the_count_is_known_by_what_was_carried(spell):
    """At 13.5 degC it takes 180 hours, and none of the ten nights holds them alone."""
    long = spell(13.5, 24 * 12, days=30)
    assert long.score[14 + 7] == 0
    assert long.score[14 + 8] == 1
    assert long.score[14 + 12] == 5
    late = spell(13.2, 24 * 20, days=36)  # 450 hours, 18.75 days
    assert late.score[14 + 18] == 0
    assert late.score[14 + 19] == 1


def test_nights_put_together_are_the_sum_hour_by_hour():
    """Over random spells, the four numbers of each night give what the source's text gives."""
    random = np.random.default_rng(4)
    for dry in (0.01, 0.05, 0.2):
        going = random.random((24 * 40, 6)) >= dry
        gain = np.where(going, random.uniform(0, 3, going.shape), 0.0)
        total, most = np.zeros(6), []
        for add, on in zip(gain, going, strict=True):
            total = np.where(on, np.minimum(total + add, NEEDED), 0.0)
            most.append(total)
        highest = np.array(most).reshape(40, 24, 6).max(axis=1)
        running = np.zeros(6)
        for n in range(40):
            rows = slice(24 * n, 24 * n + 24)
            night = dict(zip(PARTS, parts(gain[rows], going[rows]), strict=True))
            assert np.minimum(reached(running, night), NEEDED) == pytest.approx(highest[n])
            running = carried_on(running, night, NEEDED)
            assert running == pytest.approx(most[24 * n + 23])


def test_a_hot_hour_stops_the_count_and_a_missing_one_widens(hours_of):
    air = np.full(24, 23.0)
    air[6] = 29.0
    given = {
        "relative_humidity": np.where(np.arange(24) < 14, 95.0, 60.0),
        "precipitation_amount": np.zeros(24),
    }
    assert BEST.compute(hours_of(air_temperature=air, **given)).hi < NEEDED
    air[6] = np.nan
    unsure = BEST.compute(hours_of(air_temperature=air, **given))
    assert unsure.lo[0] < NEEDED < unsure.hi[0]


def test_a_missing_hour_in_the_middle_of_a_spell_leaves_it_open(run_hazard):
    """46 hours at 15 degC with one of them unknown may be an infection, or two short spells."""
    humidity = np.full(24 * 24, 60.0)
    humidity[24 * 14 + 14 : 24 * 14 + 60] = 95.0
    # one night more, so that the class hangs on the open one
    humidity[24 * 19 : 24 * 19 + 20] = 95.0
    air = np.full(24 * 24, 15.0)
    air[24 * 19 : 24 * 19 + 20] = 20.0
    given = {"air_temperature": air.reshape(24, 24), "relative_humidity": humidity.reshape(24, 24)}
    assert run_hazard(ID, 65, 24, **given).status[-1] == "medium"
    humidity[24 * 15 + 12] = np.nan
    assert run_hazard(ID, 65, 24, **given).status[-1] == "cannot_say"


def test_a_night_across_midnight_is_one_spell(run_hazard):
    hours = np.arange(24)
    dew = np.where((hours >= 19) | (hours < 6), 95.0, 60.0)
    got = run_hazard(ID, 65, air_temperature=22.0, relative_humidity=dew)
    assert got.score[-1] == 10
    assert got.drivers[-1]["dew_hours"] == 11


def test_statuses(run_hazard, words_fit):
    damp = np.full((15, 24), 60.0)
    damp[7, :10] = damp[10, :10] = 95.0
    few = run_hazard(ID, 65, air_temperature=23.0, relative_humidity=damp)
    assert (few.score[-1], few.status[-1]) == (2, "medium")
    assert run_hazard(ID, 65, air_temperature=23.0).status[-1] == "no_risk"
    always = run_hazard(ID, 65, air_temperature=23.0, relative_humidity=95.0)
    assert always.status[-1] == "high"
    words_fit(ID, few.drivers[-1])


def test_what_began_before_the_data_is_not_known_until_it_ends_or_is_full(run_hazard):
    """Wet from the first hour on at 13.1 degC: how long already, no one measured."""
    wet = run_hazard(ID, 65, 20, air_temperature=13.1, relative_humidity=95.0)
    assert set(wet.status) == {"cannot_say"}
    dry = np.full((20, 24), 95.0)
    dry[3, 18] = 60.0
    known = run_hazard(ID, 65, 20, air_temperature=13.1, relative_humidity=dry)
    assert known.status[-1] == "no_risk"
