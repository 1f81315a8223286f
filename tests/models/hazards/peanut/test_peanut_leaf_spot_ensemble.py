"""The verdict of the 48-hour and the rain-day rule, through the engine."""

import pytest

from tests.models.hazards.test_catalogue import ranked_members


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_gravest_level_that_one_of_the_two_reaches(seed):
    found, ranked, known = ranked_members("peanut_leaf_spot_ensemble", "peanut", seed)
    assert known.sum() > 50
    assert (found[known] == ranked[-1][known]).all()
