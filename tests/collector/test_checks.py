"""Quality checks as functions on arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.checks import STEP_GAP_S, check
from collector.store.measured.reading_log import VALID
from firmware.wire.quantities import QUANTITIES, by_name
from models.weather.quality import (
    FREEZE,
    INTERVAL,
    LOGICAL,
    MISSING,
    NOT_A_NUMBER,
    RANGE_CHECKED,
    STEP,
    STEP_CHECKED,
    UNREADABLE,
    UNUSABLE,
)

BOTH = RANGE_CHECKED | STEP_CHECKED


def valid(tail: np.void) -> tuple[int, float, int] | None:
    """The newest valid reading of a series: time, value, since when it stands."""
    if not tail["valid"]:
        return None
    return int(tail["valid_time"]), float(tail["valid_value"]), int(tail["same_since"])


def checked(quantity, times, values, before=None, step=600):
    count = len(times)
    return check(
        np.ones(count, np.int32),
        np.full(count, by_name(quantity).id, np.int16),
        np.array(times, np.int64),
        np.array([np.nan if v is None else v for v in values], float),
        np.array([v is None for v in values], bool),
        np.full(count, step, np.int32),
        np.array([] if before is None else [(1, *before)], VALID),
    )


def test_plain_values_are_checked_and_good() -> None:
    result = checked("air_temperature", [0, 600, 1200], [10, 11, 12])
    assert result.qc.tolist() == [RANGE_CHECKED, BOTH, BOTH]


@pytest.mark.parametrize("row", QUANTITIES, ids=lambda row: row.name)
def test_limits_are_inside_and_beyond_them_is_outside(row) -> None:
    values = [row.low, row.high, row.low - 0.01, row.high + 0.01]
    found = checked(row.name, [0, 10**6, 2 * 10**6, 3 * 10**6], values, step=86400).qc
    assert [bool(qc & INTERVAL) for qc in found] == [False, False, True, True]


def test_infinite_and_undefined_values_are_not_numbers() -> None:
    result = checked("air_temperature", [0, 600, 1200], [np.nan, np.inf, 10])
    assert [bool(qc & NOT_A_NUMBER) for qc in result.qc] == [True, True, False]


def test_a_missing_value_is_only_missing() -> None:
    assert checked("air_temperature", [0], [None]).qc.tolist() == [MISSING]


def test_more_wet_minutes_than_the_step_has_are_illogical() -> None:
    found = checked("leaf_wetness_duration", [0, 600], [10, 11]).qc
    assert [bool(qc & LOGICAL) for qc in found] == [False, True]


def test_a_limit_for_an_hour_is_less_for_a_shorter_step() -> None:
    """250 mm fall in an hour of record rain, but not in ten minutes (Jennings 1950)."""
    most = 250 * (600 / 3600) ** 0.486
    assert most == pytest.approx(104.7, abs=0.1)
    found = checked("precipitation_amount", [0, 600], [104.6, 104.8], step=600).qc
    assert [bool(qc & INTERVAL) for qc in found] == [False, True]
    assert not checked("precipitation_amount", [0], [249.0], step=3600).qc[0] & INTERVAL


def test_a_jump_is_flagged_against_the_value_before_the_batch() -> None:
    limit = by_name("air_temperature").step
    before = (0, 10.0, 0)
    assert checked("air_temperature", [600], [10 + limit], before).qc.tolist() == [BOTH]
    assert checked("air_temperature", [600], [10.01 + limit], before).qc.tolist() == [BOTH | STEP]


def test_over_more_than_an_hour_the_limit_grows() -> None:
    limit = by_name("air_temperature").step
    before = (0, 10.0, 0)
    assert checked("air_temperature", [7200], [10 + 2 * limit], before).qc.tolist() == [BOTH]
    assert checked("air_temperature", [7200], [10.1 + 2 * limit], before).qc.tolist() == [
        BOTH | STEP
    ]


def test_over_a_long_gap_no_change_is_judged() -> None:
    before = (0, -30.0, 0)
    found = checked("air_temperature", [STEP_GAP_S + 1], [50.0], before).qc
    assert found.tolist() == [RANGE_CHECKED]


def test_unusable_values_are_no_neighbours() -> None:
    found = checked("air_temperature", [0, 600, 1200, 1800], [10, 1000, None, 11]).qc
    assert found.tolist() == [RANGE_CHECKED, RANGE_CHECKED | INTERVAL, MISSING, BOTH]


def test_a_stuck_sensor_is_flagged_after_its_hours() -> None:
    hours = int(by_name("air_temperature").freeze_h)
    times = np.arange(0, (hours + 2) * 3600, 3600)
    found = checked("air_temperature", times, [12.5] * len(times)).qc
    assert [bool(qc & FREEZE) for qc in found] == [False] * hours + [True, True]


def test_a_stuck_sensor_is_seen_across_batches() -> None:
    hours = int(by_name("air_temperature").freeze_h)
    before = (hours * 3600 - 600, 12.5, 0)
    result = checked("air_temperature", [hours * 3600, hours * 3600 + 600], [12.5, 12.6], before)
    assert [bool(qc & FREEZE) for qc in result.qc] == [True, False]
    assert valid(result.tails[0]) == (hours * 3600 + 600, 12.6, hours * 3600 + 600)


def test_fog_is_no_stuck_sensor_for_three_days() -> None:
    hours = [0, 24, 71, 72]
    foggy = checked("relative_humidity", [h * 3600 for h in hours], [100.0] * 4).qc
    assert [bool(qc & FREEZE) for qc in foggy] == [False, False, False, True]
    stuck = checked("relative_humidity", [h * 3600 for h in hours], [99.0] * 4).qc
    assert [bool(qc & FREEZE) for qc in stuck] == [False, True, True, True]


def test_dry_weather_is_not_a_stuck_gauge() -> None:
    times = np.arange(0, 60 * 86400, 86400)
    assert not (checked("precipitation_amount", times, [0.0] * len(times)).qc & FREEZE).any()


def test_the_newest_valid_value_survives_a_missing_one() -> None:
    (tail,) = checked("air_temperature", [0, 600], [10, None]).tails
    assert (tail["time"], tail["qc"]) == (600, MISSING)
    assert valid(tail) == (0, 10.0, 0)


def test_a_series_without_a_valid_value_has_no_valid_tail() -> None:
    (tail,) = checked("air_temperature", [0, 600], [None, 1000]).tails
    assert valid(tail) is None


def test_nothing_gives_nothing() -> None:
    result = checked("air_temperature", [], [])
    assert (result.qc.tolist(), result.tails.tolist()) == ([], [])


READINGS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(0, 60),
        st.sampled_from([None, -50.0, 10.0, 10.5, 30.0, 99.0, float("nan"), float("inf")]),
    ),
    max_size=40,
    unique_by=lambda x: x[:2],
)


def plainly(rows):
    """The same checks, one reading at a time, with air temperature's limits."""
    row = by_name("air_temperature")
    last: dict[int, tuple[int, float, int]] = {}
    for series, slot, value in rows:
        time = slot * 600
        if value is None:
            yield MISSING
            continue
        if not np.isfinite(value):
            outside = INTERVAL if value == float("inf") else 0
            yield RANGE_CHECKED | NOT_A_NUMBER | outside
            continue
        if not row.low <= value <= row.high:
            yield RANGE_CHECKED | INTERVAL
            continue
        qc, since = RANGE_CHECKED, time
        if series in last:
            before, old, began = last[series]
            since = began if old == value else time
            if time - before <= STEP_GAP_S:
                qc |= STEP_CHECKED
                hours = max((time - before) / 3600, 1)
                qc |= STEP if abs(value - old) > row.step * hours else 0
        qc |= FREEZE if time - since >= row.freeze_h * 3600 else 0
        last[series] = (time, value, since)
        yield qc


