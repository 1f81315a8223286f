"""Rules that every hazard of the catalogue keeps, tried on weather and gaps of all kinds."""

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from field_configs.load import ROOT, load
from field_configs.words import LANGUAGES
from models.crops.season import Seasons, SiteSeason
from models.hazards.catalogue import CatalogueError, catalogue, check_hazard
from models.risk.answers import ages_at, begin, records, walk
from models.risk.features import PLAUSIBLE, mean
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from models.risk.judge import within
from models.weather.counted import COUNTED
from models.weather.dataset import dataset, prepare
from models.weather.local_days import midnight
from tests.paths import WHOLE

CROPS = load(site=None).crops
FIRST, DAYS = date(2016, 4, 20), 50
SITES = tuple("abcdef")


def season_inside(hazard, crop, first=FIRST, days=DAYS, sites=SITES):
    """Seasons of the last 60 days and more, observed within the hazard's stages again and again."""
    low, high = hazard.crops[crop]
    middle = (low + high) // 2
    sown = first + timedelta(days=max(-60, days - 100))
    seen = tuple((first + timedelta(days=d), middle) for d in range(0, days, 4))
    seen = tuple(s for s in seen if s[0] > sown)
    rows = (SiteSeason(s, crop, sown, "S", None, seen) for s in sites)
    return Seasons(tuple(rows), CROPS)


def any_weather(seed, heat, damp, wet, first=FIRST, days=DAYS):
    random = np.random.default_rng(seed)
    shape = (24 * days, len(SITES))
    clock = np.arange(shape[0])[:, None] % 24
    swing = random.uniform(1, 9)
    t = heat + swing * np.sin((clock - 9) / 24 * 2 * np.pi) + random.normal(0, 1.5, shape)
    humidity = damp - 3 * (t - heat) + random.normal(0, 8, shape)
    rain = np.where(random.random(shape) < wet, random.exponential(3, shape), 0)
    values = {
        "air_temperature": t,
        "relative_humidity": np.clip(humidity, 2, 100),
        "precipitation_amount": np.clip(rain, 0, 200),
        "wind_speed": random.gamma(2, 1.5, shape),
        "shortwave_irradiance": np.clip(700 * np.sin((clock - 6) / 12 * np.pi), 0, None)
        * np.ones(shape),
        "soil_temperature": np.full(shape, heat) + random.normal(0, 1, shape),
        "soil_moisture": np.clip(random.uniform(0.05, 0.4) + 0 * t, 0, 0.5),
    }
    for name in COUNTED:  # a night's catch stands in all hours of its day
        caught = random.poisson(random.gamma(0.5, 20, (days, len(SITES)))).astype(float)
        values[name] = caught.repeat(24, axis=0)
    start = midnight(first)
    times = [start + timedelta(hours=h) for h in range(shape[0])]
    assert all(((v >= PLAUSIBLE[q][0]) & (v <= PLAUSIBLE[q][1])).all() for q, v in values.items())
    return dataset(times, SITES, values)


