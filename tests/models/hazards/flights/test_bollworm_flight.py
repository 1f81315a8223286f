"""Moths of the cotton bollworm: 1 and 10 a night, of the corn earworm (UConn 2012, Cullen 2011)."""

from models.hazards.flights.bollworm_flight import PARAMETERS

ID, INSECT = "bollworm_flight", "cotton_bollworm"


def test_the_limits_are_one_and_ten_a_night():
    assert (PARAMETERS["medium"].value / 7, PARAMETERS["high"].value / 7) == (1, 10)


def test_it_follows_the_catch(keeps_the_rules):
    keeps_the_rules(ID, INSECT, 7, 70)


def test_words_and_season(flight, words_fit):
    words_fit(ID, flight(ID, INSECT, [1.0] * 8).drivers[-1])
    assert flight(ID, INSECT, [90.0] * 8, bbch=10).status[-1] == "out_of_season"
