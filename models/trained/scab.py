"""Estimators of risk fitted to cases: a ridge logistic regression with few, known terms.

Why so plain: cases of one year share their weather, so some thirty years are the real sample.
Flexible models score well on the years they were chosen on and fail on others; docs/skill.md
shows by how much.

References
----------
Hoerl, A. E. & Kennard, R. W. (1970). Technometrics 12, 55-67,
doi:10.1080/00401706.1970.10488634.
le Cessie, S. & van Houwelingen, J. C. (1992). Applied Statistics 41, 191-201,
doi:10.2307/2347628.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from models.trained.scab_cases import RESIDUE, RESISTANCE, UNKNOWN, WHEAT, Cases

Array = NDArray[np.float64]

AGRONOMY = ("resistance", "winter wheat on maize residue", "spring wheat")
AGRONOMY_PENALTY = 1.0
DECIMALS = 9
"""Fitted numbers are kept to this many decimals: linear algebra libraries differ in the last
bits, and the same data must give the same bytes."""


class RidgeLogit(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regression with a ridge penalty of its own for each standardised column.

    Columns are standardised on the cases it was fitted to, and values beyond the fitted range
    are held at its edge: outside what it has seen it does not extrapolate.

    Parameters
    ----------
    penalty : sequence of float, shape (fitted columns,)
        Half of it times the squared standardised coefficient is added to the negative
        log-likelihood; the intercept is free.
    given : sequence of (below, above, slope)
        For each of the last columns, which are not fitted: it counts below the one value and above
        the other, with so much logit per unit. So a published slope enters as it is, bounded.
    """

    def __init__(
        self, penalty: Sequence[float] = (), given: Sequence[tuple[float, float, float]] = ()
    ) -> None:
        self.penalty = penalty
        self.given = given

    def fit(self, X: ArrayLike, y: ArrayLike) -> RidgeLogit:
        """Fit by Newton's method.

        Parameters
        ----------
        X : array, shape (n, columns), each column in its own unit
        y : array of 0 and 1, shape (n,)

        Raises
        ------
        ValueError
            Shapes do not match, a value is missing, or only one class was seen.
        """
        x, seen = np.asarray(X, float), np.asarray(y, float)
        columns = len(self.penalty) + len(self.given)
        if x.ndim != 2 or x.shape != (seen.size, columns):
            raise ValueError(f"X has shape {x.shape}; expected {(seen.size, columns)}")
        if not np.isfinite(x).all():
            raise ValueError("X holds missing values: leave those cases out")
        if seen.size == 0 or seen.min() == seen.max():
            raise ValueError("only one class in y: nothing can be learned from these cases")
        self.mean_ = np.round(x.mean(axis=0), DECIMALS)
        spread = np.round(x.std(axis=0), DECIMALS)
        self.spread_ = np.where(spread > 0.0, spread, 1.0)
        self.low_, self.high_ = x.min(axis=0), x.max(axis=0)
        self.classes_ = np.array([0.0, 1.0])
        self.coefficient_ = self.refitted(x, seen)
        return self

    def refitted(self, X: ArrayLike, y: ArrayLike) -> Array:
        """Coefficients of other cases on the scale of these, shape (columns + 1,) [logit].

        Parameters
        ----------
        X : array, shape (n, columns), each column in its own unit
        y : array of 0 and 1, shape (n,)
        """
        x, seen = np.asarray(X, float), np.asarray(y, float)
        slopes = np.asarray([slope for _, _, slope in self.given], float)
        return _newton(self.standardised(x), seen, np.asarray(self.penalty, float), slopes)

    def standardised(self, x: Array) -> Array:
        """Intercept and columns as the model sees them, shape (n, columns + 1)."""
        held = np.clip(x, self.low_, self.high_)
        inside = (held - self.mean_) / self.spread_
        for column, (below, above, _) in enumerate(self.given, len(self.penalty)):
            value = held[:, column]
            inside[:, column] = np.minimum(value - below, 0.0) + np.maximum(value - above, 0.0)
        return np.column_stack([np.ones(x.shape[0]), inside])

    def contributions(self, X: ArrayLike) -> Array:
        """Each term's share of the logit, intercept first, shape (n, columns + 1) [logit]."""
        return np.asarray(self.standardised(np.asarray(X, float)) * self.coefficient_, float)

    def decision_function(self, X: ArrayLike) -> Array:
        """Logit of the probability, shape (n,) [logit]; nan where a value is missing."""
        return np.asarray(self.contributions(X).sum(axis=1), float)

    def predict_proba(self, X: ArrayLike) -> Array:
        """Probabilities of no event and event, shape (n, 2); nan where a value is missing."""
        event = expit(self.decision_function(X))
        return np.column_stack([1.0 - event, event])

    def predict(self, X: ArrayLike) -> Array:
        """1 where the event is more likely than not, shape (n,)."""
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(float)


def expit(logit: ArrayLike) -> Array:
    """Probability of a logit; same shape.

    Parameters
    ----------
    logit : array [logit]
    """
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(logit, float))), float)


def logit(probability: ArrayLike) -> Array:
    """Logit of a probability, held away from 0 and 1 by 1e-9 [logit]; same shape.

    Parameters
    ----------
    probability : array
    """
    p = np.clip(np.asarray(probability, float), 1e-9, 1.0 - 1e-9)
    return np.asarray(np.log(p / (1.0 - p)), float)


