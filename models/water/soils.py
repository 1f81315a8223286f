"""What soils hold and what evaporates from them, by texture; and the interval that leaves.

FAO-56 Table 19 gives a range for every texture. A field is therefore three soils: the one that
holds least of its range, the middle and the one that holds most. What lies between field capacity
and wilting point is the table's own column, since the ends of both ranges do not belong together.
A texture that nobody named is any between two that bound it; without bounds any of the table, and
the interval is wide.

References
----------
Allen et al. 1998, FAO Irrigation and Drainage Paper 56, Table 19 and eq. 73 (read in the 2006
printing).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from models.water.refused import WaterError

#: Depth of the layer that dries by evaporation [m], 0.10 to 0.15; Table 19 is for 0.10.
EVAPORATING_DEPTH = 0.10

Span = tuple[float, float]


@dataclass(frozen=True)
class Texture:
    """A row of Table 19: field capacity, wilting point and what lies between; REW [mm]."""

    capacity: Span
    wilting: Span
    available: Span
    readily_evaporable: Span


#: FAO-56 Table 19, row by row: m3 m-3, and stage 1 evaporation in mm.
TEXTURES: dict[str, Texture] = {
    "sand": Texture((0.07, 0.17), (0.02, 0.07), (0.05, 0.11), (2, 7)),
    "loamy_sand": Texture((0.11, 0.19), (0.03, 0.10), (0.06, 0.12), (4, 8)),
    "sandy_loam": Texture((0.18, 0.28), (0.06, 0.16), (0.11, 0.15), (6, 10)),
    "loam": Texture((0.20, 0.30), (0.07, 0.17), (0.13, 0.18), (8, 10)),
    "silt_loam": Texture((0.22, 0.36), (0.09, 0.21), (0.13, 0.19), (8, 11)),
    "silt": Texture((0.28, 0.36), (0.12, 0.22), (0.16, 0.20), (8, 11)),
    "silt_clay_loam": Texture((0.30, 0.37), (0.17, 0.24), (0.13, 0.18), (8, 11)),
    "silty_clay": Texture((0.30, 0.42), (0.17, 0.29), (0.13, 0.19), (8, 12)),
    "clay": Texture((0.32, 0.40), (0.20, 0.24), (0.12, 0.20), (8, 12)),
}


@dataclass(frozen=True)
class Soil:
    """One soil: field capacity and wilting point [m3 m-3], stage 1 evaporation [mm].

    ``evaporating`` is the depth of the layer that dries by evaporation [m].
    """

    capacity: float
    wilting: float
    readily_evaporable: float
    evaporating: float = EVAPORATING_DEPTH


@dataclass(frozen=True)
class SoilRange:
    """The soils that a field may have: holding least, middle, holding most."""

    least: Soil
    middle: Soil
    most: Soil
    known: bool

    @property
    def members(self) -> tuple[Soil, Soil, Soil]:
        """The three, from least to most."""
        return self.least, self.middle, self.most


def _checked(texture: str, place: str) -> Texture:
    if texture not in TEXTURES:
        near = difflib.get_close_matches(texture, TEXTURES, 1)
        mean = f' (did you mean "{near[0]}"?)' if near else ""
        raise WaterError(
            f'{place}: unknown soil texture "{texture}"{mean}; one of {", ".join(TEXTURES)}, '
            "or none where it is not known"
        )
    return TEXTURES[texture]


def soil_of(
    texture: str | None, place: str = "field", bounds: tuple[str, str] | None = None
) -> SoilRange:
    """The soils that a field of a texture may have.

    Parameters
    ----------
    texture
        Key of `TEXTURES`; None where nobody knows.
    place
        Names the field in an error.
    bounds
        Two textures between which an unknown one lies, from light to heavy; else all.

    Raises
    ------
    WaterError
        If the texture, or one of the bounds, is not in the table.
    """
    if texture is not None:
        rows, known = [_checked(texture, place)], True
    elif bounds is not None:
        rows, known = [_checked(each, place) for each in _between(bounds, place)], False
    else:
        rows, known = list(TEXTURES.values()), False
    poor = min(rows, key=lambda row: row.available[0])
    rich = max(rows, key=lambda row: row.available[1])
    capacity = sum(sum(row.capacity) for row in rows) / (2 * len(rows))
    available = sum(sum(row.available) for row in rows) / (2 * len(rows))
    rew = sum(sum(row.readily_evaporable) for row in rows) / (2 * len(rows))
    return SoilRange(
        Soil(poor.capacity[0], poor.capacity[0] - poor.available[0], poor.readily_evaporable[0]),
        Soil(capacity, capacity - available, rew),
        Soil(rich.capacity[1], rich.capacity[1] - rich.available[1], rich.readily_evaporable[1]),
        known,
    )


def _between(bounds: tuple[str, str], place: str) -> list[str]:
    for each in bounds:
        _checked(each, place)
    order = list(TEXTURES)
    first, last = sorted(order.index(each) for each in bounds)
    return order[first : last + 1]


def total_evaporable(soil: Soil) -> float:
    """Water that evaporates from the surface layer until it is dry, TEW [mm]; eq. 73.

    Parameters
    ----------
    soil
        Its field capacity, wilting point and evaporating depth.
    """
    return 1000.0 * (soil.capacity - 0.5 * soil.wilting) * soil.evaporating
