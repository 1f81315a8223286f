"""Start the node from what a loss of power left: ``looks.py FOLDER FIRST LAST EVERY SEED``.

Of the operations from FIRST to below LAST, for every EVERY-th: what is on flash before it, and what
is there when it was half done, in several ways. Each is mounted and the node started from it. A
line of JSON for each: [number of the operation, 0 or the way in which it was half done, what was
found, or null where that is what was found before this operation]. Nothing is started where the
bytes that differ are none that were looked at: the node would do the same again.
"""

import gc
import json
import os
import random
import struct
import sys

import device
import nor
import programs

from firmware.node import outbox
from firmware.node.cycle import Cycle

TORN = 3  # ways in which an operation is half done
LATER_MS = 10**9  # whenever it is that power comes back
STARTS = 6  # at most, until nothing is on trial
GOES_ON = 20  # of so many looks, one in which an update is fetched to its end


def noise(size):
    """Return `size` bytes of random bits."""
    return bytes([random.getrandbits(8) for _ in range(size)])


def torn(way, block, kind, offset, data):
    """Return the bytes of `block`, a bytearray, after an operation of which a part was done."""
    size = len(data) if kind == nor.PROGRAM else nor.BLOCK
    part = random.randrange(1, size)
    if kind == nor.ERASE:
        # A NOR flash may program all bits before it erases them: any can be found set or cleared.
        old = bytes(block[part:])
        rest = (noise(size - part), old, bytes(size - part))[way - 1]
        return bytearray(nor.BLANK[:part] + rest)
    old = bytes(block[offset : offset + size])
    new = nor.both(old, data)
    if way == 1:
        new = new[:part] + old[part:]
    else:
        start = part // nor.UNIT * nor.UNIT if way == 2 else 0
        some = bytes([a | b for a, b in zip(data[start:], noise(size - start))])
        new = new[:start] + nor.both(old[start:], some)
    block[offset : offset + size] = new
    return block


class Written:
    """The frames that the node writes while it is looked at: they are none of the story's."""

    def __init__(self):
        self.rows = []
        self.samples = None
        write, append = Cycle._write, outbox.Outbox.append

        def noted_write(cycle, frame):
            self.samples = device.samples_of(frame)
            write(cycle, frame)

        def noted_append(box, boot, seq, frame):
            self.rows.append([boot, seq, device.digest(frame), self.samples])
            append(box, boot, seq, frame)

        Cycle._write, outbox.Outbox.append = noted_write, noted_append


written = Written()


def look(chip, goes_on=False):
    """Start the node from `chip`, again while anything is on trial; return what was found.

    From the second start on it measures once before its frames are read. With `goes_on` an update
    that is being fetched is given all of its parts, tried and confirmed.
    """
    device.Board.passed_ms = LATER_MS
    starts, written.rows = [], []
    try:
        while len(starts) < 2 or (is_on_trial(starts[-1]) and len(starts) < STARTS):
            starts.append(mounted(chip, one_start, len(starts)))
        rows = list(written.rows)
        if goes_on and starts[-1].get("fetching"):
            mounted(chip, fetch_rest)
            starts.append(mounted(chip, confirmed_start))
    except Exception as error:  # noqa: BLE001  whatever it is, this node does not start
        sys.print_exception(error, sys.stderr)
        return {"starts": starts, "error": repr(error), "written": written.rows}
    gc.collect()
    return {"starts": starts, "written": rows}


def mounted(chip, do, *arguments):
    """Do it with `chip` mounted."""
    device.mount(chip)
    try:
        return do(*arguments)
    finally:
        device.unmount()


def is_on_trial(start):
    """Whether a configuration is on trial, or an update is or will be with the next start."""
    return start["trial"] or start.get("on_trial")


def one_start(number):
    """Start the node once; return what it came to."""
    blocks, free = os.statvfs(device.ROOT)[2:4]
    text = programs.read(device.ROOT + "/slot").decode()
    node = device.start()
    found = {
        "free": free if free <= blocks else 0,  # littlefs counts some twice when it is full
        "boot": node.uplink.identity.boot,
        "config": node.config["sample_s"],
        "trial": node.on_trial,
        "record": [node.record.number, node.record.result],
    }
    device.Board.passed_ms += 1000
    if number:
        node.cycle.sample_now()
    found["frames"] = frames(node.outbox)
    found["events"] = [
        [event.kind, event.detail[:2] if event.kind == "boot" else event.detail]
        for event in node.uplink.events
    ]
    if text:
        found.update(slots(text, node))
    return found


