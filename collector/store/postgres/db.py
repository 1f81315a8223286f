"""A small pool of connections to the database, and the migrations."""

from __future__ import annotations

import hashlib
import os
import queue
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extensions

from collector.store.postgres.connecting import Connection, check_readable, connect, still_open
from collector.store.postgres.errors import (
    DatabaseDown,
    DatabaseRefuses,
    DatabaseUnfit,
    MigrationError,
    NaiveDatetime,
    SchemaMissing,
    StoreError,
    UnreadableDsn,
    mend_of,
    place,
)

__all__ = [
    "Connection",
    "DatabaseDown",
    "DatabaseRefuses",
    "DatabaseUnfit",
    "MigrationError",
    "NaiveDatetime",
    "SchemaMissing",
    "StoreError",
    "UnreadableDsn",
    "connect",
    "place",
]

MIGRATIONS = Path(__file__).parents[1] / "sql" / "migrations"
MIGRATION_LOCK = 0x4E51_0001
NO_SCHEMA = "the schema is not in place; run `nongqing db migrate`"
SCHEMA_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied timestamptz NOT NULL DEFAULT now()
)
"""


class Pool:
    """A few connections shared by threads; each use is one transaction.

    Parameters
    ----------
    dsn : str
        Connection string.
    size : int
        Most connections open at a time; a further caller waits.

    Attributes
    ----------
    on_open : callable
        Is given each connection that is made, before its first transaction.

    Raises
    ------
    UnreadableDsn
        When the connection string cannot be read.
    """

    def __init__(self, dsn: str, size: int = 4) -> None:
        check_readable(dsn)
        self.dsn = dsn
        self.on_open: Callable[[Connection], None] = lambda conn: None
        self._lent: dict[Connection, float] = {}
        self._slots: queue.LifoQueue[Connection | None] = queue.LifoQueue()
        for _ in range(size):
            self._slots.put(None)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection: committed at the end, rolled back when the block raises.

        One that the server ended while it was not lent is made anew first.

        Raises
        ------
        DatabaseDown
            When the database does not answer, at the beginning or in the middle.
        SchemaMissing
            When a statement fails because migrations are wanting.
        """
        conn = self._slots.get()
        try:
            if conn is not None and not still_open(conn):
                conn.close()
            if conn is None or conn.closed:
                conn = connect(self.dsn)
                with lost_as_down(self.dsn):
                    self.on_open(conn)
            self._lent[conn] = time.monotonic()
            with lost_as_down(self.dsn), _schema_named(self.dsn, conn), conn:
                yield conn
        finally:
            if conn is not None:
                self._lent.pop(conn, None)
            self._slots.put(None if conn is None or conn.closed else conn)

    def hang_up(self, seconds: float) -> int:
        """End connections that have been lent for longer, from any thread; return how many.

        Whoever has one gets `DatabaseDown`. A server, or what stands before it, may be silent
        without an end: nothing else would notice, where the network still answers. What befell one
        has befallen those that are not lent, too; they are made anew.
        """
        now, ended = time.monotonic(), 0
        for conn, since in list(self._lent.items()):
            if now - since > seconds and not conn.closed:
                with suppress(OSError), socket.socket(fileno=os.dup(conn.fileno())) as one:
                    one.shutdown(socket.SHUT_RDWR)
                    ended += 1
        if ended:
            self.close()
        return ended

    def close(self) -> None:
        """Close the connections that are not lent; the pool can be used again afterwards."""
        for _ in range(self._slots.qsize()):
            conn = self._slots.get_nowait()
            if conn is not None:
                conn.close()
            self._slots.put(None)


@contextmanager
def _schema_named(dsn: str, conn: Connection) -> Iterator[None]:
    """Turn a statement's error into `SchemaMissing` where the schema is to blame, not we."""
    try:
        yield
    except psycopg2.ProgrammingError as error:
        try:
            trouble = NO_SCHEMA if status(conn).pending else ""
        except MigrationError as other:
            trouble = str(other)
        if trouble:
            raise SchemaMissing(dsn, trouble) from error
        raise


@contextmanager
def lost_as_down(dsn: str) -> Iterator[None]:
    """Turn the errors of a connection that broke, or of an unfit server, into `DatabaseDown`."""
    try:
        yield
    except psycopg2.Error as error:
        if isinstance(error, psycopg2.extensions.TransactionRollbackError):
            raise
        mend = mend_of(error.pgcode)
        if mend is not None:
            raise DatabaseUnfit(dsn, error, mend) from error
        if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
            raise DatabaseDown(dsn, error) from error
        raise


