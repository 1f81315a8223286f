"""Scores of many loggers: the same as of each alone, and as a plain loop over readings."""

from dataclasses import fields

import numpy as np
import pytest

from models.coldchain.exposure import Assumed, Between
from models.coldchain.score import CHUNK, score
from tests.bench.coldchain import by_hand, check, make_readings


def test_loggers_in_chunks_are_as_each_alone(products, assumed):
    times, values = make_readings(2 * CHUNK + 3, 400)
    product = products["tomato"]
    together = score(times, values, product, assumed)
    assert np.unique(together.excursions.logger).max() > CHUNK
    for logger in range(len(values)):
        alone = score(times, values[logger], product, assumed)
        for field in fields(together):
            one, many = getattr(alone, field.name), getattr(together, field.name)
            if isinstance(many, Between):
                assert one.best.item() == pytest.approx(many.best[logger], nan_ok=True)
                assert one.worst.item() == pytest.approx(many.worst[logger], nan_ok=True)
            elif field.name != "excursions":
                assert one.item() == pytest.approx(many[logger], nan_ok=True)
        own = together.excursions.of(together.excursions.logger == logger)
        assert own.start.tolist() == alone.excursions.start.tolist()


@pytest.mark.parametrize("name", ["garlic_scape", "tomato", "leafy_vegetables"])
def test_a_plain_loop_over_readings_comes_to_the_same(products, name):
    """The loop computes every pace anew for its reading, from the equations."""
    times, values = make_readings(6, 3000)
    assumed = Assumed(-5.0, 30.0)
    found = score(times, values, products[name], assumed)
    assert found.unknown.max() > 0
    check(found, [by_hand(times.tolist(), v.tolist(), products[name], assumed) for v in values])


def test_own_times_and_span_of_each_logger(products, assumed):
    times = np.array([[0.0, 60.0, 120.0], [1000.0, 1300.0, 1300.0]])
    values = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, np.nan]])
    found = score(times, values, products["tomato"], assumed, span=([0.0, 0.0], [120.0, 2000.0]))
    assert found.total.tolist() == [120.0, 2000.0]
    assert found.unknown.tolist() == [0.0, 1700.0]
    assert found.coldest.tolist() == [1.0, 1.0]
    assert found.warmest.tolist() == [3.0, 2.0]


def test_nothing_known_says_nothing_and_bounds_everything(products, minutes):
    found = score(minutes(145), np.full(145, np.nan), products["tomato"], Assumed(0.0, 40.0))
    assert np.isnan(found.coldest).all()
    assert (found.known.item(), found.unknown.item(), found.gaps.item()) == (0.0, 86400.0, 1)
    assert found.above.best.item() == 0.0
    assert found.above.worst.item() == found.below.worst.item() == 86400.0
    assert found.life_used.worst.item() > found.life_used.best.item() > 0
