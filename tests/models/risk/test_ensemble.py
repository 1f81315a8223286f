"""One verdict of several models: the gravest level that at least half of them reach."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from models.hazards.catalogue import catalogue
from models.risk.ensemble import ensemble
from models.risk.hazard import Evaluation

NAN = float("nan")
BASE = catalogue()["wheat_stripe_rust_rule"]


def member(name, first=30, last=59, certainty=None):
    """A model whose score is what the day's first feature says."""
    return replace(
        BASE,
        id=name,
        crops={"winter_wheat": (first, last)},
        days=1,
        medium=10.0,
        high=20.0,
        evaluate=lambda window, carried, season: Evaluation(window["wet"][-1], {}, certainty),
    )


def verdict(members, scores, bbch=45.0):
    """Score and drivers for one site, each member's score given."""
    made = ensemble("together", tuple(members))
    window = {f"{m.id}.{alias}": np.array([[NAN]]) for m in members for alias in m.uses}
    window |= {f"{m.id}.wet": np.array([[s]]) for m, s in zip(members, scores, strict=True)}
    season = SimpleNamespace(crop="winter_wheat", bbch=np.array([bbch]))
    return made.evaluate(window, {}, season)


TWO, FOUR = [member(n) for n in "ab"], [member(n) for n in "abcd"]


@pytest.mark.parametrize(
    ("members", "scores", "level"),
    [
        (TWO, (0, 0), 0),
        (TWO, (10, 0), 1),
        (TWO, (0, 20), 2),
        (FOUR, (20, 0, 0, 0), 0),
        (FOUR, (20, 10, 0, 0), 1),
        (FOUR, (20, 20, 0, 0), 2),
        (FOUR, (10, 10, 10, 20), 1),
        (FOUR[:3], (10, 0, 0), 0),
        (FOUR[:3], (10, 20, 0), 1),
    ],
)
def test_the_gravest_level_that_half_of_the_models_reach(members, scores, level):
    assert verdict(members, scores).score.tolist() == [level]


def test_it_says_how_many_models_warn_and_is_less_sure_where_they_differ():
    found = verdict(FOUR, (20, 10, 0, 0))
    assert {k: v.tolist() for k, v in found.drivers.items()} == {
        "models": [4.0],
        "warn": [2.0],
        "grave": [1.0],
    }
    assert found.certainty.tolist() == [0.8]
    assert verdict(FOUR, (20, 20, 25, 20)).certainty.tolist() == [1.0]


def test_the_least_sure_member_bounds_the_verdict():
    unsure = member("b", certainty=np.array([0.5]))
    assert verdict([TWO[0], unsure], (0, 0)).certainty.tolist() == [0.5]


def test_a_model_counts_only_on_the_stages_of_its_own_gate():
    members = [member("a"), member("b", 50, 59), member("c", 50, 59), member("d", 50, 59)]
    assert verdict(members, (20, 0, 0, 0), bbch=45.0).score.tolist() == [2]
    assert verdict(members, (20, 0, 0, 0), bbch=55.0).score.tolist() == [0]
    assert verdict(members, (20, 0, 0, 0), bbch=NAN).score.tolist() == [0]
    assert ensemble("x", tuple(members)).crops == {"winter_wheat": (30, 59)}


def test_a_model_that_cannot_say_leaves_the_verdict_open():
    assert np.isnan(verdict(TWO, (NAN, 20)).score).all()
    late = [member("a"), member("b", 50, 59)]
    assert verdict(late, (20, NAN), bbch=45.0).score.tolist() == [2]


def test_members_are_of_one_pest_and_shown_as_members():
    with pytest.raises(ValueError, match="hazard x: an ensemble has at least two members"):
        ensemble("x", (TWO[0],))
    other = replace(TWO[1], eppo="PUCCRT")
    with pytest.raises(ValueError, match="hazard x: b is of PUCCRT, .*members are all of PUCCST"):
        ensemble("x", (TWO[0], other))
    with pytest.raises(ValueError, match='shown as "level"'):
        ensemble("x", (TWO[0], replace(TWO[1], shown="level")))
