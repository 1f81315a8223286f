"""The modem's link under CPython, against the emulated modem and a real broker."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from firmware.node import link_nbiot
from firmware.node.link_nbiot import ModemMqtt
from firmware.node.modem_power import ACTIVE_UNITS, PERIODIC_UNITS, commands, signal, timer
from firmware.node.packets import PUBACK, PUBLISH, SUBACK
from firmware.wire import seal, topics, update
from firmware.workbench.modem import COMMANDS, Modem
from firmware.workbench.modem_faults import Faults
from tests.firmware.field import Collector, wait_for
from tests.paths import ROOT

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

    def make(
        faults: Faults | None = None, apn: str = "", knows_release: bool = True, **settings: Any
    ) -> Bench:
        modem = Modem(prompt_s=0.01, attach_s=0.05, faults=faults, knows_release=knows_release)
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


def test_what_the_modem_reports_in_the_middle_of_an_answer_is_kept(
    bench: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench()
    one.link.connect()
    report = '+QMTRECV: 0,7,"nq/1/qf-001/ack","00FF"'
    monkeypatch.setitem(
        COMMANDS, "AT+CEREG?", lambda modem, _: modem._say("+CEREG: 0,1", report, "OK")
    )
    assert one.link.ask("AT+CEREG?") == [b"+CEREG: 0,1"]
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


def test_a_message_that_can_never_go_holds_up_nothing(bench: Benches) -> None:
    one = bench()
    one.link.connect()
    first = one.link.publish("nq/1/qf-001/up", bytes(731))
    assert one.faults == [
        "modem: too long, 1 times; 731 bytes for nq/1/qf-001/up, the modem takes 730"
    ]
    second = one.link.publish("nq/1/qf-001/up", bytes(730))
    assert [packet[:2] for packet in one.receive()] == [(PUBACK, first), (PUBACK, second)]


def test_a_part_of_an_update_fits_what_the_board_holds_of_the_line() -> None:
    """While flash is written nobody reads: of the longest name and numbers the line must wait."""
    size, count = ModemMqtt.parts
    topic = topics.topic("x" * 31, "part")
    body = update.encode_part(update.Part(99_999_999, update.MOST_FILES, 65_535, bytes(size)))
    sealed = seal.seal(bytes(32), 0xFFFFFFFF, topic, body)
    line = f'\r\n+QMTRECV: 0,65535,"{topic}","{sealed.hex()}"\r\n'
    source = (ROOT / "firmware/node/board_esp32.py").read_text(encoding="utf-8")
    assert count == 1
    assert len(line) <= int(source.split("rxbuf=")[1].split(")")[0].rstrip()) == 1024
    assert len(sealed) <= link_nbiot._MAX_PAYLOAD, "M 3.3.8: the longest in hexadecimal mode"


def test_ping_asks_the_modem(bench: Benches) -> None:
    one = bench()
    one.link.connect()
    one.link.ping()
    assert one.receive()[0][0] == 0xD0
    one.modem.lose_registration(0)
    wait_for(lambda: one.modem.state.broker is None)
    with pytest.raises(OSError):
        one.link.ping()


def test_a_modem_that_is_late_is_not_spoken_to_before_it_has_ended(bench: Benches) -> None:
    """All that follows what stays unanswered begins with Esc, however long it takes."""
    one = bench()
    one.link.connect()
    for _ in range(3):
        one.modem._do(lambda: time.sleep(1.0))
        assert b"+CFUN: 1" in one.link.ask("AT+CFUN?")
    assert one.modem.broken == []


def test_a_modem_that_takes_its_time_to_detach_and_to_start(bench: Benches) -> None:
    """renode issue 917: so a real BC660K does, with reports of it in between."""
    one = bench(apn="cmnbiot", rai=True)
    one.modem.boot_s, one.modem.detach_s = 0.8, 1.0
    one.link.connect()
    assert one.modem.resets == 2
    assert one.link.publish("nq/1/qf-001/up", b"x")
    assert one.faults == []


def test_a_connection_that_the_modem_still_holds_is_freed(
    bench: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """opentracker issue 28: it says that it is open; here closing does not help either."""
    one = bench()
    one.link.connect()
    monkeypatch.setitem(
        COMMANDS, "AT+QMTCLOSE=0", lambda modem, _: modem._say("OK", "+QMTCLOSE: 0,-1")
    )
    said = fail_until(one, lambda: True)
    assert said == ['modem: AT+QMTCFG="version",0,1: ERROR'] * 3, "M 3.3.1, note 6: it is open"
    counts = one.link.ladder.counts
    assert (counts["reopen"], counts["radio"], one.modem.resets) == (2, 1, 0)


def test_what_nobody_reads_is_lost_and_stops_nothing(bench: Benches) -> None:
    """As on a line whose board sleeps; the first that is read again is put in order."""
    one = bench()
    one.link.connect()
    for _ in range(8):
        one.modem.report('+QMTRECV: 0,1,"nq/1/qf-001/ack","' + "00" * 800 + '"')
    wait_for(lambda: one.modem.lost_bytes > 0)
    one.link.connect()
    assert one.link.publish("nq/1/qf-001/up", b"x")


def test_what_the_manual_forbids_is_noted(bench: Benches) -> None:
    one = bench()
    one.link.connect()
    one.uart.write(b"AT+CFUN?\rAT\r")
    wait_for(lambda: bool(one.modem.broken))
    one.uart.write(b'AT+QMTPUB=0,1,1,0,"nq/1/qf-001/up"\r')
    wait_for(lambda: one.modem.data is not None)
    one.modem.ready_at = time.monotonic() + 9
    one.uart.write(b"00\x1a")
    wait_for(lambda: len(one.modem.broken) == 2)
    assert one.modem.broken == [
        "more before AT+CFUN? has ended",
        "data before the modem was ready for it",
    ]
    one.modem.broken.clear()


def fail_until(one: Bench, good: Callable[[], bool]) -> list[str]:
    """Connect until it succeeds; return what each failure said."""
    said = []
    for _ in range(12):
        try:
            one.link.connect()
            one.link.publish("nq/1/qf-001/up", b"x")
        except OSError as error:
            said.append(str(error))
        else:
            assert good()
            return said
    raise AssertionError(said)


def test_a_modem_that_keeps_silent_has_its_reset_line_pulled(bench: Benches) -> None:
    one = bench()
    one.link.connect()
    one.modem.dumb = True
    with pytest.raises(OSError, match="no answer"):
        one.link.publish("nq/1/qf-001/up", b"x")
    said = fail_until(one, lambda: one.modem.resets == 1)
    assert said == ["modem: AT: no answer"]
    counts = one.link.ladder.counts
    assert (counts["reopen"], counts["reset"]) == (1, 1)
    assert counts["resync"] >= 3
    assert one.faults == [
        "modem: reopen, 1 times; modem: AT+QMTPUB: no answer",
        "modem: reset, 1 times; modem: AT: no answer",
    ]


def always(code: int | str) -> Faults:
    """Faults that answer each opening of a connection with `code`."""
    faults = Faults(0, 1.0)
    faults.next = lambda line: code if "QMTOPEN" in line else None  # type: ignore[method-assign]
    return faults


@pytest.mark.parametrize(
    ("code", "steps"),
    [
        (100, ["reopen", "reopen", "radio", "radio", "reset"]),
        (30, ["radio", "radio", "radio", "radio", "reset"]),
        (8510, ["reset", "radio", "radio", "radio", "radio"]),
        ("drop", ["reopen", "reopen", "radio", "radio", "reset"]),
    ],
)
def test_each_failure_asks_for_more(bench: Benches, code: int | str, steps: list[str]) -> None:
    """And is told of when it has come once, twice, four times; resets are a minute apart."""
    one = bench(always(code))
    taken: list[str] = []
    count = one.link.ladder.count
    one.link.ladder.count = lambda step: (taken.append(step), count(step))
    for _ in range(6):
        with pytest.raises(OSError, match=r"AT\+QMTOPEN"):
            one.link.connect()
    assert [step for step in taken if step in ("reopen", "radio", "reset")] == steps
    assert f"modem: {steps[0]}, 1 times; modem: AT+QMTOPEN: " in one.faults[0]
    told = " ".join(one.faults)
    assert "radio, 2 times" in told
    assert "radio, 3 times" not in told


def test_resets_come_further_and_further_apart(bench: Benches) -> None:
    one = bench()
    ladder = one.link.ladder
    clock = [0]
    one.link.board.ticks_ms = lambda: clock[0]
    resets: list[int] = []
    ladder.reset = lambda: resets.append(clock[0])
    one.link.await_boot = one.link.resync = lambda: None
    one.link.ask = lambda text, ms: []
    for second in range(0, 20000, 10):
        clock[0] = second * 1000
        ladder.failures = 9
        ladder.climb()
    gaps = [(b - a) // 60000 for a, b in zip(resets, resets[1:], strict=False)]
    assert gaps == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_not_registered_is_waited_for_and_then_fails(bench: Benches) -> None:
    one = bench()
    one.modem.lose_registration(60)
    with pytest.raises(OSError, match=r"AT\+CEREG\?: not registered, state 2"):
        one.link.connect()
    one.modem.lose_registration(0.6)
    one.link.connect()


def test_a_refusal_of_the_broker_is_named(bench: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        COMMANDS, "AT+QMTCONN=0,", lambda modem, _: modem._say("OK", "+QMTCONN: 0,0,4")
    )
    with pytest.raises(OSError, match=r"AT\+QMTCONN: result 0,4"):
        bench().link.connect()


def test_garbled_digits_are_counted_and_dropped(bench: Benches) -> None:
    one = bench()
    one.link.connect()
    one.modem.report('+QMTRECV: 0,1,"nq/1/qf-001/ack","0G"')
    one.modem.report("+QMTPUB: 0,x")
    one.modem.report('+QMTRECV: 0,2,"nq/1/qf-001/ack","01"')
    assert one.receive() == [(PUBLISH, b"nq/1/qf-001/ack", b"\x01")]
    assert one.link.ladder.counts == {"garbled": 2}


@pytest.mark.parametrize(
    ("seconds", "units", "bits"),
    [
        # The examples of A 4.1 and 9.4, then ends of units and rounding up.
        (70 * 3600, PERIODIC_UNITS, "01000111"),
        (4 * 60, ACTIVE_UNITS, "00100100"),
        (0, ACTIVE_UNITS, "00000000"),
        (61, ACTIVE_UNITS, "00011111"),
        (63, ACTIVE_UNITS, "00100010"),
        (3600, PERIODIC_UNITS, "00000110"),
        (3601, PERIODIC_UNITS, "00000111"),
        (31 * 1152000, PERIODIC_UNITS, "11011111"),
    ],
)
def test_timers_are_coded(seconds: int, units: Any, bits: str) -> None:
    assert timer(seconds, units, "x") == bits


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"psm": {"periodic_s": 9999999999, "active_s": 2}}, r"psm.periodic_s .* 0 to 35712000 s"),
        ({"psm": {"periodic_s": 3600, "active_s": -5}}, r"psm.active_s -5: must be 0 to 11160 s"),
        ({"edrx_s": 20000}, "/node.json: link.edrx_s 20000: must be 0 to 10485 s"),
    ],
)
def test_times_that_no_timer_holds_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        commands(settings)


def test_a_modem_that_sleeps_is_woken(bench: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_nbiot, "_AWAKE_MS", 150)
    one = bench(apn="cmnbiot", psm={"periodic_s": 7200, "active_s": 20}, edrx_s=30)
    one.modem.sleep_s = 0.3
    one.link.connect()
    assert one.modem.sleeps, "what a start forgets is set after the one that the APN needs"
    assert 'AT+CPSMS=1,,,"00001100","00001010"' in one.modem.heard
    assert 'AT+CEDRXS=1,5,"0011"' in one.modem.heard
    time.sleep(0.5)
    lost = one.modem.lost_commands  # more than none, where this machine stood still
    assert one.link.publish("nq/1/qf-001/up", b"x")
    assert one.modem.lost_commands > lost


def test_the_network_is_told_once_that_no_more_is_to_come(
    bench: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it has been quiet for a while after what went or came; release 14 is set up once."""
    monkeypatch.setattr(link_nbiot, "_QUIET_MS", 200)
    one = bench(rai=True)
    one.link.connect()
    assert one.modem.resets == 1
    assert one.modem.kept == {"relversion": "14", "MacRAI": "1"}
    for number in range(1, 3):
        one.link.publish("nq/1/qf-001/up", b"x")
        one.link.rest()
        assert one.modem.releases == number - 1, "the answer may still come"
        time.sleep(0.25)
        assert one.receive()[0][0] == PUBACK
        one.modem.report('+QMTRECV: 0,1,"nq/1/qf-001/ack","01"')
        assert one.receive()[0][0] == PUBLISH
        one.link.rest()
        assert one.modem.releases == number - 1
        time.sleep(0.25)
        one.link.rest()
        one.link.rest()
        assert one.modem.releases == number
    one.link.connect()
    assert one.modem.resets == 1
    assert one.faults == []


