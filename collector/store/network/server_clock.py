"""What the database knows of the servers' clocks: when they were sure last, and their doubts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.store.postgres import queries
from collector.store.postgres.connecting import SILENT_SECONDS
from collector.store.postgres.db import Connection

SQL = queries.load("server_clock")


@dataclass(frozen=True)
class Kept:
    """What a machine's clock can be held against.

    Attributes
    ----------
    received : datetime or None
        The newest time at which a sure clock took something in.
    database : datetime or None
        The database's own time; None where the clock is not the machine's.
    accepted : int
        How often a person has accepted this machine's clock.
    """

    received: datetime | None
    database: datetime | None
    accepted: int


@dataclass(frozen=True)
class Doubt:
    """A machine whose clock is in doubt, why (a word of ``clock_doubt``), and what it said."""

    host: str
    reason: str
    said: datetime


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall() if cur.description else []


def kept(conn: Connection, host: str, *, system: bool) -> Kept:
    """Return what a machine's clock can be held against.

    Parameters
    ----------
    conn : Connection
    host : str
        Name of the machine.
    system : bool
        The clock is the machine's own, not a simulated one.
    """
    silent = f"{SILENT_SECONDS}s"
    ((received, database, accepted, _),) = _fetch(conn, "kept", host=host, silent=silent)
    return Kept(received, database if system else None, accepted)


def put(conn: Connection, host: str, now: datetime, doubt: str) -> None:
    """Keep what a machine's clock says: as sure, or with the doubt about it."""
    _fetch(conn, "put", host=host, now=now, doubt=doubt or None)


def doubts(conn: Connection) -> list[Doubt]:
    """Return the machines whose clocks are in doubt."""
    return [Doubt(*row) for row in _fetch(conn, "doubts")]


def in_doubt(conn: Connection, host: str, now: datetime) -> str:
    """Return why a machine's clock, which says `now`, is in doubt; empty where it is not.

    For processes that take nothing in: a collector on the same machine has judged the clock, or
    it is behind what some collector has received.
    """
    ((reason, behind),) = _fetch(conn, "in_doubt", host=host, now=now)
    return reason or ("behind_received" if behind else "")


def accept(conn: Connection, host: str, by: str, now: datetime) -> bool:
    """Let a person accept a machine's clock, which says `now`; tell whether the machine is known.

    What was received later than `now` counts no longer.
    """
    return bool(_fetch(conn, "accept", host=host, by=by, now=now))


def newest_receipt(conn: Connection) -> datetime | None:
    """Return the newest time at which a sure clock took something in."""
    ((received,),) = _fetch(conn, "newest_receipt")
    return received if isinstance(received, datetime) else None
