"""Outlooks of risk as they were issued, and what came: a byte for each field, deflated.

Most fields around have the same class, so that a day's answers for thousands of fields take some
hundred bytes. What a field's byte says is read by its number in `kept_field`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from models.risk.answers import RiskStatus
from models.risk.fold import MODEL_VERSION
from models.risk.hazard import OUT_OF_SEASON, Hazard
from models.skill.risk_outlooks import ABSENT, Classes, next_day
from models.weather.dataset import Array
from models.weather.local_days import day_ended

if TYPE_CHECKING:
    from hashlib import _Hash

SQL = queries.load("risk_kept")
#: Chances are kept in steps of one of this.
STEPS = 250


def deflated(values: Classes) -> bytes:
    """Return bytes of fields as they are kept."""
    return zlib.compress(values.tobytes(), 9)


def inflated(kept: bytes | memoryview, count: int) -> Classes:
    """Return the bytes of so many fields; of those that came later there is none."""
    found = np.frombuffer(zlib.decompress(kept), np.uint8)
    return np.concatenate([found, np.full(count - len(found), ABSENT, np.uint8)])


def stepped(chances: Array) -> Classes:
    """Return chances (0..1, NaN) as bytes."""
    inside = (chances >= 0.0) & (chances <= 1.0)
    return np.where(inside, np.rint(np.where(inside, chances, 0.0) * STEPS), ABSENT).astype(
        np.uint8
    )


def unstepped(values: Classes) -> Array:
    """Return the chances of bytes: 0..1, NaN where there is none."""
    return np.where(values == ABSENT, np.nan, values / STEPS)


def number_fields(conn: Connection) -> dict[str, int]:
    """Give new fields their numbers, and return those of all."""
    queries.run(conn, SQL["lock"])
    queries.run(conn, SQL["number_fields"])
    return numbers(conn)


def numbers(conn: Connection) -> dict[str, int]:
    """Return the numbers of the fields that have one."""
    return dict(queries.fetch(conn, SQL["numbers"]))


# What was said --------------------------------------------------------------------------------


@dataclass
class _Said:
    """Answers of one crop, hazard and day; bytes by the numbers of fields."""

    version: str
    classes: Classes
    chances: Array | None
    inputs: _Hash = field(default_factory=sha256)


class Outlook:
    """An outlook that is being written elsewhere, noted while it passes.

    Parameters
    ----------
    numbers : mapping
        Field -> its number.
    hazards : mapping
        Those in force.
    """

    def __init__(self, numbers: Mapping[str, int], hazards: Mapping[str, Hazard]) -> None:
        self.numbers = numbers
        self._chance = {name for name, hazard in hazards.items() if hazard.probability}
        self.said: dict[tuple[str, str, date], _Said] = {}

    def noted(self, statuses: Iterable[RiskStatus]) -> Iterator[RiskStatus]:
        """Yield statuses as they come, and keep their classes."""
        count = len(self.numbers)
        for status in statuses:
            key = status.crop, status.hazard, day_ended(status.time)
            said = self.said.get(key)
            if said is None:
                chance = np.full(count, np.nan) if status.hazard in self._chance else None
                none = np.full(count, ABSENT, np.uint8)
                said = self.said[key] = _Said(status.model_version, none, chance)
            number = self.numbers[status.site]
            said.classes[number] = status.status
            if said.chances is not None:
                said.chances[number] = status.score
            said.inputs.update(status.inputs_hash.encode())
            yield status


def put_outlook(
    conn: Connection, outlook: Outlook, forecast_issued: Mapping[str, datetime], issued: datetime
) -> int:
    """Keep an outlook, in the place of one that was issued earlier in the same 24 hours.

    Days that had begun when it was issued are left out, and so is what was out of season
    everywhere. Computing the same issue again changes nothing.

    Parameters
    ----------
    conn : Connection
    outlook : Outlook
        All of it has passed.
    forecast_issued : mapping
        Field -> when its forecast was made.
    issued : datetime
        Aware.

    Returns
    -------
    int
        How many crops, hazards and days are kept of it.
    """
    first = next_day(issued)
    rows = [
        _said_row(first, key, said)
        for key, said in outlook.said.items()
        if key[2] >= first and _tells(said.classes)
    ]
    queries.run(conn, SQL["lock"])
    ((newer,),) = queries.fetch(conn, SQL["is_newer"], next_day=first, issued=issued)
    if not rows or not newer:
        return 0
    made = forecast_issued.values()
    queries.run(conn, SQL["drop_issue"], next_day=first)
    span = {"first": min(made), "last": max(made)}
    queries.run(conn, SQL["put_issue"], next_day=first, issued=issued, **span)
    queries.put(conn, SQL["put_said"], rows)
    return len(rows)


def _tells(classes: Classes) -> bool:
    return bool(((classes != ABSENT) & (classes != OUT_OF_SEASON)).any())


def _said_row(first: date, key: tuple[str, str, date], said: _Said) -> tuple[object, ...]:
    chances = None if said.chances is None else deflated(stepped(said.chances))
    crop, hazard, day = key
    kept = deflated(said.classes), chances, said.inputs.digest()
    return first, crop, hazard, day, said.version, *kept


# What came ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Came:
    """Answers of a hazard for a crop on a day that is over; arrays over `numbers` of fields.

    `scores` are chances; None where the hazard's score is none.
    """

    crop: str
    hazard: str
    numbers: NDArray[np.intp]
    status: Classes
    scores: Array | None


def version_of(hazard: Hazard) -> str:
    """Return the model version in force of a hazard, as statuses carry it."""
    return f"{MODEL_VERSION}.{hazard.version}"


def put_came(
    conn: Connection,
    day: date,
    fields: NDArray[np.intp],
    found: Sequence[Came],
    hazards: Mapping[str, Hazard],
    at: datetime,
) -> int:
    """Keep what came on a day at some fields, in the place of what was known of them before.

    Parameters
    ----------
    conn : Connection
    day : date
    fields : array
        Numbers of all fields that were computed, whether they have an answer or not.
    found : sequence of Came
    hazards : mapping
        Those in force.
    at : datetime
        Now, aware.

    Returns
    -------
    int
        How many crops and hazards changed.
    """
    given = {"hazards": list(hazards), "versions": [version_of(h) for h in hazards.values()]}
    rows = queries.fetch(conn, SQL["came_of_day"], day=day, **given)
    known = {(crop, hazard): tuple(map(_raw, kept)) for crop, hazard, _, *kept in rows}
    new = {(each.crop, each.hazard): each for each in found}
    changed = []
    for key in dict.fromkeys([*new, *known]):
        before = known.get(key, (b"", None))
        now = _with(fields, new.get(key), *before)
        if now is not None and now != before:
            version = version_of(hazards[key[1]])
            kept = (None if each is None else zlib.compress(each, 9) for each in now)
            changed.append((day, *key, version, *kept, at))
    queries.put(conn, SQL["put_came"], changed)
    return len(changed)


def _raw(kept: memoryview | None) -> bytes | None:
    return None if kept is None else zlib.decompress(kept)


def _with(
    fields: NDArray[np.intp], each: Came | None, classes: bytes | None, chances: bytes | None
) -> tuple[bytes, bytes | None] | None:
    """Bytes of all fields with those that were computed now; None where nothing needs be kept."""
    size = max(len(classes or b""), int(fields.max()) + 1)
    now = np.full((2, size), ABSENT, np.uint8)
    for row, kept in enumerate((classes, chances)):
        now[row, : len(kept or b"")] = np.frombuffer(kept or b"", np.uint8)
    now[:, fields] = ABSENT
    has_chances = chances is not None
    if each is not None:
        now[0, each.numbers] = each.status
        if each.scores is not None:
            now[1, each.numbers], has_chances = stepped(each.scores), True
    if not classes and not _tells(now[0]):
        return None
    return now[0].tobytes(), now[1].tobytes() if has_chances else None


def drop_before(conn: Connection, day: date) -> None:
    """Forget outlooks that were issued before a day, and what came before it."""
    queries.run(conn, SQL["drop_issues_before"], day=day)
    queries.run(conn, SQL["drop_came_before"], day=day)
