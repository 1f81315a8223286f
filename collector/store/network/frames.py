"""What arrived: the frame log, what waits, what was refused or cannot be read, the watermarks."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg2 import errors
from psycopg2.extras import Json, execute_values

from collector.store.postgres import binary, queries
from collector.store.postgres.db import Connection
from field_configs.events import Event

SQL = queries.load("frames")

UNKNOWN_NODE, OTHERS = "unknown_node", "(others)"
MOST_UNKNOWN_NAMES = 100

COPY_FROM = 64  # frames; below, one INSERT is quicker than COPY and the numbers for it
_i4, _i8 = struct.Struct(">i").pack, struct.Struct(">q").pack

DECODED, WAITING_TIME, WAITING_LAYOUT, DEAD = "decoded", "waiting_time", "waiting_layout", "dead"
WAITING_CLOCK = "waiting_clock"
#: Of the SHA-256 of a frame that was moved to a file.
DIGEST_BYTES = 16


class BootId(NamedTuple):
    """One run of a node between two starts, under one key epoch."""

    node: str
    epoch: int
    boot: int


class FrameId(NamedTuple):
    """Identity of a frame."""

    node: str
    epoch: int
    boot: int
    seq: int

    @property
    def boot_id(self) -> BootId:
        """The boot that it belongs to."""
        return BootId(self.node, self.epoch, self.boot)


class NewFrame(NamedTuple):
    """An authentic frame as it is to be kept."""

    id: FrameId
    received: datetime
    layout: bytes | None
    state: str
    sealed: bytes


@dataclass(frozen=True)
class Sealed:
    """A frame's bytes, or, of one that was moved to a file, the beginning of their SHA-256."""

    sealed: bytes | None
    digest: bytes | None

    def same(self, payload: bytes) -> bool:
        """Tell whether they are these bytes."""
        if self.sealed is not None:
            return self.sealed == payload
        return self.digest == hashlib.sha256(payload).digest()[:DIGEST_BYTES]


@dataclass(frozen=True)
class WaitingFrame:
    """A kept frame whose time or layout has become known; `unix_s` is its boot's start [s]."""

    row: int
    id: FrameId
    received: datetime
    sealed: bytes
    unix_s: int | None


@dataclass(frozen=True)
class DeadLetter:
    """Bytes that nobody can read, or readings that have no place, with the reason."""

    received: datetime
    topic: str
    node: str
    frame_row: int | None
    reason: Event
    bytes: bytes


@dataclass(frozen=True)
class Refusal:
    """Messages of a node that were refused for one reason on one UTC day."""

    node: str
    reason: str
    day: date
    count: int
    last_received: datetime
    last_bytes: bytes


@dataclass(frozen=True)
class Counts:
    """How much of each kind the store holds."""

    frames: int
    waiting_time: int
    waiting_layout: int
    dead_letters: int
    refusals: int
    conflicts: int
    open_items: int


def _many(conn: Connection, name: str, rows: Sequence[tuple[Any, ...]], fetch: bool = False) -> Any:
    if not rows:
        return []
    with conn.cursor() as cur:
        return execute_values(cur, SQL[name], rows, page_size=1000, fetch=fetch)


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall()


def _run(conn: Connection, name: str, **params: Any) -> None:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)


def _columns(boots: Iterable[BootId]) -> dict[str, str]:
    ordered = sorted(set(boots))
    return {
        "nodes": queries.array((boot.node for boot in ordered), text=True),
        "epochs": queries.array(boot.epoch for boot in ordered),
        "boots": queries.array(boot.boot for boot in ordered),
    }


def insert_frames(conn: Connection, frames: Iterable[NewFrame]) -> dict[FrameId, int]:
    """Keep frames; one that is already there is left alone.

    Returns
    -------
    dict of FrameId to int
        Row numbers of those that were new.
    """
    # All writers go through a batch in the same order, so that two collectors cannot deadlock.
    unique = {frame.id: frame for frame in reversed(list(frames))}
    wanted = [frame for _, frame in sorted(unique.items())]
    found = _copy_new(conn, wanted) if len(wanted) >= COPY_FROM else None
    if found is not None:
        return found
    rows = [
        (*frame.id, frame.received, frame.layout, frame.state, frame.sealed) for frame in wanted
    ]
    return {FrameId(*rest): row for row, *rest in _many(conn, "insert", rows, fetch=True)}


