"""TLS with a pre-shared key: simulated nodes, under real MicroPython, on a real Mosquitto."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from field_configs.load import load
from firmware.node.link_ip import _TIMEOUT_S
from firmware.workbench.psk import psk_line
from firmware.workbench.simulate import Fleet
from tests.firmware.field import Collector, Key, Shared, free_port, wait_for
from tests.mosquitto import Authority, mosquitto
from tests.paths import ROOT

NODE = "qf-001"
RATE = 3600.0
OTHER = Key(NODE, key=bytes(range(1, 33)))
RUN = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"
HEAR = ROOT / "tests/micropython/hear_tls.py"
SIZES = (253, 256, 700, 130, 509)  # of packets without their heads


class Place:
    """A broker's two ports: `tls` for nodes, and one without TLS for the collector."""

    def __init__(self, folder: Path, weather_file: Path) -> None:
        self.folder = folder
        self.weather_file = weather_file
        self.tls, self.plain = free_port(), free_port()
        self.fleets: list[Fleet] = []

    @contextmanager
    def broker(self, key: Key | None = None) -> Iterator[Collector]:
        """Run the broker, with a line for `key` in its psk_file, and a collector on it."""
        psk_file = self.folder / "nodes.psk"
        psk_file.write_text(psk_line(key or Key(NODE)) + "\n", encoding="utf-8")
        lines = [
            "per_listener_settings true",
            "psk_hint nongqing",
            f"psk_file {psk_file}",
            "use_identity_as_username true",
            f"listener {self.plain} 127.0.0.1",
            "allow_anonymous true",
        ]
        with mosquitto(self.folder, *lines, port=self.tls):
            collector = Collector(self.plain)
            wait_for(collector.client.is_connected)
            try:
                yield collector
            finally:
                collector.stop()

    def node(self, port: int) -> Fleet:
        """Start a node that looks for its broker on `port` with TLS; it has measured for a day."""
        board = load(site=None).boards["soilair-1"]
        fleet = Fleet(
            [(NODE, Key(NODE), board)],
            f"mqtts://127.0.0.1:{port}",
            Shared.set(60, RATE),
            self.weather_file,
            self.folder / "nodes",
            1,
            self.folder / "journal",
            config={"ack_ms": 500},
        )
        self.fleets.append(fleet)
        fleet.start()
        return fleet

    def written(self) -> set[tuple[str, int, int]]:
        """What the node has on its flash, or had."""
        text = (self.folder / "journal" / f"{NODE}.txt").read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1].splitlines()
        return {(NODE, int(boot), int(seq)) for boot, seq, _ in map(str.split, whole)}

    def log(self) -> str:
        """What the node printed."""
        return self.fleets[-1].nodes[NODE].log.read_text(encoding="utf-8", errors="replace")

    def all_arrives(self, collector: Collector) -> None:
        """Wait until everything that was written by now is with the collector."""
        written = self.written()
        assert len(written) > 20
        wait_for(lambda: written <= collector.received())


@pytest.fixture
def place(tmp_path: Path, weather_file: Path) -> Iterator[Place]:
    place = Place(tmp_path, weather_file)
    yield place
    for fleet in place.fleets:
        fleet.stop()


def test_frames_go_and_acknowledgements_come(place: Place) -> None:
    with place.broker() as collector:
        fleet = place.node(place.tls)
        wait_for(lambda: len(collector.received()) > 24)
        place.all_arrives(collector)
        # An acknowledgement that is not heard leaves the frame to be sent again.
        sent = [arrival[:3] for arrival in collector.arrivals]
        assert len(sent) < 2 * len(set(sent))
        assert [event.detail for event in collector.kinds("fault")] == []
        assert fleet.alive() == {NODE: True}
        assert (
            "as qf-001 (p2, c1, k1800, u'qf-001')" in (place.folder / "mosquitto.log").read_text()
        )


def test_a_key_that_the_broker_does_not_have(place: Place) -> None:
    with place.broker(OTHER) as collector:
        place.node(place.tls)
        wait_for(lambda: "MBEDTLS_ERR" in place.log())
        assert "refuses (the broker speaks no TLS with our key: " in place.log()
        assert "has its psk_file our line, and does this port take it?" in place.log()
        assert collector.received() == set()
    with place.broker() as collector:
        wait_for(lambda: len(collector.received()) > 24)
        place.all_arrives(collector)
        wait_for(lambda: bool(collector.kinds("fault")))
        (fault,) = collector.kinds("fault")
        assert fault.detail.startswith("the broker speaks no TLS with our key: ")


