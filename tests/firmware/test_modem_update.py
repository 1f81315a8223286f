"""An update over a narrowband modem: command line, collector, jobs, broker, real firmware."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.store.network import node_firmware, roll_outs
from collector.store.postgres import db
from firmware.wire import update
from firmware.workbench.modem import Modem
from firmware.workbench.modem_faults import Faults
from firmware.workbench.simulate import Fleet
from tests.firmware.field import FleetMaker, wait_for
from tests.firmware.test_modem_node import FAST
from tests.firmware.test_roll_out_to_nodes import keep_running
from tests.firmware.test_update import comment
from tests.firmware.update_server import UpdateServer, Workshop
from tests.firmware.updated_world import World, at_work, enrol
from tests.mosquitto import mosquitto

pytestmark = pytest.mark.system
NODE, BOARD = "qf-001", "soilair-nb-1"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    (tmp_path / "workshop").mkdir()
    return Workshop(tmp_path / "workshop", BOARD)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with mosquitto(tmp_path, "allow_anonymous true") as port:
        yield port


@pytest.fixture
def fleet(conn: db.Connection, make_fleet: FleetMaker, workshop: Workshop, port: int) -> Fleet:
    """A node with a modem, enrolled, which trusts the workshop's key."""
    key = workshop.public.hex()
    made = make_fleet(NODE, board=BOARD, days=0.1, rate=60.0, port=port, update_key=key)
    enrol(conn, workshop, NODE, board=BOARD)
    return made


@pytest.fixture
def world(dsn: str, tmp_path: Path, fleet: Fleet, port: int) -> Iterator[World]:
    with at_work(dsn, tmp_path, fleet, port) as world:
        yield world


def test_a_signed_program_goes_through_the_modem_and_is_kept(
    world: World, fleet: Fleet, workshop: Workshop
) -> None:
    """Of the files that changed part by part; each part is one message of the modem's."""
    workshop.make("0.2.0")
    wait_for(lambda: world.says(lambda c: node_firmware.of_node(c, NODE)) is not None)
    bundle, key = workshop.folder / "bundle-0.2.0", workshop.folder / "update.key.pub"
    given = ("--key", str(key), "--by", "Li", "--soak", "0")
    done = world.run("ota", "offer", str(bundle), "--all", *given)
    assert done.exit_code == 0, done.output
    assert f"0.2.0 for {BOARD}/nbiot goes to 1 nodes" in done.output
    keep_running(fleet, lambda: world.says(lambda c: roll_outs.find(c, 1).state) == "finished")
    runs = world.says(lambda c: node_firmware.of_node(c, NODE))
    assert (runs.version, runs.explained) == ("0.2.0", True)


@pytest.mark.whole
def test_an_update_goes_on_through_a_modem_that_fails(
    make_fleet: FleetMaker, workshop: Workshop, port: int
) -> None:
    """Parts dropped, late or garbled, lost registration, resets: what is there is not fetched anew.

    Nothing repeats the command here but this test; the collector does when the node is heard.
    """
    names = ("node/cycle", "node/sensing", "wire/seal")
    made = workshop.make("0.2.0", {f"firmware/{name}.py": comment for name in names})
    faults = Faults(5, 0.04)
    server = UpdateServer(port)
    with Modem(prompt_s=0.01, attach_s=0.05, faults=faults) as modem:
        fleet = make_fleet(
            NODE,
            board=BOARD,
            rate=60.0,
            port=port,
            update_key=workshop.public.hex(),
            settings={"modem": {"line": modem.path, "reset": modem.reset_path}},
            config={"link": {"kind": "nbiot"} | FAST},
        )
        fleet.start()
        wait_for(lambda: bool(server.kinds("boot")), 60)
        numbers = [server.offer(made)]
        again_at = time.monotonic() + 5

        def kept() -> bool:
            nonlocal again_at
            if not server.states() and time.monotonic() > again_at:
                numbers.append(server.offer(made))
                again_at = time.monotonic() + 5
            fleet.nodes[NODE].short_lives = 0
            fleet.restart_ended()
            return "kept" in [state for _, state, _ in server.states()]

        wait_for(kept, 150)
        assert modem.broken == []
        fleet.stop()
    server.stop()
    print(faults.done, len(server.asks))
    assert sum(faults.done.values()) >= 6
    assert server.kinds("boot")[-1].detail[2] == "0.2.0"
    changed = {f"firmware/{name}.mpy" for name in ("__init__", *names)}
    rows = update.decode_manifest(made.manifest_bytes)
    to_come = sum(row.travels for row in rows if row.path in changed)
    assert server.asked_bytes() == made.head.travels + to_come
    assert all(ask.most == 416 and ask.count == 1 for ask in server.asks)
