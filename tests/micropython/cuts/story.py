"""A node's long life on a flash that notes everything: ``story.py FOLDER life|update LENGTH``.

What is noted goes to the file `journal` in the folder, the programs of updates are found there.
"""

import gc
import json
import os
import sys

import device
import marks
import nor
import programs
from marks import mark

from firmware.node import configuration
from firmware.wire import commands, seal, topics

MOST_STEPS = 400  # of fetching; a program takes some 20


class Story:
    """What happens to the node, chapter by chapter."""

    def __init__(self):
        self.node = None
        self.number = 0
        self.server = programs.Server(folder + "/programs")

    def boot(self, has_clock=True):
        """Start the node again, as after a loss of power between two writes."""
        if self.node:
            device.unmount()
        self.node = None
        gc.collect()
        device.mount(marks.chip)
        mark(["load"])
        self.node = device.start(has_clock)
        self.server.serve(self.node)

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

    def life(self, length):
        """Samples, frames and changes of the configuration until flash is full, and after."""
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

    def fetch(self, number, steps=MOST_STEPS):
        """Tell the node of an update and fetch, so many steps or until it is on trial."""
        self.offer(number)
        self.go_on(steps)

    def offer(self, number):
        """Tell the node of an update."""
        mark(["offering", number])
        self.command("update", self.server.argument(number))

    def go_on(self, steps=MOST_STEPS):
        """Go on with fetching, so many steps or until the node starts on trial."""
        node = self.node
        while steps and not node.updating():
            node.update.step(node.cycle.clock.uptime())
            steps -= 1
            if steps % 40 == 0:
                self.measure(1)
            gc.collect()
        if node.updating():
            self.told()
            self.boot()

    def told(self):
        """The node's events reach the server, and it does what it does then."""
        del self.node.uplink.events[:]
        return self.node.update and self.node.update.step(0)

    def update(self, length):
        """A program is fetched and kept; another one is not acknowledged; and a third not started.

        The last one is fetched while the one before it lies in its slot.
        """
        self.boot()
        self.measure(2 * length)
        self.fetch(2, 11)
        self.boot()
        self.measure(3)
        self.go_on()
        self.acknowledge(99)
        self.node.uplink.confirmed = True
        self.node.update.step(1)
        self.measure(2)
        self.told()
        self.measure(7)
        self.server.harmed = 3, 7  # of a file that travels as it is, and of one that is deflated
        self.fetch(3)
        self.measure(2)
        self.node.update.step(10**6)
        self.boot()
        self.told()
        self.measure(3)
        self.fetch(4, 11)
        self.offer(5)
        self.go_on(11)
        self.boot()
        self.go_on()
        for _ in range(3):
            self.boot()
        self.told()
        self.measure(3)
        self.acknowledge(99)
        self.boot()


folder, name, length = sys.argv[1:]
with open(folder + "/journal", "wb") as journal:
    blocks = {"life": 34, "update": 110}[name]
    marks.chip = nor.Nor(blocks, journal)
    mark(["flash", blocks, name])
    os.VfsLfs2.mkfs(marks.chip)
    device.mount(marks.chip)
    more = {}
    if name == "update":
        more["update_key"] = programs.read(folder + "/programs/key").decode()
        programs.install(folder + "/programs/1", device.ROOT + "/a")
        with open(device.ROOT + "/slot", "w") as file:
            file.write("a")
    with open(device.ROOT + configuration.CONFIG, "w") as file:
        json.dump(device.config(**more), file)
    device.unmount()
    mark(["begins"])
    marks.wrap_all()
    getattr(Story(), name)(int(length))
