"""TOML text to typed values: every mistake becomes a ConfigError, none stops the reading."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import tomli

from field_configs.names import unseen
from field_configs.schema import ConfigError

_PLACE = re.compile(r" \(at (line \d+, column \d+|end of document)\)$")
_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{1,30}")
_TYPE_NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
    date: "a date",
    datetime: "a date with time",
}


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """Find the valid word that was probably meant, or None where nothing is near.

    Parameters
    ----------
    word : str
        What was written.
    valid : iterable of str
        The words allowed there.
    """
    by_lower = {candidate.lower(): candidate for candidate in valid}
    near = difflib.get_close_matches(
        word.lower(), list(by_lower), n=1, cutoff=0.6 if len(word) > 3 else 0.5
    )
    return by_lower[near[0]] if near else None


def toml_files(folder: Path) -> list[Path]:
    """List the TOML files of a folder in name order; an absent folder has none."""
    return sorted(path for path in folder.glob("*.toml"))


def read_toml(path: Path, name: str, errors: list[ConfigError]) -> dict[str, Any] | None:
    """Read one TOML file; on a mistake add one ConfigError and give None.

    Parameters
    ----------
    path : Path
        The file. A UTF-8 byte order mark at its start is accepted.
    name : str
        How errors call the file.
    errors : list of ConfigError
        Where mistakes go.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = f"cannot be read ({error.strerror}): give a readable TOML file"
        errors.append(ConfigError(name, "file", reason))
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        reason = f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8"
        errors.append(ConfigError(name, f"line {line}", reason))
        return None
    try:
        table = tomli.loads(text)
        if table:
            return table
        errors.append(ConfigError(name, "file", "declares nothing: fill it or remove it"))
    except RecursionError:
        errors.append(ConfigError(name, "file", "is nested too deeply: flatten it"))
    except ValueError as error:  # TOMLDecodeError, and Python's limit on very long integers
        message = str(error)
        place = _PLACE.search(message)
        key = place.group(1) if place else "file"
        reason = _PLACE.sub("", message)
        errors.append(ConfigError(name, key, f"is no TOML: {reason}"))
    return None


def strays(folder: Path) -> list[Path]:
    """List what lies in a folder of TOML files and is never read; hidden files are left alone."""
    found = folder.iterdir() if folder.is_dir() else ()
    read = (".toml", "_villages.csv")  # the lists of regions
    return sorted(p for p in found if not p.name.endswith(read) and not p.name.startswith("."))


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), type(value).__name__)


