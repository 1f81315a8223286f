"""The reader of what `commands` writes, on a node; and the key that travels in a command."""

from collections import namedtuple

from firmware.wire import cbor, seal
from firmware.wire.cbor import DecodeError, Tag
from firmware.wire.frame import LATEST, UINT32, within

Command = namedtuple("Command", ("number", "expires", "word", "argument"))

FORMAT = 1
DECIMAL = 4


def decode_command(body):
    """Decode a body to a Command; DecodeError if it is none.

    The word may be one that only a later release knows: what to answer to it is the node's matter.
    """
    parts = cbor.decode(body)
    if not isinstance(parts, list) or len(parts) != 5:
        raise DecodeError("command: must be an array of 5", 0)
    fault = command_fault(parts)
    if fault:
        raise DecodeError("command: " + fault, 0)
    return Command(parts[1], parts[2], parts[3], _plain(parts[4]))


def wrap_key(key, node, number, other):
    """Return `other`, a key of 32 bytes, hidden for a command to `node`; or bring it back.

    XOR with HMAC-SHA-256 of node and number under the node's present key: who knows that one can
    read it. A key that others may know is replaced by enrolling the node anew, not by this.
    """
    pad = seal.hmac_sha256(key, cbor.encode(["nq key", node, number]))
    return bytes([a ^ b for a, b in zip(other, pad)])


def command_fault(parts):
    """Say what is wrong with the parts of a command, or return None."""
    form, number, expires, word, _ = parts
    if form is True or form != FORMAT:
        return "format %r is not %d" % (form, FORMAT)
    if not within(number, 1, UINT32):
        return "number %r must be from 1 to 2**32 - 1" % (number,)
    if not within(expires, 0, LATEST):
        return "expiry %r must be seconds of UTC" % (expires,)
    if not isinstance(word, str) or not word:
        return "word %r must be a text" % (word,)
    return None


def _plain(value):
    """A value with its decimal fractions as such; DecodeError for a tag that it does not write."""
    if isinstance(value, Tag):
        parts = value.value
        good = value.number == DECIMAL and isinstance(parts, list) and len(parts) == 2
        if not good or not within(parts[0], -30, 31) or not within(parts[1], -(10**9), 10**9):
            raise DecodeError("command: a number with a fraction must be [exponent, digits]", 0)
        return parts[1] * 10.0 ** parts[0]
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value
