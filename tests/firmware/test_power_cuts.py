"""Power cuts at random moments of the cycle: no sample that was written is lost or comes twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from firmware.workbench.simulated import SimulatedNode
from tests.firmware.field import Collector, FleetMaker, wait_for

pytestmark = pytest.mark.system

NODE = "qf-001"
STEP_S = 600
#: An hour of six samples in half a second.
RATE = 7200.0


def written(journal: Path) -> list[tuple[int, int]]:
    """Boot and uptime of every sample that was safe before the power went."""
    lines = journal.read_text().split("\n")[:-1] if journal.exists() else []
    rows = [line.split() for line in lines]
    return [(int(boot), int(uptime)) for boot, uptime in rows]


def received(collector: Collector) -> list[tuple[int, int]]:
    """Boot and uptime of every sample that came; each frame once."""
    with collector.lock:
        frames = list(collector.frames.values())
    return [
        (frame.boot, frame.t0 + place * frame.step)
        for frame in frames
        for place in range(len(frame.channels[0]))
    ]


def cut_at_random(node: SimulatedNode, chance: random.Random, cuts: int, **more: object) -> None:
    for _ in range(cuts):
        node.start(**more)
        time.sleep(chance.uniform(0.25, 1.2))
        node.cut_power()
    node.start(**more)


@pytest.mark.parametrize("rtc", [True, False])
@pytest.mark.parametrize("seed", range(2))
def test_no_sample_is_lost_or_doubled_by_power_cuts(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path, seed: int, rtc: bool
) -> None:
    """With and without a clock that goes on; at its end every boot's samples lie on one grid."""
    journal = tmp_path / "samples.txt"
    settings = {"sample_journal": str(journal), "rtc": rtc}
    fleet = make_fleet(NODE, rate=RATE, settings=settings)
    node = fleet.nodes[NODE]
    cut_at_random(node, random.Random(seed), 14)
    safe = set(written(journal))  # what is taken from now on waits for its frame to be full
    wait_for(lambda: safe <= set(received(collector)), 60)
    node.cut_power()
    bytes_of: dict[tuple[int, int], set[bytes]] = {}
    for _, boot, seq, message in collector.arrivals:
        bytes_of.setdefault((boot, seq), set()).add(message)
    assert max(map(len, bytes_of.values())) == 1, "a number was given to two frames"
    counted = Counter(received(collector))
    assert [sample for sample, count in counted.items() if count > 1] == []
    assert len({boot for boot, _ in written(journal)}) > 7
    if rtc:
        with collector.lock:
            for frame in collector.frames.values():
                assert (frame.offset + frame.t0) % STEP_S == 0


def test_the_log_is_what_saves_them(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path
) -> None:
    """Without it the same cuts lose samples: up to five each time."""
    journal = tmp_path / "samples.txt"
    settings = {"sample_journal": str(journal), "without": "sample log"}
    fleet = make_fleet(NODE, rate=RATE, settings=settings)
    cut_at_random(fleet.nodes[NODE], random.Random(0), 8)
    cut = max(boot for boot, _ in written(journal))  # the node that runs now has a later one
    wait_for(lambda: any(boot > cut for boot, _ in received(collector)), 60)
    time.sleep(2)
    safe = {sample for sample in written(journal) if sample[0] <= cut}
    assert safe - set(received(collector))


@pytest.mark.parametrize("cut_after", [9, 14, 19, 24, 31, 37, 44, 52, 61, 75])
def test_power_cut_in_the_middle_of_a_flash_write(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path, cut_after: int
) -> None:
    """Half of a write is on flash, and the device is dead: nothing is lost or doubled either."""
    journal = tmp_path / "samples.txt"
    fleet = make_fleet(NODE, rate=RATE, settings={"sample_journal": str(journal)})
    node = fleet.nodes[NODE]
    node.start(cut_after=cut_after)
    assert node.process is not None
    assert node.process.wait(30) == -9
    before = written(journal)
    node.start()
    wait_for(lambda: len(written(journal)) > len(before) + 7)
    wait_for(lambda: set(before) <= set(received(collector)))
    node.cut_power()
    assert max(Counter(received(collector)).values()) == 1
