"""The simple event query of EPCIS 2.0: what it asks, from an address or from JSON, as conditions.

A condition names what is compared (a column, or a kind of terms), how, and with what. `WD_` finds a
place and those that its master data put below it.

References
----------
GS1 EPCIS 2.0, section 8.2.7.1 (SimpleEventQuery) and 12 (REST binding).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.exchange.epcis import vocabulary
from models.exchange.epcis.contexts import expanded
from models.exchange.epcis.fields import (
    CLASSES,
    OF_CLASSES,
    OF_THINGS,
    PARENT,
    SENSOR_NUMBERS,
    SENSOR_TERMS,
    SENSOR_TIMES,
)
from models.exchange.epcis.looked_up import FieldError, instant, look_up, moment, uri
from models.exchange.epcis.own_fields import ATTRIBUTE, KINDS
from models.trace.identifiers import IdentifierError

OPERATORS = {"EQ": "=", "GT": ">", "GE": ">=", "LT": "<", "LE": "<="}
#: Texts compared with columns, with the vocabulary of their words ('' for URIs).
COLUMNS = {
    "eventType": ("type", ""),
    "EQ_action": ("action", None),
    "EQ_bizStep": ("biz_step", "bizStep"),
    "EQ_disposition": ("disposition", "disposition"),
    "EQ_readPoint": ("read_point", ""),
    "EQ_bizLocation": ("biz_location", ""),
    "EQ_transformationID": ("transformation", ""),
    "EQ_eventID": ("event_id", None),
    "EQ_errorReason": ("reason", "reason"),
}
#: Columns whose words may be somebody's own, with a prefix.
OWN_WORDS = ("type", "biz_step", "disposition")
PLACES = {"WD_readPoint": "read_point", "WD_bizLocation": "biz_location"}
TIMES = {
    "eventTime": "event_time",
    "recordTime": "record_time",
    "errorDeclarationTime": "declared",
    "errorDeclaration_Time": "declared",
}
ANY_CLASS = tuple(OF_CLASSES)
MATCHES = {
    "MATCH_epc": ("epc", "child"),
    "MATCH_parentID": (PARENT,),
    "MATCH_inputEPC": ("input",),
    "MATCH_outputEPC": ("output",),
    "MATCH_anyEPC": OF_THINGS,
    "MATCH_epcClass": (CLASSES["quantityList"], CLASSES["childQuantityList"]),
    "MATCH_inputEPCClass": (CLASSES["inputQuantityList"],),
    "MATCH_outputEPCClass": (CLASSES["outputQuantityList"],),
    "MATCH_anyEPCClass": ANY_CLASS,
}
TERMS = {
    "EQ_persistentDisposition_set": ("set", "disposition"),
    "EQ_persistentDisposition_unset": ("unset", "disposition"),
    "EQ_correctiveEventID": ("corrective", ""),
    "EQ_type": ("sensor:type", "measurement"),
    **{f"EQ_{name}": (f"sensor:{name}", "") for name in SENSOR_TERMS if name != "type"},
}
WITH_TYPE = {
    "EQ_bizTransaction_": ("transaction", "bizTransaction"),
    "EQ_source_": ("source", "party"),
    "EQ_destination_": ("destination", "party"),
}
PLAIN = ("sensor:stringValue", "sensor:hexBinaryValue", "sensor:booleanValue")
_PARTS = "|".join(filter(None, KINDS))
OWN = re.compile(rf"(EQ|GT|GE|LT|LE|EXISTS)_(INNER_)?({_PARTS})?([A-Za-z][\w.-]*:.+)")
ATTRIBUTES = re.compile(r"(HASATTR|EQATTR|EQ_ATTR)_([A-Za-z][\w.-]*:.+)")
OWN_NAME = re.compile(r"[A-Za-z][\w.-]*:.+")
#: Fields of one's own at the top of an event, by which events may be put in order.
OWN_ORDER = "own:"
ORDERS = {"eventTime": "event_time", "recordTime": "record_time"}
NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,2})?")
#: What stands beside a query and is none of its parameters.
BESIDE = ("perPage", "nextPageToken", "@context")
MOST_VALUES = 1000


class QueryError(ValueError):
    """A query cannot be asked so; the message names the parameter and the mend."""


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes
    ----------
    on : str
        ``column``, ``place``, ``time``, ``term``, ``number``, ``text``, ``exists``, ``declared``.
    names : tuple of str
        A column, or kinds of terms.
    operator : str
        One of `OPERATORS`' values.
    values : tuple
        Texts, a time or a number.
    """

    on: str
    names: tuple[str, ...]
    values: tuple[Any, ...] = ()
    operator: str = "="


