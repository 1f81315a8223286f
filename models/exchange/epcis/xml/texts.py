"""Texts, times and numbers as they stand in XML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from models.exchange.epcis.looked_up import moment

#: What a document of XML 1.0 cannot hold in any way.
NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
    r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"
)
#: How characters are written in an element, and in the value of an attribute.
IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
IN_VALUE = IN_TEXT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Unheld(ValueError):  # noqa: N818 - named for what is wrong
    """XML cannot hold what JSON says; the message names the field."""


def escaped(text: str, table: Mapping[int, str] = IN_TEXT) -> str:
    """Write a text so that it stands in an element.

    Parameters
    ----------
    text : str
    table : mapping
        `IN_TEXT`, or `IN_VALUE` for the value of an attribute.

    Raises
    ------
    Unheld
        When it has a character that XML has not.
    """
    found = NO_CHARACTER.search(text)
    if found:
        raise Unheld(f"the character U+{ord(found[0]):04X} cannot stand in XML")
    return text.translate(table)


def written_time(text: str) -> str:
    """Return a time as the XML Schema wants it.

    Parameters
    ----------
    text : str
        As JSON has it.
    """
    upper = text.upper()
    return upper if TIME.fullmatch(upper) else moment(text).isoformat().replace("+00:00", "Z")


def written_decimal(value: float) -> str:
    """Return a number without an exponent.

    Parameters
    ----------
    value : float
    """
    return format(Decimal(str(value)), "f")
