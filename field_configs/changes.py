"""What differs between two states of places and devices: what is new, changed, gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from field_configs.device import Device, Network
from field_configs.schema import (
    Configs,
    County,
    Field,
    Node,
    Placement,
    Season,
    StageObservation,
    Township,
    Village,
)

Record: TypeAlias = (
    County
    | Township
    | Village
    | Field
    | Placement
    | Node
    | Network
    | Device
    | Season
    | StageObservation
)

# Each kind of record, and what one of it is called.
KINDS: Mapping[str, str] = {
    "counties": "county",
    "townships": "township",
    "villages": "village",
    "fields": "field",
    "placements": "placement",
    "nodes": "node",
    "networks": "network server",
    "devices": "device",
    "seasons": "season",
    "stage_observations": "stage observation",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One record that differs; `before` is None where it is new, `after` where it is gone."""

    kind: str
    id: str
    before: Record | None
    after: Record | None

    def __str__(self) -> str:
        """Name the record and what differs in it."""
        return f"{KINDS[self.kind]} {self.id}" + ": " * bool(self.details) + "; ".join(self.details)

    @property
    def details(self) -> tuple[str, ...]:
        """What differs in a changed record, as ``key: before -> after``."""
        if self.before is None or self.after is None:
            return ()
        found = []
        for entry in fields(self.after):
            before, after = getattr(self.before, entry.name), getattr(self.after, entry.name)
            if entry.name in ("channels", "values"):
                found += [
                    f"{entry.name[:-1]} {each}: {_shown(before.get(each))} -> "
                    f"{_shown(after.get(each))}"
                    for each in sorted(before.keys() | after.keys())
                    if before.get(each) != after.get(each)
                ]
            elif before != after:
                found.append(f"{entry.name}: {_shown(before)} -> {_shown(after)}")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class HandOver:
    """A placement that a channel of a node that is gone serves, and from now on another one."""

    placement: str
    node: str
    channel: int
    by_node: str
    by_channel: int

    def __str__(self) -> str:
        """Say who serves it until now, and who from now on."""
        return (
            f"placement {self.placement}: served by {self.by_node} channel {self.by_channel} from "
            f"now on, until now by {self.node} channel {self.channel}"
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """All that differs, in the order of `KINDS` and ids, and the placements that change hands."""

    records: tuple[Change, ...]
    hand_overs: tuple[HandOver, ...]

    def __bool__(self) -> bool:
        return bool(self.records or self.hand_overs)

    def new(self, kind: str | None = None) -> list[Change]:
        """Records that are not there yet, of one kind or all."""
        return [x for x in self._of(kind) if x.before is None]

    def changed(self, kind: str | None = None) -> list[Change]:
        """Records that are there, but differ, of one kind or all."""
        return [x for x in self._of(kind) if x.before is not None and x.after is not None]

    def gone(self, kind: str | None = None) -> list[Change]:
        """Records that are there and are not declared, of one kind or all."""
        return [x for x in self._of(kind) if x.after is None]

    def _of(self, kind: str | None) -> Iterator[Change]:
        return (x for x in self.records if kind in (None, x.kind))


def compare(before: Configs, after: Configs) -> Changes:
    """Find what differs.

    Parameters
    ----------
    before : Configs
        What is there; types (crops, boards, regions) are not looked at.
    after : Configs
        What is declared.
    """
    found = []
    for kind in KINDS:
        old, new = _by_id(before, kind), _by_id(after, kind)
        for identifier in sorted(old.keys() | new.keys()):
            change = Change(kind, identifier, old.get(identifier), new.get(identifier))
            if change.before != change.after:
                found.append(change)
    return Changes(tuple(found), tuple(_hand_overs(before, after)))


def _hand_overs(before: Configs, after: Configs) -> Iterator[HandOver]:
    served = {
        placement: (node.id, channel)
        for node in after.nodes.values()
        for channel, placement in node.channels.items()
    }
    for name in sorted(before.nodes.keys() - after.nodes.keys()):
        for channel, placement in sorted(before.nodes[name].channels.items()):
            if placement in served:
                yield HandOver(placement, name, channel, *served[placement])


def _by_id(configs: Configs, kind: str) -> Mapping[str, Record]:
    held: Any = getattr(configs, kind)
    if isinstance(held, Mapping):
        return held
    return {_name(row): row for row in held}


def _name(row: Season | StageObservation) -> str:
    if isinstance(row, Season):
        return f"{row.field} {row.crop} {row.sown}"
    return f"{row.field} {row.crop} {row.date} {row.bbch}"


def _shown(value: object) -> str:
    return "-" if value is None else str(value)
