"""A node's program: reads its configuration, puts the parts together and runs for ever."""

import errno
import gc
import hashlib
import os
import random
import sys

# Compiling leaves holes in a small heap; collecting after each part keeps the rest in one piece.
from firmware import VERSION
from firmware.wire import cbor, codec, seal

gc.collect()
from firmware.node.outbox import Outbox  # noqa: E402

gc.collect()
from firmware.node.sensing import Sensing  # noqa: E402

gc.collect()
from firmware.node.cycle import Cycle  # noqa: E402

gc.collect()
from firmware.node.samples import SampleLog  # noqa: E402

gc.collect()
from firmware.node.alarms import Alarms  # noqa: E402
from firmware.node.power import RADIO_MS, Power, Radio  # noqa: E402

gc.collect()
from firmware.node.link import ACK_MS, Identity, Uplink  # noqa: E402

gc.collect()
from firmware.node import configuration  # noqa: E402

gc.collect()
from firmware.node.clock import Clock  # noqa: E402

# Were memory collected only when the heap is full, what lasts of compiling would lie scattered over
# all of it, with no hole big enough for the next module.
COMPILING = 4096
BOOT = "/boot"
SAMPLES = "/samples"
SLOT, OFFER = "/slot", "/offer"


def next_boot(root, least, make_room):
    """Count this boot: at least `least`, written to flash before anything is measured.

    `make_room()` frees flash, if there is something to free. A number must never be used
    twice: where the last one cannot be read, or this one not be kept, a random step makes that
    unlikely.

    Returns
    -------
    tuple of (int, str or None)
        The number, and what is wrong with it.
    """
    boot, fault = least, None
    try:
        with open(root + BOOT) as file:
            last = int(file.read())
        if not 0 <= last < 0xFFFF0000:
            raise ValueError("%d is no boot number" % last)
        boot = max(last + 1, least)
    except (OSError, ValueError) as error:
        if not isinstance(error, OSError) or error.errno != errno.ENOENT:
            boot += 1 + random.getrandbits(15)
            fault = "boot number not readable: %s" % error
    for _ in range(3):  # one segment makes room enough; if three do not, all would not either
        try:
            with open(root + BOOT + ".new", "w") as file:
                file.write(str(boot))
            os.rename(root + BOOT + ".new", root + BOOT)
            return boot, fault
        except OSError as error:
            trouble = error
            make_room()
    return boot + 1 + random.getrandbits(15), "boot number not kept: %s" % trouble


def _read(path):
    """Return the bytes of a file, none where it is not there."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _target():
    """For which boards the slot's program is, None where nothing says so."""
    try:
        return cbor.decode(_read(sys.path[0] + "/head"))[1]
    except (ValueError, IndexError, TypeError):
        return None


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
        )
    if kind == "nbiot":
        if any(channel["bus"] == "gnss" for channel in config["channels"]):
            raise ValueError(
                "%s: link.kind nbiot: the modem has the serial line of the bus gnss; use ip, or "
                "take the channels of gnss out" % configuration.CONFIG
            )
        from firmware.node.link_nbiot import ModemMqtt

        uart, reset = board.modem(link.get("baud"))
        return ModemMqtt(uart, reset, board, node, broker, link, report)
    raise ValueError("%s: link.kind %r: must be ip or nbiot" % (configuration.CONFIG, kind))


class Node:
    """The whole node on `board`."""

    def __init__(self, board):
        self.board = board
        self.uplink = None
        self.early = []
        config, record, self.on_trial, ended = configuration.load(board.root)
        if _read(board.root + OFFER):
            from firmware.node import offer  # most of the time there is none

            offer.settle(board.root, config.get("update_key"), record)
            ended = True
            gc.collect()
        key = bytes.fromhex(config["key"])
        if len(key) != seal.KEY_BYTES:
            raise ValueError("%s: key must be %d bytes" % (configuration.CONFIG, seal.KEY_BYTES))
        mqtt = make_link(board, config, self.report)
        # Drivers next: compiling them takes more memory than they keep, and in one piece.
        sensing = Sensing(board, config["channels"], self.report)
        self.outbox = Outbox(
            board.root + "/outbox",
            config.get("outbox_bytes"),
            lambda *frames: self.report("lost", list(frames)),
        )
        # Acknowledgements name boot and sequence number alone: a board that takes over a node's
        # name with an empty flash must not meet the numbers of the board before.
        least = max(self.outbox.newest_boot(), (config["epoch"] - 1 & 0x7FFF) << 16) + 1
        boot, fault = next_boot(board.root, least, self.outbox.give_up_oldest)
        if fault:
            self.report("fault", fault)
        who = Identity(config["node"], key, config["epoch"], boot)
        clock = Clock(board.uptime_ms, board.utc())
        ack_ms = config.get("ack_ms", ACK_MS)
        self.uplink = Uplink(mqtt, self.outbox, clock, board, who, ack_ms)
        held = _read(board.root + (configuration.TRIAL if self.on_trial else configuration.CONFIG))
        held = hashlib.sha256(held).digest()[:4]
        self.report("boot", [board.reset_cause(), self.outbox.torn, VERSION, _target(), held])
        for kind, detail in self.early:
            self.report(kind, detail)
        channels = [channel for channel, _ in sensing.channels]
        self.cycle = Cycle(
            sensing,
            clock,
            self.outbox,
            who,
            config["samples_per_frame"],
            SampleLog(board.root + SAMPLES, self.report),
            Alarms(config.get("alarms") or (), channels),
            Power(config.get("power"), channels, config["sample_s"], self.report),
        )
        self.cycle.recover()
        self.config, self.record, self.commands = config, record, None
        self.uplink.on_command = self.hear
        self.update = None
        if ended:
            self.answer()
        if len(_read(board.root + SLOT)) > 1:
            gc.collect()
            from firmware.node.update import Update

            gc.collect()
            self.update = Update(board.root, self.uplink)
        if self.on_trial or self.updating():
            self.cycle.sample_now()  # something to be acknowledged
        wifi = config.get("wifi") or {}
        board.join(wifi.get("ssid"), wifi.get("password"))
        self.radio = Radio(board, config.get("radio_ms", RADIO_MS))

    def report(self, kind, detail):
        """Queue an event for the server; what happens before the boot has its number waits."""
        if self.uplink is None:
            self.early.append((kind, detail))
        else:
            self.uplink.report(kind, detail)

    def hear(self, message):
        """Do what a message on ``cmd`` says; what that takes is loaded when the first one comes."""
        if self.commands is None:
            gc.collect()
            from firmware.node.commands import Commands

            gc.collect()
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

    def answer(self):
        """Report what came of the last command."""
        record = self.record
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
            is_missing = isinstance(value, codec.Missing)
            found.append([channel.number] + ([None, value.reason] if is_missing else [value]))
        return found

    def judge_trial(self):
        """Keep a configuration that the server has answered to; give up one that had its time."""
        record = self.record
        if self.uplink.confirmed:
            configuration.keep(self.board.root, record)
            self.on_trial = False
            self.answer()
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
        self.radio.follow(self.cycle.power.mode, self.cycle.seq)
        wait = self.cycle.wait_ms()
        link_wait = self.uplink.wait_ms() if self.radio.on else wait
        if busy:
            link_wait = 0
        readable = self.board.wait(self.uplink.mqtt.socket, wait, link_wait)
        self.uplink.poll(readable)


def main():
    """Run the node of this machine."""
    gc.threshold(COMPILING)
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
        configuration.give_up(board.root, error)
        board.restart()
