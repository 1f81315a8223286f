"""The four colours of warnings, named, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from models.advice.colours import COLOURS
from webapp.language.i18n import gettext, lazy_gettext

NAMES = {
    "blue": lazy_gettext("blue"),
    "yellow": lazy_gettext("yellow"),
    "orange": lazy_gettext("orange"),
    "red": lazy_gettext("red"),
}
WARNINGS = {
    "blue": lazy_gettext("blue warning"),
    "yellow": lazy_gettext("yellow warning"),
    "orange": lazy_gettext("orange warning"),
    "red": lazy_gettext("red warning"),
}


@dataclass(frozen=True)
class ShownColour:
    """A colour that an officer published: its word, and how many of four steps are filled."""

    colour: str
    word: str
    steps: int


def colour_name(colour: str | None) -> str:
    """The name of a colour; that there is none."""
    return str(NAMES[colour]) if colour else str(gettext("none"))


def show_colour(colour: str | None) -> ShownColour | None:
    """Describe a published colour; None where there is none."""
    if colour is None:
        return None
    return ShownColour(colour, str(WARNINGS[colour]), COLOURS.index(colour) + 1)
