"""Cases to learn from and to be judged by: whole years, states or later seasons left out.

Random folds are not offered: plots of one year and place share their weather, and such folds
reward remembering it.

References
----------
Roberts, D. R. et al. (2017). Ecography 40, 913-929, doi:10.1111/ecog.02881.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.trained.scab import (
    DECIMALS,
    FhbEstimator,
    RidgeLogit,
    Terms,
    design,
    expit,
    fit_terms,
    logit,
    settled,
)
from models.trained.scab_cases import Cases

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SMALLEST_BLOCK = 20
AGRONOMY_ONLY = Terms(())


def year_blocks(year: NDArray[np.int64], smallest: int = SMALLEST_BLOCK) -> NDArray[np.int64]:
    """Label each case with its block of consecutive years, shape (n,).

    Years are joined in order until a block holds enough cases; a short rest joins the last.

    Parameters
    ----------
    year : array of int, shape (n,)
    smallest : int
        Least number of cases in a block.
    """
    label = np.empty(year.shape, np.int64)
    pending: list[int] = []
    last: int | None = None
    for one in (int(y) for y in np.unique(year)):
        pending.append(one)
        if int(np.isin(year, pending).sum()) >= smallest:
            label[np.isin(year, pending)] = last = one
            pending = []
    if pending:
        label[np.isin(year, pending)] = pending[-1] if last is None else last
    return label


@dataclass
class Trials:
    """Labelled cases and every fit tried on them so far."""

    cases: Cases
    blocks: NDArray[np.int64]
    _fits: dict[tuple[Terms, bytes], RidgeLogit] = field(default_factory=dict)
    _designs: dict[tuple[str, ...], Array] = field(default_factory=dict)

    @classmethod
    def of(cls, cases: Cases) -> Trials:
        """Trials on labelled cases; unknown agronomy counts as most risk."""
        if cases.year is None or cases.epidemic is None:
            raise ValueError("cases carry no labels: read them with labelled=True")
        return cls(settled(cases), year_blocks(cases.year))

    @property
    def epidemic(self) -> Array:
        """Labels, shape (n,)."""
        assert self.cases.epidemic is not None
        return self.cases.epidemic

    @property
    def year(self) -> NDArray[np.int64]:
        """Years, shape (n,)."""
        assert self.cases.year is not None
        return self.cases.year

    @property
    def state(self) -> NDArray[np.str_]:
        """States, shape (n,)."""
        return np.asarray(self.cases.state)

    def decision(self, terms: Terms, train: Mask, where: Mask) -> Array:
        """Logit of the terms fitted on `train`, at the cases `where` [logit]."""
        key = (terms, np.packbits(train).tobytes())
        if key not in self._fits:
            self._fits[key] = fit_terms(self.cases, terms, train)
        if terms.windows not in self._designs:
            self._designs[terms.windows] = design(self.cases, terms.windows)
        return self._fits[key].decision_function(self._designs[terms.windows][where])


@dataclass(frozen=True)
class Fold:
    """What is judged at once: its name, the cases left out, and the cases to learn from."""

    name: str
    judged: Mask
    train: Mask


def folds_by_year(trials: Trials) -> Iterator[Fold]:
    """Each block of years left out in turn.

    Parameters
    ----------
    trials : Trials
    """
    for block in np.unique(trials.blocks):
        judged = trials.blocks == block
        yield Fold(str(block), judged, ~judged)


def folds_by_state(trials: Trials) -> Iterator[Fold]:
    """Each state left out in turn; masks are arrays of bool.

    Parameters
    ----------
    trials : Trials
    """
    for state in np.unique(trials.state):
        judged = trials.state == state
        yield Fold(str(state), judged, ~judged)


def folds_later(trials: Trials, least_train: int = 200) -> Iterator[Fold]:
    """Each block of years judged by what was known before it, once enough cases were.

    Parameters
    ----------
    trials : Trials
    least_train : int
        Cases to learn from.
    """
    for block in np.unique(trials.blocks):
        judged = trials.blocks == block
        train = trials.blocks < block
        if int(train.sum()) >= least_train:
            yield Fold(str(block), judged, train)


def folds_kept_back(
    trials: Trials,
    draws: int,
    seed: int,
    share: tuple[float, float] = (0.2, 0.4),
    within: Mask | None = None,
) -> Iterator[Fold]:
    """Four years at a time left out together, as an outside judge would keep them back.

    Draws are repeated until the share of cases left out lies inside `share`.

    Parameters
    ----------
    trials : Trials
    draws : int
    seed : int
    share : tuple of float
    within : array of bool, shape (n,)
        The cases there are; all when left out.

    Raises
    ------
    ValueError
        The years do not allow it.
    """
    random = np.random.default_rng(seed)
    all_ = np.ones(trials.year.shape, bool) if within is None else within
    years, counts = np.unique(trials.year[all_], return_counts=True)
    large = years[counts >= SMALLEST_BLOCK // 4]
    if large.size < 5:
        raise ValueError("fewer than five years hold enough cases")
    made = 0
    for _ in range(100 * draws):
        chosen = np.sort(random.choice(large, 4, replace=False))
        judged = all_ & np.isin(trials.year, chosen)
        if share[0] <= judged.sum() / all_.sum() <= share[1]:
            made += 1
            yield Fold(" ".join(str(y) for y in chosen), judged, all_ & ~judged)
        if made == draws:
            return
    raise ValueError("too few sets of four years hold the share of cases asked for")


def fit_stage(
    trials: Trials,
    stage: str,
    terms: Terms,
    *,
    slope: float,
    spread: float,
    seed: int,
    draws: int = 200,
) -> FhbEstimator:
    """Fit terms to all cases, and again to redrawn blocks of years for the bounds.

    Parameters
    ----------
    trials : Trials
    stage : {"pre", "post"}
    terms : Terms
    slope : float
        Factor that draws every logit towards that of the base rate, see `tempered`.
    spread : float
        Standard deviation of the effect of a year, for the bounds [logit].
    seed : int
    draws : int

    Returns
    -------
    FhbEstimator
    """
    x = design(trials.cases, terms.windows)
    y = trials.epidemic
    model = RidgeLogit(terms.penalties, terms.given).fit(x, y)
    members = [np.flatnonzero(trials.blocks == b) for b in np.unique(trials.blocks)]
    random = np.random.default_rng(seed)
    coefficients = []
    for _ in range(draws):
        some = np.concatenate([members[i] for i in random.integers(0, len(members), len(members))])
        coefficients.append(_temper(model.refitted(x[some], y[some]), slope, float(y[some].mean())))
    model.coefficient_ = _temper(model.coefficient_, slope, float(y.mean()))
    drawn = np.asarray(coefficients)
    drawn[:, 0] = np.round(drawn[:, 0] + spread * random.standard_normal(draws), DECIMALS)
    return FhbEstimator(stage, terms, model, drawn)


def _temper(coefficient: Array, slope: float, base_rate: float) -> Array:
    """Scale a logit's coefficients and move the intercept towards the base rate's logit."""
    scaled = slope * coefficient
    scaled[0] += (1.0 - slope) * float(logit(base_rate))
    return np.round(scaled, DECIMALS)


def tempered(probability: Array, slope: float, base_rate: Array) -> Array:
    """Probabilities whose logit is drawn towards that of the base rate, shape (n,).

    A fit to some years and places is a little too sure of itself at others.

    Parameters
    ----------
    probability : array, shape (n,)
    slope : float
        1 leaves them as they are, 0 gives the base rate.
    base_rate : array, shape (n,)
    """
    return expit(slope * logit(probability) + (1.0 - slope) * logit(base_rate))
