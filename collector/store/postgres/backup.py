"""A backup of the whole database, and its return: PostgreSQL's pg_dump, and checksums of tables.

A backup is a folder: ``dump/`` as pg_dump writes it, and ``manifest.json`` with the rows and a
checksum of every table, read in the same snapshot, and the SHA-256 of every file. A restore is
proven by them: files before anything is written, tables after.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2.errors
from psycopg2 import sql

from collector.store.postgres import db, queries
from collector.store.postgres.errors import StoreError, parts_of
from collector.store.postgres.queries import fetch, run

SQL = queries.load("backup")
MANIFEST, DUMP, FORMAT = "manifest.json", "dump", 1
#: What libpq's programs take from their environment, by the parameter of a connection string
#: (PostgreSQL 18, "34.15. Environment Variables").
_ENVIRONMENT = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "options": "PGOPTIONS",
    "application_name": "PGAPPNAME",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


class BackupError(StoreError):
    """A backup that cannot be made or given back; the message names the thing and the mend."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: by table its rows and checksum, by file its SHA-256.

    `migrations` are those that its schema has, `server` is the major version of PostgreSQL,
    `timescale` the version of TimescaleDB, where that is in use.
    """

    format: int
    taken: str
    server: int
    migrations: list[str]
    tables: dict[str, tuple[int, str]]
    files: dict[str, str]
    timescale: str | None = None

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(rows for rows, _ in self.tables.values())


def back_up(dsn: str, folder: Path, now: datetime, programs: Path | None = None) -> Manifest:
    """Write a backup into a new folder; what cannot be finished leaves nothing.

    Parameters
    ----------
    dsn : str
    folder : Path
        Is made, for this user alone.
    now : datetime
        When it is taken, aware.
    programs : Path, optional
        Where pg_dump is looked for beside PATH.

    Raises
    ------
    BackupError, DatabaseDown
    """
    if folder.exists():
        raise BackupError(f"{folder}: is there already; name a folder that is not")
    part = folder.with_name(folder.name + ".part")
    conn = db.connect(dsn)
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700, parents=True)
        found = db.status(conn)
        conn.rollback()
        run(conn, SQL["whole_snapshot"])
        ((snapshot,),) = fetch(conn, SQL["export_snapshot"])
        ((schema, server),) = fetch(conn, SQL["here"])
        _call(
            _program("pg_dump", server, programs),
            ["--format=directory", "--jobs=2", "--no-owner", "--no-acl"]
            + _schema(schema, found.timescale)
            + [f"--snapshot={snapshot}", f"--file={part / DUMP}"],
            dsn,
        )
        files = {path.name: _sha256(path) for path in sorted((part / DUMP).iterdir())}
        manifest = Manifest(
            format=FORMAT,
            taken=now.isoformat(),
            server=server,
            migrations=list(found.applied),
            tables=checksums(conn),
            files=files,
            timescale=found.timescale,
        )
        told = {name: value for name, value in asdict(manifest).items() if value is not None}
        text = json.dumps(told, indent=1) + "\n"
        (part / MANIFEST).write_text(text, encoding="utf-8")
        for path in (*(part / DUMP).iterdir(), part / MANIFEST):
            path.chmod(0o600)
        part.rename(folder)
    except OSError as error:
        raise BackupError(
            f"{error.filename or folder}: {error.strerror}; make room or mend its "
            "rights, or name another folder"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        conn.close()
    return manifest


def restore(dsn: str, folder: Path, programs: Path | None = None) -> Manifest:
    """Give a backup back to an empty database, all of it or nothing, and prove it.

    Raises
    ------
    BackupError
        Also when a table is not what the backup says: then nothing of it is to be used.
    DatabaseDown
    """
    manifest = read(folder)
    known = {f"{step.number:04d}_{step.name}" for step in db.read_migrations()}
    newer = [name for name in manifest.migrations if name not in known]
    if newer:
        raise BackupError(
            f"{folder}: is of a newer version, whose schema has {newer[0]}; install that version"
        )
    conn = db.connect(dsn)
    try:
        there = [name for (name,) in fetch(conn, SQL["tables"])]
        if there:
            raise BackupError(
                f"database {db.place(dsn)}: holds {len(there)} tables ({there[0]}, ...); "
                "name an empty database"
            )
        ((schema, server),) = fetch(conn, SQL["here"])
        conn.rollback()
        program = _program("pg_restore", max(server, manifest.server), programs)
        with _timescale(conn, dsn, manifest.timescale):
            _call(
                program,
                ["--single-transaction", "--exit-on-error", "--no-owner", "--no-acl"]
                + _schema(schema, manifest.timescale)
                + [f"--dbname={_name(dsn)}", str(folder / DUMP)],
                dsn,
            )
        wrong = _other(manifest.tables, checksums(conn))
        if wrong:
            raise BackupError(
                f"database {db.place(dsn)}: is not what {folder} says: {', '.join(wrong)}; "
                "drop it, and take another backup"
            )
        conn.rollback()
        conn.autocommit = True
        run(conn, "ANALYZE")  # before, the server knows nothing of how its tables are filled
    finally:
        conn.close()
    return manifest


def _schema(schema: str, timescale: str | None) -> list[str]:
    """Tell pg_dump or pg_restore what to take: with TimescaleDB its catalogue and chunks too."""
    return [] if timescale else [f"--schema={schema}"]


@contextmanager
def _timescale(conn: db.Connection, dsn: str, version: str | None) -> Iterator[None]:
    """Let TimescaleDB, where the backup is of one, stand aside while its tables are filled.

    As its documentation says ("Logical backup with pg_dump and pg_restore"): the same version of
    the extension is there first; and as it says, only a superuser can (its issue 2686).

    Raises
    ------
    BackupError
        When the server has not that version, or the user may not.
    """
    if version is None:
        yield
        return
    conn.autocommit = True
    try:
        if not fetch(conn, SQL["timescale_offered"], version=version):
            raise BackupError(
                f"the backup is of TimescaleDB {version}, which the server of {db.place(dsn)} has "
                "not; install that version there, and update it after the restore"
            )
        with conn.cursor() as cur:
            cur.execute(sql.SQL(SQL["timescale_add"]).format(version=sql.Literal(version)))
        ((there,),) = fetch(conn, SQL["timescale_there"])
        if there != version:
            raise BackupError(
                f"the backup is of TimescaleDB {version}, and database {db.place(dsn)} has "
                f"{there}; drop the extension there"
            )
        run(conn, SQL["timescale_aside"])
    except psycopg2.errors.InsufficientPrivilege as error:
        raise BackupError(
            f"database {db.place(dsn)}: only a superuser can give a backup with TimescaleDB back "
            f"({str(error).splitlines()[0]}); name one in NONGQING_DSN for this"
        ) from error
    try:
        yield
    finally:
        run(conn, SQL["timescale_back"])
        conn.autocommit = False


def read(folder: Path) -> Manifest:
    """Read a backup's manifest, and prove its files.

    Raises
    ------
    BackupError
    """
    path = folder / MANIFEST
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if held.get("format") != FORMAT:
            raise BackupError(f"{path}: is of format {held.get('format')!r}, not {FORMAT}")
        held["tables"] = {name: tuple(each) for name, each in held["tables"].items()}
        manifest = Manifest(**held)
        for name, digest in manifest.files.items():
            if _sha256(folder / DUMP / name) != digest:
                raise BackupError(
                    f"{folder / DUMP / name}: is not what {MANIFEST} says; take another backup"
                )
    except OSError as error:
        text = f"{error.filename}: {error.strerror}; name the folder of a backup"
        raise BackupError(text) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"{path}: is no manifest of a backup; take another backup") from error
    return manifest


def checksums(conn: db.Connection) -> dict[str, tuple[int, str]]:
    """Rows and checksum of every table, in the transaction that is open."""
    run(conn, SQL["one_form"])
    found = {}
    for (name,) in fetch(conn, SQL["tables"]):
        with conn.cursor() as cur:
            cur.execute(sql.SQL(SQL["checksum"]).format(table=sql.Identifier(name)))
            rows, total = cur.fetchall()[0]
        found[name] = (int(rows), str(total))
    return found


def _other(
    wanted: Mapping[str, tuple[int, str]], there: Mapping[str, tuple[int, str]]
) -> list[str]:
    """Name the tables that differ."""
    return [
        f"{name} ({there.get(name, (0, ''))[0]} rows of {wanted.get(name, (0, ''))[0]})"
        for name in sorted({*wanted, *there})
        if wanted.get(name) != there.get(name)
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _name(dsn: str) -> str:
    return (parts_of(dsn) or {}).get("dbname", "")


def _program(name: str, server: int, programs: Path | None) -> str:
    """Find a program of PostgreSQL that is no older than the server."""
    tried = []
    for path in (shutil.which(name), str(programs / name) if programs else None):
        if path is None or not os.access(path, os.X_OK):
            continue
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        version = said.stdout.rpartition(" ")[2].partition(".")[0].strip()
        if version.isdigit() and int(version) >= server:
            return path
        tried.append(f"{path} is of {version or 'no version'}")
    raise BackupError(
        f"{name} of PostgreSQL {server} or later is wanted; {'; '.join(tried) or 'there is none'}; "
        f"install postgresql-client-{server}"
    )


def _call(program: str, options: list[str], dsn: str) -> None:
    """Run a program of PostgreSQL; what connects it, a password say, is in no list of processes."""
    environment = dict(os.environ)
    for key, value in (parts_of(dsn) or {}).items():
        if key not in _ENVIRONMENT:
            raise BackupError(
                f"the connection string sets {key}, which {program} takes from it "
                "no way; leave it out for this"
            )
        environment[_ENVIRONMENT[key]] = value
    done: Any = subprocess.run(
        [program, *options], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        # the errors, not the warnings before them
        said = done.stderr[max(done.stderr.find(": error:") - len(Path(program).name), 0) :]
        raise BackupError(f"{Path(program).name}: {' '.join(said.split())[:500]}")
