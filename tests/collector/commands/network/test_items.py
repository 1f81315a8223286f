"""Maintenance items from the command line: their life from open to closed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from collector.commands.network.items import items as item_commands
from collector.store import items
from collector.store.items import Found, NoSuchItem
from field_configs.events import event
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import NOW

if TYPE_CHECKING:
    from collector.store.postgres import db


def run(dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(item_commands, list(arguments), obj=Parts({"NONGQING_DSN": dsn}))


@pytest.fixture
def one(conn: db.Connection) -> int:
    """An open item; returns its number."""
    with conn:
        silent = event("silent_node", node="qf-001", seen=NOW)
        items.raise_items(conn, [Found(silent, "qf-001", "qf-001")], NOW)
        return items.open_items(conn)[0].id


def test_an_item_is_listed_seen_and_closed(dsn: str, one: int) -> None:
    listed = run(dsn, "list")
    assert listed.exit_code == 0
    assert "open                  node qf-001: last heard 2016-05-01 12:00 UTC" in listed.output
    assert run(dsn, "seen", str(one), "--by", "Li").output == f"item {one}: seen by Li\n"
    assert "seen by Li" in run(dsn, "list").output
    assert run(dsn, "close", str(one), "--by", "Wang", "--note", "new battery").exit_code == 0
    assert (run(dsn, "list").exit_code, run(dsn, "list").output) == (1, "nothing to do\n")
    assert "closed by Wang" in run(dsn, "list", "--closed").output
    assert '"note": "new battery"' in run(dsn, "list", "--closed", "--json").output


@pytest.mark.parametrize("word", ["seen", "close"])
def test_an_item_that_is_not_open_is_named(dsn: str, one: int, word: str) -> None:
    wrong = run(dsn, word, "99", "--by", "Li")
    assert wrong.exit_code == 1
    assert "item 99: no open item has this number; see `nongqing items list`" in wrong.output


def test_what_is_found_again_opens_again_and_what_is_over_closes_itself(
    conn: db.Connection, one: int
) -> None:
    silent = Found(event("silent_node", node="qf-001", seen=None), "qf-001", "qf-001")
    with conn:
        items.raise_items(conn, [silent, silent], NOW + timedelta(hours=1))
        (item,) = items.open_items(conn)
        assert (item.id, item.count, item.event) == (one, 2, silent.event)
        items.close_gone(conn, "silent_node", ["qf-001"], NOW + timedelta(hours=2))
        assert items.open_items(conn) == []
        (closed,) = items.closed_items(conn)
        assert (closed.closed, closed.closed_by) == (NOW + timedelta(hours=2), None)
        with pytest.raises(NoSuchItem):
            items.close(conn, one, "Li", None, NOW)
        items.raise_items(conn, [silent], NOW + timedelta(hours=3))
        assert items.open_items(conn)[0].id != one


def test_an_item_goes_quiet(conn: db.Connection, one: int) -> None:
    with conn:
        assert items.close_quiet(conn, ["silent_node"], NOW, NOW) == 0
        assert items.close_quiet(conn, ["silent_node"], NOW + timedelta(seconds=1), NOW) == 1
        assert items.open_items(conn) == []
