"""Start the node from what a loss of power left: ``looks.py FOLDER FIRST LAST EVERY SEED``.

Of the operations from FIRST to below LAST, for every EVERY-th: what is on flash before it, and what
is there when it was half done, in several ways. Each is mounted and the node started from it. A
line of JSON for each: [number of the operation, way, what was found].

| way | what is on flash |
|---|---|
| 0 | what was there before the operation |
| 1 to 3 | the operation was half done (`ways.torn`) |
| 4 | as 0, and power goes a second time, in the middle of a write of the node's start |
| 5 | the operation was done, it makes data a file's; of the last of these some bits do not hold |

The last is for data of files alone: littlefs does not outlive the loss of a folder's only block,
nor a file that of its pointers, which stand at the start of its blocks.

Nothing is started where the bytes that differ are none that were looked at: the node would do the
same again. Then null is said: found as before the operation, and for the ways 4 and 5 nothing.
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
import ways

from firmware.node import boot_number, configuration, outbox
from firmware.node.cycle import Cycle

LATER_MS = 10**9  # whenever it is that power comes back
STARTS = 6  # at most, until nothing is on trial
GOES_ON = 20  # of so many looks, one in which an update is fetched to its end


class Written:
    """Frames and boots of the node while it is looked at: they are none of the story's."""

    def __init__(self):
        self.clear()
        self.samples = None
        write, next_boot = Cycle._write, boot_number.next_boot
        append, give_up = outbox.Outbox.append, outbox.Outbox.give_up_oldest

        def noted_write(cycle, frame):
            self.samples = device.samples_of(frame)
            write(cycle, frame)

        def noted_append(box, boot, seq, frame):
            self.rows.append([boot, seq, device.digest(frame), self.samples])
            append(box, boot, seq, frame)

        def noted_give_up(box):
            for segment in box.segments[:1]:
                last = segment.first + segment.count - 1
                self.given_up.append([segment.boot, segment.first, last])
            return give_up(box)

        def noted_boot(*arguments):
            boot, fault = next_boot(*arguments)
            self.boots.append(boot)
            return boot, fault

        Cycle._write, outbox.Outbox.append = noted_write, noted_append
        outbox.Outbox.give_up_oldest, boot_number.next_boot = noted_give_up, noted_boot

    def clear(self):
        """Begin anew."""
        self.rows, self.boots, self.given_up, self.starts = [], [], [], 0


written = Written()


def look(chip, goes_on=False):
    """Start the node from `chip`, again while anything is on trial; return what was found.

    From the second start on it measures once before its frames are read. With `goes_on` an update
    that is being fetched is given all of its parts, tried and confirmed.
    """
    device.Board.passed_ms = LATER_MS
    starts = []
    written.clear()
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


def look_after_two(cells, operations):
    """Cut the power of a start after less than so many operations; return what is found then."""
    chip = nor.Overlay(cells, left=random.randrange(operations), tear=ways.torn_anyhow)
    try:
        look(chip)
    except nor.Cut:
        gc.collect()  # what is open is closed, and nothing of it reaches a flash without power
    before = {
        "written": written.rows,
        "boots": written.boots,
        "given_up": written.given_up,
        "starts": written.starts,
    }
    found = look(nor.Overlay(cells, own=chip.own))
    found["before"] = before
    return found


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
    written.starts += 1
    node = device.start()
    record = configuration.Record(device.ROOT)
    found = {
        "blocks": blocks,
        "free": free if free <= blocks else 0,  # littlefs counts some twice when it is full
        "boot": node.uplink.identity.boot,
        "config": node.config["sample_s"],
        "trial": node.on_trial,
        "record": [record.number, record.result],
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
        _, blocks, self.story = json.loads(mark)
        self.cells = bytearray(nor.BLANK * blocks)
        self.has_folders = False

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
                # After its first boot a node that is not updated makes no more folders.
                self.has_folders = self.has_folders or data.startswith(b'["boot"')
            else:
                if number is not None:
                    yield (number,) + row
                    number += 1
                at = block * nor.BLOCK + offset
                if kind == nor.ERASE:
                    data = nor.BLANK
                self.cells[at : at + len(data)] = data
            row = self._next()


def look_at_all(folder, first, last, every, seed):
    """Look at all that was asked for."""
    journal = Journal(folder + "/journal")
    cells, seen, changed, end = journal.cells, None, set(), 0
    last_one = None
    for number, kind, block, offset, data in journal.operations():
        if first <= number < last and (number - first) % every == 0:
            if seen is None or changed & seen:
                chip = nor.Overlay(cells)
                say(number, 0, look(chip, number // every % GOES_ON == 0))
                seen = chip.seen
                random.seed(seed * 1000003 + number)
                twice = look_after_two(cells, chip.done)
            else:
                say(number, 0, None)
                twice = None
            changed.clear()
            for way in range(1, ways.TORN + 1):
                if block not in seen:
                    say(number, way, None)
                    continue
                random.seed((seed * 1000003 + number) * 7 + way)
                chip = nor.Overlay(cells)
                chip.own[block] = ways.torn(way, chip.of(block), kind, offset, data)
                say(number, way, look(chip))
            say(number, 4, twice)
            weak = None
            if journal.has_folders and journal.story == "life":
                random.seed((seed * 1000003 + number) * 7)
                weak = look_at_weak(cells, seen, last_one, (kind, block, offset, data))
            say(number, 5, weak)
        changed.add(block)
        end, last_one = number + 1, (kind, block, offset, data)
    if first <= end < last and (end - first) % every == 0:
        chip = nor.Overlay(cells)
        say(end, 0, look(chip))


def look_at_weak(cells, seen, data, commit):
    """Do `commit`, weaken the `data` before it; return what is found, None if they are no such."""
    if data is None or data[0] != nor.PROGRAM or commit[0] != nor.PROGRAM:
        return None
    if data[1] in seen or data[2] == 0 or commit[1] not in seen:
        return None
    chip = nor.Overlay(cells)
    chip.writeblocks(commit[1], commit[3], commit[2])
    _, block, offset, held = data
    chip.of(block)[offset : offset + len(held)] = ways.unsure(held)
    return look(chip)


def say(number, way, found):
    """Tell the campaign."""
    print(json.dumps([number, way, found]))


server = programs.Server(sys.argv[1] + "/programs")
look_at_all(sys.argv[1], *[int(word) for word in sys.argv[2:]])
