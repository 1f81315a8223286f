"""Weights of lots that were divided and put together."""

import pytest

from models.trace.balance import Part, imbalances


def kinds(weights: dict[str, float], parts: list[Part], tolerance: float = 0.05) -> dict[str, str]:
    return {lot: each.kind for lot, each in imbalances(weights, parts, tolerance).items()}


def test_what_is_lost_on_the_way_needs_no_explanation() -> None:
    weights = {"a": 1000, "b": 300, "c": 600}
    assert kinds(weights, [Part("b", "a", 350), Part("c", "a", 650)]) == {}


def test_weight_from_nowhere_is_named_with_its_lot() -> None:
    weights = {"a": 500, "b": 400, "m": 1000}
    parts = [Part("m", "a", 500), Part("m", "b", 400)]
    (found,) = imbalances(weights, parts, 0.05).values()
    assert found.kind == "lot_from_nowhere"
    assert dict(found.params) == {"lot": "m", "has": 1000, "parts": 900}


def test_the_tolerance_is_where_it_says() -> None:
    for weight, wrong in ((944, {}), (945, {}), (946, {"m": "lot_from_nowhere"})):
        assert kinds({"a": 900, "m": weight}, [Part("m", "a", 900)]) == wrong


def test_no_more_is_taken_than_there_is() -> None:
    weights = {"a": 100, "b": 60, "c": 60}
    parts = [Part("b", "a", 60), Part("c", "a", 60)]
    assert kinds(weights, parts) == {"a": "lot_taken_too_much"}
    assert kinds(weights, parts, 0.2) == {}


def test_a_tolerance_that_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="tolerance 5: give a share from 0 to below 1"):
        imbalances({}, [], 5)
