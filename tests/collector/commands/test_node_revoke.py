"""The command `node revoke`, against a real registry."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

import nongqing
from collector.jobs.context import Context
from collector.jobs.devices import look_after_devices
from collector.keys import load_or_make_master_key
from collector.store import items
from collector.store.network import registry
from tests.collector.conftest import NOW

if TYPE_CHECKING:
    from collector.store.postgres import db
    from collector.store.postgres.db import Pool
    from field_configs.schema import Configs

WHY = ("--reason", "stolen", "--by", "Li")


@pytest.fixture
def node(configs: Configs) -> str:
    return sorted(configs.nodes)[0]


@pytest.fixture
def run(dsn: str, registered: db.Connection, tmp_path: Path) -> Any:
    load_or_make_master_key(tmp_path)

    def invoke(*arguments: str, answer: str | None = None) -> Result:
        env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": str(tmp_path)}
        return CliRunner().invoke(nongqing.main, ["node", *arguments], env=env, input=answer)

    return invoke


@pytest.fixture
def enroll(run: Any, node: str, tmp_path: Path) -> Any:
    def again(*more: str) -> Result:
        out = str(tmp_path / "node.json")
        return run("enroll", node, "--broker", "mqtt://b", "--out", out, *more)

    assert again().exit_code == 0
    return again


def listed(run: Any, node: str) -> dict[str, Any]:
    (found,) = [row for row in json.loads(run("list", "--json").output) if row["id"] == node]
    return found


def test_it_asks_and_does_nothing_without_a_yes(run: Any, enroll: Any, node: str) -> None:
    for answer in ("n\n", ""):
        result = run("revoke", node, *WHY, answer=answer)
        assert result.exit_code == 1
        assert f"{node} in " in result.output
        assert "refuse it, its unsent frames included? [y/N]" in result.output
        assert f"Error: {node}: not revoked, nothing changed; --yes does not ask" in (result.output)
    assert listed(run, node)["revoked"] is None


@pytest.mark.parametrize("how", [{"answer": "y\n"}, {"more": "--yes"}])
def test_a_revoked_node_is_shown_and_needs_a_word_to_come_back(
    run: Any, enroll: Any, node: str, how: dict[str, str]
) -> None:
    more = [how["more"]] if "more" in how else []
    result = run("revoke", node, *WHY, *more, answer=how.get("answer"))
    assert result.exit_code == 0, result.output
    assert f"{node}: revoked, 1 of its keys; collectors refuse it from now on" in result.output
    row = listed(run, node)
    assert row["epoch"] is None
    assert row["revoked"] is not None
    line = next(x for x in run("list").output.splitlines() if x.startswith(node))
    assert line.split()[3] == "-"
    assert f"revoked {row['revoked'][:10]}" in line

    again = run("revoke", node, *WHY)
    assert (again.exit_code, "was revoked on" in again.output) == (0, True)

    refused = enroll()
    assert refused.exit_code == 1
    assert "by Li (stolen); if the device is in good hands again" in refused.output
    assert listed(run, node)["epoch"] is None
    assert enroll("--after-revocation").exit_code == 0
    assert (listed(run, node)["epoch"], listed(run, node)["revoked"]) == (2, None)


def test_there_must_be_a_node_and_a_key(run: Any, configs: Configs) -> None:
    unknown = run("revoke", "nowhere", *WHY, "--yes")
    assert unknown.exit_code == 1
    assert "node nowhere: not in the registry; it has" in unknown.output
    other = sorted(configs.nodes)[1]
    keyless = run("revoke", other, *WHY, "--yes")
    assert keyless.exit_code == 1
    assert f"node {other}: has no key, so there is nothing to revoke" in keyless.output


@pytest.mark.parametrize("missing", [("--by", "Li"), ("--reason", "stolen")])
def test_who_and_why_are_wanted(run: Any, node: str, missing: tuple[str, str]) -> None:
    assert run("revoke", node, *missing).exit_code == 2


def test_a_revoked_node_is_no_silent_one(
    run: Any, enroll: Any, node: str, registered: db.Connection, pool: Pool
) -> None:
    """Nobody drives to a field to look for a device that was taken away."""
    later = Context(pool, NOW + timedelta(days=10_000))
    look_after_devices(later)
    with registered:
        assert [item.event.kind for item in items.open_items(registered)] == ["silent_node"]
    run("revoke", node, *WHY, "--yes")
    with registered:
        assert registry.nodes(registered, node)[0].revoked is not None
    look_after_devices(later)
    with registered:
        assert items.open_items(registered) == []
