"""Agronomic wording in each language: TOML texts under ``words/<language>/``, read once.

A text's key is its file's stem and the keys inside: ``high = "..."`` in ``status.toml`` is
``status.high``. A hazard's words are in ``hazards/<id>.toml`` and their keys start with
``hazard.<id>.``. Files in ``events/`` hold what happens (see ``field_configs.events``): a table for
each kind, ``event.<kind>``. The names of crops and of their stages are not written again: they
are the ``zh`` and ``en`` of ``crops/<id>.toml``, as ``crop.<id>`` and ``stage.<crop>.<bbch>``; what
is sold of a crop is ``produce.<id>``, what is stored ``product.<id>``.
Texts hold Python format fields (``{rh14:.0f}``). A ``[source]`` table is no text: it names,
key by key, where a number in a hazard's text was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

from field_configs.load import ROOT, load
from field_configs.reading import nearest, read_toml, toml_files
from field_configs.schema import ConfigError, ConfigErrors

LANGUAGES = ("zh_CN", "en")


class UnknownLanguage(KeyError):  # noqa: N818 - reads as what it is
    """A language without words; the message names those there are."""

    def __init__(self, language: str) -> None:
        self.message = f'no words in language "{language}": use one of {", ".join(LANGUAGES)}'
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class MissingWord(KeyError):  # noqa: N818 - reads as what it is
    """A text that is not there; the message names the file and the key it belongs into."""

    def __init__(self, file: str, key: str, near: str | None) -> None:
        hint = f' (did you mean "{near}"?)' if near else ""
        self.message = f"{file}: {key}: no such text{hint}"
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class MissingParameter(KeyError):  # noqa: N818 - reads as what it is
    """A text was asked for without a value it needs, or with one that does not fit."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        self.message = f"{file}: {key}: {problem}"
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Text:
    """One text and the file it was read from."""

    text: str
    file: str


@dataclass(frozen=True)
class Words:
    """All texts of one language by key."""

    language: str
    texts: Mapping[str, Text]

    @classmethod
    def load(cls, language: str, root: Path = ROOT) -> Words:
        """Read the words of a language; a second call with the same arguments reads nothing.

        Parameters
        ----------
        language : str
            ``zh_CN`` or ``en``.
        root : Path
            The field_configs folder.

        Raises
        ------
        UnknownLanguage
            When there is no such language.
        ConfigErrors
            With every error in the files that could not be read.
        """
        return _load(language, root)

    def text(self, key: str, **params: object) -> str:
        """Give a text with its values filled in.

        Parameters
        ----------
        key : str
            As in the module's description.
        **params
            Values of the text's fields; more than it needs do no harm.

        Raises
        ------
        MissingWord
            When there is no such key.
        MissingParameter
            When a field's value is missing or cannot be written in the field's format.
        """
        entry = self._entry(key)
        try:
            return entry.text.format(**params)
        except KeyError as error:
            raise MissingParameter(entry.file, key, f"needs a value for {error}") from None
        except (TypeError, ValueError) as error:
            raise MissingParameter(entry.file, key, f"a value does not fit: {error}") from None

    def raw(self, key: str) -> str:
        """Give a text as it stands, its fields not filled in.

        Raises
        ------
        MissingWord
            When there is no such key.
        """
        return self._entry(key).text

    def _entry(self, key: str) -> Text:
        entry = self.texts.get(key)
        if entry is None:
            raise MissingWord(file_of(self.language, key), key, near_key(key, self.texts))
        return entry

    def __contains__(self, key: str) -> bool:
        return key in self.texts


def file_of(language: str, key: str, root: Path = ROOT) -> str:
    """Name the file a key belongs into, from the configuration folder on."""
    head, _, rest = key.partition(".")
    stem = f"hazards/{rest.partition('.')[0]}" if head == "hazard" else head
    stem = "events/*" if head == "event" else stem
    return f"{root.name}/words/{language}/{stem}.toml"


def near_key(key: str, keys: Iterable[str]) -> str | None:
    """Find the key that was probably meant, among those that start with the same word."""
    head = key.partition(".")[0]
    return nearest(key, [other for other in keys if other.partition(".")[0] == head])


def fields_of(text: str) -> set[str]:
    """Give the names of a text's format fields.

    Raises
    ------
    ValueError
        When its braces do not match, or a field has no plain name.
    """
    names = set()
    for _, name, _, _ in Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier():
            raise ValueError(f'field "{{{name}}}" has no plain name')
        names.add(name)
    return names


@dataclass(frozen=True)
class WordFiles:
    """Texts and sources of one language as they stand in its files."""

    texts: dict[str, Text]
    sources: dict[str, Text]


def read_words(language: str, root: Path, errors: list[ConfigError]) -> WordFiles:
    """Read a language's files, adding what is wrong in them to ``errors``.

    Parameters
    ----------
    language : str
        Folder below ``words/``.
    root : Path
        The field_configs folder.
    errors : list of ConfigError
        Where mistakes go.
    """
    found = WordFiles({}, {})
    folder = root / "words" / language
    paths = [path for part in ("", "hazards", "events") for path in toml_files(folder / part)]
    for path in paths:
        name = path.relative_to(root.parent).as_posix()
        table = read_toml(path, name, errors)
        if table is None:
            continue
        prefix = _prefix(path)
        for key, value in _flat(table):
            in_source = key.startswith("source.") and prefix.startswith("hazard.")
            if not isinstance(value, str) or not value.strip():
                errors.append(ConfigError(name, key, "is no text: write it in quotes"))
            elif in_source:
                source_of = f"{prefix}.{key.removeprefix('source.')}"
                found.sources[source_of] = Text(value, name)
            else:
                found.texts[f"{prefix}.{key}"] = Text(value, name)
    return found


def _prefix(path: Path) -> str:
    if path.parent.name == "hazards":
        return f"hazard.{path.stem}"
    return "event" if path.parent.name == "events" else path.stem


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


@lru_cache
def _load(language: str, root: Path) -> Words:
    if language not in LANGUAGES:
        raise UnknownLanguage(language)
    errors: list[ConfigError] = []
    texts = read_words(language, root, errors).texts
    if errors:
        raise ConfigErrors(tuple(errors))
    known = load(root, site=None)
    for product in known.products.values():
        name = product.zh if language == "zh_CN" else product.en
        texts[f"product.{product.id}"] = Text(
            _literal(name), f"field_configs/products/{product.id}.toml"
        )
    for crop in known.crops.values():
        file = f"field_configs/crops/{crop.id}.toml"
        name = crop.zh if language == "zh_CN" else crop.en
        texts[f"crop.{crop.id}"] = Text(_literal(name), file)
        for stage in crop.stages:
            name = stage.zh if language == "zh_CN" else stage.en
            texts[f"stage.{crop.id}.{stage.bbch}"] = Text(_literal(name), file)
        for produce in crop.produce:
            name = produce.zh if language == "zh_CN" else produce.en
            texts[f"produce.{produce.id}"] = Text(_literal(name), file)
    return Words(language, texts)


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
