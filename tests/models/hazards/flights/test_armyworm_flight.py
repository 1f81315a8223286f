"""Moths of the oriental armyworm: limits chosen here, and said to be."""

from models.hazards.flights.armyworm_flight import HAZARD

ID, INSECT = "armyworm_flight", "armyworm"


def test_both_limits_are_said_to_be_provisional():
    assert set(HAZARD.provisional) == {"medium", "high"}


def test_it_follows_the_catch(keeps_the_rules):
    keeps_the_rules(ID, INSECT, 20, 100)


def test_words_and_season(flight, words_fit):
    words_fit(ID, flight(ID, INSECT, [3.0] * 8).drivers[-1])
    assert flight(ID, INSECT, [90.0] * 8, bbch=85).status[-1] == "out_of_season"
