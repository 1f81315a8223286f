"""Deep sleep of a node with a modem: the chip ends and begins anew, the modem goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from firmware.workbench.modem import Modem
from tests.firmware.field import Collector, FleetMaker, Shared, wait_for
from tests.firmware.test_deep_sleep import BOARD, NODE, said, taken, times_of
from tests.firmware.test_modem_node import FAST

#: An hour in thirty seconds, ten minutes in five.
RATE = 120.0


@pytest.fixture
def modem() -> Iterator[Modem]:
    with Modem(prompt_s=0.01, attach_s=0.05) as modem:
        yield modem
        assert modem.broken == []


@pytest.mark.system
def test_it_wakes_the_modem_once_an_hour_and_loses_nothing(
    make_fleet: FleetMaker, collector: Collector, modem: Modem
) -> None:
    """One boot, one series without a gap; the modem hears of nothing between reports."""
    link = {"kind": "nbiot", "psm": {"periodic_s": 86400, "active_s": 20}} | FAST
    fleet = make_fleet(
        NODE,
        board=BOARD,
        rate=RATE,
        config={"link": link, "linger_ms": 2500, "radio_ms": 4000},
        settings={"modem": {"line": modem.path, "reset": modem.reset_path}},
        journal_dir=None,
    )
    node = fleet.nodes[NODE]
    node.start()
    began = Shared.now()
    wait_for(lambda: len(taken(collector)) >= 3, 150)
    hours = (Shared.now() - began) / 3600
    assert node.alive()
    node.cut_power()
    frames = taken(collector)
    assert {frame.boot for frame in frames} == {1}
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    times = times_of(frames)
    assert times == list(range(times[0], times[0] + 600 * len(times), 600))
    assert collector.kinds("fault") == []
    assert said(node, "asleep for") >= 6 * (hours - 1)
    connections = sum(line.startswith("AT+QMTCONN=") for line in modem.heard)
    assert connections <= math.ceil(hours) + 1, f"{connections} in {hours:.1f} h"
    assert modem.heard.count("AT+CNMPSD") >= connections - 1, "then the radio may be let go"
    assert modem.resets == 0
    assert modem.lost_commands >= 1, "it slept"
