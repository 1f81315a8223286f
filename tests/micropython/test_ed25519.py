"""Ed25519 on a node: RFC 8032's own signatures, and what verifying one takes (as a script)."""

import json
import sys

from firmware.wire import ed25519, sha512

FILE = "tests/golden/wire/ed25519.json"


def check(root):
    """Check every signature below `root`; return how many there were."""
    with open(root + "/" + FILE) as file:
        rows = json.load(file)
    for row in rows:
        public, message, signature = [
            bytes.fromhex(row[name]) for name in ("public", "message", "signature")
        ]
        if ed25519.verify(public, message, signature) is not row["good"]:
            raise AssertionError(row["name"])
    return len(rows)


def test_signatures():
    """The same file under CPython."""
    assert check(".") > 12


if sys.implementation.name == "micropython":
    import gc
    import time

    print(check(sys.argv[1]))
    with open(sys.argv[1] + "/" + FILE) as file:
        row = json.load(file)[0]
    public, signature = bytes.fromhex(row["public"]), bytes.fromhex(row["signature"])
    gc.collect()
    before, peak = gc.mem_alloc(), 0
    start = time.ticks_us()
    ed25519.verify(public, bytes.fromhex(row["message"]), signature)
    took = time.ticks_diff(time.ticks_us(), start)
    add, point, turned = ed25519._add, ed25519._point, sha512._turned

    def looked(inner):
        """Look what lives before and behind each call."""

        def outer(*arguments):
            global peak
            result = inner(*arguments)
            gc.collect()
            peak = max(peak, gc.mem_alloc() - before)
            return result

        return outer

    ed25519._add, ed25519._point, sha512._turned = looked(add), looked(point), looked(turned)
    ed25519.verify(public, bytes.fromhex(row["message"]), signature)
    print("%d us, %d bytes of heap live at most" % (took, peak))
