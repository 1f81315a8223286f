"""The simple event query: what is asked, and what cannot be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from models.exchange.epcis.asking import Condition, Query, QueryError, from_address, parse_query
from models.exchange.epcis.contexts import prefixes
from tests.models.exchange.epcis_examples import need

NAMES = prefixes({"x": "https://x.example/"})
AT = datetime(2026, 5, 1, tzinfo=UTC)


def asked(**values: Any) -> Condition:
    (found,) = parse_query(values, NAMES).conditions
    return found


def test_every_parameter_that_the_interface_names_is_asked() -> None:
    described = json.loads((need() / "openapi.json").read_text("utf-8"))["components"]["parameters"]
    beside = {"perPage", "nextPageToken", "orderBy", "orderDirection"}
    found = 0
    for parameter in described.values():
        name = parameter["name"]
        if parameter["in"] != "query" or name in beside:
            continue
        if "_" not in name and name not in ("eventType", "eventCountLimit", "maxEventCount"):
            continue  # of subscriptions
        kind = parameter["schema"].get("type")
        value = {"integer": "1", "number": "1.5", "boolean": "true"}.get(kind, "shipping")
        value = "2026-05-01T00:00:00Z" if "date-time" in str(parameter["schema"]) else value
        parse_query({name: [value]}, NAMES)
        found += 1
    assert found >= 50


def test_every_pattern_of_the_query_schema_is_asked() -> None:
    """With a prefix, a unit, a type put where the pattern takes any."""
    schema = json.loads((need() / "query-schema.json").read_text("utf-8"))
    patterns = schema["definitions"]["EPCIS-Query"]["patternProperties"]
    for pattern in patterns:
        name = pattern.strip("^$").replace(r"[a-z][a-zA-Z0-9]*\\:\\w+", "x:a")
        name = name.replace("[A-Z0-9]{2,4}", "CEL").replace("[a-z][a-zA-Z0-9_]+", "po")
        name = name.replace(r"\\w+_\\w+", "x:a_x:b").replace(r"\\w+", "a")
        assert not set(name) & set("[]\\*+"), pattern
        parse_query({name: ["1"]}, NAMES)
    assert len(patterns) > 90


@pytest.mark.parametrize(
    ("name", "value", "condition"),
    [
        ("eventType", "ObjectEvent", Condition("column", ("type",), ("ObjectEvent",))),
        ("eventType", "x:Own", Condition("column", ("type",), ("https://x.example/Own",))),
        (
            "EQ_bizStep",
            ["shipping", "https://ref.gs1.org/cbv/BizStep-packing"],
            Condition("column", ("biz_step",), ("shipping", "packing")),
        ),
        (
            "MATCH_epc",
            "urn:epc:id:sscc:4012345.0000000111",
            Condition("term", ("epc", "child"), ("https://id.gs1.org/00/040123450000001112",)),
        ),
        (
            "GE_eventTime",
            "2026-05-01T08:00:00+08:00",
            Condition("time", ("event_time",), (AT,), ">="),
        ),
        (
            "LT_startTime",
            "2026-05-01T00:00:00Z",
            Condition("text", ("time:startTime",), ("2026-05-01T00:00:00.000000Z",), "<"),
        ),
        ("GT_quantity", 3, Condition("number", ("number:quantity",), ("3",), ">")),
        ("LE_maxValue_CEL", "4.5", Condition("number", ("number:maxValue:CEL",), ("4.5",), "<=")),
        ("EQ_booleanValue", "true", Condition("term", ("sensor:booleanValue",), ("true",))),
        ("EQ_bizTransaction_po", "urn:x:1", Condition("term", ("transaction:po",), ("urn:x:1",))),
        ("EXISTS_errorDeclaration", "true", Condition("declared", ("sensor",))),
        ("EXISTS_x:a", "true", Condition("exists", ("own:https://x.example/a",))),
        ("EQ_ILMD_x:a", "B", Condition("term", ("ilmd:https://x.example/a",), ("B",))),
        ("GT_INNER_x:a", "2", Condition("number", ("inner:https://x.example/a",), ("2",), ">")),
        (
            "LE_ILMD_x:a",
            "2026-05-01T08:00:00+08:00",
            Condition(
                "text", ("time:ilmd:https://x.example/a",), ("2026-05-01T00:00:00.000000Z",), "<="
            ),
        ),
        ("EQ_quantity", [3, 4.5], Condition("number", ("number:quantity",), ("3", "4.5"))),
        (
            "HASATTR_x:a_b",
            "x:c",
            Condition("term", ("attribute:https://x.example/a_b",), ("https://x.example/c",)),
        ),
        (
            "EQATTR_x:a_b_x:c_d",
            "e",
            Condition("term", ("attribute:https://x.example/a_b https://x.example/c_d",), ("e",)),
        ),
        (
            "EQ_ATTR_x:a_b_unit",
            "mm",
            Condition("term", ("attribute:https://x.example/a_b unit",), ("mm",)),
        ),
        ("WD_readPoint", "urn:x:1", Condition("place", ("read_point",), ("urn:x:1",))),
    ],
)
def test_a_parameter_becomes_a_condition(name: str, value: Any, condition: Condition) -> None:
    assert asked(**{name: value}) == condition


def test_what_is_asked_for_as_false_is_not_asked() -> None:
    assert parse_query({"EXISTS_errorDeclaration": "false"}, NAMES) == Query()


def test_an_address_holds_several_values_with_bars_between() -> None:
    pairs = [("EQ_bizStep", "shipping|packing"), ("EQ_bizStep", "storing"), ("perPage", "3")]
    assert from_address(pairs) == {"EQ_bizStep": ["shipping", "packing", "storing"]}


def test_order_and_numbers() -> None:
    found = parse_query({"orderBy": "eventTime", "eventCountLimit": "5"}, NAMES)
    assert found == Query((), "event_time", False, 5)
    assert parse_query({"orderBy": "eventTime", "orderDirection": "ASC"}, NAMES).ascending
    assert parse_query({"orderBy": "x:a"}, NAMES).order == "own:https://x.example/a"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([], "write an object of parameters"),
        ({"EQ_colour": "red"}, "EQ_colour: there is no such parameter"),
        ({"EQ_z:colour": "red"}, 'EQ_z:colour: nobody says what "z" stands for'),
        ({"GE_eventTime": "yesterday"}, "GE_eventTime: .* is no time with zone"),
        ({"GE_eventTime": "2026-05-01T08:00:00"}, "is no time with zone"),
        ({"GT_quantity": "many"}, 'GT_quantity: "many" is no number'),
        ({"GT_x:a": "b"}, 'GT_x:a: "b" is neither a number nor a time with zone'),
        ({"GT_x:a": ["1", "2"]}, "write one value"),
        ({"EQ_quantity_KGM": ["1", "many"]}, 'EQ_quantity_KGM: "many" is no number'),
        ({"EQ_ATTR_x:a": "b"}, "EQ_ATTR_x:a: names no attribute; write EQATTR_field_attribute"),
        ({"HASATTR_z:a": "b"}, 'HASATTR_z:a: nobody says what "z" stands for'),
        ({"EQ_booleanValue": "perhaps"}, "write true or false"),
        ({"eventCountLimit": "0"}, "eventCountLimit: .* is no number of events"),
        ({"maxEventCount": "x"}, "maxEventCount: .* is no number of events"),
        ({"eventCountLimit": 1, "maxEventCount": 1}, "cannot stand with maxEventCount"),
        ({"orderBy": "colour"}, 'orderBy: "colour": write eventTime, recordTime, or a field'),
        ({"orderBy": "z:a"}, 'orderBy: nobody says what "z" stands for'),
        ({"orderBy": "eventTime", "orderDirection": "UP"}, "write ASC or DESC"),
        ({"EQ_bizStep": []}, "EQ_bizStep: write 1 to 1000 values"),
        ({"EQ_bizStep": [{}]}, "is no value"),
        ({"GE_eventTime": ["a", "b"]}, "write one value"),
        ({"MATCH_epc": "https://id.gs1.org/01/10614141123450/21/4"}, "MATCH_epc: .*check digit"),
        ({"MATCH_epc": "x" * 401}, "MATCH_epc: .*more than 400"),
    ],
)
def test_what_cannot_be_asked_is_named(values: Any, why: str) -> None:
    with pytest.raises(QueryError, match=why):
        parse_query(values, NAMES)
