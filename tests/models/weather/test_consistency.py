"""Doubts from comparison: with neighbours, and between quantities of a place."""

from __future__ import annotations

import numpy as np
import pytest

from models.weather.consistency import (
    DAY_H,
    INFLUX_MM,
    LEAST_RISE,
    MOST_WATER,
    Ground,
    moisture_at_odds,
    rain_unlike,
    rises_dry,
    swings_at_odds,
    unlike,
)
from models.weather.nearby import Around


def said(middle: np.ndarray, spread: float = 0.0, count: int = 6) -> Around:
    return Around(middle, np.full(middle.shape, spread), np.full(middle.shape, count, np.int16))


def test_an_hour_far_from_its_neighbours_is_in_doubt() -> None:
    values = np.array([[20.0, 26.0, 14.0, np.nan]])
    theirs = said(np.full((1, 4), 20.0))
    assert unlike(values, theirs, np.zeros(4), 5.0).tolist() == [[False, True, True, False]]
    usual = np.array([0.0, 3.0, -3.0, 0.0])
    assert not unlike(values, theirs, usual, 5.0).any()
    assert not unlike(values, said(np.full((1, 4), 20.0), 3.0), np.zeros(4), 5.0).any()
    assert not unlike(values, said(np.full((1, 4), np.nan)), np.zeros(4), 5.0).any()
    own = np.array([5.0, 7.0, 5.0, 5.0])
    assert unlike(values, theirs, np.zeros(4), own).tolist() == [[False, False, True, False]]


def test_a_dry_gauge_among_wet_ones_and_a_wet_one_among_dry_ones() -> None:
    rain, around = np.zeros((10, 1)), np.ones((10, 1))
    flags = rain_unlike(rain, said(around))
    assert flags[:, 0].tolist() == [False] * 5 + [True] * 5  # from the sixth hour on
    assert not rain_unlike(rain, said(around, count=4)).any()
    rain[3] = 0.2
    assert rain_unlike(rain, said(around))[:, 0].tolist() == [False] * 9 + [True]
    rain[:] = np.nan
    assert not rain_unlike(rain, said(around)).any()
    wet = np.array([[INFLUX_MM], [INFLUX_MM + 0.1]])
    assert rain_unlike(wet, said(np.zeros((2, 1))))[:, 0].tolist() == [False, True]
    assert not rain_unlike(wet, said(np.full((2, 1), 0.5))).any()  # 25 times as much is allowed
    assert rain_unlike(np.array([[13.0]]), said(np.array([[0.5]]))).all()


def ground(hours: int, **changes: object) -> Ground:
    parts: dict[str, object] = {
        "depth_m": np.array([0.1]),
        "rain_mm": np.zeros((hours, 1)),
        "watered": np.zeros((hours, 1), bool),
        "temperature": np.full((hours, 1), 12.0),
        "most_water": np.array([MOST_WATER]),
    }
    return Ground(**(parts | changes))  # type: ignore[arg-type]


def rising(step: float = 0.05) -> np.ndarray:
    values = np.full((40, 1), 0.2)
    values[30:] += step
    values[31:] += 0.001
    return values


def test_soil_gets_no_wetter_without_water() -> None:
    found = np.flatnonzero(rises_dry(rising(), ground(40))[:, 0])
    assert found.tolist() == [30, 31]  # while it rises, and by more than two spreads of the day
    rain = np.zeros((40, 1))
    rain[10] = 3.0
    assert not rises_dry(rising(), ground(40, rain_mm=rain))[30:34].any()
    watered = np.zeros((40, 1), bool)
    watered[25] = True
    assert not rises_dry(rising(), ground(40, watered=watered)).any()
    assert not rises_dry(rising(), ground(40, rain_mm=np.full((40, 1), np.nan))).any()
    assert not rises_dry(rising(), ground(40, depth_m=np.array([0.4]))).any()
    assert not rises_dry(rising(LEAST_RISE / 2), ground(40)).any()
    assert not rises_dry(rising()[:DAY_H], ground(DAY_H)).any()


def test_soil_holds_no_more_than_its_pores_and_frozen_soil_is_no_measure() -> None:
    values = np.array([[0.59], [0.61], [0.3], [np.nan]])
    assert moisture_at_odds(values, ground(4))[:, 0].tolist() == [False, True, False, False]
    cold = np.full((4, 1), -0.5)
    assert moisture_at_odds(values, ground(4, temperature=cold))[:, 0].tolist() == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("depth", "swing", "doubt"), [(0.1, 7.0, False), (0.1, 9.0, True), (0.3, 7.0, True)]
)
def test_deep_soil_swings_less_than_the_air(depth: float, swing: float, doubt: bool) -> None:
    day = np.sin(np.arange(48) / 24 * 2 * np.pi)[:, None]
    flags = swings_at_odds(15 + swing / 2 * day, 15 + 5 * day, np.array([depth]))
    assert (flags == doubt).all()
    gap = (15 + swing / 2 * day).copy()
    gap[5] = np.nan
    assert not swings_at_odds(gap, 15 + 5 * day, np.array([depth]))[:24].any()
