"""Probability of DON in maize against the published coefficients, worked by hand."""

import numpy as np
import pytest

from models.hazards.maize.maize_gibberella_ear_rot import probability


@pytest.mark.parametrize(
    ("terms", "mu"),
    [
        # -59.6309 + 36.5596 + 15.453 - 4.8474 - 3.74 + 18.04 - 6.4743
        ((28, 17, 3, 4, 80, 7), -4.64),
        # -59.6309 + 39.171 + 16.362 - 3.2316 - 2.805 + 19.1675 - 9.249
        ((30, 18, 2, 3, 85, 10), -0.216),
        # -59.6309 + 39.171 + 18.18 - 0 - 0 + 15.785 - 0
        ((30, 20, 0, 0, 70, 0), 13.5051),
    ],
)
def test_the_logit_of_the_source(terms, mu):
    found = probability(*(np.array([float(x)]) for x in terms))[0]
    assert np.log(found / (1 - found)) == pytest.approx(mu, abs=1e-6)


def hours(mean, swing):
    clock = np.arange(24)
    return mean + swing * np.sin((clock - 9) / 24 * 2 * np.pi)


def test_temperature_and_rain_of_three_weeks_to_one_before_humidity_of_the_last_two(run_hazard):
    days = 21
    heat = np.tile(hours(24.0, 6.0), (days, 1))
    heat[14:] = 40.0
    rain = np.zeros((days, 24))
    rain[[0, 13, 14, 20], 5] = 2.0
    damp = np.full((days, 24), 85.0)
    damp[:7] = 20.0
    damp[7] = 80.0
    found = run_hazard(
        "maize_gibberella_ear_rot",
        63,
        days,
        air_temperature=heat,
        precipitation_amount=rain,
        relative_humidity=damp,
    )
    mu = -59.6309 + 1.3057 * 30 + 0.9090 * 18 - 0.9350 * 2
    mu += 0.2255 * (13 * 85 + 80) / 14 - 0.9249 * 13
    assert found.score[-1] == pytest.approx(1 / (1 + np.exp(-mu)))
    assert found.drivers[-1]["rain_days"] == 2
    assert found.drivers[-1]["warm_days"] == 0
    assert set(found.status[:20]) == {"cannot_say"}


@pytest.mark.parametrize(
    ("mean", "humidity", "status"),
    [
        (23.0, 26.0, "no_risk"),
        (23.0, 27.0, "medium"),
        (23.0, 34.0, "medium"),
        (23.0, 35.0, "high"),
        (25.1, 35.0, "no_risk"),
    ],
)
def test_classes_and_the_day_of_25_degrees(run_hazard, mean, humidity, status):
    """At 23 degC mu is .2255 H - 6.31; at 25 degC each of 14 days takes 1.6158 off."""
    heat = np.tile(hours(mean, 6.0), (21, 1))
    found = run_hazard(
        "maize_gibberella_ear_rot", 63, 21, air_temperature=heat, relative_humidity=humidity
    )
    assert found.status[-1] == status
