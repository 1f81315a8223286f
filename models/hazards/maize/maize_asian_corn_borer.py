"""Asian corn borer (亚洲玉米螟, Ostrinia furnacalis): when the many moths of late summer fly.

Degree-days above 11.92 degC; one generation takes 504.52 degC d (Urumqi population). They are
counted from the middle of the first flight of the year, that of the moths whose larvae wintered:
26 May. After one generation its offspring fly, after two and three the moths whose larvae are on
the ears of summer maize:

    g     = degree-days since 26 May / 504.52
    score = the lesser of g - 1.8 and 3 - g            [generations]

At 0 and more (medium) lie the second and the third of these flights, from a fifth of a
generation, a week, before the middle of the second to the middle of the third. Lights at Luohe,
Henan, in 2022 and 2023 had two peaks: mid May to early June, 7 to 27 % of the catch, which the
count starts from, and early August to mid September, 64 to 91 %, with several peaks within and the
highest single night in early September. With the typical year of Zhengzhou the window is 31 July
to 16 September. The flight between them, in early July, was no peak in those lights, and so it is
none here, though its larvae are what makes rows of holes in the whorl.

It is a time to look and no forecast of numbers, so it is never "high". Provisional are 26 May (the
middle of that peak), the week before the second flight, the end with the third, the cut-off at
30 degC (the upper end of the range called suitable) and the use of a population from Xinjiang:
none of Henan was found. Others move the dates little: Li 1998 (10.39 degC, 539.9 degC d) gives
29 July to 11 September. The plant protection service gave 25 May to 5 June for the moths of Henan
in 2017, three days early; from 2 June on the window is 5 August to 25 September. A first catch in
a local moth trap would be a better start than a date.

Larvae of the third generation that grow in shorter days sleep until spring. The day length at
which half of them do was 13 h 30 min at Nanjing and 14 h 30 min at Qinshui (35-36 degrees N), at
25 degC, quoted by others; with twilight that is mid August at Puyang, so its September flight may
be smaller than that of Luohe, two degrees further south. A fourth flight is not counted.

Where data begin after 26 May, the days before are bridged with the climate's normal
temperatures; the answer is given only where the doubt about them (15 %, at least 36 degC d)
does not matter for the status. The EPPO code could not be verified and is left out.

References
----------
巴磊 et al. 2024, doi:10.13651/j.cnki.fjnykj.2024.06.004 (lights at Luohe; abstract read).
新疆农业科学 2017(10), thermal constants of three Xinjiang populations (abstract): egg
14.35/54.52, larva 9.93/353.25, pupa 12.58/81.95, pre-oviposition 16.27/37.52; generation also
11.32/533.41 (Yining), 11.92/506.20 (Shule).
Li 1998, Zoological Research 19:389, as fitted by Jarosik et al. 2011, doi:10.1603/EC11247.
全国农业技术推广服务中心 2017-06-14, forecast for the first generation (table of moths).
"""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np

from models.crops.phenology import RUN_SPREAD, SHARE, normal_temperature
from models.crops.season import SeasonDay
from models.hazards._cereal_insects import heat_units, known
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_URUMQI = "新疆农业科学 2017(10), Urumqi population (abstract)"
_LUOHE = "doi:10.13651/j.cnki.fjnykj.2024.06.004 (abstract): first peak mid May to early June"
PARAMETERS = {
    "base": Parameter(11.92, "degC", _URUMQI, "primary"),
    "constant": Parameter(504.52, "degC d", _URUMQI, "primary"),
    "cap": Parameter(30.0, "degC", "upper end of the suitable range", "provisional"),
    "start_month": Parameter(5.0, "month", f"middle of {_LUOHE}", "provisional"),
    "start_day": Parameter(26.0, "day of the month", f"middle of {_LUOHE}", "provisional"),
    "opens": Parameter(1.8, "generations", "a week before the second; chosen here", "provisional"),
    "closes": Parameter(3.0, "generations", "the third; chosen here", "provisional"),
    "medium": Parameter(0.0, "generations", "within the two", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
_MIDDLE = (_P["opens"] + _P["closes"]) / 2


def inside(generations: Array) -> Array:
    """Score [generations]: how far within the window of the flights, negative outside.

    Parameters
    ----------
    generations
        Since the middle of the first flight of the year [generations].
    """
    score: Array = np.minimum(generations - _P["opens"], _P["closes"] - generations)
    return score


def best_within(low: Array, high: Array) -> Array:
    """Highest score [generations] anywhere from ``low`` to ``high`` generations.

    Parameters
    ----------
    low, high
        Ends of the interval [generations], low not above high.
    """
    return inside(np.clip(_MIDDLE, low, high))


def worst_within(low: Array, high: Array) -> Array:
    """Lowest score [generations] anywhere from ``low`` to ``high`` generations.

    Parameters
    ----------
    low, high
        Ends of the interval [generations], low not above high.
    """
    return np.minimum(inside(low), inside(high))


def _step(carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Degree-days since the start: at most, at least (sign turned), and the doubt from normals.

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
    """How far within the window of the flights.

    What is known is an interval of degree-days. The worst case asks for the highest score in
    it, the best case, where the ends come in reverse order, for the lowest.
    """
    one, other = carried["most"] / _P["constant"], -carried["least"] / _P["constant"]
    low, high = np.minimum(one, other), np.maximum(one, other)
    score = np.where(one >= other, best_within(low, high), worst_within(low, high))
    spread = carried["doubt"] / _P["constant"]
    if (spread > 0).any():
        least = worst_within(np.maximum(low - spread, 0.0), high + spread)
        most = best_within(np.maximum(low - spread, 0.0), high + spread)
        apart = (least >= _P["medium"]) != (most >= _P["medium"])
        score = np.where((spread > 0) & apart, np.nan, score)
    middle = (one + other) / 2
    flight = np.clip(np.ceil(middle), 1.0, _P["closes"])
    return Evaluation(
        score,
        {
            "flight": flight,
            "progress": 100.0 * np.minimum(middle - (flight - 1.0), 1.0),
            "degree_days": middle * _P["constant"],
        },
        np.where(spread > 0, 0.7, 1.0),
    )


_HEAT = heat_units("corn_borer_heat", _P["base"], _P["cap"])
HAZARD = Hazard(
    id="maize_asian_corn_borer",
    eppo=None,
    kind="pest",
    crops={"summer_maize": (12, 87)},
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
    high=math.inf,
    parameters=PARAMETERS,
    references=(
        "doi:10.13651/j.cnki.fjnykj.2024.06.004",
        "新疆农业科学 2017(10)",
        "Li 1998, Zoological Research 19:389",
    ),
    certainty=0.3,
    actions=("crush_stalks", "release_trichogramma", "scout_whorl", "ask_officer"),
    when={"crush_stalks": None},
    act_days=(0, 5),
)
