"""What a load has found so far: records with the place each was declared at, and errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from field_configs.device import Device, Network
from field_configs.reading import Section
from field_configs.schema import (
    Board,
    ConfigError,
    Configs,
    County,
    Crop,
    Field,
    Node,
    Placement,
    Product,
    Region,
    Season,
    StageObservation,
    Township,
    Village,
)

R = TypeVar("R")


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


N = TypeVar("N", bound=_HasId)


@dataclass(frozen=True)
class Found(Generic[R]):
    """A sound record and the section it was read from."""

    record: R
    section: Section


@dataclass
class Shelf(Generic[R]):
    """Records of one kind by id; ``broken`` holds the ids whose record has errors.

    A reference to a broken record is not reported again: its own errors are enough.
    """

    kept: dict[str, Found[R]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.kept or self.broken)

    def knows(self, identifier: str) -> bool:
        """Tell whether the id was declared, soundly or not."""
        return identifier in self.kept or identifier in self.broken

    def get(self, identifier: str) -> R | None:
        """Give the sound record of an id, or None."""
        found = self.kept.get(identifier)
        return found.record if found else None

    def items(self) -> Iterable[Found[R]]:
        """Give all sound records in order of declaration."""
        return self.kept.values()

    def records(self) -> dict[str, R]:
        """Give the sound records by id."""
        return {identifier: found.record for identifier, found in self.kept.items()}


class Collected:
    """All shelves of one load, and its errors and warnings."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.errors: list[ConfigError] = []
        self.warnings: list[ConfigError] = []
        self.unread = False
        self.regions: Shelf[Region] = Shelf()
        self.counties: Shelf[County] = Shelf()
        self.townships: Shelf[Township] = Shelf()
        self.crops: Shelf[Crop] = Shelf()
        self.boards: Shelf[Board] = Shelf()
        self.products: Shelf[Product] = Shelf()
        self.villages: Shelf[Village] = Shelf()
        self.fields: Shelf[Field] = Shelf()
        self.placements: Shelf[Placement] = Shelf()
        self.nodes: Shelf[Node] = Shelf()
        self.networks: Shelf[Network] = Shelf()
        self.devices: Shelf[Device] = Shelf()
        self.seasons: list[Found[Season]] = []
        self.broken_seasons: list[Season] = []
        self.stage_observations: list[Found[StageObservation]] = []

    def name_of(self, path: Path) -> str:
        """Name a path as errors call it: from the configuration folder on."""
        inside = path.is_relative_to(self.root.parent)
        return (path.relative_to(self.root.parent) if inside else path).as_posix()

    def keep(self, shelf: Shelf[R], identifier: str, record: R, section: Section) -> None:
        """Put a record on its shelf, or note why not."""
        if section.bad:
            shelf.broken.add(identifier)
        elif identifier in shelf.kept:
            first = shelf.kept[identifier].section
            section.fail(first_key(section), f"declared twice: first at {first.file}: {first.key}")
        else:
            shelf.kept[identifier] = Found(record, section)

    def keep_part(self, shelf: Shelf[N], record: N, section: Section) -> None:
        """Close a section and put its record on the shelf under its own id."""
        section.close()
        self.keep(shelf, record.id, record, section)

    def keep_row(self, rows: list[Found[R]], record: R, section: Section) -> None:
        """Close a section and keep its record, which has no id, where it is sound."""
        section.close()
        if not section.bad:
            rows.append(Found(record, section))
        elif isinstance(record, Season):
            self.broken_seasons.append(record)

    def configs(self) -> Configs:
        """Give everything that was kept."""
        return Configs(
            self.counties.records(),
            self.townships.records(),
            self.crops.records(),
            self.boards.records(),
            self.villages.records(),
            self.fields.records(),
            tuple(found.record for found in self.seasons),
            tuple(found.record for found in self.stage_observations),
            self.placements.records(),
            self.nodes.records(),
            self.regions.records(),
            self.products.records(),
            self.networks.records(),
            self.devices.records(),
            tuple(self.warnings),
        )


def first_key(section: Section) -> str:
    """Name the key that identifies a record: its id, or its code."""
    return "code" if section.has("code") else "id"
