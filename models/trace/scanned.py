"""What a scanner, a camera or a finger gave: which lot, certificate, box or pallet it names.

Scanners type what the code holds: with or without the symbology identifier (``]C1``), with the
separator FNC1 as the character GS; Chinese keyboards write brackets and digits in full width.

References
----------
GS1 General Specifications, sections 5.10 and 7.8 (element strings, FNC1, symbology identifiers).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from biip.checksums import gs1_standard_check_digit

from models.trace.codes import ALPHABET, KINDS, LENGTH, parse_code
from models.trace.identifiers import Identifier, IdentifierError, link, parse
from models.trace.private import parse_private

LOT, CERTIFICATE, UNIT, THING, CLASS = "lot", "certificate", "unit", "thing", "class"
_OF_LETTER = {"L": LOT, "C": CERTIFICATE, "B": UNIT, "P": UNIT}
#: What names one thing, and what a lot of a product.
_THINGS, _CLASSES = ("sscc", "sgtin", "giai", "grai"), ("lgtin",)
GS = "\x1d"
LONGEST = 400
#: Symbology identifiers of codes that hold element strings, and of those that hold anything.
_SYMBOLOGY = re.compile(r"\](?:C[01]|e0|d[1-6]|Q[1-6]|J[01]|E0|A0)")
_OURS = re.compile(rf"[{KINDS}][0-9A-Z]{{6}}-?[0-9A-Z]*")
#: Pages of ours whose address is the code: a certificate, a lot, a box or pallet.
_PAGE = re.compile(
    r"https?://[^/?#\s]+/(?:c|goods|lots)/([a-z][0-9]{6}-[0-9a-z]+)(?:[?#]\S*)?", re.IGNORECASE
)
_SCHEME = re.compile(r"(?:https?://[^/?#\s]*|urn:)", re.IGNORECASE)
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
#: Digits of a key that have a check digit at their end, by application identifier.
_KEYS = {"00": 18, "01": 14, "02": 14}


class ScanError(ValueError):
    """A code names nothing that is handled; ``why`` says which way, ``given`` with what.

    ``why`` is 'nothing', 'long', 'digit' (``key``, ``place``, ``is_``, ``right``), 'character'
    (``code``), 'letter' (``code``, ``place``, ``is_``), 'length' (``code``, ``has``, ``wanted``),
    'product' (``key``), 'place' (``code``), 'broken' or 'unknown' (``code``).
    """

    def __init__(self, why: str, **given: object) -> None:
        self.why, self.given = why, given
        super().__init__(f"{why}: {given}")


@dataclass(frozen=True)
class Scanned:
    """What was scanned: ``kind``, and ``value``: a code of ours or a canonical URI."""

    kind: str
    value: str


def read(text: str) -> Scanned:
    """Read what was scanned or typed.

    Parameters
    ----------
    text : str

    Returns
    -------
    Scanned
        `LOT`, `CERTIFICATE` and `UNIT` with a code of ours, `THING` and `CLASS` with a URI.

    Raises
    ------
    ScanError
        When it is none, or a check digit or character of it is wrong.
    """
    given = unicodedata.normalize("NFKC", text).strip().strip("\ufeff")
    given = _SYMBOLOGY.sub("", given, count=1) if given.startswith("]") else given
    if not given.strip(GS):
        raise ScanError("nothing")
    if len(given) > LONGEST:
        raise ScanError("long", most=LONGEST)
    page = _PAGE.fullmatch(given)
    ours = "".join(given.split()).upper().replace("\N{EN DASH}", "-") if page is None else page[1]
    if page is not None or _OURS.fullmatch(ours):
        return _own(ours.upper())
    if _UUID.fullmatch(given):
        return Scanned(UNIT, given.lower())
    if _SCHEME.match(given):
        return _uri(_SCHEME.sub(lambda found: found[0].lower(), given, count=1))
    return _elements(given)


def _own(code: str) -> Scanned:
    found = parse_code(code)
    if found is not None:
        return Scanned(_OF_LETTER[found[0]], found)
    head, _, body = code.partition("-")
    for place, each in enumerate(head[1:7], 2):
        if not each.isdigit():
            raise ScanError("letter", code=code, place=place, is_=each)
    for place, each in enumerate(body, len(head) + 2):
        if each not in ALPHABET:
            raise ScanError("letter", code=code, place=place, is_=each)
    if len(body) != LENGTH + 1:
        wanted = len("L000000-") + LENGTH + 1
        raise ScanError("length", code=code, has=len(code), wanted=wanted)
    raise ScanError("character", code=code)


def _uri(text: str) -> Scanned:
    private = parse_private(text)
    if private is not None:
        if private[2] == "loc":
            raise ScanError("place", code=text)
        return Scanned(THING if private[2] == "obj" else CLASS, text)
    if text.startswith("http"):
        _prove_path(text)
    try:
        found = parse(text)
    except IdentifierError as error:
        raise ScanError("broken", code=text) from error
    if found is None:
        raise ScanError("unknown", code=text)
    return _identified(found)


def _prove_path(text: str) -> None:
    """Tell a wrong check digit in the path of a link, before anything else is asked of it."""
    parts = re.split(r"[?#]", text)[0].split("/")
    for name, value in zip(parts, parts[1:], strict=False):
        key = unquote(value)
        if name == "01" and key.isdecimal() and len(key) in (8, 12, 13, 14):
            _prove(key.zfill(14))
        elif name == "00" and key.isdecimal() and len(key) == _KEYS["00"]:
            _prove(key)


def _prove(key: str) -> None:
    right = str(gs1_standard_check_digit(key[:-1]))
    if key[-1] != right:
        raise ScanError("digit", key=key, place=len(key), is_=key[-1], right=right)


def _identified(found: Identifier) -> Scanned:
    if found.kind in _THINGS:
        return Scanned(THING, link(found))
    if found.kind in _CLASSES:
        return Scanned(CLASS, link(found))
    if found.is_class:
        raise ScanError("product", key=found.key)
    raise ScanError("place", code=link(found))


def _elements(text: str) -> Scanned:
    """Read digits, or application identifiers and their values, bare or in brackets."""
    digits = "".join(text.split())
    if digits.isdecimal() and digits.isascii():
        if len(digits) == _KEYS["00"]:
            _prove(digits)
            return Scanned(THING, link(Identifier("sscc", digits)))
        if len(digits) in (8, 12, 13, 14):
            _prove(digits.zfill(14))
            raise ScanError("product", key=digits)
    values = _values(text if GS in text else text.strip())
    for name, size in _KEYS.items():
        if name in values and len(values[name]) == size:
            _prove(values[name])
    if "00" in values:
        return Scanned(THING, link(Identifier("sscc", values["00"])))
    gtin = values.get("01") or values.get("02")
    if gtin is None:
        raise ScanError("unknown", code=text.replace(GS, " "))
    for name, kind in (("21", "sgtin"), ("10", "lgtin")):
        if values.get(name):
            return _uri(link(Identifier(kind, gtin, values[name])))
    raise ScanError("product", key=gtin)


def _values(text: str) -> dict[str, str]:
    from biip import ParseError
    from biip.gs1_messages import GS1Message

    try:
        if text.startswith("("):
            bare = re.sub(r"\s+(?=\()", "", text.replace(GS, ""))
            found = GS1Message.parse_hri(re.sub(r"\)\s+", ")", bare))
        else:
            found = GS1Message.parse(text.strip(GS))
    except (ParseError, ValueError) as error:
        numbers = text.lstrip("(")[:2].isdecimal()
        raise ScanError("broken" if numbers else "unknown", code=text.replace(GS, " ")) from error
    return {each.ai.ai: each.value for each in found.element_strings}
