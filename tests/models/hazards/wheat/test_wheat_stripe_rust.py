"""Stripe rust: the values of the published equations, and the humidity rule beside them."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from models.hazards.catalogue import catalogue
from models.hazards.wheat.wheat_stripe_rust import (
    HAZARD,
    infection_efficiency,
    infectious_period,
    latent_period,
    spores_per_lesion,
    temperature_factor,
    wetness_needed,
)
from models.risk.answers import assess
from models.risk.features import DayHours
from models.risk.hazard import HIGH, NO_RISK

INFECTION = HAZARD.uses["infection"].feature.compute
TABLE = [  # T: latent, infectious period, spores, efficiency at 10 wet hours and light 20
    (5.0, 20.921, 14.286, 1800.9, 0.0256),
    (10.0, 15.498, 6.897, 3136.3, 0.1094),
    (12.0, 13.746, 5.714, 3340.4, 0.1277),
    (15.0, 11.482, 4.545, 3255.6, 0.1210),
]


@pytest.mark.parametrize(("t", "latent", "infectious", "spores", "efficiency"), TABLE)
def test_values_of_the_published_model(t, latent, infectious, spores, efficiency):
    at = np.array([t])
    assert latent_period(at) == pytest.approx(latent, abs=5e-4)
    assert infectious_period(at) == pytest.approx(infectious, abs=5e-4)
    assert spores_per_lesion(at) == pytest.approx(spores, abs=0.05)
    found = infection_efficiency(at, np.array([10.0]), np.array([20.0]))
    assert found == pytest.approx(efficiency, abs=5e-5)


def test_light_is_that_of_the_published_figures_where_none_is_given():
    at, wet = np.array([12.0]), np.array([10.0])
    assert infection_efficiency(at, wet) == pytest.approx(0.1277, abs=5e-5)
    assert infection_efficiency(at, wet, np.array([np.inf])) == pytest.approx(0.2156, abs=1e-4)


def test_nothing_outside_the_temperatures_or_without_wetness():
    cold_hot = np.array([-5.0, 2.37, 19.8, 30.0])
    assert temperature_factor(cold_hot).tolist() == [0, 0, 0, 0]
    assert spores_per_lesion(np.array([1.7, 20.84, 25.0])).tolist() == [0, 0, 0]
    assert infection_efficiency(np.array([12.0, 0.0]), np.array([4.0, 0.0])).tolist() == [0, 0]
    assert wetness_needed(np.array([12.0])) == pytest.approx(4.0, abs=0.01)
    assert infectious_period(np.array([0.0]))[0] == pytest.approx(4e4)


def day_of(heat, damp, rain=0.0):
    shape = (24, np.broadcast_shapes(np.shape(heat)[-1:], np.shape(damp)[-1:])[0])
    hours = {
        "air_temperature": np.broadcast_to(heat, shape).astype(float),
        "relative_humidity": np.broadcast_to(damp, shape).astype(float),
        "precipitation_amount": np.full(shape, float(rain)),
    }
    return DayHours(date(2016, 4, 1), hours, shape)


def test_bounds_hold_whatever_the_missing_hours_were():
    random = np.random.default_rng(11)
    for _ in range(40):
        heat = random.uniform(-5, 25) + random.normal(0, 3, (24, 50))
        damp = np.clip(random.uniform(60, 100) + random.normal(0, 10, (24, 50)), 1, 100)
        true = INFECTION(day_of(heat, damp)).lo
        holes = random.random((24, 50)) < random.uniform(0, 0.5)
        heat[holes] = np.nan
        damp[random.random((24, 50)) < 0.1] = np.nan
        lo, hi = INFECTION(day_of(heat, damp))
        assert (lo <= true).all()
        assert (true <= hi).all()


def test_cool_wet_nights_are_high_and_the_rule_agrees(weather, seasons):
    data = weather(days=14, air_temperature=11.0, relative_humidity=70.0)
    night = (np.arange(24 * 14) % 24) < 12
    data["relative_humidity"].values[night] = 95.0
    grown = seasons(observed=((date(2016, 4, 22), 37),))
    at = datetime(2016, 5, 3, 18, tzinfo=UTC)
    (found,) = assess(data, grown, [HAZARD], at)
    assert found.status == HIGH
    assert found.drivers["rule_share"] == pytest.approx(50.0)
    assert found.drivers["wet_hours"] == pytest.approx(12.0)
    assert found.drivers["models_agree"] == 1


def test_dry_air_is_no_risk_and_certainty_says_wetness_is_estimated(weather, seasons):
    data = weather(days=14, air_temperature=11.0, relative_humidity=60.0)
    at = datetime(2016, 5, 3, 18, tzinfo=UTC)
    (found,) = assess(data, seasons(), [HAZARD], at)
    assert found.status == NO_RISK
    assert found.certainty == pytest.approx(0.5 * 0.8)
    measured = data.assign(leaf_wetness_duration=data["air_temperature"] * 0.0)
    measured = measured.assign_coords(wetness_measured=("site", [True]))
    (found,) = assess(measured, seasons(), [HAZARD], at)
    assert found.certainty == pytest.approx(0.5)


def test_a_spell_across_midnight_counts_in_full(weather, seasons):
    data = weather(days=14, air_temperature=11.0, relative_humidity=70.0)
    data["relative_humidity"].values[24 * 8 - 2 : 24 * 8 + 2] = 95.0
    data["relative_humidity"].values[24 * 10 : 24 * 10 + 3] = 95.0
    at = datetime(2016, 5, 3, 18, tzinfo=UTC)
    (found,) = assess(data, seasons(), [HAZARD], at)
    assert found.drivers["rule_share"] == pytest.approx(100 * 4 / 240)


def test_what_no_source_gives_is_marked_provisional():
    assert set(catalogue()["wheat_stripe_rust"].provisional) == {"light", "medium", "high"}
