"""How well the scab estimator does on years and places it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluations.scab.choosing import Before, judge
from models.evaluations.scab.selection import (
    Fold,
    Trials,
    folds_by_state,
    folds_by_year,
    folds_kept_back,
    folds_later,
    tempered,
)
from models.evaluations.scab.years import year_spread
from models.evaluations.tables import rounded
from models.hazards.wheat.wheat_fhb import PARAMETERS, probability
from models.skill import scores
from models.trained.scab import FhbEstimator, Terms, logit
from models.trained.scab_cases import RESISTANCE, Cases
from models.trained.shipped import LIMITS, SEED, STAGES

Array = NDArray[np.float64]
Progress = Callable[[str], None]

KEPT_BACK_DRAWS = 40
BOOTSTRAP_DRAWS = 1000
COST_LOSS = (0.05, 0.1, 0.2, 0.27, 0.33, 0.4, 0.5, 0.6)
SCHEMES = ("year", "state", "later")
MODELS = ("climatology", "agronomy", "rh14", "pre", "post")
PAIRS = (
    ("pre", "climatology"),
    ("pre", "agronomy"),
    ("pre", "rh14"),
    ("rh14", "agronomy"),
    ("post", "agronomy"),
    ("post", "pre"),
)


def rh14_published(trials: Trials) -> Array:
    """Probability of the published RH14 model at every case, shape (n,).

    Its coefficients were fitted by others to all cases of the collection, the judged ones
    among them: as a rival it is favoured here.

    Parameters
    ----------
    trials : Trials
    """
    places = [RESISTANCE.index(word) for word in trials.cases.resistance]
    terms = np.array([PARAMETERS[f"resistance_{c}"].value for c in RESISTANCE])[places]
    return np.asarray(probability(trials.cases.weather["RH.A.PRE14.24H"], terms), float)


@dataclass
class Answers:
    """Probabilities by name, in one order, with labels, blocks, years and states."""

    by: dict[str, Array]
    epidemic: Array
    blocks: NDArray[np.int64]
    year: NDArray[np.int64]
    state: NDArray[np.str_]
    chosen: dict[str, list[Terms]] = field(default_factory=dict)

    def temper(self, slope: float) -> None:
        """Draw the answers after flowering towards the base rate, as the shipped model's are."""
        self.by["post"] = tempered(self.by["post"], slope, self.by["climatology"])


def answered(trials: Trials, folds: Iterator[Fold], progress: Progress) -> Answers:
    """Probabilities of every judged case of the folds, none of them seen before.

    Parameters
    ----------
    trials : Trials
    folds : iterator of Fold
    progress : callable
        Called with the name of each fold.
    """
    outcome = judge(trials, folds, progress)
    where = np.concatenate([np.flatnonzero(fold.judged) for fold, _, _ in outcome])
    names = ("climatology", "agronomy", *STAGES)
    by = {name: np.concatenate([answers[name] for _, answers, _ in outcome]) for name in names}
    return Answers(
        {**by, "rh14": rh14_published(trials)[where]},
        trials.epidemic[where],
        trials.blocks[where],
        trials.year[where],
        trials.state[where],
        {stage: [terms[stage] for _, _, terms in outcome] for stage in STAGES},
    )


def _scores(judged: Answers) -> dict[str, Any]:
    o, base = judged.epidemic, judged.by["climatology"]
    table = {
        name: {
            "auc": None if name == "climatology" else scores.auc(o, judged.by[name]),
            "brier": scores.brier_score(o, judged.by[name]),
            "skill": scores.brier_skill(o, judged.by[name], base),
        }
        for name in MODELS
    }
    return {
        "cases": int(o.size),
        "epidemics": int(o.sum()),
        "models": table,
        "differences": [_difference(judged, one, other) for one, other in PAIRS],
    }


def _difference(judged: Answers, one: str, other: str) -> dict[str, Any]:
    o, base = judged.epidemic, judged.by["climatology"]
    arrays = [o, judged.by[one], judged.by[other], base]

    def of_skill(o: Array, p: Array, q: Array, base: Array) -> float:
        return scores.brier_skill(o, p, base) - scores.brier_skill(o, q, base)

    def of_auc(o: Array, p: Array, q: Array, _: Array) -> float:
        return scores.auc(o, p) - scores.auc(o, q)

    result: dict[str, Any] = {"one": one, "other": other}
    result["skill"] = vars(
        scores.block_bootstrap(of_skill, arrays, judged.blocks, draws=BOOTSTRAP_DRAWS, seed=SEED)
    )
    if other != "climatology":
        result["auc"] = vars(
            scores.block_bootstrap(of_auc, arrays, judged.blocks, draws=BOOTSTRAP_DRAWS, seed=SEED)
        )
    return result


def _kept_back(trials: Trials, slope: float, progress: Progress) -> dict[str, Any]:
    rows = []
    for fold in folds_kept_back(trials, KEPT_BACK_DRAWS, SEED):
        judged = answered(trials, iter([fold]), progress)
        judged.temper(slope)
        o, base = judged.epidemic, judged.by["climatology"]
        rows.append(
            {
                name: (
                    scores.auc(o, judged.by[name]),
                    scores.brier_skill(o, judged.by[name], base),
                )
                for name in MODELS
                if name != "climatology"
            }
        )
    table = {}
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], axis=0)
        goal = (values[:, 0] >= 0.70) & (values[:, 1] >= 0.10)
        table[name] = {
            "auc": [float(low[0]), float(middle[0]), float(high[0])],
            "skill": [float(low[1]), float(middle[1]), float(high[1])],
            "worst": [float(values[:, 0].min()), float(values[:, 1].min())],
            "goal": float(goal.mean()),
        }
    return {"draws": len(rows), "models": table}


