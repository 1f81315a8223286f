"""Devices on Mosquitto with the configuration of docs/production.md: each keeps to its own topics.

    python -m tests.faults.acl --nodes 100

The configuration is read from the document; only places and ports are put in. Keys and access rules
are made from a registry by the command that makes them in production. Nodes speak MQTT 5, so that
the broker has to say what it refuses, over TLS with their pre-shared keys: through OpenSSL's own
client, since Python's `ssl` has none before 3.13.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from collector.ingest.access import READS, WRITES
from collector.keys import load_or_make_master_key
from collector.one_machine.embedded import EmbeddedPostgres, free_port
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.load import load
from firmware.wire.topics import topic
from firmware.workbench.psk import psk_of
from tests.mosquitto import MOSQUITTO, Authority
from tests.paths import ROOT

DOCUMENT = ROOT / "docs" / "production.md"
OUT_SECONDS = 5.0
CIPHER = "PSK-AES128-GCM-SHA256"
USER = "nobody" if os.geteuid() else "root"


def block(kind: str) -> str:
    """Return the text of a fenced block of the document."""
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.S | re.M)
    return str(found)


def until(happened: Callable[[], bool], seconds: float = 20.0, what: str = "") -> float:
    """Wait until something happened; return how long that took [s]."""
    start = time.monotonic()
    while not happened():
        if time.monotonic() > start + seconds:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.01)
    return time.monotonic() - start


@dataclass
class Broker:
    """Mosquitto as in production, in a folder."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def own(self) -> Path:
        """Where keys and rules are."""
        return self.folder / "nongqing"

    @property
    def pid_file(self) -> Path:
        """The broker's."""
        return self.folder / "mosquitto.pid"

    @property
    def log(self) -> str:
        """What it said."""
        return (self.folder / "mosquitto.log").read_text()

    @property
    def environment(self) -> dict[str, str]:
        """How a collector comes in."""
        pki = self.folder / "pki"
        return {
            "NONGQING_BROKER": f"mqtts://127.0.0.1:{self.ports['8885']}",
            "NONGQING_BROKER_CA": str(pki / "ca.crt"),
            "NONGQING_BROKER_CERT": str(pki / "collector.crt"),
            "NONGQING_BROKER_KEY": str(pki / "collector.key"),
        }

    def lay_out(self) -> None:
        """Write the configuration, with places and ports of ours."""
        authority = Authority.make(self.folder / "pki")
        for name in ("server", "collector"):
            authority.sign(name)
        self.own.mkdir()
        for name in ("ca.crt", "server.crt", "server.key"):
            (self.own / name).write_bytes((authority.folder / name).read_bytes())
        (self.own / "services.acl").write_text(block("mosquitto-acl"))
        (self.own / "devices.passwd").write_text("")
        text = block("mosquitto")
        for port in ("8883", "8884", "8885"):
            self.ports[port] = free_port()
            text = text.replace(f"listener {port}", f"listener {self.ports[port]} 127.0.0.1")
        for place, ours in (
            ("/etc/mosquitto/nongqing", str(self.own)),
            ("/run/mosquitto/mosquitto.pid", str(self.pid_file)),
            ("/var/lib/mosquitto/", f"{self.folder}/"),
            ("user mosquitto", f"user {USER}"),
        ):
            assert place in text, place
            text = text.replace(place, ours)
        (self.folder / "mosquitto.conf").write_text(text)

    def start(self) -> None:
        """Run it."""
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen(
                [MOSQUITTO, "-c", self.folder / "mosquitto.conf"], stdout=log, stderr=log
            )
        try:
            until(lambda: "running" in self.log)
        except AssertionError as error:
            raise AssertionError(f"the broker does not start:\n{self.log}") from error

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)


