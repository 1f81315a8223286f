"""Growth stages: observed first, then thermal time onward; bounds where temperatures miss."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from models.crops.phenology import is_timed, normal_temperature, stage_at, thermal_at, thermal_of
from models.crops.season import Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.answers import assess, begin, walk
from models.risk.hazard import CANNOT_SAY, HIGH, OUT_OF_SEASON, Evaluation, Hazard, Parameter
from models.weather.dataset import prepare
from tests.models.conftest import crop

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


@pytest.mark.parametrize("first_and_last", [(31, 77), (0, 99)])
def test_no_crop_stands_before_sowing_and_after_harvest(weather, seasons, first_and_last):
    hazard = replace(FHB[0], id="x", crops={"winter_wheat": first_and_last})
    grown = seasons(sown=date(2016, 4, 30), observed=(), ended=date(2016, 5, 8))
    prepared, _ = prepare(weather(20))
    days = list(walk(begin(prepared, grown, [hazard]), prepared))
    status = np.array([results[0].status[0] for results in days])
    stage = np.array([results[0].season.bbch[0] for results in days])
    assert (status[:10] == OUT_OF_SEASON).all()
    assert (status[18:] == OUT_OF_SEASON).all()
    assert (status[10:18] == OUT_OF_SEASON).all() == (first_and_last == (31, 77))
    assert np.isnan(stage).tolist() == [True] * 10 + [False] * 8 + [True] * 2


def test_a_season_that_nobody_closed_ends_by_itself(weather, seasons):
    data, first = weather(20), date(2016, 4, 20)
    hazard = replace(FHB[0], id="x", crops={"winter_wheat": (0, 99)})
    grown = seasons(sown=first - timedelta(days=crop().longest_days - 10), observed=())
    prepared, _ = prepare(data)
    days = [r[0] for r in walk(begin(prepared, grown, [hazard]), prepared)]
    assert (days[10].season.after_sowing[0], days[10].status[0]) != (270, OUT_OF_SEASON)
    assert [d.status[0] == OUT_OF_SEASON for d in days] == [False] * 11 + [True] * 9


def test_a_field_sown_again_begins_again(weather):
    rows = (
        SiteSeason("a", "winter_wheat", date(2016, 3, 1), ended=date(2016, 4, 25)),
        SiteSeason("a", "winter_wheat", date(2016, 5, 1)),
    )
    days = stages(weather(20), Seasons(rows, {"winter_wheat": crop()}))
    assert days[4].bbch[0] > 10
    assert np.isnan(days[5].bbch[0])
    assert np.isnan(days[10].bbch[0])
    assert days[11].bbch[0] == pytest.approx(10 * 15 / 141)
    assert days[11].after_sowing[0] == 0


GARLIC = crop("garlic", ((0, 0.0), (15, None), (41, None), (49, None)))


def garlic(window, **season):
    """Statuses of an always high hazard of a crop without degree-days, days from 2016-04-20."""
    hazard = Hazard(
        id="x",
        eppo=None,
        kind="weather",
        crops={"garlic": window},
        uses=FHB[0].uses,
        days=1,
        evaluate=always,
        medium=0.5,
        high=0.9,
        parameters={"one": Parameter(1.0, "1", "test", "provisional")},
        references=("test",),
        certainty=0.5,
    )
    return hazard, Seasons((SiteSeason("a", "garlic", **season),), {"garlic": GARLIC})


def daily(data, hazard, grown):
    prepared, _ = prepare(data)
    days = walk(begin(prepared, grown, [hazard]), prepared)
    return [(int(r[0].status[0]), r[0].season.bbch[0]) for r in days]


def test_without_degree_days_the_stage_is_unknown_and_named(weather):
    hazard, grown = garlic((15, 45), sown=date(2016, 4, 25))
    found = daily(weather(20), hazard, grown)
    assert [status for status, _ in found] == [OUT_OF_SEASON] * 5 + [CANNOT_SAY] * 15
    assert np.isnan([stage for _, stage in found]).all()
    (status,) = assess(weather(20), grown, [hazard], datetime(2016, 5, 9, 18, tzinfo=UTC))
    assert status.missing == ("growth_stage",)
    assert status.stage_source == "unknown"
    assert np.isnan(stage_at(np.array([0.0, 500.0]), GARLIC)).all()


def test_an_unknown_stage_is_no_obstacle_where_every_stage_counts(weather):
    hazard, grown = garlic((0, 49), sown=date(2016, 4, 25), ended=date(2016, 5, 5))
    found = [status for status, _ in daily(weather(20), hazard, grown)]
    assert found == [OUT_OF_SEASON] * 5 + [HIGH] * 10 + [OUT_OF_SEASON] * 5


def test_without_degree_days_an_observation_holds_for_some_days(weather):
    hazard, grown = garlic((15, 45), sown=date(2016, 3, 1), observed=((date(2016, 4, 22), 20),))
    found = daily(weather(20), hazard, grown)
    assert [status for status, _ in found] == [CANNOT_SAY] * 2 + [HIGH] * 11 + [CANNOT_SAY] * 7
    assert [stage for _, stage in found][2:13] == [20.0] * 11


def test_what_was_seen_is_the_least_of_what_comes_after(weather):
    hazard, grown = garlic((0, 15), sown=date(2016, 3, 1), observed=((date(2016, 4, 20), 41),))
    assert {status for status, _ in daily(weather(20), hazard, grown)} == {OUT_OF_SEASON}


def test_the_shipped_tables_reach_the_last_stage_or_tell_none():
    from field_configs.load import load

    for grown in load(site=None).crops.values():
        assert not is_timed(grown) or grown.stages[-1].degree_days is not None, grown.id


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
    return Evaluation(1.0 + 0 * window["humidity"][-1], {})


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


def test_the_bounds_hold_the_stage_when_the_hottest_or_the_coldest_hours_are_missing(
    weather, seasons
):
    clock = np.arange(24 * 5)[:, None] % 24
    for hour in (3, 15):
        heat = 16.0 + 14.0 * np.sin((clock - 9) / 24 * 2 * np.pi)
        data = weather(5, air_temperature=heat)
        grown = seasons(observed=((date(2016, 4, 20), 50),))
        true = stages(data, grown)[-1].bbch[0]
        data["air_temperature"].values[clock[:, 0] == hour] = np.nan
        gaps = stages(data, grown)[-1]
        assert gaps.bbch[0] != true
        assert gaps.bbch_low[0] <= true <= gaps.bbch_high[0]


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
