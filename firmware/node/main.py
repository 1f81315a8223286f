"""A node's program: reads its configuration, puts the parts together and runs for ever."""

import errno
import gc
import json
import os
import random
import sys

# Compiling leaves holes in a small heap; collecting after each part keeps the rest in one piece.
from firmware.wire import seal

gc.collect()
from firmware.node.outbox import Outbox  # noqa: E402

gc.collect()
from firmware.node.sensing import Sensing  # noqa: E402

gc.collect()
from firmware.node.cycle import Cycle  # noqa: E402

gc.collect()
from firmware.node.link import ACK_MS, Identity, Uplink  # noqa: E402

gc.collect()
from firmware.node.clock import Clock  # noqa: E402

CONFIG = "/node.json"
BOOT = "/boot"


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
            node, broker["host"], broker["port"], broker.get("user"), broker.get("password")
        )
    if kind == "nbiot":
        if any(channel["bus"] == "gnss" for channel in config["channels"]):
            raise ValueError(
                "%s: link.kind nbiot: the modem has the serial line of the bus gnss; use ip, or "
                "take the channels of gnss out" % CONFIG
            )
        from firmware.node.link_nbiot import ModemMqtt

        uart, reset = board.modem(link.get("baud"))
        return ModemMqtt(uart, reset, board, node, broker, link, report)
    raise ValueError("%s: link.kind %r: must be ip or nbiot" % (CONFIG, kind))


class Node:
    """The whole node on `board`."""

    def __init__(self, board):
        self.board = board
        self.uplink = None
        self.early = []
        with open(board.root + CONFIG) as file:
            config = json.load(file)
        key = bytes.fromhex(config["key"])
        if len(key) != seal.KEY_BYTES:
            raise ValueError("%s: key must be %d bytes" % (CONFIG, seal.KEY_BYTES))
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
        self.report("boot", [board.reset_cause(), self.outbox.torn])
        for kind, detail in self.early:
            self.report(kind, detail)
        self.cycle = Cycle(
            sensing, clock, self.outbox, who, config["sample_s"], config["samples_per_frame"]
        )
        wifi = config.get("wifi") or {}
        board.join(wifi.get("ssid"), wifi.get("password"))

    def report(self, kind, detail):
        """Queue an event for the server; what happens before the boot has its number waits."""
        if self.uplink is None:
            self.early.append((kind, detail))
        else:
            self.uplink.report(kind, detail)

    def step(self):
        """Measure what is due, carry what can be carried, then rest."""
        if self.cycle.poll():
            gc.collect()
        wait = self.cycle.wait_ms()
        readable = self.board.wait(self.uplink.mqtt.socket, wait, self.uplink.wait_ms())
        self.uplink.poll(readable)


def main():
    """Run the node of this machine."""
    if sys.platform == "esp32":
        from firmware.node.board_esp32 import Board
    else:
        from firmware.node.board_unix import Board
    board = Board()
    try:
        board.watch()
        node = Node(board)
        while True:
            board.watch()
            node.step()
    except Exception as error:  # noqa: BLE001  a node in the field has nobody to restart it
        sys.print_exception(error)
        board.restart()
