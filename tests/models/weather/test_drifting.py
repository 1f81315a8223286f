"""Drift and standing still, told by days."""

from __future__ import annotations

import numpy as np

from models.weather.drifting import DAYS, FEWEST_USUAL, RECENT, drift, stands


def apart(last: float, count: int = DAYS) -> np.ndarray:
    rng = np.random.default_rng(3)
    days = np.full((DAYS, 1), np.nan)
    days[-count:, 0] = rng.normal(0.4, 0.2, count)
    days[-RECENT:] += last
    return days


def test_a_sensor_drifts_when_its_last_week_differs_from_the_usual() -> None:
    found = drift("air_temperature", apart(2.0))
    assert found.drifts.tolist() == [True]
    assert abs(found.usual[0] - 0.4) < 0.15
    assert abs(found.recent[0] - 2.4) < 0.25
    assert not drift("air_temperature", apart(1.0)).drifts.any()
    assert not drift("wind_speed", apart(9.0)).drifts.any()


def test_a_noisy_sensor_must_differ_by_more() -> None:
    days = np.random.default_rng(1).normal(0, 2, (DAYS, 1))
    days[-RECENT:] += 4.0
    assert not drift("air_temperature", days).drifts.any()


def test_without_a_usual_time_nothing_is_said() -> None:
    assert not drift("air_temperature", apart(9.0, RECENT + 7 + FEWEST_USUAL - 1)).drifts.any()
    assert drift("air_temperature", apart(9.0, RECENT + 7 + FEWEST_USUAL)).drifts.all()
    days = apart(9.0)
    days[-RECENT:-3] = np.nan
    assert not drift("air_temperature", days).drifts.any()


def test_a_sensor_stands_when_its_neighbours_swing_and_it_does_not() -> None:
    near = np.array([[10.0], [12.0]])
    assert stands("air_temperature", np.array([[0.5], [0.9]]), near).all()
    assert not stands("air_temperature", np.array([[0.5], [1.3]]), near).any()
    assert not stands("air_temperature", np.array([[np.nan], [0.9]]), near).any()
    assert not stands("air_temperature", np.array([[0.1], [0.1]]), np.array([[4.0], [4.0]])).any()
    assert not stands("air_temperature", np.array([[0.1]]), np.array([[9.0]])).any()
    assert not stands("soil_moisture", np.array([[0.0], [0.0]]), near).any()
