"""The seal of messages as `firmware.wire.seal` says it, for a server that takes thousands a second.

What is the same in every message of a topic is made once; the rest is bytes side by side. A test
holds both against one another, for messages that are sealed and for those that are not.
"""

from __future__ import annotations

from functools import lru_cache
from hmac import digest

from firmware.wire import cbor, seal

_TAG_BYTES = 8
#: A tagged array of 4: the protected header (HMAC 256/64) and a map with the key identifier.
_BEGIN = bytes.fromhex("d18443a10104a104")
_TAG_HEAD = 0x40 | _TAG_BYTES
#: Where the byte string of the body begins, by the head of the key identifier's.
_BODY_AT = {0x40 | size: len(_BEGIN) + 1 + size for size in range(1, 5)}
#: How many bytes of length follow the head of a byte string, and the least that they may say.
_LONGER = {0x58: (1, 24), 0x59: (2, 1 << 8), 0x5A: (4, 1 << 16)}


@lru_cache(1 << 16)
def _proven_with(topic: str) -> bytes:
    """Return what the tag is made of, before the body, for messages of a topic."""
    structure: bytes = cbor.encode(["MAC0", bytes.fromhex("a10104"), topic.encode(), b""])
    return structure[:-1]


def tag_of(key: bytes, topic: str, body_as_string: bytes) -> bytes:
    """Return the tag of a body for a topic.

    Parameters
    ----------
    key : bytes
        32 bytes.
    topic : str
    body_as_string : bytes
        The body as a byte string of CBOR, its head included.
    """
    return digest(key, _proven_with(topic) + body_as_string, "sha256")[:_TAG_BYTES]


def parse(message: bytes) -> tuple[int, bytes, int, bytes]:
    """Take a message apart without checking its seal.

    Returns
    -------
    tuple of (int, bytes, int, bytes)
        Key epoch; the body as a byte string of CBOR; where in that the body begins; tag.

    Raises
    ------
    SealError
        If the bytes are not a COSE_Mac0 in the one form that `seal` writes.
    """
    kid = message[8] if len(message) > 8 and message.startswith(_BEGIN) else 0
    at = _BODY_AT.get(kid, 0)
    end = len(message) - _TAG_BYTES - 1
    if not at or end <= at or message[end] != _TAG_HEAD:
        return _by_the_book(message)
    head, size, start = message[at], message[at] & 0x1F, 1
    if not 0x40 <= head < 0x58:
        more, least = _LONGER.get(head, (0, 0))
        start += more
        size = int.from_bytes(message[at + 1 : at + start], "big")
        if not more or size < least:
            return _by_the_book(message)
    if at + start + size != end or (kid > 0x41 and not message[9]):
        return _by_the_book(message)
    return int.from_bytes(message[9:at], "big"), message[at:end], start, message[end + 1 :]


def _by_the_book(message: bytes) -> tuple[int, bytes, int, bytes]:
    """Let the one who knows say what is wrong with a message."""
    epoch, body, tag = seal.parse(message)
    whole = cbor.encode(body)
    return epoch, whole, len(whole) - len(body), tag


def sealed(key: bytes, epoch: int, topic: str, body: bytes) -> bytes:
    """Seal a body for a topic; parameters and result as of `firmware.wire.seal.seal`."""
    size = max(1, (epoch.bit_length() + 7) // 8)
    head = bytes((0x40 | size,)) + epoch.to_bytes(size, "big")
    whole = cbor.encode(body)
    tag = tag_of(key, topic, whole)
    return b"".join((_BEGIN, head, whole, bytes((_TAG_HEAD,)), tag))
