"""What a hazard tells over its seasons: shares, entropy, changes."""

import numpy as np
import pytest

from models.evaluations.information import information, markdown
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON


def test_three_classes_as_often_as_each_other_have_the_most_entropy():
    found = information("x", [[OUT_OF_SEASON, NO_RISK, MEDIUM, HIGH], [HIGH, MEDIUM, NO_RISK]])
    assert (found.seasons, found.days) == (2, 6)
    assert found.shares == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert found.entropy == pytest.approx(np.log2(3))
    assert found.flips == 30.0
    assert not found.constant


def test_one_class_on_every_day_tells_nothing():
    found = information("x", [[MEDIUM] * 50])
    assert (found.entropy, found.flips, found.constant) == (0.0, 0.0, True)
    assert "**says one thing**" in markdown([found])


def test_what_cannot_be_said_is_no_class_and_no_change():
    found = information("x", [[NO_RISK, CANNOT_SAY, HIGH, HIGH]])
    assert found.cannot_say == 0.25
    assert found.shares == pytest.approx((1 / 3, 0.0, 2 / 3))
    assert found.flips == 0.0
    assert information("x", [[CANNOT_SAY] * 3]).shares == (0.0, 0.0, 0.0)


def test_a_hazard_that_was_never_in_season_has_no_figures():
    assert information("x", [[OUT_OF_SEASON] * 9]) is None