class Tunnel:
    """TLS with a pre-shared key to a port, for a client that has none."""

    def __init__(self, port: int, identity: str, key: bytes) -> None:
        self.command = [
            *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2"),
            *("-cipher", CIPHER, "-psk", key.hex(), "-psk_identity", identity),
            *("-quiet", "-nocommands"),
        ]
        self.processes: list[subprocess.Popen[bytes]] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self.server.accept()
            except OSError:
                return
            process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
            self.processes.append(process)
            for pump in (self._up, self._down):
                threading.Thread(target=pump, args=(caller, process), daemon=True).start()

    @staticmethod
    def _up(caller: socket.socket, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        try:
            while data := caller.recv(4096):
                process.stdin.write(data)
        except (OSError, ValueError):
            pass  # the other side went first
        process.kill()

    @staticmethod
    def _down(caller: socket.socket, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with caller:
            try:
                while data := process.stdout.read(4096):
                    caller.sendall(data)
                caller.shutdown(socket.SHUT_RDWR)
            except (OSError, ValueError):
                pass  # the other side went first

    def close(self) -> None:
        """End every connection through it."""
        self.server.close()
        for process in self.processes:
            process.kill()
            process.communicate()


@dataclass
class Device:
    """A device's client and what it was told."""

    name: str
    client: mqtt.Client
    refused: dict[int, bool] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    lost: float | None = None

    @classmethod
    def make(cls, name: str, port: int, seconds: float = 20.0, **options: Any) -> Device:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="of-its-own", protocol=mqtt.MQTTv5
        )
        made = cls(name, client)
        client.on_publish = lambda c, u, mid, reason, p: made.refused.update(
            {mid: reason.is_failure}
        )
        client.on_message = lambda c, u, message: made.heard.append(message.topic)
        client.on_disconnect = made._on_disconnect
        client.max_inflight_messages_set(0)
        if "password" in options:
            client.username_pw_set(name, options["password"])
            client.tls_set(options["ca"])
        client.connect("127.0.0.1", port)
        client.loop_start()
        try:
            until(client.is_connected, seconds, f"{name} comes in")
        except AssertionError:
            made.close()
            raise
        return made

    def _on_disconnect(self, *_: object) -> None:
        self.lost = self.lost or time.monotonic()

    def is_refused(self, to: Sequence[str]) -> list[bool]:
        """Publish to topics; return of each whether the broker refuses it."""
        numbers = [self.client.publish(each, b"x", 1).mid for each in to]
        until(
            lambda: all(number in self.refused for number in numbers), what=f"{self.name}: PUBACK"
        )
        return [self.refused[number] for number in numbers]

    def close(self) -> None:
        """Go away."""
        self.client.disconnect()
        self.client.loop_stop()


@dataclass
class Site:
    """A registry, the broker and what lets its nodes in."""

    dsn: str
    state: Path
    broker: Broker

    @property
    def environment(self) -> dict[str, str]:
        """Of every command of ours."""
        ours = {"NONGQING_DSN": self.dsn, "NONGQING_STATE_DIR": str(self.state)}
        return os.environ | ours | self.broker.environment

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of ours."""
        return subprocess.Popen(
            [sys.executable, "-c", "import nongqing; nongqing.main()", *arguments],
            env=self.environment | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def admit(self, *options: str) -> subprocess.Popen[str]:
        """Start what lets nodes in."""
        return self.command("broker", "admit", str(self.broker.own), *options)


@contextmanager
def site(dsn: str, folder: Path) -> Iterator[Site]:
    """Run the broker for the registry of a database, with all of its nodes let in."""
    broker = Broker(folder)
    broker.lay_out()
    made = Site(dsn, folder / "state", broker)
    admitting = made.admit()
    said, _ = admitting.communicate(timeout=60)
    assert admitting.returncode == 0, said
    broker.start()
    try:
        yield made
    finally:
        broker.stop()


def enrol_all(conn: db.Connection, state: Path) -> dict[str, registry.NodeKey]:
    """Give each node of the registry a key."""
    master = load_or_make_master_key(state, None)
    now = datetime.now(UTC)
    with conn:
        return {
            row.id: registry.enroll(conn, master, row.id, at=now) for row in registry.nodes(conn)
        }


@contextmanager
def nodes(made: Site, keys: Sequence[registry.NodeKey]) -> Iterator[dict[str, Device]]:
    """Connect nodes, each with its own key."""
    with ExitStack() as stack:
        found = {}
        for key in keys:
            tunnel = Tunnel(made.broker.ports["8883"], key.node, psk_of(key.key))
            stack.callback(tunnel.close)
            found[key.node] = Device.make(key.node, tunnel.port)
            stack.callback(found[key.node].close)
        yield found


@dataclass
class Outcome:
    """What was tried and what the broker let pass."""

    publishes: int = 0
    passed: list[str] = field(default_factory=list)
    own_refused: list[str] = field(default_factory=list)
    overheard: list[str] = field(default_factory=list)


def try_all(devices: dict[str, Device], collector: Device) -> Outcome:
    """Let each device publish to and listen on every topic of every other, and its own."""
    outcome = Outcome()
    for device in devices.values():
        device.client.subscribe([("#", 1), *((topic(n, k), 1) for n in devices for k in READS)])
    for name, device in devices.items():
        others = [topic(n, kind) for n in devices if n != name for kind in (*WRITES, *READS)]
        others += [f"senml/{name}", "senml/gauge-7", f"nq/1/{name}/ack", "nq/1/collector/up"]
        refused = device.is_refused(others)
        outcome.publishes += len(others)
        outcome.passed += [
            f"{name} to {to}" for to, no in zip(others, refused, strict=True) if not no
        ]
        own = [topic(name, kind) for kind in WRITES]
        outcome.own_refused += [
            to for to, no in zip(own, device.is_refused(own), strict=True) if no
        ]
    for name in devices:
        assert not any(collector.is_refused([topic(name, kind) for kind in READS]))
    own_topics = {n: {topic(n, kind) for kind in READS} for n in devices}
    until(lambda: all(own_topics[n] <= set(d.heard) for n, d in devices.items()), what="answers")
    time.sleep(0.3)
    outcome.overheard = [
        f"{n} hears {to}" for n, d in devices.items() for to in d.heard if to not in own_topics[n]
    ]
    return outcome


def as_collector(made: Site) -> Device:
    """Come in as collectors do."""
    pki = made.broker.folder / "pki"
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    device = Device("collector", client)
    client.tls_set(*(str(pki / name) for name in ("ca.crt", "collector.crt", "collector.key")))
    client.on_publish = lambda c, u, mid, reason, p: device.refused.update({mid: reason.is_failure})
    client.on_message = lambda c, u, message: device.heard.append(message.topic)
    client.on_disconnect = device._on_disconnect
    client.connect("127.0.0.1", made.broker.ports["8885"])
    client.loop_start()
    until(client.is_connected, what="the collector comes in")
    client.subscribe("nq/1/+/up", 1)
    return device


def seconds_until_out(made: Site, device: Device) -> float:
    """Revoke a device while `broker admit --follow` looks on; return how long it stays [s]."""
    follows = made.admit("--pid-file", str(made.broker.pid_file), "--follow")
    try:
        until(lambda: "Reloading config" in made.broker.log, 60, "the first reading")
        conn = db.connect(made.dsn)
        with conn:
            registry.revoke(conn, device.name, reason="stolen", by="Li", at=datetime.now(UTC))
        conn.close()
        start = time.monotonic()
        until(lambda: device.lost is not None, what=f"{device.name} is out")
        assert device.lost is not None
        return device.lost - start
    finally:
        follows.terminate()
        follows.communicate(timeout=20)


def main() -> int:
    """Run from the command line; exit 1 when anything passed that must not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=12)
    options = parser.parse_args()
    from tests.bench.registry import write_big_site  # a bench's: not for the test

    with tempfile.TemporaryDirectory(prefix="nongqing-acl-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "configs").mkdir()
        configs = load(folder / "configs", write_big_site(folder / "configs", 10, options.nodes))
        postgres = EmbeddedPostgres(folder / "database")
        dsn = postgres.start()
        stack.callback(postgres.stop)
        conn = db.connect(dsn)
        db.migrate(conn)
        with conn:
            registry.import_configs(conn, configs, datetime.now(UTC))
        (folder / "broker").mkdir()
        keys = enrol_all(conn, folder / "broker" / "state")
        conn.close()
        made = stack.enter_context(site(dsn, folder / "broker"))
        devices = stack.enter_context(nodes(made, list(keys.values())))
        collector = as_collector(made)
        stack.callback(collector.close)
        outcome = try_all(devices, collector)
        out_s = seconds_until_out(made, devices[min(devices)])
        more = [name for name, device in devices.items() if device.lost][1:]
    print(
        f"{len(devices)} nodes, {outcome.publishes} publishes to topics of others: "
        f"{len(outcome.passed)} accepted; {len(outcome.overheard)} messages of others heard; "
        f"{len(outcome.own_refused)} of their own refused; a revoked node is out after "
        f"{out_s:.1f} s, and {len(more)} others"
    )
    wrong = outcome.passed + outcome.overheard + outcome.own_refused + more
    for line in wrong[:20]:
        print(f"  {line}")
    return 1 if wrong or out_s > OUT_SECONDS else 0


if __name__ == "__main__":
    sys.exit(main())
