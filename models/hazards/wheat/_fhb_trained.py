"""What the trained model of Fusarium head blight needs: its windows from hours, its estimators.

Windows and their columns are described in `wheat_fhb_trained`; coefficients are read from the
verified artefact, never written here.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.crops.season import SeasonDay
from models.risk.features import DayHours, Feature, Range, both, hours_where, mean
from models.risk.hazard import Effect
from models.risk.wetness import dew_point_hours
from models.trained.artefact import ArtefactError, load
from models.trained.scab import AGRONOMY, FhbEstimator, agronomy
from models.trained.scab_cases import RESIDUE, RESISTANCE
from models.trained.shipped import FOLDER, HAZARD, STAGES
from models.weather.dataset import Array

_BOTH = ("air_temperature", "relative_humidity")
_FIRST = 1 + len(AGRONOMY)


def daily_dew_point(day: DayHours) -> Range:
    """Mean of a day's hourly dew points (site,) [degC]; rises with temperature and humidity.

    Parameters
    ----------
    day
        With air temperature [degC] and relative humidity [%].
    """
    return both(lambda x: x.sum(axis=0) / day.shape[0], dew_point_hours(day))


def damp_and_warm(temperature: Array, humidity: Array) -> NDArray[np.bool_]:
    """Whether hours have 15 to 30 degC and a relative humidity of 80 % or more; same shape.

    Parameters
    ----------
    temperature
        Air temperature [degC].
    humidity
        Relative humidity [%].

    References
    ----------
    TRH.15T30nRHG80 of Shah et al. 2023, doi:10.1094/PHYTO-10-22-0380-R.
    """
    return (temperature >= 15.0) & (temperature <= 30.0) & (humidity >= 80.0)


@dataclass(frozen=True)
class Span:
    """A window: name and daily feature, first and last day from flowering on, sum or mean."""

    name: str
    feature: Feature
    first: int
    last: int
    summed: bool = False

    def of(self, days: Array) -> Array:
        """The window (site,) that ends on the newest of ``days`` (days, site)."""
        count = self.last - self.first + 1
        total: Array = days[-count:].sum(axis=0)
        return total if self.summed else total / count


_DEW = Feature("mean:dew_point", daily_dew_point, _BOTH, "degC", aggregation="mean")
_DAMP = hours_where("hours:15-30degC&80%", damp_and_warm, _BOTH)
SPANS = {
    "RH.A.PRE14.24H": Span("humidity_14", mean("relative_humidity", "%"), -14, 0),
    "RH7": Span("humidity", mean("relative_humidity", "%"), -7, 0),
    "D.A.1": Span("dew_point", _DEW, -20, 0),
    "TRH8010": Span("damp_warm", _DAMP, 0, 10, summed=True),
    "T.A.POST7.24H": Span("warmth", mean("air_temperature", "degC"), 0, 7),
}
DAYS = max(span.last - span.first for span in SPANS.values()) + 1
AFTER = max(span.last for span in SPANS.values())


@dataclass(frozen=True)
class Trained:
    """The estimators of both stages, the effect of each window, agronomy by variety and residue."""

    stages: tuple[FhbEstimator, ...]
    effects: dict[str, Effect]
    fields: tuple[Array, ...]

    def shares(self, stage: int, values: dict[str, Array], season: SeasonDay) -> dict[str, Array]:
        """Each term's share of the logit (site,): base, field, and the windows of the stage."""
        fitted = self.stages[stage]
        field = self.fields[stage][season.resistance, residue(season.previous_crop)]
        given = np.column_stack([field, *(values[column] for column in fitted.terms.windows)])
        terms = fitted.model.contributions(given).T
        weather = zip((SPANS[c].name for c in fitted.terms.windows), terms[_FIRST:], strict=True)
        return {"base": terms[0], "field": terms[1:_FIRST].sum(axis=0), **dict(weather)}

    def beyond(self, stage: int, values: dict[str, Array], season: SeasonDay) -> NDArray[np.bool_]:
        """Whether a window lies outside what training has seen, and is held at its edge (site,)."""
        fitted, outside = self.stages[stage], np.zeros(len(season.bbch), bool)
        for place, column in enumerate(fitted.terms.windows, len(AGRONOMY)):
            outside |= values[column] > fitted.model.high_[place]
            outside |= values[column] < fitted.model.low_[place]
        return outside

    def signed(self, column: str, values: Array) -> Array:
        """A window so that more of it never lowers the score, and back again."""
        return -values if self.effects[column] == "lowers" else values


@lru_cache(maxsize=16)
def residue(previous_crop: tuple[str | None, ...]) -> NDArray[np.intp]:
    """Maize residue (site,): 0 nobody knows, 1 no, 2 yes.

    Parameters
    ----------
    previous_crop
        Crop ids (site,); None where nobody knows.
    """
    return np.array([0 if c is None else 1 + (c == "summer_maize") for c in previous_crop], np.intp)


def effect_of(slopes: list[float]) -> Effect:
    """How the probability moves with a window, from the signs of its coefficients.

    Parameters
    ----------
    slopes
        Coefficients of the window in the estimators that have it [logit].
    """
    if all(slope >= 0 for slope in slopes):
        return "raises"
    return "lowers" if all(slope <= 0 for slope in slopes) else "mixed"


def worst_fields(fitted: FhbEstimator) -> Array:
    """Columns of agronomy (variety 0-4, residue 0-2, column); the unknown (0) is the worst.

    Parameters
    ----------
    fitted
        Whose coefficients tell what is worst.
    """
    slopes = fitted.model.coefficient_[1:_FIRST] / fitted.model.spread_[: len(AGRONOMY)]
    table = np.empty((1 + len(RESISTANCE), 1 + len(RESIDUE), len(AGRONOMY)))
    for variety, maize in itertools.product(*(range(n) for n in table.shape[:2])):
        classes = RESISTANCE[variety - 1 : variety] if variety else RESISTANCE
        levels = list(itertools.product(classes, RESIDUE[maize - 1 : maize] if maize else RESIDUE))
        rows = agronomy([c for c, _ in levels], ["winter"] * len(levels), [r for _, r in levels])
        table[variety, maize] = rows[np.argmax(rows @ slopes)]
    return table


def read_trained(folder: Path = FOLDER) -> Trained:
    """Both estimators, verified; they answer probabilities.

    Parameters
    ----------
    folder
        Where the artefact's files are.

    Raises
    ------
    ArtefactError
        Missing, changed, or with a window that is not in `SPANS`.
    """
    stages = tuple(load(HAZARD, stage, folder) for stage in STAGES)
    slopes: dict[str, list[float]] = {}
    for fitted in stages:
        weather = fitted.model.coefficient_[_FIRST:]
        for column, slope in zip(fitted.terms.windows, weather, strict=True):
            if column not in SPANS or (fitted is stages[0] and SPANS[column].last > 0):
                place = f"{folder / f'{HAZARD}_{fitted.stage}.skops'}: window {column}"
                raise ArtefactError(f"{place} cannot be made from hours: add it to {__name__}")
            slopes.setdefault(column, []).append(float(slope))
    effects = {column: effect_of(found) for column, found in slopes.items()}
    return Trained(stages, effects, tuple(worst_fields(fitted) for fitted in stages))
