"""Model cards: what a trained artefact is for, on what it rests, and where it ends.

References
----------
Mitchell, M. et al. (2019). Model cards for model reporting, doi:10.1145/3287560.3287596.
"""

from __future__ import annotations

from typing import Any

from models.evaluations.scab.tables import scores_markdown, stage_markdown
from models.evaluations.tables import markdown_table
from models.trained.scab import AGRONOMY, FhbEstimator
from models.trained.scab_windows import WINDOWS
from models.trained.shipped import LIMITS

LICENCE = (
    "\n\nThe cases are a Dryad deposit, doi:10.5061/dryad.fn2z34trv (Shah, De Wolf, Paul & Madden "
    "2023, doi:10.1094/PHYTO-10-22-0380-R). Dryad publishes data under CC0. The mirror from which "
    "the file was taken (DenisAShah/RFVariableSelectionwithFHB at 34c8a597) showed no licence "
    "itself, and the licence on the deposit's own page was not read here."
)
_WHEN = {
    "pre": "before or at flowering, from the weather up to flowering",
    "post": "from about ten days after the beginning of flowering, as an update",
}


_USE = """\
Probability that field severity of Fusarium head blight (EPPO GIBBZE) reaches 10 %, for one
wheat field, {when};
to decide about scouting and about advice by a plant protection officer. Not for grain toxin, seed
or insurance, and not as a public alert by itself: **it was never compared with fields in
Puyang**."""

_WHAT = {
    "pre": """\
Ridge logistic regression on agronomy ({agronomy}; penalty 1), with weather as a bounded correction:
{windows}. The slope is that of the published RH14 model and is not fitted; it counts outside
{outside}, in the driest and the dampest few of the cases, and inputs beyond the range of training
are held at its edge. Every logit is drawn towards the base rate by the factor {slope}.""",
    "post": """\
Ridge logistic regression. Inputs beyond the range of training are held at its edge. Agronomy:
{agronomy}. Weather: {windows}. Ridge penalty of
the weather terms {penalty:g}, of agronomy 1. Every logit is drawn towards the base rate by the
factor {slope}, the calibration slope over left-out states.""",
}

_STORY = """\
Before this one a model shipped whose weather before flowering was fitted (mean humidity of 7 days,
mean dew point of 20 days). On every year it could be chosen with, left out in blocks, it seemed to
reach AUC .79 and Brier skill +.22. **On the 263 cases of four years kept back from this project it
failed**: AUC .614 and skill −.05 before flowering, where agronomy alone had .664 and +.08 and RH14
as published .650 and +.05; after flowering .711 and +.065. What went wrong: some twenty years are
the real sample, the windows were chosen on all of them, and the mean over years hides that in some
of them humidity says nothing, or the reverse. So before flowering nothing of the weather is fitted
any more, and what remains of it was chosen by the lower tail over sets of four years: in nine of
ten sets it may cost no more than .006 of AUC and of skill against agronomy alone. After flowering
the model is the one that was judged there; only its bounds are wider. The numbers of those four
years are those of the former models; the one before flowering has not been judged there by us."""

_ANSWERS = """\
An unknown resistance class, wheat type or residue is tried at every level: the answer is the
highest probability, and its bounds span them all. A missing or unbelievable weather value gives
no probability and the status `cannot_say`. Bounds hold what redrawn years do to the fit and what
the year itself does: its effect on the logit has a standard deviation of {spread:.2f} (a random
effect, estimated on years left out). Status: `high` from {high:.2f}, `medium` from {medium:.2f},
else `no_risk`: one field in three, and one in two; provisional."""

_DATA = """\
{cases} cases with {epidemics} epidemics, {first}–{last}, {states} states of the United States; file
SHA-256 `{sha256}`.{licence}"""

_JUDGED = """\
Terms were chosen by leaving out years *inside* the training cases only; the years, states or later
years that are scored took no part in the choice. The pool of windows after flowering was written
down after a first look at single windows on the same cases, its calibration slope comes from the
left-out states, and the rules of choice were settled with such scores in view: they stay a
little too kind. Intervals redraw whole blocks of years.
Random folds are never used. RH14 as published was fitted by its authors to all these cases: as a
rival it is favoured."""


