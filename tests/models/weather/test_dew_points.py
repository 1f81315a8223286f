"""Dew points beside their neighbours': humidity that is off, and humidity at saturation."""

from __future__ import annotations

import numpy as np
import pytest

from models.weather.dew_points import APART, FEWEST, HOURS, DewPoints, beside
from models.weather.nearby import Around

LONG = 2 * HOURS


def judged(far: np.ndarray, humidity: np.ndarray | float = 60.0, spread: float = 0.0) -> DewPoints:
    around = 10 + 3 * np.sin(np.arange(len(far)) / HOURS * 2 * np.pi)[:, None]
    theirs = Around(around, np.full(around.shape, spread), np.full(around.shape, 3, np.int16))
    moist = np.broadcast_to(humidity, (len(far),))[:, None]
    return beside(around + far[:, None], moist, theirs)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_day_that_is_off_is_in_doubt(sign: float) -> None:
    assert judged(np.full(LONG, sign * (APART + 0.1))).unlike[FEWEST - 1 :].all()
    assert not judged(np.full(LONG, sign * (APART - 0.1))).unlike.any()


def test_some_hours_are_weather() -> None:
    far = np.zeros(LONG)
    far[30:40] = 9.0
    assert not judged(far).unlike.any()


def test_an_hour_that_is_right_again_is_free_of_doubt() -> None:
    far = np.full(LONG, 5.0)
    far[40:] = 0.0
    found = judged(far)
    assert found.unlike[FEWEST - 1 : 40].all()
    assert not found.unlike[40:].any()


def test_neighbours_that_differ_among_themselves_allow_more() -> None:
    assert not judged(np.full(LONG, 5.0), spread=2.0).unlike.any()


def test_too_few_hours_tell_nothing() -> None:
    far = np.full(LONG, 9.0)
    far[FEWEST - 1 :] = np.nan
    assert not judged(far).unlike.any()


def test_saturation_is_told_by_a_lesser_distance() -> None:
    found = judged(np.full(LONG, 2.5), 99.0)
    assert not found.unlike.any()
    assert found.saturated[FEWEST - 1 :].all()
    assert not found.saturated[: FEWEST - 1].any()
    assert not judged(np.full(LONG, 2.5), 96.0).saturated.any()


def test_a_wet_probe_that_tells_above_100_now_and_then_is_told_all_the_same() -> None:
    """Such hours have no value: as at an outdoor probe that stood at 99.9 % and at 101.7 %."""
    humidity = np.full(LONG, 99.9)
    humidity[5::6] = np.nan
    far = np.where(np.isnan(humidity), np.nan, 2.5)
    found = judged(far, humidity)
    assert found.saturated[LONG - 2]
    assert not found.saturated[LONG - 1], "the hour itself is not known"


def test_fog_is_no_fault() -> None:
    """All around is as wet: the dew points are alike."""
    assert not judged(np.full(LONG, 0.5), 100.0).saturated.any()
    assert not judged(np.full(LONG, -2.5), 100.0).saturated.any(), "dry at saturation"


def test_a_probe_that_dried_is_free_of_doubt() -> None:
    humidity = np.full(LONG, 99.0)
    humidity[40:] = 70.0
    found = judged(np.full(LONG, 2.5), humidity)
    assert found.saturated[30:40].all()
    assert not found.saturated[40:].any()
