"""The time of modem and time server: what is no time, and that the server's wins."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.node import sntp
from firmware.node.clock import Clock, seconds
from firmware.node.link_ip import Mqtt
from firmware.node.modem_clock import utc_of
from firmware.wire import codec, seal
from tests.firmware.field import START, Collector, FleetMaker, Shared, wait_for
from tests.firmware.test_link import make_uplink

NOW = 1_459_468_800  # 2016-04-01 00:00 UTC
MARK = bytes(range(8))


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        # The examples of A 12.1, then a zone to the west and the last second of a leap year.
        ("14/05/06,22:10:00+08", seconds(2014, 5, 6) + 20 * 3600 + 600),
        ("20/11/03,06:25:06+32", seconds(2020, 11, 2) + 22 * 3600 + 25 * 60 + 6),
        ("16/04/01,08:00:00+32", NOW),
        ("16/03/31,16:00:00-32", NOW),
        ("24/02/29,23:59:59+00", seconds(2024, 3, 1) - 1),
        ("16/04/01,08:00:00", None),
        ("16/04/01,08:00:00+99", None),
        ("16/13/01,08:00:00+32", None),
        ("16/04/01,24:00:00+32", None),
        ("16/04/0x,08:00:00+32", None),
        ("", None),
        ("é" * 20, None),
    ],
)
def test_the_modems_time_is_local_with_its_zone(text: str, utc: int | None) -> None:
    assert utc_of(text) == utc


@pytest.mark.parametrize("year", [1970, 1980, 2000, 2004, 2009, 2070, 2080])
def test_a_clock_that_nobody_has_set_tells_no_time(year: int) -> None:
    clock = Clock(lambda: 5000)
    assert not clock.guess(seconds(year, 1, 6), "modem")
    assert (clock.offset, clock.source) == (None, None)


def test_a_known_time_is_not_moved_by_who_only_says_so() -> None:
    clock = Clock(lambda: 5000)
    assert clock.guess(NOW, "modem")
    assert (clock.offset, clock.source) == (NOW - 5, "modem")
    assert clock.guess(NOW + 999, "ntp")
    assert (clock.offset, clock.source) == (NOW - 5, "modem")
    assert not clock.learn(NOW + 20, 0)  # near enough, and proven by it
    assert (clock.offset, clock.source) == (NOW - 5, None)


def hear_time(uplink: Any, seq: int, now: int) -> None:
    uplink.outstanding.append((7, seq, 0, 0, True))
    body = codec.encode_ack(now, [(7, seq)])
    uplink._hear_ack(seal.seal(bytes(32), 1, "nq/1/qf-001/ack", body))


def test_the_servers_time_wins_and_a_disagreement_is_counted() -> None:
    uplink = make_uplink()
    uplink._told(NOW + 28800, "modem")
    hear_time(uplink, 1, NOW)
    assert uplink.clock.offset == NOW
    told = [(event.kind, event.detail) for event in uplink.events]
    assert told == [
        ("refused", ["time of modem", 1]),
        ("fault", "time of modem: +28800 s by the server's, 1 times"),
    ]
    hear_time(uplink, 2, NOW + 31)  # it drifts
    hear_time(uplink, 3, NOW + 62)
    details = [event.detail for event in uplink.events if event.kind == "refused"]
    assert details[1:] == [["time of its own", 2]], "told of when it has come 1, 2, 4, 8 times"


@pytest.mark.parametrize("off", [0, 30, -30])
def test_what_agrees_with_the_server_is_nothing_to_tell(off: int) -> None:
    uplink = make_uplink()
    uplink._told(NOW + off, "modem")
    hear_time(uplink, 1, NOW)
    assert uplink.clock.offset == NOW + off
    assert uplink.events == []


def answer(**changes: Any) -> bytes:
    """An answer of a server in step, with what is changed."""
    given: dict[str, Any] = {"head": 0x24, "stratum": 2, "mark": MARK, "sent": NOW + 2208988800}
    given |= changes
    head = bytes((given["head"], given["stratum"])) + bytes(22)
    return head + given["mark"] + bytes(8) + given["sent"].to_bytes(4, "big") + bytes(4)


@pytest.mark.parametrize(
    ("said", "utc"),
    [
        (answer(), NOW),
        # RFC 4330, 3: without the highest bit it is after 2036-02-07 06:28:16.
        (answer(sent=5), 2085978496 + 5),
        (answer()[:47], "no answer of a server"),
        (answer(head=0x23), "no answer of a server"),
        (answer(mark=bytes(8)), "another's answer"),
        (answer(stratum=0), "denied"),
        (answer(stratum=16), "not in step"),
        (answer(head=0xE4), "not in step"),
        (answer(sent=0), "no time"),
    ],
)
def test_what_an_answer_of_a_time_server_says(said: bytes, utc: int | str) -> None:
    assert sntp.utc_of(said, MARK) == utc


@contextmanager
def time_server(make: Callable[[bytes], bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Answer each question; give where, and the questions."""
    asked: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(10)

        def run() -> None:
            while True:
                try:
                    question, where = line.recvfrom(100)
                except OSError:
                    return
                if not question:
                    return
                asked.append(question)
                line.sendto(make(question), where)

        thread = threading.Thread(target=run)
        thread.start()
        port = line.getsockname()[1]
        try:
            yield f"127.0.0.1:{port}", asked
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"", ("127.0.0.1", port))
            thread.join()


