"""A simulated node says when its broker refuses, does not answer, and answers again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from firmware.workbench.simulate import Fleet
from tests.firmware.field import FleetMaker, free_port, wait_for

pytestmark = pytest.mark.system


class RefusingBroker:
    """Answers every CONNECT as a broker that knows another password (MQTT 3.1.1, 3.2.2.3)."""

    def __init__(self) -> None:
        self.code = 4
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.kept: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
                client.recv(1024)
                client.sendall(bytes((0x20, 2, 0, self.code)))
            except OSError:
                return
            self.kept.append(client)

    def close(self) -> None:
        for part in (self.socket, *self.kept):
            part.close()


@pytest.fixture
def refusing() -> Iterator[RefusingBroker]:
    broker = RefusingBroker()
    yield broker
    broker.close()


def news_of(fleet: Fleet, count: int) -> list[str]:
    lines: list[str] = []

    def enough() -> bool:
        lines.extend(fleet.broker_news())
        return len(lines) >= count

    wait_for(enough)
    return lines


def test_nothing_listens(make_fleet: FleetMaker) -> None:
    port = free_port()
    with make_fleet("qf-003", port=port) as fleet:
        (line,) = news_of(fleet, 1)
        assert line.startswith(f"node qf-003: broker 127.0.0.1:{port} does not answer (")
        assert line.endswith("); does it run there?")
        assert fleet.broker_news() == []


def test_a_refusal_and_its_end(make_fleet: FleetMaker, refusing: RefusingBroker) -> None:
    place = f"node qf-003: broker 127.0.0.1:{refusing.port}"
    with make_fleet("qf-003", port=refusing.port) as fleet:
        assert news_of(fleet, 1) == [
            f"{place} refuses (connection refused by the broker, code 4); are user and password "
            "right, and has its port no TLS?"
        ]
        refusing.code = 0
        assert news_of(fleet, 1) == [f"{place} answers"]


def test_a_good_start_needs_no_words(make_fleet: FleetMaker, refusing: RefusingBroker) -> None:
    refusing.code = 0
    with make_fleet("qf-003", port=refusing.port) as fleet:
        wait_for(lambda: len(refusing.kept) > 0)
        assert fleet.broker_news() == []
