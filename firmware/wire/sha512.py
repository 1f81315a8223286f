"""SHA-512 (FIPS 180-4, sections 4.2.3, 5.3.5 and 6.4) for a chip whose `hashlib` has none."""

_MASK = (1 << 64) - 1


def _root(number, power):
    """First 64 bits behind the point of the square root or cube root of a number."""
    wanted = number << 64 * power
    low, high = 0, 1 << 68  # the roots of primes up to 409 are below 16 and 8
    while high - low > 1:
        middle = (low + high) >> 1
        if middle**power > wanted:
            high = middle
        else:
            low = middle
    return low & _MASK


def _roots(power):
    """The `_root` of each prime in turn; made when it is wanted, for want of room."""
    number = 1
    while True:
        number += 1
        if all(number % other for other in range(2, number)):
            yield _root(number, power)


def _turned(word, *bits):
    value = 0
    for each in bits:
        value ^= word >> each | word << 64 - each
    return value & _MASK


def sha512(data):
    """Return the 64 bytes of SHA-512 of `data`."""
    state = [root for _, root in zip(range(8), _roots(2))]
    size = len(data)
    data += b"\x80" + bytes(111 - size & 127) + (size * 8).to_bytes(16, "big")
    for start in range(0, len(data), 128):
        words = [int.from_bytes(data[at : at + 8], "big") for at in range(start, start + 128, 8)]
        a, b, c, d, e, f, g, h = state
        for turn, constant in zip(range(80), _roots(3)):
            if turn > 15:
                x, y = words[1], words[14]
                x = _turned(x, 1, 8) ^ x >> 7
                y = _turned(y, 19, 61) ^ y >> 6
                words.append(words.pop(0) + x + words[8] + y & _MASK)
                word = words[15]
            else:
                word = words[turn]
            x = h + _turned(e, 14, 18, 41) + (e & f ^ (e ^ _MASK) & g) + constant + word
            y = _turned(a, 28, 34, 39) + (a & b ^ a & c ^ b & c)
            a, b, c, d, e, f, g, h = x + y & _MASK, a, b, c, d + x & _MASK, e, f, g
        state = [old + new & _MASK for old, new in zip(state, (a, b, c, d, e, f, g, h))]
    return b"".join([word.to_bytes(8, "big") for word in state])
