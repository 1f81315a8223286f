"""Whatever strangers send: each decoder of telemetry returns values or a reason, within bounds."""

from __future__ import annotations

import json
import math
import tracemalloc
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from field_configs.words import Words
from models.exchange.telemetry import lorawan, senml, thingsboard
from models.exchange.telemetry.records import (
    MOST_BYTES,
    MOST_NAME,
    MOST_RECORDS,
    Telemetry,
    TelemetryError,
)
from tests.paths import WHOLE

EXAMPLES = 3000 if WHOLE else 40
WORDS = Words.load("en")
MOST_MEMORY = 32 << 20
PACK = [{"bn": "urn:x:", "bt": 1.5e9, "bu": "Cel", "n": "t", "v": 1}, {"n": "u", "t": 5, "vs": "x"}]
NUMBERS = [{-2: "urn:x:", -3: 1.5e9, -4: "Cel", 0: "t", 2: 1}, {0: "u", 6: 5, 3: "x"}]
ENTRY = {"ts": 1500000000000, "values": {"t": 1, "deep": {"u": [2, "x"]}}}
CHIRPSTACK = {
    "deduplicationId": "9de6c9d2-1a3f-4d4b-8c41-3f0f4d2d9b1e",
    "time": "2022-07-18T09:34:15.775023242+00:00",
    "deviceInfo": {"devEui": "0101010101010101"},
    "devAddr": "00189440",
    "fCnt": 4,
    "data": "qg==",
    "object": {"t": 21.5, "deep": {"u": [1]}},
    "rxInfo": [{"time": None, "nsTime": "2022-07-18T09:34:15Z"}],
}
STACK = {
    "end_device_ids": {"dev_eui": "0101010101010101", "dev_addr": "00189440"},
    "uplink_message": {
        "session_key_id": "AX",
        "f_cnt": 4,
        "frm_payload": "qg==",
        "decoded_payload": {"t": 21.5},
        "received_at": "2020-02-12T15:15:46.805838812Z",
    },
}
DECODERS: dict[str, tuple[Callable[[bytes], Telemetry], bytes]] = {
    "senml+json": (senml.decode, json.dumps(PACK).encode()),
    "senml+cbor": (senml.decode, cbor2.dumps(NUMBERS)),
    "thingsboard": (thingsboard.decode, json.dumps(ENTRY).encode()),
    "chirpstack": (lorawan.chirpstack, json.dumps(CHIRPSTACK).encode()),
    "things-stack": (lorawan.things_stack, json.dumps(STACK).encode()),
}
SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
LABELS = st.sampled_from(
    ["bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "s", "t", "ut", "vd", "x_"]
    + ["ts", "values", "deviceInfo", "devEui", "fCnt", "object", "time", "uplink_message"]
)
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LABELS, inner, max_size=5),
    max_leaves=20,
)


def tried(decode: Callable[[bytes], Telemetry], data: bytes) -> str:
    """Decode; what comes of it must be within bounds, or a reason that has its words."""
    try:
        found = decode(data)
    except TelemetryError as error:
        caught = error
    else:
        _check(found)
        return ""
    assert f"refusal.{caught.reason}" in WORDS, caught.reason
    assert caught.detail
    return caught.reason


def _check(found: Telemetry) -> None:
    assert len(found.measured) <= MOST_RECORDS
    for one in found.measured:
        assert math.isfinite(one.value)
        assert math.isfinite(one.time)
        assert 0 < len(one.name) <= MOST_NAME + len(senml.SUM)
        assert one.name.isprintable()
    assert all(f"refusal.{reason}" in WORDS for reason in found.left_out)


def test_the_examples_themselves_are_read() -> None:
    for decode, data in DECODERS.values():
        assert tried(decode, data) == ""
        assert decode(data).measured


@pytest.mark.parametrize("form", DECODERS)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_bytes_of_a_message_that_were_changed(form: str, data: Any) -> None:
    decode, good = DECODERS[form]
    bad = bytearray(good)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(bad)))
        kind = data.draw(st.sampled_from("cpsd"))  # cut, put, swap, double
        if kind == "c":
            del bad[place : place + data.draw(st.integers(1, 8))]
        elif kind == "p":
            bad[place:place] = data.draw(st.binary(min_size=1, max_size=6))
        elif kind == "d":
            bad[place:place] = bad[place : place + 20]
        elif place < len(bad):
            bad[place] = data.draw(st.integers(0, 255))
    tried(decode, bytes(bad))


@settings(max_examples=EXAMPLES)
@example(data=b"")
@example(data=b"\x9f\xbf\xff\xff")
@example(data=b"\x81\xa1\x02\xf9\x7e\x00")
@given(data=st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for decode, _ in DECODERS.values():
        tried(decode, data)
        tried(decode, b"\x81\xa2" + data)


@settings(max_examples=EXAMPLES)
@given(value=VALUES, records=st.lists(st.dictionaries(LABELS, VALUES, max_size=5), max_size=5))
def test_any_values_in_the_shape_of_each_form(value: Any, records: list[Any]) -> None:
    for said in (
        value,
        records,
        {"ts": 1500000000000, "values": value},
        CHIRPSTACK | {"object": value},
        CHIRPSTACK | (records[0] if records else {}),
        STACK | {"uplink_message": value},
        STACK | {"uplink_message": STACK["uplink_message"] | {"decoded_payload": value}},  # type: ignore[operator]
    ):
        text = json.dumps(said).encode()
        for decode, _ in DECODERS.values():
            tried(decode, text)
    tried(senml.decode, cbor2.dumps(records))


WORST = {
    "nested": b"[" * MOST_BYTES,
    "arrays": b"[" + b"[]," * (MOST_BYTES // 3 - 2) + b"[]]",
    "objects": b"[" + b"{}," * (MOST_BYTES // 3 - 2) + b"{}]",
    "keys": b"{" + b",".join(b'"%x":1' % n for n in range(6000)) + b"}",
    "records": b"[" + b",".join([b'{"n":"a"}'] * 6000) + b"]",
    "digits": b"[" + b"9" * (MOST_BYTES - 2) + b"]",
    "text": b'["' + b"\\u4e2d" * 10_000 + b'"]',
    "cbor arrays": b"\x9f" + b"\x80" * (MOST_BYTES - 2) + b"\xff",
    "cbor maps": b"\x9f" + b"\xa0" * (MOST_BYTES - 2) + b"\xff",
    "cbor lengths": b"\x9b" + b"\xff" * 8,
    "cbor text": b"\x81\x7b\x00\x00\x00\xff\xff\xff\xff\xff",
    "cbor pieces": b"\x81\x7f" + b"\x60" * (MOST_BYTES - 3) + b"\xff",
    "cbor keys": b"\x81\xbf"
    + b"".join(b"\x19%c%c\x00" % (n >> 8, n & 255) for n in range(15_000))
    + b"\xff",
    "too large": b" " * (64 << 20),
}


@pytest.mark.parametrize("name", WORST)
def test_the_worst_takes_little_memory(name: str) -> None:
    data = WORST[name]
    for decode in (senml.decode, lorawan.chirpstack):
        tracemalloc.start()
        tried(decode, data)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < MOST_MEMORY, f"{most >> 20} MiB"