def _copy_new(conn: Connection, wanted: Sequence[NewFrame]) -> dict[FrameId, int] | None:
    """Copy frames into the table at once; None, and nothing is done, if one is there."""
    rows = [number for (number,) in _fetch(conn, "take_numbers", count=len(wanted))]
    received = {moment: _i8(binary.timestamp(moment)) for moment in {x.received for x in wanted}}
    stream = binary.encode_fields(
        (
            *(_i8(row), x.id.node.encode(), _i4(x.id.epoch), _i8(x.id.boot), _i8(x.id.seq)),
            *(received[x.received], x.layout, x.state.encode(), x.sealed),
        )
        for row, x in zip(rows, wanted, strict=True)
    )
    with conn.cursor() as cur:
        cur.execute(SQL["begin_copy"])
        try:
            cur.copy_expert(SQL["copy_new"], io.BytesIO(stream))
        except errors.UniqueViolation:
            cur.execute(SQL["undo_copy"])
            return None
        cur.execute(SQL["end_copy"])
    return {frame.id: row for row, frame in zip(rows, wanted, strict=True)}


def note_seen(conn: Connection, nodes: Iterable[str], at: datetime) -> None:
    """Note that nodes were heard at `at`."""
    _run(conn, "seen", nodes=sorted(set(nodes)), at=at)


def set_state(conn: Connection, rows: Sequence[int], state: str) -> None:
    """Change the state of frames, given by row number."""
    if rows:
        _run(conn, "set_state", ids=sorted(rows), state=state)


def put_boot_offsets(conn: Connection, offsets: Mapping[BootId, int]) -> None:
    """Keep when boots began [s since 1970 UTC]; what is there stays."""
    if offsets:
        _run(
            conn, "put_boot_offsets", **_columns(offsets), starts=queries.array(_in_order(offsets))
        )


def take_waiting(conn: Connection, state: str, limit: int = 500) -> list[WaitingFrame]:
    """Return and lock frames of `state` that need not wait any longer."""
    return [
        WaitingFrame(row, FrameId(node, epoch, boot, seq), received, sealed, unix_s)
        for row, node, epoch, boot, seq, received, sealed, unix_s in _fetch(
            conn, f"take_{state}", limit=limit
        )
    ]


def revive(conn: Connection) -> None:
    """Let frames wait again that were given up because their times could not be right."""
    _run(conn, "revive")


def put_lost(conn: Connection, boot: BootId, first: int, last: int, received: datetime) -> None:
    """Keep a node's report that its frames `first` to `last` of a boot are lost."""
    _run(conn, "put_lost", **boot._asdict(), first=first, last=last, received=received)


def advance_watermarks(
    conn: Connection, boots: Iterable[BootId], next_ones: Mapping[BootId, range] | None = None
) -> dict[BootId, int]:
    """Move the watermarks of boots as far as the committed frames allow, and return them.

    Parameters
    ----------
    conn : Connection
    boots : iterable of BootId
    next_ones : mapping of BootId to range, optional
        Sequence numbers of a boot that were just committed, one behind the other: where the
        watermark stands right before them, nothing has to be searched.

    Returns
    -------
    dict of BootId to int
        Every frame from 0 to this sequence number is kept, or was reported lost. A boot whose
        first frame is missing has no entry.
    """
    left = set(boots)
    found = _step_watermarks(conn, {b: n for b, n in (next_ones or {}).items() if b in left})
    left -= found.keys()
    if left:
        columns = _columns(left)
        _run(conn, "begin_watermarks", **columns)
        _run(conn, "advance_watermarks", **columns)
        found |= watermarks(conn, left)
    return found


