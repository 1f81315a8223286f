"""The register of places that files may name: villages, fields, and stations that weather is of.

A name counts without blanks around it and in either language. A place that is not known yet is a
station and needs a position; one that is known keeps its own, and a position beside it only
proves that it is meant. Nothing is registered by a line that is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from collector.store.measured import places
from collector.store.network import registry
from collector.store.network.registry import VillageRow
from collector.store.postgres.db import Connection
from field_configs.events import event
from field_configs.reading import nearest
from field_configs.schema import Field
from models.sheets import cells
from models.sheets.refused import CellError
from models.weather.dataset import MOVED
from models.weather.distances import distances_km, plane_km
from models.weather.interpolate import RANGE_KM

Position = tuple[float, float]
#: Coordinates that differ by less are those of one station [degree]: about 100 m.
SAME = 0.001


@dataclass
class Places:
    """Places by name, their positions, and other names of theirs.

    Attributes
    ----------
    known : mapping of str to (float, float)
        Longitude and latitude [degree].
    names : mapping of str to str
        Other names, each of one place only.
    own : frozenset of str
        Villages and fields; the others are stations and grid points.
    any_name : bool
        Whether every name is a place, with or without a position: a season that is replayed
        from a file is of no registered place.
    """

    known: dict[str, Position]
    names: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    any_name: bool = False

    def meant(self, word: str) -> str | None:
        """Return the id of a place by one of its names; None where there is none."""
        plain = cells.name(word)
        return plain if plain in self.known or plain in self.own else self.names.get(plain)

    def find(self, word: str, position: Position | None) -> str:
        """Return the id of a place that a line names; a station may be new.

        Raises
        ------
        CellError
            When it is not known and has no position, or stands elsewhere.
        """
        name, plain = self.meant(word), cells.name(word)
        if not plain:
            raise CellError(event("place_none"))
        if position is not None and not _on_earth(position):
            raise CellError(event("place_nowhere", longitude=position[0], latitude=position[1]))
        if name is not None:
            there = self._there(name)
            if position is not None and not _near(there, position, MOVED):
                raise self._elsewhere(name, position)
            return name
        cells.new_name(word, "place")
        if self.any_name:
            return plain
        near = nearest(plain, [*self.known, *self.names])
        if position is None:
            raise CellError(event("place_unknown", place=plain, near=near))
        twin = near and (near if near in self.known else self.names[near])
        twin_at = self.known.get(twin) if twin in self.own else None
        if twin_at is not None and _near(twin_at, position, MOVED):
            # What is spelt almost like a village and stands in it is no station.
            raise CellError(event("place_unknown", place=plain, near=near))
        return plain

    def _there(self, name: str) -> Position:
        """Where a place is; what came for one of which nobody knows it could speak for no field."""
        if name not in self.known:
            raise CellError(event("place_unmeasured", place=name))
        return self.known[name]

    def _elsewhere(self, name: str, position: Position) -> CellError:
        there = self.known[name]
        return CellError(
            event(
                "place_elsewhere",
                place=name,
                longitude=there[0],
                latitude=there[1],
                other_longitude=position[0],
                other_latitude=position[1],
            )
        )

    def at(self, position: Position) -> str:
        """Return the station at a position, or the name that one there gets."""
        for name, there in self.known.items():
            if name not in self.own and _near(there, position, SAME):
                return name
        return f"{position[0]:.4f},{position[1]:.4f}"

    def for_document(self, word: str, position: Position, *, new: bool) -> str:
        """Return the id of the place that a document is said to be for.

        Raises
        ------
        CellError
            When it is not known and not said to be new, or the document is of elsewhere.
        """
        name = self.meant(word)
        if name is None:
            if not new:
                near = nearest(cells.name(word), [*self.known, *self.names])
                raise CellError(event("place_option_unknown", place=cells.name(word), near=near))
            return cells.new_name(word, "place")
        there = self._there(name)
        if km_apart(there, position) > RANGE_KM:
            raise CellError(
                event(
                    "document_elsewhere",
                    place=name,
                    km=round(km_apart(there, position)),
                    most=RANGE_KM,
                    longitude=position[0],
                    latitude=position[1],
                )
            )
        return name


def km_apart(a: Position, b: Position) -> float:
    """Return how far two positions [degree] are apart [km]."""
    both = plane_km(*np.array([a, b]).T)
    return float(distances_km(both[:1], both[1:])[0, 0])


def _on_earth(position: Position) -> bool:
    return abs(position[0]) <= 180 and abs(position[1]) <= 90


def _near(a: Position, b: Position, limit: float) -> bool:
    return max(abs(a[0] - b[0]), abs(a[1] - b[1])) <= limit


def known_places(conn: Connection) -> Places:
    """Return the register: villages and fields, and the stations that weather was given for."""
    villages, fields = registry.villages(conn), registry.fields(conn)
    where = {v.id: place for v in villages if (place := v.place) is not None}
    own = where | {f.id: where[f.village] for f in fields if f.village in where}
    stations = {p.name: (p.longitude, p.latitude) for p in places.places(conn)}
    names = names_of([*villages, *fields])
    zh = {v.id: v.zh for v in villages}
    names |= {cells.name(zh[f.village] + f.zh): f.id for f in fields}
    return Places(stations | own, names, frozenset([*zh, *(f.id for f in fields)]))


def names_of(records: Iterable[VillageRow | Field]) -> dict[str, str]:
    """Return the id of each Chinese or English name that one record alone has."""
    found: dict[str, set[str]] = {}
    for record in records:
        for name in (record.zh, record.en):
            if name:
                found.setdefault(cells.name(name), set()).add(record.id)
    return {name: ids.pop() for name, ids in found.items() if len(ids) == 1}
