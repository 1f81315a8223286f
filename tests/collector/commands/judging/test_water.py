"""`nongqing water`: computed, told in lines and as JSON; what is not there is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from collector.commands.judging.water import water_group
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import FixedClock
from tests.webapp import seed

if TYPE_CHECKING:
    from collector.clock import Clock


class LaterParts(Parts):
    """What the front door hands over, at the time of the tests' small world."""

    def clock(self) -> Clock:
        return FixedClock(seed.NOW)


@pytest.fixture
def dsn(world_dsn: str) -> str:
    return world_dsn


def run(dsn: str, *words: str) -> Any:
    return CliRunner().invoke(water_group, words, obj=LaterParts({"NONGQING_DSN": dsn}))


def test_accounts_are_computed_and_told(dsn: str):
    empty = run(dsn, "status")
    assert (empty.exit_code, empty.output) == (
        1, "no water accounts yet; compute them with: nongqing water run\n"
    )  # fmt: skip
    missing = run(dsn, "show", "qf-liuge-1")
    assert missing.exit_code == 1
    assert "qf-liuge-1: no water account yet; compute it with" in missing.output
    unknown = run(dsn, "show", "nowhere")
    assert unknown.exit_code == 2
    assert 'no field "nowhere" in the registry' in unknown.output

    done = run(dsn, "run")
    assert done.exit_code == 0
    assert "qf-liuge-2           now           75 mm 2016-05-08 to 2016-05-09" in done.output
    assert json.loads(run(dsn, "status", "--json").output)["now"]["fields"] == 1
    assert "now              1 fields, computed 2016-05-08 06:20 UTC" in run(dsn, "status").output
    shown = run(dsn, "show", "qf-liuge-2")
    assert "in_parts: most 75, lacking " in shown.output
    told = json.loads(run(dsn, "show", "qf-liuge-2", "--json").output)
    assert told["level"] == "now"
    assert len(told["days"]["middle"]) == 68


def test_without_fields_that_is_said(dsn: str, conn: Any):
    with conn, conn.cursor() as cur:
        cur.execute("UPDATE field SET kind = 'depot', private = true")
    found = run(dsn, "run")
    assert found.exit_code == 1
    assert "no fields: bring a site in with: nongqing sites import" in found.output
