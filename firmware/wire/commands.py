"""Commands from the server to a node, and the node's answers.

A command is a sealed message on ``cmd`` with the body ``[1, number, expires, word, argument]``.
Its number rises with each command to a node, so that one sent again does nothing twice. The answer
is an event of kind ``answer`` with the detail ``[number, result, more]``. Numbers with a fraction
travel as decimal fractions (RFC 8949, section 3.4.4).
"""

from collections import namedtuple

from firmware.wire import cbor
from firmware.wire.cbor import DecodeError, Tag
from firmware.wire.commands_read import (
    DECIMAL,
    FORMAT,
    Command,
    command_fault,
    decode_command,
    wrap_key,
)
from firmware.wire.frame import UINT32, within

__all__ = (
    "LAST",
    "RESULTS",
    "WORDS",
    "Answer",
    "Command",
    "answer_of",
    "decode_command",
    "encode_command",
    "wrap_key",
)

Answer = namedtuple("Answer", ("number", "result", "more"))

WORDS = ("send", "selftest", "config", "key", "update")
# What came of a command. ``trial``: a configuration was taken and is being tried, the last word
# comes later; ``undone``: the node could not report with it; ``cut``: power went meanwhile.
RESULTS = ("done", "trial", "undone", "refused", "expired", "cut")
LAST = ("done", "undone", "refused", "expired", "cut")


def encode_command(command):
    """Encode a Command to its body; ValueError names what is wrong with it."""
    parts = [FORMAT, command.number, command.expires, command.word, _packed(command.argument)]
    fault = command_fault(parts)
    if fault:
        raise ValueError("command: " + fault)
    return cbor.encode(parts)


def answer_of(detail):
    """Return the detail of an ``answer`` event as an Answer; DecodeError if it is none."""
    if not isinstance(detail, list) or len(detail) != 3:
        raise DecodeError("answer: must be an array of 3", 0)
    number, result, more = detail
    if not within(number, 1, UINT32):
        raise DecodeError("answer: number %r must be from 1 to 2**32 - 1" % (number,), 0)
    if result not in RESULTS:
        raise DecodeError("answer: result %r must be one of %s" % (result, ", ".join(RESULTS)), 0)
    return Answer(number, result, more)


def _packed(value):
    """A value with its fractions as decimal fractions."""
    if isinstance(value, float):
        text = "%.8e" % value
        digits, _, exponent = text.partition("e")
        whole = digits.replace(".", "")
        kept = whole.rstrip("0")
        if kept in ("", "-"):
            return 0
        zeros = len(whole) - len(kept)
        return Tag(DECIMAL, [int(exponent) - 8 + zeros, int(kept)])
    if isinstance(value, (list, tuple)):
        return [_packed(each) for each in value]
    if isinstance(value, dict):
        return {key: _packed(each) for key, each in value.items()}
    return value
