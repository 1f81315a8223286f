"""Ask one hazard of the catalogue for its answers on made-up weather."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest

from field_configs.load import load
from field_configs.words import LANGUAGES, Words
from models.crops.season import Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.answers import begin, walk
from models.risk.features import DayHours
from models.risk.hazard import STATUS
from models.weather.dataset import dataset
from models.weather.local_days import midnight

CROPS = load(site=None).crops


@pytest.fixture
def ask(weather):
    """Give the last day's `Result` of a hazard; weather arrays have shape (24 days, 1)."""

    def make(hazard, days=20, crop=None, resistance=None, first=date(2016, 4, 20), **values):
        hazard = catalogue()[hazard]
        crop = crop or next(iter(hazard.crops))
        middle = sum(hazard.crops[crop]) // 2
        seen = tuple((first + timedelta(days=d), middle) for d in range(0, days, 5))
        row = SiteSeason("a", crop, first, resistance, None, seen)
        data = weather(days=days, first=first, **values)
        return list(walk(begin(data, Seasons((row,), CROPS), [hazard]), data))[-1][0]

    return make


@pytest.fixture
def hourly():
    """Make a column of hours (24 days, 1): ``night`` from 18:00 to 08:00, else ``noon``."""

    def make(night, noon, days=20):
        clock = np.arange(24 * days) % 24
        return np.where((clock >= 18) | (clock < 8), night, noon)[:, None].astype(float)

    return make


@dataclass(frozen=True)
class Run:
    """The answers of one hazard at one site, a list per local day."""

    dates: list
    status: list
    score: list
    certainty: list
    drivers: list


@pytest.fixture
def run_hazard():
    """Run a hazard on days of hours that stand at one stage; arrays (24,) or (days, 24)."""

    def make(hazard, bbch, days=15, first=date(2016, 4, 20), **values):
        hazard = catalogue()[hazard]
        crop = next(iter(hazard.crops))
        seen = tuple((first + timedelta(days=d), bbch) for d in range(days))
        sown = first + timedelta(days=days - CROPS[crop].longest_days)
        seasons = Seasons((SiteSeason("a", crop, sown, None, None, seen),), CROPS)
        start = midnight(first)
        times = [start + timedelta(hours=h) for h in range(24 * days)]
        plain = {
            "air_temperature": 15.0,
            "relative_humidity": 60.0,
            "precipitation_amount": 0.0,
            "wind_speed": 2.0,
        }
        arrays = {
            name: np.array(np.broadcast_to(value, (days, 24)), float).reshape(-1, 1)
            for name, value in (plain | values).items()
        }
        data = dataset(times, ("a",), arrays)
        found = Run([], [], [], [], [])
        for (result,) in walk(begin(data, seasons, [hazard]), data):
            found.dates.append(result.date)
            found.status.append(STATUS[result.status[0]])
            found.score.append(float(result.score[0]))
            found.certainty.append(float(result.certainty[0]))
            found.drivers.append({k: float(v[0]) for k, v in result.drivers.items()})
        return found

    return make


@pytest.fixture
def hours_of():
    """Make the hours of one site: lists of values by quantity, NaN where missing."""

    def make(**values):
        hours = {name: np.array(column, float)[:, None] for name, column in values.items()}
        (shape,) = {column.shape for column in hours.values()}
        return DayHours(date(2016, 5, 1), hours, shape)

    return make


@pytest.fixture
def words_fit():
    """Fill a hazard's reasons in every language from its drivers."""

    def check(hazard, drivers):
        for language in LANGUAGES:
            words = Words.load(language)
            for status in STATUS:
                assert words.text(f"hazard.{hazard}.reason.{status}", **drivers)

    return check
