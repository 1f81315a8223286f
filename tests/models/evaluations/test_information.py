"""How much the hazards tell: the figures themselves, and the catalogue held to the table."""

import math

import numpy as np
import pytest

from models.evaluations.information import FEWEST, MOST_ALIKE, STEADY, changes, figures
from models.hazards.catalogue import background, catalogue
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from tests.paths import ROOT

TABLE = (ROOT / "docs/skill.md").read_text(encoding="utf-8")
TABLE = TABLE.split("<!-- begin information -->")[1].split("<!-- end information -->")[0]


def rows_of(text, head):
    lines = text[text.index(f"| {head} ") :].split("\n\n")[0].strip().splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


ROWS = rows_of(TABLE, "hazard")
SILENT = rows_of(TABLE, "says no risk nearly always")
#: Never seen to warn on any weather at hand; docs/skill.md says so.
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


@pytest.mark.parametrize("name", [h.id for h in catalogue().values() if h.shown != "member"])
def test_what_warns_on_nearly_every_day_is_background(name):
    _, days, _, medium, high, cannot_say, *_ = ROWS[name]
    if medium == "—" or int(days) * (100 - percent(cannot_say)) / 100 < FEWEST:
        pytest.skip("too few answers in the data at hand to judge by")
    always = max(percent(medium), percent(high)) > 100 * MOST_ALIKE
    assert always == (name in background())


def test_what_seldom_warns_does_so_on_other_weather():
    """A level that says "no risk" nearly always is silent because of the weather, not the rule."""
    known = catalogue()
    levels = {name for name, cells in ROWS.items() if known[name].shown == "level"}
    seldom = {name for name in levels if ROWS[name][2] != "—" and percent(ROWS[name][2]) > 80}
    assert seldom == set(SILENT)
    shares = {name: {row[1], row[3]} - {"—"} for name, row in SILENT.items()}
    assert {name for name, found in shares.items() if found == {"0 %"}} == NEVER


def test_soils_were_measured():
    for name in ("soil_drought", "soil_waterlogging"):
        assert ROWS[name][2] != "—"
        assert percent(ROWS[name][2]) < 100


def percent(cell):
    return int(cell.removesuffix(" %"))


def test_the_gravest_level_lasts_in_the_median_season():
    lasts = float(TABLE.split(" lasts ")[1].split(" days")[0])
    assert lasts >= STEADY