@given(READINGS, st.integers(0, 40))
def test_arrays_agree_with_one_by_one_however_the_batch_is_cut(rows, cut) -> None:
    rows = sorted(rows, key=lambda x: x[:2])
    expected = list(plainly(rows))
    # Cut by time, as frames are: what was before comes in as the tails of the first part.
    first = [i for i, row in enumerate(rows) if row[1] < cut]
    rest = [i for i, row in enumerate(rows) if row[1] >= cut]
    found = dict.fromkeys(range(len(rows)), 0)
    tails: dict[int, tuple[int, float, int]] = {}
    for part in (first, rest):
        chosen = [rows[i] for i in part]
        result = check(
            np.array([r[0] for r in chosen], np.int32),
            np.full(len(chosen), 1, np.int16),
            np.array([r[1] * 600 for r in chosen], np.int64),
            np.array([np.nan if r[2] is None else r[2] for r in chosen], float),
            np.array([r[2] is None for r in chosen], bool),
            np.full(len(chosen), 600, np.int32),
            np.array([(s, *tails[s]) for s in sorted(tails)], VALID),
        )
        found.update(zip(part, result.qc.tolist(), strict=True))
        tails |= {int(t["series"]): tail for t in result.tails if (tail := valid(t))}
    assert list(found.values()) == expected


@given(READINGS)
def test_missing_or_unusable_is_never_called_good(rows) -> None:
    rows = sorted(rows, key=lambda x: x[:2])
    for (_, _, value), qc in zip(rows, plainly(rows), strict=True):
        unusable = value is None or not np.isfinite(value) or not -40 <= value <= 60
        assert bool(qc & UNREADABLE) == unusable
        assert not unusable or qc & UNUSABLE
