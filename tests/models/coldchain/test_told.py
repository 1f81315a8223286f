"""Windows of time that others told: what is known of them, and what is not."""

from __future__ import annotations

import random

import pytest

from models.coldchain.told import Window, told

H = 3600.0


def test_a_whole_day_within_the_limits_has_no_unknown_time() -> None:
    found = told([Window(0, 12 * H, 1, 2), Window(12 * H, 24 * H, 0, 2)], (0, 2))
    assert found is not None
    assert (found.known, found.unknown, found.above, found.below) == (24 * H, 0, 0, 0)
    assert (found.coldest, found.warmest, found.gaps) == (0, 2, ())


def test_what_nobody_measured_is_unknown_and_never_within_the_limits() -> None:
    found = told([Window(2 * H, 4 * H, 1, 3), Window(10 * H, 11 * H, 1, 1)], (0, 2), (0, 12 * H))
    assert found is not None
    assert found.gaps == ((0, 2 * H), (4 * H, 10 * H), (11 * H, 12 * H))
    assert (found.known, found.unknown, found.above) == (3 * H, 9 * H, 2 * H)


def test_readings_of_one_moment_know_the_time_between_them_up_to_the_longest_gap() -> None:
    near = [Window(t * 600.0, t * 600.0, 1, 1) for t in range(7)]
    far = Window(3 * H, 3 * H, 9, 9)
    found = told([*near, far], (0, 2))
    assert found is not None
    assert (found.known, found.unknown) == (H, 2 * H)
    assert found.alone == (far,)
    assert found.warmest == 9


def test_a_reading_that_is_too_warm_stands_for_half_of_the_time_around_it() -> None:
    found = told([Window(0, 0, 1, 1), Window(1800, 1800, 5, 5), Window(3600, 3600, 1, 1)], (0, 2))
    assert found is not None
    assert found.above == 1800


def test_two_loggers_at_once_are_as_warm_as_the_warmer_one() -> None:
    found = told([Window(0, 4 * H, 0, 1), Window(H, 2 * H, 3, 4), Window(H, 3 * H, -2, 1)], (0, 2))
    assert found is not None
    assert (found.known, found.above, found.below) == (4 * H, H, 2 * H)
    assert [(p.start, p.low, p.high) for p in found.pieces] == [
        (0, 0, 1),
        (H, -2, 4),
        (2 * H, -2, 1),
        (3 * H, 0, 1),
    ]


@pytest.mark.parametrize(
    "window", [Window(5, 4, 1, 1), Window(0, 1, 2, 1), Window(0, 1, -273, 1), Window(0, 1, 1, 900)]
)
def test_a_window_that_cannot_be_is_left_out(window: Window) -> None:
    assert told([window], None) is None


def test_known_and_unknown_add_up_whatever_is_told() -> None:
    dice = random.Random(7)
    for _ in range(200):
        windows = []
        for _ in range(dice.randint(1, 30)):
            start = dice.uniform(0, 50 * H)
            long = dice.choice((0.0, dice.uniform(0, 5 * H)))
            low = dice.uniform(-5, 10)
            windows.append(Window(start, start + long, low, low + dice.choice((0.0, 3.0))))
        found = told(windows, (0, 4), (0, 60 * H))
        assert found is not None
        assert found.known + found.unknown == pytest.approx(found.end - found.start)
        edges = [edge for piece in found.pieces for edge in (piece.start, piece.end)]
        assert edges == sorted(edges)
        assert max(found.above, found.below) <= found.known + 1e-6
