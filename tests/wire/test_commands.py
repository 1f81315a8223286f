"""Commands: one form on the wire, and everything else refused with its reason."""

from __future__ import annotations

import random

import pytest

from firmware.wire import cbor, commands
from firmware.wire.commands import Answer, Command

SEND = Command(7, 1_459_468_800, "send", None)


@pytest.mark.parametrize(
    "argument",
    [
        None,
        [{"broker": {"host": "b.example", "port": 8883}, "sample_s": 300}, 900],
        [2, bytes(32)],
        [{"channels": [{"number": 0, "settings": {"bucket_mm": 0.2, "slope": -1.25e-3}}]}, 900],
    ],
)
def test_what_is_encoded_is_decoded(argument: object) -> None:
    given = SEND._replace(argument=argument)
    assert commands.decode_command(commands.encode_command(given)) == given


@pytest.mark.parametrize(
    ("value", "parts"),
    [(0.2, [-1, 2]), (-1.25e-3, [-5, -125]), (1500.0, [2, 15]), (0.123456789, [-9, 123456789])],
)
def test_a_fraction_travels_in_decimal(value: float, parts: list[int]) -> None:
    body = commands.encode_command(SEND._replace(argument=value))
    assert cbor.decode(body)[4] == cbor.Tag(4, parts)
    assert commands.decode_command(body).argument == pytest.approx(value, rel=1e-9)


def test_nothing_is_a_whole_nought() -> None:
    assert cbor.decode(commands.encode_command(SEND._replace(argument=-0.0)))[4] == 0


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (5, "must be an array of 5"),
        ([1, 7, 0, "send"], "must be an array of 5"),
        ([2, 7, 0, "send", None], "format 2 is not 1"),
        ([True, 7, 0, "send", None], "format True is not 1"),
        ([1, 0, 0, "send", None], "number 0 must be from 1 to 2"),
        ([1, 1 << 32, 0, "send", None], "number 4294967296 must be from 1 to 2"),
        ([1, True, 0, "send", None], "number True must be from 1 to 2"),
        ([1, 7, -1, "send", None], "expiry -1 must be seconds of UTC"),
        ([1, 7, 0, b"send", None], "must be a text"),
        ([1, 7, 0, "", None], "word '' must be a text"),
        ([1, 7, 0, "send", cbor.Tag(5, [0, 1])], r"must be \[exponent, digits\]"),
        ([1, 7, 0, "send", cbor.Tag(4, [31, 1])], r"must be \[exponent, digits\]"),
        ([1, 7, 0, "send", [{"a": cbor.Tag(4, [0])}]], r"must be \[exponent, digits\]"),
    ],
)
def test_what_is_no_command_is_refused(parts: object, reason: str) -> None:
    with pytest.raises(cbor.DecodeError, match=reason):
        commands.decode_command(cbor.encode(parts))


def test_what_could_not_be_read_is_not_written() -> None:
    with pytest.raises(ValueError, match="command: number 0 must be"):
        commands.encode_command(SEND._replace(number=0))


def test_a_word_of_a_later_release_is_read() -> None:
    later = SEND._replace(word="dance")
    assert commands.decode_command(commands.encode_command(later)) == later


def test_random_bytes_do_no_harm() -> None:
    chance = random.Random(1)
    whole = commands.encode_command(SEND._replace(argument=[{"sample_s": 300, "a": 0.5}, 900]))
    for _ in range(20000):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        try:
            commands.decode_command(bytes(body))
        except cbor.DecodeError:
            pass


def test_answers() -> None:
    assert commands.answer_of([7, "done", None]) == Answer(7, "done", None)
    for detail, reason in (
        ("done", "must be an array of 3"),
        ([7, "done"], "must be an array of 3"),
        ([0, "done", None], "number 0 must be"),
        ([7, "fine", None], "result 'fine' must be one of done, trial"),
    ):
        with pytest.raises(cbor.DecodeError, match=reason):
            commands.answer_of(detail)


def test_a_key_is_hidden_for_one_command_to_one_node() -> None:
    key, other = bytes(range(32)), bytes(range(32, 64))
    hidden = commands.wrap_key(key, "qf-001", 7, other)
    assert hidden != other
    assert commands.wrap_key(key, "qf-001", 7, hidden) == other
    for wrong in ((key, "qf-002", 7), (key, "qf-001", 8), (other, "qf-001", 7)):
        assert commands.wrap_key(*wrong, hidden) != other
