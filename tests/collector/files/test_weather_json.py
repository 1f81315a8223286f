"""Weather documents of others: what is taken in of them, and that none ends in a traceback."""

from __future__ import annotations

import json
import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.files.given import Given
from collector.files.judging import judge
from collector.files.weather_json import read_json
from models.sheets.refused import Refusals, SheetError
from tests.collector.conftest import NOW
from tests.collector.files.conftest import FORECAST, OBSERVED, places

MADE_FOR = Given("forecast", "test", NOW, place="qf-liuge")


def location(**changes):
    place = {"longitude": 115.14, "latitude": 36.01, "data": [[15.0, 80.0], [None, 75.0]]}
    return place | changes


def document(**changes) -> str:
    whole = {
        "timeStart": "2016-05-01T12:00:00Z",
        "timeEnd": "2016-05-01T13:00:00Z",
        "interval": 3600,
        "weatherParameters": [1002, 3002],
        "QC": [3, -1],
        "locationWeatherData": [location()],
    }
    return json.dumps(whole | changes)


@pytest.fixture
def take(read):
    return lambda text, given=MADE_FOR, **more: read(text, given, name="w.json", **more)


def test_hours_become_values_and_broken_ones_are_named(take):
    rows = [[15.0, 80.0], [None, 400.0]]
    found = take(document(locationWeatherData=[location(data=rows)]))
    assert [(v.quantity, v.value, v.qc) for v in found.values] == [
        ("air_temperature", 15.0, 3),
        ("relative_humidity", 80.0, 0),
    ]
    (refused,) = found.refused
    assert refused.startswith("w.json: locationWeatherData[0].data[1]: relative_humidity 400 % is")


def test_places_are_named_by_position_and_unknown_parameters_left_out(take):
    found = take(document(weatherParameters=[1002, 1901]), FORECAST)
    assert {v.place for v in found.values} == {"115.1400,36.0100"}
    assert found.refused == [
        "w.json: weatherParameters: parameter 1901 has no quantity in the vocabulary; it is left "
        "out"
    ]


def test_a_position_that_differs_in_the_sixth_decimal_is_the_same_place(take):
    known = places()
    known.known["115.2000,35.9001"] = (115.20004, 35.90005)
    near = location(longitude=115.2000499, latitude=35.9000501)
    found = take(document(locationWeatherData=[near]), FORECAST, known=known)
    assert {v.place for v in found.values} == {"station-1"}
    del known.known["station-1"]
    found = take(document(locationWeatherData=[near]), FORECAST, known=known)
    assert {v.place for v in found.values} == {"115.2000,35.9001"}


def test_fields_at_one_position_are_places_of_their_own(take):
    found = take(document(locationWeatherData=[location(), location()]), FORECAST)
    assert found.table.names == ["115.1400,36.0100", "115.1400,36.0100 (2)"]
    assert found.refused == []


def test_an_hour_that_no_forecast_tells_is_named(take):
    late = Given("forecast", "test", NOW - timedelta(days=40))
    found = take(document(), late)
    assert [r.split(": ")[1] for r in found.refused] == ["data[0]", "data[1]"]
    assert all("tells (from 1 d before to 16 d after)" in r for r in found.refused)


@pytest.mark.parametrize(
    ("changes", "given_", "message"),
    [
        ({"locationWeatherData": [location(longitude=2.35, latitude=48.86)]}, MADE_FOR,
         "w.json: is of 2.35, 48.86, which is 10247 km from qf-liuge: more than 30 km"),
        ({}, Given("forecast", "test", NOW, place="qf-liugee"),
         'w.json: unknown place "qf-liugee"; add --new-place if it is a new station (did you mean '
         '"qf-liuge"?)'),
        ({"locationWeatherData": [location(), location()]}, MADE_FOR,
         "w.json: 2 places in it, so --place can name none of them; leave it out"),
        ({"timeStart": "0001-01-01T00:00:00+08:00"}, MADE_FOR, "w.json: timeStart: time 0001"),
    ],
)  # fmt: skip
def test_a_document_of_elsewhere_or_for_nobody_is_refused(take, changes, given_, message):
    with pytest.raises(SheetError) as error:
        take(document(**changes), given_)
    assert str(error.value).startswith(message)


