"""Weather between stations, on weather whose truth is known."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from threadpoolctl import threadpool_limits

from models.weather import interpolate as module
from models.weather.distances import distances_km, plane_km
from models.weather.interpolate import NEIGHBOURS, SPREADS, Kriging, Spread, interpolate
from models.weather.left_out import leave_one_out

RNG = np.random.default_rng(20160505)


@pytest.fixture(scope="module")
def network():
    """Forty places within 60 km and 300 hours of temperature that has the declared spread."""
    places = RNG.uniform(0, 60, (40, 2))
    spread = SPREADS["air_temperature"]
    apart = distances_km(places, places)
    covariance = spread.region**2 * np.exp(-0.5 * (apart / spread.length_km) ** 2)
    smooth = RNG.multivariate_normal(np.zeros(40), covariance, 300, method="eigh")
    level = RNG.uniform(-5, 30, (300, 1))
    return places, level + smooth + RNG.normal(0, spread.place, (300, 40))


def test_distances_are_those_of_the_earth():
    # one degree of latitude is 111.19 km on a sphere of 6371 km
    places = plane_km(np.array([115.0, 115.0, 116.0]), np.array([36.0, 37.0, 36.0]))
    apart = distances_km(places, places)
    assert apart[0, 1] == pytest.approx(111.19, abs=0.01)
    assert apart[0, 2] == pytest.approx(111.19 * np.cos(np.radians(36)), abs=0.01)


def test_the_standard_error_is_what_it_says(network):
    places, values = network
    shown = interpolate("air_temperature", values[:, :30], places[:30], places[30:], range_km=60)
    miss = shown.values - values[:, 30:]
    ratio = np.sqrt((miss**2).mean()) / np.sqrt((shown.error**2).mean())
    assert 0.93 < ratio < 1.07
    assert 0.93 < (np.abs(miss) <= 1.96 * shown.error).mean() < 0.97


def test_leaving_a_station_out_beats_copying_its_neighbour(network):
    places, values = network
    rows = leave_one_out("air_temperature", values, places)
    assert len(rows) == 40
    assert np.mean([r.rmse for r in rows]) < 0.9 * np.mean([r.nearest_rmse for r in rows])
    assert 0.93 < np.mean([r.inside for r in rows]) < 0.97


def test_the_error_is_computed_without_the_station_itself(network):
    places, values = network
    spoiled = values.copy()
    spoiled[:, 0] += 50.0
    row = leave_one_out("air_temperature", spoiled, places)[0]
    assert row.bias == pytest.approx(-50.0, abs=1.0)


def test_a_place_far_from_every_station_gets_no_value():
    stations, targets = np.array([[0.0, 0.0], [5.0, 0.0]]), np.array([[29.0, 0.0], [40.0, 0.0]])
    values = np.array([[10.0, 12.0], [10.0, np.nan], [np.nan, np.nan]])
    shown = interpolate("air_temperature", values, stations, targets, range_km=30)
    np.testing.assert_array_equal(np.isnan(shown.values), [[0, 1], [0, 1], [1, 1]])
    np.testing.assert_array_equal(np.isnan(shown.error), np.isnan(shown.values))
    np.testing.assert_allclose(shown.nearest_km, [24, 35])
    # without the station at 5 km the other is 29 km away and says less
    assert shown.error[1, 0] > shown.error[0, 0]
    assert shown.values[1, 0] == pytest.approx(10.0)
    near = interpolate("air_temperature", values, stations, targets, range_km=28)
    assert np.isnan(near.values[1, 0])


def test_no_station_at_all_is_no_value():
    shown = interpolate("wind_speed", np.empty((3, 0)), np.empty((0, 2)), np.zeros((2, 2)))
    assert np.isnan(shown.values).all()
    assert np.isinf(shown.nearest_km).all()


def test_values_stay_possible_and_dry_hours_dry():
    stations, targets = np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([[-20.0, 0.0], [5.0, 0.0]])
    rain = interpolate(
        "precipitation_amount", np.array([[0.0, 9.0], [0.0, 0.0]]), stations, targets
    )
    assert (rain.values >= 0).all()
    np.testing.assert_array_equal(rain.values[1], [0.0, 0.0])
    damp = interpolate(
        "relative_humidity", np.array([[100.0, 90.0]]), stations, targets, spread=Spread(20, 50, 1)
    )
    assert damp.values.max() <= 100.0


def test_it_is_the_gaussian_process_of_scikit_learn(network):
    places, values = network
    spread = SPREADS["air_temperature"]
    region, own = spread.region**2, spread.place**2
    kernel = (
        ConstantKernel(1e3 * (region + own), "fixed")
        + ConstantKernel(region, "fixed") * RBF(spread.length_km, "fixed")
        + WhiteKernel(own, "fixed")
    )
    process = GaussianProcessRegressor(kernel, alpha=0.0, optimizer=None)
    level = values[:9, :30].mean(axis=1)
    process.fit(places[:30], (values[:9, :30] - level[:, None]).T)
    mean, deviation = process.predict(places[30:], return_std=True)
    found = interpolate("air_temperature", values[:9, :30], places[:30], places[30:], range_km=99)
    np.testing.assert_allclose(found.values, mean.T + level[:, None], rtol=1e-9)
    np.testing.assert_allclose(found.error, deviation.T, rtol=1e-9)


def test_a_value_does_not_depend_on_the_other_hours_and_places(network):
    places, values = network
    values = np.where(np.random.default_rng(3).random(values.shape) < 0.02, np.nan, values)
    targets = np.repeat(RNG.uniform(0, 60, (30, 2)), 2, axis=0)
    whole = Kriging("air_temperature", places, targets).values(values)
    for count in (1, 2, 3, 7, 31, 59):
        few = RNG.choice(60, count, replace=False)
        hours = slice(count, count + 1 + 24 * (count % 2))
        part = Kriging("air_temperature", places, targets[few]).values(values[hours])
        assert part.tobytes() == np.ascontiguousarray(whole[hours][:, few]).tobytes()


@pytest.fixture(scope="module")
def crowd():
    """400 stations over a plain that vary as the spreads say, and 60 places between them."""
    random = np.random.default_rng(5)
    places, targets = random.uniform(0, 90, (400, 2)), random.uniform(0, 90, (60, 2))
    everywhere = np.concatenate([places, targets])
    spread = SPREADS["air_temperature"]
    apart = distances_km(everywhere, everywhere)
    shared = spread.region**2 * np.exp(-0.5 * (apart / spread.length_km) ** 2)
    values = random.multivariate_normal(np.full(460, 14.0), shared, size=20, method="eigh")
    values += random.normal(0, spread.place, values.shape)
    return places, targets, values[:, :400], values[:, 400:]


@pytest.mark.parametrize("silent", [0.0, 0.02, 0.7])
def test_the_nearest_stations_say_what_all_would(crowd, silent, monkeypatch):
    places, targets, values, truth = crowd
    values = values.copy()
    values[:, np.random.default_rng(1).random(400) < silent] = np.nan
    near = interpolate("air_temperature", values, places, targets)
    monkeypatch.setattr(module, "NEIGHBOURS", 1000)
    every = interpolate("air_temperature", values, places, targets)
    off = (near.values - every.values) / every.error
    assert np.sqrt(np.mean(off**2)) < 0.16
    np.testing.assert_allclose(near.error, every.error, rtol=0.06)
    assert (near.error / every.error).mean() < 1.02
    inside = np.abs(near.values - truth) <= 1.96 * near.error
    assert 0.93 < inside.mean() < 0.97


def test_who_is_asked_does_not_depend_on_the_others_asked(crowd):
    places, targets, values, _ = crowd
    values = np.where(np.random.default_rng(2).random(values.shape) < 0.05, np.nan, values)
    whole = interpolate("air_temperature", values, places, targets)
    part = interpolate("air_temperature", values[3:5], places, targets[7:9])
    assert part.values.tobytes() == np.ascontiguousarray(whole.values[3:5, 7:9]).tobytes()
    assert part.error.tobytes() == np.ascontiguousarray(whole.error[3:5, 7:9]).tobytes()


def test_weights_are_kept_only_for_the_stations_that_they_belong_to(crowd):
    places, targets, values, _ = crowd
    random = np.random.default_rng(4)
    # three nodes in each village, and each hour others are silent, in every tenth nobody
    villages = np.repeat(places[:100], 3, axis=0)
    values = np.where(random.random((20, 300)) < 0.05, np.nan, values[:, :300])
    values[::10] = crowd[2][::10, :300]
    kept = Kriging("air_temperature", villages, targets, range_km=99)
    for hour in random.integers(0, 20, 60):
        fresh = Kriging("air_temperature", villages, targets, range_km=99)
        here = values[hour : hour + 1]
        assert kept.values(here).tobytes() == fresh.values(here).tobytes()


def test_where_all_around_are_silent_those_further_off_speak(crowd):
    places, targets, values, _ = crowd
    values = values.copy()
    order = np.argsort(distances_km(targets[:1], places)[0])
    values[:, order[: 4 * NEIGHBOURS - 5]] = np.nan
    found = interpolate("air_temperature", values, places, targets[:1], range_km=99)
    assert np.isfinite(found.values).all()
    closer = interpolate("air_temperature", crowd[2], places, targets[:1], range_km=99)
    assert (found.error > closer.error).all()


def test_a_value_does_not_depend_on_how_many_threads_there_are():
    random = np.random.default_rng(11)
    places, targets = random.uniform(0, 60, (400, 2)), random.uniform(0, 60, (9, 2))
    values = random.normal(15, 3, (2, 400))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(Kriging("air_temperature", places, targets).values(values).tobytes())
    assert found[0] == found[1]


def test_the_same_input_gives_the_same_bits(network):
    places, values = network
    values = np.where(RNG.random(values.shape) < 0.01, np.nan, values)
    one = interpolate("air_temperature", values, places, places[:3] + 1.0)
    two = interpolate("air_temperature", values.copy(), places.copy(), places[:3] + 1.0)
    assert one.values.tobytes() == two.values.tobytes()
