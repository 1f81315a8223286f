"""The modem's link under CPython, against the emulated modem and a real broker."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from firmware.node.link_nbiot import ModemMqtt
from firmware.node.packets import PUBACK, PUBLISH, SUBACK
from firmware.workbench.modem import Modem
from firmware.workbench.modem_faults import Faults
from tests.firmware.field import Collector, wait_for

FAST = {"answer_ms": 400, "network_ms": 1500, "prompt_ms": 20, "radio_ms": 1500}


class Board:
    def ticks_ms(self) -> int:
        return int(time.monotonic() * 1000)

    def ticks_diff(self, a: int, b: int) -> int:
        return a - b

    def watch(self) -> None:
        pass


class Bench:
    """A modem, the link on it, and what the link has reported."""

    def __init__(self, port: int, modem: Modem, **settings: Any) -> None:
        self.modem = modem
        self.faults: list[str] = []
        self.uart = io.FileIO(modem.path, "r+")
        self.link = ModemMqtt(
            self.uart,
            modem.pull_reset,
            Board(),
            "qf-001",
            {"host": "127.0.0.1", "port": port},
            FAST | settings,
            lambda kind, detail: self.faults.append(detail),
        )

    def receive(self, seconds: float = 5.0) -> list[tuple[Any, ...]]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.link.receive()
            if found:
                return found
            time.sleep(0.01)
        return []


Benches = Callable[..., Bench]


@pytest.fixture
def bench(broker_port: int) -> Iterator[Benches]:
    made: list[Bench] = []

    def make(faults: Faults | None = None, apn: str = "", **settings: Any) -> Bench:
        modem = Modem(prompt_s=0.01, attach_s=0.05, faults=faults)
        made.append(Bench(broker_port, modem, apn=apn, **settings))
        return made[-1]

    yield make
    for one in made:
        one.uart.close()
        one.modem.stop()
        assert one.modem.broken == []


@pytest.mark.parametrize("fixed_length", [True, False])
def test_connects_publishes_and_hears(
    bench: Benches, collector: Collector, fixed_length: bool
) -> None:
    """Bytes of every value go out and come in, one packet after the other."""
    one = bench()
    one.modem.fixed_length = fixed_length
    one.link.connect()
    one.link.subscribe("nq/1/qf-001/ack")
    assert one.receive()[0][0] == SUBACK
    payload = bytes(range(256))
    heard: list[bytes] = []
    collector.client.on_message = lambda client, data, message: heard.append(message.payload)
    ids = [one.link.publish("nq/1/qf-001/up", payload) for _ in range(3)]
    wait_for(lambda: len(heard) == 3)
    assert heard == [payload] * 3
    assert [packet[:2] for packet in one.receive()] == [(PUBACK, packet) for packet in ids]
    collector.publish_ack("qf-001", payload)
    assert one.receive() == [(PUBLISH, b"nq/1/qf-001/ack", payload)]
    assert one.faults == []
    assert one.link.data_mode is not fixed_length


def test_an_apn_is_set_once_and_counts_after_a_restart(bench: Benches) -> None:
    one = bench(apn="cmnbiot")
    one.link.connect()
    assert (one.modem.apn, one.modem.resets) == ("cmnbiot", 1)
    one.link.connect()
    assert one.modem.resets == 1


def test_what_the_modem_reports_in_the_middle_of_an_answer_is_kept(bench: Benches) -> None:
    one = bench()
    one.link.connect()
    ask = one.modem._cereg

    def interrupted(rest: str) -> None:
        one.modem._say('+QMTRECV: 0,7,"nq/1/qf-001/ack","00FF"')
        ask(rest)

    from firmware.workbench import modem

    before = modem.COMMANDS["AT+CEREG?"]
    modem.COMMANDS["AT+CEREG?"] = lambda _, rest: interrupted(rest)
    try:
        assert one.link.ask("AT+CEREG?") == [b"+CEREG: 0,1"]
    finally:
        modem.COMMANDS["AT+CEREG?"] = before
    assert one.link.waiting == [(PUBLISH, b"nq/1/qf-001/ack", b"\x00\xff")]


def test_the_modem_says_that_the_connection_is_gone(bench: Benches) -> None:
    one = bench()
    one.link.connect()
    one.modem.lose_registration(0.3)
    with pytest.raises(OSError, match=r"\+QMTSTAT 1"):
        one.receive()
    one.link.connect()
    assert one.link.publish("nq/1/qf-001/up", b"x")
    assert one.link.ladder.counts["reopen"] == 1


def test_a_message_too_long_is_passed_over(bench: Benches) -> None:
    one = bench()
    one.link.connect()
    one.modem.report('+QMTRECV: 0,1,"nq/1/qf-001/ack","' + "00" * 5000 + '"')
    one.modem.report('+QMTRECV: 0,2,"nq/1/qf-001/ack","01"')
    found: list[tuple[Any, ...]] = []
    while len(found) < 2:
        found += one.receive()
        assert len(one.link.buffer) <= 3300
    assert [payload for _, _, payload in found] == [None, b"\x01"]


def test_ping_asks_the_modem(bench: Benches) -> None:
    one = bench()
    one.link.connect()
    one.link.ping()
    assert one.receive()[0][0] == 0xD0
    one.modem.lose_registration(0)
    wait_for(lambda: one.modem.state.broker is None)
    with pytest.raises(OSError):
        one.link.ping()


@pytest.mark.parametrize("place", ["apn", "user"])
def test_a_quotation_mark_cannot_be_sent(broker_port: int, place: str) -> None:
    broker = {"host": "127.0.0.1", "port": 1, "user": 'a"b' if place == "user" else "a"}
    settings = {"apn": 'a"b' if place == "apn" else ""}
    with pytest.raises(ValueError, match=rf"/node.json: .*{place} cannot be sent to the modem"):
        ModemMqtt(os.pipe()[0], None, Board(), "qf-001", broker, settings, None)
