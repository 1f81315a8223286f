"""Ask a flight for its answers on nights of catches."""

import numpy as np
import pytest

from models.weather.counted import INSECTS, quantity_of

STAGE = 65


@pytest.fixture
def flight(run_hazard):
    """Statuses and scores of each day, from a list of catches; NaN: nobody counted that night."""

    def make(hazard, insect, nights, bbch=STAGE):
        name = quantity_of(insect, INSECTS[insect])
        hours = np.array(nights, float)[:, None].repeat(24, axis=1)
        return run_hazard(hazard, bbch, days=len(nights), **{name: hours})

    return make


@pytest.fixture
def keeps_the_rules(flight):
    """What every flight keeps: it follows the catch, and no count is never "no risk"."""

    def check(hazard, insect, medium, high):
        few, some, many = (each / 7 for each in (0.5 * medium, 1.1 * medium, 1.1 * high))
        nights = [few] * 8 + [some] * 7 + [many] * 7 + [0.0] * 7
        said = flight(hazard, insect, nights)
        assert said.status[:6] == ["cannot_say"] * 6  # the window is not full
        assert said.status[7] == "no_risk"
        assert said.status[14] == "medium"
        assert said.status[21] == "high"
        assert said.status[-1] == "no_risk"
        assert said.score[14] == pytest.approx(1.1 * medium)
        assert said.drivers[14] == pytest.approx({"moths": 1.1 * medium, "last_night": some})
        # exactly at a limit is the level, a moth less is not
        for limit, at, under in ((medium, "medium", "no_risk"), (high, "high", "medium")):
            assert flight(hazard, insect, [0.0] * 6 + [limit]).status[-1] == at
            assert flight(hazard, insect, [0.0] * 6 + [limit - 0.5]).status[-1] == under
        # nobody counted, ever or in one night
        none = flight(hazard, insect, [np.nan] * 10)
        assert none.status == ["cannot_say"] * 10
        assert flight(hazard, insect, [0.0] * 9 + [np.nan]).status[-1] == "cannot_say"
        assert flight(hazard, insect, [0.0] * 3 + [np.nan] + [0.0] * 6).status[-1] == "cannot_say"
        # what was counted alone reaches a level, whatever the other night brought
        over = flight(hazard, insect, [high] + [np.nan] * 6)
        assert over.status[-1] == "high"
        assert over.score[-1] == pytest.approx(high)
        assert flight(hazard, insect, [medium] + [np.nan] * 6).status[-1] == "medium"

    return check
