"""A node's long life on a flash that notes everything: ``story.py JOURNAL LENGTH``.

Beside each program and erase stand marks of what the node had come to; the real parts are wrapped
for that, not changed. What each mark means, tests/faults/cut_books.py says.
"""

import gc
import json
import os
import sys

import device
import nor

from firmware.node import configuration, main
from firmware.node.cycle import Cycle
from firmware.node.outbox import Outbox
from firmware.node.samples import SampleLog
from firmware.wire import commands, seal, topics


def wrap(place, name, before, after):
    """Put a mark before and after a function of the node; each makes it of the arguments."""
    inner = getattr(place, name)

    def outer(*arguments, **named):
        if before:
            mark(before(*arguments, **named))
        result = inner(*arguments, **named)
        if after:
            mark(after(result, *arguments, **named))
        return result

    setattr(place, name, outer)


def mark(what):
    """Note it, if there is something to note."""
    if what:
        chip.mark(*what)


def sample_mark(word, frame):
    """Return a mark about the one sample of a frame."""
    return [word, frame.boot, frame.seq] + device.samples_of(frame)[0]


def oldest(box):
    """Return the frames that the outbox is about to give up."""
    if box.segments:
        segment = box.segments[0]
        return ["giving up", segment.boot, segment.first, segment.first + segment.count - 1]
    return None


def wrap_all():
    """Wrap the parts of the node whose work is marked."""
    wrap(main, "next_boot", None, lambda result, *_: ["boot", result[0]])
    wrap(Cycle, "_write", lambda _, frame: frame_mark(frame), None)
    wrap(
        Outbox,
        "append",
        lambda _, boot, seq, data: ["appending", boot, seq, device.digest(data)],
        lambda _, box, boot, seq, data: ["safe", boot, seq, device.digest(data)],
    )
    wrap(Outbox, "ack", lambda _, frames, mark: ["acking", frames, mark], None)
    wrap(Outbox, "give_up_oldest", oldest, None)
    wrap(
        SampleLog,
        "append",
        lambda _, frame: sample_mark("sampling", frame),
        lambda done, _, frame: sample_mark("sampled", frame) if done else None,
    )
    wrap(
        configuration,
        "try_",
        lambda root, record, number, config, window: ["trying", number, config["sample_s"]],
        lambda *_: ["tried"],
    )
    wrap(configuration, "keep", lambda *_: ["keeping"], lambda *_: ["kept"])
    wrap(configuration, "undo", lambda *_: ["undoing"], lambda *_: ["undone"])
    wrap(
        configuration.Record,
        "write",
        None,
        lambda _, record, *rest, **more: ["record", record.number, record.result, record.starts],
    )
    wrap(main.Node, "send", lambda _: ["acted"], None)
    wrap(main.Node, "self_test", lambda _: ["acted"], None)
    wrap(
        main.Node,
        "report",
        lambda _, kind, detail: ["lost"] + detail if kind == "lost" else None,
        None,
    )


def frame_mark(frame):
    """Return a mark of all samples of a frame."""
    return ["frame", frame.boot, frame.seq, device.samples_of(frame)]


class Story:
    """What happens to the node, chapter by chapter."""

    def __init__(self):
        self.node = None
        self.number = 0

    def boot(self, has_clock=True):
        """Start the node again, as after a loss of power between two writes."""
        if self.node:
            device.unmount()
        self.node = None
        gc.collect()
        device.mount(chip)
        self.node = device.start(has_clock)

    def measure(self, samples):
        """Let time pass until so many samples were taken."""
        while samples:
            device.Board.passed_ms += self.node.cycle.wait_ms()
            samples -= self.node.cycle.poll()
            gc.collect()

    def acknowledge(self, frames, now=True):
        """The server signs for the oldest frames that wait, and for the newest."""
        box, found = self.node.outbox, []
        cursor = box.start()
        while len(found) < frames:
            item = box.next(cursor)
            if item is None:
                break
            found.append(item[:2])
        box.ack(found, None)
        if now:
            self.node.cycle.clock.learn(device.OPENS + device.Board.passed_ms // 1000, 0)

    def command(self, word, argument=None):
        """The server commands; the node starts again where it wants to."""
        self.number += 1
        mark(["command", self.number, word])
        topic = topics.topic(device.NODE, "cmd")
        body = commands.encode_command(
            commands.Command(self.number, device.OPENS + 10**9, word, argument)
        )
        identity = self.node.uplink.identity
        self.node.hear(seal.seal(identity.key, identity.epoch, topic, body))
        if self.node.commands.restart:
            self.boot()

    def confirm(self):
        """The server acknowledges a frame measured under what is on trial."""
        cycle = self.node.cycle
        self.node.outbox.ack([(cycle.outbox.segments[-1].boot, cycle.seq - 1)], None)
        self.node.uplink.confirmed = True
        self.node.judge_trial()

    def try_in_vain(self, sample_s):
        """A configuration under which the server is not reached in its window."""
        self.command("config", [{"sample_s": sample_s}, 900])
        device.Board.passed_ms += 1000000
        try:
            self.node.judge_trial()
        except device.Reset:
            self.boot()

    def tell(self, length):
        """Tell the whole story."""
        self.boot()
        self.measure(6 * length)
        self.command("send")
        self.measure(8)
        self.boot(has_clock=False)
        self.measure(3)
        self.acknowledge(length // 2)
        self.boot(has_clock=False)
        self.measure(15)
        self.acknowledge(length)
        self.measure(3)
        self.command("config", [{"sample_s": 300}, 900])
        self.measure(3)
        self.confirm()
        self.measure(9)
        self.try_in_vain(900)
        self.command("selftest")
        self.measure(7)
        self.acknowledge(99)
        self.command("config", [{"sample_s": 1200}, 900])
        for _ in range(3):
            self.measure(2)
            self.boot()
        self.measure(8)
        self.acknowledge(99)
        self.boot()
        self.measure(90 * length)  # nobody listens: flash becomes full
        self.boot()
        self.fill_up()
        self.measure(14)
        self.boot()
        self.measure(9)
        self.empty()
        self.measure(14)
        self.acknowledge(99)
        self.boot()
        self.measure(8)

    def fill_up(self):
        """Something else takes all of flash."""
        mark(["full"])
        try:
            for number in range(99):
                with open(device.ROOT + "/filler%d" % number, "wb") as file:
                    file.write(bytes(4096))
        except OSError:
            pass

    def empty(self):
        """It is gone again."""
        for name in os.listdir(device.ROOT):
            if name.startswith("filler"):
                os.remove(device.ROOT + "/" + name)


path, length = sys.argv[1:]
with open(path, "wb") as journal:
    chip = nor.Nor(device.BLOCKS, journal)
    os.VfsLfs2.mkfs(chip)
    device.mount(chip)
    with open(device.ROOT + configuration.CONFIG, "w") as file:
        json.dump(device.config(), file)
    device.unmount()
    mark(["begins"])
    wrap_all()
    Story().tell(int(length))
