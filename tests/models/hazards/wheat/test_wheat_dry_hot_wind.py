"""Dry-hot wind: the provisional limits of a light and of a severe day."""

import numpy as np
import pytest

from models.hazards.catalogue import catalogue
from models.hazards.wheat.wheat_dry_hot_wind import severity

ID = "wheat_dry_hot_wind"


@pytest.mark.parametrize(
    ("heat", "humidity", "wind", "weight"),
    [
        (32.0, 30.0, 3.0, 0.35), (31.9, 30.0, 3.0, 0.0), (32.0, 30.1, 3.0, 0.0),
        (32.0, 30.0, 2.9, 0.0), (35.0, 25.0, 3.0, 0.65), (35.0, 25.1, 3.0, 0.35),
        (34.9, 25.0, 3.0, 0.35), (40.0, 10.0, 2.0, 0.0),
    ],
)  # fmt: skip
def test_limits_of_a_day(heat, humidity, wind, weight):
    assert severity(*(np.array([x]) for x in (heat, humidity, wind))) == weight


def weather(days, hot):
    """Ten days with given maxima [degC] on the last ones; dry wind blows at 14 h on those."""
    air, damp, wind = np.full((days, 24), 24.0), np.full((days, 24), 50.0), np.full((days, 24), 1.0)
    for n, top in enumerate(hot, start=days - len(hot)):
        air[n, 13:16], damp[n, 14], wind[n, 14] = top, 22.0, 4.0
    return {"air_temperature": air, "relative_humidity": damp, "wind_speed": wind}


@pytest.mark.parametrize(
    ("hot", "status"),
    [
        ([], "no_risk"), ([33], "medium"), ([33, 33], "high"), ([36], "high"),
        ([33, 20, 20], "medium"), ([33, 20, 20, 20], "no_risk"),
    ],
)  # fmt: skip
def test_three_days_weighted(run_hazard, hot, status):
    assert run_hazard(ID, 77, 10, **weather(10, hot)).status[-1] == status


def test_the_hours_at_14_are_beijing_time(run_hazard, words_fit):
    given = weather(10, [33])
    assert run_hazard(ID, 77, 10, **given).drivers[-1]["humidity_14h"] == 22.0
    given["relative_humidity"] = np.roll(given["relative_humidity"], 1, axis=1)
    got = run_hazard(ID, 77, 10, **given)
    assert got.status[-1] == "no_risk"
    words_fit(ID, got.drivers[-1])


def test_without_wind_it_says_no_risk_only_when_wind_does_not_matter(run_hazard):
    given = weather(10, [36]) | {"wind_speed": np.nan}
    assert run_hazard(ID, 77, 10, **given).status[-1] == "cannot_say"
    cool = weather(10, []) | {"wind_speed": np.nan}
    assert run_hazard(ID, 77, 10, **cool).status[-1] == "no_risk"


@pytest.mark.parametrize(("wind", "status"), [(2.24, "no_risk"), (2.25, "medium")])
def test_wind_is_brought_from_2_m_to_the_10_m_of_the_limits(run_hazard, wind, status):
    """FAO-56 table 2.9: the factor from 10 m to 2 m is 0.748, so 3 m/s there are 2.24 m/s here."""
    assert 1 / catalogue()[ID].parameters["to_10_m"].value == pytest.approx(0.748, abs=5e-4)
    given = weather(10, [33])
    given["wind_speed"][-1, 14] = wind
    assert run_hazard(ID, 77, 10, **given).status[-1] == status


def test_every_limit_is_marked_as_not_primary():
    assert set(catalogue()[ID].provisional) == set(catalogue()[ID].parameters) - {"to_10_m"}
