"""What is judged is left out whole; the choice of terms never sees it."""

from dataclasses import replace

import numpy as np
import pytest

from models.evaluations.scab import choosing, selection
from models.evaluations.scab.years import year_spread
from models.trained.scab import Terms, expit
from models.trained.scab_cases import read_cases
from models.trained.scab_windows import WINDOWS


@pytest.fixture(autouse=True)
def small_pools(monkeypatch):
    monkeypatch.setattr(choosing, "BEFORE_POOL", ((), ("RH7",), ("TRH907",), ("RH7", "MT7")))
    monkeypatch.setattr(choosing, "AFTER_POOL", ((), ("RH10",)))
    monkeypatch.setattr(choosing, "PENALTIES", (10.0,))
    monkeypatch.setattr(choosing, "SETS", 8)
    kept = selection.folds_kept_back
    monkeypatch.setattr(
        choosing,
        "folds_kept_back",
        lambda t, n, seed, within: kept(t, n, seed, share=(0.4, 0.9), within=within),
    )


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
    within = trials.year > 2001
    for fold in selection.folds_kept_back(trials, 3, seed=1, share=(0.5, 0.9), within=within):
        assert ((fold.judged | fold.train) == within).all()
        assert not set(trials.year[fold.judged]) & set(trials.year[fold.train])


def test_turning_every_judged_label_changes_neither_choice_nor_answer(trials):
    honest = choosing.judge(trials, selection.folds_by_year(trials))
    for fold, answers, terms in honest:
        turned = trials.epidemic.copy()
        turned[fold.judged] = 1 - turned[fold.judged]
        cases = replace(trials.cases, epidemic=turned)
        ((_, other, chosen),) = choosing.judge(selection.Trials.of(cases), iter([fold]))
        assert chosen == terms
        for name, probability in answers.items():
            assert other[name] == pytest.approx(probability, abs=1e-12)


def test_it_finds_the_window_that_matters_and_prefers_the_simple_among_equals(trials):
    everything = np.ones(len(trials.cases), bool)
    assert "RH7" in choosing.choose_after(trials, everything).windows
    before = choosing.choose_before(trials, everything)
    assert before.terms.windows == (choosing.RH14,)
    assert before.terms.given[0][2] == choosing.RH14_SLOPE == 0.051459669
    flat = {name: np.full(200, 1.0) for name in trials.cases.weather}
    blind = selection.Trials.of(replace(trials.cases, weather=flat))
    assert choosing.choose_after(blind, everything).windows == ()
    assert choosing.choose_before(blind, everything).terms == selection.AGRONOMY_ONLY


def test_weather_that_fails_in_some_years_is_not_taken(trials):
    """Where humidity says the reverse in every third year, the mean may gain and the tail loses."""
    everything = np.ones(len(trials.cases), bool)
    humidity = trials.cases.weather[choosing.RH14].copy()
    reverse = trials.year % 3 == 0
    humidity[reverse] = 2.0 * humidity[reverse].mean() - humidity[reverse]
    cases = replace(trials.cases, weather=trials.cases.weather | {choosing.RH14: humidity})
    of_all = choosing.choose_before(trials, everything).terms.given[0][1]
    chosen = choosing.choose_before(selection.Trials.of(cases), everything).terms
    assert chosen == selection.AGRONOMY_ONLY or chosen.given[0][1] > of_all


def test_too_few_years_leave_agronomy_alone(trials):
    few = trials.year < 2004
    assert choosing.choose_before(trials, few) == choosing.Before(selection.AGRONOMY_ONLY, 1.0)


def test_the_spread_of_years_is_found_again():
    random = np.random.default_rng(4)
    year = np.repeat(np.arange(60), 40)
    decision = random.normal(-1.0, 0.7, year.size)
    for spread in (0.0, 0.8):
        effect = spread * random.standard_normal(60)
        happened = (random.uniform(size=year.size) < expit(decision + effect[year])).astype(float)
        assert year_spread(happened, decision, year) == pytest.approx(spread, abs=0.2)


def test_tempering_draws_towards_the_base_rate_and_ships_the_same(trials):
    p, base = np.array([0.1, 0.3, 0.8]), np.full(3, 0.3)
    drawn = selection.tempered(p, 0.5, base)
    assert drawn[1] == pytest.approx(0.3)
    assert p[0] < drawn[0] < 0.3 < drawn[2] < p[2]
    terms = Terms(("RH7",))
    whole = selection.fit_stage(trials, "pre", terms, slope=1.0, spread=0.0, seed=1, draws=3)
    half = selection.fit_stage(trials, "pre", terms, slope=0.5, spread=0.0, seed=1, draws=3)
    expected = selection.tempered(
        whole.answer(trials.cases).probability, 0.5, np.full(200, trials.epidemic.mean())
    )
    assert half.answer(trials.cases).probability == pytest.approx(expected, abs=1e-9)


def test_cases_without_labels_are_refused(trials):
    with pytest.raises(ValueError, match="no labels"):
        selection.Trials.of(replace(trials.cases, year=None, epidemic=None))


def test_the_year_widens_the_bounds_and_leaves_the_answer(trials):
    terms = Terms(("RH7",))
    calm, wild = (
        selection.fit_stage(trials, "pre", terms, slope=1.0, spread=s, seed=1, draws=50).answer(
            trials.cases
        )
        for s in (0.0, 1.5)
    )
    np.testing.assert_array_equal(calm.probability, wild.probability)
    assert (wild.high - wild.low).mean() > 2 * (calm.high - calm.low).mean()
