"""What a sensor cannot tell apart moves no status by two classes."""

import numpy as np
import pytest

from models.hazards.catalogue import catalogue
from models.risk.hazard import HIGH, NO_RISK
from tests.models.hazards.test_catalogue import PAIRS, any_weather, statuses

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
    assert read - set(RESOLUTION) <= {"leaf_wetness_duration"}  # counted in whole minutes