def test_a_new_station_is_one_when_it_is_said_to_be(take):
    new = Given("forecast", "test", NOW, place="grid point 7", new=True)
    found = take(document(), new)
    assert found.table.positions == {"grid point 7": (115.14, 36.01)}


def test_a_grid_point_near_a_village_is_its_forecast(take):
    found = take(document(locationWeatherData=[location(longitude=115.3, latitude=36.1)]))
    assert {v.place for v in found.values} == {"qf-liuge"}
    assert found.table.positions == {"qf-liuge": (115.14, 36.01)}


def test_a_preferred_parameter_without_values_falls_back(take):
    rows = [[None, 14.0, 4.0, 10.0], [None, 15.0, None, 10.0]]
    text = document(
        weatherParameters=[1002, 1001, 4003, 4013],
        QC=[0, 0, 0, 0],
        locationWeatherData=[location(data=rows)],
    )
    values = {(v.quantity, v.time.hour): round(v.value, 2) for v in take(text).values}
    assert values == {
        ("air_temperature", 12): 14.0,
        ("air_temperature", 13): 15.0,
        ("wind_speed", 12): 4.0,
        # 10 m/s at 10 m are 7.48 at 2 m (FAO-56 equation 47)
        ("wind_speed", 13): 7.48,
    }


@pytest.mark.parametrize("bits", [4, 5, 8, 16, 32, 64, 128, 10**12])
@pytest.mark.parametrize("place", ["document", "location", "location in capitals"])
def test_values_that_failed_a_test_are_not_sound(take, bits, place):
    if place == "document":
        text = document(QC=[bits, 0])
    else:
        key = "QC" if "capitals" in place else "qc"
        text = document(QC=[0, 0], locationWeatherData=[location(**{key: [bits, 0]})])
    found = take(text)
    kept = min(bits, 255)
    assert [(v.quantity, v.qc) for v in found.values][:2] == [
        ("air_temperature", kept),
        ("relative_humidity", 0),
    ]
    assert found.notes == [
        f"parameter 1002 failed a test of its maker (QC {kept}); it is kept and not used"
    ]


def test_an_unsound_preferred_parameter_falls_back_to_a_sound_one(take):
    rows = [[15.0, 14.0], [16.0, None]]
    text = document(
        weatherParameters=[1002, 1001], QC=[8, 1], locationWeatherData=[location(data=rows)]
    )
    assert [(v.value, v.qc) for v in take(text).values] == [(14.0, 1), (16.0, 8)]


def test_odd_cells_cost_themselves(take):
    rows = [["NA", "80"], [True, [1]]]
    found = take(document(locationWeatherData=[location(data=rows)]))
    assert [v.value for v in found.values] == [80.0]
    assert found.refused == [
        'w.json: locationWeatherData[0].data[1][0]: value "true" is no number; leave the cell '
        "empty where there is none",
        'w.json: locationWeatherData[0].data[1][1]: value "[1]" is no number; leave the cell '
        "empty where there is none",
    ]


def test_a_broken_place_or_row_costs_itself(take):
    two = [location(longitude=500), location(longitude=115.2, data=[[1], [10, 50]])]
    found = take(document(locationWeatherData=two), FORECAST)
    assert [(v.place, v.value) for v in found.values] == [
        ("115.2000,36.0100", 10.0),
        ("115.2000,36.0100", 50.0),
    ]
    assert found.refused == [
        "w.json: locationWeatherData[0].longitude: 500 is not within -180..180 degrees; mend it",
        "w.json: locationWeatherData[1].data[0]: not 2 values in a row; write null where there is "
        "none",
    ]
    rows = [[20.0, 900.0], [10, 50]]
    two[1] = location(longitude=115.2, data=rows)
    refused = take(document(locationWeatherData=two), FORECAST).refused
    assert refused[1].startswith("w.json: locationWeatherData[1].data[0]: relative_humidity 900")


