"""A hazard with one class for the season: said once in a line, never as a level of the day."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from collector.store.advice import risk
from collector.store.network import registry
from field_configs.load import load
from models.advice.advisory import advise
from models.hazards.catalogue import catalogue
from models.risk.hazard import CANNOT_SAY, HIGH, NO_RISK, OUT_OF_SEASON, STATUS
from webapp.views.village.contact import ShownContact
from webapp.views.village.headline import headline
from webapp.views.village.risks import show_crops
from webapp.views.village.villages import GRAVITY, WARNINGS

ORDER = [GRAVITY[code] for code in range(len(STATUS))]
DRIVERS = {
    "conditions": 3.0,
    "october_temperature": 17.04,
    "march_temperature": 9.0,
    "autumn_rain": 300.0,
    "march_rain": 30.0,
}
HELD = "(last October 17.0 °C on average, March 9.0 °C, rain of August to October 300 mm, of March "


@pytest.fixture
def mildew(seed):
    """Make the answer for mildew that came at the end of a local day."""

    def make(status, day=date(2016, 5, 8), **facts):
        end = datetime(day.year, day.month, day.day, 16, tzinfo=UTC)
        facts = {"drivers": DRIVERS, "time": end} | facts
        return replace(
            seed.status("qf-liuge-1", "wheat_fhb", status), hazard="wheat_powdery_mildew", **facts
        )

    return make


@pytest.mark.parametrize(
    ("day", "said"), [(date(2016, 3, 28), "28 Mar"), (date(2016, 5, 8), "31 Mar")]
)
def test_the_class_is_said_once_with_the_day_on_which_it_was_judged(app, seed, mildew, day, said):
    calm = seed.status("qf-liuge-1", "wheat_fhb", NO_RISK)
    with app.test_request_context("/?lang=en"):
        (crop,) = show_crops([calm, mildew(HIGH, day)], [], {}, {})
    assert crop.background == [
        f"Powdery mildew of wheat, outlook for the season, judged on {said}: It may be severe "
        f"this year; 3 of four conditions hold {HELD}30 mm). Not validated here."
    ]
    assert crop.rows == []
    assert crop.quiet_line.endswith("no sign of: Fusarium head blight of wheat.")
    with app.test_request_context("/"):
        (crop,) = show_crops([calm, mildew(HIGH, day)], [], {}, {})
    assert "可能偏重" in crop.background[0]


def test_a_validated_outlook_says_nothing_of_validation(app, mildew):
    with app.test_request_context("/?lang=en"):
        (crop,) = show_crops([mildew(HIGH, validated=True)], [], {}, {})
    assert crop.background[0].endswith("30 mm).")


def test_it_is_no_level_no_headline_and_no_advice(app, conn, seed, mildew):
    registry.import_configs(conn, load(site="demo"), seed.NOW)
    calm = seed.status("qf-liuge-1", "wheat_fhb", NO_RISK)
    grave = mildew(HIGH, seed.NOW.date(), time=calm.time)
    risk.save_statuses(conn, [calm, grave], seed.NOW)
    (worst,) = risk.village_worst(conn, ORDER, WARNINGS, seed.NOW).values()
    assert (worst.status, worst.hazards) == (NO_RISK, ("wheat_fhb",))
    assert advise([grave]) == []
    with app.test_request_context("/?lang=en"):
        shown = headline([], [grave], ShownContact("", "12316", "12316", "", False))
    assert shown.status == STATUS[OUT_OF_SEASON]
    assert shown.text == "Only hazards without a level are in season now."


def test_out_of_season_it_rests_with_the_others(app, mildew):
    with app.test_request_context("/?lang=en"):
        (crop,) = show_crops([mildew(OUT_OF_SEASON)], [], {}, {})
    assert crop.background == []
    assert [row.hazard for row in crop.resting] == ["Powdery mildew of wheat"]


def test_where_it_cannot_say_the_line_names_what_is_missing(app, mildew):
    lacking = mildew(CANNOT_SAY, drivers={}, missing=("precipitation_amount",))
    with app.test_request_context("/?lang=en"):
        (crop,) = show_crops([lacking], [], {}, {})
    assert "it cannot be said what kind of mildew year this is" in crop.background[0]
    assert "rain" in crop.background[0].rpartition(". ")[2].lower()


def test_an_outlook_says_after_which_day_it_stays():
    known = catalogue()["wheat_powdery_mildew"]
    assert known.judged == (3, 31)
    message = r"hazard wheat_powdery_mildew: an outlook says after which day .* add judged="
    with pytest.raises(ValueError, match=message):
        replace(known, judged=None)
