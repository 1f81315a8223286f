"""GS1 identifiers of things, lots, places and parties, as EPC URNs and as Digital Link URIs.

Both spellings of one identifier have one canonical form, its Digital Link at ``id.gs1.org``. A URN
tells where the company prefix ends and has no check digit; a Digital Link has the check digit and
does not tell where the prefix ends, which is then looked up in GS1's list of prefix lengths.

References
----------
GS1 EPC Tag Data Standard 2.0, sections 6 (URN forms) and 7 (keys).
GS1 Digital Link Standard: URI Syntax 1.2, section 4.
GS1 General Specifications, section 7.9.1 (check digit) and figure 7.11-1 (character set 82).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from biip.checksums import gs1_standard_check_digit

RESOLVER = "https://id.gs1.org"
#: Characters of a serial number, lot or extension.
CHARACTERS = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+""")
URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(.+)", re.DOTALL)
LINK = re.compile(r"https?://[^/?#\s]+((?:/[^/?#\s]+)+)/?(?:[?#]\S*)?")
#: What stays as it is in a URN and in a link; everything else is written in percent.
URN_SAFE, LINK_SAFE = "!'()*+,:;=", "';="


class IdentifierError(ValueError):
    """An identifier has GS1's form and is wrong; the message names it and the mend."""


@dataclass(frozen=True)
class Kind:
    """How one kind of identifier is written.

    `ai` is the application identifier of its key in a link, `digits` how many the key has (0: text
    of at most 30), `qualifier` the one of its serial number, lot or extension ('' where that
    follows the key at once), `longest` how long that may be, 0 where there is none. `urn` is how
    its URN begins after ``urn:epc:``.
    """

    ai: str
    digits: int
    urn: str
    qualifier: str | None = None
    longest: int = 0


KINDS = {
    "gtin": Kind("01", 14, "idpat:sgtin"),
    "sgtin": Kind("01", 14, "id:sgtin", "21", 20),
    "lgtin": Kind("01", 14, "class:lgtin", "10", 20),
    "sscc": Kind("00", 18, "id:sscc"),
    "sgln": Kind("414", 13, "id:sgln", "254", 20),
    "pgln": Kind("417", 13, "id:pgln"),
    "giai": Kind("8004", 0, "id:giai"),
    "grai": Kind("8003", 14, "id:grai", "", 16),
}
_BY_AI = {"01": "gtin", "00": "sscc", "414": "sgln", "417": "pgln", "8004": "giai", "8003": "grai"}
#: Digits of a URN before its last part: prefix and reference together.
_REFERENCE = {"sgtin": 13, "lgtin": 13, "sscc": 17, "sgln": 12, "pgln": 12, "grai": 12}


@dataclass(frozen=True)
class Identifier:
    """One identifier.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    key : str
        Its key with the check digit: 14 digits of a GTIN, 18 of an SSCC, 13 of a GLN, 14 of a
        returnable asset; the text of a GIAI.
    serial : str
        Serial number, lot or extension, not escaped; '' for none.
    prefix : int or None
        How many digits the company prefix has, where a URN told it.
    """

    kind: str
    key: str
    serial: str = ""
    prefix: int | None = None

    @property
    def is_class(self) -> bool:
        """Whether it names a product alone, and neither one thing nor one lot."""
        return self.kind == "gtin"


def _prove_check_digit(key: str, uri: str) -> None:
    right = gs1_standard_check_digit(key[:-1])
    if key[-1] != str(right):
        raise IdentifierError(
            f'{uri}: the check digit of {key} is {right}, not "{key[-1]}"; read the code again'
        )


def _prove_serial(kind: Kind, serial: str, uri: str) -> None:
    if len(serial) > kind.longest or not CHARACTERS.fullmatch(serial):
        raise IdentifierError(
            f'{uri}: "{serial}" is no serial number, lot or extension; write 1 to {kind.longest} '
            "letters, digits or signs that GS1 allows"
        )


