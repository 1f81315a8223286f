"""A node's program: reads its configuration, puts the parts together and runs for ever."""

import gc
import json
import os
import sys

# Compiling leaves holes in a small heap; collecting after each part keeps the rest in one piece.
from firmware.wire import codec, seal

gc.collect()
from firmware.node.outbox import Outbox  # noqa: E402

gc.collect()
from firmware.node.cycle import Cycle  # noqa: E402

gc.collect()
from firmware.node.link_ip import Mqtt  # noqa: E402

gc.collect()
from firmware.node.link import Identity, Uplink  # noqa: E402

gc.collect()
from firmware.node.clock import Clock  # noqa: E402

CONFIG = "/node.json"
BOOT = "/boot"
OUTBOX_BYTES = 1 << 20


def next_boot(root, least):
    """Count this boot: at least `least`, written to flash before anything is measured."""
    try:
        with open(root + BOOT) as file:
            boot = max(int(file.read()) + 1, least)
    except (OSError, ValueError):
        boot = least
    with open(root + BOOT + ".new", "w") as file:
        file.write(str(boot))
    os.rename(root + BOOT + ".new", root + BOOT)
    return boot


def make_sensor(board, driver, bus, address):
    """Make the driver `driver` on `bus`; drivers not used are never loaded."""
    if driver == "sht4x":
        from firmware.sensors.sht4x import Sht4x

        return Sht4x(board.bus(bus, address), address, board.wait_ms)
    if driver == "tipping_bucket":
        from firmware.sensors.tipping_bucket import TippingBucket

        return TippingBucket(board.bus(bus, address), board.falling)
    if driver == "soil_modbus":
        from firmware.sensors.soil_modbus import SoilModbus

        return SoilModbus(board.bus(bus, address), address, board.wait_ms)
    if driver == "battery":
        from firmware.sensors.battery import Battery

        return Battery(board.bus(bus, address))
    raise ValueError("driver %r: there is no such sensor in this firmware" % driver)


def make_channels(board, rows, report):
    """Make (Channel, sensor) of each configured row; a driver that cannot start is not fitted."""
    sensors = {}
    result = []
    for row in rows:
        where = row["driver"], row["bus"], row["address"]
        if where not in sensors:
            try:
                sensors[where] = make_sensor(board, *where)
            except (OSError, ValueError) as error:
                sensors[where] = None
                report("fault", "%s: %s" % (row["driver"], error))
        gc.collect()
        channel = codec.Channel(row["number"], row["quantity"], row["scale"])
        result.append((channel, sensors[where]))
    return result


class Node:
    """The whole node on `board`."""

    def __init__(self, board):
        self.board = board
        with open(board.root + CONFIG) as file:
            config = json.load(file)
        limit = config.get("outbox_bytes", OUTBOX_BYTES)
        self.outbox = Outbox(board.root + "/outbox", limit, None)
        newest = max([segment.boot for segment in self.outbox.segments] + [0])
        boot = next_boot(board.root, newest + 1)
        key = bytes.fromhex(config["key"])
        if len(key) != seal.KEY_BYTES:
            raise ValueError("%s: key must be %d bytes" % (CONFIG, seal.KEY_BYTES))
        who = Identity(config["node"], key, config["epoch"], boot)
        clock = Clock(board.uptime_ms, board.utc())
        broker = config["broker"]
        mqtt = Mqtt(
            who.node, broker["host"], broker["port"], broker.get("user"), broker.get("password")
        )
        ack_ms = config.get("ack_ms", 10000)
        self.uplink = Uplink(mqtt, self.outbox, clock, board, who, ack_ms)
        report = self.uplink.report
        self.outbox.lost = lambda *frames: report("lost", list(frames))
        report("boot", [board.reset_cause(), self.outbox.torn])
        channels = make_channels(board, config["channels"], report)
        self.cycle = Cycle(
            channels,
            clock,
            self.outbox,
            who,
            config["sample_s"],
            config["samples_per_frame"],
            report,
        )
        wifi = config.get("wifi") or {}
        board.join(wifi.get("ssid"), wifi.get("password"))

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
        node = Node(board)
        while True:
            board.watch()
            node.step()
    except Exception as error:  # noqa: BLE001  a node in the field has nobody to restart it
        sys.print_exception(error)
        board.restart()
