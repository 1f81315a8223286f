"""Checks on wording: nothing missing in a language, nothing that cannot be filled in or sourced."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from field_configs.load import ROOT
from field_configs.schema import RESISTANCE_CLASSES, ConfigError
from field_configs.words import LANGUAGES, Text, WordFiles, fields_of, file_of, near_key, read_words
from firmware.wire.quantities import MISSING, QUANTITIES

STATUSES = ("out_of_season", "cannot_say", "no_risk", "medium", "high")
QC_FLAGS = (
    "checked",
    "not_a_number",
    "interval",
    "logical",
    "step",
    "freeze",
    "missing",
    "unlike_neighbours",
    "at_odds",
    "drift",
    "struck",
)
HAZARD_KEYS = ("name", "what", *(f"reason.{status}" for status in STATUSES))
_FIELD = re.compile(r"\{[^{}]*\}")


def required_keys() -> list[str]:
    """List the keys that must be in every language, whatever hazards there are."""
    return [
        *(f"status.{status}" for status in STATUSES),
        *(f"quantity.{quantity.name}" for quantity in QUANTITIES),
        *(f"unit.{quantity.name}" for quantity in QUANTITIES),
        *(f"missing.{reason}" for reason in MISSING.values()),
        *(f"qc.{flag}" for flag in QC_FLAGS),
        *(f"resistance.{name}" for name in RESISTANCE_CLASSES),
        "resistance.unknown",
    ]


def check_words(root: Path = ROOT) -> list[ConfigError]:
    """Find everything wrong with the words.

    Each language must hold the same keys with the same fields; every quantity, status, reason
    for a missing value, quality flag and resistance class needs its words; a hazard needs a
    name, what it is, a reason for each status and at least one action; a number in a hazard's
    text needs a source.

    Parameters
    ----------
    root : Path
        The field_configs folder.
    """
    errors: list[ConfigError] = []
    found = {language: read_words(language, root, errors) for language in LANGUAGES}
    if not any(files.texts or files.sources for files in found.values()):
        if not errors:
            reason = f"holds no words: give {', '.join(LANGUAGES)} with their TOML files"
            errors.append(ConfigError(f"{root.name}/words", "folder", reason))
        return errors
    for language in LANGUAGES:
        others = [found[other].texts for other in LANGUAGES if other != language]
        wanted = {*required_keys(), *(key for texts in others for key in texts)}
        for hazard in _hazards(found):
            wanted.update(f"hazard.{hazard}.{key}" for key in HAZARD_KEYS)
        errors += _missing(language, wanted, found[language].texts, root)
        errors += _actions(language, _hazards(found), found[language].texts, root)
        errors += _sources(found, language)
        errors += _braces(found[language].texts)
    errors += _fields(found)
    return errors


def missing_words(keys: Collection[str], root: Path = ROOT) -> list[ConfigError]:
    """Name those of ``keys`` that a language has no text for.

    For whoever knows more keys than this package, as the hazard catalogue does.

    Parameters
    ----------
    keys : collection of str
        Full keys, like ``hazard.wheat_fhb.action.scout_heads``.
    root : Path
        The field_configs folder.
    """
    errors: list[ConfigError] = []
    for language in LANGUAGES:
        errors += _missing(language, keys, read_words(language, root, []).texts, root)
    return errors


def _hazards(found: Mapping[str, WordFiles]) -> list[str]:
    keys = {key for files in found.values() for key in files.texts if key.startswith("hazard.")}
    return sorted({key.split(".")[1] for key in keys})


def _missing(
    language: str, wanted: Collection[str], texts: Mapping[str, Text], root: Path
) -> list[ConfigError]:
    return [
        ConfigError(file_of(language, key, root), key, "has no text: add it", near_key(key, texts))
        for key in sorted(set(wanted) - set(texts))
    ]


def _actions(
    language: str, hazards: list[str], texts: Mapping[str, Text], root: Path
) -> list[ConfigError]:
    errors = []
    for hazard in hazards:
        prefix = f"hazard.{hazard}.action."
        if not any(key.startswith(prefix) for key in texts):
            reason = "has no action: add what a farmer can do, cultural measure first"
            errors.append(ConfigError(file_of(language, prefix, root), f"{prefix}*", reason))
    return errors


def _braces(texts: Mapping[str, Text]) -> list[ConfigError]:
    errors = []
    for key, entry in texts.items():
        try:
            fields_of(entry.text)
        except ValueError as error:
            errors.append(ConfigError(entry.file, key, f"cannot be filled in: {error}"))
    return errors


def _fields(found: Mapping[str, WordFiles]) -> list[ConfigError]:
    errors = []
    first, *others = LANGUAGES
    for key, entry in found[first].texts.items():
        for language in others:
            other = found[language].texts.get(key)
            if other is None:
                continue
            try:
                here, there = fields_of(entry.text), fields_of(other.text)
            except ValueError:
                continue
            if here != there:
                reason = f"has fields {_list(there)}, but {entry.file} has {_list(here)}: mend one"
                errors.append(ConfigError(other.file, key, reason))
    return errors


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _sources(found: Mapping[str, WordFiles], language: str) -> list[ConfigError]:
    texts = found[language].texts
    sources = {key for files in found.values() for key in files.sources}
    errors = []
    for key, entry in texts.items():
        numbers = any(char.isdigit() for char in _FIELD.sub("", entry.text))
        if key.startswith("hazard.") and numbers and key not in sources:
            reason = "holds a number without a source: name it under [source] or write no number"
            errors.append(ConfigError(entry.file, key, reason))
    for key, entry in found[language].sources.items():
        if key not in texts:
            near = near_key(key, texts)
            errors.append(ConfigError(entry.file, f"source: {key}", "is no text's key", near))
    return errors
