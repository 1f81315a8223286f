"""Reading wheat scab cases: agronomy, weather windows and, for training, the severity.

A file as a whole is refused when it cannot be answered row by row (no header, missing columns,
two rows with one id). A single bad cell is not: the row stays, and the fault says where it is.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.trained.scab_windows import WINDOWS

Array = NDArray[np.float64]

RESISTANCE = ("VS", "S", "MS", "MR")
WHEAT = ("winter", "spring")
RESIDUE = ("no", "yes")
UNKNOWN = "unknown"
EPIDEMIC_SEVERITY = 10.0
"""Field severity from which a case counts as an epidemic [%] (De Wolf et al. 2003)."""

_RESIDUE_WORDS = {"0": "no", "0.0": "no", "no": "no", "1": "yes", "1.0": "yes", "yes": "yes"}
_BLANK = frozenset({"", "na", "nan", "null", "none", "unknown"})


class CasesError(ValueError):
    """The file of cases cannot be used as a whole; the message names the file and the mend."""


@dataclass(frozen=True)
class CellFault:
    """One cell that could not be taken as it stands."""

    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        shown = f" {self.value!r}" if self.value else ""
        return f"line {self.line}: column {self.column}:{shown} {self.reason}"


@dataclass(frozen=True)
class Cases:
    """Cases as columns of equal length; a weather cell that cannot be used is nan."""

    id: tuple[str, ...]
    line: tuple[int, ...]
    resistance: tuple[str, ...]
    wheat: tuple[str, ...]
    residue: tuple[str, ...]
    weather: dict[str, Array]
    year: NDArray[np.int64] | None
    state: tuple[str, ...] | None
    epidemic: Array | None
    faults: tuple[CellFault, ...]

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
    CasesError
        No such file, not text, empty, columns missing (all are named), an id missing or used
        twice, and with `labelled` any bad cell.
    """
    rows = _rows(path, ("id", "type", "resist", "corn", *windows), labelled)
    faults: list[CellFault] = []
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
    hard = [fault for fault in faults if "taken as" not in fault.reason]
    if labelled and hard:
        raise CasesError(f"{path}: cannot train or score on these cells:\n" + _listed(hard))
    return Cases(
        id=tuple(row["id"].strip() for _, row in rows),
        line=tuple(line for line, _ in rows),
        resistance=tuple(words["resistance"]),
        wheat=tuple(words["wheat"]),
        residue=tuple(words["residue"]),
        weather={column: np.asarray(cells, float) for column, cells in weather.items()},
        year=labels[0],
        state=labels[1],
        epidemic=labels[2],
        faults=tuple(faults),
    )


def _rows(path: Path, needed: Sequence[str], labelled: bool) -> list[tuple[int, dict[str, str]]]:
    wanted = [*needed, *(("year", "state", "S") if labelled else ())]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            lines = [(reader.line_num, cells) for cells in reader if any(c.strip() for c in cells)]
    except OSError as error:
        raise CasesError(f"{path}: cannot be read ({error.strerror}): give a CSV file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CasesError(f"{path}: is not CSV text in UTF-8 ({error}): save it as such") from error
    if not header:
        raise CasesError(f"{path}: is empty: a header line and one line per case are needed")
    twice = sorted({name for name in wanted if header.count(name) > 1})
    if twice:
        raise CasesError(f"{path}: columns given twice: {', '.join(twice)}: keep one of each")
    missing = [name for name in wanted if name not in header]
    if missing:
        raise CasesError(f"{path}: columns missing: {', '.join(missing)}: add them to the header")
    if not lines:
        raise CasesError(f"{path}: holds a header but no cases: add one line per case")
    ragged = [line for line, cells in lines if len(cells) > len(header)]
    if ragged:
        raise CasesError(
            f"{path}: line {ragged[0]}: more cells than the header has columns "
            f"({len(ragged)} such lines): quote cells that hold a comma"
        )
    place = {name: header.index(name) for name in wanted}
    return [
        (line, {name: cells[i] if i < len(cells) else "" for name, i in place.items()})
        for line, cells in lines
    ]


def _ids(path: Path, rows: list[tuple[int, dict[str, str]]]) -> None:
    first: dict[str, int] = {}
    wrong = []
    for line, row in rows:
        name = row["id"].strip()
        if not name:
            wrong.append(f"  line {line}: column id: is empty")
        elif name in first:
            wrong.append(f"  line {line}: column id: {name!r} is already on line {first[name]}")
        first.setdefault(name, line)
    if wrong:
        raise CasesError(
            f"{path}: every case needs an id of its own:\n" + "\n".join(_shortened(wrong))
        )


def _shortened(lines: list[str], most: int = 20) -> list[str]:
    return lines if len(lines) <= most else [*lines[:most], f"  and {len(lines) - most} more"]


def _listed(faults: Sequence[CellFault]) -> str:
    return "\n".join(_shortened([f"  {fault}" for fault in faults]))


def _level(
    line: int, column: str, row: dict[str, str], known: dict[str, str], faults: list[CellFault]
) -> str:
    raw = row[column].strip()
    if raw.lower() in known:
        return known[raw.lower()]
    words = ", ".join(sorted(set(known.values())))
    reason = "is not given" if raw.lower() in _BLANK else f"is not one of {words}"
    faults.append(CellFault(line, column, raw, f"{reason}; taken as the level with most risk"))
    return UNKNOWN


def _number(line: int, column: str, row: dict[str, str], faults: list[CellFault]) -> float:
    raw = row[column].strip()
    window = WINDOWS[column]
    try:
        value = float("nan") if raw.lower() in _BLANK else float(raw)
        reason = "is missing"
    except ValueError:
        value, reason = float("nan"), "is not a number"
    if np.isnan(value):
        wanted = f"give {window.meaning} [{window.unit}]"
        faults.append(CellFault(line, column, raw, f"{reason}; {wanted}"))
        return value
    if window.low <= value <= window.high:
        return value
    faults.append(
        CellFault(
            line,
            column,
            raw,
            f"lies outside {window.low:g}..{window.high:g} {window.unit}; check value and unit",
        )
    )
    return float("nan")


def _labels(
    rows: list[tuple[int, dict[str, str]]], faults: list[CellFault]
) -> tuple[NDArray[np.int64], tuple[str, ...], Array]:
    years: list[float] = []
    severity: list[float] = []
    for line, row in rows:
        for column, cells, low, high in (("year", years, 1900, 2200), ("S", severity, 0, 100)):
            try:
                value = float(row[column])
            except ValueError:
                value = float("nan")
            if not low <= value <= high:
                faults.append(
                    CellFault(line, column, row[column], f"is not a number in {low}..{high}")
                )
                value = low
            cells.append(value)
    epidemic = np.asarray(severity, np.float64) >= EPIDEMIC_SEVERITY
    return (
        np.asarray(years, np.int64),
        tuple(row["state"].strip() for _, row in rows),
        epidemic.astype(np.float64),
    )
