"""The engine: replay equals batch, states can be gone on with, sites do not see each other."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from field_configs.schema import Slowed
from models.crops.season import SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.answers import begin, walk
from models.risk.fold import FoldError, feed, start
from models.risk.state import (
    EVERY,
    StateError,
    days_to_keep,
    decode,
    encode,
    morning_of,
    rests_on,
    resume,
)
from tests.models.conftest import crop

HAZARDS = tuple(catalogue().values())


@pytest.fixture
def season_of_weather(weather):
    """45 days of weather at five sites, one of them with holes of an hour, a day and a week."""

    def make(sites=tuple("abcde"), holes=True):
        random = np.random.default_rng(7)
        shape = (24 * 45, len(sites))
        clock = np.arange(shape[0])[:, None] % 24
        heat = 12 + 6 * np.sin((clock - 1) / 24 * 2 * np.pi) + random.normal(0, 3, shape)
        damp = np.clip(78 - 2 * (heat - 12) + random.normal(0, 10, shape), 5, 100)
        rain = np.where(random.random(shape) < 0.05, random.exponential(2, shape), 0.0)
        if holes:
            heat[700, 0] = damp[500, 0] = np.nan
            damp[600:624, 1] = heat[600:768, 2] = rain[600:768, 2] = np.nan
        return weather(
            45,
            sites,
            date(2016, 3, 25),
            air_temperature=heat,
            relative_humidity=damp,
            precipitation_amount=rain,
        )

    return make


def answers(days):
    return [
        (r.hazard.id, r.date, r.status.tobytes(), r.score.tobytes(), r.certainty.tobytes())
        for results in days
        for r in results
    ]


def test_hour_by_hour_through_saved_bytes_gives_the_bits_of_the_batch(season_of_weather, seasons):
    sites = tuple("abcde")
    data, grown = season_of_weather(), seasons(sites)
    batch = answers(walk(begin(data, grown, HAZARDS), data))
    fold, replay = begin(data, grown, HAZARDS), []
    for hour in range(data.sizes["time"]):
        block = {q: data[q].values[hour : hour + 1] for q in fold.quantities if q in data}
        replay += [feed(fold, block)]
        if fold.filled == 0:
            kept = decode(encode(morning_of(fold)))
            fold = resume(sites, HAZARDS, grown, fold.day, [kept])
    assert answers(r for r in replay if r) == batch
    assert len({status for _, _, status, _, _ in batch}) > 3


def test_what_a_slowed_crop_carries_goes_through_saved_bytes(season_of_weather, seasons):
    sites = tuple("abcde")
    slowed = replace(crop(), slowed=Slowed(10, 61, 60.0, 45.0, "test"))
    grown = replace(seasons(sites, sown=date(2016, 3, 25), observed=()), crops={slowed.id: slowed})
    data = season_of_weather()
    fold = begin(data, grown, HAZARDS)
    batch = [results[0].season.bbch.tobytes() for results in walk(fold, data)]
    again, stages = begin(data, grown, HAZARDS), []
    for hour in range(0, data.sizes["time"], 24):
        block = {q: data[q].values[hour : hour + 24] for q in again.quantities if q in data}
        stages.append(feed(again, block)[0].season.bbch.tobytes())
        again = resume(sites, HAZARDS, grown, again.day, [decode(encode(morning_of(again)))])
    assert stages == batch
    assert 0 < again.plots[slowed.id].growth.cold.min() < 60


def test_sites_that_join_on_their_day_give_the_bits_of_the_batch(season_of_weather, seasons):
    """Columns of several mornings, cut and laid together, are the fold that had them all along."""
    sites = tuple("abcde")
    data, grown = season_of_weather(), seasons(sites)
    batch, kept = {}, {}
    whole = begin(data, grown, HAZARDS)
    for results in walk(whole, data):
        batch[results[0].date] = results
        kept[whole.day] = [morning_of(whole, 0, 2), morning_of(whole, 2)]
    join = {date(2016, 4, 3): "d", date(2016, 4, 20): "ae", date(2016, 4, 22): "c"}
    first, fold = min(batch), None
    for day in sorted(batch.keys() & kept.keys()):
        if joining := join.get(day):
            mornings = [m.of(s for s in m.sites if s in joining) for m in kept[day]]
            mornings += [morning_of(fold)] if fold else []
            here = sorted(site for morning in mornings for site in morning.sites)
            fold = resume(here, HAZARDS, grown, day, mornings)
        if fold is None:
            continue
        start = 24 * (day - first).days
        hours = data.isel(time=slice(start, start + 24)).sel(site=list(fold.sites))
        results = feed(fold, {q: hours[q].values for q in fold.quantities if q in data})
        at = [sites.index(site) for site in fold.sites]
        for ours, theirs in zip(results, batch[day], strict=True):
            for name in ("status", "score", "worst", "certainty"):
                assert getattr(ours, name).tobytes() == getattr(theirs, name)[at].tobytes()
    assert fold.sites == ("a", "c", "d", "e")


def test_an_answer_does_not_depend_on_the_neighbours(season_of_weather, seasons):
    data = season_of_weather(holes=False)
    many = list(walk(begin(data, seasons(tuple("abcde")), HAZARDS), data))
    for column, site in enumerate("abcde"):
        alone = data.isel(site=[column])
        one = list(walk(begin(alone, seasons((site,)), HAZARDS), alone))
        for results, single in zip(many, one, strict=True):
            for r, s in zip(results, single, strict=True):
                assert r.score[column : column + 1].tobytes() == s.score.tobytes()


def test_an_answer_does_not_depend_on_how_the_hours_lie_in_memory(season_of_weather, seasons):
    data, grown = season_of_weather(holes=False), seasons(tuple("abcde"))
    turned = data.copy(
        data={name: np.asfortranarray(values.values) for name, values in data.data_vars.items()}
    )
    one, other = (answers(walk(begin(d, grown, HAZARDS), d)) for d in (data, turned))
    assert one == other


def test_a_block_beyond_the_open_day_is_refused(weather, seasons):
    data = weather(2)
    fold = begin(data, seasons(), HAZARDS)
    with pytest.raises(FoldError, match="room for 24 hours of 1 sites"):
        feed(fold, {"air_temperature": np.zeros((25, 1))})
    with pytest.raises(FoldError, match="different shapes"):
        feed(
            fold,
            {"air_temperature": np.zeros((2, 1)), "relative_humidity": np.zeros((1, 1))},
        )


def test_data_that_do_not_continue_the_fold_are_refused(weather, seasons):
    data = weather(3)
    fold = begin(data, seasons(), HAZARDS)
    with pytest.raises(ValueError, match="the fold goes on at"):
        list(walk(fold, data.isel(time=slice(24, None))))


def test_a_damaged_morning_is_refused(weather, seasons):
    data = weather(10)
    fold = begin(data, seasons(), HAZARDS)
    for _ in walk(fold, data):
        pass
    saved = encode(morning_of(fold))
    with pytest.raises(StateError, match="damaged .*compute again from the hours"):
        decode(saved[:200])


def test_a_morning_is_gone_on_from_on_its_day_only(weather, seasons):
    data = weather(10)
    fold = begin(data, seasons(), HAZARDS)
    for _ in walk(fold, data):
        pass
    kept = morning_of(fold)
    with pytest.raises(ValueError, match="of 2016-04-30 cannot be gone on from on 2016-05-01"):
        resume(["a"], HAZARDS, seasons(), date(2016, 5, 1), [kept])
    feed(fold, {"air_temperature": np.zeros((3, 1))})
    with pytest.raises(ValueError, match="3 h into 2016-04-30; it is morning when a day closed"):
        morning_of(fold)


DAY = date(2016, 4, 20)
SEASON = SiteSeason("a", "winter_wheat", date(2015, 10, 10), "S", None, ((date(2016, 4, 1), 31),))
LATER = {
    "a stage of the day itself": replace(SEASON, observed=(*SEASON.observed, (DAY, 55))),
    "a harvest after it": replace(SEASON, ended=date(2016, 6, 5)),
}
EARLIER = {
    "a stage of the day before": replace(
        SEASON, observed=(*SEASON.observed, (date(2016, 4, 19), 55))
    ),
    "a harvest before": replace(SEASON, ended=date(2016, 4, 19)),
    "another sowing": replace(SEASON, sown=date(2015, 10, 11)),
    "another variety": replace(SEASON, resistance="MR"),
    "another crop before it": replace(SEASON, previous_crop="summer_maize"),
}


@pytest.mark.parametrize("season", LATER.values(), ids=LATER)
def test_what_is_dated_later_does_not_count(season):
    assert rests_on([season], DAY) == rests_on([SEASON], DAY)


@pytest.mark.parametrize("season", EARLIER.values(), ids=EARLIER)
def test_what_was_known_before_counts(season):
    assert rests_on([season], DAY) != rests_on([SEASON], DAY)


def test_that_a_crop_is_to_be_grown_counts():
    # its hazards are computed from the beginning on, also before it is sown
    maize = SiteSeason("a", "summer_maize", date(2016, 6, 12))
    assert rests_on([SEASON, maize], DAY) != rests_on([SEASON], DAY)


def test_days_worth_keeping_are_the_last_and_every_eighth_before_it():
    days = days_to_keep(datetime(2016, 5, 8, 3, tzinfo=UTC))
    assert days[0] == date(2016, 5, 7)
    assert [day.toordinal() % EVERY for day in days[1:]] == [0, 0]
    assert days == sorted(days, reverse=True)


def test_start_takes_the_local_day(seasons, weather):
    data = weather(1)
    fold = begin(data, seasons(), HAZARDS)
    assert fold.day == date(2016, 4, 20)
    assert fold.filled == 0
    assert start(["a"], HAZARDS, seasons(), fold.next_hour).next_hour == fold.next_hour
