"""What was in a truck or store room between two moments; each story worked by hand."""

from __future__ import annotations

from datetime import timedelta
from math import inf
from typing import Any

import pytest

from models.trace.breaks import Told
from models.trace.stays import Seen, Stay, stays
from tests.models.trace.test_breaks import BOX, DAY, LOT, OTHER, PALLET, make, of, pack, thing
from tests.models.trace.test_breaks import read as read_story

TRUCK = "https://id.gs1.org/8004/690123412345"
SHOP = "urn:uuid:00000000-0000-4000-8000-000000000001"


def at(hour: float) -> Any:
    return DAY + timedelta(hours=hour)


def there(story: list[Any], span: tuple[float, float], **other: Any) -> list[Stay]:
    """What was in the truck; an event may have a place or an asset beside it."""
    plain = [each[0] if isinstance(each[0], tuple) else each for each in story]
    more = [each[1] if isinstance(each[0], tuple) else {} for each in story]
    seen = [Seen(told, **own) for told, own in zip(read_story(plain), more, strict=True)]
    given = {"store_room": False} | other
    return stays(seen, TRUCK, (at(span[0]), at(span[1])), **given)


def brief(found: list[Stay]) -> list[tuple[str, float, float, float | None]]:
    hours = [(e.since - DAY, e.until - DAY) for e in found]
    return [
        (e.thing, a / timedelta(hours=1), b / timedelta(hours=1), e.kg)
        for e, (a, b) in zip(found, hours, strict=True)
    ]


ON = pack(8, TRUCK, BOX)
OFF = pack(12, TRUCK, BOX, action="DELETE")


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((6, 7.9), []),
        ((6, 8), [(BOX, 8, 8, None)]),
        ((6, 9), [(BOX, 8, 9, None)]),
        ((9, 11), [(BOX, 9, 11, None)]),
        ((9, 20), [(BOX, 9, 12, None)]),
        ((11, 12), [(BOX, 11, 12, None)]),
        ((12, 20), []),
    ],
)
def test_what_was_in_it_for_part_of_the_span_counts_for_that_part(
    span: tuple[float, float], expected: list[Any]
) -> None:
    assert brief(there([ON, OFF], span)) == expected


def test_all_that_is_on_a_pallet_rides_with_it() -> None:
    story = [
        pack(7, PALLET, BOX, OTHER),
        pack(8, TRUCK, PALLET),
        OFF,
        pack(10, PALLET, OTHER, action="DELETE"),
    ]
    found = there([*story, pack(11, TRUCK, action="DELETE")], (9, 20))
    assert brief(found) == [
        (PALLET, 9, 11, None),
        (BOX, 9, 11, None),
        (OTHER, 9, 11, None),
    ]
    assert {each.thing: each.within for each in found}[BOX] == PALLET


def test_a_lot_in_a_box_rides_in_the_box() -> None:
    found = there([pack(7, BOX, of(LOT, 12.5)), ON], (9, 20))
    assert brief(found) == [(BOX, 9, 20, None), (LOT, 9, 20, 12.5)]
    assert [(each.within, each.single) for each in found] == [(TRUCK, True), (BOX, False)]


def test_a_lot_in_several_boxes_is_one_stay_and_what_leaves_loose_leaves_the_boxes_alone() -> None:
    story = [
        pack(7, BOX, of(LOT, 10)),
        pack(7, OTHER, of(LOT, 20)),
        pack(8, TRUCK, BOX, OTHER, of(LOT, 100)),
        (thing(9, "receiving", of(LOT, 100)), {"location": SHOP}),
        pack(10, TRUCK, BOX, action="DELETE"),
    ]
    found = there(story, (8, 20))
    lots = [(e.within, *brief([e])[0][1:]) for e in found if e.thing == LOT]
    assert sorted(lots) == [("", 8, 20, 30), (TRUCK, 8, 9, 100)]
    assert {e.thing: (e.until - DAY).seconds / 3600 for e in found if e.single} == {
        BOX: 10,
        OTHER: 20,
    }


def test_a_box_that_is_put_on_a_pallet_in_the_room_stays_there_all_the_while() -> None:
    inside = (thing(8, "storing", BOX), {"location": TRUCK})
    again = (thing(12, "storing", BOX), {"location": TRUCK})
    away = (thing(11, "storing", BOX), {"location": SHOP})
    story = [inside, pack(9, PALLET, BOX), away, again]
    assert brief(there(story, (8, 20), store_room=True)) == [
        (BOX, 8, 11, None),
        (PALLET, 9, 20, None),
        (BOX, 12, 20, None),
    ]


