"""The seal of every message: COSE_Mac0 (RFC 9052) with HMAC 256/64 (RFC 9053, algorithm 4).

The topic is the external additional data, so a message sealed for one node or one purpose is worth
nothing on another topic. The key epoch travels as the key identifier.
"""

import hashlib

from firmware import const
from firmware.wire import cbor

KEY_BYTES = 32
_TAG_BYTES = const(8)

_COSE_MAC0 = const(17)
_PROTECTED = const(b"\xa1\x01\x04")
_KID = const(4)
_ITEMS = const(16)  # a sealed message has 8


class SealError(ValueError):
    """A message that is not sealed by this key for this topic, or not sealed at all."""


def hmac_sha256(key, message):
    """HMAC-SHA-256 of `message` under `key` (RFC 2104), 32 bytes."""
    if len(key) > 64:
        key = hashlib.sha256(key).digest()
    key = key + bytes(64 - len(key))
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in key))
    inner.update(message)
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in key))
    outer.update(inner.digest())
    return outer.digest()


def equal(a, b):
    """Compare two byte strings in a time that depends on their lengths alone."""
    if len(a) != len(b):
        return False
    difference = 0
    for x, y in zip(a, b):
        difference |= x ^ y
    return difference == 0


def _kid(epoch):
    size = 1
    while epoch >> (8 * size):
        size += 1
    return epoch.to_bytes(size, "big")


def tag_of(key, topic, body):
    """Tag of `body` under `key` for `topic`."""
    if len(key) != KEY_BYTES:
        raise SealError("key is %d bytes, must be %d" % (len(key), KEY_BYTES))
    structure = cbor.encode(["MAC0", _PROTECTED, topic.encode(), body])
    return hmac_sha256(key, structure)[:_TAG_BYTES]


def seal(key, epoch, topic, body):
    """Seal `body` for `topic`.

    Parameters
    ----------
    key : bytes
        The node's key, 32 bytes.
    epoch : int
        Key epoch, from 0 to 2**32 - 1.
    topic : str
        MQTT topic that the message is published on.
    body : bytes

    Returns
    -------
    bytes
        A tagged COSE_Mac0.
    """
    if not 0 <= epoch < 1 << 32:
        raise SealError("key epoch %d: must be from 0 to 2**32 - 1" % epoch)
    parts = [_PROTECTED, {_KID: _kid(epoch)}, bytes(body), tag_of(key, topic, body)]
    return cbor.encode(cbor.Tag(_COSE_MAC0, parts))


def parse(message):
    """Take a message apart without checking its seal.

    Returns
    -------
    tuple of (int, bytes, bytes)
        Key epoch, body, tag.

    Raises
    ------
    SealError
        If the bytes are not a COSE_Mac0 in the one form that `seal` writes.
    """
    try:
        item = cbor.decode(message, _ITEMS)
    except cbor.DecodeError as error:
        raise SealError("not sealed: %s" % error)
    if not isinstance(item, cbor.Tag) or item.number != _COSE_MAC0:
        raise SealError("not sealed: no COSE_Mac0 tag")
    parts = item.value
    if not isinstance(parts, list) or len(parts) != 4:
        raise SealError("not sealed: COSE_Mac0 must have 4 parts")
    protected, unprotected, body, tag = parts
    if protected != _PROTECTED:
        raise SealError("not sealed: algorithm is not HMAC 256/64")
    alone = isinstance(unprotected, dict) and len(unprotected) == 1
    kid = unprotected.get(_KID) if alone else None
    if not isinstance(kid, bytes) or not 1 <= len(kid) <= 4:
        raise SealError("not sealed: no key epoch")
    epoch = int.from_bytes(kid, "big")
    if kid != _kid(epoch):
        raise SealError("not sealed: key epoch not in its shortest form")
    if not isinstance(body, bytes) or not isinstance(tag, bytes) or len(tag) != _TAG_BYTES:
        raise SealError("not sealed: body or tag has the wrong type or length")
    return epoch, body, tag


def peek_epoch(message):
    """Key epoch that a message claims, unproven; SealError if it is no sealed message."""
    return parse(message)[0]


def open_(key, topic, message):
    """Check the seal of `message` and return (epoch, body).

    Raises
    ------
    SealError
        If the message is not sealed with `key` for `topic`.
    """
    epoch, body, tag = parse(message)
    if not equal(tag, tag_of(key, topic, body)):
        raise SealError("seal does not fit the key and topic %s" % topic)
    return epoch, body
