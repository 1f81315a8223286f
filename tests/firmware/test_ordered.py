"""An order from the command line to the real firmware's valve and back, by way of real parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

import nongqing
from collector.control import shown
from collector.control.giving import Who, allow
from collector.one_machine.demo_control import SITE
from collector.store import people
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.load import load
from firmware.workbench.simulate import Fleet
from tests.firmware.field import FleetMaker, Key, Shared, wait_for
from tests.firmware.updated_world import MASTER, World, at_work
from tests.mosquitto import mosquitto

pytestmark = pytest.mark.system
NODE, FIELD, DRIP = "gh-001", "qf-liuge-gh", 0
BY = ("--by", "lina", "--why", "soil is dry")


@pytest.fixture
def world(conn: db.Connection, dsn: str, make_fleet: FleetMaker, tmp_path: Path) -> Iterator[World]:
    """The demonstration's greenhouse, and somebody who may switch it."""
    with mosquitto(tmp_path, "allow_anonymous true") as port:
        config = {"sample_s": 60, "samples_per_frame": 2, "rules": []}
        fleet: Fleet = make_fleet(NODE, board="greenhouse-2", rate=120.0, port=port, config=config)
        at = datetime.fromtimestamp(Shared.now(), UTC) - timedelta(days=1)
        with conn, conn.cursor() as cur:
            registry.import_configs(conn, load(site=SITE), at)
            registry.enroll(conn, MASTER, NODE, at=at)
            sealed = MASTER.encrypt(NODE, 1, Key(NODE).key)
            cur.execute("UPDATE node_key SET encrypted = %s WHERE node = %s", (sealed, NODE))
            lina = people.add(conn, "Li Na", at, username="lina")
            people.grant(conn, lina, "technician", "city", "", at, "test")
            allow(conn, FIELD, lina, Who(None, "test", "system:test", "hers"), at)
        with at_work(dsn, tmp_path, fleet, port) as world:
            yield world


def run(world: World, *words: object) -> str:
    done = CliRunner().invoke(
        nongqing.main, ["control", *(str(word) for word in words)], env=world.env
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_a_valve_is_ordered_proven_and_ends_by_itself(world: World) -> None:
    def drip() -> shown.OutputNow:
        now = world.clock.now()
        found = world.says(lambda conn: shown.outputs_of(conn, now, nodes=[NODE]))
        return found[DRIP]

    wait_for(lambda: drip().node.last_seen is not None and drip().node.said_at is not None)
    began = drip().node.said_at
    wait_for(lambda: world.clock.now() - began > timedelta(seconds=300))  # its rest after a start
    run(world, "on", NODE, DRIP, 360, *BY)
    wait_for(lambda: drip().is_on is True)
    assert 0 < drip().left_s <= 360
    wait_for(lambda: drip().is_on is False)
    (order,) = json.loads(run(world, "history", NODE, "--json"))
    assert [each["state"] for each in order["told"]] == ["accepted", "on", "proof", "off"]
    assert (order["state"], order["told"][3]["more"]) == ("off", "lease")
    assert 360 <= order["told"][3]["uptime"] - order["told"][1]["uptime"] <= 362
    assert drip().proof == "proof"
    assert "told to switch everything off" in run(world, "all-off", FIELD, *BY)
    wait_for(lambda: drip().hold is True)
    line = run(world, "list", "--field", FIELD).splitlines()[DRIP]
    assert f"{FIELD}  {NODE} 0 drip valve: off" in line
    assert "by hand; said" in line
