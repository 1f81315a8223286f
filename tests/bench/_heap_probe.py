"""Runs a simulated node and notes how much of its heap lives (MicroPython Unix port only).

Looks where most is held: before and behind every call of the wire, the outbox, the link and the
sensors; what is allocated is collected before it is counted. Prints what lives, each time behind
MicroPython's own count of names: ``emulated`` before any firmware is there, ``loaded`` and
``watched`` before and behind what looks is put in, ``ready`` and ``started`` before and behind what
the emulation does to start the node (``started`` with the emulated board and what it notes; the
file system on flash, which a board has in its heap, too, counts as the node's), and ``peak``
whenever it is more than ever before.
"""

import gc
import os

import micropython

peak = 0


def held():
    """Bytes that live."""
    gc.collect()
    return gc.mem_alloc()


def tell(what, number):
    """Print bytes, and the names that there are."""
    micropython.qstr_info()
    print(what, number)


def look():
    """Tell what lives if it is more than ever before."""
    global peak
    if gc.mem_alloc() > peak:
        gc.collect()
    if gc.mem_alloc() > peak:
        peak = gc.mem_alloc()
        tell("peak", peak)


def watched(owner, name):
    """Put a look before and behind every call of `owner.name`."""
    inner = getattr(owner, name)

    def outer(*arguments):
        look()
        result = inner(*arguments)
        look()
        return result

    setattr(owner, name, outer)


def file_system():
    """Bytes of the file system on flash, mounted or not."""
    chip = flash.Flash()
    before = held()
    mounted = os.VfsLfs2(chip)
    return held() - before if mounted else 0


def watch():
    """Look at every call behind which much may be held."""
    from firmware.node import (  # no name of ours keeps what the node lets go of
        fitting,
        outbox_opening,
    )

    tell("loaded", held())
    for owner, names in (
        (cbor, ("encode", "decode")),
        (format2, ("encode", "_put_samples")),
        (seal, ("hmac_sha256",)),
        (outbox_opening, ("open_segment",)),
        (outbox.Outbox, ("append", "_write", "next", "_read", "ack")),
        (fitting, ("make_sensor",)),
        (sensing.Sensing, ("sample", "_ask")),
        (cycle.Cycle, ("flush",)),
        (link.Uplink, ("_fill", "_hear")),
        (link_ip.Mqtt, ("_send", "_take", "receive", "connect")),
    ):
        for name in names:
            watched(owner, name)
    tell("watched", held())


def start():
    """Run the node for ever."""
    tell("ready", held() + file_system())
    run = main.main

    def started():
        import board_unix  # noqa: F401  the workbench's, and what it notes

        tell("started", held())
        run()

    main.main = started
    import run_node  # noqa: F401


import bench  # noqa: E402, F401
import flash  # noqa: E402
import machine  # noqa: E402, F401
import network  # noqa: E402, F401

tell("emulated", held())
from firmware.node import board_esp32, cycle, link, link_ip, main, outbox, sensing  # noqa: E402, F401
from firmware.wire import cbor, format2, seal  # noqa: E402

look()
watch()
start()