def test_a_modem_that_knows_no_release_is_asked_once(
    bench: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_nbiot, "_QUIET_MS", 0)
    one = bench(knows_release=False, rai=True)
    one.link.connect()
    for _ in range(3):
        one.link.publish("nq/1/qf-001/up", b"x")
        one.link.rest()
    assert one.modem.heard.count("AT+CNMPSD") == 1
    assert one.link.ladder.counts["no release"] == 2
    assert one.link.ladder.failures == 0
    assert "modem: no release, 2 times; modem: AT+CNMPSD: ERROR" in one.faults


def test_a_modem_that_keeps_silent_about_release_is_a_failure(
    bench: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_nbiot, "_QUIET_MS", 0)
    one = bench()
    one.link.connect()
    one.link.publish("nq/1/qf-001/up", b"x")
    one.modem.dumb = True
    with pytest.raises(OSError, match=r"AT\+CNMPSD: no answer"):
        one.link.rest()


def test_the_signal_of_the_serving_cell(bench: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    one = bench()
    one.link.resync()
    assert signal(one.link) == (-72, 14, "05C4EF33")
    monkeypatch.setitem(
        COMMANDS, "AT+QENG=0", lambda m, _: m._say('+QENG: 0,1,2,3,"0A",,,,,8,"4C10",,,3', "OK")
    )
    assert signal(one.link) == (None, None, "0A")


@pytest.mark.parametrize("place", ["apn", "user"])
def test_a_quotation_mark_cannot_be_sent(broker_port: int, place: str) -> None:
    broker = {"host": "127.0.0.1", "port": 1, "user": 'a"b' if place == "user" else "a"}
    settings = {"apn": 'a"b' if place == "apn" else ""}
    with pytest.raises(ValueError, match=rf"/node.json: .*{place} cannot be sent to the modem"):
        ModemMqtt(os.pipe()[0], None, Board(), "qf-001", broker, settings, None)