def connect_times(times: int, ntp: str) -> tuple[list[Any], Mqtt]:
    """What is told in so many attempts to connect to nobody."""
    told: list[Any] = []
    mqtt = Mqtt("qf-001", "127.0.0.1", 1, ntp=ntp)
    mqtt.told = lambda *what: told.append(what)
    for _ in range(times):
        with pytest.raises(OSError):
            mqtt.connect()
    return told, mqtt


def test_a_time_server_is_asked_and_not_at_every_attempt() -> None:
    with time_server(lambda question: answer(mark=question[40:48])) as (where, asked):
        told, _ = connect_times(9, where)
    assert told == [(NOW, "ntp")] * 2
    assert all(len(question) == 48 and question[0] == 0x23 for question in asked)
    assert asked[0][40:] != asked[1][40:]


def test_a_time_server_that_denies_is_not_asked_again() -> None:
    with time_server(lambda question: answer(mark=question[40:48], stratum=0)) as (where, asked):
        told, mqtt = connect_times(20, where)
    assert told == [("denied", "ntp")]
    assert len(asked) == 1
    assert mqtt.ntp is None


@pytest.mark.parametrize("ntp", ["127.0.0.1:9", "no-such-host.invalid", "127.0.0.1:x"])
def test_no_time_server_is_nothing_to_tell(ntp: str) -> None:
    assert connect_times(1, ntp)[0] == []


def test_a_time_server_that_keeps_silent_costs_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """micropython issue 5189: there each question left one open, until no file could be opened."""
    monkeypatch.setattr(sntp, "_TIMEOUT_S", 0.01)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        link = SimpleNamespace(ntp=f"127.0.0.1:{mute.getsockname()[1]}", told=None)
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(30):
            sntp.ask(link)
        assert len(os.listdir("/proc/self/fd")) == before


def test_a_node_with_the_time_asks_nobody() -> None:
    uplink = make_uplink()
    uplink.mqtt.told = None
    uplink.clock.learn(NOW, 0)
    with pytest.raises(OSError):
        uplink._connect()
    assert uplink.mqtt.told is None
    uplink.clock.offset = None
    with pytest.raises(OSError):
        uplink._connect()
    assert uplink.mqtt.told is not None


@pytest.mark.system
def test_the_node_takes_the_time_of_a_time_server(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """Under MicroPython, over Wi-Fi, while no server answers; then the server's wins."""
    collector.acking = False
    sent: Callable[[], int] = lambda: Shared.now() + 7200 + 2208988800  # noqa: E731
    with time_server(lambda question: answer(mark=question[40:48], sent=sent())) as (where, asked):
        settings = {"rtc": False}
        fleet = make_fleet("qf-001", config={"ntp": where}, settings=settings)
        fleet.start()
        wait_for(lambda: len(collector.received()) >= 3, 60)
        assert len(asked) == 1
    with collector.lock:
        offsets = [collector.frames[key].offset for key in sorted(collector.frames)]
    assert offsets[0] is None
    assert abs(offsets[1] - 7200 - Shared.sim) < 6 * 3600
    collector.acking = True
    wait_for(lambda: bool(collector.kinds("refused")), 60)
    assert [event.detail for event in collector.kinds("refused")] == [["time of ntp", 1]]
    assert "MemoryError" not in fleet.nodes["qf-001"].last_lines()


@pytest.mark.system
def test_a_radio_that_refuses_to_join_is_told_again(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """As in micropython issue 17661 an error of the radio ended the program; it is told again."""
    begin = START + 60 * 86400
    settings = {"faults": [["radio", "busy", begin, begin + 2 * 3600]]}
    fleet = make_fleet("qf-001", rate=600, settings=settings)
    fleet.start()
    wait_for(lambda: len(collector.received()) >= 4, 60)
    assert {boot for _, boot, _ in collector.received()} == {1}
    assert fleet.alive() == {"qf-001": True}
