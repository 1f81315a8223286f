"""The golden update under MicroPython: read as a node reads it, inflated by the real `deflate`.

``update_vectors.py ROOT FOLDER``; what is inflated goes to the folder.
"""

import hashlib
import json
import random
import sys

from firmware.node.fetch import inflate
from firmware.wire import update_read

FILE = "/tests/golden/wire/update.json"


def put(path, data):
    """Write a file."""
    with open(path, "wb") as file:
        file.write(data)


def get(path):
    """Read a file."""
    with open(path, "rb") as file:
        return file.read()


root, folder = sys.argv[1:]
with open(root + FILE) as file:
    golden = json.load(file)
source, target = folder + "/source", folder + "/target"
packed = [bytes.fromhex(text) for text in golden["travels"]]

head = update_read.decode_head(bytes.fromhex(golden["head"]))
assert head[:3] == ("soilair-1/ip", 2003004, "2.3.4"), head
put(source, packed[0])
assert len(packed[0]) == head.travels
assert inflate(source, target, head.bytes) is None
assert get(target) == bytes.fromhex(golden["manifest"])
assert hashlib.sha256(get(target)).digest() == head.sha256
with open(target, "rb") as file:
    rows = list(update_read.files_of(file))
assert [row.path for row in rows] == sorted(golden["files"])
as_it_is = 0
for row, data in zip(rows, packed[1:]):
    assert len(data) == row.travels
    put(source, data)
    if row.travels == row.bytes:
        as_it_is += 1
    else:
        assert inflate(source, target, row.bytes) is None
        data = get(target)
    assert data == bytes.fromhex(golden["files"][row.path])
    assert hashlib.sha256(data).digest() == row.sha256
assert as_it_is == 1
assert update_read.encode_ask((2003004, 1, 0, 512, 8)) == bytes.fromhex(golden["ask"])
part = update_read.decode_part(bytes.fromhex(golden["part"]))
assert part == (2003004, 1, 0, packed[1]), part

# Whatever travels: a reason or a file of no more bytes than it may have.
random.seed(7)
most, found = 4096, {}
for turn in range(3000):
    data = bytearray(packed[turn % 2])
    if turn % 3 == 2:
        data = bytearray(random.getrandbits(8) for _ in range(random.randrange(1, 400)))
    for _ in range(random.randrange(1, 5)):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    put(source, data[: random.randrange(1, len(data) + 1)])
    wrong = inflate(source, target, most)
    assert wrong in (None, "cannot be inflated", "is longer when inflated"), wrong
    assert len(get(target)) <= most
    found[wrong] = found.get(wrong, 0) + 1
print(sorted(found.items(), key=str))
assert found["cannot be inflated"] > 1000, found
