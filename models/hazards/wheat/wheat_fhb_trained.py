"""Fusarium head blight of wheat (赤霉病), trained model, beside the RH14 rule of `wheat_fhb`.

    logit p = base + field + sum over windows of coefficient (x - mean) / spread

``p`` is the probability of an epidemic (field severity >= 10 %); ``field`` is the share of variety,
winter wheat and maize residue. Every number comes from the verified artefact of `nongqing risk
train` (models/trained/artefacts): terms, coefficients, and the range seen, beyond which a value is
held at its edge. Up to the flowering day F answers the estimator of windows before flowering, from
F + 10 on the one that also knows the windows after it; F is a day of both.

The columns of the case file are made from hourly air temperature T and relative humidity RH, over
all hours of whole local days (UTC+8):

    RH.A.PRE14.24H mean RH, days F-14..F       TRH8010         hours 15 <= T <= 30 and RH >= 80,
    RH7            mean RH, days F-7..F                        days F..F+10
    D.A.1          mean dew point, F-20..F     T.A.POST7.24H   mean T, days F..F+7

Before flowering only the first of them enters, with the slope of RH14 and only where the air is
drier or damper than in most cases: a bounded correction of what variety and residue say
(models/evaluations/scab).

A window "of n days" holds n + 1 in the case file: its hours reach 192 in "7 days", 263 in "10" and
360 in "14", and where hourly dew points were whole tenths, means of D.A.1 are tenths over 504
hours. One difference: dew point comes from T and RH (`models.weather.meteo.dew_point`, frost point
below zero), while the case file's RH comes from stations' T and dew point.

Up to an observed flowering, F is the running day. Where nobody saw it (as in `wheat_fhb`, an
estimated date can be a week off) the windows run on through the estimated BBCH 69, then stay, and
no update follows; if missing temperatures leave open whether flowering is over, every day that may
have ended it counts, and unless all give one class nothing can be said. Previous crop summer maize
is maize residue; an unknown previous crop or variety is taken as the worst, at a lower certainty.

Without a sound artefact there is a warning, every answer is "cannot say", and ``references`` (the
page's "source") tell the file and the mend.

References
----------
Shah et al. 2023, doi:10.1094/PHYTO-10-22-0380-R (cases); docs/skill.md (how it was chosen, scores).
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.crops.season import FLOWERING, SeasonDay
from models.hazards.wheat._fhb_trained import AFTER, DAYS, SPANS, Trained, read_trained, residue
from models.hazards.wheat.wheat_fhb import HAZARD as RULE
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.trained.artefact import ArtefactError, read_manifest
from models.trained.scab import expit
from models.trained.shipped import FOLDER, LIMITS, STAGES
from models.weather.dataset import Array

PARAMETERS = {
    "medium": Parameter(LIMITS["medium"], "1", "one field in three; chosen here", "provisional"),
    "high": Parameter(LIMITS["high"], "1", "one field in two; chosen here", "provisional"),
    "unknown_variety_certainty": RULE.parameters["unknown_variety_certainty"],
    "beyond_certainty": Parameter(0.7, "1", "chosen here", "provisional"),
    "unknown_residue_certainty": Parameter(0.8, "1", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
LEAST = "least "


def _step(trained: Trained, carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Run the windows on until flowering is over; each later one is set on its last day."""
    since = season.since_flowering
    unseen = np.isnan(since)
    over = np.where(unseen, season.bbch_low > FLOWERING[1], since > 0)
    unsure = unseen & ~over & (season.bbch_high > FLOWERING[1])
    rh14 = RULE.step(carried, {"humidity": window["humidity"][-RULE.days :]}, season)
    moved = {"rh14": np.where(unseen & over, carried["rh14"], rh14["rh14"])}
    for column in trained.effects:
        span, was = SPANS[column], carried[column]
        now = trained.signed(column, span.of(window[span.name]))
        if span.last > 0:
            moved[column] = np.where(since == span.last, now, was)
            continue
        least = carried[LEAST + column]
        moved[column] = np.where(over, was, np.where(unsure, np.maximum(was, now), now))
        moved[LEAST + column] = np.where(over, least, np.where(unsure, np.minimum(least, now), now))
    return moved


