"""A node's program: reads its configuration, puts the parts together and runs for ever."""

import gc
import os
import sys

# Compiling leaves holes in a small heap; collecting after each part keeps the rest in one piece.
from firmware import const, forget
from firmware.wire import seal
from firmware.wire.frame import Missing

gc.collect()
from firmware.node.outbox import Outbox  # noqa: E402

gc.collect()
from firmware.node.sensing import Sensing  # noqa: E402

gc.collect()
from firmware.node.cycle import Cycle  # noqa: E402

gc.collect()
from firmware.node.samples import SampleLog  # noqa: E402

gc.collect()
from firmware.node.power import RADIO_MS, Radio, make_power  # noqa: E402

gc.collect()
from firmware.node.link import ACK_MS, Identity, Uplink  # noqa: E402

gc.collect()
from firmware.node.clock import Clock  # noqa: E402

# Were memory collected only when the heap is full, what lasts of compiling would lie scattered over
# all of it, with no hole big enough for the next module.
_COMPILING = const(4096)
_SAMPLES = const("/samples")
_SLOT = const("/slot")
_OFFER = const("/offer")


def wrong(text):
    """Make the error of a configuration of which `text` says what is wrong."""
    from firmware.node.configuration import CONFIG

    return ValueError("%s: %s" % (CONFIG, text))


def _size(path):
    """Return how many bytes a file has, 0 where it is not there."""
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def make_link(board, config, report):
    """Make the link that the configuration's ``link`` names, ``ip`` where it names none.

    Only the code of that one is loaded.
    """
    link = config.get("link") or {}
    kind, node, broker = link.get("kind", "ip"), config["node"], config["broker"]
    gc.collect()
    if kind == "ip":
        from firmware.node.link_ip import Mqtt

        return Mqtt(
            node,
            broker["host"],
            broker["port"],
            broker.get("user"),
            broker.get("password"),
            psk=broker.get("psk"),
            ntp=config.get("ntp", broker["host"]),
        )
    if kind == "nbiot":
        if any(channel["bus"] == "gnss" for channel in config["channels"]):
            raise wrong(
                "link.kind nbiot: the modem has the serial line of the bus gnss; use ip, or take "
                "the channels of gnss out"
            )
        from firmware.node.link_nbiot import ModemMqtt

        uart, reset = board.modem(link.get("baud"))
        return ModemMqtt(uart, reset, board, node, broker, link, report)
    raise wrong("link.kind %r: must be ip or nbiot" % kind)


def make_alarms(rows, channels):
    """Make the alarms of a configuration, None where it has none: then their code is not loaded."""
    if not rows:
        return None
    from firmware.node.alarms import Alarms

    return Alarms(rows, channels)


