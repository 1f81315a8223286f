"""What of an event queries ask for: its times, its words, and everything that it names.

Words are bare and identifiers canonical here, so that both spellings are found by either.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from models.exchange.epcis.contexts import STANDARD_PREFIXES, expanded
from models.exchange.epcis.looked_up import instant, look_up, moment, uri
from models.exchange.epcis.own_fields import own_terms
from models.exchange.epcis.vocabulary import bare
from models.trace.identifiers import parse

Event = Mapping[str, Any]
#: Kinds of terms that name things, singly and as classes with a quantity, by their field.
THINGS = {
    "epcList": "epc",
    "childEPCs": "child",
    "inputEPCList": "input",
    "outputEPCList": "output",
}
CLASSES = {
    "quantityList": "class",
    "childQuantityList": "child_class",
    "inputQuantityList": "input_class",
    "outputQuantityList": "output_class",
}
PARENT = "parent"
OF_THINGS = (*THINGS.values(), PARENT)
OF_CLASSES = tuple(CLASSES.values())
#: What is told of a sensor or of what it measured, and can be looked up.
SENSOR_TERMS = (
    "type",
    "deviceID",
    "dataProcessingMethod",
    "microorganism",
    "chemicalSubstance",
    "bizRules",
    "stringValue",
    "hexBinaryValue",
    "uriValue",
    "booleanValue",
)
SENSOR_TIMES = ("time", "startTime", "endTime")
SENSOR_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")


@dataclass(frozen=True)
class Fields:
    """What is looked up of an event.

    Attributes
    ----------
    time : datetime
        When it happened, UTC.
    type, action, biz_step, disposition, read_point, biz_location, transformation : str or None
    declared : datetime or None
        When it was declared an error; None for an event that is none.
    reason : str or None
        Why it was.
    terms : frozenset of (str, str)
        Kind and value of everything that it names.
    """

    time: datetime
    type: str
    action: str | None
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    transformation: str | None
    declared: datetime | None
    reason: str | None
    terms: frozenset[tuple[str, str]]

    def handled(self) -> frozenset[str]:
        """Return the things and lots of the event, without products of which no lot is named."""
        kinds = {*OF_THINGS, *OF_CLASSES}
        return frozenset(value for kind, value in self.terms if kind in kinds and not _all(value))


@lru_cache(maxsize=65536)
def _all(value: str) -> bool:
    found = parse(value)
    return (found is not None and found.is_class) or value.endswith("*")


def _terms(event: Event, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, kind in THINGS.items():
        yield from ((kind, uri(each)) for each in event.get(name, ()))
    for name, kind in CLASSES.items():
        for each in event.get(name, ()):
            yield kind, uri(each["epcClass"])
            if "quantity" in each:
                yield "number:quantity", json.dumps(each["quantity"])
                if "uom" in each:
                    yield f"number:quantity:{each['uom']}", json.dumps(each["quantity"])
    if "parentID" in event:
        yield PARENT, uri(event["parentID"])
    for each in event.get("bizTransactionList", ()):
        kind = bare("bizTransaction", each.get("type", ""))
        yield f"transaction:{kind}", uri(each["bizTransaction"])
    for name in ("source", "destination"):
        for each in event.get(f"{name}List", ()):
            yield f"{name}:{bare('party', each['type'])}", uri(each[name])
    for name in ("set", "unset"):
        for word in event.get("persistentDisposition", {}).get(name, ()):
            yield name, bare("disposition", word)
    for each in event.get("errorDeclaration", {}).get("correctiveEventIDs", ()):
        yield "corrective", uri(each)
    for element in event.get("sensorElementList", ()):
        yield "sensor", ""
        yield from _sensor(element.get("sensorMetadata", {}))
        for report in element["sensorReport"]:
            yield from _sensor(report)
    yield from own_terms(event, names)


def _sensor(told: Event) -> Iterator[tuple[str, str]]:
    for name in (each for each in SENSOR_TERMS if each in told):
        value = told[name]
        if name == "type":
            yield "sensor:type", bare("measurement", value)
        elif isinstance(value, bool):
            yield f"sensor:{name}", "true" if value else "false"
        elif name in ("stringValue", "hexBinaryValue"):
            yield f"sensor:{name}", look_up(value)
        else:
            yield f"sensor:{name}", uri(value)
    for name in (each for each in SENSOR_TIMES if each in told):
        yield f"time:{name}", instant(moment(told[name]))
    for name in (each for each in SENSOR_NUMBERS if each in told):
        unit = "" if name == "percRank" else f":{told.get('uom', '')}"
        yield f"number:{name}{unit}", json.dumps(told[name])


def _word(event: Event, name: str, names: Mapping[str, str]) -> str | None:
    return uri(expanded(bare(name, event[name]), names)) if name in event else None


def extract(event: Event, names: Mapping[str, str] = STANDARD_PREFIXES) -> Fields:
    """Return what is looked up of an event that its schema accepts.

    Parameters
    ----------
    event : mapping
        Of a standard type, or of somebody's own, of which times and own fields are looked up.
    names : mapping
        Prefixes of its extensions, by `contexts.prefixes`.

    Raises
    ------
    FieldError
        When a time is none, or a URI too long.
    IdentifierError
        When a GS1 identifier is wrong.
    """
    standard = ":" not in event["type"]
    told: Event = event if standard else {k: v for k, v in event.items() if ":" in k}
    error = event.get("errorDeclaration")
    places = {n: told[n]["id"] for n in ("readPoint", "bizLocation") if n in told}
    return Fields(
        time=moment(event["eventTime"]),
        type=uri(expanded(event["type"], names)),
        action=told.get("action"),
        biz_step=_word(told, "bizStep", names),
        disposition=_word(told, "disposition", names),
        read_point=uri(places["readPoint"]) if "readPoint" in places else None,
        biz_location=uri(places["bizLocation"]) if "bizLocation" in places else None,
        transformation=uri(told["transformationID"]) if "transformationID" in told else None,
        declared=None if error is None else moment(error["declarationTime"]),
        reason=bare("reason", error["reason"]) if error and "reason" in error else None,
        terms=frozenset(_terms(told, names)),
    )
