"""How much the hazards tell: the figures themselves, and the catalogue held to the table."""

import math

import numpy as np
import pytest

from models.evaluations.information import (
    FEWEST,
    MOST_ALIKE,
    STEADY,
    changes,
    figures,
    season_changes,
)
from models.evaluations.information_report import percent, shown_as_levels
from models.hazards.catalogue import background, catalogue
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from models.weather.counted import COUNTED
from tests.paths import ROOT

TABLE = (ROOT / "docs/skill.md").read_text(encoding="utf-8")
TABLE = TABLE.split("<!-- begin information -->")[1].split("<!-- end information -->")[0]


def rows_of(text, head):
    lines = text[text.index(f"| {head} ") :].split("\n\n")[0].strip().splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


ROWS = rows_of(TABLE, "hazard")
SELDOM = rows_of(TABLE, "seldom shows a level")
LEVELS = sorted(name for name, hazard in catalogue().items() if hazard.shown == "level")
#: Of what people count there is nothing in the data at hand.
UNCOUNTED = {n for n, h in catalogue().items() if {i.quantity for i in h.inputs} <= set(COUNTED)}
#: Never seen to warn on any weather at hand: background until data show that it speaks.
NEVER = {"maize_gibberella_ear_rot"}


def column(*codes):
    return np.array(codes, dtype=np.uint8)[:, None]


def test_shares_entropy_and_changes_of_a_short_season():
    said = figures(column(OUT_OF_SEASON, NO_RISK, NO_RISK, MEDIUM, CANNOT_SAY, HIGH))
    assert (said.days, said.answered, said.cannot_say) == (5, 4, pytest.approx(0.2))
    assert (said.no_risk, said.medium, said.high) == (0.5, 0.25, 0.25)
    assert said.entropy == pytest.approx(1.5)
    # Of the two pairs of neighbouring days with answers one differs.
    assert said.flips == pytest.approx(15)


def test_one_answer_tells_nothing_and_three_equal_ones_the_most():
    assert figures(column(*[MEDIUM] * 9)).entropy == 0
    three = figures(column(*[NO_RISK, MEDIUM, HIGH] * 3))
    assert three.entropy == pytest.approx(math.log2(3))
    assert three.flips == 30


def test_without_an_answer_there_is_no_share():
    assert figures(column(CANNOT_SAY)).cannot_say == 1
    assert math.isnan(figures(column(OUT_OF_SEASON)).cannot_say)
    assert math.isnan(figures(column(CANNOT_SAY)).entropy)


def test_the_gravest_level_of_a_field_lasts_until_it_differs():
    one = [NO_RISK, HIGH, HIGH, NO_RISK, NO_RISK, NO_RISK]
    other = [NO_RISK, MEDIUM, NO_RISK, NO_RISK, CANNOT_SAY, OUT_OF_SEASON]
    assert changes(np.array([one, other], dtype=np.uint8)) == 3
    assert changes(np.array([other[2:4]], dtype=np.uint8)) == math.inf


def test_the_table_has_every_hazard_as_it_is_shown():
    assert {name: cells[0] for name, cells in ROWS.items()} == {
        name: hazard.shown for name, hazard in catalogue().items()
    }


@pytest.mark.parametrize(
    "name", sorted({h.id for h in catalogue().values() if h.shown != "member"} - UNCOUNTED)
)
def test_what_warns_on_nearly_every_day_or_on_none_is_background(name):
    _, days, _, medium, high, cannot_say, *_ = ROWS[name]
    assert int(days) * (100 - parse(cannot_say)) / 100 >= FEWEST, "enough answers to judge by"
    always = max(parse(medium), parse(high)) > 100 * MOST_ALIKE
    assert (always or name in never_spoke()) == (name in background())


def test_nothing_is_said_of_moths_that_nobody_counted():
    assert len(UNCOUNTED) == 4
    for name in UNCOUNTED:
        assert int(ROWS[name][1]) > FEWEST, "in season"
        assert (ROWS[name][2], ROWS[name][5]) == ("—", "100 %")