def parse(uri: str) -> Identifier | None:
    """Read an identifier from a URN or a link.

    Parameters
    ----------
    uri : str

    Returns
    -------
    Identifier or None
        None for a URI that is none of the kinds here, for instance a private one.

    Raises
    ------
    IdentifierError
        When it has the form of one and is wrong: a check digit, a length, a character.
    """
    match = URN.fullmatch(uri)
    if match:
        return _from_urn(uri, match[1], match[2], match[3])
    match = LINK.fullmatch(uri)
    return _from_link(uri, match[1].split("/")[1:]) if match else None


def _from_urn(uri: str, use: str, scheme: str, rest: str) -> Identifier | None:
    pattern = use == "idpat" and scheme == "sgtin"
    name = next((n for n, k in KINDS.items() if k.urn == f"{use}:{scheme}"), None)
    if name is None:
        return None
    kind = KINDS[name]
    parts = rest.split(".", 2 if kind.qualifier is not None or pattern else 1)
    prefix = parts[0]
    if not (prefix.isdecimal() and prefix.isascii() and 6 <= len(prefix) <= 12):
        raise IdentifierError(f'{uri}: "{prefix}" is no company prefix of 6 to 12 digits')
    if kind.digits == 0:
        return _giai(uri, unquote("".join(parts)) if parts[1:] != [""] else "", len(prefix))
    wanted = 3 if kind.qualifier is not None or pattern else 2
    digits = _REFERENCE[scheme]
    if len(parts) != wanted or not _is_number(prefix + parts[1], digits):
        raise IdentifierError(
            f"{uri}: after urn:epc:{use}:{scheme}: stand {wanted} parts with points between, the "
            f"first two with {digits} digits together"
        )
    key = _key_of_urn(name, prefix, parts[1])
    if pattern:
        if parts[2] != "*":
            raise IdentifierError(f'{uri}: a pattern ends in ".*"')
        return Identifier(name, key, prefix=len(prefix))
    serial = unquote(parts[2]) if wanted == 3 else ""
    if kind.qualifier is not None:
        _prove_serial(kind, serial, uri)
    if name == "sgln" and serial == "0":
        serial = ""  # "0" says that there is no extension
    return Identifier(name, key, serial, len(prefix))


def _is_number(text: str, digits: int) -> bool:
    return len(text) == digits and text.isdecimal() and text.isascii()


def _key_of_urn(name: str, prefix: str, reference: str) -> str:
    if KINDS[name].ai in ("01", "00"):
        body = reference[0] + prefix + reference[1:]  # indicator or extension digit comes first
    else:
        body = ("0" if name == "grai" else "") + prefix + reference
    return body + str(gs1_standard_check_digit(body))


def _giai(uri: str, text: str, prefix: int | None) -> Identifier:
    if not (7 <= len(text) <= 30 and CHARACTERS.fullmatch(text) and text[:6].isdecimal()):
        raise IdentifierError(
            f'{uri}: "{text}" is no asset; write a company prefix and a reference, 30 at most'
        )
    return Identifier("giai", text, prefix=prefix)


def _from_link(uri: str, path: list[str]) -> Identifier | None:
    """Find the key in the path of a link: the first part that is one and has its length."""
    for place in range(len(path) - 1):
        name = _BY_AI.get(path[place])
        if name is None:
            continue
        value, rest = path[place + 1], path[place + 2 :]
        if name == "giai":
            return _giai(uri, unquote(value), None) if not rest and value[:6].isdecimal() else None
        if name == "grai":
            return None if rest else _grai(uri, unquote(value))
        if not _has_length(name, value):
            if uri.startswith(f"{RESOLVER}/"):
                raise IdentifierError(
                    f'{uri}: "{value}" has not the {KINDS[name].digits} digits of its kind'
                )
            continue
        key = value.zfill(KINDS[name].digits)
        _prove_check_digit(key, uri)
        return _qualified(uri, name, key, rest)
    return None


def _has_length(name: str, value: str) -> bool:
    lengths = (8, 12, 13, 14) if name == "gtin" else (KINDS[name].digits,)
    return any(_is_number(value, length) for length in lengths)


