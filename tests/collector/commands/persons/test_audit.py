"""The commands `audit`, the job that keeps heads, and the entries that other commands leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

import nongqing
from collector.audit.chain import ACTIONS
from collector.audit.heads import HeadFile
from collector.commands.actor import by_command, user
from collector.commands.network.enrolment import StoreRegistry
from collector.jobs.audit_head import keep_head
from collector.jobs.context import Context
from collector.settings import Settings
from collector.store import audit, items
from collector.store.items import Found
from collector.store.postgres.db import Pool
from field_configs.events import event, sentence
from field_configs.words import Words
from tests.collector.conftest import NOW
from tests.collector.store.test_audit import rewrite, tamper, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store.postgres import db

    Run = Callable[..., Result]


@pytest.fixture
def env(dsn: str, tmp_path: Path) -> dict[str, str]:
    return {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": str(tmp_path)}


@pytest.fixture
def run(env: dict[str, str]) -> Run:
    def invoke(*arguments: str, **more: str) -> Result:
        return CliRunner().invoke(nongqing.main, list(arguments), env=env | more)

    return invoke


@pytest.fixture
def job(env: dict[str, str], pool: Pool) -> Any:
    return lambda **more: keep_head(Context(pool, NOW, Settings.from_env(env | more)))


def test_a_whole_log_is_proved(run: Run, conn: db.Connection, tmp_path: Path) -> None:
    empty = run("audit", "verify")
    assert (empty.exit_code, empty.output.splitlines()) == (
        0,
        [f"the audit log is whole: 0 entries, 0 heads agree ({tmp_path / 'audit.head'})"],
    )
    write(conn, 3)
    first = run("audit", "verify")
    assert first.exit_code == 0
    assert "no head vouches for entries 1 to 3" in first.output
    head = run("audit", "head")
    assert head.exit_code == 0
    assert head.output.startswith("3 ")
    assert (tmp_path / "audit.head").read_text() == head.output
    write(conn, 1)
    ahead = run("audit", "verify")
    assert "whole: 4 entries, 1 heads agree" in ahead.output
    assert "no head vouches for entries 4 to 4" in ahead.output
    run("audit", "head")
    assert "no head" not in run("audit", "verify").output
    assert json.loads(run("audit", "verify", "--json").output) == {
        "entries": 4,
        "heads": 2,
        "covered": 4,
        "fault": None,
        "whole": True,
    }


def test_what_is_wrong_is_named_with_exit_code_1(run: Run, conn: db.Connection) -> None:
    write(conn, 6)
    run("audit", "head")
    tamper(conn, "UPDATE audit_entry SET actor = 'x' WHERE number = 3")
    found = run("audit", "verify")
    assert found.exit_code == 1
    assert "entries 3 to 3: it does not have the content that it was written with" in found.output
    values = json.loads(run("audit", "verify", "--json").output)
    assert (values["whole"], values["fault"]) == (False, {"kind": "changed", "first": 3, "last": 3})


def test_a_restored_older_dump_is_found_and_begun_again(
    run: Run, conn: db.Connection, tmp_path: Path
) -> None:
    write(conn, 6)
    run("audit", "head")
    tamper(conn, "DELETE FROM audit_entry WHERE number > 4")
    found = run("audit", "verify")
    assert (found.exit_code, "entries 5 to 6: they are missing at the end" in found.output) == (
        1,
        1,
    )
    assert "missing at the end" in run("audit", "head").output
    assert run("audit", "head").exit_code == 1
    write(conn, 5)  # life goes on, under numbers that the head knows with another content
    assert "entries 1 to 6: their content is not" in run("audit", "verify").output
    assert run("audit", "head").exit_code == 1
    done = run("audit", "begin-again", "--by", "Li", "--reason", "restored")
    assert done.exit_code == 0
    (aside,) = tmp_path.glob("audit.head.*")
    assert f"begins with head 10; the old one is {aside}" in done.output
    assert run("audit", "verify").exit_code == 0
    assert run("audit", "verify", "--head", str(aside)).exit_code == 1
    told = audit.entries(conn)[0]
    assert told.action == "log_begun_again"
    assert told.detail["reason"] == "restored"
    assert told.detail["given_up"] == aside.read_text().strip()


def test_a_head_kept_elsewhere_finds_what_all_here_hides(
    run: Run, conn: db.Connection, tmp_path: Path
) -> None:
    write(conn, 6)
    paper = tmp_path / "paper"
    paper.write_text(run("audit", "head").output)
    tamper(conn, "DELETE FROM audit_entry WHERE number = 5")
    rewrite(conn, 5)
    (tmp_path / "audit.head").unlink()
    assert run("audit", "verify").exit_code == 0
    found = run("audit", "verify", "--head", str(paper))
    assert (found.exit_code, "entries 6 to 6: they are missing at the end" in found.output) == (
        1,
        1,
    )


def test_used_wrongly(run: Run, tmp_path: Path, conn: db.Connection) -> None:
    missing = run("audit", "verify", "--head", str(tmp_path / "none"))
    assert (missing.exit_code, "No such file" in missing.output) == (2, True)
    assert run("audit", "verify", "--heads").exit_code == 2
    assert run("audit", "verify", NONGQING_DSN="").exit_code == 2
    keyless = run("audit", "verify", NONGQING_AUDIT_KEY=str(tmp_path / "key"))
    assert (keyless.exit_code, "NONGQING_AUDIT_KEY" in keyless.output) == (2, True)
    broken = tmp_path / "audit.head"
    broken.write_text("no head\n")
    found = run("audit", "verify")
    assert (found.exit_code, "is no head of an audit log" in found.output) == (1, True)
    broken.unlink()
    assert "the audit log is empty" in run("audit", "head").output
    again = run("audit", "begin-again", "--by", "Li", "--reason", "x")
    assert (again.exit_code, "audit.head: cannot be used" in again.output) == (2, True)
    assert audit.entries(conn) == []


def test_the_head_lies_where_the_settings_say_sealed_with_their_key(
    run: Run, conn: db.Connection, tmp_path: Path
) -> None:
    write(conn, 2)
    key = tmp_path / "key"
    key.write_text("0123456789" * 4)
    key.chmod(0o600)
    more = {"NONGQING_AUDIT_HEAD": str(tmp_path / "elsewhere"), "NONGQING_AUDIT_KEY": str(key)}
    head = run("audit", "head", **more)
    assert head.exit_code == 0
    assert (tmp_path / "elsewhere").read_text() == head.output
    assert len(head.output.split()) == 4
    assert run("audit", "verify", **more).exit_code == 0
    (tmp_path / "elsewhere").write_text(" ".join(head.output.split()[:3]) + "\n")
    forged = run("audit", "verify", **more)
    assert (forged.exit_code, "was not written with the key" in forged.output) == (1, True)


def test_the_job_keeps_heads_and_says_when_the_log_is_broken(
    job: Any, conn: db.Connection, tmp_path: Path
) -> None:
    file = HeadFile(tmp_path / "audit.head")
    assert job() == event("audit_kept", entries=0)
    assert not file.path.exists()
    heads = write(conn, 3)
    assert job() == event("audit_kept", entries=3)
    heads += write(conn, 2)
    assert job() == job() == event("audit_kept", entries=5)
    assert [head.number for head in file.read()] == [3, 5]
    write(conn, 2)
    tamper(conn, "UPDATE audit_entry SET actor = 'x' WHERE number = 6")
    said = event("audit_broken", fault="changed", first=6, last=6)
    assert job() == said
    assert [head.number for head in file.read()] == [3, 5]
    with conn:
        assert [item.event for item in items.open_items(conn)] == [said]


@pytest.mark.parametrize(
    ("what", "fault"),
    [
        ("DELETE FROM audit_entry WHERE number > 3", ("cut", 4, 5)),
        ("TRUNCATE audit_entry", ("cut", 1, 5)),
        ("UPDATE audit_entry SET digest = sha256('x') WHERE number = 5", ("rewritten", 1, 5)),
    ],
)
def test_the_job_finds_that_the_log_is_behind_its_head(
    job: Any, conn: db.Connection, what: str, fault: tuple[str, int, int]
) -> None:
    write(conn, 5)
    job()
    tamper(conn, what)
    assert job() == event("audit_broken", fault=fault[0], first=fault[1], last=fault[2])


def test_the_job_says_when_the_file_of_heads_cannot_be_used(
    job: Any, conn: db.Connection, tmp_path: Path
) -> None:
    write(conn, 2)
    (tmp_path / "audit.head").write_text("somebody else was here\n")
    assert "is no head of an audit log" in str(job())
    assert (tmp_path / "audit.head").read_text() == "somebody else was here\n"
    nowhere = str(tmp_path / "no" / "folder")
    assert "No such file" in str(job(NONGQING_AUDIT_HEAD=nowhere))
    assert "NONGQING_AUDIT_KEY" in str(job(NONGQING_AUDIT_KEY=nowhere))
    with conn:
        (item,) = items.open_items(conn)
    assert (item.event.kind, item.count) == ("audit_unkept", 3)
    chinese = sentence(item.event, Words.load("zh_CN"))
    assert chinese.startswith("审计日志的末条无法保存到数据库之外")


def test_without_settings_the_job_looks_and_keeps_nothing(pool: Pool, conn: db.Connection) -> None:
    write(conn, 2)
    assert keep_head(Context(pool, NOW)) == event("audit_kept", entries=2)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_fault_is_said_in_both_languages(language: str) -> None:
    said = sentence(event("audit_broken", fault="cut", first=4, last=5), Words.load(language))
    assert "docs/audit.md" in said
    assert ("末尾缺失" if language == "zh_CN" else "missing at the end") in said


def test_the_list_names_who_did_what(run: Run, conn: db.Connection) -> None:
    nothing = run("audit", "list")
    assert (nothing.exit_code, nothing.output) == (1, "no entry like this\n")
    with conn:
        found = Found(event("silent_node", node="qf-001", seen=NOW), "qf-001", "qf-001")
        items.raise_items(conn, [found], NOW)
        number = str(items.open_items(conn)[0].id)
    assert run("items", "seen", number, "--by", "Li").exit_code == 0
    assert run("items", "close", number, "--by", "Wang", "--note", "done").exit_code == 0
    assert run("items", "close", "99", "--by", "Wang").exit_code == 1
    listed = run("audit", "list").output.splitlines()
    assert len(listed) == 2
    assert f"{by_command('items close')}  item_closed  {number}" in listed[0]
    assert "\x1b" not in listed[0]
    one = json.loads(run("audit", "list", "--json", "--action", "item_seen").output)
    assert [(each["actor"], each["object"], each["detail"]) for each in one] == [
        (by_command("items seen"), number, {"by": "Li"})
    ]
    assert run("audit", "list", "--since", "2100-01-01T00:00Z").exit_code == 1
    assert run("audit", "list", "--action", "hit").exit_code == 2
    assert (
        f"system:{user()}@items close"
        in run("audit", "list", "--actor", by_command("items close")).output
    )


def test_what_commands_change_is_in_the_log(
    run: Run, registered: db.Connection, tmp_path: Path
) -> None:
    """Each of these leaves one entry, in this order."""
    station = tmp_path / "weather.csv"
    station.write_text(
        "time,place,longitude,latitude,air_temperature\n2016-05-01T00:00Z,s1,115,35.7,20\n"
    )
    steps = {
        "node_enrolled": ("node", "enroll", "qf-001", "--broker", "mqtt://b", "--out",
                          str(tmp_path / "node.json")),
        "node_told": ("node", "tell", "send", "qf-001", "--by", "Li"),
        "node_revoked": ("node", "revoke", "qf-001", "--reason", "stolen", "--by", "Li", "--yes"),
        "rule_changed": ("risk", "rule", "least_cases", "40", "--by", "Li", "--reason", "few"),
        "site_imported": ("sites", "import", "--site", "demo"),
        "site_exported": ("sites", "export", str(tmp_path / "out.toml")),
        "file_imported": ("import", str(station), "--kind", "observed", "--source", "cma"),
    }  # fmt: skip
    for action, command in steps.items():
        done = run(*command)
        assert done.exit_code == 0, (action, done.output)
    with registered:
        told = audit.entries(registered)[::-1]
    assert [one.action for one in told] == list(steps)
    assert set(steps) <= set(ACTIONS)
    assert [one.object for one in told[:3]] == ["qf-001", "qf-001", "qf-001"]
    assert told[3].detail == {"before": "30", "after": "40", "by": "Li", "reason": "few"}
    assert run("audit", "verify").exit_code == 0
    assert run("sites", "import", "--site", "demo", "--dry-run").exit_code == 0
    assert len(audit.entries(registered)) == len(steps)


def test_who_reads_a_nodes_key_is_in_the_log(
    run: Run, env: dict[str, str], registered: db.Connection, tmp_path: Path
) -> None:
    out = str(tmp_path / "node.json")
    assert run("node", "enroll", "qf-001", "--broker", "mqtt://b", "--out", out).exit_code == 0
    registry = StoreRegistry(Settings.from_env(env))
    assert registry.key("qf-001") is not None
    assert registry.key("qf-002") is None
    with registered:
        told = audit.entries(registered)
    assert [(one.action, one.object, one.detail) for one in told] == [
        ("node_key_read", "qf-001", {"epoch": 1}),
        ("node_enrolled", "qf-001", {"epoch": 1, "after_revocation": False}),
    ]
