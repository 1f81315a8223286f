"""Late blight of tomato (番茄晚疫病) by the blight units of SIMCAST.

Each spell of relative humidity >= 90 % gives a night 0-7 blight units by its length and mean
temperature, by a table for the variety's resistance (`_late_blight`); spells add up. SIMCAST
advises a spray once the units since the last spray reach a threshold: 30 for susceptible, 35
for moderately susceptible, 40 for moderately resistant varieties.

No record of sprays reaches this function. The units of the last seven days stand in for those
since the last spray (weekly sprays are the usual schedule that SIMCAST is compared with); this
window, and half of the threshold as medium, are provisional. The score is the share of the
threshold that is reached. Fungicide units, which wear off with rain, do not arise under a roof.

References
----------
Gruenwald et al. 2002, Plant Disease 86:1163, doi:10.1094/PDIS.2002.86.10.1163.
Fry, Apple & Bruhn 1983, Phytopathology 73:1054, doi:10.1094/Phyto-73-1054.
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.hazards.greenhouse import _late_blight as blight
from models.risk.features import mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window

_TABLE = f"{blight.SIMCAST}, table as transcribed by others"
PARAMETERS = {
    "humidity": blight.HUMIDITY,
    "threshold_susceptible": Parameter(30.0, "1", _TABLE, "second-hand"),
    "threshold_moderately_susceptible": Parameter(35.0, "1", _TABLE, "second-hand"),
    "threshold_moderately_resistant": Parameter(40.0, "1", _TABLE, "second-hand"),
    "window": Parameter(7.0, "d", "weekly sprays; chosen here", "provisional"),
    "medium": Parameter(0.5, "1", "chosen here", "provisional"),
    "high": Parameter(1.0, "1", blight.SIMCAST, "primary"),
    "unknown_variety_certainty": Parameter(0.8, "1", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = int(_P["window"])
TABLES = tuple(blight.SIMCAST_TABLES)
#: Table and threshold by the codes of ``season.RESISTANCE``: unknown, VS, S, MS, MR.
_TABLE_OF = np.array([0, 0, 0, 1, 2])
_THRESHOLD = np.array([_P[f"threshold_{TABLES[t]}"] for t in _TABLE_OF])


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Blight units of seven days as a share of the variety's threshold."""
    units = np.choose(_TABLE_OF[season.resistance], [window[name].sum(axis=0) for name in TABLES])
    drivers = {
        "blight_units": units,
        "threshold": _THRESHOLD[season.resistance],
        "temperature": window["temperature"].sum(axis=0) / DAYS,
    }
    certainty = np.where(season.resistance == 0, _P["unknown_variety_certainty"], 1.0)
    return Evaluation(units / _THRESHOLD[season.resistance], drivers, certainty)


HAZARD = Hazard(
    id="tomato_late_blight_simcast",
    eppo="PHYTIN",
    kind="disease",
    crops=blight.CROPS,
    uses={
        **{name: Use(blight.SIMCAST_UNITS[name], "raises") for name in TABLES},
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(blight.SIMCAST, "doi:10.1094/Phyto-73-1054"),
    certainty=0.5,
    validated="potato fields of the Toluca valley, Mexico; not under a roof",
    actions=("ventilate", "drip_irrigation", "remove_sick", "ask_officer_fungicide"),
    act_days=(0, 3),
    shown="member",
)
