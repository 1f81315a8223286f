"""Grey leaf spot of maize (灰斑病, Cercospora zeae-maydis): warm hours close to saturation.

    score = hours of the last ten days with 22 <= T <= 30 degC and RH >= 95 %        [h]

Lesions expand and sporulate in air close to saturation at 22-30 degC (Bhatia & Munkvold 2002).
What sum of hours is much is not published as a class: medium from 10 h and high from 30 h are the
upper quarter and the uppermost twentieth of ten-day sums at Shunyi and two other stations of
Beijing, July to mid-September 2013-2016, and provisional until local observations speak.

The rule that stood here before (30-day mean of the lowest dew points, ibm-weather-tool) passes its
limit on every day of a summer on the North China Plain: it was made for the upper Midwest, where
summers differ in that.

References
----------
Bhatia, A. & Munkvold, G. P. (2002). Plant Disease 86:1127.
Rupe, J. C. et al. (1982). Phytopathology 72:1587, doi:10.1094/Phyto-72-1587 (days of 12-13 h above
90 %).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.crops.season import SeasonDay
from models.risk.features import hours_where, mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_SOURCE = "Bhatia & Munkvold 2002, Plant Disease 86:1127"
_HERE = "quantile of ten-day sums at Beijing, 2013-2016"
PARAMETERS = {
    "coldest": Parameter(22.0, "degC", _SOURCE, "primary"),
    "warmest": Parameter(30.0, "degC", _SOURCE, "primary"),
    "humidity": Parameter(95.0, "%", _SOURCE, "primary"),
    "window": Parameter(10.0, "d", "chosen here", "provisional"),
    "medium": Parameter(10.0, "h", f"upper quarter; {_HERE}", "provisional"),
    "high": Parameter(30.0, "h", f"uppermost twentieth; {_HERE}", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = int(_P["window"])


def favourable(temperature: Array, humidity: Array) -> NDArray[np.bool_]:
    """Whether hours are warm and close to saturation; same shape.

    Parameters
    ----------
    temperature
        Air temperature [degC].
    humidity
        Relative humidity [%].
    """
    warm = (temperature >= _P["coldest"]) & (temperature <= _P["warmest"])
    return warm & (humidity >= _P["humidity"])


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Favourable hours of ten days."""
    hours = window["hours"].sum(axis=0)
    drivers = {
        "damp_hours": hours,
        "temperature": window["temperature"].sum(axis=0) / DAYS,
        "humidity": window["humidity"].sum(axis=0) / DAYS,
    }
    return Evaluation(hours, drivers)


HAZARD = Hazard(
    id="maize_grey_leaf_spot",
    eppo="CERCZM",
    kind="disease",
    crops={"summer_maize": (31, 75)},
    uses={
        "hours": Use(
            hours_where(
                "hours:22-30degC&95%", favourable, ("air_temperature", "relative_humidity")
            ),
            "raises",
        ),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
        "humidity": Use(mean("relative_humidity", "%"), "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(_SOURCE, "doi:10.1094/Phyto-72-1587"),
    certainty=0.3,
    actions=("plough_in_residue", "scout_lower_leaves", "rotate", "ask_officer"),
    when={"plough_in_residue": None, "rotate": None},
    act_days=(0, 7),
)
