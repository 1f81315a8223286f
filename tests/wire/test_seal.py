"""The seal: RFC vectors are in the golden file; here an independent library and forgeries."""

from __future__ import annotations

import hmac
from typing import Any

import cbor2
import cwt
import pytest
from cwt import COSE, COSEKey
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import cbor, seal

KEY = bytes(range(32))
TOPIC = "nq/1/qf-001/up"
BODY = b"\x81\x01"
MESSAGE = seal.seal(KEY, 1, TOPIC, BODY)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_hmac_agrees_with_the_standard_library(key: bytes, message: bytes) -> None:
    assert seal.hmac_sha256(key, message) == hmac.digest(key, message, "sha256")


@given(st.integers(0, 2**32 - 1), st.binary(max_size=300), st.binary(min_size=32, max_size=32))
def test_cwt_verifies_the_seal(epoch: int, body: bytes, key: bytes) -> None:
    message = seal.seal(key, epoch, TOPIC, body)
    kid = cbor2.loads(message).value[1][4]
    assert int.from_bytes(kid, "big") == epoch
    mac_key = COSEKey.from_symmetric_key(key, alg=4, kid=kid)
    assert COSE.new().decode(message, mac_key, external_aad=TOPIC.encode()) == body


def test_cwt_refuses_another_topic() -> None:
    mac_key = COSEKey.from_symmetric_key(KEY, alg=4, kid=b"\x01")
    with pytest.raises(cwt.VerifyError):
        COSE.new().decode(MESSAGE, mac_key, external_aad=b"nq/1/qf-002/up")


def test_cwt_seals_byte_for_byte_alike() -> None:
    mac_key = COSEKey.from_symmetric_key(KEY, alg=4, kid=b"\x01")
    other = COSE.new().encode_and_mac(
        BODY,
        mac_key,
        protected={1: 4},
        unprotected={4: b"\x01"},
        external_aad=TOPIC.encode(),
    )
    assert other == MESSAGE


def test_seal_takes_no_more_than_21_bytes() -> None:
    assert len(seal.seal(KEY, 255, TOPIC, bytes(60))) - 60 <= 21


def test_open_gives_epoch_and_body() -> None:
    assert seal.open_(KEY, TOPIC, MESSAGE) == (1, BODY)
    assert seal.peek_epoch(MESSAGE) == 1


@pytest.mark.parametrize("place", range(len(MESSAGE)))
def test_a_change_in_any_byte_is_refused(place: int) -> None:
    for bit in range(8):
        forged = bytearray(MESSAGE)
        forged[place] ^= 1 << bit
        try:
            epoch, body = seal.open_(KEY, TOPIC, bytes(forged))
        except seal.SealError:
            continue
        # The key epoch is only a hint which key to take; it is not covered by the tag.
        assert body == BODY
        assert epoch != 1


def test_the_epoch_selects_the_key_and_so_cannot_be_used() -> None:
    """A changed epoch names another key, under which the tag does not fit."""
    forged = MESSAGE.replace(b"\x04\x41\x01", b"\x04\x41\x02")
    assert seal.peek_epoch(forged) == 2
    with pytest.raises(seal.SealError, match="does not fit"):
        seal.open_(bytes(32), TOPIC, forged)


@pytest.mark.parametrize("topic", ["nq/1/qf-002/up", "nq/1/qf-001/evt", "nq/1/qf-001/ack"])
def test_a_message_is_worth_nothing_on_another_topic(topic: str) -> None:
    with pytest.raises(seal.SealError, match=f"seal does not fit the key and topic {topic}"):
        seal.open_(KEY, topic, MESSAGE)


def test_another_key_is_refused() -> None:
    with pytest.raises(seal.SealError, match="does not fit"):
        seal.open_(bytes(32), TOPIC, MESSAGE)


GOOD: list[Any] = [b"\xa1\x01\x04", {4: b"\x01"}, BODY, bytes(8)]


def tagged(place: int, part: Any) -> bytes:
    parts = list(GOOD)
    parts[place] = part
    return cbor.encode(cbor.Tag(17, parts))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "ends early"),
        (b"hello", "not sealed"),
        (cbor.encode(GOOD), "no COSE_Mac0 tag"),
        (cbor.encode(cbor.Tag(18, GOOD)), "no COSE_Mac0 tag"),
        (cbor.encode(cbor.Tag(17, 5)), "must have 4 parts"),
        (cbor.encode(cbor.Tag(17, GOOD[:3])), "must have 4 parts"),
        (tagged(0, b"\xa1\x01\x05"), "algorithm is not HMAC 256/64"),
        (tagged(1, {}), "no key epoch"),
        (tagged(1, None), "no key epoch"),
        (tagged(1, 7), "no key epoch"),
        (tagged(1, True), "no key epoch"),
        (tagged(1, {4: 1}), "no key epoch"),
        (tagged(1, {4: b""}), "no key epoch"),
        (tagged(1, {4: bytes(5)}), "no key epoch"),
        (tagged(1, {4: b"\x01", 5: 1}), "no key epoch"),
        (tagged(1, {4: b"\x00\x01"}), "not in its shortest form"),
        (tagged(2, "text"), "body or tag has the wrong type"),
        (tagged(3, bytes(32)), "body or tag has the wrong type"),
    ],
)
def test_what_is_not_sealed_is_refused_with_its_reason(message: bytes, reason: str) -> None:
    with pytest.raises(seal.SealError, match=reason):
        seal.open_(KEY, TOPIC, message)


@given(st.binary(max_size=60))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(seal.SealError):
        seal.open_(KEY, TOPIC, data)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(seal.SealError, match="key is 31 bytes, must be 32"):
        seal.seal(bytes(31), 1, TOPIC, BODY)


@pytest.mark.parametrize("epoch", [-1, 2**32])
def test_an_epoch_out_of_range_is_refused(epoch: int) -> None:
    with pytest.raises(seal.SealError, match="key epoch"):
        seal.seal(KEY, epoch, TOPIC, BODY)


@given(st.binary(max_size=9), st.binary(max_size=9))
def test_equal_is_equality(a: bytes, b: bytes) -> None:
    assert seal.equal(a, b) == (a == b)
    assert seal.equal(a, bytes(a))
