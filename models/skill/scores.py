"""Scores of probability and yes/no forecasts against what happened.

Observations are 0 or 1, probabilities lie in 0..1, arrays are one-dimensional and of equal
length; a score of nothing, or of values outside these, is refused rather than guessed. All
scores have no unit.

References
----------
Brier, G. W. (1950). Monthly Weather Review 78, 1-3,
doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
Hanley, J. A. & McNeil, B. J. (1982). Radiology 143, 29-36, doi:10.1148/radiology.143.1.7063747.
Richardson, D. S. (2000). Q. J. R. Meteorol. Soc. 126, 649-667, doi:10.1002/qj.49712656313.
Cohen, J. (1960). Educ. Psychol. Meas. 20, 37-46, doi:10.1177/001316446002000104.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

Array = NDArray[np.float64]


class ScoreError(ValueError):
    """The score cannot be computed."""


def _pair(observed: ArrayLike, forecast: ArrayLike, name: str) -> tuple[Array, Array]:
    o, f = np.asarray(observed, float), np.asarray(forecast, float)
    if o.ndim != 1 or o.shape != f.shape:
        raise ScoreError(
            f"observed has shape {o.shape} and {name} {f.shape}: give two one-dimensional arrays "
            "of equal length"
        )
    if o.size == 0:
        raise ScoreError(f"observed and {name} are empty: a score needs at least one case")
    if not np.isin(o, (0.0, 1.0)).all():
        raise ScoreError("observed holds values other than 0 and 1: turn the label into an event")
    if not np.isfinite(f).all():
        raise ScoreError(f"{name} holds missing values: leave out cases without an answer first")
    return o, f


def _probability(observed: ArrayLike, probability: ArrayLike) -> tuple[Array, Array]:
    o, p = _pair(observed, probability, "probability")
    if p.min() < 0.0 or p.max() > 1.0:
        raise ScoreError("probability lies outside 0..1: give probabilities, not percent")
    return o, p


def brier_score(observed: ArrayLike, probability: ArrayLike) -> float:
    """Mean squared difference between probability and event (Brier 1950).

    Parameters
    ----------
    observed : array of 0 and 1, shape (n,)
    probability : array, shape (n,)

    Returns
    -------
    float
        0 is perfect, 1 the worst.

    Raises
    ------
    ScoreError
        Shapes differ, nothing to score, labels other than 0 and 1, or no probabilities.
    """
    o, p = _probability(observed, probability)
    return float(np.mean((p - o) ** 2))


def brier_skill(observed: ArrayLike, probability: ArrayLike, reference: ArrayLike) -> float:
    """Share of the reference forecast's Brier score that the forecast removes.

    Parameters
    ----------
    observed : array of 0 and 1, shape (n,)
    probability : array, shape (n,)
    reference : float or array, shape (n,)
        The forecast to beat; climatology is the base rate of *other* years.

    Returns
    -------
    float
        1 is perfect, 0 no better than the reference, negative worse.

    Raises
    ------
    ScoreError
        As `brier_score`; or the reference is already perfect.
    """
    o = np.asarray(observed, float)
    base = brier_score(o, np.broadcast_to(np.asarray(reference, float), o.shape))
    if base == 0.0:
        raise ScoreError("the reference forecast is perfect: skill against it is not defined")
    return 1.0 - brier_score(o, probability) / base


def auc(observed: ArrayLike, score: ArrayLike) -> float:
    """Area under the ROC curve: chance that an event outranks a non-event (ties count half).

    Parameters
    ----------
    observed : array of 0 and 1, shape (n,)
    score : array, shape (n,); need not be a probability

    Returns
    -------
    float
        1 is perfect, 0.5 no discrimination.

    Raises
    ------
    ScoreError
        As `brier_score`; or only one of event and non-event occurs.

    References
    ----------
    Hanley & McNeil (1982), doi:10.1148/radiology.143.1.7063747.
    """
    o, s = _pair(observed, score, "score")
    events = float(o.sum())
    others = o.size - events
    if events == 0.0 or others == 0.0:
        raise ScoreError("only one class was observed: the area under the curve is not defined")
    ranks = rankdata(s)
    return float((ranks[o == 1.0].sum() - events * (events + 1.0) / 2.0) / (events * others))


@dataclass(frozen=True)
class ReliabilityBin:
    """One row of a reliability table; probabilities, frequency and count."""

    low: float
    high: float
    count: int
    mean_probability: float
    frequency: float


def reliability(
    observed: ArrayLike,
    probability: ArrayLike,
    edges: Sequence[float] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0),
) -> tuple[ReliabilityBin, ...]:
    """How often it happened when the forecast said so, per bin of probability.

    Parameters
    ----------
    observed : array of 0 and 1, shape (n,)
    probability : array, shape (n,)
    edges : sequence of float
        Probabilities; a bin holds low <= p < high, the last its upper edge too.

    Returns
    -------
    tuple of ReliabilityBin, one for each bin that holds cases

    Raises
    ------
    ScoreError
        As `brier_score`; or a probability lies outside the edges.
    """
    o, p = _probability(observed, probability)
    if p.min() < edges[0] or p.max() > edges[-1]:
        raise ScoreError(f"the bin edges {list(edges)} do not cover every probability")
    place = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, len(edges) - 2)
    return tuple(
        ReliabilityBin(
            float(edges[i]),
            float(edges[i + 1]),
            int((place == i).sum()),
            float(p[place == i].mean()),
            float(o[place == i].mean()),
        )
        for i in range(len(edges) - 1)
        if (place == i).any()
    )


def calibration_line(observed: ArrayLike, probability: ArrayLike) -> tuple[float, float]:
    """Intercept and slope of logit(event) on logit(probability) by maximum likelihood.

    Parameters
    ----------
    observed : array of 0 and 1, shape (n,)
    probability : array, shape (n,)

    Returns
    -------
    tuple of float
        (0, 1) is calibrated; a slope below 1 means the forecasts are too bold.

    Raises
    ------
    ScoreError
        As `brier_score`; or one class only.

    References
    ----------
    Cox, D. R. (1958). Biometrika 45, 562-565, doi:10.1093/biomet/45.3-4.562.
    """
    o, p = _probability(observed, probability)
    if o.min() == o.max():
        raise ScoreError("only one class was observed: a calibration line is not defined")
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    design = np.column_stack([np.ones(o.size), np.log(clipped / (1 - clipped))])
    line = np.array([0.0, 1.0])
    for _ in range(50):
        fitted = 1.0 / (1.0 + np.exp(-design @ line))
        weight = fitted * (1.0 - fitted)
        step = np.linalg.solve(
            (design * weight[:, None]).T @ design + 1e-9 * np.eye(2), design.T @ (o - fitted)
        )
        line = line + step
        if float(np.abs(step).max()) < 1e-9:
            break
    return float(line[0]), float(line[1])


@dataclass(frozen=True)
class Contingency:
    """Counts of a yes/no forecast."""

    hits: int
    misses: int
    false_alarms: int
    correct_negatives: int

    @property
    def pod(self) -> float:
        """Probability of detection: hits / (hits + misses); nan without events."""
        return _ratio(self.hits, self.hits + self.misses)

    @property
    def far(self) -> float:
        """False alarm ratio: false alarms / alarms; nan without alarms."""
        return _ratio(self.false_alarms, self.hits + self.false_alarms)

    @property
    def csi(self) -> float:
        """Critical success index: hits / (hits + misses + false alarms)."""
        return _ratio(self.hits, self.hits + self.misses + self.false_alarms)

    @property
    def kappa(self) -> float:
        """Cohen's kappa: agreement beyond chance; nan if chance agreement is complete."""
        n = self.hits + self.misses + self.false_alarms + self.correct_negatives
        said, seen = self.hits + self.false_alarms, self.hits + self.misses
        chance = said * seen + (n - said) * (n - seen)
        return _ratio((self.hits + self.correct_negatives) * n - chance, n * n - chance)


