"""The collector's commands, as a user types them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

import nongqing
from collector.clock import Clock
from collector.commands import services
from collector.commands.db import db as db_commands
from collector.commands.judging.risk import risk_run
from collector.commands.network.sites import sites
from collector.keys import load_or_make_master_key
from collector.one_machine.embedded import free_port
from collector.settings import Settings
from collector.store.network import registry
from collector.store.postgres import db
from tests.collector.conftest import NOW, Bench, FixedClock
from tests.paths import ROOT

if TYPE_CHECKING:
    from field_configs.schema import Configs
    from tests.conftest import Server


class Parts:
    """What the front door hands over, from given settings."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    def settings(self) -> Settings:
        return Settings.from_env(self.env)

    def clock(self) -> Clock:
        return FixedClock(NOW)

    @contextmanager
    def store(self) -> Iterator[db.Pool]:
        pool = db.Pool(self.settings().need_dsn())
        yield pool
        pool.close()


def run(command: object, *arguments: str, **env: str) -> Result:
    return CliRunner().invoke(command, list(arguments), obj=Parts(env))


def test_migrate_and_status(postgres: Server) -> None:
    dsn = postgres.create()
    before = run(db_commands, "status", NONGQING_DSN=dsn)
    assert before.exit_code == 1
    assert "pending 0001_backbone; run: nongqing db migrate" in before.output
    done = run(db_commands, "migrate", NONGQING_DSN=dsn)
    assert (done.exit_code, "applied 0001_backbone" in done.output) == (0, True)
    again = run(db_commands, "migrate", "--json", NONGQING_DSN=dsn)
    assert json.loads(again.output) == {"applied": []}
    after = run(db_commands, "status", "--json", NONGQING_DSN=dsn)
    assert after.exit_code == 0
    assert json.loads(after.output)["pending"] == []
    assert "up to date" in run(db_commands, "migrate", NONGQING_DSN=dsn).output


def test_without_an_address_it_was_used_wrongly() -> None:
    result = run(db_commands, "status")
    assert result.exit_code == 2
    assert "NONGQING_DSN is not set" in result.output


def test_a_database_that_is_down_is_named() -> None:
    dsn = f"postgresql://u@127.0.0.1:{free_port()}/fields"
    for result in (
        run(db_commands, "status", NONGQING_DSN=dsn),
        run(db_commands, "migrate", NONGQING_DSN=dsn),
        run(sites, "import", NONGQING_DSN=dsn),
        run(risk_run, NONGQING_DSN=dsn),
    ):
        assert result.exit_code == 1
        assert result.output.startswith("Error: database 127.0.0.1:")
        assert "start it, or point NONGQING_DSN to one that runs" in result.output


def test_a_database_without_a_schema_is_one_line_everywhere(postgres: Server) -> None:
    dsn = postgres.create()
    line = f"Error: database {db.place(dsn)}: the schema is not in place; run `nongqing db migrate`"
    for result in (run(sites, "import", NONGQING_DSN=dsn), run(risk_run, NONGQING_DSN=dsn)):
        assert (result.exit_code, result.output) == (1, line + "\n")


@pytest.mark.parametrize(
    "arguments", [["node", "list"], ["db", "status"], ["sites", "import"], ["jobs"], ["web"]]
)
def test_the_front_door_shows_no_tracebacks(arguments: list[str]) -> None:
    env = {"NONGQING_DSN": "mysql://u:secret@h/x", "NONGQING_BROKER": ""}
    result = CliRunner().invoke(nongqing.main, arguments, env=env)
    assert result.exit_code == 2
    assert result.output.startswith("Error: (unreadable NONGQING_DSN): write postgresql://")
    assert "secret" not in result.output


def test_enrolment_makes_a_key_only_where_none_is_in_use(
    dsn: str, registered: db.Connection, configs: Configs, tmp_path: Path
) -> None:
    node = sorted(configs.nodes)[0]
    command = ["node", "enroll", node, "--broker", "mqtt://b", "--out", str(tmp_path / "n.json")]

    def enrolled(state: str) -> Result:
        env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": state}
        return CliRunner().invoke(nongqing.main, command, env=env)

    (tmp_path / "file").write_text("")
    broken = enrolled(str(tmp_path / "file" / "state"))
    assert (broken.exit_code, "this folder cannot be made" in broken.output) == (2, True)
    assert enrolled(str(tmp_path / "first")).exit_code == 0
    assert (tmp_path / "first" / "master.key").exists()
    elsewhere = enrolled(str(tmp_path / "second"))
    assert elsewhere.exit_code == 1
    assert "if nodes are enrolled, restore that file" in elsewhere.output
    assert not (tmp_path / "second").exists()


def test_the_registry_names_a_missing_schema(postgres: Server) -> None:
    dsn = postgres.create()
    result = CliRunner().invoke(nongqing.main, ["node", "list"], env={"NONGQING_DSN": dsn})
    assert (result.exit_code, "the schema is not in place" in result.output) == (1, True)
    assert result.output.startswith("Error: database ")


def test_status_names_the_database_it_looked_at(dsn: str) -> None:
    assert run(db_commands, "status", NONGQING_DSN=dsn).output.startswith(
        f"database {db.place(dsn)}\n"
    )
    found = json.loads(run(db_commands, "status", "--json", NONGQING_DSN=dsn).output)
    assert found["database"] == db.place(dsn)