def card(estimator: FhbEstimator, manifest: dict[str, Any]) -> str:
    """The model card of one stage, in Markdown; scores have no unit.

    Parameters
    ----------
    estimator : FhbEstimator
    manifest : dict
        With "report", "data", "libraries", and "artefacts" (SHA-256 by stage).
    """
    stage, report, data = estimator.stage, manifest["report"], manifest["data"]
    parts = (
        f"# Wheat Fusarium head blight (赤霉病), stage {stage}",
        f"Artefact `wheat_fhb_{stage}.skops`, SHA-256 `{manifest['artefacts'][stage]}`",
        "## Intended use",
        _USE.format(when=_WHEN[stage]),
        "## What it is",
        _WHAT[stage].format(
            agronomy=", ".join(AGRONOMY),
            windows="; ".join(f"`{w}`" for w in estimator.terms.windows) or "none",
            penalty=estimator.terms.penalty,
            outside=" and ".join(f"{a:g} to {b:g}" for a, b, _ in estimator.terms.given)
            or "nothing",
            slope=report["slopes"][stage],
        ),
        _terms(estimator),
        _ANSWERS.format(spread=report["year_spread"][stage], **LIMITS),
        "## Data",
        _DATA.format(
            **{k: data[k] for k in ("cases", "epidemics", "states", "sha256")},
            first=data["years"][0],
            last=data["years"][1],
            licence=LICENCE,
        ),
        "## What became of the model before it",
        _STORY,
        "## How it was judged",
        _JUDGED,
        scores_markdown(report),
        "## Verdict",
        _verdict(report, stage),
        stage_markdown(report, stage),
        "## Limits",
        _limits(report, stage),
        "## Made with",
        ", ".join(f"{name} {number}" for name, number in manifest["libraries"].items())
        + f"; seed {report['seed']}; `nongqing risk train --data FILE`.",
    )
    return "\n\n".join(parts) + "\n"


def _terms(estimator: FhbEstimator) -> str:
    model = estimator.model
    names = [*AGRONOMY, *(f"`{w}`" for w in estimator.terms.windows)]
    units = ["class"] + ["1"] * (len(AGRONOMY) - 1)
    units += [WINDOWS[w].unit for w in estimator.terms.windows]
    meanings = [""] * len(AGRONOMY) + [WINDOWS[w].meaning for w in estimator.terms.windows]
    per_unit = model.coefficient_[1:] / model.spread_
    rows = [
        (name, meaning, unit, f"{low:.4g} to {high:.4g}", f"{slope:+.4f}")
        for name, meaning, unit, low, high, slope in zip(
            names, meanings, units, model.low_, model.high_, per_unit, strict=True
        )
    ]
    rows.append(
        ("intercept", "", "", "", f"{model.coefficient_[0] - float(per_unit @ model.mean_):+.4f}")
    )
    return markdown_table(("term", "meaning", "unit", "range seen", "logit per unit"), rows)


def _gain(report: dict[str, Any], scheme: str, one: str, other: str) -> dict[str, float]:
    differences = report["schemes"][scheme]["differences"]
    found: dict[str, float] = next(
        d["skill"] for d in differences if (d["one"], d["other"]) == (one, other)
    )
    return found


def _verdict(report: dict[str, Any], stage: str) -> str:
    by_year = report["schemes"]["year"]["models"][stage]
    goal = report["kept_back"]["models"][stage]["goal"]
    beats = report["weather_beats_agronomy"][stage]
    parts = [
        f"On blocks of years left out: AUC {by_year['auc']:.3f}, Brier skill "
        f"{by_year['skill']:+.3f}. Of random sets of four years kept back, {100 * goal:.0f} % "
        "reach AUC .70 and skill .10 together.",
        "Weather beats agronomy alone with an interval clear of zero when years are left out."
        if beats
        else "Weather does **not** beat agronomy alone with an interval clear of zero when years "
        "are left out"
        + (
            ": what ships is agronomy with a correction that costs next to nothing where it fails."
            if stage == "pre"
            else ": the simpler model, agronomy alone, ships."
        ),
    ]
    if beats and _gain(report, "later", stage, "agronomy")["low"] <= 0.0:
        parts.append(
            "Forward in time, from fewer and older cases, its lead over agronomy alone is **not** "
            "clear of zero."
        )
    if stage == "post":
        parts.append(
            "What the weather after flowering adds to the answer before it is clear of zero on "
            "left-out years."
            if report["after_beats_before"]
            else "What the weather after flowering adds to the answer before it is **not** clear "
            "of zero: an update of the same answer, not a better model."
        )
    return " ".join(parts)


def _limits(report: dict[str, Any], stage: str) -> str:
    worst = report["kept_back"]["models"][stage]["worst"]
    return (
        f"- The worst AUC of those sets of four years was {worst[0]:.2f}, the worst skill "
        f"{worst[1]:+.2f}: in some years humidity before flowering says little.\n"
        "- Fits of the weather before flowering fell to AUC .56–.65 on years kept back from this "
        "project, below agronomy alone (.66). Those years were not seen here; `nongqing risk "
        "evaluate --held-out` scores this artefact on any labelled file.\n"
        "- Fields, varieties and fungus populations are North American; resistance classes are "
        "the American four; irrigation, fungicides and rain are not among the inputs.\n"
        "- The label is severity from 10 %, not yield loss and not toxin.\n"
        "- Bounds speak of years only, not of errors in weather or in the label."
    )
