"""Rain that a forecast gives with a chance: whether it is worth waiting for.

Rain is waited for where, with at least `WAIT` chance, as much falls before the crop suffers as
makes watering unnecessary until then. A forecast without a stated chance is never waited for: one
run cannot say how sure it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.water.refused import WaterError
from models.weather.dataset import Array

#: Least chance of enough rain that is waited for (0 to 1); unverified.
WAIT = 0.6


@dataclass(frozen=True)
class RainAhead:
    """Rain of the coming days [mm] for one field.

    ``members`` (member, day) of an ensemble; or one row and ``chance`` (day,) of that row's rain
    (0 to 1), None where the forecast states none.
    """

    members: Array
    chance: Array | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be rain or a chance."""
        if not (np.isfinite(self.members) & (self.members >= 0)).all():
            raise WaterError(
                "rain of the forecast is missing or negative: leave the days without it out"
            )
        if self.chance is not None and not ((self.chance >= 0) & (self.chance <= 1)).all():
            raise WaterError("chance of rain is not between 0 and 1: give shares, not percent")

    @property
    def days(self) -> int:
        """How many days it has."""
        return int(self.members.shape[1])

    def expected(self, days: int) -> float:
        """Mean rain of the first days, weighed by its chance where one is stated [mm].

        Parameters
        ----------
        days
            How many [d].
        """
        rain = self.members[:, :days]
        weight = 1.0 if self.chance is None else self.chance[:days]
        return float((rain * weight).sum(axis=1).mean())

    def chance_of(self, amount: float, days: int) -> float:
        """Chance that the first days bring at least an amount (0 to 1); NaN where none is stated.

        Parameters
        ----------
        amount
            Rain [mm].
        days
            How many [d].

        Notes
        -----
        With stated chances of one run the days are taken in order of chance until they bring the
        amount: the chance is that of the least sure day needed. Days of rain come together, so
        they are not multiplied.
        """
        rain = self.members[:, :days]
        if len(rain) > 1:
            return float((rain.sum(axis=1) >= amount).mean())
        if self.chance is None:
            return float("nan")
        order = np.argsort(-self.chance[:days], kind="stable")
        enough = np.cumsum(rain[0][order]) >= amount
        return float(self.chance[order][enough.argmax()]) if enough.any() else 0.0
