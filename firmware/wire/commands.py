"""Commands from the server to a node, and the node's answers.

A command is a sealed message on ``cmd`` with the body ``[1, number, expires, word, argument]``.
Its number rises with each command to a node, so that one sent again does nothing twice. The answer
is an event of kind ``answer`` with the detail ``[number, result, more]``. Numbers with a fraction
travel as decimal fractions (RFC 8949, section 3.4.4).
"""

from collections import namedtuple

from firmware.wire import cbor, seal
from firmware.wire.cbor import DecodeError, Tag

Command = namedtuple("Command", ("number", "expires", "word", "argument"))
Answer = namedtuple("Answer", ("number", "result", "more"))

FORMAT = 1
WORDS = ("send", "selftest", "config", "key", "update")
# What came of a command. ``trial``: a configuration was taken and is being tried, the last word
# comes later; ``undone``: the node could not report with it; ``cut``: power went meanwhile.
RESULTS = ("done", "trial", "undone", "refused", "expired", "cut")
LAST = ("done", "undone", "refused", "expired", "cut")

_UINT32 = 1 << 32
_LATEST = 1 << 40
_DECIMAL = 4


def encode_command(command):
    """Encode a Command to its body; ValueError names what is wrong with it."""
    parts = [FORMAT, command.number, command.expires, command.word, _packed(command.argument)]
    fault = _command_fault(parts)
    if fault:
        raise ValueError("command: " + fault)
    return cbor.encode(parts)


def decode_command(body):
    """Decode a body to a Command; DecodeError if it is none.

    The word may be one that only a later release knows: what to answer to it is the node's matter.
    """
    parts = cbor.decode(body)
    if not isinstance(parts, list) or len(parts) != 5:
        raise DecodeError("command: must be an array of 5", 0)
    fault = _command_fault(parts)
    if fault:
        raise DecodeError("command: " + fault, 0)
    return Command(parts[1], parts[2], parts[3], _plain(parts[4]))


def answer_of(detail):
    """Return the detail of an ``answer`` event as an Answer; DecodeError if it is none."""
    if not isinstance(detail, list) or len(detail) != 3:
        raise DecodeError("answer: must be an array of 3", 0)
    number, result, more = detail
    if not _within(number, 1, _UINT32):
        raise DecodeError("answer: number %r must be from 1 to 2**32 - 1" % (number,), 0)
    if result not in RESULTS:
        raise DecodeError("answer: result %r must be one of %s" % (result, ", ".join(RESULTS)), 0)
    return Answer(number, result, more)


def wrap_key(key, node, number, other):
    """Return `other`, a key of 32 bytes, hidden for a command to `node`; or bring it back.

    XOR with HMAC-SHA-256 of node and number under the node's present key: who knows that one can
    read it. A key that others may know is replaced by enrolling the node anew, not by this.
    """
    pad = seal.hmac_sha256(key, cbor.encode(["nq key", node, number]))
    return bytes([a ^ b for a, b in zip(other, pad)])


def _within(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value < high


def _command_fault(parts):
    form, number, expires, word, _ = parts
    if form is True or form != FORMAT:
        return "format %r is not %d" % (form, FORMAT)
    if not _within(number, 1, _UINT32):
        return "number %r must be from 1 to 2**32 - 1" % (number,)
    if not _within(expires, 0, _LATEST):
        return "expiry %r must be seconds of UTC" % (expires,)
    if not isinstance(word, str) or not word:
        return "word %r must be a text" % (word,)
    return None


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
        return Tag(_DECIMAL, [int(exponent) - 8 + zeros, int(kept)])
    if isinstance(value, (list, tuple)):
        return [_packed(each) for each in value]
    if isinstance(value, dict):
        return {key: _packed(each) for key, each in value.items()}
    return value


def _plain(value):
    """The reverse of `_packed`; DecodeError for a tag that it does not write."""
    if isinstance(value, Tag):
        parts = value.value
        good = value.number == _DECIMAL and isinstance(parts, list) and len(parts) == 2
        if not good or not _within(parts[0], -30, 31) or not _within(parts[1], -(10**9), 10**9):
            raise DecodeError("command: a number with a fraction must be [exponent, digits]", 0)
        return parts[1] * 10.0 ** parts[0]
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value