def _ratio(above: float, below: float) -> float:
    return above / below if below else float("nan")


def contingency(observed: ArrayLike, said: ArrayLike) -> Contingency:
    """Count hits, misses, false alarms and correct negatives of a yes/no forecast.

    Parameters
    ----------
    observed, said : array of 0 and 1, shape (n,)

    Returns
    -------
    Contingency

    Raises
    ------
    ScoreError
        As `brier_score`; or `said` holds values other than 0 and 1.
    """
    o, s = _pair(observed, said, "said")
    if not np.isin(s, (0.0, 1.0)).all():
        raise ScoreError("said holds values other than 0 and 1: apply a threshold first")
    return Contingency(
        int((o * s).sum()),
        int((o * (1 - s)).sum()),
        int(((1 - o) * s).sum()),
        int(((1 - o) * (1 - s)).sum()),
    )


def relative_value(
    observed: ArrayLike, probability: ArrayLike, cost_loss: ArrayLike, base_rate: float
) -> Array:
    """Relative economic value of acting when the probability reaches cost/loss.

    A user pays cost C to protect, or loses L when the event strikes unprotected. Value is
    (E_climatology - E_forecast) / (E_climatology - E_perfect): 1 perfect, 0 no better than
    always acting the same way on the base rate, negative worse.

    Parameters
    ----------
    observed : array of 0 and 1, shape (n,)
    probability : array, shape (n,)
    cost_loss : array, shape (k,)
        C/L, strictly between 0 and 1.
    base_rate : float
        What a user without a forecast believes; decides whether that user always or never acts.

    Returns
    -------
    array, shape (k,)

    Raises
    ------
    ScoreError
        As `brier_score`; or a cost/loss ratio outside 0..1; or one class only.

    References
    ----------
    Richardson (2000), doi:10.1002/qj.49712656313.
    """
    o, p = _probability(observed, probability)
    ratios = np.atleast_1d(np.asarray(cost_loss, float))
    if ((ratios <= 0.0) | (ratios >= 1.0)).any():
        raise ScoreError(
            "a cost/loss ratio lies outside 0..1: protecting would always or never pay"
        )
    happened = float(o.mean())
    if happened in (0.0, 1.0):
        raise ScoreError("only one class was observed: relative value is not defined")
    act = p[None, :] >= ratios[:, None]
    expense = np.where(act, ratios[:, None], o[None, :]).mean(axis=1)
    climatology = np.where(base_rate >= ratios, ratios, happened)
    perfect = ratios * happened
    return np.asarray((climatology - expense) / (climatology - perfect), float)


