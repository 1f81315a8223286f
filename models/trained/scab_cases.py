"""Reading wheat scab cases: agronomy, weather windows and, for training, the severity.

A file as a whole is refused when it cannot be answered row by row (no header, missing columns,
two rows with one id). A broken line costs that line, a bad cell that cell: the row stays, and
what is wrong is named with its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from field_configs.events import event
from models.sheets import cells
from models.sheets.header import find_columns
from models.sheets.lines import Sheet
from models.sheets.refused import CellError, Refusals, Refused, file_name
from models.trained.scab_windows import WINDOWS

Array = NDArray[np.float64]

RESISTANCE = ("VS", "S", "MS", "MR")
WHEAT = ("winter", "spring")
RESIDUE = ("no", "yes")
UNKNOWN = "unknown"
EPIDEMIC_SEVERITY = 10.0
"""Field severity from which a case counts as an epidemic [%] (De Wolf et al. 2003)."""

_RESIDUE_WORDS = {"0": "no", "0.0": "no", "no": "no", "1": "yes", "1.0": "yes", "yes": "yes"}
#: Faults that cost no answer: a level is then the one with most risk.
_MILD = ("case_level", "case_no_level")


class CasesError(ValueError):
    """The file of cases cannot be used as a whole; the message names the file and the mend."""


@dataclass(frozen=True)
class Cases:
    """Cases as columns of equal length; a weather cell that cannot be used is nan.

    `faults` are cells that could not be taken as they stand, `lost` lines without an answer.
    """

    id: tuple[str, ...]
    line: tuple[int, ...]
    resistance: tuple[str, ...]
    wheat: tuple[str, ...]
    residue: tuple[str, ...]
    weather: dict[str, Array]
    year: NDArray[np.int64] | None
    state: tuple[str, ...] | None
    epidemic: Array | None
    faults: Refusals
    lost: Refusals

    def __len__(self) -> int:
        return len(self.id)


def read_cases(path: Path, windows: Sequence[str], *, labelled: bool = False) -> Cases:
    """Read the columns named, and no others, of a CSV file of cases.

    Parameters
    ----------
    path : Path
        CSV with header; the columns of the case file of Shah et al. 2023.
    windows : sequence of str
        Weather columns to read, keys of `models.trained.scab_windows.WINDOWS`, in their units.
    labelled : bool
        Also read `year`, `state` and the severity `S` [%] and turn it into an epidemic yes/no;
        then every cell must be good.

    Returns
    -------
    Cases

    Raises
    ------
    SheetError
        No such file, not text, empty, columns missing (all are named) or given twice.
    CasesError
        An id missing or used twice, and with `labelled` any bad line or cell.
    """
    faults = Refusals(file_name(path))
    lost = Refusals(file_name(path))
    rows = _rows(path, ("id", "type", "resist", "corn", *windows), lost, labelled)
    _ids(path, rows)
    words: dict[str, list[str]] = {"resistance": [], "wheat": [], "residue": []}
    weather: dict[str, list[float]] = {column: [] for column in windows}
    for line, row in rows:
        words["resistance"].append(
            _level(line, "resist", row, {r.lower(): r for r in RESISTANCE}, faults)
        )
        words["wheat"].append(_level(line, "type", row, {w: w for w in WHEAT}, faults))
        words["residue"].append(_level(line, "corn", row, _RESIDUE_WORDS, faults))
        for column in windows:
            weather[column].append(_number(line, column, row, faults))
    labels = _labels(rows, faults) if labelled else (None, None, None)
    hard = [*lost, *(fault for fault in faults if fault.event.kind not in _MILD)]
    if labelled and hard:
        raise CasesError(f"{path}: cannot train or score on these cells:\n" + _listed(hard))
    return Cases(
        id=tuple(cells.name(row["id"]) for _, row in rows),
        line=tuple(line for line, _ in rows),
        resistance=tuple(words["resistance"]),
        wheat=tuple(words["wheat"]),
        residue=tuple(words["residue"]),
        weather={column: np.asarray(values, float) for column, values in weather.items()},
        year=labels[0],
        state=labels[1],
        epidemic=labels[2],
        faults=faults,
        lost=lost,
    )


def _rows(
    path: Path, needed: Sequence[str], lost: Refusals, labelled: bool
) -> list[tuple[int, dict[str, str]]]:
    wanted = [*needed, *(("year", "state", "S") if labelled else ())]
    sheet = Sheet(path, fill=True)
    place = find_columns(sheet, wanted, wanted).place
    return [
        (record.number, {name: record.cells[i] for name, i in place.items()})
        for record in sheet.records(lost)
    ]


def _ids(path: Path, rows: list[tuple[int, dict[str, str]]]) -> None:
    first: dict[str, int] = {}
    wrong = Refusals(file_name(path))
    for line, row in rows:
        name = cells.name(row["id"])
        if not name:
            wrong.add(line, event("case_id_none"))
        elif name in first:
            wrong.add(line, event("case_id_twice", value=name, line=first[name]))
        first.setdefault(name, line)
    if len(wrong):
        raise CasesError(f"{path}: every case needs an id of its own:\n" + _listed(list(wrong)))


def _listed(faults: Sequence[Refused], most: int = 20) -> str:
    lines = [f"  {fault}" for fault in faults[:most]]
    return "\n".join(lines + [f"  and {len(faults) - most} more"] * (len(faults) > most))


def _level(
    line: int, column: str, row: Mapping[str, str], known: Mapping[str, str], faults: Refusals
) -> str:
    raw = cells.narrow(row[column])
    if raw.lower() in known:
        return known[raw.lower()]
    levels = ", ".join(sorted(set(known.values())))
    if raw.lower() in cells.NOTHING:
        faults.add(line, event("case_no_level", column=column, levels=levels))
    else:
        faults.add(line, event("case_level", column=column, value=raw, levels=levels))
    return UNKNOWN


def _number(line: int, column: str, row: Mapping[str, str], faults: Refusals) -> float:
    window = WINDOWS[column]
    wanted = {"column": column, "meaning": window.meaning, "unit": window.unit}
    try:
        value = cells.number(row[column], column)
    except CellError:
        faults.add(line, event("case_no_number", value=cells.narrow(row[column]), **wanted))
        return float("nan")
    if np.isnan(value) or value in cells.NOTHING_NUMBERS and not window.low <= value <= window.high:
        faults.add(line, event("case_no_value", **wanted))
        return float("nan")
    if window.low <= value <= window.high:
        return value
    low, high = window.low, window.high
    why = event("case_range", column=column, value=value, low=low, high=high, unit=window.unit)
    faults.add(line, why)
    return float("nan")


def _labels(
    rows: list[tuple[int, dict[str, str]]], faults: Refusals
) -> tuple[NDArray[np.int64], tuple[str, ...], Array]:
    years: list[float] = []
    severity: list[float] = []
    for line, row in rows:
        for column, found, low, high in (("year", years, 1900, 2200), ("S", severity, 0, 100)):
            value = _label(row[column], column)
            if not low <= value <= high:
                text = cells.narrow(row[column])
                faults.add(line, event("case_label", column=column, value=text, low=low, high=high))
                value = low
            found.append(value)
    epidemic = np.asarray(severity, np.float64) >= EPIDEMIC_SEVERITY
    return (
        np.asarray(years, np.int64),
        tuple(cells.name(row["state"]) for _, row in rows),
        epidemic.astype(np.float64),
    )


def _label(text: str, column: str) -> float:
    try:
        return cells.number(text, column)
    except CellError:
        return float("nan")
