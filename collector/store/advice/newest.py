"""What people report, and report again: the newest counts, and those before stay on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from field_configs.events import Event, event
from models.sheets.refused import Refused


class Record(Protocol):
    """A record of somebody: `key` makes it the same as another, `content` is what it says."""

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it the same record as another."""

    @property
    def content(self) -> tuple[object, ...]:
        """What it says, its origin apart."""

    @property
    def origin(self) -> str:
        """Where it came from, as file:line."""


Kind = TypeVar("Kind", bound=Record)


@dataclass(frozen=True)
class Kept:
    """What became of records: how many are new, and those that corrected one, were there
    already, or contradict another of the same delivery.
    """

    new: int
    corrected: tuple[Refused, ...]
    same: tuple[Refused, ...]
    contradicting: tuple[Refused, ...]


@dataclass(frozen=True)
class Sorted(Generic[Kind]):
    """Records of a delivery that are to be kept, and what becomes of all."""

    taken: list[Kind]
    kept: Kept


def sort_out(
    records: Sequence[Kind],
    kept_of: Callable[[list[tuple[Any, ...]]], Mapping[tuple[Any, ...], Kind]],
    contradicts: Callable[[str], Event],
) -> Sorted[Kind]:
    """Tell which records of one delivery are to be kept.

    A record that is there already is passed over and named. One that says something else than
    the kept record with its key corrects it. Of records that contradict each other none is
    taken in: nobody knows which is right.

    Parameters
    ----------
    records : sequence of Record
    kept_of : callable
        Keys -> the newest kept record of each, where there is one.
    contradicts : callable
        Origin of the other record -> why one that contradicts it is refused.
    """
    alike: dict[tuple[Any, ...], list[Kind]] = {}
    for record in records:
        alike.setdefault(record.key, []).append(record)
    contradicting = [
        _refused(record, contradicts(other.origin))
        for group in alike.values()
        for record in group
        if (other := next((o for o in group if o.content != record.content), None)) is not None
    ]
    sound = {k: group for k, group in alike.items() if len({r.content for r in group}) == 1}
    before = kept_of(list(sound)) if sound else {}
    taken = [
        group[0]
        for key, group in sound.items()
        if key not in before or before[key].content != group[0].content
    ]
    corrected = [
        _refused(record, event("report_corrects", other=before[record.key].origin))
        for record in taken
        if record.key in before
    ]
    first = {id(record) for record in taken}
    same = [
        _refused(record, event("report_there", other=before.get(key, group[0]).origin))
        for key, group in sound.items()
        for record in group
        if id(record) not in first
    ]
    return Sorted(
        taken,
        Kept(len(taken) - len(corrected), tuple(corrected), tuple(same), tuple(contradicting)),
    )


def _refused(record: Record, why: Event) -> Refused:
    return Refused(record.origin, why, repr(tuple(vars(record).values())))
