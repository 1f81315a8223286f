"""All bytes on the link in an hour: a node's connection beside JSON over mutual TLS.

A real Mosquitto takes both. The node is a simulated one, its samples and its report of an hour as
its board has them; its connection stays open, and the hour's share of pings and of one new
connection a day is added, each measured by itself. The other side is paho-mqtt with certificates
(P-256) on both ends: each hour a new connection, the same samples in one JSON message of QoS 1.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as mqtt

from field_configs.board import layout_of
from field_configs.load import load
from firmware.node import link_ip
from firmware.wire import codec, quantities
from firmware.workbench import weather
from firmware.workbench.psk import psk_line
from firmware.workbench.simulate import Fleet
from tests.bench._counting import Counting
from tests.firmware.field import Collector, Key, Shared, free_port
from tests.mosquitto import Authority, mosquitto
from tests.paths import ROOT

NODE, RATE = "qf-001", 1800.0
HOURS, PINGS, JSON_REPORTS = 12, 8, 6
HOUR_S, DAY_H = 3600, 24
PROBE = Path(__file__).with_name("_ping_probe.py")
RUN = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"


class Hour(NamedTuple):
    """Bytes on the link: of a report with its acknowledgement, a ping, a connection, and JSON."""

    report: float
    ping: float
    connection: float
    pings: float
    json: float
    json_message: int

    @property
    def node(self) -> float:
        """Of the node in an hour."""
        return self.report + self.pings * self.ping + self.connection / DAY_H


def measure(folder: Path) -> Hour:
    """Run both sides below `folder`."""
    board = load(site=None).boards["soilair-1"]
    authority = Authority.make(folder / "pki")
    for name in ("server", NODE):
        authority.sign(name)
    (folder / "psk").write_text(psk_line(Key(NODE)) + "\n", encoding="utf-8")
    plain, certified = free_port(), free_port()
    lines = [
        "per_listener_settings true",
        f"psk_file {folder / 'psk'}",
        "psk_hint nongqing",
        "use_identity_as_username true",
        f"listener {plain} 127.0.0.1",
        "allow_anonymous true",
        f"listener {certified} 127.0.0.1",
        f"cafile {authority.folder / 'ca.crt'}",
        f"certfile {authority.folder / 'server.crt'}",
        f"keyfile {authority.folder / 'server.key'}",
        "require_certificate true",
        "use_identity_as_username true",
    ]
    with mosquitto(folder, *lines) as port:
        collector = Collector(plain)
        way, other = Counting(port), Counting(certified)
        try:
            report = _reports(folder, board, way, collector)
            config = folder / "nodes" / NODE / "node.json"
            once, often = (_pinging(config, way, count) for count in (0, PINGS))
            message = _json(board, list(collector.frames.values())[-1])
            by_json = _by_json(authority, other, message)
        finally:
            collector.stop()
            way.close()
            other.close()
    pings = HOUR_S / (link_ip._KEEPALIVE_S / 2) - 1  # a report is as good as one
    return Hour(report, (often - once) / PINGS, once, max(0.0, pings), by_json, len(message))


def _reports(folder: Path, board: object, way: Counting, collector: Collector) -> float:
    prepared = weather.prepare(folder)
    spec = Shared.set((prepared.begins.timestamp() - Shared.sim) / 86400 + 9, RATE)
    url = f"mqtts://127.0.0.1:{way.port}"
    with Fleet([(NODE, Key(NODE), board)], url, spec, prepared.path, folder / "nodes", 0):
        _until(lambda: len(collector.received()) >= 2)
        _settle(way)
        before, frames = way.total, len(collector.received())
        _until(lambda: len(collector.received()) >= frames + HOURS)
        _settle(way)
        assert way.connections == 1, "the node's connection did not last"
        return (way.total - before) / (len(collector.received()) - frames)


def _pinging(config: Path, way: Counting, pings: int) -> int:
    before = way.total
    subprocess.run(
        [sys.executable, "-c", RUN, "-X", "heapsize=160k", str(PROBE), str(config), str(pings)],
        env={"MICROPYPATH": f"{ROOT}:.frozen", "PATH": os.environ.get("PATH", os.defpath)},
        check=True,
        timeout=60,
    )
    _settle(way)
    return way.total - before


def _json(board: object, frame: codec.Frame) -> bytes:
    """The same samples: names of the vocabulary, values as rounded as on the wire."""
    layout = layout_of(board)
    report: dict[str, object] = {"node": NODE, "time": frame.offset + frame.t0, "step": frame.step}
    for channel, samples in zip(layout.channels, frame.channels, strict=True):
        name = quantities.by_id(channel.quantity).name
        report[name] = [raw / channel.scale if isinstance(raw, int) else None for raw in samples]
    return json.dumps(report, separators=(",", ":")).encode()


def _by_json(authority: Authority, way: Counting, message: bytes) -> float:
    before = way.total
    for _ in range(JSON_REPORTS):
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, NODE)
        client.tls_set(
            str(authority.folder / "ca.crt"),
            str(authority.folder / f"{NODE}.crt"),
            str(authority.folder / f"{NODE}.key"),
            cert_reqs=ssl.CERT_REQUIRED,
        )
        client.connect("127.0.0.1", way.port)
        client.loop_start()
        sent = client.publish(f"nodes/{NODE}", message, 1)
        sent.wait_for_publish(20)
        assert sent.is_published()
        client.disconnect()
        client.loop_stop()
    _settle(way)
    return (way.total - before) / JSON_REPORTS


def _settle(way: Counting) -> None:
    """Wait until nothing has passed for a moment."""
    last = -1
    while way.total != last:
        last = way.total
        time.sleep(0.3)


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
