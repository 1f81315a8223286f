"""The change of soil moisture in a day, learned at other sites and in other years.

``table``: what moisture did on days that had as much rain and came after a like change, halfway
between the mean, which the squared error wants, and the median, which the distance wants. It holds
the recession after a wetting, the drying that goes on, and what rain adds, without any equation.
``trees``: gradient boosting on the state of the profile and the weather of two days, the mean of
one fitted to squares and one to distances: a ceiling for what these inputs tell.

No artefact is made: the data allow evaluation only. That rain and the last change are the table's
two classes was chosen among nine tables, and mean and median after them, at the same sites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluations.soil_moisture_farm import Farm
from models.weather.dataset import Array

Flags = NDArray[np.bool_]
#: Edges of the classes of rain [mm] and of the last day's change [m3 m-3]; chosen before any score.
RAIN_EDGES = (0.2, 2.0, 5.0, 10.0, 20.0)
CHANGE_EDGES = (-0.02, -0.006, -0.002, 0.002, 0.006, 0.02)
#: A class of few days is drawn towards no change as if it had so many more.
DRAWN = 20
#: Groups of sites that are left out together.
GROUPS = 6


@dataclass(frozen=True)
class Cases:
    """Pairs of days of one depth: what is known on the first, the change to the second [m3 m-3].

    ``site`` and ``year`` index of each case, ``day`` of the second day; ``rain`` of the second day
    [mm], nan where it is not told; ``last`` the change to the first day [m3 m-3], nan where there
    is none; ``state`` (case, feature) for the trees.
    """

    site: NDArray[np.int64]
    day: NDArray[np.int64]
    year: NDArray[np.int64]
    change: Array
    rain: Array
    last: Array
    state: Array


def cases_of(farm: Farm, depth: int) -> Cases:
    """Every pair of consecutive days with values at a depth.

    Parameters
    ----------
    farm : Farm
    depth : int
        Index of the depth.
    """
    change = farm.change()
    day, site = np.nonzero(~np.isnan(change[..., depth]))
    before = day - 1
    value = farm.moisture[..., depth]
    wettest = np.fmax.accumulate(value, axis=0)
    driest = np.fmin.accumulate(value, axis=0)
    relative = (value - driest) / np.maximum(wettest - driest, 0.05)
    above, below = max(depth - 1, 0), min(depth + 1, len(farm.depths) - 1)
    profile = [change[..., one] for one in (depth, above, below)]
    profile += [farm.moisture[..., one] for one in (depth, above, below)] + [relative]
    state = [field[before, site] for field in profile]
    state += [farm.rain[day], farm.rain[before], farm.highest[day], farm.lowest[day]]
    return Cases(
        site=site,
        day=day,
        year=farm.years[day],
        change=change[day, site, depth],
        rain=farm.rain[day],
        last=change[before, site, depth],
        state=np.column_stack(state),
    )


def left_out(cases: Cases, *, years: bool) -> Iterator[tuple[Flags, Flags]]:
    """Cases to learn from and cases to judge: other sites, and other years as well.

    Parameters
    ----------
    cases : Cases
    years : bool
        Whether years are left out too, so that no weather is shared.
    """
    groups = min(GROUPS, len(np.unique(cases.site)))
    group = np.unique(cases.site, return_inverse=True)[1] % groups
    for one in range(groups):
        for year in np.unique(cases.year) if years else (None,):
            judged = (group == one) & (True if year is None else cases.year == year)
            learned = (group != one) & (True if year is None else cases.year != year)
            if judged.any():
                yield learned, judged


def _classes(rain: Array | None, last: Array) -> NDArray[np.int64]:
    """Class of each case; a rain or a change that nobody knows has its own."""
    by_change = np.where(np.isnan(last), len(CHANGE_EDGES) + 1, np.digitize(last, CHANGE_EDGES))
    if rain is None:
        return np.asarray(by_change, np.int64)
    by_rain = np.where(np.isnan(rain), len(RAIN_EDGES) + 1, np.digitize(rain, RAIN_EDGES))
    return np.asarray(by_rain * (len(CHANGE_EDGES) + 2) + by_change, np.int64)


def table(learned: tuple[Array | None, Array, Array], rain: Array | None, last: Array) -> Array:
    """Change by the table [m3 m-3], 0 in classes that were never seen.

    Parameters
    ----------
    learned
        Rain [mm], last change and change [m3 m-3] to learn from.
    rain, last
        Of the cases to be told [mm], [m3 m-3]; without rain the weather of the day is unknown.
    """
    known = _classes(learned[0], learned[1])
    asked = _classes(rain, last)
    size = (len(RAIN_EDGES) + 2) * (len(CHANGE_EDGES) + 2)
    count = np.bincount(known, minlength=size)
    middle = np.zeros(size)
    for one in np.flatnonzero(count):
        here = learned[2][known == one]
        middle[one] = (here.mean() + np.median(here)) / 2
    return np.asarray((middle * count / (count + DRAWN))[asked])


def by_table(cases: Cases, *, years: bool, weather: bool = True) -> Array:
    """Change told by the table of other sites [m3 m-3].

    Parameters
    ----------
    cases : Cases
    years : bool
        As for `left_out`.
    weather : bool
        Whether the rain of the second day is known.
    """

    def tell(learned: Flags, judged: Flags) -> Array:
        rain = cases.rain if weather else None
        return table(
            (None if rain is None else rain[learned], cases.last[learned], cases.change[learned]),
            None if rain is None else rain[judged],
            cases.last[judged],
        )

    return _told(cases, years, tell)


def by_trees(cases: Cases, *, years: bool) -> Array:
    """Change told by boosted trees of other sites [m3 m-3].

    Parameters
    ----------
    cases : Cases
    years : bool
        As for `left_out`.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    def tell(learned: Flags, judged: Flags) -> Array:
        both = [
            HistGradientBoostingRegressor(
                loss=loss,
                max_iter=40,
                learning_rate=0.1,
                min_samples_leaf=200,
                max_leaf_nodes=15,
                random_state=0,
            )
            .fit(cases.state[learned], cases.change[learned])
            .predict(cases.state[judged])
            for loss in ("squared_error", "absolute_error")
        ]
        return np.asarray(np.mean(both, axis=0))

    return _told(cases, years, tell)


def _told(cases: Cases, years: bool, tell: Callable[[Flags, Flags], Array]) -> Array:
    """Tell each case by those that do not share its site, nor its year."""
    said = np.zeros(cases.change.shape)
    for learned, judged in left_out(cases, years=years):
        if learned.any():
            said[judged] = tell(learned, judged)
    return said
