"""The command `trace subscriptions`, with deliveries that were and were not taken."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

import nongqing
from collector.store.postgres import db
from collector.store.trace import callbacks, parties, subscriptions, trace_asked
from collector.store.trace.subscriptions import Wanted
from tests.collector.conftest import NOW
from tests.collector.jobs.test_trace_callbacks import capture

HOURLY = {"minute": "5"}


@pytest.fixture
def run(dsn: str, tmp_path: Any) -> Any:
    env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": str(tmp_path)}

    def invoke(*arguments: str) -> Result:
        called = ["trace", "subscriptions", *arguments]
        return CliRunner().invoke(nongqing.main, called, env=env)

    return invoke


def subscribe(conn: db.Connection, party: str, dest: str, **more: Any) -> str:
    parties.make_token(conn, party, party.title(), NOW)
    trace_asked.put_named(conn, party, "mine", {}, NOW)
    given = {"token": "hush", "schedule": None, **more}
    wanted = Wanted(
        "mine", dest, given["token"], "Never_Translates", None, given["schedule"], False
    )
    return subscriptions.add(conn, party, wanted, NOW)


def claimed(conn: db.Connection, name: str, at: Any) -> callbacks.Batch:
    found = callbacks.claim(conn, name, at, at)
    assert found is not None
    return found


def test_none_and_a_party_of_no_name(run: Any) -> None:
    assert (run().exit_code, run().output) == (0, "no subscriptions\n")
    wrong = run("--party", "nobody")
    assert wrong.exit_code == 2
    assert '"nobody": no such party; see: nongqing trace parties' in wrong.output


def test_what_was_taken_what_failed_and_what_comes_next(conn: db.Connection, run: Any) -> None:
    secret = "https://user@hooks.example.com:8443/in/5ecret?key=5ecret"
    with conn:
        failing = subscribe(conn, "carrier", secret)
        well = subscribe(conn, "packer", "https://other.example.com/x", schedule=HOURLY)
        capture(conn, "carrier", 1, at=NOW)
    later = NOW + timedelta(minutes=1)
    with conn:
        callbacks.failed(conn, claimed(conn, failing, NOW), "answered 500", NOW)
    done = run()
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "carrier  mine  hooks.example.com:8443  failing; nothing taken yet; "
        "failed 2016-05-01 12:00: answered 500; 1 in a row; next 2016-05-01 12:00",
        "packer  mine  other.example.com  active; nothing taken yet; next 2016-05-01 12:05",
    ]
    assert "5ecret" not in run("--json").output
    assert "hush" not in run("--json").output
    with conn:
        callbacks.taken(conn, claimed(conn, failing, later), later)
    (one, other) = json.loads(run("--json").output)
    assert one == {
        "id": failing,
        "party": "carrier",
        "query": "mine",
        "host": "hooks.example.com:8443",
        "state": "active",
        "how": "stream",
        "failures": 0,
        "why": "answered 500",
        "made": "2016-05-01T12:00:00Z",
        "last_success": "2016-05-01T12:01:00Z",
        "last_failure": "2016-05-01T12:00:00Z",
        "failing_since": None,
        "next": None,
        "given_up": None,
    }
    assert (other["id"], other["how"], other["next"]) == (well, "schedule", "2016-05-01T12:05:00Z")
    done = run("--party", "carrier")
    assert done.exit_code == 0
    assert done.output == (
        "carrier  mine  hooks.example.com:8443  active; taken 2016-05-01 12:01; "
        "failed 2016-05-01 12:00: answered 500; next as it comes\n"
    )
    assert run("--failing").output == "no subscriptions\n"


def test_who_was_given_up_comes_never(conn: db.Connection, run: Any) -> None:
    with conn:
        name = subscribe(conn, "carrier", "https://hooks.example.com/")
        capture(conn, "carrier", 1, at=NOW)
    at = NOW
    for _ in range(2):
        with conn:
            callbacks.failed(conn, claimed(conn, name, at), "no answer", at)
        at += callbacks.GIVE_UP
    done = run("--failing")
    assert done.exit_code == 1
    assert "given up; nothing taken yet; failed 2016-05-04 12:00: no answer; 2 in a row\n" in (
        done.output
    )
    (told,) = json.loads(run("--json").output)
    assert (told["state"], told["next"], told["given_up"]) == (
        "given up",
        None,
        "2016-05-04T12:00:00Z",
    )
