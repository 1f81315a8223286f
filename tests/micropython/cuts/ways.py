"""The ways in which an operation of a flash is half done, or does not hold (MicroPython alone)."""

import random

import nor

TORN = 3


def noise(size):
    """Return `size` bytes of random bits."""
    return bytes([random.getrandbits(8) for _ in range(size)])


def weaker(data):
    """Return programmed bytes of which some bits were not cleared."""
    return bytes([a | b for a, b in zip(data, noise(len(data)))])


def unsure(data):
    """Return programmed bytes of which many bits, or two of one byte, do not hold."""
    if random.getrandbits(1):
        return weaker(data)
    at = random.randrange(len(data))
    bits = 1 << random.randrange(8) | 1 << random.randrange(8)
    return data[:at] + bytes([data[at] | bits]) + data[at + 1 :]


def torn(way, block, kind, offset, data):
    """Return the bytes of `block`, a bytearray, after an operation of which a part was done."""
    size = len(data) if kind == nor.PROGRAM else nor.BLOCK
    part = random.randrange(1, size)
    if kind == nor.ERASE:
        # A NOR flash may program all bits before it erases them: any can be found set or cleared.
        old = bytes(block[part:])
        rest = (noise(size - part), old, bytes(size - part))[way - 1]
        return bytearray(nor.BLANK[:part] + rest)
    old = bytes(block[offset : offset + size])
    new = nor.both(old, data)
    if way == 1:
        new = new[:part] + old[part:]
    else:
        start = part // nor.UNIT * nor.UNIT if way == 2 else 0
        new = new[:start] + nor.both(old[start:], weaker(data[start:]))
    block[offset : offset + size] = new
    return block


def torn_anyhow(block, kind, offset, data):
    """Return the bytes of `block` after an operation that was half done in one of these ways."""
    return torn(random.randrange(TORN) + 1, block, kind, offset, data)
