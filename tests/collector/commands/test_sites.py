"""The commands `sites`, as a user types them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from collector.commands import sites as commands
from collector.commands.sites import sites
from collector.store import db, registry
from field_configs.load import ROOT
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
        "gone: node qf-001",
        "what is gone from the file stays in the registry",
        "a node that is gone from the file is still listened to; take it away with: "
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
    assert "gone: node qf-001" in output
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
