"""The verdict of the infection model and the humidity rule, through the engine."""

import numpy as np
import pytest

from models.hazards.catalogue import catalogue
from tests.models.hazards.test_catalogue import answers, any_weather

HAZARD = catalogue()["wheat_stripe_rust_ensemble"]


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_gravest_level_that_one_of_the_two_reaches(seed):
    data = any_weather(seed, 14.0 + 4 * seed, 88.0, 0.15)
    found, _ = answers(data, HAZARD, "winter_wheat")
    said = [answers(data, catalogue()[member], "winter_wheat")[0] for member in HAZARD.members]
    ranked = np.sort(said, axis=0)
    known = ranked[0] >= 2
    assert known.sum() > 50
    assert (found[known] == ranked[-1][known]).all()
