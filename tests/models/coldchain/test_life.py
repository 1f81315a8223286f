"""Life used and left, chilling, freezing: by hand, by the products' sources, by property."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from field_configs.load import load
from models.coldchain.excursions import degree_hours, outside
from models.coldchain.exposure import GRID, Assumed, Between, dose, exposure
from models.coldchain.life import chilling, life_days, life_left, life_used, paces
from models.coldchain.readings import known_readings
from models.coldchain.score import score

PRODUCTS = load(site=None).products


def held(celsius, days, step=1200.0):
    """Readings near one temperature: alternately a hundredth up, so that they are not frozen."""
    times = np.arange(0.0, days * 86400 + 1, step)
    return exposure(known_readings(times, celsius + 0.01 * (np.arange(len(times)) % 2)))


@pytest.mark.parametrize("name", sorted(PRODUCTS))
def test_life_at_a_declared_temperature_is_the_declared_one(name):
    for row in PRODUCTS[name].life:
        assert life_days(PRODUCTS[name], row.celsius) == pytest.approx(
            (row.shortest_days, row.longest_days)
        )


@pytest.mark.parametrize("name", sorted(PRODUCTS))
def test_life_is_an_interval_and_never_longer_in_the_warm(name):
    shortest, longest = life_days(PRODUCTS[name], GRID)
    assert (shortest <= longest + 1e-9).all()
    assert (np.diff(shortest) <= 1e-9).all()
    assert (np.diff(longest) <= 1e-9).all()


def test_garlic_between_declared_temperatures_has_its_own_q10():
    """Half-way between 5 and 20 degC the days are the geometric mean (constant Q10)."""
    assert life_days(PRODUCTS["garlic_bulb"], 12.5)[1] == pytest.approx((80 * 60) ** 0.5)


def test_leafy_vegetables_beyond_the_declared_temperature_follow_arrhenius():
    shortest, longest = life_days(PRODUCTS["leafy_vegetables"], 20.0)
    assert shortest == pytest.approx(10 * 1.3 / 11.8, rel=0.03), "as small cabbage, 100.26 kJ/mol"
    assert longest > 3


def test_cold_below_the_threshold_gives_no_life(products):
    cucumber = products["cucumber"]
    assert life_days(cucumber, 2.0) == life_days(cucumber, 10.0)


def test_life_adds_up_over_temperatures(products, assumed):
    scape = products["garlic_scape"]
    used = life_used(held(20.0, 5.0), scape, assumed)
    assert (used.best.item(), used.worst.item()) == pytest.approx((5 / 15, 5 / 10), rel=2e-3)
    left = life_left(used, scape, 0.0)
    assert (left.best.item(), left.worst.item()) == pytest.approx((60, 30), rel=3e-3)


def test_over_is_nothing_left(products, assumed):
    used = life_used(held(20.0, 20.0), products["garlic_scape"], assumed)
    left = life_left(used, products["garlic_scape"], 0.0)
    assert (left.best.item(), left.worst.item()) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("name", "celsius", "days", "least", "most"),
    [
        ("tomato", 5.0, 6.0, 6 / 8, 1.0),  # 6 to 8 days at 5 degC
        ("tomato", 9.98, 14.0, 1.0, 1.0),  # two weeks below 10 degC
        ("tomato", 10.0, 30.0, 0.0, 0.0),
        ("cucumber", 7.2, 2.0, 2 / 3, 2.0),  # a day to 3 days
        ("cucumber", 12.0, 9.0, 0.0, 0.0),
        ("garlic_scape", 0.0, 9.0, 0.0, 0.0),
    ],
)
def test_chilling_is_a_share_of_what_is_borne(products, assumed, name, celsius, days, least, most):
    share = chilling(held(celsius, days), products[name], assumed)
    assert (share.best.item(), share.worst.item()) == pytest.approx((least, most), rel=4e-3)


def test_chilling_in_a_gap_is_possible_not_certain(products):
    times = np.r_[0.0, 600.0, 600.0 + 86400, 1200.0 + 86400]
    seen = exposure(known_readings(times, [12.0, 12.1, 12.0, 12.1]))
    share = chilling(seen, products["cucumber"], Assumed(0.0, 30.0))
    assert (share.best.item(), share.worst.item()) == (0.0, pytest.approx(1.0))


def test_freezing_is_sure_or_possible(products, assumed):
    table = paces(products["garlic_scape"])
    seen = held(-0.95, 1.0)
    frozen = dose(seen, table.surely_frozen, table.maybe_frozen, assumed)
    assert (frozen.best.item(), frozen.worst.item()) == (0.0, pytest.approx(86400.0))


def test_degree_hours_and_time_outside_by_hand(minutes, assumed):
    """10, 12, 13, 9 degC every 10 minutes against 8 to 11: trapezoids of what is beyond."""
    seen = exposure(known_readings(minutes(4), [10.0, 12.0, 13.0, 7.0]))
    above, below = degree_hours(seen, 8.0, 11.0, assumed)
    assert above.best.item() == above.worst.item() == pytest.approx((1.0 + 2.0) / 6)
    assert below.best.item() == pytest.approx(1.0 / 12)
    over, under = outside(seen, 8.0, 11.0, assumed)
    assert (over.best.item(), under.best.item()) == (1200.0, 300.0)


def test_a_gap_is_never_in_range_in_the_worst_case(products):
    """All of it outside at worst; at best inside: the answer is an interval."""
    times = np.array([0.0, 600.0, 36600.0, 37200.0])
    seen = exposure(known_readings(times, [0.0, 0.1, 0.0, 0.1]))
    above, _ = outside(seen, -0.5, 0.5, Assumed(0.0, 30.0))
    assert (above.best.item(), above.worst.item()) == (0.0, 36000.0)


def test_temperatures_beyond_the_grid_are_refused(minutes):
    """They would be counted as another logger's."""
    known = known_readings(minutes(3), [1.0, 2.0, 75.0], scale=(-50.0, 90.0))
    with pytest.raises(ValueError, match="1 to 75 is beyond -40 to 60 degC: narrow the scale"):
        exposure(known)


