"""El Jarroudi et al. 2017, Plant Disease 101:693: the rule's limits, one by one."""

import numpy as np
import pytest

RULE = "wheat_stripe_rust_rule"
HOURS = np.arange(24)


def nights(hours, damp=95.0, rest=60.0):
    """Humidity of a day with a damp spell of so many hours from midnight on."""
    return np.where(hours > HOURS, damp, rest)


@pytest.mark.parametrize(
    ("weather", "share"),
    [
        ({"relative_humidity": nights(4)}, 100 * 4 / 24),
        ({"relative_humidity": nights(3)}, 0.0),
        ({"relative_humidity": nights(4, 92.0)}, 0.0),
        ({"relative_humidity": nights(6), "air_temperature": 16.0}, 0.0),
        ({"relative_humidity": nights(6), "air_temperature": 15.9}, 100 * 6 / 24),
        ({"relative_humidity": nights(6), "air_temperature": 4.0}, 0.0),
        ({"relative_humidity": nights(6), "precipitation_amount": 0.2}, 0.0),
        ({"relative_humidity": nights(6), "precipitation_amount": 0.1}, 100 * 6 / 24),
    ],
)
def test_favourable_hours_of_the_abstract(run_hazard, weather, share):
    got = run_hazard(RULE, 61, **({"air_temperature": 10.0} | weather))
    assert got.score[-1] == pytest.approx(share)


def test_a_dekad_with_five_percent_is_medium_and_with_twenty_high(run_hazard, words_fit):
    damp = np.full((15, 24), 60.0)
    damp[5:8, :4] = 95.0
    few = run_hazard(RULE, 61, air_temperature=10.0, relative_humidity=damp)
    assert few.score[-1] == pytest.approx(5.0)
    assert few.status[-1] == "medium"
    many = run_hazard(RULE, 61, air_temperature=10.0, relative_humidity=nights(6))
    assert many.status[-1] == "high"
    assert run_hazard(RULE, 61).status[-1] == "no_risk"
    words_fit(RULE, many.drivers[-1])


def test_disagreement_with_the_mechanistic_model_shows(run_hazard):
    """Rain all day wets leaves for the mechanistic model, but the rule wants no rain."""
    wet = {"air_temperature": 12.0, "relative_humidity": 97.0, "precipitation_amount": 1.0}
    rule = run_hazard(RULE, 61, **wet)
    mechanistic = run_hazard("wheat_stripe_rust", 61, **wet)
    assert (rule.status[-1], mechanistic.status[-1]) == ("no_risk", "high")
    assert rule.drivers[-1]["models_agree"] == 0.0
    assert rule.drivers[-1]["infection_sum"] == pytest.approx(mechanistic.score[-1])
    agreed = run_hazard(RULE, 61)
    assert agreed.drivers[-1]["models_agree"] == 1.0


def test_before_may_it_is_less_certain(run_hazard):
    from datetime import date

    april = run_hazard(RULE, 31, first=date(2016, 4, 1))
    assert april.certainty[-1] == pytest.approx(0.7 * run_hazard(RULE, 31).certainty[-1])
