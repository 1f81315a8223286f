"""Small crops, seasons and weather that the tests of models share."""

from datetime import date, timedelta

import numpy as np
import pytest

from field_configs.schema import Crop, Stage
from models.crops.season import Seasons, SiteSeason
from models.weather.dataset import dataset
from models.weather.local_days import midnight

STAGES = ((0, 0.0), (10, 141.0), (61, 1441.0), (92, 2226.0))


def crop(id_="winter_wheat", stages=STAGES):
    return Crop(
        id=id_,
        eppo="TRZAW",
        zh="冬小麦",
        en="winter wheat",
        base_c=0.0,
        upper_c=30.0,
        season="autumn",
        shortest_days=200,
        longest_days=270,
        stages=tuple(Stage(b, "", "", dd, False, "test") for b, dd in stages),
        sow_window=(),
        source="test",
    )


@pytest.fixture
def weather():
    """Make hourly weather: 10 days from 2016-04-20 (UTC+8) by default, one value per quantity."""

    def make(days=20, sites=("a",), first=date(2016, 4, 20), **values):
        start = midnight(first)
        times = [start + timedelta(hours=h) for h in range(24 * days)]
        defaults = {
            "air_temperature": 15.0,
            "relative_humidity": 80.0,
            "precipitation_amount": 0.0,
        }
        shape = (len(times), len(sites))
        arrays = {
            name: np.array(np.broadcast_to(value, shape), dtype=float)
            for name, value in (defaults | values).items()
        }
        return dataset(times, sites, arrays)

    return make


@pytest.fixture
def seasons():
    """Make one wheat season per site, at BBCH 55 on 2016-04-25 unless told otherwise."""

    def make(sites=("a",), observed=((date(2016, 4, 25), 55),), sown=date(2015, 10, 10), **more):
        rows = tuple(
            SiteSeason(site, "winter_wheat", sown, observed=observed, **more) for site in sites
        )
        return Seasons(rows, {"winter_wheat": crop()})

    return make
