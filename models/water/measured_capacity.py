"""Field capacity as a probe itself shows it: the plateau after a wetting has drained.

After a soaking water drains fast, then slowly. Cong, Lü and Ni (2014) take as field capacity the
water at which drainage falls to 3 % of it a day; in their soils that was after two to three days,
as the classical definition has it. Here: from the highest value of a wetting, the series must fall
by more than 3 % in the first day (else it never stood above capacity, and shows nothing), and the
first value within five days after which a day takes no more than 3 % is a candidate. What crops
take meanwhile is not told apart, so that a candidate in summer is a little too low.

References
----------
Cong, Z., Lü, H. & Ni, G. 2014, Water Science and Engineering 7(4), 351-362,
    doi:10.3882/j.issn.1674-2370.2014.04.001 (its abstract).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.water.events import LEAST_RISE, Indices, rises
from models.weather.dataset import Array

#: Share of its water that a soil at field capacity loses by drainage in a day.
RATE = 0.03
#: Days after the peak in which a plateau is looked for [d].
LONGEST = 5


@dataclass(frozen=True)
class Plateaus:
    """Candidates of field capacity, one entry each: step and series, and the value [m3 m-3]."""

    step: Indices
    series: Indices
    value: Array

    def of_series(self, count: int) -> tuple[Array, NDArray[np.int64]]:
        """Median of the candidates of each series [m3 m-3], nan where none, and their number."""
        median = np.full(count, np.nan)
        number = np.bincount(self.series, minlength=count)
        for one in np.flatnonzero(number):
            median[one] = np.median(self.value[self.series == one])
        return median, number


def plateaus(moisture: Array, steps: int = 1, least: float = LEAST_RISE) -> Plateaus:
    """Find the candidates of field capacity of series, in order of series and time.

    Parameters
    ----------
    moisture
        (time, series) [m3 m-3] in equal steps, nan where missing.
    steps
        Number of steps in a day.
    least
        Least rise in a day that is a wetting [m3 m-3].
    """
    risen, _ = rises(moisture, steps, least)
    again = np.zeros_like(risen)
    again[:-1] = risen[1:]
    # The last risen step of each wetting, by series; the peak is in the day around it.
    series, last = np.nonzero((risen & ~again).T)
    days = np.arange(LONGEST + 2)
    fewest = len(moisture) - 1
    around = np.clip(last[:, None] + np.arange(-steps, 1), 0, fewest)
    near = moisture[around, series[:, None]]
    peak = around[np.arange(len(last)), np.nan_to_num(near, nan=-1.0).argmax(axis=1)]
    at = peak[:, None] + days * steps
    value = moisture[np.minimum(at, fewest), series[:, None]]
    value = np.where(at > fewest, np.nan, value)
    wet = risen[np.minimum(at, fewest), series[:, None]] & (days > 0)
    value = np.where(np.logical_or.accumulate(wet & (at > last[:, None]), axis=1), np.nan, value)
    with np.errstate(invalid="ignore", divide="ignore"):
        loss = (value[:, :-1] - value[:, 1:]) / value[:, :-1]
    slow = (loss[:, 1:] <= RATE) & (loss[:, 1:] >= -RATE)
    # No gap may lie between the peak and the plateau.
    whole = np.logical_and.accumulate(~np.isnan(loss), axis=1)[:, 1:]
    found = slow & whole & (loss[:, :1] > RATE)
    some = found.any(axis=1)
    first = found.argmax(axis=1)[some] + 1
    return Plateaus(step=at[some, first], series=series[some], value=value[some, first])
