"""What the JSON binding of EPCIS 2.0 lets an event and a document hold, as JSON Schema.

Written from the standard; a test holds it against the schema that GS1 publishes. An event is
checked by the schema of its type, chosen before, so that an error names the field and not five
types.

References
----------
GS1 EPCIS 2.0, section 10.1 (JSON/JSON-LD binding) and sections 7.3-7.4 (event fields).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs

from models.exchange.epcis import vocabulary as words

Schema = dict[str, Any]
URI: Schema = {"type": "string", "format": "uri"}
TIME: Schema = {"type": "string", "format": "date-time"}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
#: Old URNs of the vocabulary, and GS1's web vocabulary, stand in JSON as bare words alone.
NOT_CBV = r"^(?!urn:epcglobal:cbv|https?://ns\.gs1\.org/cbv/)"
NOT_VOC = r"^(?!https?://(?:www\.)?gs1\.org/voc/)"


def _word(standard: tuple[str, ...], other: str = NOT_CBV) -> Schema:
    return {"anyOf": [{"enum": list(standard)}, URI | {"pattern": other}]}


def _list(of: Schema, **more: object) -> Schema:
    return {"type": "array", "items": of, **more}


def _object(required: tuple[str, ...], extensible: bool, **fields: Schema) -> Schema:
    """An object with these fields; where it is extensible, names of others are URIs or CURIEs."""
    found: Schema = {"type": "object", "properties": fields}
    if required:
        found["required"] = list(required)
    if extensible:
        found["propertyNames"] = {"anyOf": [{"enum": sorted(fields)}, URI]}
    else:
        found["additionalProperties"] = False
    return found


def _with(name: str, least: int = 1) -> Schema:
    return {"required": [name], "properties": {name: {"type": "array", "minItems": least}}}


CONTEXT: Schema = {
    "anyOf": [
        URI,
        {"type": "object"},
        _list({"anyOf": [URI, {"type": "object"}]}, uniqueItems=True),
    ]
}
PLACE: Schema = {"type": "object", "properties": {"id": URI}, "required": ["id"]}
QUANTITY = _object(
    ("epcClass",),
    False,
    epcClass=URI,
    quantity=NUMBER,
    uom={"type": "string", "pattern": "^[A-Z0-9]{2,3}$"},
)
_SET = _list(_word(words.DISPOSITIONS), minItems=1, uniqueItems=True)
PERSISTENT = _object((), False, set=_SET, unset=_SET) | {"minProperties": 1}
TRANSACTION = _object(
    ("bizTransaction",), False, type=_word(words.TRANSACTION_TYPES), bizTransaction=URI
)
SOURCE, DESTINATION = (
    _object(("type", name), False, **{"type": _word(words.PARTY_TYPES), name: URI})
    for name in ("source", "destination")
)
_OF_DEVICES = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")
METADATA = _object(
    (),
    True,
    **dict.fromkeys(("time", "startTime", "endTime"), TIME),
    **dict.fromkeys(_OF_DEVICES, URI),
)
_VALUES = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
REPORT = _object(
    ("type",),
    True,
    type=_word(words.MEASUREMENTS, NOT_VOC),
    exception=_word(words.ALERTS, NOT_VOC),
    time=TIME,
    component=_word(words.COMPONENTS),
    stringValue=TEXT,
    booleanValue={"type": "boolean"},
    hexBinaryValue={"type": "string", "pattern": "^[A-Fa-f0-9]+$"},
    uom=TEXT,
    **dict.fromkeys(_OF_DEVICES, URI),
    **dict.fromkeys(
        ("microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue"), URI
    ),
    **dict.fromkeys(_VALUES, NUMBER),
)
SENSOR = _object(
    ("sensorReport",), True, sensorMetadata=METADATA, sensorReport=_list(REPORT, minItems=1)
)
ERROR = _object(
    ("declarationTime",),
    True,
    declarationTime=TIME,
    reason=_word(words.ERROR_REASONS),
    correctiveEventIDs=_list(URI),
)
ANY_EVENT: Schema = {
    "@context": CONTEXT,
    "eventTime": TIME,
    "recordTime": TIME,
    "eventTimeZoneOffset": {
        "type": "string",
        "pattern": "^[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)$",
    },
    "eventID": URI,
    "certificationInfo": {"anyOf": [URI, _list(URI)]},
    "errorDeclaration": ERROR,
}
TIMED = ("type", "eventTime", "eventTimeZoneOffset")
_CIRCUMSTANCES: Schema = {
    "bizStep": _word(words.BIZ_STEPS),
    "disposition": _word(words.DISPOSITIONS),
    "readPoint": PLACE,
    "bizLocation": PLACE,
    "bizTransactionList": _list(TRANSACTION),
    "sourceList": _list(SOURCE),
    "destinationList": _list(DESTINATION),
    "sensorElementList": _list(SENSOR),
}
_ACTION: Schema = {"action": {"enum": list(words.ACTIONS)}}
_ILMD: Schema = {"ilmd": {"type": "object", "propertyNames": URI}}
_EPCS = _list(URI, uniqueItems=True)
_CHILDREN: Schema = {
    "parentID": URI,
    "childEPCs": _list(URI),
    "childQuantityList": _list(QUANTITY),
}
_DELETES: Schema = {"properties": {"action": {"const": "DELETE"}}}
_HAS_CHILDREN = {"anyOf": [_with("childEPCs"), _with("childQuantityList"), _DELETES]}
_INPUT = {"anyOf": [_with("inputEPCList"), _with("inputQuantityList")]}
_OUTPUT = {"anyOf": [_with("outputEPCList"), _with("outputQuantityList")]}
_GOES_ON = {"required": ["transformationID"], "anyOf": [_INPUT, _OUTPUT]}


def _event(name: str, required: tuple[str, ...], rule: Schema, **fields: Schema) -> Schema:
    own = {"type": {"const": name}, **_CIRCUMSTANCES, **fields}
    return _object((*TIMED, *required), True, **ANY_EVENT, **own) | rule


SCHEMAS: dict[str, Schema] = {
    "ObjectEvent": _event(
        "ObjectEvent",
        ("action",),
        {
            "anyOf": [
                _with("epcList", 0),
                _with("quantityList"),
                {"allOf": [_with("sensorElementList"), {"required": ["readPoint"]}]},
            ],
            # what is said at birth is said where something is added
            "if": {"required": ["ilmd"]},
            "then": {"properties": {"action": {"const": "ADD"}}},
        },
        epcList=_EPCS,
        quantityList=_list(QUANTITY),
        persistentDisposition=PERSISTENT,
        **_ACTION,
        **_ILMD,
    ),
    "AggregationEvent": _event(
        "AggregationEvent", ("action",), _HAS_CHILDREN, **_CHILDREN, **_ACTION
    ),
    "AssociationEvent": _event(
        "AssociationEvent", ("action", "parentID"), _HAS_CHILDREN, **_CHILDREN, **_ACTION
    ),
    "TransactionEvent": _event(
        "TransactionEvent",
        ("action", "bizTransactionList"),
        {"anyOf": [_with("epcList", 0), _with("quantityList"), _DELETES]},
        **{
            **_ACTION,
            "bizTransactionList": _list(TRANSACTION, minItems=1),
            "parentID": URI,
            "epcList": _list(URI),
            "quantityList": _list(QUANTITY),
        },
    ),
    "TransformationEvent": _event(
        "TransformationEvent",
        (),
        {"anyOf": [{"allOf": [_INPUT, _OUTPUT]}, _GOES_ON]},
        inputEPCList=_EPCS,
        inputQuantityList=_list(QUANTITY),
        outputEPCList=_EPCS,
        outputQuantityList=_list(QUANTITY),
        transformationID=URI,
        persistentDisposition=PERSISTENT,
        **_ILMD,
    ),
    # An event type of somebody's own: its name is a URI, and what else it holds is theirs.
    "": {
        "type": "object",
        "properties": {**ANY_EVENT, "type": URI},
        "required": list(TIMED),
    },
}
_VOCABULARY: Schema = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": URI,
        "vocabularyElementList": _list(
            {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": URI,
                    "attributes": _list(
                        {
                            "type": "object",
                            "required": ["id"],
                            "properties": {
                                "id": URI,
                                "attribute": {"type": ["number", "string", "object"]},
                            },
                        }
                    ),
                    "children": _list(URI),
                },
            }
        ),
    },
}
_VERSION: Schema = {"type": "string", "pattern": r"^\d+(\.\d+)*$"}
_HEADER = _object(
    (),
    True,
    epcisMasterData={
        "type": "object",
        "properties": {"vocabularyList": _list(_VOCABULARY)},
    },
)
_EVENTS = {"type": "array"}  # each is checked by the schema of its type
DOCUMENTS: dict[str, Schema] = {
    "EPCISDocument": _object(
        ("@context", "type", "schemaVersion", "creationDate", "epcisBody"),
        True,
        **{
            "@context": CONTEXT,
            "id": URI,
            "type": {"const": "EPCISDocument"},
            "schemaVersion": _VERSION,
            "creationDate": TIME,
            "instanceIdentifier": TEXT,
            "sender": TEXT,
            "receiver": TEXT,
            "epcisHeader": _HEADER,
            "epcisBody": {
                "type": "object",
                "required": ["eventList"],
                "properties": {"eventList": _EVENTS},
            },
        },
    ),
    "EPCISQueryDocument": _object(
        ("@context", "type", "epcisBody"),
        True,
        **{
            "@context": CONTEXT,
            "id": URI,
            "type": {"const": "EPCISQueryDocument"},
            "schemaVersion": _VERSION,
            "creationDate": TIME,
            "epcisBody": _object(
                ("queryResults",),
                True,
                queryResults=_object(
                    ("queryName", "resultsBody"),
                    True,
                    queryName=TEXT,
                    subscriptionID=TEXT,
                    resultsBody=_object(
                        ("eventList",), True, eventList=_EVENTS, vocabularyList=_list(_VOCABULARY)
                    ),
                ),
            ),
        },
    ),
}


@cache
def validator(name: str) -> jsonschema_rs.Draft7Validator:
    """Return the compiled schema of a document or an event type; of an unknown one, that of any.

    Parameters
    ----------
    name : str
    """
    found = DOCUMENTS.get(name) or SCHEMAS.get(name) or SCHEMAS[""]
    return jsonschema_rs.Draft7Validator(found, validate_formats=True)


def of_event(event: object) -> jsonschema_rs.Draft7Validator:
    """Return the compiled schema by which an event is checked: that of its type.

    Parameters
    ----------
    event : object
        As it came.
    """
    name = event.get("type") if isinstance(event, dict) else None
    return validator(name if name in words.STANDARD_TYPES else "")
