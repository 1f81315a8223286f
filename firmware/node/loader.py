"""The loader, on a board as main.py: runs one of the two slots. It never comes over the air.

`slot` says which, in one line (`firmware/node/update.py`): the slot that is kept, then, while the
other is on trial, that one and how often it was started. A trial that was started three times and
not kept is over: the kept slot runs. Whatever ends a program ends in another start.
"""

import os
import sys
import time

import machine

MOST_STARTS = 3
WATCHDOG_MS = 120000


def choose():
    """Return the slot to run; the start of a trial is counted before it."""
    try:
        with open("slot") as file:
            text = file.read()
    except OSError:
        text = ""
    kept = "b" if text[:1] == "b" else "a"
    trial = text[1:2]
    if trial not in ("a", "b") or not text[2:3].isdigit():
        return kept
    starts = int(text[2]) + 1
    if starts > MOST_STARTS:
        return kept
    try:
        with open("slot.new", "w") as file:
            file.write(kept + trial + str(starts))
        os.rename("slot.new", "slot")
    except OSError:
        return kept  # what cannot be counted is not tried
    return trial


machine.WDT(timeout=WATCHDOG_MS)  # a program that hangs before it has begun is a start, too
try:
    sys.path.insert(0, os.getcwd().rstrip("/") + "/" + choose())
    from firmware.node.main import main

    main()
except Exception as error:  # noqa: BLE001  a node in the field has nobody to restart it
    sys.print_exception(error)
    time.sleep(1)
    machine.reset()
