"""Moths of the fall armyworm: from the first one on, and 50 in 7 nights (UConn 2012)."""

ID, INSECT = "fall_armyworm_flight", "fall_armyworm"


def test_it_follows_the_catch(keeps_the_rules):
    keeps_the_rules(ID, INSECT, 1, 50)


def test_one_moth_in_two_traps_in_a_week_is_not_yet_one_in_a_trap(flight):
    assert flight(ID, INSECT, [0.0] * 6 + [0.5]).status[-1] == "no_risk"


def test_words_and_season(flight, words_fit):
    words_fit(ID, flight(ID, INSECT, [1.0] * 8).drivers[-1])
    assert flight(ID, INSECT, [9.0] * 8, bbch=85).status[-1] == "out_of_season"