def holed(data, seed, kind):
    """Take out hours, a day, a week, one quantity, or nearly everything."""
    random = np.random.default_rng(seed)
    hours = data.sizes["time"]
    out = data.copy(deep=True)
    for name in out.data_vars:
        values = out[name].values
        for column in range(values.shape[1]):
            if kind == "hours":
                values[random.random(hours) < 0.01, column] = np.nan
            elif kind in ("day", "week"):
                begin_ = random.integers(0, hours)
                values[begin_ : begin_ + (24 if kind == "day" else 168), column] = np.nan
            elif kind == "half" and random.random() < 0.5:
                values[hours // 2 :, column] = np.nan
            elif kind == "most":
                values[random.random(hours) < 0.9, column] = np.nan
        if kind == "quantity" and random.random() < 0.4:
            values[:] = np.nan
    if kind == "all":
        for name in out.data_vars:
            out[name].values[:] = np.nan
    return out


def spoiled(data, seed):
    """Negative rain, humidity of 0 and 106, wild heat, hours absent, doubled, unlike, a move."""
    random = np.random.default_rng(seed)
    hours = data.sizes["time"]
    out = data.copy(deep=True)
    for name, wrong in (
        ("precipitation_amount", (-0.2, 400.0)),
        ("relative_humidity", (0.0, 106.0)),
        ("air_temperature", (-80.0, 90.0)),
    ):
        values = out[name].values
        wild = random.random(values.shape) < 0.005
        values[wild] = random.choice(wrong, values.shape)[wild]
    place = np.full((hours, len(SITES)), 115.0)
    place[: random.integers(0, hours), random.integers(0, len(SITES))] += 0.3
    out = out.assign(longitude=(("time", "site"), place))
    inner = np.arange(1, hours - 1)
    absent = random.choice(inner, 5, replace=False)
    doubled = random.choice(inner, 5, replace=False)
    other = out.isel(time=doubled).copy(deep=True)
    other["air_temperature"].values[:2] += 1.0
    return xr.concat([out.isel(time=np.setdiff1d(np.arange(hours), absent)), other], "time")


def statuses(data, hazard, crop, first=FIRST, days=DAYS, sites=SITES):
    return answers(data, hazard, crop, first, days, sites)[0]


def answers(data, hazard, crop, first=FIRST, days=DAYS, sites=SITES):
    """Status (day, site), and where the stage is surely one that the hazard asks about."""
    prepared, _ = prepare(data)
    fold = begin(prepared, season_inside(hazard, crop, first, days, sites), [hazard])
    results = [results[0] for results in walk(fold, prepared)]
    sure = [within(hazard, result.season)[1] for result in results]
    return np.array([result.status for result in results]), np.array(sure)


def ranked_members(verdict, crop, seed):
    """A verdict, its members' statuses from calm to grave, and where all of these answer."""
    data = any_weather(seed, 14.0 + 4 * seed, 88.0, 0.15)
    hazard = catalogue()[verdict]
    said = [answers(data, catalogue()[member], crop)[0] for member in hazard.members]
    ranked = np.sort(said, axis=0)
    return answers(data, hazard, crop)[0], ranked, ranked[0] >= NO_RISK


PAIRS = [(h, c) for h in catalogue().values() for c in h.crops if c in CROPS]


@pytest.mark.parametrize(("hazard", "crop"), PAIRS, ids=[f"{h.id}-{c}" for h, c in PAIRS])
@settings(max_examples=12 if WHOLE else 4, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    heat=st.floats(-6, 34),
    damp=st.floats(25, 99),
    wet=st.floats(0, 0.4),
    kind=st.sampled_from(
        ["hours", "day", "week", "quantity", "half", "most", "all", "spoiled", "spoiled"]
    ),
)
def test_missing_data_only_ever_turn_an_answer_into_cannot_say(
    hazard, crop, seed, heat, damp, wet, kind
):
    data = any_weather(seed, heat, damp, wet)
    full = statuses(data, hazard, crop)
    bad = spoiled(data, seed) if kind == "spoiled" else holed(data, seed, kind)
    gaps, surely_inside = answers(bad, hazard, crop)
    assert not ((full >= MEDIUM) & (gaps < MEDIUM) & (gaps != CANNOT_SAY)).any()
    assert not ((full == NO_RISK) & (gaps != NO_RISK) & (gaps != CANNOT_SAY)).any()
    assert not ((full == OUT_OF_SEASON) & (gaps >= NO_RISK) & surely_inside).any()
    if kind == "all":
        assert set(np.unique(gaps)) <= {OUT_OF_SEASON, CANNOT_SAY}


@pytest.mark.parametrize(("hazard", "crop"), PAIRS, ids=[f"{h.id}-{c}" for h, c in PAIRS])
def test_on_complete_data_inside_the_season_it_can_say(hazard, crop):
    """The last month of nine, so that what looks back to the summer before has seen it."""
    first, days = date(2015, 7, 25), 280
    data = any_weather(3, 15.0, 75.0, 0.05, first, days)
    inside = statuses(data, hazard, crop, first, days)[-30:]
    assert (inside != OUT_OF_SEASON).any()
    assert np.mean(inside == CANNOT_SAY) <= 0.01


@cache
def with_gaps(kind):
    """Weather of which some is missing, prepared once for all that look at it."""
    data = any_weather(8, 15.0, 75.0, 0.05)
    return prepare(data if kind == "none" else holed(data, 5, kind))[0]


@pytest.mark.parametrize("kind", ["none", "week", "quantity", "half", "most", "all"])
@pytest.mark.parametrize(("hazard", "crop"), PAIRS, ids=[f"{h.id}-{c}" for h, c in PAIRS])
def test_what_cannot_be_said_names_what_is_missing(hazard, crop, kind):
    """Also a stage that nobody saw, a fold that has just begun, gaps that the window has left."""
    prepared = with_gaps(kind)
    seen = season_inside(hazard, crop)
    unseen = Seasons(tuple(replace(s, observed=()) for s in seen.seasons), CROPS)
    known = {*PLAUSIBLE, "growth_stage"}
    for grown in (seen, unseen):
        fold = begin(prepared, grown, [hazard])
        for results in walk(fold, prepared):
            ages = ages_at(fold, datetime(2016, 6, 10, tzinfo=UTC))
            for status in records(fold, results[0], ages, frozenset()):
                if status.status == CANNOT_SAY:
                    assert status.missing
                assert not np.isinf([status.score, *status.drivers.values()]).any()
                assert set(status.missing) <= known
                assert len(set(status.missing)) == len(status.missing)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hazard", catalogue().values(), ids=lambda h: h.id)
def test_the_words_are_those_of_the_code(hazard, language):
    """No driver or action without words, and none in the words that the code does not know."""
    crop = next(c for c in hazard.crops if c in CROPS)
    data, _ = prepare(any_weather(3, 15.0, 75.0, 0.05))
    fold = begin(data, season_inside(hazard, crop), [hazard])
    *_, last = walk(fold, data)
    file = ROOT / "words" / language / "hazards" / f"{hazard.id}.toml"
    words = tomllib.loads(file.read_text(encoding="utf-8"))
    assert set(words["driver"]) == set(last[0].drivers)
    assert set(words["action"]) == set(hazard.actions)
    assert set(words) <= {"name", "what", "change", "reason", "driver", "action", "source"}


def test_every_crop_a_hazard_names_is_declared():
    for hazard in catalogue().values():
        assert set(hazard.crops) <= set(CROPS), hazard.id


def test_every_parameter_has_unit_source_and_standing():
    for hazard in catalogue().values():
        assert hazard.references, hazard.id
        for name, parameter in hazard.parameters.items():
            assert parameter.unit, (hazard.id, name)
            assert parameter.status in ("primary", "second-hand", "provisional")


def test_a_file_without_hazard_or_with_another_id_is_refused():
    with pytest.raises(CatalogueError, match=r"models/hazards/wheat/x\.py: no HAZARD"):
        check_hazard("models/hazards/wheat/x.py", None)
    with pytest.raises(CatalogueError, match='its id is "wheat_fhb"'):
        check_hazard("models/hazards/wheat/x.py", catalogue()["wheat_fhb"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"medium": 2.0, "high": 1.0}, "medium 2.0 is above high 1.0"),
        ({"days": 0}, "days is 0"),
        ({"crops": {"winter_wheat": (70, 20)}}, "not within BBCH"),
        ({"certainty": 1.5}, "not in"),
        ({"months": (9, 2)}, "not within 1..12 in order"),
    ],
)
def test_a_wrong_declaration_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(catalogue()["wheat_fhb"], **change)


def test_features_declare_known_quantities():
    for hazard in catalogue().values():
        for use in hazard.uses.values():
            assert set(use.feature.inputs) <= set(PLAUSIBLE), hazard.id
    assert mean("air_temperature") == mean("air_temperature")
    assert HIGH == 4
