"""Agronomic words in the reader's language, from `field_configs.words`, and names of records."""

from functools import lru_cache
from typing import Protocol

from flask import Flask

from field_configs.words import Words
from webapp.language.i18n import CHINESE, current_language


class Named(Protocol):
    """A record with a Chinese and an English name."""

    @property
    def zh(self) -> str: ...

    @property
    def en(self) -> str: ...


@lru_cache
def _words(code: str) -> Words:
    return Words.load(code)


def current_words() -> Words:
    """All agronomic words in the language of this request."""
    return _words(current_language().code)


def word(key: str, **params: object) -> str:
    """The agronomic word or sentence of a key, in the language of this request.

    Raises
    ------
    KeyError
        When field_configs/words has no such key; a test keeps both languages complete.
    """
    return _words(current_language().code).text(key, **params)


def has_word(key: str) -> bool:
    """Tell whether field_configs/words has this key in the language of this request."""
    return key in _words(current_language().code)


def name_of(record: Named) -> str:
    """The name of a village, field, crop or stage, in the language of this request."""
    return record.zh if current_language() == CHINESE else record.en


def pick(zh: str | None, en: str | None) -> str:
    """Choose between two names of the same thing; empty where there is none."""
    return (zh if current_language() == CHINESE else en) or ""


def install(app: Flask) -> None:
    """Give templates the agronomic words."""
    app.add_template_global(word, "word")
    app.add_template_global(has_word, "has_word")