class Section:
    """One TOML table being read.

    Each reader takes a key out and returns its value; where that is missing or wrong it notes
    an error, marks the section ``bad`` and returns a stand-in, so that all mistakes of a table
    are found in one go. A caller drops the record of a bad section. ``close`` notes the keys
    that nobody took.
    """

    __slots__ = ("_errors", "_table", "_taken", "bad", "file", "key")

    def __init__(self, table: dict[str, Any], file: str, key: str, errors: list[ConfigError]):
        self._table = table
        self._errors = errors
        self._taken: list[str] = []
        self.file = file
        self.key = key
        self.bad = False

    def path(self, key: str) -> str:
        """Give the dotted path of a key of this table."""
        return f"{self.key}.{key}" if self.key else key

    def has(self, key: str) -> bool:
        """Tell whether the table holds a key."""
        return key in self._table

    def fail(self, key: str, reason: str, hint: str | None = None) -> None:
        """Note an error at a key and mark the section bad."""
        self._errors.append(ConfigError(self.file, self.path(key), reason, hint))
        self.bad = True

    def _take(self, key: str, kinds: tuple[type, ...], wanted: str, optional: bool) -> Any:
        self._taken.append(key)
        if key not in self._table:
            if not optional:
                self.fail(key, f"is missing: give {wanted}")
            return None
        value = self._table[key]
        if type(value) not in kinds:
            self.fail(key, f"is {_type_name(value)}: give {wanted}")
            return None
        return value

    def text(self, key: str, wanted: str = "a text") -> str:
        """Take a non-empty text."""
        value = self._take(key, (str,), wanted, optional=False)
        if value is not None and not value.strip():
            self.fail(key, f"is empty: give {wanted}")
        elif value is not None and (found := unseen(value, lines=True)):
            self.fail(key, f"holds {found}, a character that nobody sees: type it anew")
        return value or ""

    def maybe_text(self, key: str, wanted: str = "a text") -> str | None:
        """Take a text that may be absent."""
        if key not in self._table:
            self._taken.append(key)
            return None
        return self.text(key, wanted)

    def slug(self, key: str = "id") -> str:
        """Take an id: lower-case letters, digits, hyphen and underscore, 2 to 31 of them."""
        value = self.text(key)
        if value and not _SLUG.fullmatch(value):
            wanted = "2 to 31 of a-z, 0-9, - and _, starting with a letter or digit"
            self.fail(key, f'"{value}" is no id: use {wanted}')
        return value

    def code(self, key: str, digits: int) -> str:
        """Take a division code: a text of exactly so many digits."""
        value = self.text(
            key, f'a text of {digits} digits, in quotes, like "{"410900000"[:digits]}"'
        )
        if value and not (value.isascii() and value.isdigit() and len(value) == digits):
            self.fail(key, f'"{value}" is no code: give {digits} digits')
        return value

    def choice(self, key: str, valid: Collection[str], what: str) -> str:
        """Take one of some words."""
        value = self.text(key, f"one of {', '.join(valid)}")
        if value and value not in valid:
            allowed = f"use one of {', '.join(valid)}"
            self.fail(key, f'unknown {what} "{value}": {allowed}', nearest(value, valid))
        return value

    def maybe_choice(self, key: str, valid: Collection[str], what: str) -> str | None:
        """Take one of some words, or nothing."""
        if key not in self._table:
            self._taken.append(key)
            return None
        return self.choice(key, valid, what)

    def one_of(self, key: str, valid: Sequence[Any]) -> Any:
        """Take one of some values, numbers or texts."""
        wanted = f"one of {', '.join(str(value) for value in valid)}"
        kinds = tuple({type(value) for value in valid})
        value = self._take(key, kinds, wanted, optional=False)
        if value is not None and value not in valid:
            self.fail(key, f"is {value}: give {wanted}")
        return value

    def matching(self, key: str, pattern: str) -> str:
        """Take a text that matches a regular expression as a whole."""
        value = self.text(key)
        if value and not re.fullmatch(pattern, value):
            self.fail(key, f'"{value}" is not of the form {pattern}: write it so')
        return value

    def know(self, keys: Iterable[str]) -> None:
        """Count keys that may be absent as known."""
        self._taken += [key for key in keys if key not in self._taken]

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Take true or false."""
        value = self._take(key, (bool,), "true or false", optional=default is not None)
        return bool(default if value is None else value)

    def number(self, key: str, low: float, high: float, unit: str) -> float:
        """Take a number within ``low`` and ``high``, both included."""
        wanted = f"a number from {low:g} to {high:g} {unit}".rstrip()
        value = self._take(key, (int, float), wanted, optional=False)
        if value is None:
            return 0.0
        if not math.isfinite(value) or not low <= value <= high:
            self.fail(key, f"{value} is out of range: give {wanted}")
            return 0.0
        return float(value)

    def maybe_number(self, key: str, low: float, high: float, unit: str) -> float | None:
        """Take a number that may be absent."""
        if key not in self._table:
            self._taken.append(key)
            return None
        return self.number(key, low, high, unit)

    def whole(self, key: str, low: int, high: int, unit: str = "") -> int:
        """Take a whole number within ``low`` and ``high``, both included."""
        wanted = f"a whole number from {low} to {high} {unit}".rstrip()
        value = self._take(key, (int,), wanted, optional=False)
        if value is None:
            return low
        if not low <= value <= high:
            self.fail(key, f"{value} is out of range: give {wanted}")
            return low
        return int(value)

    def maybe_whole(self, key: str, low: int, high: int, unit: str = "") -> int | None:
        """Take a whole number that may be absent."""
        if key not in self._table:
            self._taken.append(key)
            return None
        return self.whole(key, low, high, unit)

    def day(self, key: str) -> date:
        """Take a date without time, written without quotes: 2015-10-08."""
        wanted = "a date without time and quotes, like 2015-10-08"
        value = self._take(key, (date,), wanted, optional=False)
        if value is None:
            return date.min
        if not _EARLIEST_YEAR <= value.year <= _LATEST_YEAR:
            years = f"{_EARLIEST_YEAR} to {_LATEST_YEAR}"
            self.fail(key, f"{value} is out of range: give a day of the years {years}")
            return date.min
        return date(value.year, value.month, value.day)

    def maybe_day(self, key: str) -> date | None:
        """Take a date that may be absent."""
        if key not in self._table:
            self._taken.append(key)
            return None
        return self.day(key)

    def month_day(self, key: str) -> tuple[int, int]:
        """Take a day of any year, written as a text: "10-08"."""
        value = self.text(key, 'a month and day in quotes, like "10-08"')
        match = _MONTH_DAY.fullmatch(value)
        if match:
            month, day = int(match.group(1)), int(match.group(2))
            if 1 <= month <= 12 and 1 <= day <= 29 + (month != 2) + (month in _LONG_MONTHS):
                return month, day
        if value:
            self.fail(key, f'"{value}" is no day of the year: write it like "10-08"')
        return 1, 1

    def table(self, key: str, *, optional: bool = False) -> Section:
        """Take a sub-table."""
        value = self._take(key, (dict,), "a table", optional)
        return Section(value or {}, self.file, self.path(key), self._errors)

    def pairs(self) -> Iterator[tuple[str, Any]]:
        """Take every key that nobody took yet, with its bare value."""
        for key, value in self._table.items():
            if key not in self._taken:
                self._taken.append(key)
                yield key, value

    def pairs_of(self, keys: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """Take those of some keys that are there, with their bare values."""
        for key in keys:
            self._taken.append(key)
            if key in self._table:
                yield key, self._table[key]

    def tables(self, key: str, label: str | None = None) -> list[Section]:
        """Take a list of tables; ``label`` names the key whose text names each in errors."""
        value = self._take(key, (list,), f"one or more [[{self.path(key)}]] tables", optional=True)
        sections = []
        for index, entry in enumerate(value or []):
            name = entry.get(label) if label and isinstance(entry, dict) else None
            shown = name if isinstance(name, str | int) and name != "" else f"#{index + 1}"
            path = f"{self.path(key)}[{shown}]"
            if isinstance(entry, dict):
                sections.append(Section(entry, self.file, path, self._errors))
            else:
                reason = f"is {_type_name(entry)}: write [[{self.path(key)}]] tables"
                self._errors.append(ConfigError(self.file, path, reason))
                self.bad = True
        return sections

    def close(self) -> None:
        """Note the keys that nobody took: they are unknown here."""
        for key in self._table:
            if key not in self._taken:
                known = ", ".join(sorted(set(self._taken)))
                reason = f"unknown key: this table takes {known}" if known else "unknown key"
                self.fail(key, reason, nearest(key, self._taken))


_EARLIEST_YEAR, _LATEST_YEAR = 1950, 2150
_LONG_MONTHS = (1, 3, 5, 7, 8, 10, 12)


def meant(word: str, names: Mapping[str, Collection[str]]) -> str | None:
    """Find the id that was probably meant where people may have written one of its names.

    Parameters
    ----------
    word : str
        What was written.
    names : mapping of str to collection of str
        For each valid id, the other names people may use for it.
    """
    by_name = {identifier: identifier for identifier in names}
    for identifier, others in names.items():
        for other in others:
            by_name.setdefault(other, identifier)
    near = nearest(word, by_name)
    return by_name[near] if near else None
