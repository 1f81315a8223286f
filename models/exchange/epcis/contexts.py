"""Names of somebody's own: what a prefix of a JSON-LD context stands for.

No context is fetched: what stands elsewhere declares nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Prefixes that the standard's own context declares.
STANDARD_PREFIXES = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}


def prefixes(*contexts: object) -> dict[str, str]:
    """Return the prefixes that contexts declare, the last one first in rank.

    Parameters
    ----------
    *contexts
        Values of ``@context``: a URI, an object or a list of both. Only texts of objects count.
    """
    found = dict(STANDARD_PREFIXES)
    for context in contexts:
        for part in context if isinstance(context, list) else [context]:
            if isinstance(part, dict):
                found |= {name: to for name, to in part.items() if isinstance(to, str)}
    return found


def expanded(name: str, names: Mapping[str, str]) -> str:
    """Write a name with a prefix in full; one whose prefix nobody declared as it is.

    Parameters
    ----------
    name : str
    names : mapping
        Prefixes, by `prefixes`.
    """
    prefix, colon, rest = name.partition(":")
    return names[prefix] + rest if colon and prefix in names else name
