"""What a sensor cannot tell apart moves no status by two classes."""

from datetime import timedelta
from itertools import product

import numpy as np
import pytest

from models.hazards.catalogue import catalogue
from models.risk.hazard import HIGH, NO_RISK
from models.weather.counted import COUNTED
from models.weather.dataset import dataset
from models.weather.local_days import midnight
from tests.models.hazards.test_catalogue import DAYS, FIRST, PAIRS, any_weather, statuses

#: What a usual sensor of each quantity resolves, in the quantity's unit.
RESOLUTION = {
    "air_temperature": 0.1,
    "relative_humidity": 0.1,
    "precipitation_amount": 0.1,
    "wind_speed": 0.1,
    "shortwave_irradiance": 1.0,
    "soil_temperature": 0.1,
    "soil_moisture": 0.001,
}
LIMITS = {"relative_humidity": (0, 100), "soil_moisture": (0, 1)}


def blurred(data, seed, least=-0.5, most=0.5):
    """The same hours, each off by so many steps of what the sensor resolves; dry stays dry."""
    random, out = np.random.default_rng(seed), data.copy(deep=True)
    for name, step in RESOLUTION.items():
        values = out[name].values
        moved = values + step * random.uniform(least, most, values.shape)
        low, high = LIMITS.get(name, (-np.inf, np.inf))
        if name in ("precipitation_amount", "wind_speed", "shortwave_irradiance"):
            moved, low = np.where(values > 0, moved, 0.0), 0
        values[:] = np.clip(moved, low, high)
    return out


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("hazard", "crop"), PAIRS, ids=[f"{h.id}-{c}" for h, c in PAIRS])
def test_half_a_step_of_every_sensor_moves_no_status_by_two_classes(hazard, crop, seed):
    data = any_weather(seed, (8.0, 20.0)[seed], (85.0, 88.0)[seed], 0.1)
    one, other = (statuses(each, hazard, crop) for each in (data, blurred(data, seed)))
    answered = (one >= NO_RISK) & (other >= NO_RISK)
    apart = np.abs(one.astype(int) - other.astype(int))
    assert (apart[answered] < HIGH - NO_RISK).all()


STEPS = 161
#: Pairs of neighbours of which one may; where two limits are one, it is one pair of each day.
SELDOM = 1e-3
LEVELS = [(h, c) for h, c in PAIRS if h.shown == "level"]


def offset(seed, quantity):
    """The same hours at many sites, each off by nine tenths of a step more than the last."""
    data = any_weather(seed, (10.0, 17.0, 24.0)[seed], (88.0, 85.0, 90.0)[seed], 0.1)
    random = np.random.default_rng(seed)
    by = (np.arange(STEPS) - STEPS // 2) * 0.9 * RESOLUTION[quantity]
    values = {name: data[name].values[:, :1].repeat(STEPS, axis=1) for name in data.data_vars}
    damp = values["relative_humidity"]  # no sensor stands still at its highest value
    damp -= np.where(damp >= 98, random.uniform(0, 2, (len(damp), 1)), 0)
    soil = (0.20, 0.30, 0.37)[seed]
    values["soil_moisture"][:] = soil + random.normal(0, 0.01, (len(damp), 1))
    moved = values[quantity] + by
    low, high = LIMITS.get(quantity, (-np.inf, np.inf))
    if quantity in ("precipitation_amount", "wind_speed", "shortwave_irradiance"):
        moved, low = np.where(values[quantity] > 0, moved, 0.0), 0
    values[quantity] = np.clip(moved, low, high)
    times = [midnight(FIRST) + timedelta(hours=h) for h in range(24 * DAYS)]
    return dataset(times, [str(n) for n in range(STEPS)], values)


@pytest.mark.parametrize(("hazard", "crop"), LEVELS, ids=[f"{h.id}-{c}" for h, c in LEVELS])
def test_an_offset_that_a_sensor_does_not_show_hardly_ever_moves_a_level_by_two_classes(
    hazard, crop
):
    """From site to site it grows, so that limits are crossed; each day is looked at.

    All hours of weeks are off by the same here, so several days can cross a limit at once.
    """
    sites = [str(n) for n in range(STEPS)]
    quantities = sorted({i.quantity for i in hazard.inputs} & set(RESOLUTION))
    for quantity, seed in product(quantities, range(3)):
        said = statuses(offset(seed, quantity), hazard, crop, sites=sites).astype(int)
        answered = (said[:, 1:] >= NO_RISK) & (said[:, :-1] >= NO_RISK)
        jumps = (np.abs(np.diff(said, axis=1)) >= HIGH - NO_RISK) & answered
        seldom = SELDOM * answered.sum()
        assert jumps.sum() <= seldom, (quantity, seed, np.argwhere(jumps)[:3].tolist())


def test_more_than_a_sensor_errs_by_does():
    """That the test can see it: five degrees and per cent more move some from none to high."""
    moved = 0
    for hazard, crop in PAIRS:
        data = any_weather(1, 14.0, 88.0, 0.1)
        one, other = (statuses(each, hazard, crop) for each in (data, blurred(data, 1, 40.0, 60.0)))
        moved += int(((one == NO_RISK) & (other == HIGH)).sum())
    assert moved > 0


def test_every_input_has_its_step():
    read = {i.quantity for hazard in catalogue().values() for i in hazard.inputs}
    # counted in whole minutes, and in whole moths
    assert read - set(RESOLUTION) - set(COUNTED) <= {"leaf_wetness_duration"}
