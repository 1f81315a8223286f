"""Grey mould (灰霉病) under a roof: the qualitative model of Yunis et al. 1994.

Outbreaks came when, on the mean of a week, leaves were wet for more than 7 h a day and
temperature lay within 9-21 degC for more than 9.5 h of the night (18:00-08:00). The score is the
smaller of the two, each as a share of its limit; above 1 both limits are exceeded. Medium from
0.8 on is provisional. Leaf wetness is measured or taken as RH >= 90 %; rain does not count.

Found in unheated cucumber greenhouses of Israel in two seasons and tested on independent data.

References
----------
Yunis, Shtienberg, Elad & Mahrer 1994, Crop Protection 13:99-104.
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.hazards._severity import damp
from models.risk.features import Feature, both, hours_where
from models.risk.hazard import Carried, Evaluation, Parameter, Use, Window
from models.weather.dataset import Array

SOURCE = "Yunis et al. 1994, Crop Protection 13:99"
PARAMETERS = {
    "humidity": Parameter(90.0, "%", "wetness by humidity; chosen here", "provisional"),
    "wet_hours": Parameter(7.0, "h d-1", SOURCE, "primary"),
    "night_hours": Parameter(9.5, "h d-1", SOURCE, "primary"),
    "night_cold": Parameter(9.0, "degC", SOURCE, "primary"),
    "night_warm": Parameter(21.0, "degC", SOURCE, "primary"),
    "medium": Parameter(0.8, "1", "chosen here", "provisional"),
    "high": Parameter(float(np.nextafter(1.0, 2.0)), "1", f"more than 1; {SOURCE}", "primary"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
MEDIUM, HIGH = _P["medium"], _P["high"]
DAYS, NIGHT = 7, (-6, 8)

WET = Feature(
    "damp_hours",
    lambda day: both(lambda wet: wet.sum(axis=0), damp(day, _P["humidity"])),
    ("relative_humidity",),
    "h",
    estimated=True,
    aggregation="hours",
)
USES = {
    "wet": Use(WET, "raises"),
    "night": Use(
        hours_where(
            "night_hours_9_21",
            lambda heat: (heat >= _P["night_cold"]) & (heat <= _P["night_warm"]),
            ("air_temperature",),
            NIGHT,
        ),
        "raises",
    ),
}


def outbreak(wet_hours: Array, night_hours: Array) -> Array:
    """The nearer limit, as a share of it; above 1 an outbreak is expected.

    Parameters
    ----------
    wet_hours
        Weekly mean of wet hours [h d-1].
    night_hours
        Weekly mean of hours with 9-21 degC from 18:00 to 08:00 [h d-1].
    """
    return np.minimum(wet_hours / _P["wet_hours"], night_hours / _P["night_hours"])


def evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Weekly means against the two limits.

    Parameters
    ----------
    window
        Daily features (days, site), oldest day first, in the unit of each feature.
    carried
        Values carried from day to day (site,).
    season
        The crop on the day; arrays (site,).
    """
    wet, night = window["wet"].sum(axis=0) / DAYS, window["night"].sum(axis=0) / DAYS
    return Evaluation(outbreak(wet, night), {"wet_hours": wet, "night_hours": night})