def _step_watermarks(conn: Connection, next_ones: Mapping[BootId, range]) -> dict[BootId, int]:
    """Move watermarks that stand right before what came; return those that moved."""
    if not next_ones:
        return {}
    numbers = _in_order(next_ones)
    rows = _fetch(
        conn,
        "step_watermarks",
        **_columns(next_ones),
        firsts=queries.array(one.start for one in numbers),
        lasts=queries.array(one.stop - 1 for one in numbers),
    )
    return {BootId(*boot): seq for *boot, seq in rows}


def _in_order(by_boot: Mapping[BootId, Any]) -> list[Any]:
    """Return what belongs to boots in the order of `_columns`."""
    return [by_boot[boot] for boot in sorted(by_boot)]


def watermarks(conn: Connection, boots: Iterable[BootId]) -> dict[BootId, int]:
    """Return the watermarks of boots."""
    rows = _fetch(conn, "watermarks", **_columns(boots))
    return {BootId(*boot): seq for *boot, seq in rows}


def stored(conn: Connection, ids: Iterable[FrameId]) -> dict[FrameId, Sealed]:
    """Return what is known of the bytes of those of `ids` that the frame log holds."""
    ordered = sorted(set(ids))
    columns = {
        "nodes": [i.node for i in ordered],
        "epochs": [i.epoch for i in ordered],
        "boots": [i.boot for i in ordered],
        "seqs": [i.seq for i in ordered],
    }
    found = _fetch(conn, "stored", **columns)
    return {FrameId(*rest): Sealed(sealed, digest) for *rest, sealed, digest in found}


def put_dead_letters(conn: Connection, letters: Iterable[DeadLetter]) -> None:
    """Keep what cannot be read or placed; the same bytes for the same reason only once."""
    once = {(x.topic, x.reason.kind, x.bytes): x for x in reversed(list(letters))}
    rows = [
        (x.received, x.topic, x.node, x.frame_row, x.reason.kind, Json(dict(x.reason.params)))
        + (x.bytes,)
        for x in reversed(once.values())
    ]
    _many(conn, "put_dead_letters", rows)


def dead_letters(conn: Connection, limit: int = 100) -> list[DeadLetter]:
    """Return the newest dead letters."""
    return [
        DeadLetter(received, topic, node, row, Event(kind, params), data)
        for received, topic, node, row, kind, params, data in _fetch(
            conn, "dead_letters", limit=limit
        )
    ]


def put_refusals(conn: Connection, refusals: Iterable[Refusal]) -> None:
    """Count refused messages; `Refusal.count` is added to what the day already has.

    Names of nodes that nobody knows come from outside: after the first `MOST_UNKNOWN_NAMES` of a
    day, further ones are counted together.
    """
    found = list(refusals)
    names = _unknown_names(conn, found)
    rows: dict[tuple[str, str, date], Refusal] = {}
    for one in found:
        known = one.reason != UNKNOWN_NODE or one.node in names or len(names) < MOST_UNKNOWN_NAMES
        name = one.node if known else OTHERS
        if known and one.reason == UNKNOWN_NODE:
            names.add(name)
        key = (name, one.reason, one.day)
        before = rows[key].count if key in rows else 0
        rows[key] = replace(one, node=name, count=before + one.count)
    _many(
        conn,
        "put_refusals",
        [(*key, x.count, x.last_received, x.last_bytes) for key, x in sorted(rows.items())],
    )


def _unknown_names(conn: Connection, refusals: list[Refusal]) -> set[str]:
    days = {x.day for x in refusals if x.reason == UNKNOWN_NODE}
    if not days:
        return set()
    rows = _fetch(conn, "unknown_names", reason=UNKNOWN_NODE, days=list(days))
    return {name for (name,) in rows}


def refusals(conn: Connection, limit: int = 100) -> list[Refusal]:
    """Return refused messages, the latest day first."""
    return [Refusal(*row) for row in _fetch(conn, "refusals", limit=limit)]


def count_by_node(conn: Connection) -> dict[str, int]:
    """Return how many frames are kept of each node that has any."""
    return {node: int(number) for node, number in _fetch(conn, "count_by_node")}


def counts(conn: Connection) -> Counts:
    """Return how much of each kind the store holds."""
    (row,) = _fetch(conn, "counts")
    assert len(row) == len(fields(Counts))
    return Counts(*row)