@pytest.mark.parametrize("name", sorted(set(LEVELS) - UNCOUNTED))
def test_no_level_says_one_thing_on_every_day_of_the_data_at_hand(name):
    """It was shown on some day and not on another, at Beijing, in the house, or at Oak Park."""
    shares = [parse(ROWS[name][6])]
    if name in SELDOM and SELDOM[name][4] != "—":
        shares.append(parse(SELDOM[name][4]))
    assert max(shares) > 0, "never shown"
    assert min(shares) < 100 * MOST_ALIKE, "nearly always shown"


def test_of_what_is_no_level_none_is_counted():
    for name, cells in ROWS.items():
        assert (cells[6] == "none") == (name not in LEVELS)


def test_what_seldom_warns_is_held_against_other_weather():
    """A level that is seldom shown is silent because of the weather, not because of the rule."""
    known = catalogue()
    shown = {name for name in ROWS if known[name].shown in ("level", "background")}
    seldom = {name for name in shown if ROWS[name][2] != "—" and parse(ROWS[name][2]) > 80}
    assert seldom == set(SELDOM)
    assert never_spoke() == NEVER


def never_spoke():
    shares = {name: {row[2], row[4]} - {"—"} for name, row in SELDOM.items()}
    return {name for name, found in shares.items() if found == {"0 %"}}


def test_the_share_of_days_with_a_level_and_how_often_it_is_the_same():
    said = figures(column(*[NO_RISK] * 6, MEDIUM, MEDIUM, MEDIUM, HIGH, CANNOT_SAY))
    assert said.levelled == pytest.approx(0.4)
    assert said.one_level == pytest.approx(0.3)
    assert said.alike == pytest.approx(0.75)
    assert math.isnan(figures(column(NO_RISK)).alike)


def test_what_is_little_is_not_written_as_nothing():
    assert [percent(x) for x in (0.0, 0.004, 0.006, 1.0)] == ["0 %", "<1 %", "1 %", "100 %"]
    assert percent(math.nan) == "—"


def test_the_sentence_names_what_is_shown_most_often():
    found = {
        "wheat_fhb": figures(column(NO_RISK, MEDIUM, HIGH, HIGH)),
        "wheat_leaf_rust": figures(column(NO_RISK, MEDIUM)),
        "maize_fall_armyworm": figures(column(MEDIUM)),
    }
    assert "Of 2 hazards shown as levels none shows one on more than 75 %" in (
        shown_as_levels(found)
    )
    assert "the same on more than 50 % (wheat_fhb; our limit is 80 %)" in shown_as_levels(found)


def test_a_level_that_changes_daily_does_not_last():
    daily = np.array([[NO_RISK, MEDIUM] * 10], dtype=np.uint8)
    assert changes(daily) < STEADY


def test_members_of_a_verdict_do_not_move_the_gravest_level():
    """Only what is shown as a level counts, over each season anew."""
    calm = np.full((8, 1), NO_RISK, np.uint8)
    moving = np.array([NO_RISK, HIGH] * 4, np.uint8)[:, None]
    said = {"tomato_late_blight_ensemble": calm, "tomato_late_blight_hutton": moving}
    assert season_changes(said, [[0, 4]]) == [math.inf] * 2
    assert season_changes({"tomato_late_blight_ensemble": moving}, [[0, 4]]) == [4 / 3] * 2


def test_soils_were_measured():
    for name in ("soil_drought", "soil_waterlogging"):
        assert ROWS[name][2] != "—"
        assert parse(ROWS[name][2]) < 100


def parse(cell):
    return 0.5 if cell == "<1 %" else int(cell.removesuffix(" %"))


def test_the_gravest_level_lasts_in_the_median_season():
    lasts = float(TABLE.split(" lasts ")[1].split(" days")[0])
    assert lasts >= STEADY
