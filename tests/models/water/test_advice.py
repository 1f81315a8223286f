"""Advice: none, soon, now, cannot say, and all that bends it."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from models.water.advice import PER_MM, Asked, WetnessWindow, advise, ahead_of
from models.water.fields import MIDDLE, Field, Weather, follow
from models.water.levels import HIGH, MEDIUM, NONE, drought
from models.water.rain_ahead import RainAhead
from models.water.refused import WaterError

FIRST, DAYS, AHEAD = date(2016, 4, 10), 30, 7
MAIZE = Field("F1", "summer_maize", date(2016, 6, 10), 10.0, "flood", "loam",
              harvest=date(2016, 9, 28), moisture=1.0)  # fmt: skip
TODAY = date(2016, 8, 14)


def followed(field=MAIZE, moisture=1.0, eto=5.0, days=6, ahead=AHEAD, rain=None, watered=None):
    field = replace(field, moisture=moisture)
    flat = np.full((days, 1), eto)
    past = Weather(TODAY - timedelta(days=days - 1), flat,
                   flat * 0 if rain is None else rain, flat * 0 + 2, flat * 0 + 45)  # fmt: skip
    whole = ahead_of(past, np.full((ahead, 1), eto))
    given = np.zeros((days + ahead, 1))
    if watered is not None:
        given[:days] = watered
    return follow([field], whole, given)


def ask(found, days=6, **known):
    return advise(found, days - 1, [Asked(**known)])[0]


def codes(advice):
    return [reason.code for reason in advice.reasons]


def ensemble(chance, mm, days=AHEAD, members=10):
    rain = np.zeros((members, days))
    rain[: round(chance * members), 1] = mm
    return RainAhead(rain)


def test_a_full_soil_needs_nothing():
    found = ask(followed(moisture=1.0, eto=2.0))
    assert found.level == "none"
    assert found.mm == 0.0
    assert codes(found) == ["depletion"]


def test_a_dry_soil_needs_water_now():
    found = ask(followed(moisture=0.4))
    assert found.level == "now"
    assert found.first == TODAY
    assert found.mm > 40
    assert found.per_mu == pytest.approx(found.mm * 0.6667, abs=0.01)
    assert found.total == pytest.approx(found.per_mu * 10)
    assert found.depletion[MIDDLE] > found.limit
    assert 0.5 < found.certainty <= 0.8


def test_between_them_soon_with_the_day_on_which_it_is_due():
    found = ask(followed(moisture=0.9))
    assert found.level == "soon"
    assert TODAY < found.last <= TODAY + timedelta(days=AHEAD)


def test_never_more_than_is_lacking_and_large_amounts_in_parts():
    deep = ask(followed(moisture=0.25))
    assert deep.mm == 75.0
    assert "in_parts" in codes(deep)
    assert ask(followed(moisture=0.45)).mm <= followed(moisture=0.45).sides[MIDDLE]["depletion"][-1]


def test_rain_with_a_good_chance_is_waited_for():
    found = ask(followed(moisture=0.69), rain=ensemble(0.8, 60.0))
    assert found.level == "soon"
    reason = next(r for r in found.reasons if r.code == "waits_for_rain")
    assert reason.numbers["chance"] == pytest.approx(0.8)
    assert found.first > TODAY


def test_rain_with_a_poor_chance_is_not():
    found = ask(followed(moisture=0.69), rain=ensemble(0.3, 60.0))
    assert found.level == "now"
    assert "rain_not_sure" in codes(found)


def test_a_crop_that_suffers_does_not_wait():
    found = ask(followed(moisture=0.25), rain=ensemble(0.9, 90.0))
    assert found.level == "now"
    assert "too_dry_to_wait" in codes(found)


def test_rain_without_a_stated_chance_is_told_but_not_waited_for():
    one = np.zeros((1, AHEAD))
    one[0, 1] = 60.0
    found = ask(followed(moisture=0.69), rain=RainAhead(one))
    assert found.level == "now"
    assert "rain_without_chance" in codes(found)
    stated = ask(followed(moisture=0.69), rain=RainAhead(one, np.full(AHEAD, 0.9)))
    assert "waits_for_rain" in codes(stated)


def test_chance_of_single_days():
    rain = RainAhead(np.array([[10.0, 20.0, 0.0]]), np.array([0.9, 0.5, 0.1]))
    assert rain.chance_of(8.0, 3) == 0.9
    assert rain.chance_of(25.0, 3) == 0.5
    assert rain.chance_of(50.0, 3) == 0.0
    assert rain.expected(3) == pytest.approx(19.0)


def test_an_allocation_is_kept():
    limited = followed(replace(MAIZE, allocation=400.0), moisture=0.4)
    whole = ask(followed(moisture=0.4))
    short = ask(limited, used=300.0)
    assert short.level == "now"
    assert short.total == pytest.approx(100.0)
    assert "allocation_short" in codes(short)
    spent = ask(limited, used=450.0)
    assert spent.mm == 0.0
    assert "allocation_spent" in codes(spent)
    assert short.mm < whole.mm


def wet(first, last):
    return (WetnessWindow(TODAY + timedelta(days=first), TODAY + timedelta(days=last), "scab"),)


def test_no_sprinkling_into_a_wetness_window():
    dry = followed(replace(MAIZE, method="sprinkler"), moisture=0.4)
    found = ask(dry, wetness=wet(0, 2))
    assert found.first == TODAY + timedelta(days=3)
    assert "no_wet_leaves" in codes(found)
    never = ask(dry, wetness=wet(-1, 30))
    assert never.level == "now"
    assert never.first is None
    assert never.last is None


@pytest.mark.parametrize("first", range(-2, 8))
@pytest.mark.parametrize("length", [0, 1, 3])
@pytest.mark.parametrize("moisture", [0.4, 0.9])
def test_no_day_of_sprinkling_lies_in_a_window(first, length, moisture):
    shut = wet(first, first + length)
    found = ask(followed(replace(MAIZE, method="sprinkler"), moisture=moisture), wetness=shut)
    if found.first is not None:
        days = [found.first + timedelta(days=d) for d in range((found.last - found.first).days + 1)]
        assert not any(shut[0].first <= d <= shut[0].last for d in days)


def test_flood_wets_no_leaves():
    found = ask(followed(moisture=0.4), wetness=wet(0, 2))
    assert found.first == TODAY
    assert "no_wet_leaves" not in codes(found)


def test_drought_of_the_balance_and_advice_say_the_same():
    for moisture in np.linspace(0.1, 1.0, 37):
        found = followed(moisture=float(moisture))
        code, level = int(drought(found, 5)[0]), ask(found).level
        assert code in (NONE, MEDIUM, HIGH)
        assert level == "now" if code >= MEDIUM else level in ("none", "soon", "now")
        assert not (level == "none" and code >= MEDIUM)


def test_warnings_of_probes_are_not_contradicted():
    wet_soil = ask(followed(moisture=0.4), hazards={"soil_waterlogging": 3})
    assert wet_soil.level == "none"
    assert codes(wet_soil) == ["waterlogged"]
    dry_soil = ask(followed(moisture=1.0, eto=2.0), hazards={"soil_drought": 4})
    assert dry_soil.level == "soon"
    assert "drought_warning" in codes(dry_soil)


def test_thirty_days_without_weather_cannot_say():
    days = 40
    flat = np.full((days, 1), 5.0)
    flat[10:] = np.nan
    past = Weather(TODAY - timedelta(days=days - 1), flat, flat * 0, flat * 0 + 2, flat * 0 + 45)
    found = follow([MAIZE], ahead_of(past, np.full((AHEAD, 1), 5.0)), np.zeros((days + AHEAD, 1)))
    said = ask(found, days)
    assert said.level == "cannot_say"
    assert said.certainty == 0.0
    assert said.reasons[0].code == "weather_missing"
    assert said.reasons[0].numbers["days"] == 30
    assert said.reasons[0].numbers["last"] == TODAY.isoformat()
    assert int(drought(found, days - 1)[0]) == 1


def test_out_of_season():
    early = followed(replace(MAIZE, sown=date(2016, 8, 20), harvest=None), moisture=0.3)
    assert codes(ask(early)) == ["out_of_season"]
    late = followed(replace(MAIZE, harvest=date(2016, 8, 10)), moisture=0.3)
    assert codes(ask(late)) == ["out_of_season"]


@pytest.mark.parametrize(
    ("day", "bbch", "warmth", "water"),
    [
        (date(2015, 11, 25), 21.0, 5.0, "overwintering"),
        (date(2015, 11, 25), 21.0, 11.0, None),
        (date(2016, 3, 1), 26.0, 8.0, "greening"),
        (date(2016, 4, 5), 32.0, 14.0, "jointing"),
        (date(2016, 5, 8), 71.0, 22.0, "filling"),
        (date(2016, 1, 15), 22.0, -3.0, None),
    ],
)
def test_named_waters_of_wheat(day, bbch, warmth, water):
    wheat = Field("W", "winter_wheat", date(2015, 10, 10), 5.0, "border", "loam",
                  harvest=date(2016, 6, 5), moisture=0.5)  # fmt: skip
    flat = np.full((3, 1), 1.5)
    past = Weather(day - timedelta(days=2), flat, flat * 0, flat * 0 + 2, flat * 0 + 45)
    found = follow([wheat], ahead_of(past, np.full((AHEAD, 1), 1.5)), np.zeros((3 + AHEAD, 1)))
    said = advise(found, 2, [Asked(bbch=bbch, warmth=warmth)])[0]
    assert said.water == water


def test_an_unknown_texture_lowers_the_certainty():
    known, unknown = (
        ask(followed(replace(MAIZE, texture=t), moisture=0.5)) for t in ("loam", None)
    )
    assert unknown.certainty < known.certainty


def test_what_cannot_be_asked_is_refused():
    found = followed()
    with pytest.raises(WaterError, match="day 40 is not among the 13 days"):
        advise(found, 40, [Asked()])
    with pytest.raises(WaterError, match="2 answers for 1 fields"):
        advise(found, 2, [Asked(), Asked()])
    with pytest.raises(WaterError, match="forecast of 2 fields for a past of 1"):
        ahead_of(Weather(TODAY, *(np.ones((2, 1)) for _ in range(4))), np.ones((7, 2)))
    with pytest.raises(WaterError, match="rain of the forecast is missing or negative"):
        RainAhead(np.array([[np.nan]]))
    with pytest.raises(WaterError, match="give shares, not percent"):
        RainAhead(np.array([[1.0]]), np.array([80.0]))


def test_a_millimetre_on_a_mu():
    assert pytest.approx(0.667, abs=5e-4) == PER_MM
