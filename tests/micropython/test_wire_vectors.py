"""Run the wire's vectors; works under CPython (pytest) and MicroPython (as a script)."""

import json
import sys

from firmware.wire import cbor, codec, format1, format2, seal, topics

FILE = "tests/golden/wire/vectors.json"


def _bytes(text):
    return bytes.fromhex(text)


def _frame(row):
    channels = tuple(
        tuple(codec.Missing(s["missing"]) if isinstance(s, dict) else s for s in channel)
        for channel in row["channels"]
    )
    return codec.Frame(
        _bytes(row["layout"]),
        row["boot"],
        row["seq"],
        row["offset"],
        row["t0"],
        row["step"],
        channels,
    )


def _equal(name, a, b):
    if a != b:
        raise AssertionError("%s: %r is not %r" % (name, a, b))


def check(root):
    """Check every vector below `root`; return how many there were."""
    with open(root + "/" + FILE) as file:
        vectors = json.load(file)
    count = 0
    for row in vectors["hmac"]:
        count += 1
        tag = seal.hmac_sha256(_bytes(row["key"]), _bytes(row["data"]))
        _equal(row["name"], tag[: row.get("bytes", 32)], _bytes(row["tag"]))
    for row in vectors["layouts"]:
        count += 1
        _equal(row["name"], codec.layout_id(row["channels"]), _bytes(row["id"]))
    for row in vectors["frames"]:
        count += 1
        frame = _frame(row)
        form = {1: format1, 2: format2}[row["format"]]
        _equal(row["name"], form.encode(frame), _bytes(row["body"]))
        _equal(row["name"], codec.identity(_bytes(row["body"])), (row["boot"], row["seq"]))
        _equal(row["name"], codec.decode(_bytes(row["body"])), frame)
        topic = topics.topic(row["node"], "up")
        sealed = seal.seal(_bytes(row["key"]), row["epoch"], topic, _bytes(row["body"]))
        _equal(row["name"], sealed, _bytes(row["sealed"]))
        opened = seal.open_(_bytes(row["key"]), topic, sealed)
        _equal(row["name"], opened, (row["epoch"], _bytes(row["body"])))
    for row in vectors["acks"]:
        count += 1
        mark = row["watermark"]
        frames = tuple(tuple(pair) for pair in row["frames"])
        mark = tuple(mark) if mark else None
        _equal(row["name"], codec.encode_ack(row["now"], frames, mark), _bytes(row["body"]))
        _equal(row["name"], codec.decode_ack(_bytes(row["body"])), (row["now"], frames, mark))
    for row in vectors["events"]:
        count += 1
        event = codec.Event(row["boot"], row["kind"], row["detail"])
        _equal(row["name"], codec.encode_event(event), _bytes(row["body"]))
        _equal(row["name"], codec.decode_event(_bytes(row["body"])), event)
    for row in vectors["refused"]:
        count += 1
        decode = {"frame": codec.decode, "ack": codec.decode_ack, "cbor": cbor.decode}[row["as"]]
        try:
            decode(_bytes(row["body"]))
        except cbor.DecodeError as error:
            _equal(row["name"], error.reason, row["reason"])
        else:
            raise AssertionError(row["name"] + " was not refused")
    return count


def test_vectors():
    """The same file under CPython."""
    assert check(".") > 40


if sys.implementation.name == "micropython":
    print(check(sys.argv[1]))
