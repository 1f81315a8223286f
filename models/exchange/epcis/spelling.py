"""Identifiers of an event in the spelling that somebody asks for."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from models.exchange.epcis.fields import CLASSES, THINGS
from models.trace.identifiers import IdentifierError, link, parse, urn

LINKS, URNS = "Always_GS1_Digital_Link", "Always_EPC_URN"
FORMATS = ("No_Preference", "Never_Translates", LINKS, URNS)


@lru_cache(maxsize=65536)
def _link(uri: str) -> str:
    found = parse(uri)
    return uri if found is None else link(found)


@lru_cache(maxsize=65536)
def _urn(uri: str) -> str:
    if uri.startswith("urn:"):
        return uri
    try:
        found = parse(uri)
        return uri if found is None else urn(found)
    except IdentifierError:  # nobody knows where its prefix ends: it stays a link
        return uri


def spelled(event: dict[str, Any], spelling: str) -> dict[str, Any]:
    """Return an event with its identifiers in a spelling.

    Parameters
    ----------
    event : dict
    spelling : str
        One of `FORMATS`; the first two leave it as it came.
    """
    if spelling not in (LINKS, URNS) or ":" in event["type"]:
        return event
    write: Callable[[str], str] = _link if spelling == LINKS else _urn
    found = dict(event)
    for name in THINGS:
        if name in found:
            found[name] = [write(each) for each in found[name]]
    for name in CLASSES:
        if name in found:
            found[name] = [{**each, "epcClass": write(each["epcClass"])} for each in found[name]]
    if "parentID" in found:
        found["parentID"] = write(found["parentID"])
    for name in ("readPoint", "bizLocation"):
        if name in found:
            found[name] = {**found[name], "id": write(found[name]["id"])}
    for name in ("source", "destination"):
        if f"{name}List" in found:
            listed = found[f"{name}List"]
            found[f"{name}List"] = [{**each, name: write(each[name])} for each in listed]
    return found
