"""How a connection to the database is made: as its admin set it, in UTC, refusals told apart.

What the connection string, a service file or the environment say goes before what is ours. Nothing
is sent as start-up options: PgBouncer refuses them, and they would replace the admin's own.
"""

from __future__ import annotations

import ctypes
import os
import re
import select
import time
from datetime import datetime
from functools import cache
from typing import Any

import psycopg2
import psycopg2.extensions
from psycopg2.extensions import adapt, make_dsn, new_type, register_adapter, register_type

from collector.store.postgres.errors import (
    DatabaseDown,
    DatabaseRefuses,
    NaiveDatetime,
    UnreadableDsn,
    mend_of,
    parts_of,
)


class Connection(psycopg2.extensions.connection):
    """A connection to the database.

    ``prepared`` are the names of the statements that the server has prepared for this transaction
    (`collector.store.postgres.planned`); None while that was not asked.
    """

    prepared: set[str] | None = None

    def commit(self) -> None:
        """End the transaction; a pooler may give the next one another session."""
        self.prepared = None
        super().commit()

    def rollback(self) -> None:
        """End the transaction, undone; a pooler may give the next one another session."""
        self.prepared = None
        super().rollback()


CONNECT_SECONDS = 5
PROBE_SECONDS = 2.0
SILENT_SECONDS = 60
END_STRANDED = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
  AND state = 'active' AND wait_event = 'ClientRead'
  AND query_start < clock_timestamp() - make_interval(secs => %(seconds)s)
  AND query ~ '^COPY (frame|reading|reading_staging|tail_staging|dirty_hour) '
