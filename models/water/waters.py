"""Named waters of winter wheat: when each is given, and how dry the soil must be for it.

A water is due in its window when the soil's water, as a share of field capacity, is below its
limit. The limits are of the provincial advice for the layer from 0 to 20 cm; here they are held
against the mean of the root zone, which is a step of ours.

References
----------
河南省2021年冬小麦春季测墒灌溉技术指导意见 (Henan soil and fertilizer station), as reported by
河南日报, 24 February 2021: below 60 % at greening, 70 % from jointing to booting, 65 % at heading
and flowering.
Overwintering water: farmers' advice as published (blzgs.cn 180632; foagr.com 3043745): from a
daily mean of 7 to 8 degC until 3 to 5 degC, when it freezes at night and thaws by day; not below 3;
not needed where the soil holds 80 % of field capacity. No provincial standard was read.
Filling water: about 10 days after flowering, not in wind and rain (scholarmate.com S/uEQOdz,
abstract). Its limit is taken to be that of flowering: unverified.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Water:
    """A named water.

    ``zh`` name; ``stages`` first and last BBCH; ``months`` in which it is given; ``limit`` share of
    field capacity below which it is due (0 to 1); ``warmth`` daily means between which it is
    given [degC]; ``source``.
    """

    id: str
    zh: str
    stages: tuple[float, float]
    months: tuple[int, ...]
    limit: float
    warmth: tuple[float, float]
    source: str


_ADVICE = "河南省2021年冬小麦春季测墒灌溉技术指导意见, as reported"
WATERS: tuple[Water, ...] = (
    Water("overwintering", "越冬水", (13, 25), (11, 12), 0.80, (3.0, 8.0), "farmers' advice"),
    Water("greening", "返青水", (25, 30), (2, 3), 0.60, (3.0, 99.0), _ADVICE),
    Water("jointing", "拔节水", (31, 49), (3, 4), 0.70, (3.0, 99.0), _ADVICE),
    Water(
        "filling", "灌浆水", (61, 77), (4, 5), 0.65, (3.0, 99.0), _ADVICE + "; limit of flowering"
    ),
)
#: Crops that have named waters.
OF = {"winter_wheat": WATERS}


def water_of(crop: str, bbch: float, month: int, warmth: float) -> Water | None:
    """The named water whose window is open, if any.

    Parameters
    ----------
    crop
        Id of the crop.
    bbch
        Growth stage (BBCH); NaN: by the month alone.
    month
        1 to 12.
    warmth
        Mean temperature of the day [degC]; NaN where unknown: then the window counts as open.
    """
    for each in OF.get(crop, ()):
        fits = each.stages[0] <= bbch <= each.stages[1] if bbch == bbch else True
        warm = each.warmth[0] <= warmth <= each.warmth[1] if warmth == warmth else True
        if fits and warm and month in each.months:
            return each
    return None
