"""Answers of Open-Meteo, whole and broken: what is none is told with its reason."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.exchange.open_meteo import AnswerError, RefusedError, parse_answer
from tests.collector.providers.service import place_of
from tests.paths import WHOLE

FIRST = datetime(2016, 5, 1, tzinfo=UTC)
ASKED = {
    "latitude": "36.0100",
    "longitude": "115.1400",
    "hourly": "temperature_2m,relative_humidity_2m,precipitation,wind_speed_10m,"
    "shortwave_radiation",
    "timeformat": "unixtime",
    "wind_speed_unit": "ms",
}
WHERE = [(115.14, 36.01)]
GOOD = place_of(ASKED, 0, FIRST, 48)


def parse(document):
    return parse_answer(json.dumps(document).encode(), WHERE)


def test_a_whole_answer():
    answer = parse(GOOD)
    assert answer.faults == ()
    (place,) = answer.places
    times, values = place.values["air_temperature"]
    assert (times[0], len(times), values[0]) == (FIRST.timestamp(), 48, 15.0)
    times, values = place.values["precipitation_amount"]
    assert values[np.flatnonzero(times == FIRST.timestamp() + 5 * 3600)[0]] == 0.4


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"hourly": None}, "the answer holds no hours"),
        ({"hourly": {"time": "now"}}, "the answer holds no hours"),
        ({"latitude": None}, "the answer does not say of which place it is"),
        ({"latitude": 361}, "the answer does not say of which place it is"),
        ({"location_id": 3}, "the answer says of itself to be of place 3"),
        ({"hourly_units": {}}, 'time: the unit "None" is not known'),
        ({"hourly_units": [1]}, 'time: the unit "None" is not known'),
        ({"hourly": GOOD["hourly"] | {"time": list(range(48))}}, "times are not whole hours"),
        (
            {"hourly": GOOD["hourly"] | {"time": GOOD["hourly"]["time"][::-1]}},
            "times are not whole hours",
        ),
        ({"hourly": GOOD["hourly"] | {"time": [10**400] * 48}}, "times are not whole hours"),
        (
            {
                "hourly_units": GOOD["hourly_units"] | {"time": "iso8601"},
                "utc_offset_seconds": "8h",
            },
            'utc_offset_seconds "8h" is no offset',
        ),
        (
            {"hourly": GOOD["hourly"] | {"temperature_2m": [1.0]}},
            "temperature_2m: 1 values for 48 hours",
        ),
        ({"hourly": {"time": GOOD["hourly"]["time"]}}, "temperature_2m is not in the answer"),
        (
            {"hourly_units": GOOD["hourly_units"] | {"precipitation": None}},
            'precipitation: the unit "None" is not known',
        ),
    ],
)
def test_what_is_broken_costs_itself_and_is_told(change, fault):
    answer = parse(GOOD | change)
    assert any(fault in str(why) for _, why in answer.faults), [str(w) for _, w in answer.faults]


def test_a_refusal_is_told_in_their_words_without_what_nobody_sees():
    with pytest.raises(RefusedError) as error:
        parse(
            {"error": True, "reason": "Latitude must be in range\n of -90 to 90°.\x07" + "x" * 500}
        )
    assert error.value.reason.startswith("Latitude must be in range of -90 to 90°.")
    assert len(error.value.reason) == 200


def test_not_a_number_and_infinity_are_missing_values():
    text = json.dumps(GOOD).replace("15.0", "NaN").replace("15.25", "-Infinity")
    (place,) = parse_answer(text.encode(), WHERE).places
    assert np.isnan(place.values["air_temperature"][1][:2]).all()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)
OFTEN = settings(max_examples=1000 if WHOLE else 40)


def told(error: AnswerError) -> None:
    assert str(error)


PATHS = [
    ("latitude",), ("longitude",), ("utc_offset_seconds",), ("location_id",), ("hourly",),
    ("hourly_units",), ("hourly", "time"), ("hourly", "time", 3), ("hourly", "temperature_2m"),
    ("hourly", "temperature_2m", 5), ("hourly_units", "time"), ("hourly_units", "wind_speed_10m"),
]  # fmt: skip


@OFTEN
@given(st.lists(st.tuples(st.sampled_from(PATHS), JSON), min_size=1, max_size=4))
def test_whatever_stands_anywhere_in_an_answer_it_is_read_or_refused(changes):
    document = deepcopy(GOOD)
    for path, value in changes:
        inside = document
        for name in path[:-1]:
            inside = inside.get(name) if isinstance(inside, dict) else None
        last = path[-1]
        in_list = isinstance(inside, list) and isinstance(last, int) and last < len(inside)
        if isinstance(inside, dict) or in_list:
            inside[last] = value
    try:
        answer = parse(document)
    except AnswerError as error:
        told(error)
        return
    assert len(answer.places) == 1 or answer.faults
    for place in answer.places:
        for times, values in place.values.values():
            assert (np.diff(times) > 0).all()
            assert not np.isinf(values).any()
    assert all(str(why) for _, why in answer.faults)


@OFTEN
@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes_and_any_piece_of_an_answer(content, length):
    whole = json.dumps(GOOD).encode()
    for body in (content, whole[:length], whole[:length] + content):
        try:
            parse_answer(body, WHERE)
        except AnswerError as error:
            told(error)
