"""What can be wrong with the store, each with its place and its mend."""

from __future__ import annotations

import re

import psycopg2
from psycopg2.extensions import parse_dsn

UNREADABLE = "(unreadable NONGQING_DSN)"


class StoreError(Exception):
    """The store cannot do what was asked."""


class UnreadableDsn(StoreError):  # noqa: N818 - named for what is wrong
    """NONGQING_DSN cannot be read; the message shows nothing of it, as it may hold a password."""

    def __init__(self) -> None:
        super().__init__(
            f"{UNREADABLE}: write postgresql://user:password@host:port/database; in the password "
            "write %40 for @, %2F for /, %23 for #, %25 for %"
        )


class DatabaseDown(StoreError):  # noqa: N818 - named for what happened
    """The database cannot be used now: by default, because it does not answer."""

    def __init__(self, dsn: str, cause: object) -> None:
        super().__init__(
            f"database {place(dsn)}: no answer ({_one_line(cause)}); start it, or point "
            "NONGQING_DSN to one that runs"
        )


class DatabaseRefuses(DatabaseDown):
    """The database answers, but not to this user, or has no database of this name."""

    def __init__(self, dsn: str, cause: object, mend: str) -> None:
        StoreError.__init__(self, f"database {place(dsn)}: {mend} ({_one_line(cause)})")


class SchemaMissing(DatabaseDown):
    """The database answers, but lacks tables that this version needs, or has other ones."""

    def __init__(self, dsn: str, trouble: str) -> None:
        StoreError.__init__(self, f"database {place(dsn)}: {trouble}")


class DatabaseUnfit(DatabaseDown):
    """The database answers, but is in a state in which nothing can be written: see the message."""

    def __init__(self, dsn: str, cause: object, mend: str) -> None:
        StoreError.__init__(self, f"database {place(dsn)}: {_one_line(cause)}; {mend}")


class MigrationError(StoreError):
    """The database's schema and this version's migrations do not fit together."""


class NaiveDatetime(StoreError, TypeError):  # noqa: N818 - named for what it is
    """A datetime without a time zone was about to be stored."""


#: First characters of SQLSTATE -> what a person can do; these blame the server, never the data.
UNFIT = {
    "25006": "it is read-only: make it writable, or name the primary in NONGQING_DSN",
    "42501": "this user lacks a right: grant it, or run `nongqing db status` to see which",
    "53": "it is out of room, memory or connections: free or raise them",
    "55": "what was asked for is locked or not ready; it is tried again",
    "57": "somebody stopped or shut it down; it is tried again",
    "58": "its machine has a fault: see its log",
    "F0": "its configuration has a fault: see its log",
    "XX001": "its data are corrupt: see its log",
    "XX002": "an index of it is corrupt: see its log",
}


def mend_of(sqlstate: str | None) -> str | None:
    """Return what to do about an error that blames the server; None where it blames the data."""
    if sqlstate is None:
        return None
    return UNFIT.get(sqlstate) or UNFIT.get(sqlstate[:2])


def _one_line(cause: object) -> str:
    return " ".join(str(cause).split()) or type(cause).__name__


def parts_of(dsn: str) -> dict[str, str] | None:
    """Take a connection string apart; None where it is unreadable.

    A password with an unescaped @ or / ends up in the host, the port or the database's name, from
    where it would be shown; so what looks like that counts as unreadable.
    """
    try:
        parts: dict[str, str] = parse_dsn(dsn)
    except psycopg2.ProgrammingError:
        return None
    if not re.fullmatch(r"[0-9,]*", parts.get("port", "")):
        return None
    strayed = parts.get("host", "").strip("/") + parts.get("dbname", "")
    if dsn.startswith(("postgresql://", "postgres://")) and re.search(r"[@#]", strayed):
        return None
    return parts


def place(dsn: str) -> str:
    """Return where a connection string leads, without user and password."""
    parts = parts_of(dsn)
    if parts is None:
        return UNREADABLE
    port = parts.get("port", "5432")
    host = parts.get("host") or parts.get("hostaddr")
    if host is None and "service" in parts:
        return f"service {parts['service']}/{parts.get('dbname', '')}"
    hosts = (f"[{each}]" if ":" in each else each for each in (host or "local socket").split(","))
    return f"{','.join(hosts)}:{port}/{parts.get('dbname', '')}"
