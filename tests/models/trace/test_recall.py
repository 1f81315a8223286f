"""What became of goods: layers, who has them, what adds up; worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from models.trace.packing import Balance
from models.trace.recall import Packed, Said, Told, add_up, layers, newest

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


def test_what_holders_say_counts_before_what_is_on_record() -> None:
    records = Balance(1000, 800, 100, 100, False)
    silent = add_up(900, 3, [], records)
    assert (silent.recovered, silent.accounted, silent.unknown_kg) == (0, 0.9, 100)
    said = add_up(900, 3, [Said(300, 50, 100), Said(150, 0, 0)], records)
    assert (said.found_kg, said.destroyed_kg, said.sold_kg) == (450, 50, 100)
    assert (said.recovered, said.accounted, said.unknown_kg) == (0.5, 0.55, 450)
    more = add_up(0, 1, [Said(2000, 0, 0)], records)
    assert (more.recovered, more.accounted, more.unknown_kg) == (0, 1, 0)
