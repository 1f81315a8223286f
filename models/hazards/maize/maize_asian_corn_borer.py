"""Asian corn borer (亚洲玉米螟, Ostrinia furnacalis): when the next generation's young larvae come.

Degree-days above 11.92 degC; one generation takes 504.52 degC d (Urumqi population). They are
counted from 15 June, when in regions of three generations a year, such as this, the larvae of
the first generation are many on spring maize; after one generation the second is due on the
leaves of summer maize (mid July), after two the third on its ears (second half of August).

    g     = degree-days since 15 June / 504.52
    score = 1 - |g - n|,  n the nearer of 1 and 2          [generations]

Medium within a fifth of a generation of the time, high within a tenth: about a week, and half a
week, on each side. Young larvae on the leaf can be reached, those in the stem no longer: the
status tells when to look, not how many there will be. No action threshold is built in.

Second-hand is the date the count starts from; provisional are both class limits, the cut-off at
30 degC (the upper end of the range called suitable) and the use of a population from Xinjiang:
none of Henan was found (elsewhere 11.32/533.41 Yining, 11.92/506.20 Shule, 10.39/539.9 Li
1998). A first catch in a local moth trap would be a better start than a date.

Where data begin after 15 June, the days before are bridged with the climate's normal
temperatures; the answer is given only where the doubt about them (15 %, at least 36 degC d)
does not matter for the status. The EPPO code could not be verified and is left out.

References
----------
新疆农业科学 2017(10), thermal constants of three Xinjiang populations (abstract): egg
14.35/54.52, larva 9.93/353.25, pupa 12.58/81.95, pre-oviposition 16.27/37.52.
Li 1998, Zoological Research 19:389. Extension text on occurrence by generation
(foagr.com 2025-06-09).
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from models.crops.phenology import RUN_SPREAD, SHARE, normal_temperature
from models.crops.season import SeasonDay
from models.hazards.wheat._cereal_insects import heat_units, known
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_URUMQI = "新疆农业科学 2017(10), Urumqi population (abstract)"
_EXTENSION = "extension text on regions of three generations (foagr.com 2025-06-09)"
PARAMETERS = {
    "base": Parameter(11.92, "degC", _URUMQI, "primary"),
    "constant": Parameter(504.52, "degC d", _URUMQI, "primary"),
    "cap": Parameter(30.0, "degC", "upper end of the suitable range", "provisional"),
    "start_month": Parameter(6.0, "month", _EXTENSION, "second-hand"),
    "start_day": Parameter(15.0, "day of the month", _EXTENSION, "second-hand"),
    "last_generation": Parameter(2.0, "generations after the first", _EXTENSION, "second-hand"),
    "medium": Parameter(0.8, "generations", "chosen here", "provisional"),
    "high": Parameter(0.9, "generations", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}


def closeness(generations: Array) -> Array:
    """Score [generations] at a number of generations since the first one's larvae.

    Parameters
    ----------
    generations
        Since the larvae of the first one [generations].
    """
    nearest = np.clip(np.round(generations), 1.0, _P["last_generation"])
    score: Array = 1.0 - np.abs(generations - nearest)
    return score


def best_within(low: Array, high: Array) -> Array:
    """Highest score [generations] anywhere from ``low`` to ``high`` generations.

    Parameters
    ----------
    low, high
        Ends of the interval [generations], low not above high.
    """
    first = np.maximum(np.ceil(low), 1.0)
    holds = (first <= high) & (first <= _P["last_generation"])
    return np.where(holds, 1.0, np.maximum(closeness(low), closeness(high)))


def worst_within(low: Array, high: Array) -> Array:
    """Lowest score [generations] anywhere from ``low`` to ``high`` generations.

    Parameters
    ----------
    low, high
        Ends of the interval [generations], low not above high.
    """
    ends = np.minimum(closeness(low), closeness(high))
    for middle in np.arange(1.5, _P["last_generation"]):
        ends = np.where((low <= middle) & (middle <= high), np.minimum(ends, 0.5), ends)
    return ends


def _step(carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Degree-days since 15 June: at most, at least (sign turned), and the doubt from normals.

    In the worst case of missing hours the first is the highest and the second the lowest sum
    that they allow; in the best case it is the other way round, see `_evaluate`.
    """
    start = date(season.date.year, int(_P["start_month"]), int(_P["start_day"]))
    most, least, doubt = (carried[k] for k in ("most", "least", "doubt"))
    if season.date <= start:
        zero = np.zeros_like(most)
        return {"most": zero, "least": zero, "doubt": zero}
    begun = np.isnan(most)
    if begun.any():
        bridged = normal_heat(start, season.date)
        most = np.where(begun, bridged, most)
        least = np.where(begun, -bridged, least)
        doubt = np.where(begun, max(RUN_SPREAD, SHARE * bridged), doubt)
    return {
        "most": most + window["heat"][-1],
        "least": least - window["heat_least"][-1],
        "doubt": doubt,
    }


def normal_heat(start: date, end: date) -> float:
    """Degree-days [degC d] of the days between two at the climate's normal temperatures.

    Parameters
    ----------
    start, end
        Days between which the sum runs, both left out; the sum is in [degC d].
    """
    days = ((start + timedelta(days=d)) for d in range(1, (end - start).days))
    return sum(max(min(normal_temperature(day), _P["cap"]) - _P["base"], 0.0) for day in days)


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """How near the next generation's young larvae are.

    What is known is an interval of degree-days. The worst case asks for the highest score in
    it, the best case, where the ends come in reverse order, for the lowest.
    """
    one, other = carried["most"] / _P["constant"], -carried["least"] / _P["constant"]
    low, high = np.minimum(one, other), np.maximum(one, other)
    score = np.where(one >= other, best_within(low, high), worst_within(low, high))
    spread = carried["doubt"] / _P["constant"]
    if (spread > 0).any():
        least = _classes(worst_within(np.maximum(low - spread, 0.0), high + spread))
        most = _classes(best_within(np.maximum(low - spread, 0.0), high + spread))
        score = np.where((spread > 0) & (least != most), np.nan, score)
    middle = (one + other) / 2
    coming = np.clip(np.ceil(middle - 0.2), 1.0, _P["last_generation"])
    return Evaluation(
        score,
        {
            "generation": coming + 1.0,
            "progress": 100.0 * (middle - (coming - 1.0)),
            "degree_days": middle * _P["constant"],
        },
        np.where(spread > 0, 0.7, 1.0),
    )


def _classes(score: Array) -> Array:
    """0, 1 or 2 for a score [generations] below medium, medium, high."""
    limits = np.array([_P["medium"], _P["high"]])
    found: Array = np.count_nonzero(score >= limits[:, None], axis=0).astype(np.float64)
    return found


_HEAT = heat_units("corn_borer_heat", _P["base"], _P["cap"])
HAZARD = Hazard(
    id="maize_asian_corn_borer",
    eppo=None,
    kind="pest",
    crops={"summer_maize": (12, 83)},
    uses={
        "heat": Use(_HEAT, "raises"),
        "heat_least": Use(_HEAT, "lowers"),
        "measured": Use(known("air_temperature_known", "air_temperature"), "mixed"),
    },
    days=1,
    carry={"most": np.nan, "least": np.nan, "doubt": np.nan},
    step=_step,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("新疆农业科学 2017(10)", "Li 1998, Zoological Research 19:389"),
    certainty=0.3,
    actions=("crush_stalks", "release_trichogramma", "scout_whorl", "ask_officer"),
    when={"crush_stalks": None},
    act_days=(0, 5),
)
