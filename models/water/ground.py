"""The soils of many fields as arrays: what their root zones and surface layers can hold.

References
----------
Allen et al. 1998, FAO Irrigation and Drainage Paper 56, eq. 73 and 82.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.water.soils import Soil, total_evaporable
from models.weather.dataset import Array


@dataclass(frozen=True)
class Ground:
    """The soils of fields, arrays (field,).

    ``capacity`` and ``wilting`` [m3 m-3] (of the surface layer where the profile has layers);
    ``readily`` and ``total`` evaporable water [mm]; ``deepest`` [m] down to which subsoil is
    followed, None for FAO-56's own way; ``table`` (field, mm) available water from the surface
    down to each whole mm [mm], of a profile with layers.
    """

    capacity: Array
    wilting: Array
    readily: Array
    total: Array
    deepest: Array | None = None
    table: Array | None = None

    def available(self, root: Array) -> Array:
        """Total available water down to a depth, TAW [mm]; eq. 82.

        Parameters
        ----------
        root
            Depth of the roots (field,) [m].
        """
        if self.table is None:
            return 1000.0 * (self.capacity - self.wilting) * root
        row = np.minimum(np.floor(root * 1000.0).astype(np.intp), self.table.shape[1] - 1)
        return np.asarray(self.table[np.arange(len(row)), row])


def ground_of(soils: Sequence[Soil], deepest: Array | None = None) -> Ground:
    """The soils of fields as arrays.

    Parameters
    ----------
    soils
        One for each field.
    deepest
        Depth down to which subsoil is followed (field,) [m]; None for FAO-56's own way.
    """
    rows = np.array([[s.capacity, s.wilting, s.readily_evaporable, total_evaporable(s)]
                     for s in soils]).T  # fmt: skip
    return Ground(rows[0], rows[1], rows[2], rows[3], deepest)


def layered(
    depths: Sequence[float],
    capacity: Sequence[float],
    wilting: Sequence[float],
    readily: float,
    evaporating: float,
    deepest: float,
) -> Ground:
    """The ground of one field whose profile has layers.

    Parameters
    ----------
    depths
        Lower edge of each layer, from the surface down [m].
    capacity, wilting
        Field capacity and wilting point of each layer [m3 m-3].
    readily
        Readily evaporable water [mm].
    evaporating
        Depth of the layer that dries by evaporation [m].
    deepest
        Depth of the roots at most [m].
    """
    edges = np.rint(np.asarray(depths) * 1000).astype(np.intp)
    layer = np.searchsorted(edges, np.arange(1, edges[-1] + 1))
    holds, wilts = np.asarray(capacity)[layer], np.asarray(wilting)[layer]
    table = np.concatenate([[0.0], np.cumsum(holds - wilts)])[None]
    total = (holds - 0.5 * wilts)[: int(np.floor(evaporating * 1000.0))].sum()
    one = [np.array([float(x)]) for x in (holds[0], wilts[0], readily, total, deepest)]
    return Ground(one[0], one[1], one[2], one[3], one[4], table)
