"""Putting bad input in order: a defined behaviour for each kind."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.wire.quantities import QUANTITIES
from models.hazards.catalogue import catalogue
from models.risk.answers import assess
from models.risk.features import PLAUSIBLE
from models.risk.hazard import CANNOT_SAY, HIGH
from models.weather.dataset import DatasetError, attributes, dataset, prepare


def kinds(problems):
    return [(p.kind, p.quantity, p.site, p.count) for p in problems]


def test_attributes_are_those_of_the_vocabulary(weather):
    attrs = weather(1)["air_temperature"].attrs
    assert attrs == {
        "long_name": "air temperature",
        "units": "degC",
        "cell_methods": "time: mean",
        "standard_name": "air_temperature",
    }


def test_every_quantity_has_the_cf_word_for_its_hours():
    # CF 1.11, appendix E
    words = {attributes(row.name)["cell_methods"].removeprefix("time: ") for row in QUANTITIES}
    assert words <= {"mean", "sum", "maximum", "point"}


def test_what_is_told_of_a_quantity_stands_beside_it():
    share, bits = np.full((2, 1), 0.5, np.float32), np.full((2, 1), 129, np.uint8)
    noon = datetime(2016, 5, 8, 4, tzinfo=UTC)
    data = dataset(
        [noon, noon + timedelta(hours=1)],
        ["a"],
        {"air_temperature": np.full((2, 1), 15.0)},
        completeness={"air_temperature": share},
        qc={"air_temperature": bits},
        longitude=("site", np.array([115.0])),
    )
    assert data["air_temperature"].attrs["ancillary_variables"].split() == [
        "air_temperature_completeness",
        "air_temperature_qc",
    ]
    assert data["air_temperature_qc"].attrs["flag_meanings"].split()[-1] == "struck"
    assert data["air_temperature_qc"].attrs["flag_masks"].tolist()[-1] == 2048
    assert data["longitude"].attrs == {"standard_name": "longitude", "units": "degrees_east"}
    assert {v.dims for v in data.data_vars.values()} == {("time", "site")}


def test_good_data_pass_unchanged(weather):
    data = weather(2, ("a", "b"))
    ready, problems = prepare(data)
    assert problems == []
    assert ready.equals(data)


def test_sites_first_and_hours_out_of_order_are_turned(weather):
    data = weather(1, ("a", "b"))
    data["air_temperature"].values[:] = np.arange(48).reshape(24, 2)
    turned = data.transpose("site", "time").isel(time=slice(None, None, -1))
    ready, _ = prepare(turned)
    assert ready["air_temperature"].values.tolist() == data["air_temperature"].values.tolist()
    assert ready["air_temperature"].values.flags.c_contiguous


def test_a_duplicated_hour_counts_once(weather):
    data = weather(1)
    twice = xr.concat([data, data.isel(time=[5])], "time")
    ready, problems = prepare(twice)
    assert ready.sizes["time"] == 24
    assert problems == []
    assert ready["air_temperature"].values[5, 0] == 15.0


def test_an_hour_with_two_values_is_missing(weather):
    data = weather(1)
    other = data.isel(time=[5]).copy(deep=True)
    other["air_temperature"].values[:] = 16.0
    ready, problems = prepare(xr.concat([data, other], "time"))
    assert np.isnan(ready["air_temperature"].values[5, 0])
    assert ready["relative_humidity"].values[5, 0] == 80.0
    assert kinds(problems) == [("contradicting hours", "air_temperature", "a", 1)]
    assert str(problems[0]) == "a: air_temperature: 1 values: contradicting hours"


def test_a_missing_value_and_a_value_in_one_hour_give_the_value(weather):
    data = weather(1)
    other = data.isel(time=[5]).copy(deep=True)
    data["air_temperature"].values[5] = np.nan
    ready, problems = prepare(xr.concat([data, other], "time"))
    assert ready["air_temperature"].values[5, 0] == 15.0
    assert problems == []


def test_a_day_of_23_hours_has_one_missing(weather):
    data = weather(2)
    short = data.isel(time=[h for h in range(48) if h != 30])
    ready, _ = prepare(short)
    assert ready.sizes["time"] == 48
    assert np.flatnonzero(np.isnan(ready["air_temperature"].values[:, 0])).tolist() == [30]


@pytest.mark.parametrize(
    ("quantity", "value", "becomes"),
    [
        ("precipitation_amount", -0.2, np.nan),
        ("precipitation_amount", 260.0, np.nan),
        ("relative_humidity", 0.0, np.nan),
        ("relative_humidity", 104.0, 100.0),
        ("relative_humidity", 106.0, np.nan),
        ("air_temperature", -60.0, np.nan),
        ("air_temperature", 85.0, np.nan),
    ],
)
def test_implausible_values(weather, quantity, value, becomes):
    data = weather(1)
    data[quantity].values[3] = value
    ready, problems = prepare(data)
    assert ready[quantity].values[3, 0] == pytest.approx(becomes, nan_ok=True)
    assert data[quantity].values[3, 0] == value
    if np.isnan(becomes):
        assert kinds(problems) == [("out of plausible range", quantity, "a", 1)]


def at_place(data, place):
    return data.assign(latitude=(("time", "site"), np.asarray(place)[:, None]))


def test_hours_of_a_station_before_it_moved_are_missing(weather):
    place = np.full(24, 35.7)
    place[12:] += 0.2
    place[20] = np.nan
    data = at_place(weather(1), place)
    for order in (slice(None), slice(None, None, -1)):
        ready, problems = prepare(data.isel(time=order))
        assert kinds(problems) == [("station moved", "position", "a", 12)]
        for name in ("air_temperature", "relative_humidity", "precipitation_amount"):
            assert np.isnan(ready[name].values[:, 0]).tolist() == [True] * 12 + [False] * 12
    assert not np.isnan(data["air_temperature"].values).any()


def test_an_hour_away_costs_that_hour_and_noise_costs_none(weather):
    place = 35.7 + np.linspace(-0.004, 0.004, 24)
    place[5] = 0.0
    ready, problems = prepare(at_place(weather(1), place))
    assert kinds(problems) == [("station moved", "position", "a", 1)]
    assert np.flatnonzero(np.isnan(ready["air_temperature"].values[:, 0])).tolist() == [5]
    assert prepare(at_place(weather(1), np.full(24, np.nan)))[1] == []


def test_after_a_move_nothing_is_said_until_the_windows_are_full_again(weather, seasons):
    place = np.full(24 * 20, 35.7)
    place[24 * 16 :] += 0.2
    fhb, at = [catalogue()["wheat_fhb"]], datetime(2016, 5, 9, 18, tzinfo=UTC)
    data = at_place(weather(), place)
    (before,) = assess(data, seasons(), fhb, datetime(2016, 5, 4, 18, tzinfo=UTC))
    (there,) = assess(weather(), seasons(), fhb, at)
    (gone,) = assess(data, seasons(), fhb, at)
    assert there.status == HIGH
    assert gone.status == CANNOT_SAY
    assert gone.missing == ("relative_humidity", "growth_stage")
    early = assess(weather(), seasons(), fhb, datetime(2016, 5, 4, 18, tzinfo=UTC))[0]
    assert before.inputs_hash == early.inputs_hash, "a move tells nothing of the days before it"


def test_facts_of_sites_and_the_seam_pass_through(weather):
    data = weather(1).assign_coords(
        wetness_measured=("site", [True]),
        source=("time", np.array([0] * 20 + [1] * 4)),
    )
    ready, _ = prepare(data.isel(time=[h for h in range(24) if h != 22]))
    assert bool(ready["wetness_measured"].values[0])
    assert ready["source"].values.tolist() == [0] * 20 + [1, 1, 0, 1]


def test_what_cannot_be_put_in_order_is_refused(weather):
    data = weather(1)
    with pytest.raises(DatasetError, match='no dimension "site"'):
        prepare(data.isel(site=0, drop=True))
    with pytest.raises(DatasetError, match="no hours in it"):
        prepare(data.isel(time=slice(0, 0)))
    half = data.assign_coords(time=data["time"] + np.timedelta64(10, "m"))
    with pytest.raises(DatasetError, match="not the start of an hour"):
        prepare(half)
    noon = datetime(2016, 5, 1, 12, tzinfo=UTC)
    with pytest.raises(DatasetError, match="time without zone"):
        dataset([noon.replace(tzinfo=None)], ["a"], {})
    with pytest.raises(DatasetError, match="air_temperatur"):
        dataset([noon], ["a"], {"air_temperatur": np.zeros((1, 1))})


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_comes_in_comes_out_as_a_grid_of_plausible_hours(data):
    count = data.draw(st.integers(1, 60))
    hours = data.draw(st.lists(st.integers(0, 100), min_size=count, max_size=count))
    number = st.one_of(st.floats(-200, 300), st.just(float("nan")))
    values = data.draw(st.lists(number, min_size=count, max_size=count))
    start = datetime(2016, 5, 1, tzinfo=UTC)
    times = [start + timedelta(hours=h) for h in hours]
    column = np.array(values)[:, None]
    raw = dataset(times, ["a"], dict.fromkeys(("relative_humidity", "air_temperature"), column))
    ready, _ = prepare(raw)
    assert ready.sizes["time"] == max(hours) - min(hours) + 1
    for name in ready.data_vars:
        low, high = PLAUSIBLE[name]
        there = ready[name].values[~np.isnan(ready[name].values)]
        assert ((there >= low) & (there <= high)).all()
        for hour, value in zip(
            hours, ready[name].values[np.array(hours) - min(hours), 0], strict=True
        ):
            given_ = {v for h, v in zip(hours, values, strict=True) if h == hour and v == v}
            if len(given_) != 1:
                assert np.isnan(value)
