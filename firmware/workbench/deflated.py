"""How files of an update travel: deflated where that makes them shorter, each by itself.

Raw deflate (RFC 1951) with a window of 2**`WINDOW_BITS` bytes, which a node holds while it
inflates. Measured on the boards' bundles: half of that window takes 1 % more bytes, twice of it
0.3 % less.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

from zopfli.zlib import compress

from firmware.wire.update import WINDOW_BITS

_ZLIB_HEAD, _ZLIB_TAIL = 2, -4  # RFC 1950


@lru_cache(512)
def deflate(data: bytes, quick: bool = False) -> bytes:
    """Return what travels of a file: `data` itself where nothing shorter is found.

    Zopfli looks longest, and knows no window: where it reaches back further, zlib is taken. `quick`
    is zlib alone, for what goes nowhere; 3 % longer.
    """
    maker = zlib.compressobj(9, zlib.DEFLATED, -WINDOW_BITS)
    found = [data, maker.compress(data) + maker.flush()]
    if not quick:
        found.append(compress(data)[_ZLIB_HEAD:_ZLIB_TAIL])
    return min((made for made in found if _within_window(made, data)), key=len)


def _within_window(made: bytes, data: bytes) -> bool:
    try:
        return inflate(made, len(data)) == data
    except ValueError:
        return False


def inflate(data: bytes, size: int) -> bytes:
    """Return a file of `size` bytes by what travels of it.

    Raises
    ------
    ValueError
        If that is no whole stream, one of a file of another size, or reaches back beyond the
        window.
    """
    if len(data) == size:
        return data
    reader = zlib.decompressobj(-WINDOW_BITS)
    found, rest = bytearray(), data
    try:
        while len(found) <= size and not reader.eof:
            # A byte at a time: what zlib has put out in one call it could reach back to.
            part = reader.decompress(rest, 1)
            rest = reader.unconsumed_tail
            if not part and not rest:
                break
            found += part
    except zlib.error as error:
        raise ValueError(f"cannot be inflated: {error}") from None
    if len(found) != size or not reader.eof or reader.unused_data:
        raise ValueError(f"is no stream of {size} bytes")
    return bytes(found)
