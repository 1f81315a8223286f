"""Measured soil moisture as depletion of the root zone, and which probes may speak for it.

Depletion as a share of the available water, from probes at several depths::

    share = sum over probes of  w * (capacity - theta) / (capacity - wilting)

``w`` is the share of the roots in the layer that the probe stands for (`measured_layers`). Theta
beyond the capacity or below the wilting point counts as these: what is above drains (FAO-56,
chapter 8).

What is left out, with its reason (`REASONS`): probes whose quality bits or value do not hold, whose
soil is frozen, or that lie below the roots. A doubt that a later look raised (unlike neighbours,
at odds with rain) leaves nothing out: a watering that nobody wrote down looks like that.

Shapes: (day, field, probe); what is less is repeated.

References
----------
Allen, Pereira, Raes & Smith 1998, FAO Irrigation and Drainage Paper 56, chapter 8.
METER Group, TEROS 12 technical specifications: accuracy 0.03 m3 m-3 in mineral soils, 0.01 to 0.02
    once calibrated for the medium.
"Analysis of surface moisture variations within large field sites", NASA technical memorandum (its
    abstract): in 87 % of large fields the standard deviation was below 0.03 m3 m-3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.water.measured_layers import MeasuredError, checked_depths, weights_of
from models.weather import quality as qc
from models.weather.dataset import PLAUSIBLE, Array

Codes = NDArray[np.uint8]

#: Why a probe does not count on a day; the place in this list is its code, and 0 is used.
REASONS = (
    "used",
    "no_probe",
    "below_roots",
    "missing",
    "struck",
    "out_of_bounds",
    "stuck",
    "step",
    "logical",
    "drift",
    "hardly_moves",
    "frozen_soil",
)
_BITS = (
    (qc.MISSING | qc.NOT_A_NUMBER, "missing"),
    (qc.STRUCK, "struck"),
    (qc.INTERVAL, "out_of_bounds"),
    (qc.FREEZE, "stuck"),
    (qc.STEP, "step"),
    (qc.LOGICAL, "logical"),
    (qc.DRIFT, "drift"),
)
#: Error of a probe as it comes, and of one whose own range is known [m3 m-3]: the maker's figures.
SENSOR_ERROR, OWN_RANGE_ERROR = 0.03, 0.02
#: How far one place of a field is from its mean [m3 m-3].
PLACE_ERROR = 0.03
#: What changes from day to day in a probe's error [m3 m-3]: temperature, resolution; unverified.
DAY_ERROR = 0.005
#: Plateaus of which a probe's own capacity is made, at least; chosen here.
FEWEST_PLATEAUS = 3
#: Variance of what may be anything between 0 and 1.
UNKNOWN = 1.0 / 12.0


@dataclass(frozen=True)
class Ranges:
    """Soil between full and empty, as each probe sees it.

    ``capacity`` and ``wilting`` [m3 m-3], ``error`` the lasting error of the probe [m3 m-3],
    ``own`` whether the range is the probe's own instead of the texture's; (field, probe), or
    (day, field, probe) where they are learned as days go by.
    """

    capacity: Array
    wilting: Array
    error: Array
    own: NDArray[np.bool_]


@dataclass(frozen=True)
class Observed:
    """Depletion as probes tell it.

    ``share`` (day, field) of the available water that is gone, nan where no probe can say;
    ``weights`` (day, field, probe), whose sum is 1 where one can; ``lasting`` the variance of the
    lasting error of each probe and ``passing`` of what changes daily, as shares of the available
    water, squared; ``left_out`` the code of the reason, as in `REASONS`.
    """

    share: Array
    weights: Array
    lasting: Array
    passing: Array
    left_out: Codes

    @property
    def cannot_say(self) -> NDArray[np.bool_]:
        """On which days (day, field) no probe is left."""
        return np.isnan(self.share)


@dataclass(frozen=True)
class LeftOut:
    """One probe that did not count: on how many days and why; ``depth`` [m]."""

    field: int
    depth: float
    reason: str
    days: int


def left_out(
    moisture: Array,
    depths: Array,
    roots: Array,
    quality: NDArray[np.int64] | None = None,
    soil_temperature: Array | None = None,
    still: NDArray[np.bool_] | None = None,
) -> Codes:
    """Reason why each value does not count, as the code of `REASONS`; 0 is used.

    Parameters
    ----------
    moisture
        Soil moisture (day, field, probe) [m3 m-3], nan where missing.
    depths
        Of `checked_depths` (field, probe) [m].
    roots
        Depth of the roots (day, field) or (field,) [m].
    quality
        Quality bits of each day, as of `measured_days.by_day`.
    soil_temperature
        Lowest of the day at the probe [degC]; nan where not measured.
    still
        Whether an item stands that the probe hardly moves beside its neighbours, which sets no bit.

    Raises
    ------
    MeasuredError
        Values above 1 that no quality bit marks: a percentage; field, depth and value are named.
    """
    bits = np.zeros(moisture.shape, np.int64) if quality is None else np.asarray(quality, np.int64)
    bits = np.broadcast_to(bits, moisture.shape)
    percent = (moisture > 1.0) & (bits & (qc.INTERVAL | qc.STRUCK | qc.NOT_A_NUMBER) == 0)
    if percent.any():
        day, field, probe = (int(x) for x in np.argwhere(percent)[0])
        raise MeasuredError(
            f"field {field}, probe at {depths[field, probe]:g} m, day {day}: soil moisture of "
            f"{moisture[day, field, probe]:g} is no fraction: give m3 m-3, per cent divided by 100"
        )
    code = {reason: number for number, reason in enumerate(REASONS)}
    out = np.zeros(moisture.shape, np.uint8)
    low, high = PLAUSIBLE["soil_moisture"]
    # What is told last stands, so the gravest comes last.
    if soil_temperature is not None:
        out[np.broadcast_to(soil_temperature, moisture.shape) < 0.0] = code["frozen_soil"]
    if still is not None:
        out[np.broadcast_to(still, moisture.shape)] = code["hardly_moves"]
    for mask, reason in reversed(_BITS):
        out[bits & mask != 0] = code[reason]
    out[(moisture < low) | (moisture > high)] = code["out_of_bounds"]
    out[np.isnan(moisture) & (out == 0)] = code["missing"]
    out[np.broadcast_to(depths, out.shape) >= np.asarray(roots)[..., None]] = code["below_roots"]
    out[np.broadcast_to(np.isnan(depths), out.shape)] = code["no_probe"]
    return out


def observe(
    moisture: Array,
    depths: ArrayLike,
    roots: Array,
    ranges: Ranges,
    *,
    quality: NDArray[np.int64] | None = None,
    soil_temperature: Array | None = None,
    still: NDArray[np.bool_] | None = None,
) -> Observed:
    """Depletion of the root zone as the probes tell it, with its errors and what was left out.

    Parameters
    ----------
    moisture
        Soil moisture (day, field, probe) [m3 m-3], nan where missing.
    depths
        As for `checked_depths` [m].
    roots
        Depth of the roots (day, field) or (field,) [m].
    ranges
        Capacity and wilting point of each probe.
    quality, soil_temperature, still
        As for `left_out`; temperature [degC].

    Raises
    ------
    MeasuredError
        As for `checked_depths` and `left_out`, or a capacity that is not above the wilting point.
    """
    values = np.asarray(moisture, np.float64)
    at = checked_depths(depths, values.shape[1])
    width = ranges.capacity - ranges.wilting
    width = np.broadcast_to(width, np.broadcast_shapes(width.shape, at.shape))
    wrong = (width <= 0) & ~np.isnan(at)
    if wrong.any():
        field = int(np.argwhere(wrong)[0, -2])
        raise MeasuredError(
            f"field {field}: field capacity is not above the wilting point: correct the soil"
        )
    reasons = left_out(values, at, roots, quality, soil_temperature, still)
    used = reasons == 0
    weight, beyond = weights_of(used, at, roots)
    gone = np.clip((ranges.capacity - values) / width, 0.0, 1.0)
    share = np.where(used, weight * gone, 0.0).sum(axis=-1)
    # A probe so near the lower end of the roots that it stands for none of them.
    nothing = weight.sum(axis=-1) <= 0
    lasting = (ranges.error**2 + PLACE_ERROR**2) / width**2
    unknown = np.divide(beyond, weight, out=np.zeros_like(weight), where=weight > 0)
    return Observed(
        share=np.where(nothing, np.nan, share),
        weights=weight,
        lasting=np.where(used, lasting + UNKNOWN * unknown**2, 0.0),
        passing=np.where(used, DAY_ERROR**2 / width**2, 0.0),
        left_out=reasons,
    )


def told(observed: Observed, depths: ArrayLike) -> list[LeftOut]:
    """Which probes were left out on how many days, and why, in order of field and depth.

    Parameters
    ----------
    observed
        Of `observe`.
    depths
        As for `observe` [m].
    """
    at = checked_depths(depths, observed.left_out.shape[1])
    found: list[LeftOut] = []
    for code, reason in enumerate(REASONS):
        if reason in ("used", "no_probe"):
            continue
        days = (observed.left_out == code).sum(axis=0)
        found += [
            LeftOut(int(f), float(at[f, p]), reason, int(days[f, p])) for f, p in np.argwhere(days)
        ]
    return sorted(found, key=lambda one: (one.field, one.depth, one.reason))


def ranges_of(
    capacity: ArrayLike,
    wilting: ArrayLike,
    plateau: Array,
    plateaus: NDArray[np.int64],
    lowest: Array,
) -> Ranges:
    """Range of each probe: the texture's, or the probe's own where it disagrees.

    The probe's own capacity is the median of its plateaus. From three of them, where it lies
    further from the texture's than a probe's error, it counts, and the wilting point moves
    with it: the available water stays the texture's, since no series shows that. A probe that has
    already read lower than this has its wilting point there.

    Parameters
    ----------
    capacity, wilting
        Of the texture (field,) or (field, probe) [m3 m-3].
    plateau, lowest
        Median of the plateaus and lowest value seen (field, probe) [m3 m-3], nan where none.
    plateaus
        Number of plateaus (field, probe).
    """
    full = np.asarray(capacity, np.float64)
    empty = np.asarray(wilting, np.float64)
    if full.ndim < plateau.ndim:
        full, empty = full[..., None], empty[..., None]
    full, empty = (np.broadcast_to(one, plateau.shape) for one in (full, empty))
    known = (plateaus >= FEWEST_PLATEAUS) & ~np.isnan(plateau)
    own = known & (np.abs(np.where(known, plateau, full) - full) > SENSOR_ERROR)
    moved = np.where(own, plateau, full)
    return Ranges(
        capacity=moved,
        wilting=np.where(own, np.fmin(moved - (full - empty), lowest), empty),
        error=np.where(known, OWN_RANGE_ERROR, SENSOR_ERROR),
        own=own,
    )