def test_assumed_temperatures_are_checked():
    with pytest.raises(ValueError, match="assumed 9 to 3 is no range within -40 to 60 degC"):
        Assumed(9.0, 3.0)
    with pytest.raises(ValueError, match="assumed 0 to 99 is no range"):
        Assumed(0.0, 99.0)


def intervals(found):
    for name in found.__slots__:
        value = getattr(found, name)
        if isinstance(value, Between):
            yield name, value


rows = st.lists(
    st.tuples(st.integers(1, 3000), st.one_of(st.just(np.nan), st.integers(-500, 3500))),
    min_size=3,
    max_size=30,
)


@settings(max_examples=40)
@given(rows, st.sampled_from(sorted(PRODUCTS)), st.data())
def test_worst_is_never_better_than_best_and_a_gap_only_widens(readings, name, data):
    """A gap over readings within what is assumed moves best down, worst up, or nothing."""
    steps, hundredths = zip(*readings, strict=True)
    times, values = np.cumsum(np.array(steps, float)), np.array(hundredths, float) / 100
    assumed = Assumed(-5.0, 35.0)
    whole = score(times, values, PRODUCTS[name], assumed)
    for what, found in intervals(whole):
        if not np.isnan(found.best).any():
            assert found.best <= found.worst + 1e-9, what
    first = data.draw(st.integers(0, len(values) - 1))
    # Whole stretches: a reading taken out alone would only change how its neighbours are joined.
    holes = values.copy()
    holes[first:] = np.nan
    gone = score(times, holes, PRODUCTS[name], assumed)
    assert gone.unknown >= whole.unknown - 1e-6
    for what, found in intervals(gone):
        before = getattr(whole, what)
        if not np.isnan(before.best).any():
            assert found.best <= before.best + 1e-9, what
            assert found.worst >= before.worst - 1e-9, what


@settings(max_examples=40)
@given(rows, st.data())
def test_doses_of_a_series_cut_in_two_add_up(readings, data):
    steps, hundredths = zip(*readings, strict=True)
    times, values = np.cumsum(np.array(steps, float)), np.array(hundredths, float) / 100
    sound = np.flatnonzero(np.isfinite(values))
    if not len(sound):
        return
    cut = data.draw(st.sampled_from(sound.tolist()))
    assumed, product = Assumed(-5.0, 35.0), PRODUCTS["tomato"]
    whole = score(times, values, product, assumed)
    parts = [
        score(times[part], values[part], product, assumed)
        for part in (slice(0, cut + 1), slice(cut, None))
    ]
    for what, found in intervals(whole):
        if what != "kinetic":
            for end in ("best", "worst"):
                added = sum(getattr(getattr(part, what), end).item() for part in parts)
                assert added == pytest.approx(getattr(found, end).item(), abs=1e-9), (what, end)
