"""Growth stages: observed first, then thermal time onward; bounds where temperatures miss."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from models.dataset import prepare
from models.hazard import CANNOT_SAY, OUT_OF_SEASON, Hazard, Parameter, catalogue
from models.phenology import normal_temperature, stage_at, thermal_at, thermal_of
from models.risk import assess, begin, walk
from models.season import Seasons, SiteSeason

from .conftest import crop

FHB = [catalogue()["wheat_fhb"]]
SOWN = date(2016, 4, 1)


def stages(data, grown):
    prepared, _ = prepare(data)
    fold = begin(prepared, grown, FHB)
    return [results[0].season for results in walk(fold, prepared)]


def test_from_sowing_by_thermal_time_and_marked_estimated(weather, seasons):
    season = stages(weather(30, first=SOWN), seasons(sown=SOWN, observed=()))[-1]
    assert season.bbch[0] == pytest.approx(np.interp(450, [141, 1441], [10, 61]))
    assert not season.observed[0]
    assert season.bbch_low[0] == season.bbch_high[0] == season.bbch[0]


def test_an_observation_goes_before_and_thermal_time_goes_on_from_it(weather, seasons):
    grown = seasons(sown=SOWN, observed=((date(2016, 4, 20), 61),))
    days = stages(weather(40, first=SOWN), grown)
    assert days[18].bbch[0] < 30
    assert days[19].bbch[0] == pytest.approx(np.interp(1441 + 15, [1441, 2226], [61, 92]))
    assert days[19].observed[0]
    assert days[19].since_flowering[0] == 0
    assert days[29].observed[0]
    assert not days[30].observed[0]
    assert days[30].bbch[0] > days[29].bbch[0]


def test_thermal_time_has_a_base_and_a_cap():
    wheat = crop()
    assert thermal_of(np.array([-5.0, 12.0, 35.0]), wheat).tolist() == [0.0, 12.0, 30.0]
    assert stage_at(np.array([0.0, 141.0, 5000.0, np.nan]), wheat)[:3].tolist() == [0, 10, 92]
    assert thermal_at(np.array([10.0, 61.0]), wheat).tolist() == [141.0, 1441.0]


def test_a_sowing_date_in_the_future_is_out_of_season(weather, seasons):
    grown = seasons(sown=date(2016, 6, 1), observed=())
    (found,) = assess(weather(), grown, FHB, datetime(2016, 5, 9, 18, tzinfo=UTC))
    assert found.status == OUT_OF_SEASON
    assert np.isnan(found.stage_bbch)


def test_after_harvest_it_is_out_of_season(weather, seasons):
    grown = seasons(ended=date(2016, 5, 5))
    (found,) = assess(weather(), grown, FHB, datetime(2016, 5, 9, 18, tzinfo=UTC))
    assert found.status == OUT_OF_SEASON


def test_the_season_sown_last_counts(weather):
    rows = (
        SiteSeason("a", "winter_wheat", date(2014, 10, 8), observed=((date(2015, 5, 1), 61),)),
        SiteSeason("a", "winter_wheat", date(2015, 10, 8), observed=((date(2016, 5, 1), 55),)),
    )
    grown = Seasons(rows, {"winter_wheat": crop()})
    season = stages(weather(20), grown)[-1]
    assert season.after_sowing[0] == (date(2016, 5, 9) - date(2015, 10, 8)).days
    assert np.isnan(season.since_flowering[0])
    assert 55 < season.bbch[0] < 61


def test_normals_bridge_the_days_before_the_data_and_the_stage_gets_bounds(weather, seasons):
    season = stages(weather(10), seasons(observed=()))[-1]
    assert season.bbch_low[0] < season.bbch[0] < season.bbch_high[0]
    assert normal_temperature(date(2016, 7, 15)) == pytest.approx(27.4)
    halfway = normal_temperature(date(2016, 1, 30))
    assert 0.6 < halfway < 3.25


def test_a_stage_that_may_be_in_the_window_is_cannot_say_and_named(weather, seasons):
    data = weather(20)
    grown = seasons(observed=((date(2016, 4, 20), 42),))
    at = datetime(2016, 4, 24, 18, tzinfo=UTC)
    (full,) = assess(data, grown, FHB, at)
    assert full.status == OUT_OF_SEASON
    data["air_temperature"].values[:72] = np.nan
    (gaps,) = assess(data, grown, FHB, at)
    assert gaps.status == CANNOT_SAY
    assert "growth_stage" in gaps.missing


def always(window, carried, season):
    """High risk whatever the weather, so that the stage alone decides."""
    from models.hazard import Answer

    return Answer(1.0 + 0 * window["humidity"][-1], {})


def test_missing_temperatures_never_take_a_crop_out_of_its_window(weather, seasons):
    base = catalogue()["wheat_fhb"]
    hazard = Hazard(
        id="x",
        eppo=None,
        kind="weather",
        crops={"winter_wheat": (30, 50)},
        uses=base.uses,
        days=1,
        evaluate=always,
        medium=0.5,
        high=0.9,
        parameters={"one": Parameter(1.0, "1", "test", "provisional")},
        references=("test",),
        certainty=0.5,
    )
    random = np.random.default_rng(5)
    for _ in range(30):
        sites = tuple("abcdefgh")
        heat = random.uniform(14, 24) + random.normal(0, 3, (24 * 60, len(sites)))
        data = weather(60, sites, air_temperature=heat)
        grown = seasons(sites, observed=((date(2016, 4, 20), 25),))
        full, gaps = [], []
        for found in (full, gaps):
            prepared, _ = prepare(data)
            for results in walk(begin(prepared, grown, [hazard]), prepared):
                found.append(results[0].status)
            for column in range(len(sites)):
                first = random.integers(0, 24 * 50)
                length = int(random.choice([1, 24, 72, 240]))
                data["air_temperature"].values[first : first + length, column] = np.nan
        full, gaps = np.array(full), np.array(gaps)
        assert (full == 4).any()
        assert not ((full == 4) & (gaps != 4) & (gaps != CANNOT_SAY)).any()


def test_unknown_resistance_and_crop_are_refused():
    with pytest.raises(ValueError, match='unknown resistance "XS"'):
        SiteSeason("a", "winter_wheat", SOWN, "XS")
    with pytest.raises(ValueError, match='unknown crop "rice"'):
        Seasons((SiteSeason("a", "rice", SOWN),), {"winter_wheat": crop()})


def test_a_year_at_many_sites_has_no_future_observation(weather, seasons):
    grown = seasons(observed=((date(2016, 4, 30), 61),))
    days = stages(weather(20), grown)
    assert not days[9].observed[0]
    assert days[10].observed[0]
    assert days[10].date == date(2016, 4, 20) + timedelta(days=10)
