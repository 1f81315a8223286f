"""The real firmware under MicroPython with 160 kB of heap, through an emulated modem."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.node.main import make_link
from firmware.workbench.modem import Modem
from firmware.workbench.modem_faults import KINDS, Faults
from firmware.workbench.simulate import Fleet
from tests.firmware.field import Collector, FleetMaker, Shared, wait_for
from tests.firmware.test_node import NODE, arrived, heard_all_acks, journal

pytestmark = pytest.mark.system

FAST = {"answer_ms": 400, "network_ms": 1500, "prompt_ms": 20, "radio_ms": 1500}
NodeMaker = Callable[..., tuple[Fleet, Modem]]


@pytest.fixture
def make_node(make_fleet: FleetMaker) -> Iterator[NodeMaker]:
    """Make a node on a modem of its own."""
    modems: list[Modem] = []

    def make(faults: Faults | None = None, **more: Any) -> tuple[Fleet, Modem]:
        utc = more.pop("utc", None)
        modem = Modem(prompt_s=0.01, attach_s=0.05, faults=faults, utc=utc)
        modems.append(modem)
        settings = {"modem": {"line": modem.path, "reset": modem.reset_path}}
        settings |= more.pop("settings", {})
        link = {"kind": "nbiot", "apn": "cmnbiot"} | FAST | more.pop("link", {})
        fleet = make_fleet(NODE, settings=settings, config={"link": link}, **more)
        return fleet, modem

    yield make
    for modem in modems:
        modem.stop()
        assert modem.broken == []


def test_frames_go_through_the_modem_and_acks_free_them(
    make_node: NodeMaker,
    collector: Collector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With 16 kB less than the 160 kB that a node has, so that there is room to grow."""
    fleet, modem = make_node(days=3)
    fleet.start()
    wait_for(lambda: len(collector.received()) > 72 and arrived(collector, tmp_path), 60)
    assert modem.resets == 1  # for the APN
    node = fleet.nodes[NODE]

    def again(boot: int) -> set[int]:
        with collector.lock:
            return {seq for _, of, seq, _ in collector.arrivals if of == boot}

    for boot in (2, 3):
        heard_all_acks(collector)
        node.cut_power()
        with collector.lock:
            collector.arrivals.clear()
        node.start()
        # The segment that was being written comes again once, after the next start.
        wait_for(lambda boot=boot: bool(again(boot)) and (boot == 3 or len(again(1)) > 72), 60)
    assert again(1) == set(), "an acknowledged frame came again"
    assert len(journal(tmp_path)) > 72
    assert collector.refused == []
    assert modem.lost_reports == 0
    assert "MemoryError" not in node.last_lines()


@pytest.mark.parametrize("seed", range(1))
def test_every_frame_arrives_through_a_modem_that_fails(
    make_node: NodeMaker, collector: Collector, tmp_path: Path, seed: int
) -> None:
    """Answers dropped, late or garbled, errors, lost registration, resets in mid-command."""
    faults = Faults(seed, 0.08)
    fleet, modem = make_node(faults, days=4, rate=600)
    fleet.start()
    wait_for(lambda: len(journal(tmp_path)) > 96 and arrived(collector, tmp_path), 150)
    told = [str(event.detail) for event in collector.kinds("fault")]
    print(faults.done, modem.resets, told)
    assert set(faults.done) == set(KINDS)
    assert any("modem: reopen, 2 times; modem: " in fault for fault in told)
    assert fleet.alive() == {NODE: True}
    assert "MemoryError" not in fleet.nodes[NODE].last_lines()


def test_after_each_report_the_network_may_let_go_and_the_modem_sleeps(
    make_node: NodeMaker, collector: Collector
) -> None:
    """With power saving and release assistance: told once for each report, woken for the next."""
    psm = {"periodic_s": 86400, "active_s": 20}
    fleet, modem = make_node(rate=300, link={"psm": psm, "rai": True})
    modem.sleep_s = 8.0
    fleet.start()
    wait_for(lambda: len(collector.received()) >= 4, 90)
    reports = len(collector.received())
    assert reports - 1 <= modem.releases <= reports + 1
    assert modem.lost_commands >= 2, "it slept"
    assert modem.resets == 2  # for the APN and for release 14
    assert [event.detail for event in collector.kinds("fault")] == []


def offsets(collector: Collector) -> list[int | None]:
    """What each frame says of its boot's start, in the order of numbers."""
    with collector.lock:
        return [collector.frames[key].offset for key in sorted(collector.frames)]


@pytest.mark.parametrize("off", [0, 28800], ids=["right", "UTC beside a zone"])
def test_without_the_server_the_network_tells_the_time(
    make_node: NodeMaker, collector: Collector, off: int
) -> None:
    """The first sample is of before it; the server's time wins, and the disagreement is told."""
    collector.acking = False
    fleet, modem = make_node(settings={"rtc": False}, utc=lambda: Shared.now() + off)
    fleet.start()
    wait_for(lambda: len(collector.received()) >= 3, 60)
    begun = offsets(collector)
    assert begun[0] is None
    assert abs(begun[1] - off - Shared.sim) < 6 * 3600, "an hour's sample takes a second"
    assert modem.heard.count("AT+CCLK?") == 1
    collector.acking = True
    wait_for(lambda: len(collector.received()) >= 6, 60)
    told = [event.detail for event in collector.kinds("refused")]
    assert told == ([["time of modem", 1]] if off else [])
    wait_for(lambda: offsets(collector)[-1] != begun[1] or not off)
    assert abs(offsets(collector)[-1] - begun[1] + off) <= 2 * Shared.rate
    with collector.lock:
        assert {f.offset for (_, _, seq), f in collector.frames.items() if seq in (1, 2)} == {
            begun[1]
        }, "what was written is not moved"


def test_a_network_that_tells_no_time_stamps_nothing(
    make_node: NodeMaker, collector: Collector
) -> None:
    collector.acking = False
    fleet, modem = make_node(settings={"rtc": False})
    fleet.start()
    wait_for(lambda: len(collector.received()) >= 3, 60)
    assert set(offsets(collector)) == {None}
    assert "AT+CCLK?" in modem.heard
    collector.acking = True
    wait_for(lambda: offsets(collector)[-1] is not None, 60)
    assert collector.kinds("refused") == []


@pytest.mark.parametrize(
    ("link", "bus", "words"),
    [
        ({"kind": "lora"}, "i2c", "/node.json: link.kind 'lora': must be ip or nbiot"),
        ({"kind": "nbiot"}, "gnss", "link.kind nbiot: .* take the channels of gnss out"),
    ],
)
def test_a_link_that_cannot_be_is_refused(link: dict[str, Any], bus: str, words: str) -> None:
    config = {"link": link, "node": NODE, "broker": {}, "channels": [{"bus": bus}]}
    with pytest.raises(ValueError, match=words):
        make_link(None, config, None)
