"""The first line of a sheet: which cell is which column, in what unit and at what height.

A column has one name in this project and further ones, in Chinese and English, in
``field_configs/words/<language>/column.toml``; capitals, blanks and full-width letters do not
matter. What stands in brackets behind a name is kept for whoever reads the column: ``气温(℃)``,
``wind_speed (km/h) (10 m)``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from field_configs.events import Event, event
from field_configs.reading import nearest
from field_configs.words import LANGUAGES, Words
from models.sheets.lines import Sheet
from models.sheets.refused import SheetError

_BRACKETS = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]")


@dataclass(frozen=True)
class Header:
    """Where each column stands, what its brackets say, and the cells that name no column."""

    place: Mapping[str, int]
    notes: Mapping[str, tuple[str, ...]]
    unread: tuple[str, ...]


def column_names(columns: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return every name of columns, as `plain` writes them, their own first.

    Parameters
    ----------
    columns : iterable of str
        Names of columns in this project, keys of ``column.toml``.
    """
    texts = [Words.load(language) for language in LANGUAGES]
    return {
        name: (plain(name), *(plain(word) for each in texts for word in _listed(each, name)))
        for name in columns
    }


def _listed(words: Words, column: str) -> list[str]:
    keys = (f"column.name.{column}", f"column.also.{column}")
    return [each for key in keys if key in words for each in words.text(key).split(",")]


def plain(text: str) -> str:
    """Write a name without what does not distinguish it: capitals, blanks, full width.

    Parameters
    ----------
    text : str
        A name as it was written.
    """
    return re.sub(r"[\s_-]+", "_", unicodedata.normalize("NFKC", text).strip().casefold())


def find_columns(sheet: Sheet, columns: Sequence[str], needed: Sequence[str]) -> Header:
    """Find columns in a sheet's first line.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    columns : sequence of str
        Those that may be there, by their names in this project.
    needed : sequence of str
        Those that must be there.

    Raises
    ------
    SheetError
        When a column is missing or comes twice.
    """
    meant = {each: name for name, names in column_names(columns).items() for each in names}
    place: dict[str, int] = {}
    notes: dict[str, tuple[str, ...]] = {}
    unread: list[str] = []
    origin = f"{sheet.name}:{sheet.number}"
    for number, cell in enumerate(sheet.header):
        text = unicodedata.normalize("NFKC", cell)
        name = meant.get(plain(cell)) or meant.get(plain(_BRACKETS.sub("", text)))
        if name is None:
            if cell:
                unread.append(cell)
        elif name in place:
            raise SheetError(origin, event("column_twice", column=name))
        else:
            place[name] = number
            parts = (part for each in _BRACKETS.findall(text) for part in re.split(r"[,;、]", each))
            notes[name] = tuple(part.strip() for part in parts if part.strip())
    missing = [name for name in needed if name not in place]
    if missing:
        names = [each for each, name in meant.items() if name in missing]
        raise SheetError(origin, no_column(missing, unread, sheet.header, names))
    return Header(place, notes, tuple(unread))


def unknown_columns(header: Header, columns: Sequence[str]) -> list[Event]:
    """Say of each cell that names no column that it is left out, and which absent one is near.

    Parameters
    ----------
    header : Header
        As `find_columns` gives it.
    columns : sequence of str
        Names of columns that may be there.
    """
    absent = [column for column in columns if column not in header.place]
    names = [each for known in column_names(absent).values() for each in known]
    return [
        event("column_unknown", column=cell, near=nearest(plain(cell), names))
        for cell in header.unread
    ]


def no_column(
    missing: Sequence[str], unread: Sequence[str], header: Sequence[str], names: Sequence[str]
) -> Event:
    """Say which columns are missing, what the first line holds, and what was probably meant.

    Parameters
    ----------
    missing : sequence of str
        Names of columns.
    unread : sequence of str
        Cells that name no column.
    header : sequence of str
        All cells of the first line.
    names : sequence of str
        Names that the missing columns may have.
    """
    near = (nearest(plain(cell), names) for cell in unread[:20])
    found = ", ".join(header)
    return event(
        "column_missing",
        columns=", ".join(missing),
        found=found if len(found) <= 200 else found[:200] + "…",
        near=next((each for each in near if each), None),
    )
