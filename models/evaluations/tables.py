"""Markdown tables of results, and putting them into a document between markers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from models.skill.scores import Interval


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers keep the form they are given in.

    Parameters
    ----------
    header : sequence of str
    rows : iterable of sequences
    """
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def rounded(value: Any) -> Any:
    """The same numbers, in their own unit, to six decimals, through dicts and lists.

    Parameters
    ----------
    value : dict, list, number or word
    """
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return round(value, 6) if isinstance(value, float) else value


def interval_text(interval: Interval | dict[str, float], *, signed: bool = True) -> str:
    """An estimate and its bounds, in their own unit: `+0.150 (+0.100 to +0.210)`.

    Parameters
    ----------
    interval : Interval or dict of its fields, its values in any unit
    signed : bool
        Show the sign of positive numbers, as for differences.
    """
    given = interval if isinstance(interval, dict) else vars(interval)
    form = "+.3f" if signed else ".3f"
    estimate, low, high = (format(given[key], form) for key in ("estimate", "low", "high"))
    return f"{estimate} ({low} to {high})"


class DocumentError(ValueError):
    """The document has no place for this result."""


def place_between_markers(document: Path, name: str, text: str) -> None:
    """Replace the text between `<!-- begin NAME -->` and `<!-- end NAME -->`.

    Parameters
    ----------
    document : Path
    name : str
    text : str

    Raises
    ------
    DocumentError
        The document cannot be read or has no such markers.
    """
    try:
        whole = document.read_text(encoding="utf-8")
    except OSError as error:
        raise DocumentError(f"{document}: cannot be read ({error.strerror})") from error
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if whole.count(begin) != 1 or whole.count(end) != 1 or whole.index(end) < whole.index(begin):
        raise DocumentError(f"{document}: has no markers {begin} … {end}: add both, each once")
    before, rest = whole.split(begin)
    document.write_text(
        before + begin + "\n" + text.strip() + "\n" + end + rest.split(end)[1], encoding="utf-8"
    )