TransactionRollback = psycopg2.extensions.TransactionRollbackError


@dataclass(frozen=True)
class Migration:
    """One numbered step of the schema."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Hash of its text, in hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """Read the migrations in order.

    Raises
    ------
    MigrationError
        When a name is not ``NNNN_words.sql`` or the numbers are not 1, 2, 3 …
    """
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)", path.stem)
        if match is None or int(match[1]) != len(found) + 1:
            raise MigrationError(f"{path}: name it {len(found) + 1:04d}_<words>.sql")
        found.append(Migration(int(match[1]), match[2], path.read_text("utf-8")))
    return found


@dataclass(frozen=True)
class Status:
    """State of a database's schema.

    Attributes
    ----------
    applied, pending : tuple of str
        Migrations, as ``NNNN_name``.
    server : str
        Version of PostgreSQL.
    timescale : str or None
        Version of TimescaleDB in this database.
    """

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    server: str
    timescale: str | None


def _applied(conn: Connection) -> dict[int, str]:
    with conn.cursor() as cur:
        cur.execute("SELECT to_regclass('schema_migration') IS NOT NULL")
        if not _one(cur):
            return {}
        cur.execute("SELECT number, sha256 FROM schema_migration ORDER BY number")
        return dict(cur.fetchall())


def _one(cur: psycopg2.extensions.cursor) -> Any:
    row = cur.fetchone()
    return None if row is None else row[0]


def _check_history(applied: dict[int, str], migrations: list[Migration]) -> None:
    known = {migration.number: migration for migration in migrations}
    for number, sha256 in applied.items():
        if number not in known:
            raise MigrationError(
                f"the database has migration {number:04d}, which this version does not know; "
                "run the version of Nongqing that made it, or a newer one"
            )
        if known[number].sha256 != sha256:
            raise MigrationError(
                f"migration {number:04d}_{known[number].name} was changed after this database "
                "took it; restore the file and put the change into a new migration"
            )


def migrate(conn: Connection, migrations: list[Migration] | None = None) -> list[str]:
    """Bring the schema up to date; safe to run twice or from several processes.

    Parameters
    ----------
    conn : Connection
        Connection without an open transaction.
    migrations : list of Migration, optional
        Default: those of this version.

    Returns
    -------
    list of str
        Names of the migrations that were applied now.

    Raises
    ------
    MigrationError
        When the database has steps that this version does not know, or other ones.
    """
    migrations = read_migrations() if migrations is None else migrations
    done = []
    with conn, conn.cursor() as cur:
        cur.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
        applied = _applied(conn)
        _check_history(applied, migrations)
        pending = [step for step in migrations if step.number not in applied]
        if pending and not applied:
            _add_timescale(cur)
        cur.execute(SCHEMA_TABLE)
        for step in pending:
            cur.execute(step.sql)
            cur.execute(
                "INSERT INTO schema_migration (number, name, sha256) VALUES (%s, %s, %s)",
                (step.number, step.name, step.sha256),
            )
            done.append(f"{step.number:04d}_{step.name}")
    return done


def _add_timescale(cur: psycopg2.extensions.cursor) -> None:
    """Add TimescaleDB where the server has it and lets us."""
    cur.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'")
    if not _one(cur):
        return
    cur.execute("SAVEPOINT timescale")
    try:
        cur.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except psycopg2.errors.InsufficientPrivilege:
        cur.execute("ROLLBACK TO SAVEPOINT timescale")


def status(conn: Connection) -> Status:
    """Return the state of the schema.

    Raises
    ------
    MigrationError
        When the database has steps that this version does not know, or other ones.
    """
    migrations = read_migrations()
    applied = _applied(conn)
    _check_history(applied, migrations)
    with conn.cursor() as cur:
        cur.execute("SHOW server_version")
        server = _one(cur)
        cur.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
        timescale = _one(cur)
    conn.rollback()
    names = {step.number: f"{step.number:04d}_{step.name}" for step in migrations}
    return Status(
        applied=tuple(names[number] for number in applied),
        pending=tuple(name for number, name in names.items() if number not in applied),
        server=server,
        timescale=timescale,
    )
