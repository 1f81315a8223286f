"""Moths of the corn borer under a light: 120 in 7 days (UMaine), and a week as at Luohe."""

import pytest

from models.hazards.flights.corn_borer_flight import PARAMETERS

ID, INSECT = "corn_borer_flight", "asian_corn_borer"


def test_the_limits_are_those_of_the_sources():
    assert PARAMETERS["medium"].value == 120
    # totals of 2022 and 2023, shares of 1 August to 15 September (doi:10.13651/...2024.06.004)
    weeks = [total * share / 46 * 7 for total in (6767, 3854) for share in (0.6422, 0.9058)]
    assert min(weeks) == pytest.approx(377, abs=1)
    assert max(weeks) == pytest.approx(933, abs=1)
    assert min(weeks) < PARAMETERS["high"].value < max(weeks)


def test_it_follows_the_catch(keeps_the_rules):
    keeps_the_rules(ID, INSECT, 120, 600)


def test_words_and_season(flight, words_fit):
    words_fit(ID, flight(ID, INSECT, [20.0] * 8).drivers[-1])
    assert flight(ID, INSECT, [200.0] * 8, bbch=89).status[-1] == "out_of_season"
