"""An update of a node's program: what is signed, how it is asked for, and how it comes.

The signed head stands in the command ``update``; the manifest and the files come in parts, on
``part``, as the node asks for them on ``ask``. A part is named by the update's number, the file and
the offset in what travels of it (`File.travels`), so that one that comes twice does nothing and a
broken link goes on where it was.
The signature (Ed25519, RFC 8032) is over `signed` of the head. What a node needs of all this is in
`firmware.wire.update_read`.
"""

from collections import namedtuple

from firmware.wire import cbor, update_read
from firmware.wire.cbor import DecodeError
from firmware.wire.update_read import FORMAT as FORMAT
from firmware.wire.update_read import WINDOW_BITS as WINDOW_BITS
from firmware.wire.update_read import File as File
from firmware.wire.update_read import Head as Head
from firmware.wire.update_read import Part as Part
from firmware.wire.update_read import signed as signed

# `count` parts of `most` bytes of what travels of a file, from `offset` on; file 0 is the manifest,
# n its nth file.
Ask = namedtuple("Ask", ("number", "file", "offset", "most", "count"))

SIGNATURE_BYTES = 64
MOST_FILES, MOST_PATH = 96, 96
MOST_MANIFEST = 8192
MOST_FILE = 65536
LEAST_PART, MOST_PART, MOST_COUNT = 64, 1024, 8

_UINT32 = 1 << 32


def number_of(version):
    """Return the rising number of a version ``major.minor.patch``; ValueError if it is none."""
    parts = version.split(".")
    if len(parts) != 3 or not all(part.isdigit() and len(part) < 4 for part in parts):
        raise ValueError("version %r: must be major.minor.patch, each below 1000" % version)
    number = 0
    for part in parts:
        number = number * 1000 + int(part)
    return number


def target_of(board, link):
    """Return the name of the boards that a program is for: board type and link."""
    return board + "/" + link


def encode_head(head):
    """Encode a Head; ValueError names what is wrong with it."""
    return _encoded(list(head), _head_fault, "head")


def decode_head(data):
    """Decode a Head; DecodeError if it is none."""
    return Head(*_decoded(data, 6, _head_fault, "head"))


def encode_manifest(files):
    """Encode the Files of an update, in the order of their paths; ValueError as `encode_head`."""
    rows = [list(file) for file in files]
    fault = _manifest_fault(rows)
    if fault:
        raise ValueError("manifest: " + fault)
    return cbor.encode([FORMAT, rows])


def decode_manifest(data):
    """Decode a manifest to a list of Files; DecodeError if it is none."""
    parts = cbor.decode(data, 3 + 5 * MOST_FILES)
    if not isinstance(parts, list) or len(parts) != 2 or not _is(parts[0], FORMAT):
        raise DecodeError("manifest: must be [%d, files]" % FORMAT, 0)
    fault = _manifest_fault(parts[1])
    if fault:
        raise DecodeError("manifest: " + fault, 0)
    return [File(*row) for row in parts[1]]


def encode_ask(ask):
    """Encode an Ask; ValueError names what is wrong with it."""
    fault = _ask_fault(*ask)
    if fault:
        raise ValueError("ask: " + fault)
    return update_read.encode_ask(ask)


def decode_ask(body):
    """Decode an Ask; DecodeError if it is none."""
    return Ask(*_decoded(body, 5, _ask_fault, "ask"))


def encode_part(part):
    """Encode a Part; ValueError names what is wrong with it."""
    return _encoded(list(part), _part_fault, "part")


def decode_part(body):
    """Decode a Part; DecodeError if it is none."""
    return Part(*_decoded(body, 4, _part_fault, "part"))


def _encoded(parts, fault_of, what):
    fault = fault_of(*parts)
    if fault:
        raise ValueError("%s: %s" % (what, fault))
    return cbor.encode([FORMAT] + parts)


def _decoded(data, count, fault_of, what):
    parts = cbor.decode(data, count + 2)
    if not isinstance(parts, list) or len(parts) != count + 1 or not _is(parts[0], FORMAT):
        raise DecodeError("%s: must be an array of %d that begins with 1" % (what, count + 1), 0)
    fault = fault_of(*parts[1:])
    if fault:
        raise DecodeError("%s: %s" % (what, fault), 0)
    return parts[1:]


def _is(value, number):
    return value is not True and value == number


def _within(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value < high


def _head_fault(target, number, version, size, sha256, travels):
    if not isinstance(target, str) or target.count("/") != 1:
        return "target %r must be board/link" % (target,)
    if not _within(number, 1, _UINT32):
        return "number %r must be from 1 to 2**32 - 1" % (number,)
    if not isinstance(version, str) or not version:
        return "version %r must be a text" % (version,)
    if not _within(size, 1, MOST_MANIFEST + 1):
        return "manifest of %r bytes must have from 1 to %d" % (size, MOST_MANIFEST)
    return _content_fault(size, sha256, travels)


def _content_fault(size, sha256, travels):
    if not isinstance(sha256, bytes) or len(sha256) != 32:
        return "SHA-256 must be 32 bytes"
    if not _within(travels, 1, size + 1):
        return "%r bytes that travel must be from 1 to %d" % (travels, size)
    return None


def _manifest_fault(rows):
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_FILES:
        return "must list from 1 to %d files" % MOST_FILES
    last = ""
    for row in rows:
        if not isinstance(row, list) or len(row) != 4:
            return "a file must be [path, bytes, SHA-256, bytes that travel]"
        path, size, sha256, travels = row
        if not isinstance(path, str) or not _is_path(path):
            return "path %r must be of names of a-z, 0-9, _ and ., apart by /" % (path,)
        if path <= last:
            return "path %r must come after %r" % (path, last)
        if not _within(size, 1, MOST_FILE + 1):
            return "%s: %r bytes must be from 1 to %d" % (path, size, MOST_FILE)
        fault = _content_fault(size, sha256, travels)
        if fault:
            return path + ": " + fault
        last = path
    return None


def _is_path(path):
    """Whether a path stays within its slot, and its file within `update_read.ROW`."""
    if len(path) > MOST_PATH:
        return False
    for name in path.split("/"):
        if not name or name[0] == ".":
            return False
        for letter in name:
            if letter not in "abcdefghijklmnopqrstuvwxyz0123456789_.":
                return False
    return True


def _ask_fault(number, file, offset, most, count):
    if not _within(number, 1, _UINT32):
        return "number %r must be from 1 to 2**32 - 1" % (number,)
    if not _within(file, 0, MOST_FILES + 1):
        return "file %r must be from 0 to %d" % (file, MOST_FILES)
    if not _within(offset, 0, MOST_FILE):
        return "offset %r must be from 0 to %d" % (offset, MOST_FILE - 1)
    if not _within(most, LEAST_PART, MOST_PART + 1):
        return "parts of %r bytes must have from %d to %d" % (most, LEAST_PART, MOST_PART)
    if not _within(count, 1, MOST_COUNT + 1):
        return "%r parts must be from 1 to %d" % (count, MOST_COUNT)
    return None


def _part_fault(number, file, offset, data):
    fault = _ask_fault(number, file, offset, MOST_PART, 1)
    if fault:
        return fault
    if not isinstance(data, bytes) or not 1 <= len(data) <= MOST_PART:
        return "data must be from 1 to %d bytes" % MOST_PART
    return None
