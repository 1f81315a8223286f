"""Choosing the scab estimator's terms without looking at what it is judged on.

Before flowering the terms are agronomy, and weather as a bounded correction: the humidity of the
published RH14 model enters with its published slope, outside a middle range that is chosen.
Nothing of the weather is fitted there: windows that were (docs/skill.md) did well on every year
they could be chosen with, and worse than agronomy alone on four years kept back. The year is a
random effect of which some twenty are there to see, so the choice looks at sets of years left out
together, and at the lower tail of what they say, not at the mean. The factor that draws the answer
towards the base rate is found on the same sets.

After flowering, windows are fitted, and the candidate of least Brier score over left-out blocks
of years is taken.

References
----------
Shah, D. A. et al. (2021). PLoS Comput. Biol. 17, e1008831 (RH14), doi:10.1371/journal.pcbi.1008831.
Varma, S. & Simon, R. (2006). BMC Bioinformatics 7, 91, doi:10.1186/1471-2105-7-91.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from models.evaluations.scab.selection import (
    AGRONOMY_ONLY,
    Array,
    Fold,
    Mask,
    Trials,
    folds_kept_back,
    tempered,
)
from models.hazards.wheat.wheat_fhb import PARAMETERS
from models.skill import scores
from models.trained.scab import Terms, expit
from models.trained.scab_windows import AFTER_POOL, BEFORE_POOL
from models.trained.shipped import SEED

PENALTIES = (10.0, 30.0)
RH14, RH14_SLOPE = "RH.A.PRE14.24H", PARAMETERS["humidity"].value
#: Where the correction may count: in so much of the cases with the driest and the dampest air each.
OUTER = (0.5, 0.25, 0.2, 0.15, 0.1, 0.05)
#: Sets of four years that a choice is made by, the tail that is looked at, and what a set at that
#: tail may lose against agronomy alone, in AUC and in Brier skill.
SETS, TAIL, MAY_LOSE = 200, 0.1, 0.006
SHRINKS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)


@dataclass(frozen=True)
class Before:
    """The terms before flowering, and the factor that draws their logit to the base rate's."""

    terms: Terms
    shrink: float


def _sets(trials: Trials, train: Mask) -> list[Fold]:
    """Sets of four years of the training cases; none where these are too few to say anything."""
    try:
        folds = list(folds_kept_back(trials, SETS, SEED, within=train))
    except ValueError:
        return []

    def mixed(mask: Mask) -> bool:
        return bool(0.0 < trials.epidemic[mask].mean() < 1.0)

    return [fold for fold in folds if mixed(fold.train) and mixed(fold.judged)]


def _scored(trials: Trials, fold: Fold, terms: Terms, shrink: float = 1.0) -> tuple[float, float]:
    """AUC and Brier skill of terms on the cases that a fold leaves out."""
    base = np.full(int(fold.judged.sum()), trials.epidemic[fold.train].mean())
    said = tempered(expit(trials.decision(terms, fold.train, fold.judged)), shrink, base)
    happened = trials.epidemic[fold.judged]
    return scores.auc(happened, said), scores.brier_skill(happened, said, base)


def corrections(trials: Trials, train: Mask) -> list[Terms]:
    """Agronomy with the published slope of humidity, outside each of several middle ranges.

    Parameters
    ----------
    trials : Trials
    train : array of bool, shape (n,)
    """
    humidity = trials.cases.weather[RH14][train]
    found = []
    for outer in OUTER:
        below, above = (round(float(v), 1) for v in np.quantile(humidity, (outer, 1.0 - outer)))
        found.append(Terms((RH14,), given=((below, above, RH14_SLOPE),)))
    return found


def choose_before(trials: Trials, train: Mask) -> Before:
    """Choose the correction and the shrinkage before flowering, from the training cases alone.

    Of the corrections that at the lower tail of sets of four years cost next to nothing against
    agronomy alone, in AUC and in Brier skill, the one of largest median skill is taken; agronomy
    alone if none is like that. The shrinkage has the best mean of the tail's and the median skill.

    Parameters
    ----------
    trials : Trials
    train : array of bool, shape (n,)
    """
    folds = _sets(trials, train)
    if not folds:
        return Before(AGRONOMY_ONLY, 1.0)
    alone = np.array([_scored(trials, fold, AGRONOMY_ONLY) for fold in folds])
    chosen, best = AGRONOMY_ONLY, 0.0
    for terms in corrections(trials, train):
        gain = np.array([_scored(trials, fold, terms) for fold in folds]) - alone
        middle = float(np.median(gain[:, 1]))
        if np.quantile(gain, TAIL, axis=0).min() >= -MAY_LOSE and middle > best:
            chosen, best = terms, middle

    def worth(shrink: float) -> float:
        skill = [_scored(trials, fold, chosen, shrink)[1] for fold in folds]
        return round(float(np.quantile(skill, (TAIL, 0.5)).mean()), 9)

    return Before(chosen, max(SHRINKS, key=worth))


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


def choose_after(trials: Trials, train: Mask) -> Terms:
    """Choose windows and penalty after flowering, from the training cases alone.

    First those of the weather before flowering, then what the weather after it adds to them.

    Parameters
    ----------
    trials : Trials
    train : array of bool, shape (n,)
    """
    pool = [Terms(w, p) for w in BEFORE_POOL if w for p in PENALTIES]
    first = _least(trials, train, [AGRONOMY_ONLY, *pool])
    return _least(
        trials, train, [Terms(first.windows + more, first.penalty) for more in AFTER_POOL]
    )


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
        probabilities have the shape of the judged cases. Those of "pre" are drawn towards the base
        rate as they would ship, those of "post" are not yet.
    """
    result = []
    for fold in folds:
        before, after = choose_before(trials, fold.train), choose_after(trials, fold.train)
        base = np.full(int(fold.judged.sum()), trials.epidemic[fold.train].mean())

        def said(terms: Terms, fold: Fold = fold) -> Array:
            return expit(trials.decision(terms, fold.train, fold.judged))

        answers = {
            "climatology": base,
            "agronomy": said(AGRONOMY_ONLY),
            "pre": tempered(said(before.terms), before.shrink, base),
            "post": said(after),
        }
        result.append((fold, answers, {"pre": before.terms, "post": after}))
        progress(fold.name)
    return result
