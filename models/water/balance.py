"""The daily water balance of root zone and surface layer, of many fields at once.

Order of a day, as FAO-56 has it: wetted part, Kr, Ke, evaporation, surface layer, p, Ks,
transpiration, percolation, depletion. Arrays are (field,); the only loop is over days.

``early`` says that rain and watering come at the beginning of a day (as in the published
examples): what is too much drains before anything evaporates. Otherwise they come at its end and
evaporate from the next day on, which is how pyfao56 has it.

Roots that grow reach soil that FAO-56 takes to be at field capacity. A `Ground` with ``deepest``
follows that soil too (as pyfao56's layered profile does): what drains out of the roots' part stays
within reach, and dry subsoil counts when roots come to it.

References
----------
Allen et al. 1998, FAO Irrigation and Drainage Paper 56, eq. 69-88. Runoff: ASCE Manual 70 (2016),
eq. 14-12 to 14-20, as coded in pyfao56 1.4.3 (the manual itself was not read). Subsoil: Thorp et
al. 2022, pyfao56, doi:10.1016/j.softx.2022.101208 (its layered method, read as code).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.water.coefficients import Course
from models.water.ground import Ground
from models.water.refused import WaterError
from models.water.wetting import WETTING_RAIN
from models.weather.dataset import Array

#: Takes the day's number, depletion and available water of the root zone [mm]; gives depletion.
Correct = Callable[[int, Array, Array], Array]

COLUMNS = (
    "cover", "wetted", "exposed", "surface", "kr", "ke", "evaporation", "surface_percolation",
    "available", "p", "readily", "ks", "actual", "transpiration", "percolation", "depletion",
    "ks_end", "runoff", "subsoil",
)  # fmt: skip


@dataclass
class State:
    """What a balance knows in the evening, arrays (field,).

    ``depletion`` Dr of the root zone, ``surface`` De of the surface layer, ``whole`` depletion
    down to the deepest root where the subsoil is followed [mm]; ``wetted`` part of the surface
    (fw); ``available`` TAW [mm].
    """

    depletion: Array
    surface: Array
    wetted: Array
    available: Array
    whole: Array


def begin(ground: Ground, root: ArrayLike, moisture: ArrayLike | None = None) -> State:
    """State before the first day: a dry surface, the root zone at a moisture; eq. 87.

    Parameters
    ----------
    ground
        The soils.
    root
        Depth of the roots (field,) [m].
    moisture
        Mean water content of all of the soil (field,) [m3 m-3]; None: at field capacity.
    """
    deep = np.broadcast_to(np.asarray(root, np.float64), ground.capacity.shape)
    wet = ground.capacity if moisture is None else np.asarray(moisture, np.float64)
    lacking = 1000.0 * (ground.capacity - wet)
    available = ground.available(deep)
    depletion = np.clip(lacking * deep, 0.0, available)
    whole = depletion
    if ground.deepest is not None:
        whole = np.clip(lacking * ground.deepest, 0.0, ground.available(ground.deepest))
    return State(depletion, ground.total.copy(), np.ones_like(depletion), available, whole)


@dataclass(frozen=True)
class Balance:
    """What was kept of each day, arrays (day, field) by column, and the state at the end."""

    columns: dict[str, Array]
    state: State

    def __getitem__(self, column: str) -> Array:
        """One column (day, field); amounts in mm.

        Parameters
        ----------
        column
            One of `COLUMNS` that was kept.
        """
        return self.columns[column]


def run(
    ground: Ground,
    course: Course,
    p: Array,
    eto: Array,
    rain: Array,
    watered: Array,
    wetted: Array,
    state: State,
    *,
    correct: Correct | None = None,
    early: bool = False,
    fixed_p: bool = False,
    curve_number: Array | None = None,
    shaded: Array | None = None,
    keep: tuple[str, ...] = COLUMNS,
) -> Balance:
    """Walk the balance over days.

    Parameters
    ----------
    ground, course
        Soils, and coefficients of all days.
    p
        Share of available water used without stress, at 5 mm a day (field,).
    eto, rain, watered
        Reference evapotranspiration, rain and net watering (day, field) [mm].
    wetted
        Share of the surface that a watering wets (day, field).
    state
        Of the evening before; is not changed.
    correct
        Called at the end of each day; what it returns is the depletion that goes on [mm].
    early
        Whether rain and watering come at the beginning of a day.
    fixed_p
        Whether p stays as it is whatever the evapotranspiration.
    curve_number
        Of moist soil (field,); None: no runoff. A number without unit.
    shaded
        Whether the wetted part lies under the canopy, as with drip (field,).
    keep
        Columns wanted.

    Raises
    ------
    WaterError
        If weather or watering is NaN, infinite or negative; the day and the field are named.
    """
    _check(eto=eto, rain=rain, watered=watered, wetted=wetted)
    now = State(*(np.array(each) for each in vars(state).values()))
    days, fields = course.basal.shape
    kept = {name: np.empty((days, fields)) for name in keep}
    for day in range(days):
        told = _day(ground, course, p, eto, rain, watered, wetted, now, day,
                    early, fixed_p, curve_number, shaded)  # fmt: skip
        if correct is not None:
            _corrected(ground, now, np.asarray(correct(day, now.depletion, now.available)), told)
        for name, rows in kept.items():
            rows[day] = told[name]
    return Balance(kept, now)


def _day(
    ground: Ground,
    course: Course,
    p_table: Array,
    eto: Array,
    rain: Array,
    watered: Array,
    wetted: Array,
    now: State,
    day: int,
    early: bool,
    fixed_p: bool,
    curve_number: Array | None,
    shaded: Array | None,
) -> dict[str, Array]:
    et, wet, given = eto[day], rain[day], watered[day]
    kcb, highest, cover = course.basal[day], course.highest[day], course.cover[day]
    runoff = np.zeros_like(now.surface)
    if curve_number is not None:
        runoff = _runoff(ground, now.surface, wet, curve_number)
    wet = wet - runoff
    part = np.where(given > 0, wetted[day], np.where(rain[day] >= WETTING_RAIN, 1.0, now.wetted))
    seen = part if shaded is None else np.where(shaded, part * (1 - 2 / 3 * cover), part)
    exposed = np.clip(np.minimum(1 - cover, np.where(part < 1, seen, part)), 0.01, 1.0)
    came = wet + given / part
    before = np.maximum(now.surface - came, 0.0) if early else now.surface
    kr = np.clip((ground.total - before) / (ground.total - ground.readily), 0.0, 1.0)
    ke = np.minimum(kr * (highest - kcb), exposed * highest)
    evaporation = ke * et
    through = np.maximum(came - now.surface, 0.0)
    surface = np.clip(now.surface - came + evaporation / exposed + through, 0.0, ground.total)

    available = ground.available(course.root[day])
    standard = (kcb + ke) * et
    p = p_table if fixed_p else np.clip(p_table + 0.04 * (5.0 - standard), 0.1, 0.8)
    readily = p * available
    water = wet + given
    start = np.maximum(now.depletion - water, 0.0) if early else now.depletion
    ks = np.clip((available - start) / (available - readily), 0.0, 1.0)
    transpiration = ks * kcb * et
    actual = transpiration + evaporation
    if ground.deepest is None:
        drained = np.maximum(water - now.depletion - (0.0 if early else actual), 0.0)
        now.depletion = np.clip(now.depletion - water + actual + drained, 0.0, available)
        subsoil = np.zeros_like(drained)
    else:
        drained, subsoil = _with_subsoil(ground, now, available, water, actual, early)
    now.surface, now.wetted, now.available = surface, part, available
    end = np.clip((available - now.depletion) / (available - readily), 0.0, 1.0)
    return {
        "cover": cover, "wetted": part, "exposed": exposed, "surface": surface, "kr": kr,
        "ke": ke, "evaporation": evaporation, "surface_percolation": through,
        "available": available, "p": p, "readily": readily, "ks": ks, "actual": actual,
        "transpiration": transpiration, "percolation": drained,
        "depletion": now.depletion, "ks_end": end, "runoff": runoff, "subsoil": subsoil,
    }  # fmt: skip


def _with_subsoil(
    ground: Ground, now: State, available: Array, water: Array, actual: Array, early: bool
) -> tuple[Array, Array]:
    assert ground.deepest is not None
    most = ground.available(ground.deepest)
    below_before, below = most - now.available, most - available
    subsoil = np.clip(now.whole - now.depletion, 0.0, below_before)
    drained = np.maximum(water - now.whole - (0.0 if early else actual), 0.0)
    share = np.divide(below, below_before, out=np.ones_like(below), where=below_before > 0)
    reached = subsoil * (1.0 - share)
    now.depletion = np.clip(now.depletion - water + actual + reached, 0.0, available)
    now.whole = np.clip(now.whole - water + actual + drained, 0.0, most)
    return drained, np.clip(now.whole - now.depletion, 0.0, below)


def _runoff(ground: Ground, surface: Array, rain: Array, moist: Array) -> Array:
    dry, soaked = moist / (2.281 - 0.01281 * moist), moist / (0.427 + 0.00573 * moist)
    low, high = 0.5 * ground.readily, 0.7 * ground.readily + 0.3 * ground.total
    between = ((surface - low) * dry + (high - surface) * soaked) / (high - low)
    number = np.where(surface <= low, soaked, np.where(surface >= high, dry, between))
    storage = 250.0 * (100.0 / number - 1.0)
    over = np.maximum(rain - 0.2 * storage, 0.0) ** 2 / (rain + 0.8 * storage)
    return np.minimum(over, rain)


def _corrected(ground: Ground, now: State, depletion: Array, told: dict[str, Array]) -> None:
    new = np.clip(depletion, 0.0, now.available)
    now.whole = now.whole + new - now.depletion
    now.depletion = new
    told["depletion"] = now.depletion
    told["ks_end"] = np.clip(
        (now.available - now.depletion) / (now.available - told["readily"]), 0.0, 1.0
    )


def _check(**given: Array) -> None:
    for name, values in given.items():
        wrong = ~np.isfinite(values) | (values < 0)
        if name == "wetted":
            wrong |= (values <= 0) | (values > 1)
        if wrong.any():
            day, place = (int(i) for i in np.argwhere(wrong)[0])
            raise WaterError(
                f"day {day}, field {place}: {name} is {values[day, place]:g}; "
                "fill the gap, or end the balance before it"
            )
