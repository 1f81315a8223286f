"""How lots are packed and sent off, and what adds up; worked by hand."""

from __future__ import annotations

import pytest

from models.trace.packing import Balance, Packing, Weighed, balance, loose, shares


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
