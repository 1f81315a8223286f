"""Codes of goods, numbers of certificates and of inspectors' acts: a slip of the finger shows.

Their last character checks those before it, by ISO/IEC 7064's hybrid system MOD 31,30 over an
alphabet without the letters that are taken for digits: every single wrong character is found, and
nearly all that are swapped with their neighbour.

References
----------
ISO/IEC 7064:2003, hybrid systems (the method; the alphabet of 30 characters is ours).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

#: Digits and letters without 0 O 1 I L U.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
#: First letters: lots, certificates, boxes, pallets, shipments; recalls, drills, sampling plans
#: (M), non-conformities.
KINDS = "LCBPSRDMN"
#: Random characters of a code, of which there are 30 ** 9, about 2 * 10 ** 13, for each day.
LENGTH = 9


def check_character(text: str) -> str:
    """Return the character that checks a text.

    Parameters
    ----------
    text : str
        Of `ALPHABET`.
    """
    size = len(ALPHABET)
    state = size
    for each in text:
        state = (state + ALPHABET.index(each)) % size or size
        state = state * 2 % (size + 1)
    return ALPHABET[(size + 1 - state) % size]


def make_code(kind: str, day: date, random: Iterable[int]) -> str:
    """Make a code.

    Parameters
    ----------
    kind : str
        Its first letter, of `KINDS`.
    day : date
        Local day on which it is made.
    random : iterable of int
        At least `LENGTH` numbers.

    Returns
    -------
    str
        For instance ``C260508-7KQ2M9XWD3``.
    """
    body = "".join(ALPHABET[n % len(ALPHABET)] for n, _ in zip(random, range(LENGTH), strict=False))
    return f"{kind}{day:%y%m%d}-{body}{check_character(body)}"


def parse_code(text: str) -> str | None:
    """Return a code as it is kept; None where the text is none, or a character of it is wrong.

    Parameters
    ----------
    text : str
        As somebody typed it: blanks and small letters do no harm.
    """
    given = "".join(text.split()).upper().replace("\N{EN DASH}", "-")
    head, dash, body = given.partition("-")
    sound = (
        dash
        and len(head) == 7
        and head[0] in KINDS
        and head[1:].isascii()
        and head[1:].isdigit()
        and len(body) == LENGTH + 1
        and all(each in ALPHABET for each in body)
    )
    return given if sound and check_character(body[:-1]) == body[-1] else None
