"""An update from the command line to the real firmware, by way of broker, collector and jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from collector.store import items
from collector.store.network import node_firmware, roll_outs
from collector.store.postgres import db
from firmware.workbench.simulate import Fleet
from tests.firmware.field import FleetMaker, wait_for
from tests.firmware.update_server import Workshop
from tests.firmware.updated_world import World, at_work, enrol
from tests.mosquitto import mosquitto

pytestmark = pytest.mark.system
NODES = ("qf-001", "qf-002")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    (tmp_path / "workshop").mkdir()
    return Workshop(tmp_path / "workshop")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with mosquitto(tmp_path, "allow_anonymous true") as port:
        yield port


@pytest.fixture
def fleet(conn: db.Connection, make_fleet: FleetMaker, workshop: Workshop, port: int) -> Fleet:
    """Two nodes that are enrolled and trust the workshop's key."""
    made = make_fleet(*NODES, days=0.1, rate=60.0, port=port, update_key=workshop.public.hex())
    enrol(conn, workshop, *NODES)
    return made


@pytest.fixture
def world(dsn: str, tmp_path: Path, fleet: Fleet, port: int) -> Iterator[World]:
    with at_work(dsn, tmp_path, fleet, port) as world:
        yield world


def told(conn: db.Connection) -> bool:
    return all(node_firmware.of_node(conn, node) is not None for node in NODES)


def keep_running(fleet: Fleet, happened: Callable[[], bool]) -> None:
    def there() -> bool:
        for node in fleet.nodes.values():
            node.short_lives = 0
        fleet.restart_ended()
        return happened()

    wait_for(there, 90)


def test_a_signed_program_goes_to_one_node_then_to_the_other(
    world: World, fleet: Fleet, workshop: Workshop
) -> None:
    workshop.make("0.2.0")
    wait_for(lambda: bool(world.says(told)))
    bundle, key = workshop.folder / "bundle-0.2.0", workshop.folder / "update.key.pub"
    given = ("--key", str(key), "--by", "Li", "--soak", "0", "--first", "qf-002")
    done = world.run("ota", "offer", str(bundle), "--all", *given)
    assert done.exit_code == 0, done.output
    assert "0.2.0 for soilair-1/ip goes to 2 nodes (ring 1: 1, ring 2: 1)" in done.output
    keep_running(fleet, lambda: world.says(lambda c: roll_outs.find(c, 1).state) == "finished")
    shown = world.run("ota", "status", "1").output
    assert "ring 1: 1 nodes: 1 kept" in shown
    assert "ring 2: 1 nodes: 1 kept" in shown
    versions = world.says(lambda c: {n: node_firmware.of_node(c, n) for n in NODES})
    assert {each.version for each in versions.values()} == {"0.2.0"}
    assert all(each.explained for each in versions.values())
    assert "0.2.0" in world.run("list").output


def test_a_program_that_cannot_start_halts_at_the_first_node(
    world: World, fleet: Fleet, workshop: Workshop
) -> None:
    broken = {"firmware/node/cycle.py": lambda text: "raise ValueError('broken')\n"}
    workshop.make("0.2.0", broken)
    wait_for(lambda: bool(world.says(told)))
    bundle, key = workshop.folder / "bundle-0.2.0", workshop.folder / "update.key.pub"
    given = ("--key", str(key), "--by", "Li", "--soak", "0", "--first", "qf-001")
    assert world.run("ota", "offer", str(bundle), "--all", *given).exit_code == 0
    keep_running(fleet, lambda: world.says(lambda c: roll_outs.find(c, 1).state) == "halted")
    shown = world.run("ota", "status", "1").output
    assert "by itself: 1 failures in ring 1, 1 halt it" in shown
    assert "  qf-001  undone" in shown
    assert "ring 2 (not begun): 1 nodes: 1 waiting" in shown
    kinds = world.says(lambda c: [each.event.kind for each in items.open_items(c)])
    assert "roll_out_halted" in kinds