def _evaluate(trained: Trained, window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Probability, the model's own terms, and what RH14 says of the same field."""
    values = {c: trained.signed(c, carried[c]) for c in trained.effects}
    least = {c: trained.signed(c, carried.get(LEAST + c, carried[c])) for c in trained.effects}
    updated = season.since_flowering >= AFTER
    before, after = trained.shares(0, values, season), trained.shares(1, values, season)
    early = expit(sum(before.values()))
    p = np.where(updated, expit(sum(after.values())), early)
    one = classes(early) == classes(expit(sum(trained.shares(0, least, season).values())))
    known = updated | one
    early_beyond, late_beyond = (trained.beyond(stage, values, season) for stage in (0, 1))
    beyond = np.where(updated, late_beyond, early_beyond)
    other = RULE.evaluate({}, carried, season).score
    apart = np.abs(classes(p) - np.digitize(other, (RULE.medium, RULE.high))).astype(np.float64)
    drivers = {"chance": 100.0 * p}
    for column, value in values.items():
        late = SPANS[column].last > 0
        drivers[SPANS[column].name] = np.where(updated, value, np.nan) if late else value
    for name in {**before, **after}:
        early_share, late_share = (terms.get(name, np.zeros_like(p)) for terms in (before, after))
        drivers[f"{name}_share"] = np.where(updated, late_share, early_share)
    drivers["beyond_training"] = beyond.astype(np.float64)
    drivers |= {"classes_apart": apart, "models_agree": (apart == 0).astype(np.float64)}
    drivers = {name: np.where(known, driver, np.nan) for name, driver in drivers.items()}
    trust = np.where(season.resistance == 0, _P["unknown_variety_certainty"], 1.0)
    unknown = residue(season.previous_crop) == 0
    trust = np.where(unknown, _P["unknown_residue_certainty"] * trust, trust)
    trust = np.where(beyond, _P["beyond_certainty"] * trust, trust)
    return Evaluation(np.where(known, p, np.nan), {**drivers, "rh14_chance": 100.0 * other}, trust)


def classes(p: Array) -> NDArray[np.intp]:
    """Class (site,) by the model's own limits: 0, 1 medium, 2 high.

    Parameters
    ----------
    p
        Probability (site,).
    """
    return np.digitize(p, (_P["medium"], _P["high"]))


def _unusable(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """No answer anywhere: there is no sound artefact."""
    return Evaluation(np.full(len(season.bbch), np.nan), {})


def make(folder: Path = FOLDER) -> Hazard:
    """The hazard from an artefact; "cannot say" everywhere if that is not sound.

    Parameters
    ----------
    folder
        Where the artefact's files are; its estimators give probabilities.
    """
    hazard = Hazard(
        id="wheat_fhb_trained",
        eppo="GIBBZE",
        kind="disease",
        crops={"winter_wheat": (45, 75)},
        uses={span.name: Use(span.feature, "mixed") for span in SPANS.values()},
        days=DAYS,
        evaluate=_unusable,
        medium=_P["medium"],
        high=_P["high"],
        parameters=PARAMETERS,
        references=("doi:10.1094/PHYTO-10-22-0380-R",),
        certainty=RULE.certainty,
        actions=RULE.actions,
        when=RULE.when,
        act_days=RULE.act_days,
        probability=RULE.probability,
        shown="background",
    )
    try:
        trained, manifest = read_trained(folder), read_manifest(RULE.id, folder)
    except ArtefactError as error:
        warnings.warn(f"wheat_fhb_trained answers nothing: {error}", RuntimeWarning, stacklevel=2)
        shown = str(error).replace(str(folder), "models/trained/artefacts")
        return replace(hazard, version="none", references=(*hazard.references, shown))
    before = [column for column in trained.effects if SPANS[column].last == 0]
    effects = {SPANS[column].name: effect for column, effect in trained.effects.items()}
    uses = {n: Use(u.feature, effects.get(n, "shown")) for n, u in hazard.uses.items()}
    auc = manifest["report"]["schemes"]["year"]["models"]
    return replace(
        hazard,
        uses=uses,
        carry={
            "rh14": np.nan,
            **dict.fromkeys(trained.effects, 0.0),
            **{prefix + column: np.nan for prefix in ("", LEAST) for column in before},
        },
        step=partial(_step, trained),
        evaluate=partial(_evaluate, trained),
        validated="United States, cases of 1982-2015, years left out: AUC "
        f"{auc['pre']['auc']:.3f} before flowering, {auc['post']['auc']:.3f} after",
        version="-".join(manifest["files"][f"{RULE.id}_{stage}.skops"][:8] for stage in STAGES),
    )


HAZARD = make()
