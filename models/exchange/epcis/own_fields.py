"""Fields of somebody's own, wherever in an event they stand, as what they are looked up by.

A field is named in full. One that holds others is found by its name alone, and they by theirs, as
inner ones. A time with a zone is looked up also so that times can be compared. What stands directly
in a field at the top of an event may have been an attribute in XML, which JSON does not tell from
an element: it is looked up as an attribute, too.

References
----------
GS1 EPCIS 2.0, section 8.2.7.1 (SimpleEventQuery), and its query schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from models.exchange.epcis.contexts import expanded
from models.exchange.epcis.looked_up import LONGEST, FieldError, instant, look_up, moment

#: Kinds of terms of own fields and of those within them, by how parameters of queries begin.
KINDS = {
    "": ("own", "inner"),
    "ILMD_": ("ilmd", "inner_ilmd"),
    "ERROR_DECLARATION_": ("error", "inner_error"),
    "readPoint_": ("read_point", "inner_read_point"),
    "bizLocation_": ("biz_location", "inner_biz_location"),
    "SENSORELEMENT_": ("sensor_element", "inner_sensor_element"),
    "SENSORMETADATA_": ("sensor_metadata", "inner_sensor_metadata"),
    "SENSORREPORT_": ("sensor_report", "inner_sensor_report"),
}
ATTRIBUTE = "attribute"
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d.*([Zz]|[+-]\d\d:?\d\d)")

Event = Mapping[str, Any]
Terms = Iterator[tuple[str, str]]


def own_terms(event: Event, names: Mapping[str, str]) -> Terms:
    """Yield kind and value of every own field of an event.

    Parameters
    ----------
    event : mapping
    names : mapping
        Prefixes of its extensions, by `contexts.prefixes`.

    Raises
    ------
    FieldError
        When the name of a field is too long.
    """
    for begins, part in _parts(event):
        yield from _fields(part, *KINDS[begins], names)
    for name, value in event.items():
        for each in value if isinstance(value, list) else [value]:
            if ":" in name and isinstance(each, dict):
                yield from _attributes(expanded(name, names), each, names)


def _parts(event: Event) -> Iterator[tuple[str, Any]]:
    """What holds own fields, by how parameters that ask for them begin."""
    yield "", event
    yield "ILMD_", event.get("ilmd")
    yield "ERROR_DECLARATION_", event.get("errorDeclaration")
    yield "readPoint_", event.get("readPoint")
    yield "bizLocation_", event.get("bizLocation")
    for element in event.get("sensorElementList", ()):
        yield "SENSORELEMENT_", element
        yield "SENSORMETADATA_", element.get("sensorMetadata")
        for report in element["sensorReport"]:
            yield "SENSORREPORT_", report


def _fields(told: Any, kind: str, inner: str, names: Mapping[str, str]) -> Terms:
    for name, value in told.items() if isinstance(told, dict) else ():
        if ":" not in name:
            continue
        full = f"{kind}:{expanded(name, names)}"
        if len(full) > LONGEST:
            raise FieldError(f"{name[:60]}…: has more than {LONGEST} characters; shorten it")
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield full, ""
                yield from _fields(each, inner, inner, names)
            else:
                yield full, _text(each)
                yield from _times(full, each)


def _times(full: str, value: Any) -> Terms:
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            yield f"time:{full}", instant(moment(value))
        except FieldError:  # of no calendar: a text like another
            return


def _attributes(field: str, told: Event, names: Mapping[str, str]) -> Terms:
    for name, value in told.items():
        if not isinstance(value, dict | list):
            full = expanded(name, names)
            yield f"{ATTRIBUTE}:{field}", look_up(full)
            yield f"{ATTRIBUTE}:{field} {full}", _text(value)


def _text(value: Any) -> str:
    return look_up(value if isinstance(value, str) else json.dumps(value))
