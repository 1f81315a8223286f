"""Runs a simulated node and notes how much of its heap lives (MicroPython Unix port only).

Looks where most is held: before and behind every call of the wire, the outbox, the link and the
sensors; what is allocated is collected before it is counted. Prints what the emulation takes before
any firmware is there, then each new peak.
"""

import gc

peak = 0


def look():
    """Print what lives if it is more than ever before."""
    global peak
    if gc.mem_alloc() > peak:
        gc.collect()
    if gc.mem_alloc() > peak:
        peak = gc.mem_alloc()
        print("heap", peak)


def watched(owner, name):
    """Put a look before and behind every call of `owner.name`."""
    inner = getattr(owner, name)

    def outer(*arguments):
        look()
        result = inner(*arguments)
        look()
        return result

    setattr(owner, name, outer)


import bench  # noqa: E402, F401
import flash  # noqa: E402, F401
import machine  # noqa: E402, F401
import network  # noqa: E402, F401

gc.collect()
print("emulation", gc.mem_alloc())
from firmware.node import cycle, link, link_ip, outbox, sensing  # noqa: E402
from firmware.wire import cbor, format2, seal  # noqa: E402

look()
for owner, names in (
    (cbor, ("encode", "decode")),
    (format2, ("encode", "_put_samples")),
    (seal, ("hmac_sha256",)),
    (outbox.Outbox, ("_open", "append", "_write", "next", "_read", "ack")),
    (sensing, ("make_sensor",)),
    (sensing.Sensing, ("sample", "_ask")),
    (cycle.Cycle, ("flush",)),
    (link.Uplink, ("_fill", "_hear")),
    (link_ip.Mqtt, ("_send", "_take", "receive", "connect")),
):
    for name in names:
        watched(owner, name)

import run_node  # noqa: E402, F401  runs for ever
