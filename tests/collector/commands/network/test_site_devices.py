"""Devices of other makers with `sites import` and `sites export`, as a user types them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from collector.commands.network.sites import sites
from collector.store.network import external_devices
from collector.store.network import sites as site_store
from collector.store.network.external_devices import Declared
from collector.store.postgres import db
from field_configs.device import DeviceValue
from field_configs.dump import site_text
from field_configs.load import load
from tests.collector.commands.test_services import run
from tests.collector.conftest import NOW
from tests.collector.ingest.test_intake import rows

if TYPE_CHECKING:
    from field_configs.schema import Configs

EUI = "70b3d57ed005a1b2"


def enrolled(conn: db.Connection) -> str:
    """A network server with a token and two devices, one of which was swapped; the token."""
    with conn:
        token = external_devices.add_network(conn, "coop", "chirpstack", at=NOW, by="Li")
        rain = external_devices.place(conn, "rain-5", "qf-liuge-1", "precipitation_amount", 1)
        air = external_devices.place(conn, "gauge-7", "qf-liuge-1", "air_temperature", 2)
        tips = Declared("tips", rain, "mm", 0.2, 16)
        given = {"step_s": 1200, "at": NOW, "by": "Li"}
        external_devices.enrol(conn, "rain-5", [tips], network="coop", eui=EUI, **given)
        temp = Declared("urn:dev:gauge-7:temp", air, "Cel")
        external_devices.enrol(conn, "gauge-7", [temp], time_of_receipt=True, **given)
        external_devices.swap(conn, "rain-5", NOW + timedelta(days=1))
    return token


def exported(dsn: str, path: Path) -> Configs:
    done = run(sites, "export", str(path), NONGQING_DSN=dsn)
    assert done.exit_code == 0, done.output
    return load(site=path)


def test_devices_come_back_and_no_token_goes_out(
    dsn: str, registered: db.Connection, tmp_path: Path, postgres: Any
) -> None:
    token = enrolled(registered)
    path = tmp_path / "puyang.toml"
    done = run(sites, "export", str(path), NONGQING_DSN=dsn)
    assert done.output == f"{path}: 3 villages, 6 nodes, 2 devices of other makers\n"
    text = path.read_text(encoding="utf-8")
    ((digest,),) = rows(registered, "SELECT token FROM external_network")
    assert token not in text
    assert token.partition(".")[2] not in text
    assert bytes(digest).hex() not in text
    here = run(sites, "import", str(path), "--dry-run", NONGQING_DSN=dsn).output.splitlines()
    assert here[1] == "the registry holds all of this already"

    elsewhere = postgres.create("nongqing_template")
    there = run(sites, "import", str(path), NONGQING_DSN=elsewhere)
    assert there.exit_code == 0, there.output
    assert "network coop: has no token yet, so nothing of it is taken; make one: " in there.output
    assert "nongqing device network token coop" in there.output
    conn = db.connect(elsewhere)
    with conn:
        held = site_store.read_site(conn)
        declared = load(site=path)
        assert (held.networks, held.devices) == (declared.networks, declared.devices)
        assert held.devices["rain-5"].values["tips"].counter == 16
        assert not external_devices.of_token(conn, token)
        found = {each.id: each for each in external_devices.devices(conn)}
    assert found["gauge-7"].enrolled_by == "sites import"
    assert found["gauge-7"].channels["urn:dev:gauge-7:temp"][0].valid_from is None
    conn.close()
    again = tmp_path / "again.toml"
    exported(elsewhere, again)
    assert again.read_text(encoding="utf-8") == text


def test_an_import_leaves_the_token_of_a_network_server(
    dsn: str, registered: db.Connection, tmp_path: Path
) -> None:
    """Where an import without credentials made new ones, devices fell silent."""
    token = enrolled(registered)
    path = tmp_path / "puyang.toml"
    site = exported(dsn, path)
    rain = replace(site.devices["rain-5"], every_s=900)
    changed = replace(site, devices={**site.devices, "rain-5": rain})
    path.write_text(site_text(changed), "utf-8")
    done = run(sites, "import", str(path), NONGQING_DSN=dsn)
    assert "changed: device rain-5: every_s: 1200 -> 900" in done.output
    assert "has no token yet" not in done.output
    with registered:
        assert external_devices.of_token(registered, token) == ("coop", "chirpstack")
        assert external_devices.one(registered, "rain-5").enrolled_by == "Li"


def test_what_a_value_stands_for_changes_hands(
    dsn: str, registered: db.Connection, tmp_path: Path
) -> None:
    enrolled(registered)
    path = tmp_path / "puyang.toml"
    site = exported(dsn, path)
    gauge, node = site.devices["gauge-7"], site.nodes["qf-001"]
    place = node.channels[0]
    fewer = {n: p for n, p in node.channels.items() if n}
    name = "urn:dev:gauge-7:temp"
    moved = replace(gauge, every_s=300, values={name: DeviceValue(place, "Cel")})
    changed = replace(
        site,
        nodes={**site.nodes, "qf-001": replace(node, channels=fewer)},
        devices={**site.devices, "gauge-7": moved},
    )
    path.write_text(site_text(changed), encoding="utf-8")
    done = run(sites, "import", str(path), NONGQING_DSN=dsn)
    assert done.exit_code == 0, done.output
    assert f"value {name}: qf-liuge-1-gauge-7-1 (Cel) -> {place} (Cel)" in done.output
    with registered:
        found = external_devices.one(registered, "gauge-7")
    before, after = found.channels[name]
    assert before.valid_to == after.valid_from is not None
    assert (after.placement, found.step_s) == (place, 300)
    assert rows(
        registered,
        f"SELECT count(*) FROM assignment WHERE placement = '{place}' AND valid_to IS NULL",
    ) == [(0,)]


def test_a_placement_gets_no_second_server(
    dsn: str, registered: db.Connection, tmp_path: Path
) -> None:
    enrolled(registered)
    path = tmp_path / "puyang.toml"
    site = exported(dsn, path)
    place = site.devices["gauge-7"].values["urn:dev:gauge-7:temp"].placement
    node = site.nodes["qf-001"]
    taken = replace(node, channels={**node.channels, 0: place})
    alone = replace(site, devices={}, networks={}, nodes={**site.nodes, "qf-001": taken})
    path.write_text(site_text(alone), encoding="utf-8")
    for words in (["--dry-run"], []):
        done = run(sites, "import", str(path), *words, NONGQING_DSN=dsn)
        assert done.exit_code == 1
        assert (
            f"placement {place}: node qf-001 channel 0 and device gauge-7 value "
            "urn:dev:gauge-7:temp (not in the file: it stays) would serve it at one time; declare "
            "another placement for node qf-001 channel 0, or end it first: nongqing device retire "
            "gauge-7"
        ) in done.output
    with registered:
        assert site_store.read_site(registered).nodes["qf-001"] == node
        external_devices.retire(registered, "gauge-7", NOW)
    assert run(sites, "import", str(path), NONGQING_DSN=dsn).exit_code == 0


def test_a_device_takes_no_placement_of_a_node_that_stays(
    dsn: str, registered: db.Connection, tmp_path: Path
) -> None:
    enrolled(registered)
    path = tmp_path / "puyang.toml"
    site = exported(dsn, path)
    place = site.nodes["qf-001"].channels[0]
    gauge = replace(site.devices["gauge-7"], id="gauge-8", values={"t": DeviceValue(place)})
    rest = {name: node for name, node in site.nodes.items() if name != "qf-001"}
    path.write_text(site_text(replace(site, nodes=rest, devices={"gauge-8": gauge})), "utf-8")
    done = run(sites, "import", str(path), NONGQING_DSN=dsn)
    assert done.exit_code == 1
    assert (
        f"placement {place}: node qf-001 channel 0 (not in the file: it stays) and device gauge-8 "
        "value t would serve it at one time; declare another placement for device gauge-8 value t, "
        "or declare node qf-001 without this channel"
    ) in done.output


def test_what_stood_twice_already_does_not_hinder(
    dsn: str, registered: db.Connection, tmp_path: Path
) -> None:
    """As an import of an earlier version could leave it."""
    enrolled(registered)
    path = tmp_path / "puyang.toml"
    site = exported(dsn, path)
    with registered, registered.cursor() as cur:
        cur.execute(
            "UPDATE external_channel SET placement = %s WHERE device = 'gauge-7'",
            [site.nodes["qf-001"].channels[0]],
        )
    path.write_text(site_text(replace(site, devices={}, networks={})), "utf-8")
    done = run(sites, "import", str(path), NONGQING_DSN=dsn)
    assert done.exit_code == 0, done.output


def test_a_device_that_was_retired_stays_so(
    dsn: str, registered: db.Connection, tmp_path: Path
) -> None:
    enrolled(registered)
    path = tmp_path / "puyang.toml"
    exported(dsn, path)
    with registered:
        external_devices.retire(registered, "gauge-7", NOW)
    done = run(sites, "import", str(path), NONGQING_DSN=dsn)
    assert done.exit_code == 0
    assert "device gauge-7 is declared, but was retired; it stays so: take another name" in (
        done.output
    )
    assert "device gauge-7 is" not in run(sites, "import", NONGQING_DSN=dsn).output
    told = json.loads(run(sites, "import", str(path), "--json", NONGQING_DSN=dsn).output)
    assert told["retired"] == ["gauge-7"]
    with registered:
        assert external_devices.one(registered, "gauge-7").retired is not None


def test_a_device_that_is_left_out_is_named_and_stays(dsn: str, registered: db.Connection) -> None:
    enrolled(registered)
    said = run(sites, "import", NONGQING_DSN=dsn).output
    assert "not in the file: device gauge-7" in said
    assert "to end that: nongqing device retire gauge-7" in said
    with registered:
        assert set(site_store.read_site(registered).devices) == {"gauge-7", "rain-5"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('unit = "Cel"', 'unit = "mm"', 'air_temperature is not measured in "mm"; units: Cel'),
        ('unit = "Cel"', "counter = 16", "air_temperature is no amount that adds up; leave"),
        (
            'id = "rain-5"',
            'id = "rain-6"',
            f"device rain-6: DevEUI {EUI} at network coop is that of device rain-5; mend one",
        ),
        ('id = "gauge-7"', 'id = "aa-001"', "device aa-001: a node has this name; take another"),
    ],
)
def test_what_cannot_be_is_refused(
    dsn: str, registered: db.Connection, tmp_path: Path, old: str, new: str, said: str
) -> None:
    enrolled(registered)
    with registered, registered.cursor() as cur:
        cur.execute(
            "INSERT INTO node (id, board, field, layout)"
            " SELECT 'aa-001', board, field, layout FROM node LIMIT 1"
        )
    path = tmp_path / "puyang.toml"
    site = exported(dsn, path)
    rest = {name: node for name, node in site.nodes.items() if name != "aa-001"}
    text = site_text(replace(site, nodes=rest))
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with registered:
        before = site_store.read_site(registered)
    done = run(sites, "import", str(path), NONGQING_DSN=dsn)
    assert done.exit_code == 1
    assert said in done.output
    with registered:
        assert site_store.read_site(registered) == before
