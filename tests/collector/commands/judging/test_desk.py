"""The mapping to colours from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner, Result

from collector.commands.judging.desk import desk_group
from collector.store import audit, settings_table
from collector.store.bureau.desk import COLOURS_KEY
from tests.collector.commands.test_services import Parts

if TYPE_CHECKING:
    from collector.store.postgres import db


def run(dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(desk_group, list(arguments), obj=Parts({"NONGQING_DSN": dsn}))


def test_colours_are_shown_set_and_brought_back(dsn: str, conn: db.Connection) -> None:
    assert "red      from status 4 in 30% of villages on" in run(dsn, "colours").output
    changed = run(dsn, "colours", '{"blue": [3, 0], "red": [4, 0.5]}')
    assert changed.exit_code == 0
    assert changed.output.splitlines() == [
        "blue     from status 3 in 0% of villages on",
        "red      from status 4 in 50% of villages on",
    ]
    assert "30%" in run(dsn, "colours", "").output
    with conn:
        told = [each.action for each in audit.entries(conn)]
    assert told == ["colours_changed", "colours_changed"]


def test_a_mapping_that_cannot_be_read_is_not_kept(dsn: str, conn: db.Connection) -> None:
    refused = run(dsn, "colours", '{"green": [3, 0]}')
    assert refused.exit_code != 0
    assert '"green" is none of blue, yellow, orange, red' in refused.output
    with conn:
        assert settings_table.get(conn, COLOURS_KEY) is None