@dataclass(frozen=True)
class Query:
    """A query: its conditions, the order of events, and how many.

    Attributes
    ----------
    conditions : tuple of Condition
    order : str
        By what events are put in order: a column of times, or a kind of terms, after `OWN_ORDER`.
    ascending : bool
    limit : int or None
        Of events in all.
    most : int or None
        More events than that are an error.
    """

    conditions: tuple[Condition, ...] = ()
    order: str = "record_time"
    ascending: bool = True
    limit: int | None = None
    most: int | None = None


def from_address(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the parameters of an address as JSON has them: several values with | between.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Names and texts.

    Raises
    ------
    QueryError
        When there are too many values.
    """
    found: dict[str, list[str]] = {}
    for name, text in pairs:
        if name not in BESIDE:
            found.setdefault(name, []).extend(text.split("|"))
    return dict(found)


def parse_query(values: Any, names: Mapping[str, str]) -> Query:
    """Read a query.

    Parameters
    ----------
    values : mapping
        Its parameters: of JSON, or by `from_address`.
    names : mapping
        Prefixes that its names may have, by `contexts.prefixes`.

    Raises
    ------
    QueryError
        When a parameter is unknown, or its value is none that it takes.
    """
    if not isinstance(values, dict):
        raise QueryError("query: write an object of parameters")
    conditions = []
    for name, value in values.items():
        if name in BESIDE or name in ("orderBy", "orderDirection"):
            continue
        if name not in ("eventCountLimit", "maxEventCount"):
            try:
                condition = _condition(name, value, names)
            except (FieldError, IdentifierError) as error:
                raise QueryError(f"{name}: {error}") from error
            conditions += [] if condition is None else [condition]
    limit, most = (_count(values, name) for name in ("eventCountLimit", "maxEventCount"))
    if limit is not None and most is not None:
        raise QueryError("eventCountLimit: cannot stand with maxEventCount; leave one out")
    order = _order(_one(values, "orderBy") or "recordTime", names)
    direction = _one(values, "orderDirection") or ("DESC" if "orderBy" in values else "ASC")
    if direction not in ("ASC", "DESC"):
        raise QueryError(f'orderDirection: "{direction}": write ASC or DESC')
    return Query(tuple(conditions), order, direction == "ASC", limit, most)


def _order(name: str, names: Mapping[str, str]) -> str:
    if name in ORDERS:
        return ORDERS[name]
    if OWN_NAME.fullmatch(name) is None:
        raise QueryError(
            f'orderBy: "{name}": write eventTime, recordTime, or a field of your own, with prefix'
        )
    return f"{OWN_ORDER}{_full('orderBy', name, names)}"


def _texts(name: str, value: Any) -> list[str]:
    many = value if isinstance(value, list) else [value]
    if not 1 <= len(many) <= MOST_VALUES:
        raise QueryError(f"{name}: write 1 to {MOST_VALUES} values")
    for each in many:
        if not isinstance(each, str | int | float) or each == "":
            raise QueryError(f"{name}: {json.dumps(each)[:40]} is no value; write a text")
    return [each if isinstance(each, str) else json.dumps(each) for each in many]


def _single(name: str, value: Any) -> str:
    texts = _texts(name, value)
    if len(texts) != 1:
        raise QueryError(f"{name}: write one value")
    return texts[0]


def _one(values: Mapping[str, Any], name: str) -> str | None:
    return _single(name, values[name]) if name in values else None


def _count(values: Mapping[str, Any], name: str) -> int | None:
    text = _one(values, name)
    if text is None:
        return None
    if not text.isdecimal() or not text.isascii() or not int(text[:9]) >= 1 or len(text) > 9:
        raise QueryError(f'{name}: "{text}" is no number of events; write 1 or more')
    return int(text)


def _time(name: str, value: Any, none: str = "no") -> datetime:
    text = _single(name, value)
    try:
        if datetime.fromisoformat(text.upper()).tzinfo is None:
            raise ValueError
        return moment(text)
    except (ValueError, FieldError):
        raise QueryError(
            f'{name}: "{text}" is {none} time with zone; write 2026-05-01T08:00:00+08:00'
        ) from None


def _numbers(name: str, value: Any, sign: str) -> tuple[str, ...]:
    texts = _texts(name, value) if sign == "=" else [_single(name, value)]
    for text in texts:
        if not NUMBER.fullmatch(text):
            raise QueryError(f'{name}: "{text}" is no number')
    return tuple(texts)


def _truth(name: str, value: Any) -> bool:
    text = _single(name, value).lower()
    if text not in ("true", "false", "1", "0"):
        raise QueryError(f'{name}: "{text}": write true or false')
    return text in ("true", "1")


def _condition(name: str, value: Any, names: Mapping[str, str]) -> Condition | None:
    if name in COLUMNS:
        column, words = COLUMNS[name]
        texts = _words(name, value, words)
        if column in OWN_WORDS:
            texts = tuple(expanded(each, names) for each in texts)
        return Condition("column", (column,), texts)
    if name in PLACES:
        return Condition("place", (PLACES[name],), _words(name, value, ""))
    if name in MATCHES:
        found = _words(name, value, "")
        pairs = zip(_texts(name, value), found, strict=True)
        every = tuple(f"{link}/*" for text, link in pairs if text.startswith("urn:epc:idpat:"))
        return Condition("term", tuple(MATCHES[name]), found + every)
    if name in TERMS:
        kind, words = TERMS[name]
        if kind == "sensor:booleanValue":
            return Condition("term", (kind,), ("true" if _truth(name, value) else "false",))
        if kind in PLAIN:
            return Condition("term", (kind,), tuple(map(look_up, _texts(name, value))))
        return Condition("term", (kind,), _words(name, value, words))
    for start, (kind, words) in WITH_TYPE.items():
        if name.startswith(start):
            of = vocabulary.bare(words, name[len(start) :])
            return Condition("term", (f"{kind}:{of}",), _words(name, value, ""))
    if name in ("EXISTS_errorDeclaration", "EXISTS_sensorElementList"):
        on = "declared" if "error" in name else "exists"
        return Condition(on, ("sensor",)) if _truth(name, value) else None
    return _compared(name, value) or _own(name, value, names)


def _words(name: str, value: Any, words: str | None) -> tuple[str, ...]:
    texts = _texts(name, value)
    if words is None:
        return tuple(texts)
    return tuple(uri(vocabulary.bare(words, each) if words else each) for each in texts)


def _compared(name: str, value: Any) -> Condition | None:
    """Times, quantities, and numbers that sensors measured."""
    short, _, rest = name.partition("_")
    if short not in OPERATORS:
        return None
    sign = OPERATORS[short]
    if rest in TIMES and short in ("GE", "LT"):
        return Condition("time", (TIMES[rest],), (_time(name, value),), sign)
    if rest in SENSOR_TIMES and short in ("GE", "LT"):
        return Condition("text", (f"time:{rest}",), (instant(_time(name, value)),), sign)
    if rest in ("quantity", "percRank"):
        return Condition("number", (f"number:{rest}",), _numbers(name, value, sign), sign)
    what, _, unit = rest.partition("_")
    if what in (*SENSOR_NUMBERS, "quantity") and unit:
        numbers = _numbers(name, value, sign)
        return Condition("number", (f"number:{what}:{unit}",), numbers, sign)
    return None


def _own(name: str, value: Any, names: Mapping[str, str]) -> Condition:
    """Fields of somebody's own, by their full names."""
    if (match := ATTRIBUTES.fullmatch(name)) is not None:
        return _attribute(name, value, names, match)
    match = OWN.fullmatch(name)
    if match is None:
        raise QueryError(f"{name}: there is no such parameter")
    short, inner, part, field = match.groups()
    kind = f"{KINDS[part or ''][inner is not None]}:{_full(name, field, names)}"
    if short == "EXISTS":
        return Condition("exists", (kind,))
    if short == "EQ":
        return Condition("term", (kind,), tuple(map(look_up, _texts(name, value))))
    text = _single(name, value)
    if NUMBER.fullmatch(text):
        return Condition("number", (kind,), (text,), OPERATORS[short])
    at = (instant(_time(name, value, "neither a number nor a")),)
    return Condition("text", (f"time:{kind}",), at, OPERATORS[short])


def _attribute(name: str, value: Any, names: Mapping[str, str], match: re.Match[str]) -> Condition:
    """Attributes of own fields: that there is one of a name, or what it says."""
    if match[1] == "HASATTR":
        wanted = tuple(look_up(expanded(each, names)) for each in _texts(name, value))
        return Condition("term", (f"{ATTRIBUTE}:{_full(name, match[2], names)}",), wanted)
    field, attribute = _split(match[2], names)
    if not field or not attribute:
        raise QueryError(f"{name}: names no attribute; write EQATTR_field_attribute")
    kind = f"{ATTRIBUTE}:{_full(name, field, names)} {expanded(attribute, names)}"
    return Condition("term", (kind,), tuple(map(look_up, _texts(name, value))))


def _split(text: str, names: Mapping[str, str]) -> tuple[str, str]:
    """Part a field from its attribute: before a prefix that is known, else at the last _."""
    for place in (each.start() for each in re.finditer("_", text)):
        prefix, colon, _ = text[place + 1 :].partition(":")
        if colon and prefix in names:
            return text[:place], text[place + 1 :]
    field, _, attribute = text.rpartition("_")
    return field, attribute


def _full(name: str, field: str, names: Mapping[str, str]) -> str:
    prefix = field.partition(":")[0]
    if prefix not in names and not field.startswith(("http://", "https://", "urn:")):
        raise QueryError(
            f'{name}: nobody says what "{prefix}" stands for; say it in @context, or in the '
            f"header GS1-Extensions: {prefix}=https://…"
        )
    return expanded(field, names)