def _group_rows(judged: Answers, groups: NDArray[Any], stage: str) -> list[dict[str, Any]]:
    rows = []
    for group in np.unique(groups):
        here = groups == group
        o, p = judged.epidemic[here], judged.by[stage][here]
        both = 0.0 < o.mean() < 1.0
        rows.append(
            {
                "group": str(group),
                "cases": int(here.sum()),
                "rate": float(o.mean()),
                "said": float(p.mean()),
                "auc": scores.auc(o, p) if both else None,
                "brier": scores.brier_score(o, p),
                "brier_climatology": scores.brier_score(o, judged.by["climatology"][here]),
                "brier_agronomy": scores.brier_score(o, judged.by["agronomy"][here]),
            }
        )
    return rows


def _decision(judged: Answers, stage: str) -> dict[str, Any]:
    o, p = judged.epidemic, judged.by[stage]
    base = float(o.mean())
    thresholds = {}
    for word in ("medium", "high"):
        limit = LIMITS[word]
        counts = scores.contingency(o, (p >= limit).astype(float))
        thresholds[word] = {
            "from": limit,
            "pod": counts.pod,
            "far": counts.far,
            "csi": counts.csi,
            **vars(counts),
        }
    value = {
        name: scores.relative_value(o, judged.by[name], COST_LOSS, base).tolist()
        for name in ("agronomy", "rh14", stage)
    }
    return {
        "reliability": [vars(row) for row in scores.reliability(o, p)],
        "calibration_line": list(scores.calibration_line(o, p)),
        "thresholds": thresholds,
        "cost_loss": {"ratios": list(COST_LOSS), "value": value},
    }


def slope_after(by_state: Answers) -> float:
    """The calibration slope after flowering over left-out states, at most 1.

    Parameters
    ----------
    by_state : Answers
    """
    line = scores.calibration_line(by_state.epidemic, by_state.by["post"])
    return round(min(1.0, line[1]), 3)


def report(trials: Trials, before: Before, progress: Progress = lambda _: None) -> dict[str, Any]:
    """Everything the card and docs/skill.md state, as plain numbers.

    Parameters
    ----------
    trials : Trials
    before : Before
        What was chosen from all cases; the judged answers rest on choices of their own.
    progress : callable
        Called with what is being done.

    Returns
    -------
    dict
        Scores per scheme with block-bootstrap intervals, distribution over sets of four years
        kept back, reliability, cost-loss values, by year and by state.
    """

    def telling(scheme: str) -> Progress:
        return lambda name: progress(f"{scheme}: {name}")

    judged = {
        "year": answered(trials, folds_by_year(trials), telling("year")),
        "state": answered(trials, folds_by_state(trials), telling("state")),
        "later": answered(trials, folds_later(trials), telling("later")),
    }
    slopes = {"pre": before.shrink, "post": slope_after(judged["state"])}
    for one in judged.values():
        one.temper(slopes["post"])
    by_year = judged["year"]
    spreads = {
        stage: year_spread(by_year.epidemic, logit(by_year.by[stage]), by_year.year)
        for stage in STAGES
    }
    scores = {name: _scores(one) for name, one in judged.items()}
    gain = {(d["one"], d["other"]): d["skill"] for d in scores["year"]["differences"]}
    result: dict[str, Any] = {
        "seed": SEED,
        "slopes": slopes,
        "year_spread": spreads,
        "schemes": scores,
        "kept_back": _kept_back(trials, slopes["post"], telling("four years kept back")),
        "weather_beats_agronomy": {s: gain[s, "agronomy"]["low"] > 0.0 for s in STAGES},
        "after_beats_before": gain["post", "pre"]["low"] > 0.0,
        "stages": {stage: _decision(judged["year"], stage) for stage in STAGES},
        "by_year": {s: _group_rows(judged["year"], judged["year"].year, s) for s in STAGES},
        "by_state": {s: _group_rows(judged["state"], judged["state"].state, s) for s in STAGES},
        "chosen": {
            stage: _counted(judged["year"].chosen[stage] + judged["state"].chosen[stage])
            for stage in STAGES
        },
    }
    checked: dict[str, Any] = rounded(result)
    return checked


def _counted(terms: list[Terms]) -> list[dict[str, Any]]:
    counts: dict[tuple[tuple[str, ...], tuple[float, ...]], int] = {}
    for one in terms:
        key = (
            one.windows,
            tuple(value for below, above, _ in one.given for value in (below, above)),
        )
        counts[key] = counts.get(key, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"windows": list(w), "outside": list(a), "folds": n} for (w, a), n in ordered]


def held_out(cases: Cases, estimators: dict[str, FhbEstimator], base_rate: float) -> dict[str, Any]:
    """Scores of shipped estimators on labelled cases that they never saw.

    Parameters
    ----------
    cases : Cases
        Labelled.
    estimators : dict of stage to FhbEstimator
        "agronomy", "pre", "post".
    base_rate : float
        Of the training cases: the climatology to beat.

    Returns
    -------
    dict
        As a scheme of `report`, with the blocks of the bootstrap being single years; and the
        decision tables per stage.
    """
    trials = Trials.of(cases)
    judged = Answers(
        {
            "climatology": np.full(len(cases), base_rate),
            "rh14": rh14_published(trials),
            **{name: one.answer(cases).probability for name, one in estimators.items()},
        },
        trials.epidemic,
        trials.year,
        trials.year,
        trials.state,
    )
    return {
        **_scores(judged),
        "stages": {stage: _decision(judged, stage) for stage in STAGES},
        "by_year": {stage: _group_rows(judged, judged.year, stage) for stage in STAGES},
        "by_state": {stage: _group_rows(judged, judged.state, stage) for stage in STAGES},
    }
