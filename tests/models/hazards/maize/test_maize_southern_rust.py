"""Hollier & King 1985, Plant Disease 69:219: limits of temperature for 4, 8, 12 and 16 h of dew."""

import numpy as np
import pytest

from models.hazards.maize.maize_southern_rust import HAZARD, dew_class

ID = "maize_southern_rust"


def reached(dew, air):
    wet = (np.arange(24) < dew)[:, None]
    heat = np.full((24, 1), float(air))
    return float(dew_class(wet, heat, heat)[0])


@pytest.mark.parametrize("air", [8, 12, 36, 40])
@pytest.mark.parametrize("dew", [4, 8, 12, 16, 24])
def test_no_infection_at_8_12_36_and_40(air, dew):
    assert reached(dew, air) == 0


def test_most_at_26_degrees_after_16_hours():
    assert reached(16, 26) == 16
    assert max(reached(d, t) for d in (4, 8, 12) for t in range(10, 40)) < 16


@pytest.mark.parametrize(
    ("dew", "low", "high"), [(4, 18, 22), (8, 18, 28), (12, 16, 32), (16, 16, 32)]
)
def test_limits_by_dew(dew, low, high):
    assert reached(dew, low) == reached(dew, high) == dew
    assert reached(dew, low - 0.5) < dew
    assert reached(dew, high + 0.5) < dew
    assert reached(dew - 1, low) < dew


def test_gaps_widen_a_night(hours_of):
    humidity = np.where(np.arange(24) < 16, 95.0, 60.0)
    air = np.full(24, 26.0)
    dry = np.zeros(24)
    air[8] = np.nan
    day = hours_of(air_temperature=air, relative_humidity=humidity, precipitation_amount=dry)
    bounds = HAZARD.uses["nights"].feature.compute(day)
    assert (bounds.lo[0], bounds.hi[0]) == (0.5, 1.0)


def test_statuses(run_hazard, words_fit):
    def damp(hours):
        return np.where(np.arange(24) < hours, 95.0, 60.0)

    weak = run_hazard(ID, 65, air_temperature=20.0, relative_humidity=damp(4))
    assert (weak.score[-1], weak.status[-1]) == (2.5, "medium")
    strong = run_hazard(ID, 65, air_temperature=24.0, relative_humidity=damp(12))
    assert (strong.score[-1], strong.status[-1]) == (7.5, "high")
    assert run_hazard(ID, 65, air_temperature=24.0).status[-1] == "no_risk"
    assert run_hazard(ID, 15, air_temperature=24.0).status[-1] == "out_of_season"
    words_fit(ID, weak.drivers[-1])
