"""A simulation that ends while nodes make up their backlog, and two on one flash."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.workbench import simulated
from firmware.workbench.simulated import SimulationError
from tests.firmware.field import START, Collector, FleetMaker, wait_for

pytestmark = pytest.mark.system

NODE = "qf-001"
DAY_S = 86400


def first_moment(collector: Collector) -> float:
    """When the earliest frame was measured [s since 1970]."""
    with collector.lock:
        return min(frame.offset + frame.t0 for frame in collector.frames.values())


def written(folder: Path) -> int:
    """How many frames are on flash."""
    path = folder / "journal" / f"{NODE}.txt"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_a_backlog_that_was_cut_off_is_made_up_again(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path
) -> None:
    """The simulation is killed in the middle; the next one begins as far back."""
    mark = tmp_path / "nodes" / NODE / "backlog"
    fleet = make_fleet(NODE, days=50, rate=1.0)
    fleet.start()
    wait_for(lambda: fleet.nodes[NODE].image.exists() and mark.exists())
    fleet.nodes[NODE].cut_power()
    assert mark.exists(), "it was cut off too late to show anything"
    assert collector.received() == set()

    again = make_fleet(NODE, days=4, rate=1.0)
    again.start()
    wait_for(lambda: len(collector.received()) >= 4 * 24)
    assert not mark.exists()
    assert {boot for _, boot, _ in collector.received()} == {1}
    assert first_moment(collector) == pytest.approx(START + 56 * DAY_S, abs=3600)


def test_a_backlog_that_is_made_up_is_kept(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path
) -> None:
    """What is on flash and was not sent goes out after the next start; nothing is made up twice."""
    fleet = make_fleet(NODE, days=4, rate=1.0, port=1)  # no broker there
    fleet.start()
    mark = tmp_path / "nodes" / NODE / "backlog"
    wait_for(lambda: fleet.nodes[NODE].image.exists() and not mark.exists())
    fleet.nodes[NODE].cut_power()
    again = make_fleet(NODE, days=4, rate=1.0)
    again.start()
    wait_for(lambda: len(collector.received()) >= 4 * 24 - 1)
    assert first_moment(collector) == pytest.approx(START + 56 * DAY_S, abs=3600)
    with collector.lock:
        measured = [frame.offset + frame.t0 for frame in collector.frames.values()]
    assert len(set(measured)) == len(measured)


def test_a_power_cut_within_a_simulation_leaves_its_gap(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path
) -> None:
    """As in the field: what was written to flash arrives, the time without power is missing."""
    fleet = make_fleet(NODE, days=50, rate=1.0)
    fleet.start()
    node = fleet.nodes[NODE]
    wait_for(lambda: written(tmp_path) > 20)
    node.cut_power()
    assert node.mark.exists()
    node.start()
    assert not node.mark.exists(), "a later simulation must not forget what this one sends"
    wait_for(lambda: len(collector.received()) > 20)
    assert first_moment(collector) < START + 11 * DAY_S


def test_two_simulations_do_not_share_a_flash(
    make_fleet: FleetMaker, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated, "STOP_S", 0.5)
    first, second = make_fleet(NODE), make_fleet(NODE)
    first.start()
    with pytest.raises(SimulationError) as caught:
        second.start()
    flash = first.nodes[NODE].image
    assert str(caught.value) == (
        f"node {NODE}: is simulated already, on the flash {flash}; end that simulation first"
    )
    assert first.alive() == {NODE: True}
    first.stop()
    second.start()
    assert second.alive() == {NODE: True}
