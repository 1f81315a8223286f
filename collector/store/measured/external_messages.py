"""What devices of other makers sent: each message once, as it came, and what counters said."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run

SQL = queries.load("external_messages")

#: Ends `transport` of what a broker had retained: when that was sent nobody knows.
RETAINED = ", retained"


@dataclass(frozen=True)
class NewMessage:
    """A message as it is to be kept; the last four are of LoRaWAN."""

    device: str
    identity: bytes
    received: datetime
    transport: str
    form: str
    sha256: bytes
    data: bytes
    sent: datetime | None = None
    session: str | None = None
    counter: int | None = None
    payload: bytes | None = None


@dataclass(frozen=True)
class Kept:
    """A message as it is kept."""

    row: int
    device: str
    received: datetime
    transport: str
    form: str
    sha256: bytes
    data: bytes


def put(conn: Connection, new: NewMessage, *, bytes_since: datetime, apart_s: float) -> int | None:
    """Keep a message; the caller holds its device.

    Parameters
    ----------
    conn : Connection
    new : NewMessage
    bytes_since : datetime
        The same bytes after it are a repetition.
    apart_s : float
        So far apart the same payload under the same counter is [s].

    Returns
    -------
    int or None
        Its number, as `reading.frame_id` holds it; None: it is a repetition.
    """
    given = asdict(new)
    sent = new.sent or new.received
    known = {**given, "sent": sent, "bytes_since": bytes_since, "apart_s": apart_s}
    known["retained"] = RETAINED
    ((there,),) = fetch(conn, SQL["there"], **known)
    if there:
        return None
    ((row,),) = fetch(conn, SQL["put"], **given)
    return int(row)


def of_device(conn: Connection, device: str, since: datetime) -> list[Kept]:
    """Return what is kept of a device since a time of receipt, the oldest first."""
    return [_kept(row) for row in fetch(conn, SQL["of_device"], device=device, since=since)]


def newest(conn: Connection, device: str, limit: int) -> list[Kept]:
    """Return the newest messages of a device."""
    return [_kept(row) for row in fetch(conn, SQL["newest"], device=device, limit=limit)]


def one(conn: Connection, row: int) -> Kept | None:
    """Return the message of a reading's `frame_id`; None: that is a frame of a node."""
    rows = fetch(conn, SQL["one"], id=row)
    return _kept(rows[0]) if rows else None


def _kept(row: tuple[Any, ...]) -> Kept:
    number, device, received, transport, form, sha256, data = row
    return Kept(number, device, received, transport, form, bytes(sha256), bytes(data))


# Counters -------------------------------------------------------------------------------------


def count_at(conn: Connection, channel: int, time: int) -> tuple[float, float | None] | None:
    """Return count and amount of a channel at a time [s since 1970 UTC]; None: none is kept."""
    rows = fetch(conn, SQL["count_at"], channel=channel, time=time)
    return rows[0] if rows else None


def count_before(conn: Connection, channel: int, time: int) -> tuple[int, float] | None:
    """Return time [s since 1970 UTC] and value of the count before a time."""
    rows = fetch(conn, SQL["count_before"], channel=channel, time=time)
    return rows[0] if rows else None


def has_count_after(conn: Connection, channel: int, time: int) -> bool:
    """Tell whether a later count is kept."""
    ((found,),) = fetch(conn, SQL["count_after"], channel=channel, time=time)
    return bool(found)


def put_count(
    conn: Connection, channel: int, time: int, count: float, amount: float | None, message: int
) -> None:
    """Keep a count."""
    given = {"channel": channel, "time": time, "count": count, "amount": amount}
    run(conn, SQL["put_count"], message=message, **given)