@dataclass(frozen=True)
class Interval:
    """An estimate with the bounds of its bootstrap interval, in the statistic's unit."""

    estimate: float
    low: float
    high: float


def block_bootstrap(
    statistic: Callable[..., float],
    arrays: Sequence[ArrayLike],
    blocks: ArrayLike,
    *,
    draws: int = 2000,
    seed: int = 20160505,
    level: float = 0.95,
) -> Interval:
    """Percentile interval of a statistic when whole blocks (years) are drawn again.

    Cases of one year share their weather: drawing them one by one gives far too narrow bounds.
    Draws in which the statistic is not defined are passed over.

    Parameters
    ----------
    statistic : callable
        Takes the resampled arrays, gives one number; may raise ScoreError.
    arrays : sequence of arrays, each shape (n,)
    blocks : array of labels (years, states), shape (n,)
    draws : int
    seed : int
    level : float
        Coverage of the interval.

    Returns
    -------
    Interval

    Raises
    ------
    ScoreError
        Fewer than two blocks, or the statistic is undefined in more than half of the draws.
    """
    labels = np.asarray(blocks)
    members = [np.flatnonzero(labels == one) for one in np.unique(labels)]
    if len(members) < 2:
        raise ScoreError("one block only: an interval over years needs at least two")
    data: list[NDArray[Any]] = [np.asarray(a) for a in arrays]
    random = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        chosen = np.concatenate(
            [members[i] for i in random.integers(0, len(members), len(members))]
        )
        try:
            values.append(statistic(*(a[chosen] for a in data)))
        except ScoreError:
            continue
    if len(values) * 2 < draws:
        raise ScoreError("the statistic is undefined in most draws: there are too few events")
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return Interval(float(statistic(*data)), float(low), float(high))
