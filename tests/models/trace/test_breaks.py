"""Stories that hold together and stories that do not, each break by itself and by its mending."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.trace.breaks import KINDS, Told, find_breaks, read_told

DAY = datetime(2026, 5, 10, tzinfo=UTC)
LOT, PACKED, MIXED = (f"https://t.cn/subject/410922000123/class/{n}" for n in ("A", "B", "C"))
BOX, OTHER = (f"https://id.gs1.org/01/06901234567892/21/{n}" for n in (1, 2))
PALLET, SECOND = ("https://id.gs1.org/00/069012340000000016", "urn:x:pallet:2")


def of(lot: str, kg: float | None, uom: str = "KGM") -> dict[str, Any]:
    return {"epcClass": lot} | ({} if kg is None else {"quantity": kg, "uom": uom})


def thing(hour: float, step: str, what: Any, action: str = "OBSERVE", by: str = "coop") -> Any:
    listed = {"quantityList": [what]} if isinstance(what, dict) else {"epcList": [what]}
    return hour, by, step, {"type": "ObjectEvent", "action": action, **listed}


def pack(hour: float, parent: str, *children: Any, action: str = "ADD") -> Any:
    told: dict[str, Any] = {"type": "AggregationEvent", "action": action, "parentID": parent}
    for each in children:
        name = "childQuantityList" if isinstance(each, dict) else "childEPCs"
        told.setdefault(name, []).append(each)
    return hour, "packer", "packing", told


def make(hour: float, inputs: list[Any], outputs: list[Any], group: str | None = None) -> Any:
    told: dict[str, Any] = {"type": "TransformationEvent"}
    for side, each in [("input", e) for e in inputs] + [("output", e) for e in outputs]:
        kind = "QuantityList" if isinstance(each, dict) else "EPCList"
        told.setdefault(side + kind, []).append(each)
    return hour, "packer", "packing", told | ({"transformationID": group} if group else {})


def read(story: list[Any]) -> list[Told]:
    return [
        read_told(id_, by, DAY + timedelta(hours=hour), told["type"], step, told)
        for id_, (hour, by, step, told) in enumerate(story, 1)
    ]


def kinds(*story: Any, tolerance: float = 0.05) -> list[tuple[str, int]]:
    """Kinds of breaks, and at which event of the story, counted from 1."""
    told = read(list(story))
    things = {name for each in told for name in each.named()}
    return [(each.what.kind, each.event) for each in find_breaks(told, things, tolerance)]


ADD = thing(6, "commissioning", of(LOT, 300), "ADD")
BORN = thing(6, "commissioning", BOX, "ADD")
SHIP = thing(8, "shipping", BOX)
GOOD = [
    ADD,
    make(7, [of(LOT, 300)], [of(PACKED, 290)]),
    make(7.5, [of(PACKED, 290)], [BOX, OTHER]),
    pack(8, PALLET, BOX, OTHER),
    thing(8, "shipping", PALLET, by="packer"),
    thing(9, "receiving", PALLET, by="carrier"),
    thing(10, "shipping", PALLET, by="carrier"),
    thing(11, "receiving", PALLET, by="shop"),
    pack(12, PALLET, action="DELETE"),
    pack(12, SECOND, BOX),
    pack(13, SECOND, BOX, action="DELETE"),
    thing(14, "retail_selling", BOX, "DELETE", by="shop"),
    thing(15, "urn:nongqing:bizstep:recalling", BOX, by="bureau"),
]


def test_a_story_that_holds_together_has_no_break() -> None:
    assert kinds(*GOOD) == []


@pytest.mark.parametrize(
    ("name", "story", "found"),
    [
        ("early", [thing(7, "receiving", BOX, by="shop"), SHIP], [("flag_received_early", 1)]),
        ("in time", [SHIP, thing(9, "receiving", BOX, by="shop")], []),
        ("at once", [SHIP, thing(8, "receiving", BOX, by="shop")], []),
        ("nobody ships", [thing(7, "receiving", BOX, by="shop")], []),
        (
            "sent on",
            [thing(7, "receiving", BOX, by="dc"), thing(8, "shipping", BOX, by="dc")],
            [],
        ),
        (
            "sent on and received, though who grew it takes no part",
            [
                thing(7, "receiving", BOX, by="dc"),
                thing(8, "shipping", BOX, by="dc"),
                thing(9, "receiving", BOX, by="shop"),
            ],
            [],
        ),
        (
            "the second leg is early",
            [
                SHIP,
                thing(9, "receiving", BOX, by="dc"),
                thing(10, "receiving", BOX, by="shop"),
                thing(11, "shipping", BOX, by="dc"),
            ],
            [("flag_received_early", 3)],
        ),
        (
            "the shipping was void",
            [
                thing(5, "shipping", BOX),
                thing(5.5, "void_shipping", BOX),
                thing(7, "receiving", BOX, by="shop"),
                SHIP,
            ],
            [("flag_received_early", 3)],
        ),
        (
            "a lot in two carts, and a later shipment of it",
            [
                thing(5, "shipping", of(LOT, 100)),
                thing(6, "receiving", of(LOT, 50), by="shop"),
                thing(7, "receiving", of(LOT, 50), by="shop"),
                thing(8, "shipping", of(LOT, 100)),
            ],
            [],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_receiving_comes_after_shipping(name: str, story: Any, found: Any) -> None:
    assert kinds(*story) == found


@pytest.mark.parametrize(
    ("name", "story", "found"),
    [
        ("twice", [pack(8, PALLET, BOX), pack(9, SECOND, BOX)], [("flag_two_parents", 2)]),
        ("twice at once", [pack(8, PALLET, BOX), pack(8, SECOND, BOX)], [("flag_two_parents", 2)]),
        ("the same again", [pack(8, PALLET, BOX), pack(9, PALLET, BOX)], []),
        (
            "taken out",
            [pack(8, PALLET, BOX), pack(9, PALLET, BOX, action="DELETE"), pack(9, SECOND, BOX)],
            [],
        ),
        (
            "all taken out",
            [pack(8, PALLET, BOX), pack(8.5, PALLET, action="DELETE"), pack(9, SECOND, BOX)],
            [],
        ),
        (
            "another taken out",
            [
                pack(8, PALLET, BOX, OTHER),
                pack(8.5, PALLET, OTHER, action="DELETE"),
                pack(9, SECOND, BOX),
            ],
            [("flag_two_parents", 3)],
        ),
        (
            "the pallet is no more",
            [
                pack(8, PALLET, BOX),
                thing(8.5, "decommissioning", PALLET, "DELETE"),
                pack(9, SECOND, BOX),
            ],
            [],
        ),
        ("nested", [pack(8, PALLET, BOX), pack(9, SECOND, PALLET)], []),
        ("a lot may be in two", [pack(8, PALLET, of(LOT, 5)), pack(9, SECOND, of(LOT, 5))], []),
        ("was not in", [pack(8, PALLET, BOX, action="DELETE")], [("flag_not_in", 1)]),
        (
            "taken out twice",
            [
                pack(7, PALLET, BOX),
                pack(8, PALLET, BOX, action="DELETE"),
                pack(9, PALLET, BOX, action="DELETE"),
            ],
            [("flag_not_in", 3)],
        ),
        (
            "in and out again",
            [
                pack(7, PALLET, BOX),
                pack(8, PALLET, BOX, action="DELETE"),
                pack(9, PALLET, BOX),
                pack(10, PALLET, BOX, action="DELETE"),
            ],
            [],
        ),
        (
            "of a lot a part, twice",
            [
                pack(7, PALLET, of(LOT, 50)),
                pack(8, PALLET, of(LOT, 20), action="DELETE"),
                pack(9, PALLET, of(LOT, 30), action="DELETE"),
            ],
            [],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_thing_is_in_one_parent_and_comes_out_of_that(name: str, story: Any, found: Any) -> None:
    assert kinds(*story) == found


@pytest.mark.parametrize(
    ("name", "story", "found"),
    [
        ("more", [make(7, [of(LOT, 100)], [of(PACKED, 106)])], [("flag_from_nowhere", 1)]),
        ("within the tolerance", [make(7, [of(LOT, 100)], [of(PACKED, 105)])], []),
        ("in tonnes", [make(7, [of(LOT, 0.1, "TNE")], [of(PACKED, 105)])], []),
        ("in pieces", [make(7, [of(LOT, 100)], [of(PACKED, 900, "H87")])], []),
        ("single things", [make(7, [of(LOT, 100)], [BOX])], []),
        ("no quantity", [make(7, [of(LOT, None)], [of(PACKED, 900)])], []),
        (
            "in steps",
            [make(7, [of(LOT, 100)], [], "urn:x:t"), make(8, [], [of(PACKED, 90)], "urn:x:t")],
            [],
        ),
        (
            "in steps, and more",
            [
                make(7, [of(LOT, 100)], [], "urn:x:t"),
                make(8, [], [of(PACKED, 90)], "urn:x:t"),
                make(9, [], [of(PACKED, 90)], "urn:x:t"),
            ],
            [("flag_from_nowhere", 3)],
        ),
        (
            "taken twice",
            [ADD, make(7, [of(LOT, 200)], [BOX]), make(8, [of(LOT, 200)], [OTHER])],
            [("flag_taken_too_much", 3)],
        ),
        (
            "taken twice, and harvested twice",
            [
                ADD,
                thing(6.5, "commissioning", of(LOT, 100), "ADD"),
                make(7, [of(LOT, 200)], [BOX]),
                make(8, [of(LOT, 200)], [OTHER]),
            ],
            [],
        ),
        (
            "taken and destroyed",
            [ADD, make(7, [of(LOT, 200)], [BOX]), thing(8, "destroying", of(LOT, 150), "DELETE")],
            [("flag_taken_too_much", 3)],
        ),
        ("nobody told how much there was", [make(7, [of(LOT, 900)], [BOX])], []),
        (
            "how much there was is told in pieces",
            [
                thing(6, "commissioning", of(LOT, 3, "H87"), "ADD"),
                make(7, [of(LOT, 900)], [BOX]),
            ],
            [],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_weight_comes_from_somewhere(name: str, story: Any, found: Any) -> None:
    assert kinds(*story) == found


@pytest.mark.parametrize(
    ("name", "story", "found"),
    [
        (
            "after it was destroyed",
            [BORN, thing(7, "destroying", BOX, "DELETE"), SHIP],
            [("flag_after_end", 3)],
        ),
        (
            "after it was used up",
            [BORN, make(7, [BOX], [of(PACKED, 5)]), SHIP],
            [("flag_after_end", 3)],
        ),
        ("ended for good", [thing(7, "destroying", BOX), thing(8, "x", BOX, "DELETE")], []),
        (
            "begun anew",
            [BORN, thing(6.5, "x", BOX, "DELETE"), thing(7, "commissioning", BOX, "ADD"), SHIP],
            [],
        ),
        (
            "a part of a lot was destroyed",
            [ADD, thing(7, "destroying", of(LOT, 50), "DELETE"), thing(8, "storing", of(LOT, 250))],
            [],
        ),
        (
            "all of a lot was destroyed",
            [
                ADD,
                thing(7, "destroying", of(LOT, 100), "DELETE"),
                thing(8, "destroying", of(LOT, 200), "DELETE"),
                thing(9, "storing", of(LOT, 250)),
            ],
            [("flag_after_end", 4)],
        ),
        (
            "a lot without a weight",
            [thing(7, "destroying", of(LOT, None), "DELETE"), thing(8, "storing", of(LOT, 1))],
            [("flag_after_end", 2)],
        ),
        (
            "recalled when it was gone",
            [thing(7, "x", BOX, "DELETE"), thing(8, "urn:nongqing:bizstep:recalling", BOX)],
            [],
        ),
        ("before it began", [thing(5, "storing", BOX), BORN], [("flag_before_begin", 1)]),
        (
            "packed before it was made",
            [pack(6, PALLET, BOX), make(7, [of(LOT, 1)], [BOX])],
            [("flag_before_begin", 1)],
        ),
        ("nobody told its beginning", [thing(5, "storing", BOX)], []),
        ("just then", [thing(6, "storing", BOX), BORN], []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_thing_is_seen_while_it_is(name: str, story: Any, found: Any) -> None:
    assert kinds(*story) == found


def test_a_type_of_somebodys_own_and_sensors_break_nothing() -> None:
    own = (7, "coop", None, {"type": "x:Thing", "x:any": 1})
    sensor = (7, "coop", "x", {"type": "ObjectEvent", "action": "OBSERVE", "sensorElementList": []})
    assert kinds(own, sensor) == []


def test_every_kind_is_found_somewhere() -> None:
    breaking = [
        thing(5, "receiving", OTHER, by="shop"),
        thing(5.5, "shipping", OTHER),
        thing(5, "storing", BOX),
        BORN,
        pack(7, PALLET, BOX),
        pack(8, SECOND, BOX),
        pack(8.5, PALLET, OTHER, action="DELETE"),
        ADD,
        make(9, [of(LOT, 900)], [of(PACKED, 1000)]),
        thing(10, "destroying", BOX, "DELETE"),
        thing(11, "storing", BOX),
    ]
    assert {kind for kind, _ in kinds(*breaking)} == set(KINDS)


@given(st.permutations(range(len(GOOD))))
def test_the_order_in_which_events_are_captured_is_nothing_to_it(order: list[int]) -> None:
    assert kinds(*(GOOD[place] for place in order)) == []


def test_only_what_is_asked_for_is_judged() -> None:
    told = read([thing(5, "storing", BOX), BORN, pack(8, PALLET, OTHER, action="DELETE")])
    assert [each.thing for each in find_breaks(told, [OTHER], 0.05)] == [OTHER]
