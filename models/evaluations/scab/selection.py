"""Choosing the scab estimator's terms without looking at the years it is judged on.

Every choice is made inside the training cases by leaving out blocks of whole years; the judged
years, states or later seasons never take part. The candidate of least Brier score is taken: the
usual alternative, the simplest within one standard error, was tried and failed worse on the worst
sets of years kept back (docs/skill.md). Random folds are not offered: plots of one
year and place share their weather, and such folds reward remembering it.

References
----------
Varma, S. & Simon, R. (2006). BMC Bioinformatics 7, 91, doi:10.1186/1471-2105-7-91.
Roberts, D. R. et al. (2017). Ecography 40, 913-929, doi:10.1111/ecog.02881.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from models.trained.scab_windows import AFTER_POOL, BEFORE_POOL
from models.trained.shipped import STAGES

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

PENALTIES = (10.0, 30.0)
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


def _block_errors(trials: Trials, terms: Terms, train: Mask) -> Array:
    """Sum of squared errors per left-out block of years, shape (blocks of train,)."""
    errors = []
    for block in np.unique(trials.blocks[train]):
        out = train & (trials.blocks == block)
        p = expit(trials.decision(terms, train & ~out, out))
        errors.append(float(((p - trials.epidemic[out]) ** 2).sum()))
    return np.asarray(errors)


def _least(trials: Trials, train: Mask, candidates: list[Terms]) -> Terms:
    """The candidate of least squared error over left-out blocks; the simpler of equals."""
    return min(
        candidates,
        key=lambda terms: (
            round(float(_block_errors(trials, terms, train).sum()), 9),
            len(terms.windows),
            -terms.penalty,
        ),
    )


def choose(trials: Trials, train: Mask, stage: str) -> Terms:
    """Choose the terms of a stage, windows and penalty, from the training cases alone.

    Parameters
    ----------
    trials : Trials
    train : array of bool, shape (n,)
    stage : {"pre", "post"}
        "post" keeps what "pre" chose and may add windows after flowering.

    Returns
    -------
    Terms
    """
    before = _least(
        trials,
        train,
        [AGRONOMY_ONLY] + [Terms(w, p) for w in BEFORE_POOL if w for p in PENALTIES],
    )
    if stage == "pre":
        return before
    return _least(
        trials, train, [Terms(before.windows + more, before.penalty) for more in AFTER_POOL]
    )


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
    trials: Trials, draws: int, seed: int, share: tuple[float, float] = (0.2, 0.4)
) -> Iterator[Fold]:
    """Four years at a time left out together, as an outside judge would keep them back.

    Draws are repeated until the share of cases left out lies inside `share`.

    Parameters
    ----------
    trials : Trials
    draws : int
    seed : int
    share : tuple of float

    Raises
    ------
    ValueError
        The years do not allow it.
    """
    random = np.random.default_rng(seed)
    years, counts = np.unique(trials.year, return_counts=True)
    large = years[counts >= SMALLEST_BLOCK // 4]
    if large.size < 5:
        raise ValueError("fewer than five years hold enough cases")
    made = 0
    for _ in range(100 * draws):
        chosen = np.sort(random.choice(large, 4, replace=False))
        judged = np.isin(trials.year, chosen)
        if share[0] <= judged.mean() <= share[1]:
            made += 1
            yield Fold(" ".join(str(y) for y in chosen), judged, ~judged)
        if made == draws:
            return
    raise ValueError("too few sets of four years hold the share of cases asked for")


def judge(
    trials: Trials, folds: Iterator[Fold], progress: Callable[[str], None] = lambda _: None
) -> list[tuple[Fold, dict[str, Array], dict[str, Terms]]]:
    """Choose, fit and answer for each fold, nothing of it seen before.

    Parameters
    ----------
    trials : Trials
    folds : iterator of Fold
    progress : callable
        Called with the name of each fold when it is done.

    Returns
    -------
    list of (fold, probabilities by name, terms by stage)
        Names are "climatology" (base rate of the training cases), "agronomy", "pre", "post";
        probabilities have the shape of the judged cases.
    """
    result = []
    for fold in folds:
        terms = {stage: choose(trials, fold.train, stage) for stage in STAGES}
        base = float(trials.epidemic[fold.train].mean())
        answers = {"climatology": np.full(int(fold.judged.sum()), base)}
        for name, used in {"agronomy": AGRONOMY_ONLY, **terms}.items():
            answers[name] = expit(trials.decision(used, fold.train, fold.judged))
        result.append((fold, answers, terms))
        progress(fold.name)
    return result


def fit_stage(
    trials: Trials, stage: str, terms: Terms, *, slope: float, seed: int, draws: int = 200
) -> FhbEstimator:
    """Fit terms to all cases, and again to redrawn blocks of years for the bounds.

    Parameters
    ----------
    trials : Trials
    stage : {"pre", "post"}
    terms : Terms
    slope : float
        Factor that draws every logit towards that of the base rate, see `tempered`.
    seed : int
    draws : int

    Returns
    -------
    FhbEstimator
    """
    x = design(trials.cases, terms.windows)
    y = trials.epidemic
    model = RidgeLogit(terms.penalties).fit(x, y)
    members = [np.flatnonzero(trials.blocks == b) for b in np.unique(trials.blocks)]
    random = np.random.default_rng(seed)
    coefficients = []
    for _ in range(draws):
        some = np.concatenate([members[i] for i in random.integers(0, len(members), len(members))])
        coefficients.append(_temper(model.refitted(x[some], y[some]), slope, float(y[some].mean())))
    model.coefficient_ = _temper(model.coefficient_, slope, float(y.mean()))
    return FhbEstimator(stage, terms, model, np.asarray(coefficients))


def _temper(coefficient: Array, slope: float, base_rate: float) -> Array:
    """Scale a logit's coefficients and move the intercept towards the base rate's logit."""
    scaled = slope * coefficient
    scaled[0] += (1.0 - slope) * float(logit(base_rate))
    return np.round(scaled, DECIMALS)


def tempered(probability: Array, slope: float, base_rate: Array) -> Array:
    """Probabilities whose logit is drawn towards that of the base rate, shape (n,).

    A fit to some years and places is a little too sure of itself at others; the slope of a
    calibration line over left-out states says by how much.

    Parameters
    ----------
    probability : array, shape (n,)
    slope : float
        1 leaves them as they are, 0 gives the base rate.
    base_rate : array, shape (n,)
    """
    return expit(slope * logit(probability) + (1.0 - slope) * logit(base_rate))
