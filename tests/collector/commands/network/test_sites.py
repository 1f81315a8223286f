"""The commands `sites`, as a user types them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from collector.commands.network import sites as commands
from collector.commands.network.sites import sites
from collector.store.network import registry
from collector.store.network import sites as site_store
from collector.store.postgres import db
from field_configs.load import ROOT, load
from tests.collector.commands.test_services import run
from tests.collector.conftest import MASTER, NOW, enrol
from tests.collector.ingest.test_intake import rows

if TYPE_CHECKING:
    from field_configs.schema import Configs

NODE = '[[nodes]]\nid = "qf-001"\n'
PLACES = ("village", "field", "placement", "series", "node", "assignment", "season", "node_key")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of field_configs whose site may be changed."""
    copy = tmp_path / "field_configs"
    for name in ("regions", "crops", "boards", "sites"):
        shutil.copytree(ROOT / name, copy / name)
    return copy


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "sites" / "demo.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def without_node(folder: Path, name: str) -> None:
    """Delete a node's table from the site."""
    path = folder / "sites" / "demo.toml"
    tables = re.split(r"(?=^\[\[)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    kept = [table for table in tables if not table.startswith(f'[[nodes]]\nid = "{name}"\n')]
    assert len(kept) == len(tables) - 1
    path.write_text("".join(kept), encoding="utf-8")


def everything(conn: db.Connection) -> dict[str, list[tuple[Any, ...]]]:
    tables = (*PLACES, "registry_import", "registry_version")
    return {table: rows(conn, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables}


def test_a_first_import_says_what_is_new(dsn: str) -> None:
    lines = run(sites, "import", NONGQING_DSN=dsn).output.splitlines()
    assert lines[0].startswith("demo: ")
    assert "new: village py-bagongqiao" in lines
    assert sum(line.startswith("new: node ") for line in lines) == 6
    assert sum(line.startswith("new: placement ") for line in lines) == commands.SHOWN
    assert "new: 26 more like this; --json names them all" in lines
    again = run(sites, "import", NONGQING_DSN=dsn).output.splitlines()
    assert again == [lines[0], "the registry holds all of this already"]


def test_a_dry_run_says_the_same_and_does_nothing(
    dsn: str, registered: db.Connection, folder: Path
) -> None:
    change(folder, 'en = "East field 1"', 'en = "Far field 1"')
    without_node(folder, "qf-001")
    before = everything(registered)
    dry = run(sites, "import", str(folder), "--dry-run", NONGQING_DSN=dsn)
    assert dry.exit_code == 0, dry.output
    assert everything(registered) == before
    done = run(sites, "import", str(folder), NONGQING_DSN=dsn)
    assert dry.output == (
        done.output + "nothing was changed; run it without --dry-run to take this in\n"
    )
    assert everything(registered) != before


def test_what_is_changed_and_gone_is_named_and_nothing_is_deleted(
    dsn: str, registered: db.Connection, configs: Configs, folder: Path
) -> None:
    enrol(registered, "qf-001")
    change(folder, 'en = "East field 1"', 'en = "Far field 1"')
    without_node(folder, "qf-001")
    before = everything(registered)
    lines = run(sites, "import", str(folder), NONGQING_DSN=dsn).output.splitlines()[1:]
    assert lines == [
        "changed: field qf-liuge-1: en: East field 1 -> Far field 1",
        "not in the file: node qf-001",
        "what is not in the file stays in the registry",
        "a node that is not in the file is still listened to; to take it away: "
        "nongqing node revoke qf-001",
    ]
    after = everything(registered)
    for table in set(PLACES) - {"field"}:
        assert after[table] == before[table], table
    assert len(after["field"]) == len(before["field"])


def test_a_successor_is_said_to_take_over(
    dsn: str, registered: db.Connection, folder: Path
) -> None:
    change(folder, NODE, '[[nodes]]\nid = "qf-901"\n')
    output = run(sites, "import", str(folder), NONGQING_DSN=dsn).output
    assert "new: node qf-901" in output
    assert "not in the file: node qf-001" in output
    assert (
        "handed over: placement qf-liuge-1-t: served by qf-901 channel 0 from now on, until now "
        "by qf-001 channel 0" in output
    )


def test_a_revoked_node_that_is_declared_is_named(
    dsn: str, registered: db.Connection, folder: Path
) -> None:
    enrol(registered, "qf-001")
    with registered:
        registry.revoke(registered, "qf-001", reason="stolen", by="Li", at=NOW)
    output = run(sites, "import", NONGQING_DSN=dsn).output
    line = "node qf-001 is declared, but was revoked; it stays so until it is enrolled again"
    assert line in output
    found = json.loads(run(sites, "import", "--json", NONGQING_DSN=dsn).output)
    assert found["revoked"] == ["qf-001"]
    with registered:
        assert registry.key(registered, MASTER, "qf-001") is None


def test_json_names_every_record(dsn: str, registered: db.Connection, folder: Path) -> None:
    change(folder, 'en = "East field 1"', 'en = "Far field 1"')
    change(folder, NODE, '[[nodes]]\nid = "qf-901"\n')
    arguments = ["import", str(folder), "--dry-run", "--json"]
    found = json.loads(run(sites, *arguments, NONGQING_DSN=dsn).output)
    assert (found["nodes"], found["dry_run"]) == (6, True)
    assert found["new"]["nodes"] == ["qf-901"]
    assert found["gone"]["nodes"] == ["qf-001"]
    assert found["changed"]["fields"] == {"qf-liuge-1": ["en: East field 1 -> Far field 1"]}
    assert len(found["handed_over"]) == 6


# Export --------------------------------------------------------------------------------------


def same_but_types(one: Configs, other: Configs) -> bool:
    kinds = ("villages", "fields", "placements", "nodes")
    return all(getattr(one, kind) == getattr(other, kind) for kind in kinds) and (
        set(one.seasons) == set(other.seasons)
        and set(one.stage_observations) == set(other.stage_observations)
    )


def test_the_demonstration_comes_back_as_it_was_declared(
    dsn: str, registered: db.Connection, configs: Configs, tmp_path: Path, postgres: Any
) -> None:
    path = tmp_path / "puyang.toml"
    done = run(sites, "export", str(path), NONGQING_DSN=dsn)
    assert (done.exit_code, done.output) == (0, f"{path}: 3 villages, 6 nodes\n")
    assert same_but_types(load(site=path), configs)
    here = run(sites, "import", str(path), "--dry-run", NONGQING_DSN=dsn).output.splitlines()
    assert here[1] == "the registry holds all of this already"
    elsewhere = postgres.create("nongqing_template")
    assert run(sites, "import", str(path), NONGQING_DSN=elsewhere).exit_code == 0
    conn = db.connect(elsewhere)
    with conn:
        assert same_but_types(site_store.read_site(conn), configs)
    conn.close()


def test_a_registry_with_a_history_comes_back_as_it_stands(
    dsn: str, registered: db.Connection, configs: Configs, folder: Path
) -> None:
    """A moved channel, a removed one, a successor, a revoked node, a relay crop, a harvest."""
    first, second, third, *_ = sorted(configs.nodes)
    enrol(registered, third)
    moved = replace(configs.nodes[first], id="successor")
    fewer = dict(list(configs.nodes[second].channels.items())[:-1])
    season = configs.seasons[0]
    harvested = replace(season, harvested=season.sown + timedelta(days=240))
    relay = replace(season, crop="summer_maize", sown=season.sown + timedelta(230), relay=True)
    with registered:
        rest = {k: v for k, v in configs.nodes.items() if k not in (first, second)}
        nodes = {**rest, "successor": moved, second: replace(configs.nodes[second], channels=fewer)}
        site = replace(configs, nodes=nodes, seasons=(harvested, *configs.seasons[1:], relay))
        registry.import_configs(registered, site, NOW)
        registry.revoke(registered, third, reason="stolen", by="Li", at=NOW)
        held = site_store.read_site(registered)
    done = run(sites, "export", str(folder), "--site", "later", NONGQING_DSN=dsn)
    assert (done.exit_code, done.output) == (
        0,
        f"{folder}/sites/later.toml: 3 villages, 7 nodes\n",
    )
    again = load(folder, "later")
    assert same_but_types(again, held)
    assert again.nodes[first].channels == {}
    assert again.nodes["successor"].channels == configs.nodes[first].channels
    assert {relay, harvested} <= set(again.seasons)
    with registered:
        changes = site_store.planned(registered, again)
    assert not changes.new()
    assert not changes.changed()
    assert not changes.hand_overs


def test_what_a_site_may_not_declare_is_named(
    dsn: str, registered: db.Connection, configs: Configs, tmp_path: Path
) -> None:
    """A corrected sowing day stands beside the one before it: the registry deletes nothing."""
    season = configs.seasons[0]
    corrected = replace(season, sown=season.sown + timedelta(days=3))
    with registered:
        site = replace(configs, seasons=(corrected, *configs.seasons[1:]))
        registry.import_configs(registered, site, NOW)
    path = tmp_path / "puyang.toml"
    done = run(sites, "export", str(path), NONGQING_DSN=dsn)
    assert done.exit_code == 1
    assert f"{path}: written, but it does not load; mend it there and import it:" in done.output
    assert f"seasons[{season.field}].sown: {season.crop} sown {corrected.sown} overlaps" in (
        done.output
    )
    assert path.exists()


def test_an_export_replaces_nothing_unasked(
    dsn: str, registered: db.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "puyang.toml"
    path.write_text("# mine", encoding="utf-8")
    refused = run(sites, "export", str(path), NONGQING_DSN=dsn)
    assert refused.exit_code == 1
    assert f"{path}: is there already; --force replaces it" in refused.output
    assert path.read_text(encoding="utf-8") == "# mine"
    assert run(sites, "export", str(path), "--force", NONGQING_DSN=dsn).exit_code == 0
    assert path.read_text(encoding="utf-8") != "# mine"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nowhere/puyang.toml", "its folder does not exist; make it first"),
        ("plain", "holds no folder sites/; name a folder laid out like field_configs, or a file"),
        ("full.toml", "cannot be written (Is a directory); name a place where it can"),
    ],
)
def test_an_export_names_a_place_that_will_not_do(
    dsn: str, registered: db.Connection, tmp_path: Path, target: str, message: str
) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "full.toml").mkdir()
    done = run(sites, "export", str(tmp_path / target), "--force", NONGQING_DSN=dsn)
    assert done.exit_code == 1
    assert f"Error: {tmp_path / target}: {message}" in done.output


