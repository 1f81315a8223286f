"""Names of somebody's own: a namespace and a local name in XML, a prefix and the rest in JSON.

In JSON a name has to be a URI, so its prefix may have no underline, and what is not ASCII in it is
written as %E6%89%B9.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from models.exchange.epcis.contexts import STANDARD_PREFIXES, expanded
from models.exchange.epcis.xml.form import MDA, MDA_IN_JSON, OURS, XML_SPACE, XMLNS, XSI

#: A name without a colon that readers of every edition of XML 1.0 take: Latin, Cyrillic, Chinese,
#: Japanese and Korean letters.
_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0131\u0410-\u044f\u3041-\u3094\u30a1-\u30fa"
    "\u4e00-\u9fa5\uac00-\ud7a3"
)
NCNAME = re.compile(f"[{_START}][{_START}.0-9-]*")
#: Such a name at the end of a URI.
LAST = re.compile(r"(?<=[/#:?=&])" + NCNAME.pattern + "$")
#: What readers of XML take for a namespace.
URI = re.compile(r"(?:[^\s\x00-\x20\x7f-\xa0\"<>\\^`{|}%\[\]]|%[0-9A-Fa-f]{2})+")
#: A prefix that JSON and XML can both have.
PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9.-]*")
_TO_JSON = {MDA: MDA_IN_JSON}
_TO_XML = {MDA_IN_JSON: MDA}


class Prefixes:
    """One prefix for each namespace of a document: the one that it is written with, or a near one.

    Parameters
    ----------
    known : mapping
        Prefixes that stand already, and their namespaces.
    taken : iterable of str
        Prefixes that a document keeps for itself.
    """

    def __init__(self, known: Mapping[str, str], taken: Iterable[str] = ()) -> None:
        self._of = {space: prefix for prefix, space in known.items()}
        self._taken = {*known, *taken}
        self._numbers: dict[str, int] = {}
        self.new: dict[str, str] = {}

    def of(self, space: str, wanted: str) -> str:
        """Return the prefix of a namespace; `wanted` is taken where it can be."""
        found = self._of.get(space)
        if found is None:
            found = "xml" if space == XML_SPACE else self._free(wanted)
            self._of[space], self.new[found] = found, space
            self._taken.add(found)
        return found

    def _free(self, wanted: str) -> str:
        stem = wanted.replace("_", "-")
        if not PREFIX.fullmatch(stem) or stem.lower().startswith("xml"):
            stem = "ns"
        found = stem
        while found in self._taken:
            self._numbers[stem] = self._numbers.get(stem, 1) + 1
            found = f"{stem}{self._numbers[stem]}"
        return found


def for_json() -> Prefixes:
    """Return prefixes for a document in JSON, which knows those of the standard's context."""
    return Prefixes(STANDARD_PREFIXES)


def for_xml() -> Prefixes:
    """Return prefixes for a document in XML, beside those that it has for itself."""
    return Prefixes({}, ("epcis", "epcisq", "xsi", "xsd"))


def can_be_declared(space: str) -> bool:
    """Return whether somebody's own fields may have a namespace in XML.

    Parameters
    ----------
    space : str
    """
    return space not in (*OURS, XSI, XMLNS) and URI.fullmatch(space) is not None


def json_space(space: str) -> str:
    """Return a namespace as contexts of JSON-LD write it.

    Parameters
    ----------
    space : str
    """
    return _TO_JSON.get(space, space)


def json_local(local: str) -> str:
    """Return a local name as it may stand in JSON.

    Parameters
    ----------
    local : str
    """
    return quote(local, safe="")


def split(name: str, names: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Return prefix, namespace and local name of a field of somebody's own.

    Parameters
    ----------
    name : str
        With a prefix, or in full.
    names : mapping
        Prefixes, by `contexts.prefixes`.

    Returns
    -------
    tuple or None
        None where XML has no name for it.
    """
    prefix, _, rest = name.partition(":")
    local = unquote(rest)
    if prefix in names and NCNAME.fullmatch(local) and json_local(local) == rest:
        space = names[prefix]
    else:
        whole = expanded(name, names)
        match = LAST.search(whole)
        if match is None:
            return None
        space, local = whole[: match.start()], match[0]
    space = _TO_XML.get(space, space)
    return (prefix, space, local) if can_be_declared(space) else None
