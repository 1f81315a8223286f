"""Training the scab estimator from the file of cases to artefacts, cards and manifest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from models.evaluations.scab.cards import card
from models.evaluations.scab.choosing import Before, choose_after, choose_before
from models.evaluations.scab.report import held_out, report
from models.evaluations.scab.selection import AGRONOMY_ONLY, Mask, Trials, fit_stage
from models.skill.scores import ScoreError
from models.trained.artefact import (
    encode_estimator,
    library_versions,
    load,
    read_manifest,
    save,
    sha256,
)
from models.trained.scab import FhbEstimator
from models.trained.scab_cases import Cases, CasesError, read_cases
from models.trained.scab_windows import WINDOWS
from models.trained.shipped import FOLDER, HAZARD, STAGES


def read_labelled(path: Path) -> Cases:
    """Read every window of the pools in its unit, with labels.

    Parameters
    ----------
    path : Path

    Raises
    ------
    CasesError
        As `read_cases`.
    """
    return read_cases(path, tuple(WINDOWS), labelled=True)


def fitted(
    trials: Trials, before: Before, result: dict[str, Any], seed: int
) -> dict[str, FhbEstimator]:
    """Estimators of probabilities as they ship, with agronomy alone as rival, on all cases.

    If weather after flowering did not beat agronomy alone on left-out years with an interval clear
    of zero, agronomy alone ships there.

    Parameters
    ----------
    trials : Trials
    before : Before
    result : dict
        Of `models.evaluations.scab.report.report`.
    seed : int
    """
    earned = result["weather_beats_agronomy"]["post"]
    ships = {
        "pre": before.terms,
        "post": choose_after(trials, everything(trials)) if earned else AGRONOMY_ONLY,
        "agronomy": AGRONOMY_ONLY,
    }
    return {
        stage: fit_stage(
            trials,
            stage,
            terms,
            slope=result["slopes"].get(stage, 1.0),
            spread=result["year_spread"].get(stage, 0.0),
            seed=seed,
        )
        for stage, terms in ships.items()
    }


def everything(trials: Trials) -> Mask:
    """All cases: a mask of True, shape (n,).

    Parameters
    ----------
    trials : Trials
    """
    return np.ones(len(trials.cases), bool)


def train(path: Path, folder: Path, seed: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Judge, fit and write artefacts, cards and manifest; the same input gives the same bytes.

    Parameters
    ----------
    path : Path
        The file of cases.
    folder : Path
        Where the artefacts go.
    seed : int
        Of the redrawn years behind the bounds.
    progress : callable
        Called with what is being done.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    CasesError
        As `read_cases`; or there are too few years or cases to judge by.
    """
    cases = read_labelled(path)
    trials = Trials.of(cases)
    before, result = _judged(path, trials, progress)
    estimators = fitted(trials, before, result, seed)
    files = {f"{HAZARD}_{stage}.skops": encode_estimator(e) for stage, e in estimators.items()}
    manifest: dict[str, Any] = {
        "hazard": HAZARD,
        "artefacts": {stage: sha256(files[f"{HAZARD}_{stage}.skops"]) for stage in estimators},
        "data": {
            "name": path.name,
            "sha256": sha256(path.read_bytes()),
            "cases": len(cases),
            "epidemics": int(trials.epidemic.sum()),
            "years": [int(trials.year.min()), int(trials.year.max())],
            "states": len(set(trials.state)),
        },
        "windows": {stage: list(e.terms.windows) for stage, e in estimators.items()},
        "libraries": library_versions(),
        "report": result,
    }
    for stage in STAGES:
        files[f"{HAZARD}_{stage}.md"] = card(estimators[stage], manifest).encode()
    save(HAZARD, files, manifest, folder)
    return manifest


def evaluate(path: Path, progress: Callable[[str], None]) -> dict[str, Any]:
    """Judge the procedure on the file of cases, without writing anything.

    Parameters
    ----------
    path : Path
    progress : callable
        Called with what is being done.

    Returns
    -------
    dict
        Of `models.evaluations.scab.report.report`; scores have no unit.

    Raises
    ------
    CasesError
        As `read_cases`.
    """
    return _judged(path, Trials.of(read_labelled(path)), progress)[1]


def _judged(
    path: Path, trials: Trials, progress: Callable[[str], None]
) -> tuple[Before, dict[str, Any]]:
    before = choose_before(trials, everything(trials))
    try:
        return before, report(trials, before, progress)
    except ValueError as error:
        raise CasesError(
            f"{path}: holds too few years or cases to be judged by years left out ({error}): "
            "give a longer collection"
        ) from error


def evaluate_held_out(path: Path, folder: Path = FOLDER) -> dict[str, Any]:
    """Score the shipped artefacts on labelled cases that they never saw.

    Parameters
    ----------
    path : Path
    folder : Path

    Returns
    -------
    dict
        Of `models.evaluations.scab.report.held_out`; scores have no unit.

    Raises
    ------
    CasesError
        As `read_cases`, or fewer than two years are there.
    ArtefactError
        As `models.trained.artefact.load`.
    """
    data = read_manifest(HAZARD, folder)["data"]
    estimators = {stage: load(HAZARD, stage, folder) for stage in ("agronomy", *STAGES)}
    cases = read_labelled(path)
    try:
        return held_out(cases, estimators, data["epidemics"] / data["cases"])
    except ScoreError as error:
        raise CasesError(f"{path}: cannot be scored: {error}") from error
