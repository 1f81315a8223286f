"""The client reads in large pieces: nothing may be left lying, and nothing be read twice."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from collector.ingest import buffered_client
from collector.ingest.authenticity import Message
from collector.ingest.broker import MqttLink
from collector.ingest.session import Session
from collector.one_machine.embedded import free_port
from collector.settings import BrokerTls
from tests.collector.ingest.test_acknowledging import TOPIC, hearing, until
from tests.mosquitto import Authority, mosquitto

SIZES = [*range(1, 300), 65_535, 65_536, 65_537, 200_000, 3]


def send(port: int, sizes: list[int]) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    waiting = [client.publish(TOPIC, bytes(size), 1) for size in sizes]
    for one in waiting:
        one.wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[int, int, BrokerTls]]:
    """A port, one with TLS, and the authority of that."""
    authority = Authority.make(tmp_path / "pki")
    authority.sign("server")
    at = authority.folder
    lines = ["allow_anonymous true", "max_queued_messages 0"]
    with mosquitto(
        tmp_path,
        *lines,
        f"cafile {at / 'ca.crt'}",
        f"certfile {at / 'server.crt'}",
        f"keyfile {at / 'server.key'}",
        f"listener {(plain := free_port())} 127.0.0.1",
        "allow_anonymous true",
    ) as secret:
        yield plain, secret, BrokerTls(at / "ca.crt")


@pytest.mark.parametrize("secret", [False, True], ids=["plain", "tls"])
def test_messages_of_all_sizes_come_whole_and_once(
    broker: tuple[int, int, BrokerTls], tmp_path: Path, secret: bool
) -> None:
    came: list[Message] = []
    url = f"mqtts://127.0.0.1:{broker[1]}" if secret else f"mqtt://127.0.0.1:{broker[0]}"

    def taking() -> MqttLink:
        link = MqttLink(url, came.append, tls=broker[2], session=Session(tmp_path))
        link.start()
        return link

    link = taking()
    assert link.subscribed.wait(20)
    link.stop()
    send(broker[0], SIZES)  # a backlog, which comes in one go
    link = taking()
    until(lambda: len(came) == len(SIZES))
    link.done(came)
    time.sleep(0.1)
    link.stop()
    assert [len(message.payload) for message in came] == SIZES
    came.clear()
    link = taking()
    assert link.subscribed.wait(20)
    send(broker[0], [7])
    until(lambda: bool(came))
    link.stop()
    assert [len(message.payload) for message in came] == [7]


def test_a_packet_may_come_in_single_bytes(tmp_path: Path) -> None:
    with mosquitto(tmp_path, "allow_anonymous true") as port, dripping(port) as slow:
        came: list[Message] = []
        link = MqttLink(f"mqtt://127.0.0.1:{slow}", came.append)
        link.start()
        assert link.subscribed.wait(20)
        send(port, [1, 130, 2])
        until(lambda: len(came) == 3)
        link.stop()
        assert [len(message.payload) for message in came] == [1, 130, 2]


@contextmanager
def dripping(port: int) -> Iterator[int]:
    """Make a way to a broker that lets each byte from it through by itself; lends its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        near, _ = server.accept()
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        far = socket.create_connection(("127.0.0.1", port))

        def there() -> None:
            with suppress(OSError):  # one of them has gone
                while data := near.recv(1 << 16):
                    far.sendall(data)
                far.shutdown(socket.SHUT_RDWR)

        thither = threading.Thread(target=there, daemon=True)
        thither.start()
        with suppress(OSError):
            while data := far.recv(1 << 16):
                for byte in data:
                    near.sendall(bytes((byte,)))
            near.shutdown(socket.SHUT_RDWR)
        thither.join(10)
        near.close()
        far.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(server.getsockname()[1])
    finally:
        thread.join(10)
        server.close()


def test_what_was_read_in_one_piece_is_taken_though_no_more_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buffered_client, "_READ_MOST", 3)
    with mosquitto(tmp_path, "allow_anonymous true") as port:
        with hearing(port, tmp_path):
            pass
        send(port, [1] * 90)
        with hearing(port, tmp_path) as heard:
            until(lambda: len(heard.messages) == 90)


def test_acknowledgements_go_with_qos_0_and_commands_with_1(tmp_path: Path) -> None:
    with mosquitto(tmp_path, "allow_anonymous true") as port, hearing(port, tmp_path) as heard:
        found: dict[str, int] = {}
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.on_message = lambda c, u, message: found.update({message.topic: message.qos})
        ready = threading.Event()
        client.on_subscribe = lambda *_: ready.set()
        client.connect("127.0.0.1", port)
        client.subscribe("nq/#", 1)
        client.loop_start()
        assert ready.wait(10)
        for kind in ("ack", "cmd", "part"):
            heard.link.publish(f"nq/1/qf-001/{kind}", b"x")
        until(lambda: len(found) == 3)
        client.disconnect()
        client.loop_stop()
        assert found == {"nq/1/qf-001/ack": 0, "nq/1/qf-001/cmd": 1, "nq/1/qf-001/part": 1}
