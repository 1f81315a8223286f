"""Which probes count, how roots weigh them, and what cannot be what it is called."""

import numpy as np
import pytest

from models.water.measured import (
    OWN_RANGE_ERROR,
    REASONS,
    SENSOR_ERROR,
    Ranges,
    observe,
    ranges_of,
    told,
)
from models.water.measured_layers import MeasuredError, checked_depths, root_share, weights_of
from models.weather.quality import AT_ODDS, DRIFT, FREEZE, INTERVAL, STRUCK, UNLIKE_NEIGHBOURS

DEPTHS = [0.2, 0.6]
ROOTS = np.array([1.0])


def ranges(capacity=0.30, wilting=0.10, probes=2):
    full = np.full((1, probes), capacity)
    return Ranges(full, np.full((1, probes), wilting), np.full((1, probes), 0.03), full > 1)


def moisture(*rows):
    return np.array(rows, float)[:, None, :]


def test_roots_take_40_30_20_10_per_cent_from_their_quarters():
    edges = root_share(np.array([0, 0.25, 0.5, 0.75, 1.0]))
    assert np.diff(edges) == pytest.approx([0.4, 0.3, 0.2, 0.1])


def test_each_probe_stands_for_the_roots_halfway_to_the_next():
    weight, _ = weights_of(np.array([[[True, True]]]), np.array([[0.2, 0.6]]), ROOTS)
    # From 0 to 0.4 m: 40 % and three fifths of 30 %.
    assert weight[0, 0] == pytest.approx([0.58, 0.42])
    alone, beyond = weights_of(np.array([[[False, True]]]), np.array([[0.2, 0.6]]), ROOTS)
    assert alone[0, 0] == pytest.approx([0, 1])
    # It knows 0.35 to 0.85 m: of the roots 0.94 - 0.52.
    assert beyond[0, 0] == pytest.approx([0, 1 - 0.42])


def test_depletion_is_the_share_of_the_available_water():
    seen = observe(moisture([0.20, 0.30], [0.35, 0.05]), DEPTHS, ROOTS, ranges())
    assert seen.share[:, 0] == pytest.approx([0.58 * 0.5, 0.42 * 1.0])
    assert not seen.cannot_say.any()


@pytest.mark.parametrize(
    ("bit", "reason"),
    [(FREEZE, "stuck"), (DRIFT, "drift"), (INTERVAL, "out_of_bounds"), (STRUCK, "struck")],
)
def test_a_probe_is_left_out_by_its_quality_bits_and_named(bit, reason):
    bits = np.array([[[0, bit]]])
    seen = observe(moisture([0.20, 0.30]), DEPTHS, ROOTS, ranges(), quality=bits)
    assert seen.share[0, 0] == pytest.approx(0.5)
    assert seen.weights[0, 0].tolist() == [1.0, 0.0]
    (one,) = told(seen, DEPTHS)
    assert (one.field, one.depth, one.reason, one.days) == (0, 0.6, reason, 1)


def test_doubts_that_a_watering_raises_leave_nothing_out():
    bits = np.array([[[AT_ODDS, UNLIKE_NEIGHBOURS]]])
    assert told(observe(moisture([0.2, 0.3]), DEPTHS, ROOTS, ranges(), quality=bits), DEPTHS) == []


def test_frozen_soil_standing_probes_gaps_and_values_beyond_pores_are_left_out():
    values = moisture([0.2, 0.3], [0.2, np.nan], [0.2, 0.9])
    cold = np.array([-0.5, 3.0, 3.0])[:, None, None] * [[1, -1]]
    still = np.array([[[False, False]], [[True, False]], [[False, False]]])
    seen = observe(values, DEPTHS, ROOTS, ranges(), soil_temperature=cold, still=still)
    names = [[REASONS[code] for code in day[0]] for day in seen.left_out]
    # A gap in frozen soil is a frozen soil's.
    assert names == [["frozen_soil", "used"], ["hardly_moves", "frozen_soil"],
                     ["used", "out_of_bounds"]]  # fmt: skip


