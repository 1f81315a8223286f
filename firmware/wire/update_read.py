"""What a node reads of an update (`firmware.wire.update`), and asks.

Head and manifest are proven by signature and digest before they are read, and what made them has
checked them: this takes them as they are.
"""

from collections import namedtuple

from firmware.wire import cbor
from firmware.wire.cbor import DecodeError

# What an update is: for which boards (`update.target_of`), its number, that number as people write
# it, and of its manifest what a File says.
Head = namedtuple("Head", ("target", "number", "version", "bytes", "sha256", "travels"))
# A file of a manifest: its path in the slot, its size and its SHA-256, and how many bytes of it
# travel: as many as it has where it goes as it is, else fewer, deflated.
File = namedtuple("File", ("path", "bytes", "sha256", "travels"))
Part = namedtuple("Part", ("number", "file", "offset", "data"))

FORMAT = 1
CONTEXT = b"nongqing update 1\n"
ROW = 256  # more bytes than a file of a manifest takes
# What is deflated is one raw stream (RFC 1951) whose window is 2**11 bytes: a node has to hold it.
WINDOW_BITS = 11


def signed(head):
    """Return what the signature of an encoded head is over."""
    return CONTEXT + head


def decode_head(data):
    """Decode a proven head; DecodeError if it is of another format."""
    return Head(*_decoded(data, 7, "head"))


def files_of(stream):
    """Give the Files of a proven manifest one by one: a node has no room for all of them together.

    `stream` has ``read(count)``.
    """
    reader = cbor._Reader(stream.read(ROW), 3)
    reader.head()
    reader.head()
    for _ in range(reader.head()[1]):
        rest = reader.data[reader.at :]
        reader = cbor._Reader(rest + stream.read(ROW - len(rest)), 5)
        yield File(*reader.item(1))


def encode_ask(parts):
    """Encode number, file, offset, most and count of an Ask."""
    return cbor.encode([FORMAT] + list(parts))


def decode_part(body):
    """Decode a Part; DecodeError if it is none. What it names may be anything."""
    part = Part(*_decoded(body, 5, "part"))
    if not isinstance(part.data, bytes):
        raise DecodeError("part: data must be bytes", 0)
    return part


def _decoded(data, count, what):
    parts = cbor.decode(data, count + 1)
    if not isinstance(parts, list) or len(parts) != count or parts[0] != FORMAT:
        raise DecodeError("%s: must be an array of %d that begins with 1" % (what, count), 0)
    return parts[1:]