def test_a_merged_village_gives_its_fields_to_the_other(
    dsn: str, registered: db.Connection
) -> None:
    said = run(
        sites, "merge", "qf-liuge", "qf-mazhuangqiao", "--reason", "one", NONGQING_DSN=dsn
    ).output.splitlines()
    assert said[0] == "qf-liuge is part of qf-mazhuangqiao now: 2 fields and 0 rights moved"
    assert "put these fields under the new village" in said[1]
    assert "qf-liuge" not in {each.id for each in registry.villages(registered)}
    assert {f.village for f in registry.fields(registered)} == {"qf-mazhuangqiao", "py-bagongqiao"}
    again = run(sites, "merge", "qf-liuge", "qf-mazhuangqiao", "--reason", "one", NONGQING_DSN=dsn)
    assert again.exit_code == 1
    assert "village qf-liuge: is part of qf-mazhuangqiao already; name that" in again.output
    assert rows(registered, "SELECT object FROM audit_entry WHERE action = 'village_merged'") == [
        ("qf-liuge",)
    ]


def test_the_whole_list_of_a_city_is_taken_in_and_changes_nothing_that_is_there(
    dsn: str, registered: db.Connection
) -> None:
    before = rows(registered, "SELECT * FROM village ORDER BY id")
    done = run(sites, "villages", NONGQING_DSN=dsn)
    assert (done.exit_code, done.output) == (0, "puyang: 3197 villages listed, 3197 of them new\n")
    again = run(sites, "villages", NONGQING_DSN=dsn)
    assert again.output == "puyang: 3197 villages listed, 0 of them new\n"
    after = rows(registered, "SELECT * FROM village ORDER BY id")
    assert [row for row in after if row in before] == before
    assert len(after) == len(before) + 3197
    registered.rollback()
    wrong = run(sites, "villages", "--region", "nowhere", NONGQING_DSN=dsn)
    assert wrong.exit_code == 2
    assert "there is no list of villages of a region nowhere" in wrong.output


def test_villages_without_a_position_survive_an_export(
    dsn: str, registered: db.Connection, tmp_path: Path
) -> None:
    run(sites, "villages", NONGQING_DSN=dsn)
    path = tmp_path / "puyang.toml"
    assert run(sites, "export", str(path), NONGQING_DSN=dsn).exit_code == 0
    assert load(site=path).villages == site_store.read_site(registered).villages