@pytest.mark.parametrize(
    "altitude", [None, "high", [], {}, True, -3, 1e300, "1e999", {"unit": "m"}, "NA"]
)
def test_an_odd_altitude_is_none(take, altitude):
    assert len(take(document(locationWeatherData=[location(altitude=altitude)])).values) == 3


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"timeStart": ' + "9" * 5000 + "}",
        "\ufeff",
        "{}",
        "null",
        '"text"',
        document().replace("15.0", "9" * 400),
        document().replace("15.0", "1e400"),
        document().replace("15.0", "-Infinity"),
        document().replace("15.0", "NaN"),
        document().replace("15.0", '"\\ud800"'),
        document().replace("[3, -1]", "[99999999999999999999999, -5]"),
        document().replace("3600", "1e308"),
        document().replace("1002", str(10**300)),
        document().replace("115.14", str(10**300)),
        document().replace("2016-05-01T13", "9999-12-31T23"),
        document().replace("w", "\ud800", 1).encode("utf-8", "replace").decode(),
    ],
    ids=lambda text: text[:12] + f"…{len(text)}",
)
def test_what_is_huge_deep_or_odd_is_refused_by_name(take, text):
    message, values = outcome(lambda: take(text).values)
    assert message is None or (message.startswith("w.json") and len(message) < 500)
    assert all(math.isfinite(v.value) for v in values)


def outcome(work):
    """The message of a refusal, or what was read."""
    try:
        return None, work()
    except SheetError as error:
        return str(error), []


# Documents that are almost right: every part of one is put in the place of another, or spoilt.

ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "NA", "2016-05-01T12:00:00Z", "0001-01-01T00:00:00Z", 10**400]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def paths(value, path=()):
    """Every place in a document."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from paths(inner, (*path, number))


PATHS = [path for path in paths(json.loads(document())) if path]


def spoilt(path, put):
    """The document with something else at a place; `KeyError` as value takes it out."""
    whole = json.loads(document(QC=[0, 0], locationWeatherData=[location(qc=[0, 0], altitude=3)]))
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    if put is KeyError:
        del inner[path[-1]]
    else:
        inner[path[-1]] = put
    return json.dumps(whole)


@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    path=st.sampled_from(PATHS),
    put=ODD | st.just(KeyError),
    how=st.sampled_from([MADE_FOR, FORECAST, OBSERVED]),
)
def test_no_document_ends_in_a_traceback(tmp_path, path, put, how):
    file = tmp_path / "w.json"
    file.write_text(spoilt(path, put), "utf-8", errors="replace")
    refusals = Refusals("w.json")
    message, values = outcome(lambda: values_of(file, how, refusals))
    assert message is None or message.startswith("w.json")
    assert all(math.isfinite(v.value) and 0 <= v.qc <= 255 for v in values)
    assert all(json.dumps(dict(r.event.params), allow_nan=False) and str(r) for r in refusals)


def values_of(file, how, refusals):
    table = read_json(file, how, places(), refusals)
    judge(table, refusals)
    return list(table.each())


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cut=st.integers(0, 400), byte=st.integers(0, 255), size=st.integers(0, 3))
def test_no_bytes_end_in_a_traceback(tmp_path, cut, byte, size):
    content = document().encode()
    file = tmp_path / "w.json"
    file.write_bytes(content[:cut] + bytes([byte]) * size + content[cut + size - 1 :])
    message, _ = outcome(lambda: values_of(file, MADE_FOR, Refusals("w.json")))
    assert message is None or message.startswith("w.json")


def test_an_array_of_hours_is_large_and_read_in_one_go(take):
    rows = np.round(15 + np.sin(np.arange(16 * 24) / 4), 2)
    text = document(
        timeEnd="2016-05-17T11:00:00Z",
        locationWeatherData=[location(data=[[v, 80] for v in rows.tolist()])],
    )
    assert len(take(text).values) == 2 * 16 * 24