"""
# So many times is read what waits on an idle connection; what never ends is no connection for us.
UNREAD_MOST = 8

# What a server may say by the SQLSTATE of its refusal, whatever language its words are in; else
# it is what `mend_of` says.
REFUSALS = {
    "3D000": "it does not exist; create it",
    "28000": "refuses this user; check user and password in NONGQING_DSN",
    "28P01": "refuses this user; check user and password in NONGQING_DSN",
    "42501": "does not let this user in; GRANT CONNECT on it",
    "57P03": "is starting or stopping just now; wait a moment",
}
OTHER_REFUSAL = "refuses the connection; mend what it names"
# The server in between says that the one behind it does not answer.
NOBODY_BEHIND = ("08000", "08001", "08003", "08006")


def _adapt_datetime(value: datetime) -> Any:
    if value.tzinfo is None:
        raise NaiveDatetime(
            f"the time {value.isoformat()} has no time zone; give one in UTC "
            "(datetime.now(UTC), or value.replace(tzinfo=UTC) where it is known to be UTC)"
        )
    return adapt(value.isoformat())


register_adapter(datetime, _adapt_datetime)

# bytea arrives as bytes, not memoryview.
_BYTES = new_type(
    psycopg2.BINARY.values,
    "bytes",
    lambda value, cursor: None if value is None else bytes(psycopg2.BINARY(value, cursor)),
)
register_type(_BYTES)


def connect(dsn: str) -> Connection:
    """Open a connection whose session is in UTC.

    Raises
    ------
    UnreadableDsn
        When the connection string cannot be read.
    DatabaseRefuses
        When it answers, but not to this user, or has no database of this name.
    DatabaseDown
        When the database does not answer.
    """
    check_readable(dsn)
    whole = make_dsn(dsn, **_where_nothing_is_said(dsn))
    started = time.monotonic()
    try:
        conn = psycopg2.connect(whole, connection_factory=Connection)
        _settle(conn)
    except psycopg2.OperationalError as error:
        code = error.pgcode
        if code is None and time.monotonic() - started < PROBE_SECONDS:
            code = refusal_code(whole)
        raise _told_apart(dsn, error, code) from error
    except UnicodeDecodeError as error:  # the server's words, in an encoding that it does not name
        cause = error.object.decode("utf-8", "replace")
        raise _told_apart(dsn, cause, refusal_code(whole)) from error
    return conn


def check_readable(dsn: str) -> None:
    """Raise where a connection string cannot be read.

    Raises
    ------
    UnreadableDsn
        The message shows nothing of it.
    """
    if parts_of(dsn) is None:
        raise UnreadableDsn


def _where_nothing_is_said(dsn: str) -> dict[str, Any]:
    """What is ours, where neither connection string, service file nor environment says it."""
    ours: dict[str, Any] = {"fallback_application_name": "nongqing"}
    said = parts_of(dsn) or {}
    by_service = "service" in said or "PGSERVICE" in os.environ
    if not (by_service or "connect_timeout" in said or "PGCONNECT_TIMEOUT" in os.environ):
        ours["connect_timeout"] = CONNECT_SECONDS
    return ours


def _settle(conn: Connection) -> None:
    """Put the session into UTC and UTF-8 where it is not.

    Both are settings that the server reports, so PgBouncer gives them to whichever server
    connection it lends to this client.
    """
    conn.autocommit = True
    if conn.get_parameter_status("TimeZone") != "UTC":
        with conn.cursor() as cur:
            cur.execute("SET TIME ZONE 'UTC'")
    if conn.encoding != "UTF8":
        conn.set_client_encoding("UTF8")
    conn.autocommit = False


def free_locks_when_silent(conn: Connection) -> None:
    """Let the server end this session once a transaction of it has heard nothing for a minute.

    A client that is gone without a word would hold its locks for hours. Behind PgBouncer the
    setting stays with the server connection, and one that is opened later has it not, so each
    transaction that takes something in sets it anew (`collector.store.network.server_clock`);
    whoever keeps a transaction open there undoes it (`collector.store.postgres.election`).

    A server that waits for the rest of a COPY is not idle. A batch's rows are sent at once, so one
    that still waits after half a minute is ended here by whoever connects next.
    """
    conn.autocommit = True
    with conn.cursor() as cur:
        cur.execute(f"SET idle_in_transaction_session_timeout = '{SILENT_SECONDS}s'")
        cur.execute(END_STRANDED, {"seconds": SILENT_SECONDS / 2})
    conn.autocommit = False


def still_open(conn: Connection) -> bool:
    """Tell whether an idle connection is still open, without asking the server.

    A server that ended it has said so: its end, or its last words, wait to be read. Notices may
    wait there too; they are read and are no end.
    """
    if conn.closed:
        return False
    for _ in range(UNREAD_MOST):
        waiting = select.poll()
        waiting.register(conn.fileno(), select.POLLIN)
        if not waiting.poll(0):
            return True
        try:
            conn.poll()
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            return False
    return False


def _told_apart(dsn: str, cause: object, code: str | None) -> DatabaseDown:
    if code is None or code in NOBODY_BEHIND:
        return DatabaseDown(dsn, cause)
    return DatabaseRefuses(dsn, cause, REFUSALS.get(code) or mend_of(code) or OTHER_REFUSAL)


# The SQLSTATE of a refusal -------------------------------------------------------------------

# Of libpq's enumerations PostgresPollingStatusType and PGVerbosity.
_FAILED, _READING, _WRITING, _OK = 0, 1, 2, 3
_SQLSTATE_ONLY = 3


@cache
def _libpq() -> ctypes.CDLL:
    """The libpq that psycopg2 uses; psycopg2 itself has no way to ask for the SQLSTATE."""
    libpq = ctypes.CDLL(psycopg2._psycopg.__file__)
    libpq.PQconnectStart.argtypes = [ctypes.c_char_p]
    libpq.PQconnectStart.restype = ctypes.c_void_p
    libpq.PQsetErrorVerbosity.argtypes = [ctypes.c_void_p, ctypes.c_int]
    libpq.PQerrorMessage.restype = ctypes.c_char_p
    for function in ("PQsocket", "PQconnectPoll", "PQerrorMessage", "PQfinish"):
        getattr(libpq, function).argtypes = [ctypes.c_void_p]
    return libpq


def refusal_code(dsn: str) -> str | None:
    """Connect once more and return the SQLSTATE with which the server refuses.

    A server writes its words in a language of its own, and psycopg2 keeps nothing else of them;
    libpq can be asked to keep the SQLSTATE instead.

    Returns
    -------
    str or None
        None when no server answers within two seconds, or it does not refuse.
    """
    try:
        libpq = _libpq()
        conn = libpq.PQconnectStart(dsn.encode())
    except (AttributeError, OSError):  # a libpq before 12, or one that cannot be looked into
        return None
    if not conn:
        return None
    try:
        libpq.PQsetErrorVerbosity(conn, _SQLSTATE_ONLY)
        _wait_for_answer(libpq, conn)
        text = libpq.PQerrorMessage(conn).decode("ascii", "replace")
    finally:
        libpq.PQfinish(conn)
    found = re.findall(r":\s+([0-9A-Z]{5})\s*$", text, re.MULTILINE)
    return found[-1] if found else None


def _wait_for_answer(libpq: ctypes.CDLL, conn: int) -> None:
    deadline = time.monotonic() + PROBE_SECONDS
    state = _WRITING
    while state in (_READING, _WRITING) and time.monotonic() < deadline:
        socket = libpq.PQsocket(conn)
        if socket < 0:
            return
        poll = select.poll()
        poll.register(socket, select.POLLIN if state == _READING else select.POLLOUT)
        poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
        state = libpq.PQconnectPoll(conn)
