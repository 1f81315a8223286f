"""What became of goods: layers, who has them, what adds up; worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models.trace.recall import (
    Balance,
    Packed,
    Packing,
    Said,
    Told,
    Weighed,
    add_up,
    balance,
    layers,
    loose,
    newest,
    shares,
)

T0 = datetime(2026, 5, 10, tzinfo=UTC)


def at(hour: int, party: str = "p", sold: bool = False) -> Told:
    return Told(T0 + timedelta(hours=hour), party, sold)


def test_layers_count_steps_and_end_where_events_go_round() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "a"), ("x", "y")]
    assert layers(["a"], edges) == {"a": 0, "b": 1, "c": 1}


def test_who_has_the_pallet_has_its_boxes() -> None:
    told = {"box": at(1, "packer"), "pallet": at(3, "shop")}
    into = {"box": Packed(T0 + timedelta(hours=2), False, "pallet")}
    assert newest("box", told, into, {}) == at(3, "shop")
    out = {"box": Packed(T0 + timedelta(hours=2), True, "pallet")}
    assert newest("box", told, out, {}) == at(1, "packer")
    emptied = {"pallet": at(4, "store")}
    assert newest("box", told, into, emptied) == at(4, "store")
    later = told | {"box": at(5, "kitchen")}
    assert newest("box", later, into, emptied) == at(5, "kitchen")
    again = {"box": Packed(T0 + timedelta(hours=6), False, "pallet")}
    assert newest("box", told, again, emptied) == at(3, "shop")
    assert newest("unheard", told, into, emptied) is None


def test_containers_that_hold_each_other_end() -> None:
    ring = {"a": Packed(T0, False, "b"), "b": Packed(T0, False, "a")}
    assert newest("a", {"b": at(1)}, ring, {}) == at(1)


def test_a_mixture_counts_by_the_share_of_what_is_recalled() -> None:
    lots = {"a": Weighed(300, 0), "m": Weighed(390, 190), "s": Weighed(200, 200)}
    parts = [("m", "a", 300.0), ("s", "m", 200.0)]
    share = shares(["a"], lots, parts, {"m": 400.0, "s": 200.0})
    assert share == {"a": 1.0, "m": 0.75, "s": 0.75}
    edges = [("a", "m"), ("m", "s")]
    found = balance(["a"], lots, share, edges, {"a": False, "m": False, "s": True})
    assert found == Balance(300, 142.5, 150, 7.5, False)
    assert found.accounted == pytest.approx(0.975)


def test_boxes_count_the_same_and_their_pallet_not() -> None:
    lots = {"a": Weighed(100, 100)}
    edges = [("a", "1"), ("a", "2"), ("a", "3"), ("a", "4"), ("1", "p"), ("2", "p")]
    sold = {"a": False, "1": True, "2": False, "3": False, "4": None, "p": False}
    found = balance(["a"], lots, {"a": 1.0}, edges, sold)
    assert found == Balance(100, 50, 25, 25, True, counted=4)


def test_boxes_of_known_weight_count_with_it_and_the_rest_is_with_the_lot() -> None:
    lots = {"a": Weighed(100, 100)}
    edges = [("a", "1"), ("a", "2"), ("1", "p")]
    boxed = {"1": {"a": 30.0}, "2": {"a": 20.0}}
    sold = {"a": False, "1": True, "2": None, "p": False}
    found = balance(["a"], lots, {"a": 1.0}, edges, sold, Packing(boxed))
    assert found == Balance(100, 50, 30, 20, False, 50, 2)
    assert loose(lots, boxed, {}) == ({"a": 50}, {})


def test_a_shipment_is_with_its_receiver_and_the_rest_of_the_lot_is_not() -> None:
    lots = {"a": Weighed(100, 100)}
    edges, sent = [("a", "s")], {"s": {"a": 40.0}}
    found = balance(["a"], lots, {"a": 1.0}, edges, {"a": None, "s": False}, Packing({}, sent))
    assert found == Balance(100, 40, 0, 60, False, shipped_kg=40)
    assert loose(lots, {}, sent) == ({"a": 60}, {"s": 40})


def test_goods_in_boxes_count_there_and_not_in_their_shipment_too() -> None:
    lots = {"a": Weighed(100, 100)}
    edges = [("a", "s"), ("a", "1"), ("a", "2")]
    packing = Packing({"1": {"a": 40.0}, "2": {"a": 50.0}}, {"s": {"a": 90.0}})
    sold = {"a": None, "s": False, "1": False, "2": True}
    found = balance(["a"], lots, {"a": 1.0}, edges, sold, packing)
    assert found == Balance(100, 50, 50, 0, False, 90, 2, shipped_kg=90)
    assert loose(lots, packing.boxed, packing.sent) == ({"a": 0}, {"s": 10})


def test_boxes_without_weights_share_what_the_others_leave() -> None:
    lots = {"a": Weighed(100, 100)}
    edges = [("a", "1"), ("a", "2"), ("a", "3")]
    sold = {"a": False, "1": True, "2": True, "3": False}
    found = balance(["a"], lots, {"a": 1.0}, edges, sold, Packing({"1": {"a": 60.0}}))
    assert found == Balance(100, 20, 80, 0, True, 60, 1, 2)


@pytest.mark.parametrize(("packed", "excess"), [(104.0, 0), (105.0, 0), (110.0, 10)])
def test_more_packed_than_there_was_counts_as_what_there_was_and_is_said(
    packed: float, excess: float
) -> None:
    lots = {"a": Weighed(100, 100)}
    boxed = {"1": {"a": packed / 2}, "2": {"a": packed / 2}}
    edges, sold = [("a", "1"), ("a", "2")], {"a": False, "1": True, "2": False}
    found = balance(["a"], lots, {"a": 1.0}, edges, sold, Packing(boxed, tolerance=0.05))
    assert (found.held_kg, found.sold_kg, found.packed_kg) == (50, 50, packed)
    assert found.excess_kg == excess


def test_a_recall_of_a_box_begins_with_what_was_packed_into_it() -> None:
    boxed = {"1": {"a": 10.0}, "2": {"a": 10.0}}
    found = balance(["1", "2", "3"], {}, {}, [("1", "p")], {"1": True, "2": False}, Packing(boxed))
    assert found == Balance(20, 10, 10, 0, True, 20, 2, 1)


def test_what_holders_say_counts_before_what_is_on_record() -> None:
    records = Balance(1000, 800, 100, 100, False)
    silent = add_up(900, 3, [], records)
    assert (silent.recovered, silent.accounted, silent.unknown_kg) == (0, 0.9, 100)
    said = add_up(900, 3, [Said(300, 50, 100), Said(150, 0, 0)], records)
    assert (said.found_kg, said.destroyed_kg, said.sold_kg) == (450, 50, 100)
    assert (said.recovered, said.accounted, said.unknown_kg) == (0.5, 0.55, 450)
    more = add_up(0, 1, [Said(2000, 0, 0)], records)
    assert (more.recovered, more.accounted, more.unknown_kg) == (0, 1, 0)