def slots(text, node):
    """Return what there is of the two slots; `text` was in ``/slot`` before the start."""
    runs = sys.path[0]
    return {
        "text": text,
        "runs": runs[-1],
        "program": programs.whole(runs),
        "newest": int(programs.read(device.ROOT + "/newest") or 0),
        "on_trial": node.updating(),
        "fetching": node.update is not None and node.update.fetch is not None,
    }


def fetch_rest():
    """Start the node and give it all that is missing of its update."""
    node = device.start()
    server.serve(node)
    node.uplink.listen(node.uplink.on_part)
    while node.update.fetch:
        node.update.step(node.cycle.clock.uptime())


def confirmed_start():
    """Start the node and let the server acknowledge a frame; return what it came to."""
    node = device.start()
    node.uplink.confirmed = True
    text = programs.read(device.ROOT + "/slot").decode()
    node.update.step(1)
    found = slots(text, node)
    found["kept"] = programs.read(device.ROOT + "/slot").decode()
    return found


class StillOpen:
    """Opens a file for the outbox once, not for each frame: littlefs looks its name up for long."""

    def __init__(self):
        self.path, self.file = None, None

    def __call__(self, path, mode):
        if path != self.path:
            self.close()
            self.path, self.file = path, open(path, mode)
        return self

    def __enter__(self):
        return self.file

    def __exit__(self, *error):
        pass

    def close(self):
        """Let go of the last one."""
        if self.file:
            self.file.close()
        self.path, self.file = None, None


def frames(box):
    """Return boot, number and digest of each frame that the outbox gives back."""
    cursor, rows = box.start(), []
    outbox.open = still_open = StillOpen()
    try:
        while True:
            item = box.next(cursor)
            if item is None:
                return rows
            rows.append([item[0], item[1], device.digest(item[2])])
    finally:
        still_open.close()
        del outbox.open


class Journal:
    """What was done to a flash, done again to `cells`."""

    def __init__(self, path):
        self.file = open(path, "rb")
        _, _, _, mark = self._next()
        self.cells = bytearray(nor.BLANK * json.loads(mark)[1])

    def _next(self):
        head = self.file.read(nor.HEAD_BYTES)
        if not head:
            return None
        kind, block, offset, size = struct.unpack(nor.HEAD, head)
        return kind, block, offset, self.file.read(size)

    def operations(self):
        """Give number, kind, block, offset and data of each program and erase before it is done.

        What lies before the second mark is not given.
        """
        number = None
        row = self._next()
        while row:
            kind, block, offset, data = row
            if kind == nor.MARK:
                number = number or 0
            else:
                if number is not None:
                    yield (number,) + row
                    number += 1
                at = block * nor.BLOCK + offset
                if kind == nor.ERASE:
                    data = nor.BLANK
                self.cells[at : at + len(data)] = data
            row = self._next()


def main(folder, first, last, every, seed):
    """Look at all that was asked for."""
    journal = Journal(folder + "/journal")
    cells, seen, changed, end = journal.cells, None, set(), 0
    for number, kind, block, offset, data in journal.operations():
        if first <= number < last and (number - first) % every == 0:
            if seen is None or changed & seen:
                chip = nor.Overlay(cells)
                say(number, 0, look(chip, number // every % GOES_ON == 0))
                seen = chip.seen
            else:
                say(number, 0, None)
            changed.clear()
            for way in range(1, TORN + 1):
                if block not in seen:
                    say(number, way, None)
                    continue
                random.seed((seed * 1000003 + number) * TORN + way)
                chip = nor.Overlay(cells)
                chip.own[block] = torn(way, chip.of(block), kind, offset, data)
                say(number, way, look(chip))
        changed.add(block)
        end = number + 1
    if first <= end < last and (end - first) % every == 0:
        chip = nor.Overlay(cells)
        say(end, 0, look(chip))


def say(number, way, found):
    """Tell the campaign."""
    print(json.dumps([number, way, found]))


server = programs.Server(sys.argv[1] + "/programs")
main(sys.argv[1], *[int(word) for word in sys.argv[2:]])
