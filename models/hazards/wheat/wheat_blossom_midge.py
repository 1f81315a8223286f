"""Wheat blossom midge (小麦吸浆虫, Sitodiplosis mosellana): when the adults leave the soil.

Three phases, one after the other, from 1 January (daily means T of the air):

    1  sum of max(T - 3, 0) reaches 250 degC d
    2  a day with T of 13 degC or more, and on it or after it a day of rain
    3  sum of max(T - 7, 0) from the day of that rain on reaches 160 degC d: adults emerge

    score = sum of phase 3 / 160

The eggs are laid on ears that have just come out, so the question is asked from booting to full
flowering alone. High is from the emergence on, which goes on for days that the source's abstract
does not number; medium is a provisional share of the last phase, a few days ahead. The abstract
gives no least rain either: 1 mm in a day is provisional. Made in Belgium; not judged in Henan.

Where data begin after 1 January the sum is not known and nothing is said until the next one: a
part of it is never taken for the whole. Hours that are missing since then bound it, so an emergence
may still be sure where what was measured suffices. The EPPO code could not be verified and is left
out.

References
----------
Jacquemin et al. 2014, Crop Protection 58:6, doi:10.1016/j.cropro.2013.12.021 (abstract read).
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.risk.features import mean, total
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window

_SOURCE = "Jacquemin et al. 2014, abstract"
_HERE = "chosen here"
PARAMETERS = {
    "first_base": Parameter(3.0, "degC", _SOURCE, "primary"),
    "first_sum": Parameter(250.0, "degC d", _SOURCE, "primary"),
    "warm_day": Parameter(13.0, "degC", _SOURCE, "primary"),
    "rain": Parameter(1.0, "mm", _HERE, "provisional"),
    "last_base": Parameter(7.0, "degC", _SOURCE, "primary"),
    "last_sum": Parameter(160.0, "degC d", _SOURCE, "primary"),
    "medium": Parameter(0.7, "1", _HERE, "provisional"),
    "high": Parameter(1.0, "1", _SOURCE, "primary"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}


def _step(carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Move the three phases on by a day; all begin with the year."""
    heat, rain = window["temperature"][-1], window["rain"][-1]
    before = carried
    if (season.date.month, season.date.day) == (1, 1):
        before = {name: np.zeros_like(values) for name, values in carried.items()}
    first = before["first"] + np.maximum(heat - _P["first_base"], 0.0)
    warm = np.maximum(before["warm"], (first >= _P["first_sum"]) & (heat >= _P["warm_day"]))
    rained = np.maximum(before["rained"], np.where(rain >= _P["rain"], warm, 0.0))
    last = before["last"] + rained * np.maximum(heat - _P["last_base"], 0.0)
    return {"first": first, "warm": warm, "rained": rained, "last": last}


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Share of the last phase that is over."""
    share = carried["last"] / _P["last_sum"]
    drivers = {
        "progress": 100.0 * np.minimum(share, 1.0),
        "warmth": carried["first"],
        "rained": carried["rained"],
    }
    return Evaluation(share, drivers)


HAZARD = Hazard(
    id="wheat_blossom_midge",
    eppo=None,
    kind="pest",
    crops={"winter_wheat": (45, 65)},
    uses={
        "temperature": Use(mean("air_temperature", "degC"), "raises"),
        "rain": Use(total("precipitation_amount", "mm"), "raises"),
    },
    days=1,
    carry=dict.fromkeys(("first", "warm", "rained", "last"), np.nan),
    step=_step,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("doi:10.1016/j.cropro.2013.12.021",),
    certainty=0.3,
    validated="wheat fields of Belgium, four years",
    actions=("part_rows_at_dusk", "watch_again", "ask_officer_midge"),
    act_days=(0, 4),
)
