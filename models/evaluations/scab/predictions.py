"""Answers of the scab estimator for a file of cases, row by row, and writing them."""

from __future__ import annotations

import csv
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, STATUS
from models.trained.scab import FhbEstimator
from models.trained.scab_cases import Cases
from models.trained.shipped import LIMITS


class OutputError(OSError):
    """The answers cannot be written there."""


@dataclass(frozen=True)
class Prediction:
    """One answer: probability of an epidemic with bounds, and the status word."""

    id: str
    probability: float | None
    low: float | None
    high: float | None
    status: str


def status_of(probability: float) -> int:
    """Status code of a probability; nan is CANNOT_SAY.

    Parameters
    ----------
    probability : float
        Its class limits are `models.trained.shipped.LIMITS`.
    """
    if math.isnan(probability):
        return CANNOT_SAY
    if probability >= LIMITS["high"]:
        return HIGH
    return MEDIUM if probability >= LIMITS["medium"] else NO_RISK


def predict(estimator: FhbEstimator, cases: Cases) -> list[Prediction]:
    """Answer every case with a probability, in the order given.

    Parameters
    ----------
    estimator : FhbEstimator
    cases : Cases
        With the weather columns of the estimator's terms.
    """
    answer = estimator.answer(cases)

    def number(value: float) -> float | None:
        return None if math.isnan(value) else float(value)

    return [
        Prediction(name, number(p), number(low), number(high), STATUS[status_of(float(p))])
        for name, p, low, high in zip(
            cases.id, answer.probability, answer.low, answer.high, strict=True
        )
    ]


def check_writable(path: Path, given: Path | None = None) -> None:
    """Fail before the work if the answers could not be written.

    Parameters
    ----------
    path : Path
        Where they are to be written.
    given : Path, optional
        The file they are answers to.

    Raises
    ------
    OutputError
        The folder does not exist or cannot be written, the path is no file, or it is the very
        file that is read.
    """
    if given is not None and path.exists() and given.exists() and path.samefile(given):
        raise OutputError(f"{path}: holds the cases themselves: name another file to write")
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: is not a file: name a file to write")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: folder {path.parent} does not exist: make it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise OutputError(f"{path}: cannot be written: choose another place or its permissions")


def write_predictions(path: Path, predictions: Sequence[Prediction], *, bounds: bool) -> None:
    """Write id, probability, status (and bounds) as CSV; the file appears whole or not at all.

    Parameters
    ----------
    path : Path
    predictions : sequence of Prediction
    bounds : bool
        Also write `low` and `high`.

    Raises
    ------
    OutputError
        As `check_writable`, or the disk refuses.
    """
    check_writable(path)
    header = ["id", "probability", "status", *(("low", "high") if bounds else ())]
    draft: str | None = None
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            for p in predictions:
                cells = [p.id, _shown(p.probability), p.status]
                writer.writerow(cells + ([_shown(p.low), _shown(p.high)] if bounds else []))
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except OSError as error:
        if draft is not None:
            Path(draft).unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
