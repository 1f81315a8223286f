"""How water is given: the part of the surface that each way wets, and whether it wets leaves.

References
----------
Allen et al. 1998, FAO Irrigation and Drainage Paper 56, Table 20; eq. 75 and the text before it
for drip, where emitters lie under the canopy: fw times 1 - 2/3 fc (read in the 2006 printing).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from models.water.refused import WaterError


@dataclass(frozen=True)
class Method:
    """A way of irrigation.

    ``wetted`` share of the surface (fw), lower and upper as in Table 20; ``row`` of that table;
    ``overhead`` whether it wets leaves; ``shaded`` whether the wetted part lies under the canopy.
    """

    wetted: tuple[float, float]
    row: str
    overhead: bool = False
    shaded: bool = False

    @property
    def fw(self) -> float:
        """Middle of the range."""
        return sum(self.wetted) / 2


METHODS: dict[str, Method] = {
    "flood": Method((1.0, 1.0), "Basin irrigation"),
    "border": Method((1.0, 1.0), "Border irrigation"),
    "furrow": Method((0.6, 1.0), "Furrow irrigation (every furrow), narrow bed"),
    "furrow_wide": Method((0.4, 0.6), "Furrow irrigation (every furrow), wide bed"),
    "furrow_alternate": Method((0.3, 0.5), "Furrow irrigation (alternated furrows)"),
    "sprinkler": Method((1.0, 1.0), "Sprinkler irrigation", overhead=True),
    "drip": Method((0.3, 0.4), "Trickle irrigation", shaded=True),
}
#: Rain from which on a whole surface counts as wetted [mm]: "more than 3 to 4 mm".
WETTING_RAIN = 3.0


def method_of(name: str, place: str = "field") -> Method:
    """The way of irrigation of a name.

    Parameters
    ----------
    name
        Key of `METHODS`.
    place
        Names the field in an error.

    Raises
    ------
    WaterError
        If there is none of that name.
    """
    if name not in METHODS:
        near = difflib.get_close_matches(name, METHODS, 1)
        mean = f' (did you mean "{near[0]}"?)' if near else ""
        raise WaterError(
            f'{place}: unknown way of irrigation "{name}"{mean}; one of {", ".join(METHODS)}'
        )
    return METHODS[name]
