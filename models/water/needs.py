"""What each crop needs: coefficients, lengths of stages, roots and depletion, with their rows.

Kcb is of FAO-56 Table 17, heights of Table 12 (crops on stalks 2 m, its footnote), roots and p of
Table 22, lengths of Table 11: read in the 2006 printing. It has no row of lengths for garlic: those
of dry onion of October stand in.

The lengths are of other countries and are stretched to the season of a field (`lengths_of`); where
the growth stage is known, `stages` place the coefficient by it: 10 % cover, full cover, beginning
of ripening, harvest, as FAO-56 defines its four stages. Which BBCH stage that is was chosen here
and is unverified.

Winter wheat stays green and short through winter: Table 17 has 0.15 for bare, 0.50 for fully
covered ground that is not frozen. 0.15 is the start and the least here. Its lengths are those of
Idaho, where winter is a rest as on the plain: with the Mediterranean row (30, 140, 40, 30) the crop
would be full grown in February, when Henan's Kc is 0.64.

Local values: "A consolidated evaluation of the FAO-56 dual crop coefficient approach using the
lysimeter data in the North China Plain" (2010; Yucheng, Shandong, 1998-2005) found the method good
for winter wheat (error below 0.9 mm a day over the season, peaks missed) and unsatisfactory for
summer maize, and changed Kcb; its abstract, which is all that was read, does not give the values,
so none are used. A weighing lysimeter at Beijing (tcsae.org 20050806, abstract) found FAO-56's
coefficients of wheat and maize usually too low. `LOCAL_KC` holds what is at hand of Henan.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from models.water.refused import WaterError


@dataclass(frozen=True)
class Need:
    """What a crop needs of water.

    ``kcb`` at the start, in mid-season and at harvest; ``lengths`` of the initial, development,
    mid and late stage [d]; ``height`` at most [m]; ``roots`` lower and upper of the table's range
    [m]; ``p`` share of the available water that is used without stress; ``stages`` BBCH of 10 %
    cover, full cover, first ripening, harvest; ``rows`` name the rows of Tables 11, 12, 17, 22.
    """

    kcb: tuple[float, float, float]
    lengths: tuple[int, int, int, int]
    height: float
    roots: tuple[float, float]
    p: float
    stages: tuple[float, float, float, float]
    rows: tuple[str, str, str, str]
    first_height: float = 0.05
    first_root: float = 0.15


NEEDS: dict[str, Need] = {
    "winter_wheat": Need(
        (0.15, 1.10, 0.25), (160, 75, 75, 25), 1.0, (1.5, 1.8), 0.55, (21, 39, 77, 89),
        ("Winter Wheat, October, Idaho", "Winter Wheat", "Winter Wheat", "Winter Wheat"),
    ),
    "summer_maize": Need(
        (0.15, 1.15, 0.50), (20, 35, 40, 30), 2.0, (1.0, 1.7), 0.55, (14, 55, 83, 89),
        ("Maize (grain), June, Nigeria (humid)", "Maize, Field (grain)",
         "Maize, Field (grain), harvested at high moisture", "Maize, Field (grain)"),
    ),
    "peanut": Need(
        (0.15, 1.10, 0.50), (35, 45, 35, 25), 0.4, (0.5, 1.0), 0.50, (19, 65, 81, 89),
        ("Groundnut, May/June, Mediterranean",) + ("Groundnut (Peanut)",) * 3,
    ),
    "garlic": Need(
        (0.15, 0.90, 0.60), (20, 35, 110, 45), 0.3, (0.3, 0.5), 0.30, (13, 41, 47, 49),
        ("Onion (dry), October, Arid Region (stands in for garlic)",) + ("Garlic",) * 3,
    ),
    "greenhouse_tomato": Need(
        (0.15, 1.15, 0.70), (35, 40, 50, 30), 2.0, (0.7, 1.5), 0.40, (15, 61, 81, 89),
        ("Tomato, Apr/May, California", "Tomato, on stalks (footnote 2)",
         "Tomato, on stalks (footnote 2)", "Tomato"),
    ),
    "greenhouse_cucumber": Need(
        (0.15, 1.10, 0.70), (25, 35, 50, 20), 2.0, (0.7, 1.2), 0.50, (14, 61, 81, 89),
        ("Cucumber, November/February, Arid Region", "Cucumber, on stalks (footnote 2)",
         "Cucumber, on stalks (footnote 2)", "Cucumber, Fresh Market"),
    ),
}  # fmt: skip

#: Single Kc of winter wheat in Henan, October to June, second-hand and not used in the balance.
LOCAL_KC = {
    "winter_wheat": {
        10: 0.67, 11: 0.70, 12: 0.74, 1: 0.64, 2: 0.64, 3: 0.90, 4: 1.22, 5: 1.13, 6: 0.83,
    },
}  # fmt: skip


def need_of(crop: str, place: str = "field") -> Need:
    """What a crop needs.

    Parameters
    ----------
    crop
        Id of the crop, as in field_configs/crops.
    place
        Names the field in an error.

    Raises
    ------
    WaterError
        If no needs are known of that crop.
    """
    if crop not in NEEDS:
        near = difflib.get_close_matches(crop, NEEDS, 1)
        mean = f' (did you mean "{near[0]}"?)' if near else ""
        raise WaterError(
            f'{place}: no water needs of the crop "{crop}"{mean}; one of {", ".join(NEEDS)}'
        )
    return NEEDS[crop]


def lengths_of(need: Need, days: float | None, place: str = "field") -> tuple[float, ...]:
    """Lengths of the four stages, stretched to a season [d].

    Parameters
    ----------
    need
        Of the crop.
    days
        From sowing to harvest [d]; None leaves the table's.
    place
        Names the field in an error.

    Raises
    ------
    WaterError
        If the season is not longer than a month.
    """
    if days is None:
        return tuple(float(each) for each in need.lengths)
    if not days > 30:
        raise WaterError(
            f"{place}: a season of {days:g} d is too short: give sowing and harvest in this order"
        )
    return tuple(each * days / sum(need.lengths) for each in need.lengths)
