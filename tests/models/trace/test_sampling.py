"""Lots are drawn by chance, and the same again from the same seed."""

from __future__ import annotations

import pytest

from models.trace.sampling import Candidate, draw, shares


def lots(stratum: str, count: int, **known: bool) -> list[Candidate]:
    given = {"never": False, "failed": False} | known
    return [Candidate(f"{stratum}-{n:03}", stratum, **given) for n in range(count)]


def test_a_seed_draws_the_same_whatever_the_order() -> None:
    frame = lots("a", 30) + lots("b", 10)
    first = draw(frame, 8, "seed")
    assert first == draw(frame[::-1], 8, "seed")
    assert first != draw(frame, 8, "other")
    assert [each[0] for each in first] == ["a"] * 6 + ["b"] * 2


def test_townships_get_samples_by_their_lots() -> None:
    assert shares({"a": 5, "b": 3, "c": 2}, 4) == {"a": 2, "b": 1, "c": 1}
    assert shares({"a": 1, "b": 1, "c": 1}, 2) == {"a": 1, "b": 1, "c": 0}
    assert shares({"a": 2, "b": 1}, 3) == {"a": 2, "b": 1}


def test_more_samples_than_lots_are_refused() -> None:
    with pytest.raises(ValueError, match="5 samples: there are 3 lots"):
        draw(lots("a", 3), 5, "seed")


@pytest.mark.parametrize(("known", "weight"), [("never", 2), ("failed", 3)])
def test_what_was_never_sampled_or_failed_before_comes_sooner(known: str, weight: int) -> None:
    """Over many seeds the first drawn is of the heavier lots as often as their weights say."""
    frame = lots("a", 5) + [
        Candidate(f"x-{n}", "a", known == "never", known == "failed") for n in range(5)
    ]
    first = sum(draw(frame, 1, f"seed {n}")[0][0] == "x" for n in range(3000)) / 3000
    assert first == pytest.approx(weight / (weight + 1), abs=0.03)
