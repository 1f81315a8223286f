"""Sequences: outputs one after another, kept with how far they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run

SQL = queries.load("sequences")


class Busy(StoreError):  # noqa: N818 - named for what is so
    """A field has a sequence that is not over."""

    def __init__(self, field: str) -> None:
        super().__init__(
            f"field {field}: a sequence is under way; wait until it is over, or end it with "
            f"`nongqing control all-off {field}`"
        )


@dataclass(frozen=True)
class Step:
    """An output on for `seconds`: after all before it ended (``end``), or the last is ``on``."""

    node: str
    output: int
    seconds: int
    after: str = "end"


@dataclass(frozen=True)
class Given:
    """A step, its number in the sequence, and the id of its order; None: not given yet."""

    sequence: int
    number: int
    step: Step
    order: int | None


@dataclass(frozen=True)
class SequenceRow:
    """A sequence; `m3` is what it is to give. `result` is ``done`` or ``stopped`` for `reason`."""

    id: int
    field: str
    m3: float | None
    made: datetime
    made_by: str
    why: str
    ended: datetime | None
    result: str | None
    reason: str | None


def add(
    conn: Connection,
    field: str,
    steps: Sequence[Step],
    *,
    m3: float | None,
    by: str,
    why: str,
    at: datetime,
) -> int:
    """Keep a sequence; its first step is given by the next job.

    Raises
    ------
    Busy
        When the field has one that is not over.
    """
    rows = fetch(conn, SQL["add"], field=field, m3=m3, by=by, why=why, at=at)
    if not rows:
        raise Busy(field)
    for number, step in enumerate(steps):
        run(conn, SQL["add_step"], sequence=rows[0][0], number=number, **vars(step))
    return int(rows[0][0])


def under_way(conn: Connection, *, lock: bool = False) -> list[SequenceRow]:
    """Return the sequences that are not over; locked, without those that somebody else has."""
    name = "lock_open" if lock else "open"
    return [SequenceRow(*row) for row in fetch(conn, SQL[name])]


def of_field(conn: Connection, field: str, limit: int = 20) -> list[SequenceRow]:
    """Return the sequences of a field, the newest first."""
    return [SequenceRow(*row) for row in fetch(conn, SQL["of_field"], field=field, limit=limit)]


def steps(conn: Connection, sequences: Iterable[int]) -> dict[int, list[Given]]:
    """Return the steps of sequences, in their order."""
    found: dict[int, list[Given]] = {}
    for sequence, number, *step, given in fetch(conn, SQL["steps"], sequences=list(sequences)):
        found.setdefault(sequence, []).append(Given(sequence, number, Step(*step), given))
    return found


def note_given(conn: Connection, step: Given, order: int) -> None:
    """Note the order of a step."""
    run(conn, SQL["given"], sequence=step.sequence, number=step.number, given=order)


def end(conn: Connection, number: int, result: str, reason: str | None, at: datetime) -> None:
    """End a sequence as ``done``, or ``stopped`` for a reason."""
    fetch(conn, SQL["end"], id=number, result=result, reason=reason, at=at)