def test_a_broker_without_tls(place: Place) -> None:
    with place.broker() as collector:
        place.node(place.plain)
        wait_for(lambda: "refuses (the broker speaks no TLS with our key: " in place.log())
        assert collector.received() == set()


def test_nobody_there_and_then_somebody(place: Place) -> None:
    place.node(place.tls)
    wait_for(lambda: "does not answer" in place.log())
    with place.broker() as collector:
        wait_for(lambda: len(collector.received()) > 24)
        place.all_arrives(collector)
        assert [event.detail for event in collector.kinds("fault")] == []


def test_a_stranger_with_a_certificate_is_not_believed(place: Place) -> None:
    """Who has no key cannot stand in for the broker with a certificate that nobody looks at."""
    authority = Authority.make(place.folder / "pki")
    authority.sign("server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.folder / "server.crt", authority.folder / "server.key")
    outcomes: list[str] = []
    with serving(context, outcomes) as port:
        place.node(port)
        wait_for(lambda: bool(outcomes) and "refuses (the broker speaks no TLS" in place.log())
    assert "NO_SHARED_CIPHER" in outcomes[0]
    assert "greeted" not in outcomes


@contextmanager
def serving(context: ssl.SSLContext, outcomes: list[str]) -> Iterator[int]:
    """A server that notes how each handshake ends."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(link, server_side=True):
                    outcomes.append("greeted")
            except OSError as error:
                outcomes.append(str(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


PACKETS = b"".join(
    b"\x30" + bytes((0x80 | size & 0x7F, size >> 7)) + b"\x00\x01a" + bytes(size - 3)
    for size in SIZES
)
GREETING = b"\x20\x02\x00\x00"


@pytest.mark.parametrize("cut", [4, 704, 1104, 10000], ids="cut at byte {}".format)
def test_what_tls_has_read_does_not_wait_for_more_to_come(cut: int) -> None:
    """Packets come in one or two TLS records, some with the broker's greeting: poll shows them."""
    data = GREETING + PACKETS
    with psk_server() as (port, server):
        node = hear(port)
        assert server.stdout.read(2) == b"\x10\x12"  # CONNECT
        for part in (data[:cut], data[cut:]):
            server.stdin.write(part)
            server.stdin.flush()
            time.sleep(0.2)
        said, _ = node.communicate(timeout=20)
    assert said.split() == [str(size - 3) for size in SIZES], said


def test_a_record_whose_rest_is_slow_costs_no_connection() -> None:
    """Poll shows the first half; waiting for the other would take longer than the link waits."""
    with psk_server() as (port, server), halting(port) as (between, halt):
        node = hear(between)
        assert server.stdout.read(2) == b"\x10\x12"
        server.stdin.write(GREETING)
        server.stdin.flush()
        time.sleep(0.5)
        halt.set()
        server.stdin.write(PACKETS)
        server.stdin.flush()
        said, _ = node.communicate(timeout=30)
    assert said.split() == [str(size - 3) for size in SIZES], said


def hear(port: int) -> subprocess.Popen[str]:
    """Connect to `port` under MicroPython, and print what comes."""
    command = [sys.executable, "-c", RUN, "-X", "heapsize=160k", str(HEAR)]
    return subprocess.Popen(
        [*command, str(port), str(len(SIZES))],
        env={"MICROPYPATH": f"{ROOT}:.frozen", "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def psk_server() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """OpenSSL's own server: each write to its input is one TLS record, what it hears its output."""
    port = free_port()
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-quiet", "-nocert", "-tls1_2"]
        + ["-cipher", "PSK", "-psk_hint", "nongqing", "-psk", "11" * 32],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: listens(port))
        yield port, server
    finally:
        server.kill()
        server.communicate()


@contextmanager
def halting(port: int) -> Iterator[tuple[int, threading.Event]]:
    """A way to `port` that, once told, lets 300 bytes through and the rest after 6 s."""
    halt = threading.Event()

    def back(client: socket.socket, server: socket.socket) -> None:
        while data := server.recv(65536):
            if halt.is_set():
                client.sendall(data[:300])
                time.sleep(_TIMEOUT_S + 1)
                data = data[300:]
            client.sendall(data)

    def run() -> None:
        client, _ = listener.accept()
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            threading.Thread(target=back, args=(client, server), daemon=True).start()
            while data := client.recv(65536):
                server.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=run, daemon=True).start()
        yield listener.getsockname()[1], halt


def listens(port: int) -> bool:
    """Whether somebody listens on `port`; asked of the kernel: a connection is a client."""
    return any(link.laddr.port == port for link in psutil.net_connections("tcp4"))
