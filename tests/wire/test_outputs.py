"""Orders to outputs and what a node says of them: one form, and everything else refused."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.wire import cbor, outputs
from firmware.wire.outputs import Order

ON = outputs.on(7, 4001, 0, 1800, 65538, 3600)
ORDERS = [
    ON,
    outputs.off(8, 4002, 0),
    outputs.off(8, 4002, 31, hold=False),
    outputs.all_off(9, 4003),
    outputs.auto(10, 4004, [], 65538, 3600),
    outputs.auto(10, 4004, [0, 31], 1, 0),
    outputs.state(),
    outputs.state(41),
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.act)
def test_what_is_encoded_is_decoded(order: Order) -> None:
    body = outputs.encode_order(order)
    assert outputs.is_order(body)
    assert outputs.decode_order(body) == order
    assert {each.act for each in ORDERS} == set(outputs.ACTS)


@pytest.mark.parametrize(
    "order",
    [
        ON._replace(seq=0),
        ON._replace(seq=1 << 32),
        ON._replace(seq=True),
        ON._replace(id=0),
        ON._replace(id=1 << 53),
        ON._replace(act="toggle"),
        ON._replace(argument=None),
        ON._replace(argument=[0]),
        ON._replace(argument=[32, 1800]),
        ON._replace(argument=[0, None]),
        ON._replace(argument=5),
        ON._replace(argument=[0, 0]),
        ON._replace(boot=None),
        ON._replace(boot=0),
        ON._replace(until=None),
        ON._replace(until=-1),
        outputs.auto(10, 4004, [32], 1, 1),
        outputs.auto(10, 4004, [0], 1, 1)._replace(until=None),
        outputs.state(-1),
    ],
)
def test_an_order_that_is_none_is_refused_on_both_ends(order: Order) -> None:
    with pytest.raises(ValueError, match=r"order: must be \[2, seq, act, id, argument, boot"):
        outputs.encode_order(order)
    with pytest.raises((ValueError, TypeError)):
        outputs.decode_order(cbor.encode([2, *order]))


@pytest.mark.parametrize("body", [b"", b"\x87", b"\x85\x01", cbor.encode([1, *ON])])
def test_what_is_for_something_else_is_no_order(body: bytes) -> None:
    assert not outputs.is_order(body)


def test_an_order_that_ends_early_is_refused() -> None:
    with pytest.raises(cbor.DecodeError, match="ends early"):
        outputs.decode_order(outputs.encode_order(ON)[:-1])


def test_until_is_earlier_for_what_was_on_its_way_and_never_far() -> None:
    # heard 100 s ago of an uptime of 5000 s: it may begin within two minutes of now
    assert outputs.until(5000, 100.7, 120) == 5220
    for valid, elapsed in ((0, 1), (outputs.MOST_AHEAD_S + 1, 1), (60, -1)):
        with pytest.raises(ValueError, match="must be from 1 to 3600, elapsed .* not below 0"):
            outputs.until(5000, elapsed, valid)


STATES: list[list[Any]] = [
    [0, 12, 0, "accepted", 4001, None],
    [1, 12, 0, "on", 4001, 1800],
    [2, 40, 0, "proof", 4001, [4, 25]],
    [3, 1812, 0, "off", 4001, "lease"],
    [4, 1900, 1, "refused", -1, "rest"],
    [5, 1900, None, "refused", 4002, "flash"],
    [6, 1950, 0, "alarm", 0, "off_flow"],
    [7, 1990, 0, "clear", 0, "off_flow"],
    [8, 1990, 0, "hold", 4003, None],
    [9, 1991, 0, "auto", 4004, None],
]


@pytest.mark.parametrize("detail", STATES, ids=lambda detail: detail[3])
def test_a_state_is_read(detail: list[Any]) -> None:
    read = outputs.state_of(cbor.decode(cbor.encode(detail)))
    assert (read.k, read.state, read.by) == (detail[0], detail[3], detail[4])
    assert {each[3] for each in STATES} == set(outputs.STATES)


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        (None, "must be an array of 6"),
        ([0, 12, 0, "on", 1], "must be an array of 6"),
        ([-1, 12, 0, "on", 1, 9], "number -1, uptime 12 must be from 0"),
        ([0, None, 0, "on", 1, 9], "uptime None must be from 0"),
        ([0, 12, 32, "on", 1, 9], "32 must be from 0 to 31 or null"),
        ([0, 12, 0, "open", 1, 9], "state 'open' must be one of accepted, on"),
        ([0, 12, 0, "on", None, 9], "by None must be an order, 0 or a rule"),
        ([0, 12, 0, "on", 1, 0], "on 0 must be seconds"),
        ([0, 12, 0, "accepted", 1, 5], "accepted 5 must be null"),
        ([0, 12, 0, "off", 1, "tired"], "off 'tired' must be one of lease, command"),
        ([0, 12, 0, "off", 1, ["lease"]], "must be one of lease, command"),
        ([0, 12, 0, "refused", 1, None], "refused None must be one of unknown, boot"),
        ([0, 12, 0, "alarm", 1, "lease"], "alarm 'lease' must be one of no_proof"),
        ([0, 12, 0, "proof", 1, [4]], r"proof \[4\] must be \[channel, raw value\]"),
    ],
)
def test_a_state_that_is_none_is_refused(detail: Any, reason: str) -> None:
    with pytest.raises(cbor.DecodeError, match=reason):
        outputs.state_of(detail)


def test_all_outputs_at_once_are_read() -> None:
    detail = [11, 1991, 10, [[0, True, 1200, 4001, False, 600], [1, False, 0, 0, True, 0]]]
    read = outputs.outputs_of(detail)
    assert read.seq == 10
    assert [row.left_s for row in read.rows] == [1200, 0]
    for wrong, reason in (
        (None, "must be .number, uptime, seq, rows"),
        ([11, -1, 10, []], "must be .number, uptime, seq, rows"),
        ([11, 1991, 10, [[0, 1, 1200, 4001, False, 600]]], "must be .output, on, left, by, hold"),
        ([11, 1991, 10, [[0, True, 1200, None, False, 600]]], "must be .output, on, left, by"),
    ):
        with pytest.raises(cbor.DecodeError, match=reason):
            outputs.outputs_of(wrong)