def _newton(z: Array, y: Array, penalty: Array, given: Array) -> Array:
    """Coefficients of every column; those of the last ones are `given`."""
    ridge = np.diag(np.concatenate([[0.0], penalty]))
    z, offset = z[:, : len(ridge)], z[:, len(ridge) :] @ given
    base = y.mean()
    beta = np.zeros(z.shape[1])
    beta[0] = np.log(base / (1.0 - base)) - offset.mean()
    for _ in range(50):
        p = expit(z @ beta + offset)
        hessian = (z * (p * (1.0 - p))[:, None]).T @ z + ridge
        step = np.linalg.solve(hessian, z.T @ (y - p) - ridge @ beta)
        beta = beta + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return np.round(np.concatenate([beta, given]), DECIMALS)


@dataclass(frozen=True)
class Terms:
    """What a scab estimator is made of: weather windows, their penalty, and what is not fitted.

    `given` belongs to the last windows: below and above which value each counts, and its slope.
    """

    windows: tuple[str, ...]
    penalty: float = 10.0
    given: tuple[tuple[float, float, float], ...] = ()

    @property
    def penalties(self) -> tuple[float, ...]:
        """One ridge penalty per column of `design` that is fitted."""
        weather = len(self.windows) - len(self.given)
        return (AGRONOMY_PENALTY,) * len(AGRONOMY) + (self.penalty,) * weather


def agronomy(resistance: Sequence[str], wheat: Sequence[str], residue: Sequence[str]) -> Array:
    """Agronomy as numbers, shape (n, 3): see `AGRONOMY`.

    Resistance counts evenly from 0 (VS) to 3 (MR). Maize residue is a term of winter wheat
    only, since spring wheat regions carry their inoculum otherwise.

    Parameters
    ----------
    resistance, wheat, residue : sequences of str, shape (n,)
        Words of RESISTANCE, WHEAT and RESIDUE; none unknown.

    Raises
    ------
    ValueError
        An unknown word.
    """
    place = {word: i for i, word in enumerate(RESISTANCE)}
    try:
        classes = np.array([place[word] for word in resistance], float)
        spring = np.array([WHEAT.index(word) for word in wheat], float)
        maize = np.array([RESIDUE.index(word) for word in residue], float)
    except (KeyError, ValueError) as error:
        raise ValueError(f"unknown agronomic level: {error}") from error
    return np.column_stack([classes, maize * (1.0 - spring), spring])


def design(cases: Cases, windows: Sequence[str]) -> Array:
    """Columns of agronomy and weather of cases whose agronomy is known, shape (n, 3 + windows).

    Parameters
    ----------
    cases : Cases
    windows : sequence of str
        Columns of weather, in the units of `models.trained.scab_windows.WINDOWS`.

    Raises
    ------
    ValueError
        An unknown agronomic level.
    """
    known = agronomy(cases.resistance, cases.wheat, cases.residue)
    return np.column_stack([known, *(cases.weather[column] for column in windows)])


def settled(cases: Cases) -> Cases:
    """Cases with unknown levels replaced by those of most risk, for training and scoring.

    Most risk is VS, winter wheat, with maize residue. Where an answer is given, `answer`
    finds it by trying every level instead.

    Parameters
    ----------
    cases : Cases
    """
    return replace(
        cases,
        resistance=tuple("VS" if word == UNKNOWN else word for word in cases.resistance),
        wheat=tuple("winter" if word == UNKNOWN else word for word in cases.wheat),
        residue=tuple("yes" if word == UNKNOWN else word for word in cases.residue),
    )


@dataclass(frozen=True)
class Answer:
    """Probability of an epidemic with its bounds; nan where it cannot be said."""

    probability: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class FhbEstimator:
    """The fitted scab estimator of one stage, with coefficients refitted on redrawn years.

    `coefficients` has shape (draws, columns + 1) and stands for what the choice of years does.
    """

    stage: str
    terms: Terms
    model: RidgeLogit
    coefficients: Array

    def answer(self, cases: Cases, level: float = 0.9) -> Answer:
        """Probability of an epidemic for each case.

        Where an agronomic level is unknown every level is tried: the probability is the
        highest, the bounds span all of them. A missing weather value gives nan.

        Parameters
        ----------
        cases : Cases
        level : float
            Coverage of the bounds with respect to the years of training.

        Returns
        -------
        Answer
        """
        n = len(cases)
        best, low, high = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
        tail = (1.0 - level) / 2.0
        for levels in itertools.product(RESISTANCE, WHEAT, RESIDUE):
            given = (cases.resistance, cases.wheat, cases.residue)
            fits = np.array(
                [
                    all(word in (UNKNOWN, want) for word, want in zip(words, levels, strict=True))
                    for words in zip(*given, strict=True)
                ],
                bool,
            )
            if not fits.any():
                continue
            count = int(fits.sum())
            x = np.column_stack(
                [
                    agronomy(*([word] * count for word in levels)),
                    *(cases.weather[column][fits] for column in self.terms.windows),
                ]
            )
            z = self.model.standardised(x)
            spread = expit(z @ self.coefficients.T)
            best[fits] = np.fmax(best[fits], expit(z @ self.model.coefficient_))
            low[fits] = np.fmin(low[fits], np.quantile(spread, tail, axis=1))
            high[fits] = np.fmax(high[fits], np.quantile(spread, 1.0 - tail, axis=1))
        return Answer(best, np.fmin(low, best), np.fmax(high, best))


def fit_terms(cases: Cases, terms: Terms, which: NDArray[np.bool_]) -> RidgeLogit:
    """Fit the terms to the cases chosen; the model answers probabilities.

    Parameters
    ----------
    cases : Cases
        Labelled and settled.
    terms : Terms
    which : array of bool, shape (n,)

    Raises
    ------
    ValueError
        No labels, or as `RidgeLogit.fit`.
    """
    if cases.epidemic is None:
        raise ValueError("cases carry no labels: read them with labelled=True")
    x = design(cases, terms.windows)
    return RidgeLogit(terms.penalties, terms.given).fit(x[which], cases.epidemic[which])