class Node:
    """The whole node on `board`."""

    def __init__(self, board):
        self.board = board
        self.uplink = None
        self.early = []
        self.record, self.commands, self.update, self.control = None, None, None, None
        config = self.configure()
        if config.get("outputs"):
            gc.collect()
            from firmware.node.control import Control

            self.control = Control(board, config, self.report)  # all are off from here on
        key = bytes.fromhex(config["key"])
        if len(key) != seal.KEY_BYTES:
            raise wrong("key must be %d bytes" % seal.KEY_BYTES)
        mqtt = make_link(board, config, self.report)
        self.deep = None
        policy = config.get("power") or {}
        if policy.get("deep_sleep"):
            from firmware.node.deep import DeepSleep

            self.deep = DeepSleep(board, config)
        woke = self.deep is not None and self.deep.woke
        # Drivers next: compiling them takes more memory than they keep, and in one piece.
        sensing = Sensing(board, config["channels"], self.report)
        del config["channels"]  # by far the most of it
        board.supply = policy.get("supply")
        if board.supply:
            sensing.feed = board.feed
        if woke:
            self.early = []  # was told before it slept
        self.outbox = Outbox(
            board.root + "/outbox",
            config.get("outbox_bytes"),
            lambda *frames: self.report("lost", list(frames)),
        )
        if woke:
            boot = self.deep.go_on(self.outbox)
        else:
            # Acknowledgements name boot and sequence number alone: a board that takes over a node's
            # name with an empty flash must not meet the numbers of the board before.
            least = max(self.outbox.newest_boot(), (config["epoch"] - 1 & 0x7FFF) << 16) + 1
            from firmware.node import boot_number

            boot, fault = boot_number.next_boot(board.root, least, self.outbox.give_up_oldest)
            forget(boot_number)
            if fault:
                self.report("fault", fault)
        who = Identity(config["node"], key, config["epoch"], boot)
        clock = Clock(board.uptime_ms, board.utc())
        ack_ms = config.get("ack_ms", ACK_MS)
        self.uplink = Uplink(mqtt, self.outbox, clock, board, who, ack_ms)
        if self.deep:
            self.deep.tell(self.uplink)
        if not woke:
            from firmware.node import about

            self.report("boot", about.boot(board, self.outbox.torn, self.on_trial))
            forget(about)
        for kind, detail in self.early:
            self.report(kind, detail)
        channels = [channel for channel, _ in sensing.channels]
        power = make_power(config.get("power"), channels, config["sample_s"], self.report)
        if woke:
            power.mode = self.deep.state[7]
        self.cycle = Cycle(
            sensing,
            clock,
            self.outbox,
            who,
            config["samples_per_frame"],
            SampleLog(board.root + _SAMPLES, self.report),
            make_alarms(config.get("alarms"), channels),
            power,
        )
        if woke:
            self.deep.resume(self)
        else:
            self.cycle.recover()
        if self.control:
            self.control.begin(self)
        self.uplink.on_command = self.hear
        if _size(board.root + _SLOT) > 1:
            gc.collect()
            from firmware.node.update import Update

            gc.collect()
            self.update = Update(board.root, self.uplink)
        if self.on_trial or self.updating():
            self.cycle.sample_now()  # something to be acknowledged
        wifi = config.get("wifi") or {}
        board.join(wifi.get("ssid"), wifi.get("password"), not woke)
        self.radio = self.deep or Radio(board, config.get("radio_ms", RADIO_MS))

    def configure(self):
        """Read the configuration, and let go of what reads it unless it is on trial."""
        from firmware.node import configuration

        root = self.board.root
        config, record, self.on_trial, ended = configuration.load(root)
        if _size(root + _OFFER):
            from firmware.node import offer  # most of the time there is none

            offer.settle(root, config.get("update_key"), record)
            forget(offer)
            ended = True
            gc.collect()
        if ended:
            self.answer(record)
        if self.on_trial:
            self.record = record
        else:
            forget(configuration)
        return config

    @property
    def config(self):
        """What the node runs by, read anew: seldom asked for, and it takes kilobytes."""
        from firmware.node import configuration

        return configuration.read(self.board.root, self.on_trial)

    def report(self, kind, detail):
        """Queue an event for the server; what happens before the boot has its number waits."""
        if self.uplink is None:
            self.early.append((kind, detail))
        else:
            self.uplink.report(kind, detail)

    def hear(self, message):
        """Do what a message on ``cmd`` says; what that takes is loaded when the first one comes."""
        if self.control and self.control.hear(message):
            return
        if self.commands is None:
            gc.collect()
            from firmware.node.commands import Commands, Record

            gc.collect()
            self.record = self.record or Record(self.board.root)
            actions = {"send": self.send, "selftest": self.self_test}
            link = self.uplink
            self.commands = Commands(
                self.board.root,
                self.config,
                self.record,
                link.identity,
                link.clock,
                link.report,
                actions,
            )
        self.commands.hear(message)
        if self.commands.restart:  # into another update, perhaps: the one of now is over
            self.update = self.uplink.on_part = None

    def updating(self):
        """Whether an update is on trial."""
        return bool(self.update) and self.update.slots.on_trial()

    def answer(self, record):
        """Report what came of the last command."""
        self.report("answer", [record.number, record.result, record.more])

    def send(self):
        """Measure now and write a frame of it; return how many frames this boot has."""
        self.cycle.sample_now()
        return self.cycle.seq

    def self_test(self):
        """Measure now; return of each channel its number, and its raw value or why it has none."""
        row = self.cycle.sample_now() or ()
        found = []
        for (channel, _), value in zip(self.cycle.sensing.channels, row):
            is_missing = isinstance(value, Missing)
            found.append([channel.number] + ([None, value.reason] if is_missing else [value]))
        return found

    def judge_trial(self):
        """Keep a configuration that the server has answered to; give up one that had its time."""
        from firmware.node import configuration

        record = self.record
        if self.uplink.confirmed:
            configuration.keep(self.board.root, record)
            self.on_trial = False
            self.answer(record)
        elif self.cycle.clock.uptime() > record.window:
            configuration.undo(self.board.root, record, "not acknowledged in %d s" % record.window)
            self.board.reset()

    def step(self):
        """Measure what is due, carry what can be carried, then rest."""
        if self.on_trial:
            self.judge_trial()
        if self.commands and self.commands.restart and not self.uplink.events:
            self.board.reset()
        # A battery that runs low is not spent on fetching, and one thing is tried at a time.
        busy = False
        if self.update and (self.updating() or not (self.on_trial or self.cycle.power.mode)):
            if self.update.step(self.cycle.clock.uptime()):
                self.board.reset()
            busy = self.update.busy()
        if self.cycle.poll():
            gc.collect()
        if self.deep:
            self.deep.follow(self)
        else:
            self.radio.follow(self.cycle.power.mode, self.cycle.seq)
        wait = self.cycle.wait_ms()
        if self.control:
            wait = min(wait, self.control.step())
        link_wait = self.uplink.wait_ms() if self.radio.on else wait
        if busy:
            link_wait = 0
        readable = self.board.wait(self.uplink.mqtt.socket, wait, link_wait)
        if self.radio.on or not self.deep:
            self.uplink.poll(readable)


def main():
    """Run the node of this machine."""
    gc.threshold(_COMPILING)
    if sys.platform == "esp32":
        from firmware.node.board_esp32 import Board
    else:
        from board_unix import Board  # the workbench's
    board = Board()
    try:
        board.watch()
        node = Node(board)
        gc.threshold(-1)
        while True:
            board.watch()
            node.step()
    except Exception as error:  # noqa: BLE001  a node in the field has nobody to restart it
        sys.print_exception(error)
        node = None  # it may have filled the memory
        gc.collect()
        try:
            from firmware.node import configuration

            configuration.give_up(board.root, error)
        finally:
            board.restart()
