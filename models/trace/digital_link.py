"""What the path of a GS1 Digital Link names: the key, its lot and serial number, in one form.

Labels are printed once and read for years, so old spellings are read too: keys of 8, 12 and 13
digits, and the short names (``gtin``, ``lot``, ``ser``) of the syntax before 1.2.

References
----------
GS1 Digital Link Standard: URI Syntax 1.2, section 4 (paths; the short names were dropped there).
GS1 General Specifications, section 7.9.1 (check digit).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from biip.checksums import gs1_standard_check_digit

from models.trace.codes import parse_code
from models.trace.identifiers import LINK_SAFE, RESOLVER, Identifier, IdentifierError, link, parse

#: Keys of things that people scan, with how many digits each may have; 0: not digits alone.
KEYS = {"01": (8, 12, 13, 14), "00": (18,), "8003": (0,), "8004": (0,)}
SHORT = {
    "gtin": "01",
    "sscc": "00",
    "grai": "8003",
    "giai": "8004",
    "lot": "10",
    "ser": "21",
    "cpv": "22",
}
#: Longest path that is looked at, in characters; the longest right one has about 200.
LONGEST = 400
#: What is wrong with a path that is none.
CHECK_DIGIT, LENGTH, REST = "check_digit", "length", "rest"


class BadLink(ValueError):  # noqa: N818 - named for what it is
    """A path names nothing that is right: `what` of `CHECK_DIGIT`, `LENGTH`, `REST`, and where."""

    def __init__(self, what: str, value: str) -> None:
        self.what, self.value = what, value
        super().__init__(f'"{value}": {what} is wrong')


@dataclass(frozen=True)
class Named:
    """What a path names.

    Attributes
    ----------
    path : str
        The path in today's form.
    uris : tuple of str
        Canonical links of what it names, the single thing before its lot.
    product : bool
        Whether it names a product alone, and neither one thing nor one lot.
    lot : str or None
        Code of a lot of this software that stands in it as the lot.
    """

    path: str
    uris: tuple[str, ...]
    product: bool = False
    lot: str | None = None


def read_path(path: str) -> Named:
    """Read the path of a link, as it stands in an address.

    Parameters
    ----------
    path : str
        With its escapes, from the slash before the key on, for instance ``/01/.../10/L1``.

    Raises
    ------
    BadLink
        When a number or its place is wrong.
    """
    if len(path) > LONGEST:
        raise BadLink(LENGTH, path[:40])
    parts = path.strip("/").split("/")
    parts[::2] = [SHORT.get(each.lower(), each) for each in parts[::2]]
    if len(parts) < 2 or parts[0] not in KEYS or not all(parts):
        raise BadLink(REST, unquote(path)[:40])
    ai, value = parts[0], unquote(parts[1])
    digits = KEYS[ai]
    if digits != (0,):
        if not (value.isascii() and value.isdigit() and len(value) in digits):
            raise BadLink(LENGTH, value[:40])
        parts[1] = value.zfill(digits[-1])
        if value[-1] != str(gs1_standard_check_digit(value[:-1])):
            raise BadLink(CHECK_DIGIT, value)
    try:
        found = parse(f"{RESOLVER}/{'/'.join(parts)}")
    except IdentifierError as error:
        wrong = CHECK_DIGIT if "check digit" in str(error) else REST
        raise BadLink(wrong, unquote(path)[:40]) from error
    if found is None:
        raise BadLink(LENGTH, value[:40])
    rest = dict(zip(parts[2::2], map(unquote, parts[3::2]), strict=False))
    lot = rest.get("10", "") if found.kind in ("sgtin", "lgtin") else ""
    uris = [link(found)]
    if found.kind == "sgtin" and lot:
        uris.append(link(Identifier("lgtin", found.key, lot)))
    own = parse_code(lot) if lot else None
    own = own if own is not None and own.startswith("L") else None
    return Named("/" + "/".join(parts), tuple(uris), found.is_class, own)


def lot_in(uri: str) -> str | None:
    """Return the code of a lot of this software that a URI names; None where it names none.

    Parameters
    ----------
    uri : str
        A canonical link with a lot, or a private identifier of a class.
    """
    found = re.search(r"/(?:10|class)/([^/?#]+)$", uri)
    code = parse_code(unquote(found[1])) if found else None
    return code if code is not None and code.startswith("L") else None


def product_lot_path(gtin: str, lot: str) -> str:
    """Return the path of a link that names a lot of a product.

    Parameters
    ----------
    gtin : str
        8, 12, 13 or 14 digits.
    lot : str
        Its code.

    Raises
    ------
    BadLink
        When the number is none.
    """
    digits = "".join(gtin.split())
    return read_path(f"/01/{quote(digits, safe='')}/10/{quote(lot, safe=LINK_SAFE)}").path
