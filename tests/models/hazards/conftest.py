"""Ask one hazard of the catalogue for its answer on made-up weather."""

from datetime import date, timedelta

import numpy as np
import pytest

from field_configs.load import load
from models.hazard import catalogue
from models.risk import begin, walk
from models.season import Seasons, SiteSeason

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
        results = None
        for results in walk(begin(data, Seasons((row,), CROPS), [hazard]), data):
            pass
        return results[0]

    return make


@pytest.fixture
def hourly():
    """Make a column of hours (24 days, 1): ``night`` from 18:00 to 08:00, else ``noon``."""

    def make(night, noon, days=20):
        clock = np.arange(24 * days) % 24
        return np.where((clock >= 18) | (clock < 8), night, noon)[:, None].astype(float)

    return make
