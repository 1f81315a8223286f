"""Reads EPCIS documents and events from JSON, and says what is wrong with each event.

A document is read in two steps: its frame, which must be right for anything to be captured, and its
events, each of which is right or has faults of its own.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from models.exchange.epcis import schema, vocabulary
from models.exchange.epcis.contexts import prefixes
from models.exchange.epcis.fields import Fields, extract
from models.exchange.epcis.identity import IdentityError, event_hash
from models.exchange.epcis.looked_up import FieldError, uri
from models.trace.identifiers import IdentifierError

#: How deep objects and lists may stand in each other; the standard's own need 8.
DEEPEST = 32
#: Clocks differ: an event that is so little ahead of ours is not in the future.
AHEAD = timedelta(minutes=5)
FAULTS_SHOWN = 3
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


class DocumentError(ValueError):
    """A document cannot be read; nothing of it is captured. The message names the place."""


class EventError(ValueError):
    """An event is not right; the message names the place in it and the mend."""


@dataclass(frozen=True)
class Document:
    """A document whose frame is right.

    Attributes
    ----------
    context : object
        Its ``@context``.
    events : list
        As they came, not checked yet.
    places : tuple of (str, str)
        Pairs of a place and one that its master data put below it.
    version : str
        Of the standard, as it says.
    """

    context: Any
    events: list[Any]
    places: tuple[tuple[str, str], ...] = ()
    version: str = "2.0"


@dataclass(frozen=True)
class Checked:
    """An event that is right.

    Attributes
    ----------
    id : str
        Its eventID, given or computed.
    given : bool
        Whether it came with one.
    event : dict
        As it came, without a recordTime.
    fields : Fields
    """

    id: str
    given: bool
    event: dict[str, Any]
    fields: Fields


def read_json(raw: bytes) -> Any:
    """Read JSON as strictly as its standard: UTF-8, no name twice, finite numbers, not too deep.

    Parameters
    ----------
    raw : bytes

    Raises
    ------
    DocumentError
        When it is not so.
    """
    try:
        text = raw.decode("utf-8-sig")
        value = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except UnicodeDecodeError as error:
        raise DocumentError(f"byte {error.start} is no UTF-8; send UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise DocumentError(f"{where}: no JSON ({error.msg})") from error
    except RecursionError:
        raise DocumentError(_TOO_DEEP) from None
    except DocumentError:
        raise
    except ValueError as error:  # an integer of thousands of digits
        raise DocumentError(f"a number cannot be read: {error}") from error
    _prove(value)
    return value


_TOO_DEEP = f"objects and lists stand more than {DEEPEST} deep in each other; send flatter data"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DocumentError(f'"{twice}" stands twice in one object; send it once')
    return found


def _no_number(text: str) -> NoReturn:
    raise DocumentError(f"{text} is no number of JSON; leave the field out")


def _finite(text: str) -> float:
    value = float(text) + 0.0  # there is one zero
    if not math.isfinite(value):
        raise DocumentError(f"{text} is too large a number")
    return value


def _prove(value: Any) -> None:
    """Refuse what is too deep, and text that no database keeps."""
    level: list[Any] = [value]
    for _ in range(DEEPEST + 1):
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below += [*each, *each.values()]
            elif isinstance(each, list):
                below += each
            elif isinstance(each, str) and ("\0" in each or not each.isascii()):
                _prove_text(each)
        level = below
        if not level:
            return
    raise DocumentError(_TOO_DEEP)


def _prove_text(text: str) -> None:
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise DocumentError(f"{text[:40]!r} holds NUL or half a character; remove it")


def read_document(raw: bytes) -> Document:
    """Read the frame of an EPCISDocument, an EPCISQueryDocument or a single event.

    Parameters
    ----------
    raw : bytes
        JSON in UTF-8.

    Raises
    ------
    DocumentError
        When it is no JSON, or its frame is not what the standard says.
    """
    value = read_json(raw)
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        raise DocumentError('type: say what this is, for instance "EPCISDocument"')
    if kind not in schema.DOCUMENTS:
        return single(value)
    _prove_by(schema.validator(kind), value, "")
    body = value["epcisBody"]
    if kind == "EPCISQueryDocument":
        body = body["queryResults"]["resultsBody"]
        master = body.get("vocabularyList", ())
    else:
        header = value.get("epcisHeader", {}).get("epcisMasterData", {})
        master = header.get("vocabularyList", ())
    try:
        places = tuple(_places(master))
    except (FieldError, IdentifierError) as error:
        raise DocumentError(f"vocabularyList: {error}") from error
    return Document(value["@context"], body["eventList"], places, value.get("schemaVersion", "2.0"))


def _places(vocabularies: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for each in vocabularies:
        for element in each.get("vocabularyElementList", ()):
            for below in element.get("children", ()):
                yield uri(element["id"]), uri(below)


def single(value: Any) -> Document:
    """Take one event that stands alone, with a context of its own, as a document.

    Parameters
    ----------
    value : object
        As JSON has it.

    Raises
    ------
    DocumentError
        When it has no context.
    """
    if not isinstance(value, dict) or "@context" not in value:
        raise DocumentError("@context: is missing; an event that stands alone needs one")
    return Document(value["@context"], [{k: v for k, v in value.items() if k != "@context"}])


def _prove_by(validator: Any, value: Any, where: str) -> None:
    faults = [_fault(each, where) for each in _first(validator.iter_errors(value))]
    if faults:
        raise DocumentError("; ".join(faults))


def _first(errors: Iterator[Any]) -> Iterator[Any]:
    for each, _ in zip(errors, range(FAULTS_SHOWN), strict=False):
        yield each


def _fault(error: Any, where: str) -> str:
    """Say in a line what a schema refuses: the place, the fault, and the mend where one is near."""
    path = where
    for step in error.instance_path:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    rule = [step for step in error.schema_path if isinstance(step, str)]
    found = json.dumps(error.instance, ensure_ascii=False)[:60]
    if "propertyNames" in rule:
        name = QUOTED.match(str(error.message))
        said = f"{name[0] if name else found} is no field of it; write a prefix before your own"
    elif rule[-1:] == ["anyOf"] and isinstance(error.instance, str):
        said = f"{found} is none of the standard's words and no URI{_near(error.instance)}"
    elif rule[-1:] == ["anyOf"]:
        said = "lacks what it is about (things, a quantity, or what was measured and where)"
    else:
        said = str(error.message)[:200]
    return f"{path or 'the document'}: {said}"


def _near(word: str) -> str:
    known = [each for words, *_ in vocabulary.FORMS.values() for each in words]
    near = difflib.get_close_matches(word, known, 1)
    return f' (did you mean "{near[0]}"?)' if near else ""


def check(event: Any, context: Any, now: datetime) -> Checked:
    """Check one event of a document, and find what it is looked up by.

    Parameters
    ----------
    event : object
        As it came.
    context : object
        ``@context`` of the document that it came in.
    now : datetime
        The time here, aware.

    Raises
    ------
    EventError
        When it is not right: its schema, a check digit, a time to come.
    """
    validator = schema.of_event(event)
    faults = [_fault(each, "") for each in _first(validator.iter_errors(event))]
    if faults:
        raise EventError("; ".join(faults))
    try:
        names = prefixes(context, event.get("@context"))
        fields = extract(event, names)
        told = {name: value for name, value in event.items() if name != "recordTime"}
        given = "eventID" in event
        name = event["eventID"] if given else event_hash(told, names)
        uri(name)
    except (FieldError, IdentifierError, IdentityError) as error:
        raise EventError(str(error)) from error
    for what, at in (("eventTime", fields.time), ("declarationTime", fields.declared)):
        if at is not None and at > now + AHEAD:
            raise EventError(f"{what}: {at.isoformat()} is in the future; set the clock right")
    return Checked(name, given, told, fields)
