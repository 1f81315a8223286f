"""The engine: replay equals batch, states can be gone on with, sites do not see each other."""

from datetime import date

import numpy as np
import pytest

from models.hazards.catalogue import catalogue
from models.risk import state
from models.risk.answers import begin, walk
from models.risk.fold import FoldError, feed, start

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
    data, grown = season_of_weather(), seasons(tuple("abcde"))
    batch = answers(walk(begin(data, grown, HAZARDS), data))
    fold, replay = begin(data, grown, HAZARDS), []
    for hour in range(data.sizes["time"]):
        block = {q: data[q].values[hour : hour + 1] for q in fold.quantities if q in data}
        replay += [feed(fold, block)]
        if hour % 31 == 0:
            fold = state.restore(state.save(fold, grown), HAZARDS, grown)
    assert answers(r for r in replay if r) == batch
    assert len({status for _, _, status, _, _ in batch}) > 3


def test_an_answer_does_not_depend_on_the_neighbours(season_of_weather, seasons):
    data = season_of_weather(holes=False)
    many = list(walk(begin(data, seasons(tuple("abcde")), HAZARDS), data))
    for column, site in enumerate("abcde"):
        alone = data.isel(site=[column])
        one = list(walk(begin(alone, seasons((site,)), HAZARDS), alone))
        for results, single in zip(many, one, strict=True):
            for r, s in zip(results, single, strict=True):
                assert r.score[column : column + 1].tobytes() == s.score.tobytes()


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


def test_a_state_of_other_facts_is_refused(weather, seasons):
    data = weather(10)
    fold = begin(data, seasons(), HAZARDS)
    for _ in walk(fold, data):
        pass
    saved = state.save(fold, seasons())
    with pytest.raises(state.StateError, match="season facts have changed"):
        state.restore(saved, HAZARDS, seasons(resistance="MR"))
    with pytest.raises(state.StateError, match="damaged"):
        state.restore(saved[:200], HAZARDS, seasons())


def test_start_takes_the_local_day(seasons, weather):
    data = weather(1)
    fold = begin(data, seasons(), HAZARDS)
    assert fold.day == date(2016, 4, 20)
    assert fold.filled == 0
    assert start(["a"], HAZARDS, seasons(), fold.next_hour).next_hour == fold.next_hour
