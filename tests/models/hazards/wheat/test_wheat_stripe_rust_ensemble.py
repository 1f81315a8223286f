"""The verdict of the infection model and the humidity rule, through the engine."""

import pytest

from tests.models.hazards.test_catalogue import ranked_members


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_gravest_level_that_one_of_the_two_reaches(seed):
    found, ranked, known = ranked_members("wheat_stripe_rust_ensemble", "winter_wheat", seed)
    assert known.sum() > 50
    assert (found[known] == ranked[-1][known]).all()