def test_a_probe_deeper_than_the_roots_is_left_out():
    seen = observe(moisture([0.2, 0.1]), DEPTHS, np.array([0.5]), ranges())
    assert seen.share[0, 0] == pytest.approx(0.5)
    assert [(one.depth, one.reason) for one in told(seen, DEPTHS)] == [(0.6, "below_roots")]
    young = observe(moisture([0.2, 0.1]), DEPTHS, np.array([0.1]), ranges())
    assert young.cannot_say.all()


def test_without_any_probe_nobody_can_say():
    seen = observe(moisture([np.nan, np.nan]), DEPTHS, ROOTS, ranges())
    assert seen.cannot_say.tolist() == [[True]]
    assert [one.reason for one in told(seen, DEPTHS)] == ["missing", "missing"]


def test_fields_with_fewer_probes_and_growing_roots():
    depths = [[0.1, 0.3, 0.5], [0.2, np.nan, np.nan]]
    full = np.full((2, 3), 0.3)
    own = Ranges(full, full - 0.2, full * 0 + 0.03, full > 1)
    roots = np.array([[0.2, 1.0], [0.6, 1.0]])
    seen = observe(np.full((2, 2, 3), 0.2), depths, roots, own)
    assert seen.share == pytest.approx(0.5)
    assert (seen.weights > 0).sum(axis=-1).tolist() == [[1, 1], [3, 1]]
    assert {one.reason for one in told(seen, depths)} == {"below_roots"}


def test_far_from_its_probe_little_is_known():
    near = observe(moisture([0.2, 0.2]), DEPTHS, np.array([0.8]), ranges())
    one = observe(moisture([0.2]), [0.2], np.array([0.8]), ranges(probes=1))
    deep = observe(moisture([0.2]), [0.2], np.array([2.0]), ranges(probes=1))
    lasting = [((s.weights**2 * s.lasting).sum()) for s in (near, one, deep)]
    assert lasting == sorted(lasting)
    assert lasting[2] > 1.5 * lasting[1]


@pytest.mark.parametrize(
    ("depths", "message"),
    [
        ([0.6, 0.2], "field 0: depths 0.6, 0.2 m do not increase"),
        ([0.2, 0.2], "do not increase: order the probes from the surface down"),
        ([20, 60], "field 0: depths 20, 60 m: give metres below the surface, 0 to 5"),
        ([-0.6, -0.2], "give metres below the surface"),
    ],
)
def test_depths_that_cannot_be(depths, message):
    with pytest.raises(MeasuredError, match=message):
        checked_depths(depths, 2)


def test_per_cent_are_no_fraction():
    with pytest.raises(MeasuredError, match=r"probe at 0.6 m, day 1: soil moisture of 31 is no fr"):
        observe(moisture([0.2, 0.3], [0.2, 31]), DEPTHS, ROOTS, ranges())
    marked = np.array([[[0, INTERVAL]]])
    seen = observe(moisture([0.2, 31]), DEPTHS, ROOTS, ranges(), quality=marked)
    assert [one.reason for one in told(seen, DEPTHS)] == ["out_of_bounds"]


def test_a_capacity_below_the_wilting_point_is_refused():
    with pytest.raises(MeasuredError, match="field 0: field capacity is not above the wilting"):
        observe(moisture([0.2, 0.3]), DEPTHS, ROOTS, ranges(0.1, 0.1))


def test_a_probe_works_on_its_own_range_where_the_texture_disagrees():
    plateau = np.array([[0.40, 0.32, 0.45, np.nan]])
    count = np.array([[3, 5, 2, 0]])
    lowest = np.array([[0.15, 0.05, 0.2, np.nan]])
    found = ranges_of([0.31], [0.15], plateau, count, lowest)
    assert found.own[0].tolist() == [True, False, False, False]
    assert found.capacity[0] == pytest.approx([0.40, 0.31, 0.31, 0.31])
    # 0.40 - 0.16 = 0.24, and it has read 0.15 already.
    assert found.wilting[0] == pytest.approx([0.15, 0.15, 0.15, 0.15])
    assert found.error[0].tolist() == [OWN_RANGE_ERROR] * 2 + [SENSOR_ERROR] * 2
