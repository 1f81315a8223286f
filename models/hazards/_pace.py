"""How fast a small pest goes from egg to adult at the measured temperatures.

    pace = sum over 14 days of degree-days / K

Degree-days are hourly temperatures above T0, cut off at the upper temperature, averaged over
the day; K is the thermal constant from egg to adult. A pace of 0.5 means: a generation in four
weeks. The constants are those fitted by Jarosik et al. 2011 to published experiments.

No action threshold can follow from temperature alone: what counts is how many there are, and
that must be looked at. So the pace is never "high"; medium says that it is time to look. From
which pace on is the hazard's own provisional choice, and so is the upper temperature.

References
----------
Jarosik, Honek, Magarey & Skuhrovec 2011, Journal of Economic Entomology 104:1870,
doi:10.1603/EC11247 (constants, as tabled in the R package devRate).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.crops.season import SeasonDay
from models.risk.features import Feature, both, mean
from models.risk.hazard import Carried, Evaluation, Parameter, Use, Window
from models.weather.dataset import Array

SOURCE = "Jarosik et al. 2011, doi:10.1603/EC11247"
DAYS = 14
NEVER = math.inf


@dataclass(frozen=True)
class Pace:
    """Thermal constants of a pest: T0 [degC], upper temperature [degC], K [degC d]."""

    name: str
    lower: float
    upper: float
    constant: float

    @property
    def uses(self) -> Mapping[str, Use]:
        """Degree-days, and the mean temperature to show."""
        feature = Feature(
            f"degree_days_{self.name}",
            lambda day: both(self.degree_days, day.get("air_temperature")),
            ("air_temperature",),
            "degC d",
        )
        return {
            "degree_days": Use(feature, "raises"),
            "temperature": Use(mean("air_temperature", "degC"), "shown"),
        }

    def degree_days(self, hours: Array) -> Array:
        """Degree-days [degC d] of a day from its hourly temperatures (hour, ...) [degC]."""
        above = np.clip(hours, self.lower, self.upper) - self.lower
        return np.asarray(above.sum(axis=0) / hours.shape[0])

    def evaluate(self, window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
        """Share of a generation that 14 days have made."""
        pace = window["degree_days"].sum(axis=0) / self.constant
        with np.errstate(divide="ignore"):
            days = np.minimum(DAYS / pace, 365.0)
        drivers = {
            "pace": pace,
            "generation_days": days,
            "temperature": window["temperature"].sum(axis=0) / DAYS,
        }
        return Evaluation(pace, drivers)


def parameters(pace: Pace, medium: float, source: str) -> Mapping[str, Parameter]:
    """The pace's numbers with their source; ``medium`` is chosen here.

    Parameters
    ----------
    pace
        Thermal constants of the pest.
    medium
        Share of a generation in 14 days from which on to look.
    source
        Where the constants were read.
    """
    return {
        "lower": Parameter(pace.lower, "degC", source, "second-hand"),
        "constant": Parameter(pace.constant, "degC d", source, "second-hand"),
        "upper": Parameter(pace.upper, "degC", "chosen here", "provisional"),
        "medium": Parameter(medium, "1", "chosen here", "provisional"),
    }
