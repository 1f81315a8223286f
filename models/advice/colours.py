"""The four colours of public warnings, from how grave it is and how far it has spread.

The order blue, yellow, orange, red is that of the national emergency plan (levels IV to I); from
which status and share on each holds is not laid down anywhere for pests and diseases of crops, so
it is a setting: the thresholds here are provisional (docs/desk.md).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from models.risk.hazard import HIGH, MEDIUM

#: From the least to the gravest.
COLOURS = ("blue", "yellow", "orange", "red")
WIDE = 0.3


class ColourError(ValueError):
    """A mapping to colours that cannot be used; the message names what is wrong and the mend."""


@dataclass(frozen=True)
class Threshold:
    """A colour, and the status and share of villages (0 to 1) from which on it holds."""

    colour: str
    status: int
    share: float


DEFAULTS = (
    Threshold("blue", MEDIUM, 0.0),
    Threshold("yellow", MEDIUM, WIDE),
    Threshold("orange", HIGH, 0.0),
    Threshold("red", HIGH, WIDE),
)


def colour_of(status: int, share: float, thresholds: Sequence[Threshold] = DEFAULTS) -> str | None:
    """Return the gravest colour whose status and share are reached, None where none is.

    Parameters
    ----------
    status
        The gravest status in a place.
    share
        Of its villages that have that status, 0 to 1.
    thresholds
        In any order.
    """
    reached = [each.colour for each in thresholds if status >= each.status and share >= each.share]
    return max(reached, key=COLOURS.index, default=None)


def read_thresholds(text: str | None) -> tuple[Threshold, ...]:
    """Read a mapping of colours from the text of its setting.

    Parameters
    ----------
    text
        JSON: for each colour a list of the status and the share of villages (0 to 1) from which on
        it holds; None or empty for the defaults.

    Returns
    -------
    tuple of Threshold

    Raises
    ------
    ColourError
        When it is no such mapping.
    """
    if not text:
        return DEFAULTS
    form = f'colours: write JSON such as {{"blue": [{MEDIUM}, 0], "red": [{HIGH}, {WIDE}]}}'
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not given:
        raise ColourError(form)
    found = []
    for colour, pair in given.items():
        if colour not in COLOURS:
            raise ColourError(f'{form}; "{colour}" is none of {", ".join(COLOURS)}')
        numbers = isinstance(pair, list) and len(pair) == 2
        if not numbers or pair[0] not in (MEDIUM, HIGH) or not _is_share(pair[1]):
            raise ColourError(
                f"{form}; {colour}: a status ({MEDIUM} or {HIGH}) and a share of villages, 0 to 1"
            )
        found.append(Threshold(colour, int(pair[0]), float(pair[1])))
    return tuple(found)


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