def _grai(uri: str, value: str) -> Identifier | None:
    if not _is_number(value[:14], 14) or value[0] != "0":
        return None
    _prove_check_digit(value[:14], uri)
    if len(value) == 14:
        return Identifier("grai", value)
    _prove_serial(KINDS["grai"], value[14:], uri)
    return Identifier("grai", value[:14], value[14:])


def _qualified(uri: str, name: str, key: str, rest: list[str]) -> Identifier:
    pairs = dict(zip(rest[::2], map(unquote, rest[1::2]), strict=False))
    allowed = {"gtin": ("22", "10", "21"), "sgln": ("254",)}.get(name, ())
    if len(rest) % 2 or any(ai not in allowed for ai in pairs):
        raise IdentifierError(
            f"{uri}: after {key} may stand {', '.join(allowed) or 'nothing'}, each with its value"
        )
    for finer, ai in (("sgtin", "21"), ("lgtin", "10"), ("sgln", "254")):
        if ai in pairs:
            _prove_serial(KINDS[finer], pairs[ai], uri)
            return Identifier(finer, key, pairs[ai])
    return Identifier(name, key)


def link(identifier: Identifier, resolver: str = RESOLVER) -> str:
    """Write an identifier as a Digital Link.

    Parameters
    ----------
    identifier : Identifier
    resolver : str
        Scheme and host; GS1's own for the canonical form.
    """
    kind = KINDS[identifier.kind]
    serial = quote(identifier.serial, safe=LINK_SAFE)
    key = quote(identifier.key, safe=LINK_SAFE)
    if not serial:
        return f"{resolver}/{kind.ai}/{key}"
    between = f"/{kind.qualifier}/" if kind.qualifier else ""
    return f"{resolver}/{kind.ai}/{key}{between}{serial}"


def urn(identifier: Identifier) -> str:
    """Write an identifier as an EPC URN.

    Parameters
    ----------
    identifier : Identifier

    Raises
    ------
    IdentifierError
        When nobody knows where its company prefix ends.
    """
    kind = KINDS[identifier.kind]
    serial = quote(identifier.serial, safe=URN_SAFE)
    if identifier.kind == "giai":
        length = identifier.prefix or _prefix_length(identifier, identifier.key)
        rest = quote(identifier.key[length:], safe=URN_SAFE)
        return f"urn:epc:id:giai:{identifier.key[:length]}.{rest}"
    body = identifier.key[:-1]
    if kind.ai in ("01", "00"):
        length = identifier.prefix or _prefix_length(identifier, body[1:])
        prefix, reference = body[1 : 1 + length], body[0] + body[1 + length :]
    else:
        body = body[1:] if identifier.kind == "grai" else body
        length = identifier.prefix or _prefix_length(identifier, body)
        prefix, reference = body[:length], body[length:]
    last = {"gtin": ".*", "sgln": f".{serial or '0'}", "sscc": "", "pgln": ""}
    start = kind.urn
    if identifier.kind == "grai" and not serial:
        start, serial = "idpat:grai", "*"
    return f"urn:epc:{start}:{prefix}.{reference}{last.get(identifier.kind, f'.{serial}')}"


def _prefix_length(identifier: Identifier, digits: str) -> int:
    """Look up where the company prefix ends in GS1's list, which biip carries."""
    from biip.gs1_prefixes import GS1CompanyPrefix

    found = GS1CompanyPrefix.extract(digits)
    if found is None:
        raise IdentifierError(
            f"{link(identifier)}: GS1's list does not tell where its company prefix ends; write it "
            "as a URN, which does"
        )
    return len(found.value)


@lru_cache(maxsize=65536)
def canonical(uri: str) -> str:
    """Return the one form of an identifier in which its spellings agree.

    Parameters
    ----------
    uri : str

    Returns
    -------
    str
        Its Digital Link at ``id.gs1.org``; any other URI as it is.

    Raises
    ------
    IdentifierError
        As `parse`.
    """
    found = parse(uri)
    return uri if found is None else link(found)
