"""The choice of terms never sees what it is judged on."""

from dataclasses import replace

import numpy as np
import pytest

from models.evaluations.scab import selection as selection
from models.trained.scab import Terms
from models.trained.scab_cases import read_cases
from models.trained.scab_windows import WINDOWS


@pytest.fixture(autouse=True)
def small_pools(monkeypatch):
    monkeypatch.setattr(selection, "BEFORE_POOL", ((), ("RH7",), ("TRH907",), ("RH7", "MT7")))
    monkeypatch.setattr(selection, "AFTER_POOL", ((), ("RH10",)))
    monkeypatch.setattr(selection, "PENALTIES", (10.0,))


@pytest.fixture
def trials(rows, write):
    return selection.Trials.of(read_cases(write(rows), tuple(WINDOWS), labelled=True))


def test_short_years_join_the_next_until_a_block_is_large_enough():
    year = np.repeat([1990, 1991, 1992, 1995, 1996], [8, 15, 25, 30, 3])
    blocks = selection.year_blocks(year)
    assert dict(zip(year.tolist(), blocks.tolist(), strict=True)) == {
        1990: 1991, 1991: 1991, 1992: 1992, 1995: 1995, 1996: 1995,
    }  # fmt: skip
    assert set(selection.year_blocks(np.array([2001, 2002]))) == {2002}


def test_judged_years_states_and_the_future_take_no_part_in_training(trials):
    for fold in selection.folds_by_year(trials):
        assert not set(trials.year[fold.judged]) & set(trials.year[fold.train])
    for fold in selection.folds_by_state(trials):
        assert not set(trials.state[fold.judged]) & set(trials.state[fold.train])
    later = list(selection.folds_later(trials, least_train=50))
    assert later
    for fold in later:
        assert trials.year[fold.train].max() < trials.year[fold.judged].min()


def test_sets_of_years_are_kept_back_whole_and_the_same_again(trials):
    folds = list(selection.folds_kept_back(trials, 3, seed=1, share=(0.5, 0.9)))
    again = selection.folds_kept_back(trials, 3, seed=1, share=(0.5, 0.9))
    assert [f.name for f in folds] == [f.name for f in again]
    for fold in folds:
        assert not set(trials.year[fold.judged]) & set(trials.year[fold.train])


def test_turning_every_judged_label_changes_neither_choice_nor_answer(trials):
    honest = selection.judge(trials, selection.folds_by_year(trials))
    for fold, answers, terms in honest:
        turned = trials.epidemic.copy()
        turned[fold.judged] = 1 - turned[fold.judged]
        cases = replace(trials.cases, epidemic=turned)
        ((_, other, chosen),) = selection.judge(selection.Trials.of(cases), iter([fold]))
        assert chosen == terms
        for name, probability in answers.items():
            assert other[name] == pytest.approx(probability, abs=1e-12)


def test_it_finds_the_window_that_matters_and_prefers_the_simple_among_equals(trials):
    everything = np.ones(len(trials.cases), bool)
    assert "RH7" in selection.choose(trials, everything, "pre").windows
    flat = {name: np.full(200, 1.0) for name in trials.cases.weather}
    blind = selection.Trials.of(replace(trials.cases, weather=flat))
    assert selection.choose(blind, everything, "post").windows == ()


def test_tempering_draws_towards_the_base_rate_and_ships_the_same(trials):
    p, base = np.array([0.1, 0.3, 0.8]), np.full(3, 0.3)
    drawn = selection.tempered(p, 0.5, base)
    assert drawn[1] == pytest.approx(0.3)
    assert p[0] < drawn[0] < 0.3 < drawn[2] < p[2]
    terms = Terms(("RH7",))
    whole = selection.fit_stage(trials, "pre", terms, slope=1.0, seed=1, draws=3)
    half = selection.fit_stage(trials, "pre", terms, slope=0.5, seed=1, draws=3)
    expected = selection.tempered(
        whole.answer(trials.cases).probability, 0.5, np.full(200, trials.epidemic.mean())
    )
    assert half.answer(trials.cases).probability == pytest.approx(expected, abs=1e-9)


def test_cases_without_labels_are_refused(trials):
    with pytest.raises(ValueError, match="no labels"):
        selection.Trials.of(replace(trials.cases, year=None, epidemic=None))
