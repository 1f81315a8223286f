"""Our schema of EPCIS 2.0 gives the verdict of GS1's, on its examples and on thousands broken."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from models.exchange.epcis import schema, vocabulary
from tests.models.exchange.epcis_examples import examples, need

#: What a value is replaced by: wrong types, unknown words, URIs in forms that are not allowed.
STRANGERS: tuple[Any, ...] = (
    None,
    7,
    -1.5,
    True,
    "",
    "no uri",
    "zzz_unknown",
    "example:own",
    "https://example.org/x",
    "urn:epcglobal:cbv:bizstep:shipping",
    "https://ns.gs1.org/cbv/BizStep-shipping",
    "https://gs1.org/voc/Temperature",
    "2020-02-30T00:00:00Z",
    "2020-01-01T00:00:00",
    "+14:30",
    "OBSERVE",
    "ADD",
    "DELETE",
    "ObjectEvent",
    "TransactionEvent",
    "AssociationEvent",
    [],
    ["x"],
    ["https://example.org/x", "https://example.org/x"],
    {},
    {"id": "https://example.org/x"},
    {"set": []},
    {"epcClass": "https://example.org/x", "uom": "kgm"},
)


def ours(document: Any) -> bool:
    """Our verdict on a document: its frame, and each event by its type."""
    kind = document.get("type") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in schema.DOCUMENTS:
        named = isinstance(document, dict) and "@context" in document
        return named and schema.of_event(document).is_valid(document)
    if not schema.validator(kind).is_valid(document):
        return False
    body = document["epcisBody"]
    if kind == "EPCISQueryDocument":
        body = body["queryResults"]["resultsBody"]
    return all(schema.of_event(event).is_valid(event) for event in body["eventList"])


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document, but the document itself."""
    if at:
        yield at
    if not isinstance(value, dict | list):
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield from places(inner, (*at, key))


def broken(document: Any, dice: random.Random) -> Any:
    """A copy in which one thing is taken out, replaced, added or doubled."""
    found = copy.deepcopy(document)
    at = dice.choice(list(places(found)))
    holder = found
    for key in at[:-1]:
        holder = holder[key]
    deed = dice.choice(("drop", "replace", "replace", "replace", "add", "double"))
    if deed == "drop":
        del holder[at[-1]]
    elif deed == "add" and isinstance(holder, dict):
        name = dice.choice(
            ("strange", "example:new", "https://example.org/new", "ilmd", "bizRules")
        )
        holder[name] = dice.choice(STRANGERS)
    elif deed == "double" and isinstance(holder[at[-1]], list) and holder[at[-1]]:
        holder[at[-1]].append(copy.deepcopy(holder[at[-1]][0]))
    else:
        holder[at[-1]] = copy.deepcopy(dice.choice(STRANGERS))
    return found


@pytest.fixture(scope="module")
def theirs() -> jsonschema_rs.Draft7Validator:
    text = (need() / "EPCIS-JSON-Schema.json").read_text("utf-8")
    return jsonschema_rs.Draft7Validator(json.loads(text), validate_formats=True)


def test_every_example_is_accepted(theirs: jsonschema_rs.Draft7Validator) -> None:
    found = examples()
    assert len(found) >= 20
    for name, document in found.items():
        assert theirs.is_valid(document), name
        assert ours(document), name


def test_a_broken_example_gets_the_verdict_of_the_published_schema(
    theirs: jsonschema_rs.Draft7Validator,
) -> None:
    dice, refused, unlike = random.Random(20260501), 0, []
    for name, document in examples().items():
        events = document["epcisBody"].get("eventList", [])
        alone = [{"@context": document["@context"], **event} for event in events]
        for whole in (document, *alone):
            for _ in range(400):
                changed = broken(whole, dice)
                verdict = theirs.is_valid(changed)
                refused += not verdict
                if ours(changed) != verdict:
                    unlike.append((name, verdict, json.dumps(changed)[:3000]))
    assert refused > 5000
    assert unlike == [], len(unlike)


def test_the_words_are_those_of_the_published_schema() -> None:
    published = json.loads((need() / "EPCIS-JSON-Schema.json").read_text("utf-8"))["definitions"]
    pairs = {
        "bizStep": vocabulary.BIZ_STEPS,
        "disposition": vocabulary.DISPOSITIONS,
        "bizTransaction-type": vocabulary.TRANSACTION_TYPES,
        "source-dest-type": vocabulary.PARTY_TYPES,
        "error-reason": vocabulary.ERROR_REASONS,
        "measurementType": vocabulary.MEASUREMENTS,
        "component": vocabulary.COMPONENTS,
        "sensorAlertType": vocabulary.ALERTS,
    }
    for name, words in pairs.items():
        assert set(published[name]["anyOf"][1]["enum"]) == set(words), name
