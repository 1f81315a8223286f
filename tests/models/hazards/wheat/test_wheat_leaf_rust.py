"""Pessl Instruments' Puccinia tritici infection model: 90 degC h of wetness, 5 < T < 30."""

import numpy as np
import pytest

from models.hazards.wheat.wheat_leaf_rust import HAZARD, heat

NIGHT = HAZARD.uses["nights"].feature


@pytest.mark.parametrize(("air", "adds"), [(10, 10), (22.5, 22.5), (25, 20), (29, 16)])
def test_heat_is_mirrored_above_22_5(air, adds):
    assert heat(np.array([air])) == pytest.approx(adds)


@pytest.mark.parametrize(
    ("air", "wet", "infects"),
    [
        (10.0, 9, 1), (10.0, 8, 0), (20.0, 5, 1), (20.0, 4, 0), (22.5, 4, 1), (22.5, 3, 0),
        (25.0, 5, 1), (25.0, 4, 0), (5.0, 24, 0), (5.1, 18, 1), (30.0, 24, 0), (29.9, 6, 1),
    ],
)  # fmt: skip
def test_wet_hours_needed(hours_of, air, wet, infects):
    """From noon on; the feature's span begins at the midnight before."""
    humidity = np.where((np.arange(36) >= 12) & (np.arange(36) < 12 + wet), 95.0, 60.0)
    day = hours_of(
        air_temperature=[air] * 36, relative_humidity=humidity, precipitation_amount=[0.0] * 36
    )
    assert NIGHT.compute(day).lo == infects


@pytest.mark.parametrize(
    ("air", "before", "after", "infects"),
    [
        # 3 h and 2 h at 20 degC are 100 degC h though neither is an infection.
        (20.0, 3, 2, 1), (20.0, 2, 2, 0), (20.0, 0, 4, 0),
        # 9 h before noon infected on the night before; only five hours more do so again.
        (20.0, 9, 2, 0), (20.0, 9, 5, 1), (5.1, 12, 6, 1), (5.1, 11, 6, 0),
    ],
)  # fmt: skip
def test_a_spell_across_noon_is_one(hours_of, air, before, after, infects):
    hours = np.arange(36)
    humidity = np.where((hours >= 12 - before) & (hours < 12 + after), 95.0, 60.0)
    given = {"air_temperature": [air] * 36, "precipitation_amount": [0.0] * 36}
    found = NIGHT.compute(hours_of(relative_humidity=humidity, **given))
    assert (found.lo, found.hi) == (infects, infects)
    humidity[30] = np.nan
    unsure = NIGHT.compute(hours_of(relative_humidity=humidity, **given))
    assert unsure.lo <= infects <= unsure.hi


def test_three_hours_of_a_morning_and_two_of_the_afternoon_infect_once(run_hazard):
    damp = np.full((15, 24), 60.0)
    damp[8, 9:14] = 95.0
    got = run_hazard("wheat_leaf_rust", 61, air_temperature=20.0, relative_humidity=damp)
    assert got.score[-1] == 1


def test_a_dry_hour_begins_anew_and_a_missing_one_widens(hours_of):
    humidity = np.array([60.0] * 12 + [95.0] * 4 + [60.0] + [95.0] * 4 + [60.0] * 15)
    given = {"air_temperature": [20.0] * 36, "precipitation_amount": [0.0] * 36}
    assert NIGHT.compute(hours_of(relative_humidity=humidity, **given)).hi == 0
    humidity[16] = np.nan
    unsure = NIGHT.compute(hours_of(relative_humidity=humidity, **given))
    assert (unsure.lo[0], unsure.hi[0]) == (0, 1)


def test_statuses(run_hazard, words_fit):
    dew = np.where(np.arange(24) < 6, 95.0, 60.0)
    mild = run_hazard("wheat_leaf_rust", 61, air_temperature=18.0, relative_humidity=dew)
    assert mild.score[-1] == 10
    assert mild.status[-1] == "high"
    assert run_hazard("wheat_leaf_rust", 61).status[-1] == "no_risk"
    some = np.full((15, 24), 60.0)
    some[8, :6] = some[11, :6] = 95.0
    few = run_hazard("wheat_leaf_rust", 61, air_temperature=18.0, relative_humidity=some)
    assert (few.score[-1], few.status[-1]) == (2, "medium")
    words_fit("wheat_leaf_rust", mild.drivers[-1])
