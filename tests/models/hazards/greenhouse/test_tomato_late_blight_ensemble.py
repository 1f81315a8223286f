"""The verdict of four published rules, through the engine."""

import pytest

from tests.models.hazards.test_catalogue import ranked_members


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_gravest_level_that_two_of_the_four_reach(seed):
    found, ranked, known = ranked_members("tomato_late_blight_ensemble", "greenhouse_tomato", seed)
    assert known.sum() > 50
    assert (found[known] == ranked[-2][known]).all()
