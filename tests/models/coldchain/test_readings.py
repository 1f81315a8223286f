"""What of a series is known: gaps, NaN, frozen and impossible readings; by hand and by property."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.coldchain.readings import known_readings

NAN = float("nan")


def test_irregular_readings_stand_for_half_of_their_neighbours_time():
    known = known_readings([0.0, 60.0, 300.0, 900.0], [[1.0, 2.0, 3.0, 4.0]])
    assert known.weight.tolist() == [30.0, 150.0, 420.0, 300.0]
    assert (known.known.item(), known.unknown.item(), known.gaps.item()) == (900.0, 0.0, 0)


def test_a_gap_is_unknown_and_counted():
    known = known_readings([0.0, 600.0, 7800.0, 8400.0], [[1.0, 1.5, 2.0, 2.5]])
    assert (known.known.item(), known.unknown.item(), known.gaps.item()) == (1200.0, 7200.0, 1)
    assert known.joined.tolist() == [True, False, True, False]


@pytest.mark.parametrize("bad", [NAN, 85.0, -127.0, float("inf")])
def test_what_is_no_reading_leaves_a_gap(minutes, bad):
    values = np.linspace(1.0, 2.0, 12)
    values[3:9] = bad
    known = known_readings(minutes(12), values)
    assert known.unknown.item() == 70 * 60
    assert known.gaps.item() == 1


def test_a_missing_row_and_a_row_without_value_are_the_same(minutes):
    times, values = minutes(12), np.linspace(1.0, 2.0, 12)
    holes = values.copy()
    holes[[4, 7, 8, 9]] = NAN
    kept = np.isfinite(holes)
    with_rows, without = known_readings(times, holes), known_readings(times[kept], holes[kept])
    assert with_rows.weight.tolist() == without.weight.tolist()
    assert with_rows.unknown == without.unknown == 40 * 60


def test_unknown_before_the_first_and_after_the_last_reading(minutes):
    times = minutes(4)
    values = [[NAN, 1.0, 2.0, NAN], [NAN] * 4]
    known = known_readings(times, values, span=(times[0] - 60.0, times[-1] + 60.0))
    assert known.total.tolist() == [1920.0, 1920.0]
    assert known.unknown.tolist() == [1320.0, 1920.0]
    assert known.gaps.tolist() == [2, 1]


def test_a_frozen_run_is_unknown_after_its_first_reading(minutes):
    values = np.r_[1.0, 2.0, np.full(72, 3.0), 4.0, 5.0]
    known = known_readings(minutes(len(values)), values)
    assert known.unknown.item() == 0, "11 h 50 min are no 12 h"
    values = np.r_[1.0, 2.0, np.full(73, 3.0), 4.0, 5.0]
    known = known_readings(minutes(len(values)), values)
    assert known.value.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert known.unknown.item() == 73 * 600


def test_frozen_runs_do_not_cross_loggers(minutes):
    values = np.vstack([np.r_[1.0, np.full(40, 3.0)], np.r_[np.full(40, 3.0), 1.0]])
    assert known_readings(minutes(41), values).unknown.tolist() == [0.0, 0.0]
    own = np.vstack([minutes(41), minutes(41) + 40 * 600])
    assert known_readings(own, values).unknown.tolist() == [0.0, 0.0]


def test_each_logger_has_its_own_times():
    times = [[0.0, 60.0, 120.0], [1000.0, 1600.0, 1600.0]]
    known = known_readings(times, [[1.0, 2.0, 3.0], [4.0, 5.0, NAN]])
    assert known.known.tolist() == [120.0, 600.0]
    assert known.gaps.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("times", "values", "more", "reason"),
    [
        ([0.0, 1.0], [[1.0]], {}, "times are (2,), values (1, 1): give a time each"),
        ([], [[]], {}, "times are (0,), values (1, 0): give a time each"),
        ([0.0, NAN], [[1.0, 2.0]], {}, "a time is not finite: drop readings without a time"),
        ([[0, 1], [5, 2]], [[1, 2]] * 2, {}, "times fall at reading 1 of logger 1: sort them"),
        ([0.0, 9.0], [[1.0, 2.0]], {"span": (1, 9)}, "the span of logger 0 leaves readings out"),
        ([0.0], [[1.0]], {"scale": (5, -5)}, "scale (5, -5) is none: give its low end first"),
    ],
)
def test_bad_input_is_told(times, values, more, reason):
    with pytest.raises(ValueError, match=".") as caught:
        known_readings(times, values, **more)
    assert reason in str(caught.value)


series = st.lists(
    st.tuples(st.integers(1, 4000), st.one_of(st.just(NAN), st.integers(-4500, 6500))),
    min_size=3,
    max_size=40,
)


def unpack(rows):
    steps, hundredths = zip(*rows, strict=True)
    return np.cumsum(np.array(steps, dtype=float)), np.array(hundredths, dtype=float) / 100


@given(series, st.data())
def test_a_gap_never_lowers_the_unknown_time(rows, data):
    times, values = unpack(rows)
    before = known_readings(times, values, frozen_s=np.inf)
    holes = values.copy()
    holes[data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1))] = NAN
    after = known_readings(times, holes, frozen_s=np.inf)
    assert after.unknown >= before.unknown - 1e-6
    assert after.known + after.unknown == pytest.approx(times[-1] - times[0])


@given(series, st.data())
def test_a_series_cut_in_two_at_a_known_reading_adds_up(rows, data):
    times, values = unpack(rows)
    whole = known_readings(times, values, frozen_s=np.inf)
    known = [i for i in range(len(rows)) if times[i] in whole.time]
    if not known:
        return
    cut = data.draw(st.sampled_from(known))
    parts = [
        known_readings(times[part], values[part], frozen_s=np.inf)
        for part in (slice(0, cut + 1), slice(cut, None))
    ]
    for of in ("known", "unknown", "gaps"):
        added = sum(getattr(part, of).item() for part in parts)
        assert added == pytest.approx(getattr(whole, of).item()), of


@given(st.lists(series, min_size=2, max_size=4))
def test_loggers_do_not_touch_each_other(loggers):
    """Side by side, filled up to one length, each is as it is alone."""
    width = max(map(len, loggers))
    alone = [unpack(rows) for rows in loggers]
    times = np.stack([np.pad(t, (0, width - len(t)), mode="edge") for t, _ in alone])
    values = np.stack([np.pad(v, (0, width - len(v)), constant_values=NAN) for _, v in alone])
    together = known_readings(times, values, frozen_s=5000.0)
    for logger, (t, v) in enumerate(alone):
        own = known_readings(t, v, frozen_s=5000.0)
        assert together.weight[together.logger == logger].tolist() == own.weight.tolist()
        assert together.gaps[logger] == own.gaps.item()
        assert together.unknown[logger] == own.unknown.item()
