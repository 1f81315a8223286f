"""How the database is, as an operator asks it."""

from __future__ import annotations

import json
import re

from click.testing import CliRunner

from collector.commands.db import db as db_commands
from collector.ingest import intake
from collector.ingest.known_nodes import read_known_nodes
from collector.store.postgres import db
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import MASTER, NOW, Bench


def status(dsn: str, *options: str) -> str:
    done = CliRunner().invoke(db_commands, ["status", *options], obj=Parts({"NONGQING_DSN": dsn}))
    assert done.exit_code == 0, done.output
    return done.output


def take(conn: db.Connection, *messages: object) -> None:
    with conn:
        known = read_known_nodes(conn, MASTER)
        intake.take(conn, known, messages, NOW)  # type: ignore[arg-type]
    with conn:
        intake.advance(conn, known_boots(conn))


def known_boots(conn: db.Connection) -> list[intake.BootId]:
    with conn.cursor() as cur:
        cur.execute("SELECT DISTINCT node, epoch, boot FROM frame")
        return [intake.BootId(*row) for row in cur.fetchall()]


def test_an_empty_database_has_nothing_to_tell(dsn: str) -> None:
    said = status(dsn)
    assert "last heard a node: never" in said
    assert "hours to be rolled up: 0\n" in said
    assert "frames missing before later ones: 0\n" in said


def test_sizes_waits_and_gaps_are_told(registered: db.Connection, dsn: str, bench: Bench) -> None:
    messages = bench.hours(9)
    lost = bench.event("lost", [1, 3, 4])
    take(registered, messages[0], messages[2], messages[6], messages[8], lost)
    with registered, registered.cursor() as cur:
        cur.execute("ANALYZE")
    said = status(dsn)
    assert f"last heard a node: {NOW}" in said
    assert "frames missing before later ones: 3\n" in said
    assert f"  {bench.key.node}, key 1, boot 1: 3 from 1 to 8\n" in said
    assert re.search(r"hours to be rolled up: 2\d, the oldest of 2016-05-01 0", said)
    assert "  reading, " in said
    assert " bytes a row\n" in said
    told = json.loads(status(dsn, "--json"))
    assert [gap["missing"] for gap in told["gaps"]] == [3]
    assert {one["table"]: one["rows"] for one in told["tables"]}["reading"] == 4 * 36
    assert "reading_201604" not in {one["table"] for one in told["tables"]}


def test_a_gap_that_is_filled_is_none(registered: db.Connection, dsn: str, bench: Bench) -> None:
    messages = bench.hours(3)
    take(registered, messages[0], messages[2])
    assert "boot 1: 1 from 1 to 2" in status(dsn)
    take(registered, messages[1])
    assert "frames missing before later ones: 0\n" in status(dsn)
