"""A backup and its return, with PostgreSQL's own programs on real servers."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from collector.commands.db import db as db_commands
from collector.one_machine.embedded import postgres_binaries
from collector.store import people
from collector.store.postgres import db
from tests.collector.commands import test_services as services
from tests.collector.conftest import NOW
from tests.conftest import Server


class Parts(services.Parts):
    """With the programs of the embedded server."""

    def postgres_programs(self) -> Path | None:
        return postgres_binaries()


def run(dsn: str, *arguments: str) -> Result:
    return services.CliRunner().invoke(
        db_commands, list(arguments), obj=Parts({"NONGQING_DSN": dsn})
    )


@pytest.fixture(scope="module")
def backup(postgres: Server, known_world: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backups") / "monday"
    done = run(postgres.create(known_world), "backup", str(folder))
    assert done.exit_code == 0, done.output
    found = re.match(r"(\d+) tables, (\d+) rows, in ", done.output)
    assert found is not None
    assert int(found[1]) > 100
    assert int(found[2]) > 10_000
    assert "the master key is not in it" in done.output
    return folder


@pytest.fixture
def copy(backup: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(backup, tmp_path / "copy"))


def test_what_was_backed_up_comes_back(postgres: Server, backup: Path) -> None:
    dsn = postgres.create()
    done = run(dsn, "restore", str(backup))
    assert done.exit_code == 0, done.output
    assert "every checksum is that of the backup" in done.output
    assert run(dsn, "status").exit_code == 0
    again = backup.with_name("tuesday")
    assert run(dsn, "backup", str(again)).exit_code == 0
    tables = [json.loads((f / "manifest.json").read_text())["tables"] for f in (backup, again)]
    assert tables[0] == tables[1]
    conn = db.connect(dsn)
    with conn:
        people.add(conn, "new", NOW, phone="+8613800009999")  # sequences go on behind what is there
    with conn.cursor() as cur:
        cur.execute("SELECT reltuples > 0 FROM pg_class WHERE relname = 'reading_hourly'")
        assert cur.fetchall() == [(True,)]
    conn.close()


def test_nobody_else_reads_it(backup: Path) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in backup.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700


def test_a_folder_that_is_there_is_left_alone(postgres: Server, backup: Path) -> None:
    done = run(postgres.create(), "backup", str(backup))
    assert done.exit_code == 1
    assert f"{backup}: is there already; name a folder that is not" in done.output


def test_a_database_that_holds_something_is_left_alone(dsn: str, backup: Path) -> None:
    done = run(dsn, "restore", str(backup))
    assert done.exit_code == 1
    assert re.search(r"holds \d+ tables \(advice_answer, ...\); name an empty", done.output)


def test_a_spoiled_file_is_named_before_anything_is_written(postgres: Server, copy: Path) -> None:
    dsn = postgres.create()
    file = max((copy / "dump").iterdir(), key=lambda path: path.stat().st_size)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    done = run(dsn, "restore", str(copy))
    assert done.exit_code == 1
    assert f"{file}: is not what manifest.json says; take another backup" in done.output
    assert run(dsn, "restore", str(copy.parent / "none")).output.count("name the folder of") == 1


def changed(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = folder / "manifest.json"
    held = json.loads(path.read_text())
    change(held)
    path.write_text(json.dumps(held))


def test_a_table_that_differs_is_named(postgres: Server, copy: Path) -> None:
    changed(copy, lambda held: held["tables"].update(village=[9, "1"]))  # type: ignore[attr-defined]
    done = run(postgres.create(), "restore", str(copy))
    assert done.exit_code == 1
    assert re.search(r"is not what .*copy says: village \(\d+ rows of 9\); drop it", done.output)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda held: held.update(format=9), "is of format 9, not 1"),
        (lambda held: held.pop("tables"), "is no manifest of a backup; take another backup"),
        (
            lambda held: held.update(migrations=["9999_later"]),
            "of a newer version, whose schema has 9999_later; install that version",
        ),
    ],
)
def test_a_manifest_that_cannot_be_used_says_why(
    postgres: Server, copy: Path, change: Callable[[dict[str, object]], object], said: str
) -> None:
    changed(copy, change)
    done = run(postgres.create(), "restore", str(copy))
    assert done.exit_code == 1
    assert said in done.output


def test_programs_older_than_the_server_are_named(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(Parts, "postgres_programs", lambda _: None)
    done = run(dsn, "backup", str(tmp_path / "b"))
    assert done.exit_code == 1
    assert re.search(
        r"pg_dump of PostgreSQL \d+ or later is wanted; .*pg_dump is of 9; install "
        r"postgresql-client-\d+",
        done.output,
    )
    assert not list(tmp_path.glob("b*"))


def test_what_pg_dump_says_is_passed_on_and_nothing_is_left(
    postgres: Server, dsn: str, tmp_path: Path
) -> None:
    """A role that may not read all tables."""
    postgres.run("CREATE ROLE reader_of_nothing LOGIN PASSWORD 'x'")
    conn = db.connect(dsn)
    with conn, conn.cursor() as cur:
        cur.execute("GRANT SELECT ON schema_migration TO reader_of_nothing")
    conn.close()
    theirs = re.sub(r"//[^@]*@", "//reader_of_nothing:x@", dsn)
    done = run(theirs, "backup", str(tmp_path / "b"))
    assert done.exit_code == 1
    assert "pg_dump: " in done.output
    assert "permission denied" in done.output
    assert not list(tmp_path.iterdir())


def test_a_setting_that_programs_cannot_take_is_named(dsn: str, tmp_path: Path) -> None:
    done = run(f"{dsn}?keepalives=1", "backup", str(tmp_path / "b"))
    assert done.exit_code == 1
    assert "the connection string sets keepalives" in done.output


def test_no_password_is_in_the_list_of_processes(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[list[str]] = []
    real = subprocess.run

    def noted(command: list[str], **more: object) -> object:
        called.append(command)
        return real(command, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", noted)
    assert run(dsn, "backup", str(tmp_path / "b")).exit_code == 0
    words = " ".join(word for command in called for word in command)
    assert "pg_dump" in words
    assert dsn.partition("@")[0].rpartition(":")[2] not in words
    assert "://" not in words


def test_a_place_that_cannot_be_written_is_named(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(dsn, "backup", str(tmp_path / "file" / "b"))
    assert done.exit_code == 1
    assert "Not a directory; make room or mend its rights, or name another folder" in done.output
    assert os.listdir(tmp_path) == ["file"]
