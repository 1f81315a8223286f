"""SenML packs to plain values: the examples of RFC 8428, its rules, and what strangers may send."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.exchange.telemetry import senml
from models.exchange.telemetry.records import MOST_RECORDS, TelemetryError


def resolved(pack: Any) -> list[tuple[str, float, float, str | None]]:
    found = senml.decode(json.dumps(pack).encode())
    return [(one.name, one.time, one.value, one.unit) for one in found.measured]


def reason(data: Any) -> str:
    with pytest.raises(TelemetryError) as caught:
        senml.decode(data if isinstance(data, bytes) else json.dumps(data).encode())
    assert str(caught.value)
    return caught.value.reason


def test_multiple_datapoints_of_the_standard() -> None:
    """RFC 8428, section 5.1.2: base name, time, unit and version; relative times behind it."""
    pack = [
        {"bn": "urn:dev:ow:10e2073a0108006:", "bt": 1.276020076001e9, "bu": "A", "bver": 10}
        | {"n": "voltage", "u": "V", "v": 120.1},
        {"n": "current", "t": -5, "v": 1.2},
        {"n": "current", "v": 1.7},
    ]
    name = "urn:dev:ow:10e2073a0108006:"
    assert resolved(pack) == [
        (f"{name}voltage", 1276020076.001, 120.1, "V"),
        (f"{name}current", 1276020071.001, 1.2, "A"),
        (f"{name}current", 1276020076.001, 1.7, "A"),
    ]


def test_a_base_field_counts_from_its_record_on_until_another() -> None:
    pack = [
        {"bn": "a:", "bt": 1e9, "n": "x", "v": 1},
        {"bn": "b:", "bv": 10, "n": "x", "v": 1},
        {"n": "y"},
        {"bt": 2e9, "bu": "Cel", "bv": 0, "n": "z", "t": 1, "v": 3},
    ]
    assert resolved(pack) == [
        ("a:x", 1e9, 1, None),
        ("b:x", 1e9, 11, None),
        ("b:y", 1e9, 10, None),
        ("b:z", 2e9 + 1, 3, "Cel"),
    ]


def test_sums_are_values_of_their_own() -> None:
    pack = [{"bn": "m:", "bt": 1e9, "bs": 100, "n": "flow", "v": 1, "s": 5}]
    assert resolved(pack) == [("m:flow", 1e9, 1, None), ("m:flow#sum", 1e9, 105, None)]


@pytest.mark.parametrize(
    ("time", "relative"), [(0, True), (-5, True), (2**28 - 1, True), (2**28, False), (1e9, False)]
)
def test_times_below_2_to_28_count_from_now(time: float, relative: bool) -> None:
    """Section 4.5.3; another reader took only what is not above 0 so (farshidtz/senml issue 6)."""
    ((one),) = senml.decode(json.dumps([{"n": "x", "t": time, "v": 1}]).encode()).measured
    assert one.relative is relative


def test_values_that_are_no_numbers_are_left_out_and_counted() -> None:
    pack = [
        {"n": "a", "vs": "x"},
        {"n": "b", "vb": True},
        {"n": "c", "vd": "AA"},
        {"n": "d", "v": 1},
    ]
    found = senml.decode(json.dumps(pack).encode())
    assert ([one.name for one in found.measured], dict(found.left_out)) == (
        ["d"],
        {"not_a_number": 3},
    )


@pytest.mark.parametrize(
    ("why", "pack"),
    [
        ("must_understand", [{"n": "a", "v": 1}, {"n": "b", "v": 1, "x_": 0}]),
        ("version_unknown", [{"bver": 11, "n": "a", "v": 1}]),
        ("version_unknown", [{"bver": "10", "n": "a", "v": 1}]),
        ("version_unknown", [{"bver": True, "n": "a", "v": 1}]),
        ("wrong_shape", []),
        ("wrong_shape", {"n": "a", "v": 1}),
        ("wrong_shape", [1]),
        ("wrong_shape", [{"n": 1, "v": 1}]),
        ("wrong_shape", [{"n": "a", "v": "1"}]),
        ("wrong_shape", [{"n": "a", "v": True}]),
        ("wrong_shape", [{"n": "a", "v": None}]),
        ("wrong_shape", [{"n": "a", "v": 1, "vb": True}]),
        ("wrong_shape", [{"n": "a", "v": 10**380}]),
        ("wrong_shape", [{"bv": 1.7e308, "n": "a", "v": 1.7e308}]),
        ("bad_name", [{"v": 1}]),
        ("bad_name", [{"n": "-a", "v": 1}]),
        ("bad_name", [{"n": "温度", "v": 1}]),
        ("bad_name", [{"n": "a\0", "v": 1}]),
        ("bad_name", [{"n": "a" * 201, "v": 1}]),
        ("too_many", [{"n": "a"}] * (MOST_RECORDS + 1)),
    ],
)
def test_what_the_standard_does_not_allow_is_refused(why: str, pack: Any) -> None:
    assert reason(pack) == why


@pytest.mark.parametrize(
    ("why", "data"),
    [
        ("not_readable", b""),
        ("not_readable", b"\xff\xfe["),
        ("not_readable", b'[{"n":"a","v":NaN}]'),
        ("not_readable", b'[{"n":"a","v":-Infinity}]'),
        ("not_readable", b'[{"n":"a","v":1e999}]'),
        ("not_readable", b'[{"n":"a","v":' + b"9" * 5000 + b"}]"),
        ("not_readable", b'[{"n":"a","v":' + b"9" * 500 + b"}]"),
        ("not_readable", b'[{"n":"a","v":1,"v":2}]'),
        ("not_readable", b'[{"n":"a","v":1}] x'),
        ("too_deep", b"[" * 60_000),
        ("too_deep", b'[{"x":' + b"[" * 9 + b"1" + b"]" * 9 + b"}]"),
        ("too_large", b" " * 70_000),
    ],
)
def test_json_that_is_none_is_refused(why: str, data: bytes) -> None:
    assert reason(data) == why


@pytest.mark.parametrize(
    ("why", "data"),
    [
        ("not_readable", b"\x81"),
        ("not_readable", b"\x9b" + b"\xff" * 8),  # an array of 2**64 - 1
        ("not_readable", b"\x81\xa1\x00\x7b" + b"\xff" * 8),  # a text of 2**64 - 1 bytes
        ("not_readable", cbor2.dumps([{0: "a", 2: 1}]) + b"\x00"),
        ("not_readable", b"\x81\xa2\x00\x61a\x00\x61b"),  # one label twice
        ("not_readable", b"\x81\xa1\x81\x00\x01"),  # an array as label
        ("not_readable", cbor2.dumps([{0: "a", 2: 1 << 70}])),  # tag 2
        ("not_readable", b"\x81\xd8\x23\x63a+b"),  # tag 35, a regular expression
        ("not_readable", b"\x81\xd8\x1c\x81\xd8\x1d\x00"),  # tags 28 and 29: within itself
        ("not_readable", b"\x81\xa1\x02\xc4\x82\x1a\x7f\xff\xff\xff\x01"),  # 1e2147483647
        ("not_readable", b"\x81\xa1\x02\xc5\x82\x01\x01"),  # tag 5, a binary fraction
        ("not_readable", b"\x81\x1c"),
        ("not_readable", b"\x81\x61\xff"),
        ("too_deep", b"\x81" * 60_000),
        ("too_deep", b"\x9f" * 60_000),
        ("too_many", b"\x99\xff\xfd" + b"\x80" * 65_533),
        ("wrong_shape", b"\x81\xa2\x02\x01\x61v\x01"),  # the value as number and as text
        ("wrong_shape", b"\x81\x01"),
    ],
)
def test_cbor_that_is_none_is_refused(why: str, data: bytes) -> None:
    assert reason(data) == why


def test_cbor_of_every_allowed_kind_is_read() -> None:
    pack = [
        {-2: "x:", -3: 1_000_000_000, 0: "a", 2: 1.5},
        {0: "b", 2: Decimal("27.30")},
        {0: "c", 2: -7},
        {0: "d", 2: math.nan},
        {0: "e", 8: b"\x00", "mine": [1, {"x": None}]},
    ]
    found = senml.decode(cbor2.dumps(pack))
    values = {one.name: one.value for one in found.measured}
    assert values == {"x:a": 1.5, "x:b": 27.3, "x:c": -7.0}
    assert dict(found.left_out) == {"not_a_number": 2}
    indefinite = b"\x9f\xbf\x00\x7f\x61a\x61b\xff\x02\xfb" + b"\x3f\xf8" + b"\0" * 6 + b"\xff\xff"
    ((one),) = senml.decode(indefinite).measured
    assert (one.name, one.value) == ("ab", 1.5)


NAMES = st.from_regex(senml.NAME, fullmatch=True).filter(lambda text: len(text) < 60)
FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(st.lists(st.tuples(NAMES, FINITE), min_size=1, max_size=20), st.integers(2**28, 2**32))
def test_json_and_cbor_of_the_same_say_the_same(values: list[tuple[str, float]], at: int) -> None:
    texts = [{"bt": at, "n": name, "v": value} for name, value in values]
    numbers = [{-3: at, 0: name, 2: value} for name, value in values]
    assert senml.decode(json.dumps(texts).encode()) == senml.decode(cbor2.dumps(numbers))