def test_another_key_than_the_databases_is_one_line(
    dsn: str, broker_url: str, registered: db.Connection, bench: Bench, tmp_path: Path
) -> None:
    load_or_make_master_key(tmp_path)
    env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": str(tmp_path), "NONGQING_BROKER": broker_url}
    service = _service("ingest", env)
    out, err = service.communicate(timeout=30)
    assert service.returncode == 1, out
    assert "restore the master key that this database was made with" in err
    assert "Traceback" not in err


def test_sites_are_imported(dsn: str) -> None:
    result = run(sites, "import", NONGQING_DSN=dsn)
    assert result.exit_code == 0
    assert result.output.startswith("demo: ")
    assert "3 villages" in result.output
    counts = json.loads(run(sites, "import", "--json", NONGQING_DSN=dsn).output)
    assert counts["villages"] == 3


def test_a_broken_site_is_named(dsn: str, tmp_path: Path) -> None:
    result = run(sites, "import", "--site", "dem", NONGQING_DSN=dsn)
    assert result.exit_code == 1
    assert "dem" in result.output
    assert result.output.startswith("Error: ")


def test_risk_run_says_when_there_is_nothing(dsn: str) -> None:
    result = run(risk_run, NONGQING_DSN=dsn)
    assert (result.exit_code, "no statuses" in result.output) == (1, True)


def test_risk_run_prints_a_table_and_json(
    dsn: str, registered: db.Connection, bench: Bench
) -> None:
    table = run(risk_run, NONGQING_DSN=dsn)
    assert table.exit_code == 0, table.output
    head, *lines = table.output.splitlines()
    assert head.split()[:4] == ["field", "crop", "hazard", "status"]
    assert any("wheat_fhb" in line for line in lines)
    with registered:
        village = registry.villages(registered)[0].id
    text = run(risk_run, "--village", village, "--json", NONGQING_DSN=dsn).output
    found = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert {row["score"] for row in found if row["status"] == "cannot_say"} == {None}
    assert {row["hazard"] for row in found} >= {"wheat_fhb", "wheat_stripe_rust"}
    # nothing was measured yet; where the variety decides, the answer does not need to wait
    judged = [row for row in found if row["hazard"] != "wheat_fhb_trained"]
    assert {row["status"] for row in judged} <= {"out_of_season", "cannot_say"}
    wrong = run(risk_run, "--village", "nowhere", NONGQING_DSN=dsn)
    assert wrong.exit_code == 2
    assert 'no village "nowhere"' in wrong.output
    assert village in wrong.output


@pytest.mark.parametrize(
    "command",
    [services.ingest, services.jobs, db_commands, sites, risk_run, *db_commands.commands.values()]
    + list(sites.commands.values()),
    ids=lambda command: command.name,
)
def test_every_command_shows_an_example(command: object) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Example:" in result.output


def test_ingest_needs_a_broker_and_a_safe_key(dsn: str, tmp_path: Path) -> None:
    state = str(tmp_path)
    result = run(services.ingest, NONGQING_DSN=dsn, NONGQING_STATE_DIR=state)
    assert (result.exit_code, "NONGQING_BROKER is not set" in result.output) == (2, True)
    env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": state, "NONGQING_BROKER": "mqtt://h"}
    result = run(services.ingest, **env)
    assert result.exit_code == 1
    assert f"Error: {tmp_path}/master.key: there is no master key." in result.output
    assert list(tmp_path.iterdir()) == []
    load_or_make_master_key(tmp_path)
    (tmp_path / "master.key").chmod(0o644)
    result = run(services.ingest, **env)
    assert (result.exit_code, "chmod 600" in result.output) == (1, True)


SERVICE = """
import sys
from collector.commands import services
from collector.commands.db import db as db_commands
from collector.commands.judging.risk import risk_run
from collector.commands.network.sites import sites
from tests.collector.commands.test_services import Parts
import os
services.{name}.main([], obj=Parts(dict(os.environ)), standalone_mode=True)
"""


def _service(name: str, env: dict[str, str]) -> subprocess.Popen[str]:
    root = ROOT
    return subprocess.Popen(
        [sys.executable, "-c", SERVICE.format(name=name)],
        cwd=root,
        env={**env, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.system
@pytest.mark.parametrize(
    ("name", "sign"), [("ingest", ": connected"), ("jobs", "this process runs the jobs now")]
)
def test_services_start_and_stop_in_order(
    dsn: str, broker_url: str, tmp_path: Path, name: str, sign: str
) -> None:
    load_or_make_master_key(tmp_path)
    service = _service(
        name,
        {
            "NONGQING_DSN": dsn,
            "NONGQING_BROKER": broker_url,
            "NONGQING_STATE_DIR": str(tmp_path),
        },
    )
    try:
        assert service.stdout is not None
        assert service.stdout.readline().startswith(f"{name}: database 127.0.0.1:")
        assert service.stderr is not None
        while sign not in service.stderr.readline():
            assert service.poll() is None
        service.send_signal(signal.SIGTERM)
        out, err = service.communicate(timeout=30)
    finally:
        service.kill()
        service.communicate()
    assert service.returncode == 0, err
    assert out.startswith(f"{name}: stopped")
    assert "Traceback" not in err