def test_a_lot_leaves_when_as_much_left_as_came() -> None:
    loaded = (thing(8, "loading", of(LOT, 100)), {"asset": TRUCK})
    more = (thing(9, "loading", of(LOT, 50)), {"asset": TRUCK})
    again = (thing(9.5, "departing", of(LOT, 150)), {"asset": TRUCK})
    part = (thing(10, "receiving", of(LOT, 100)), {"location": SHOP})
    rest = (thing(11, "receiving", of(LOT, 50)), {"location": SHOP})
    story = [loaded, more, again, part, rest]
    assert brief(there(story, (8, 20))) == [(LOT, 8, 11, 150)]
    assert brief(there(story[:4], (8, 20))) == [(LOT, 8, 20, 150)]
    whole = thing(12, "receiving", {"epcClass": LOT}), {"location": SHOP}
    assert brief(there([loaded, whole], (8, 20))) == [(LOT, 8, 12, 100)]


def test_a_truck_drives_off_with_its_goods_and_a_store_room_does_not() -> None:
    inside = (thing(8, "storing", BOX), {"location": TRUCK})
    leaves = thing(10, "departing", BOX)
    assert brief(there([inside, leaves], (9, 20))) == [(BOX, 9, 20, None)]
    assert brief(there([inside, leaves], (9, 20), store_room=True)) == [(BOX, 9, 10, None)]
    elsewhere = (thing(11, "storing", BOX), {"location": SHOP})
    assert brief(there([inside, elsewhere], (9, 20))) == [(BOX, 9, 11, None)]
    sold = thing(11, "retail_selling", BOX)
    assert brief(there([inside, sold], (9, 20))) == [(BOX, 9, 11, None)]
    paper = thing(11, "urn:nongqing:bizstep:recalling", BOX)
    assert brief(there([inside, paper], (9, 20))) == [(BOX, 9, 20, None)]


def test_what_is_packed_in_a_store_room_leaves_with_its_pallet() -> None:
    inside = (thing(8, "storing", BOX), {"location": TRUCK})
    onto = pack(9, PALLET, BOX)
    away = thing(10, "loading", PALLET)
    found = there([inside, onto, away], (8, 20), store_room=True)
    assert brief(found) == [(BOX, 8, 10, None), (PALLET, 9, 10, None)]
    off = pack(9.5, PALLET, BOX, action="DELETE")
    kept = there([inside, onto, off, away], (8, 20), store_room=True)
    assert (BOX, 8, 20, None) in brief(kept)
    back = (pack(9.5, PALLET, BOX, action="DELETE"), {"location": SHOP})
    gone = there([inside, onto, back], (8, 20), store_room=True)
    assert (BOX, 8, 9.5, None) in brief(gone)


def test_what_is_made_of_goods_in_a_store_room_is_there() -> None:
    inside = (thing(8, "storing", of(LOT, 100)), {"location": TRUCK})
    made = make(9, [of(LOT, 100)], [BOX, OTHER])
    assert brief(there([inside, made], (8, 20), store_room=True)) == [
        (LOT, 8, 9, 100),
        (BOX, 9, 20, None),
        (OTHER, 9, 20, None),
    ]


def test_a_pallet_elsewhere_takes_what_is_put_on_it_away() -> None:
    inside = (thing(8, "storing", PALLET), {"location": TRUCK})
    onto = (pack(9, PALLET, BOX), {"location": SHOP})
    assert brief(there([inside, onto], (8, 20))) == [(PALLET, 8, 9, None)]


def test_containers_that_hold_each_other_end() -> None:
    ring = [pack(7, BOX, OTHER), pack(7.5, OTHER, BOX), pack(8, TRUCK, BOX)]
    assert {each.thing for each in there(ring, (7, 20))} == {BOX, OTHER}


def test_what_a_logger_says_moves_nothing() -> None:
    listed = Told(
        1, "coop", at(9), "ObjectEvent", "OBSERVE", "sensor_reporting", objects={TRUCK: inf}
    )
    assert stays([Seen(listed)], TRUCK, (at(8), at(20)), store_room=False) == []
