"""The small deterministic subset of CBOR that the wire needs (RFC 8949, section 4.2).

Integers to 64 bit, byte and text strings, arrays, maps, tags, false, true, null and the simple
values 0 to 15; definite lengths only. No floating point: values travel as scaled integers. The
decoder accepts only what the encoder writes, so one value has exactly one form.
"""

from collections import namedtuple

from firmware import const

Simple = namedtuple("Simple", ("number",))
Tag = namedtuple("Tag", ("number", "value"))

_DEPTH = const(8)


class DecodeError(ValueError):
    """Bytes that are not the one valid form; says why and at which byte."""

    def __init__(self, reason, offset):
        super().__init__("%s at byte %d" % (reason, offset))
        self.reason = reason
        self.offset = offset


def _head(major, argument):
    if argument < 24:
        return bytes((major << 5 | argument,))
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << (8 * size):
            return bytes((major << 5 | extra,)) + argument.to_bytes(size, "big")
    raise ValueError("%d does not fit 64 bit" % argument)


def encode(value):
    """Encode `value` to its one deterministic form.

    Parameters
    ----------
    value : int, bytes, str, bool, None, Simple, Tag, list, tuple or dict
        Integers within 64 bit; dictionaries are written in the order of their encoded keys.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the value, or one inside it, has no form in the subset.
    """
    out = bytearray()
    _encode(value, out)
    return bytes(out)


def _encode(value, out):
    if value is None:
        out.append(0xF6)
    elif isinstance(value, bool):
        out.append(0xF5 if value else 0xF4)
    elif isinstance(value, int):
        out.extend(_head(0, value) if value >= 0 else _head(1, -1 - value))
    elif isinstance(value, (bytes, bytearray)):
        out.extend(_head(2, len(value)))
        out.extend(value)
    elif isinstance(value, str):
        text = value.encode()
        out.extend(_head(3, len(text)))
        out.extend(text)
    elif isinstance(value, Simple):
        if not 0 <= value.number <= 15:
            raise ValueError("simple value %d is not between 0 and 15" % value.number)
        out.append(0xE0 | value.number)
    elif isinstance(value, Tag):
        out.extend(_head(6, value.number))
        _encode(value.value, out)
    elif isinstance(value, (list, tuple)):
        out.extend(_head(4, len(value)))
        for item in value:
            _encode(item, out)
    elif isinstance(value, dict):
        out.extend(_head(5, len(value)))
        for key, item in sorted((encode(key), item) for key, item in value.items()):
            out.extend(key)
            _encode(item, out)
    else:
        raise ValueError("no encoding for %s" % type(value).__name__)


class _Reader:
    def __init__(self, data, most):
        self.data = data
        self.at = 0
        self.left = most

    def take(self, count):
        end = self.at + count
        if end > len(self.data):
            raise DecodeError("ends early, %d bytes missing" % (end - len(self.data)), self.at)
        part = self.data[self.at : end]
        self.at = end
        return part

    def head(self):
        start = self.at
        first = self.take(1)[0]
        major, low = first >> 5, first & 31
        if major == 7 or low < 24:
            return major, low, start
        if low > 27:
            raise DecodeError("indefinite or reserved length", start)
        size = 1 << (low - 24)
        argument = int.from_bytes(self.take(size), "big")
        if argument < (24 if size == 1 else 1 << (4 * size)):
            raise DecodeError("number not in its shortest form", start)
        return major, argument, start

    def item(self, depth):
        major, argument, start = self.head()
        self.left -= 1
        if self.left < 0:
            raise DecodeError("more items than there may be", start)
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 2:
            return bytes(self.take(argument))
        if major == 3:
            try:
                return bytes(self.take(argument)).decode()
            except UnicodeError:
                raise DecodeError("text is not UTF-8", start)
        if major == 7:
            return self.simple(argument, start)
        if depth >= _DEPTH:
            raise DecodeError("nested deeper than %d" % _DEPTH, start)
        if major == 6:
            return Tag(argument, self.item(depth + 1))
        # Every item takes a byte at least, so a length that cannot be true costs nothing.
        if argument * (major - 3) > len(self.data) - self.at:
            raise DecodeError("length %d is more than the bytes left" % argument, start)
        if major == 4:
            return [self.item(depth + 1) for _ in range(argument)]
        return self.map(argument, depth)

    def simple(self, low, start):
        if low < 16:
            return Simple(low)
        if low == 20:
            return False
        if low == 21:
            return True
        if low == 22:
            return None
        raise DecodeError("floating point or unknown simple value", start)

    def map(self, count, depth):
        result = {}
        before = b""
        for _ in range(count):
            start = self.at
            key = self.item(depth + 1)
            encoded = bytes(self.data[start : self.at])
            if encoded <= before:
                raise DecodeError("map keys repeated or out of order", start)
            if not isinstance(key, (int, str)):
                raise DecodeError("map key is neither a number nor text", start)
            before = encoded
            result[key] = self.item(depth + 1)
        return result


def decode(data, most=1 << 20):
    """Decode one item that must fill `data` exactly.

    Parameters
    ----------
    data : bytes or bytearray
    most : int
        How many items there may be in all. What comes from a stranger could otherwise fill the
        memory of a node: an item takes many times its one byte.

    Returns
    -------
    int, bytes, str, bool, None, Simple, Tag, list or dict

    Raises
    ------
    DecodeError
        If the bytes are not the deterministic form of one value of the subset.
    """
    reader = _Reader(data, most)
    value = reader.item(0)
    if reader.at != len(data):
        raise DecodeError("%d bytes after the end" % (len(data) - reader.at), reader.at)
    return value
