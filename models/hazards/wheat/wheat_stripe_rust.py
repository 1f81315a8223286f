"""Stripe rust of wheat (条锈病): infection efficiency after Kirtphaiboon, beside a humidity rule.

The share of spores that infect on a day of mean temperature ``T`` [degC] with ``W`` wet hours:

    IE = 0.421 fT fW fL                                   negative factors count as 0
    fT = 2.24 ((T - 2.37)/17.43)^0.87 ((19.8 - T)/17.43)^0.41
    fW = 1 - exp(-k (W - Wmin)),  k = -0.023 + 0.0246 T - 0.00101 T2
                                  Wmin = 10.14 - 1.024 T + 0.0427 T2
    fL = 1 - exp(-0.045 (L - 0.065))

The score is the sum of IE over ten days. No published class limits exist for it: those here
are provisional and belong to the product with its light factor. The source does not name the
unit of light, so that measured radiation cannot be put in: L = 20 stands for every day, the value
of the published code's worked figures (fL = .592; 12 degC and 10 wet hours give .1277). Wet hours
are estimated from humidity and rain where no wetness sensor is fitted.

Beside it stands the rule of El Jarroudi: hours with humidity above 92 % and 4-16 degC in spells
of at least four hours with rain of at most 0.1 mm; a ten-day period with 5-20 % such hours is
one of infection. The driver ``rule_share`` is that share [%], ``models_agree`` says whether
the two see the same (1) or not (0).

Known faults of the published code are not repeated here (interpolation weights the wrong way
round; a disease curve divided by its time step).

References
----------
Kirtphaiboon et al. 2019 (model; equations as in j3lps/YellowRust_Wheat at 149c1dfc).
El Jarroudi et al. 2017, Plant Disease 101:693 (rule).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.crops.season import SeasonDay
from models.risk.features import DayHours, Feature, Range, count, mean
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.risk.wetness import wet_hours
from models.weather.dataset import Array

_SOURCE = "Kirtphaiboon et al. 2019, as in YellowRust_Wheat 149c1dfc"
_RULE = "El Jarroudi et al. 2017, Plant Disease 101:693"
_HERE = "chosen here"
PARAMETERS = {
    "efficiency": Parameter(0.421, "1", _SOURCE, "primary"),
    "temperature_scale": Parameter(2.24, "1", _SOURCE, "primary"),
    "temperature_low": Parameter(2.37, "degC", _SOURCE, "primary"),
    "temperature_high": Parameter(19.8, "degC", _SOURCE, "primary"),
    "temperature_rise": Parameter(0.87, "1", _SOURCE, "primary"),
    "temperature_fall": Parameter(0.41, "1", _SOURCE, "primary"),
    "light_rate": Parameter(0.045, "1", _SOURCE, "primary"),
    "light_low": Parameter(0.065, "unit not named", _SOURCE, "primary"),
    "light": Parameter(20.0, "unit not named", "one value for every day", "provisional"),
    "rule_humidity": Parameter(92.0, "%", _RULE, "primary"),
    "rule_cold": Parameter(4.0, "degC", _RULE, "primary"),
    "rule_warm": Parameter(16.0, "degC", _RULE, "primary"),
    "rule_rain": Parameter(0.1, "mm", _RULE, "primary"),
    "rule_spell": Parameter(4.0, "h", _RULE, "primary"),
    "rule_share_low": Parameter(5.0, "%", _RULE, "primary"),
    "medium": Parameter(0.12, "1", _HERE, "provisional"),
    "high": Parameter(0.36, "1", _HERE, "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
MEAN_TEMPERATURE, WET_HOURS = mean("air_temperature", "degC"), wet_hours()
DAYS, SPELL = 10, int(_P["rule_spell"])
#: Temperatures [degC] at which the factors peak; used for bounds only.
_BEST_T = 2.37 + 17.43 * 0.87 / (0.87 + 0.41)
_BEST_K, _BEST_W = 0.0246 / (2 * 0.00101), 1.024 / (2 * 0.0427)


def latent_period(temperature: Array) -> Array:
    """Days from infection to spores [d] at a mean temperature [degC]; Kirtphaiboon 2019.

    Parameters
    ----------
    temperature
        Daily mean temperature, any shape [degC].
    """
    return 28.24 * np.exp(-0.06 * temperature)


def infectious_period(temperature: Array) -> Array:
    """Days that a lesion gives spores [d] at a mean temperature [degC]; Kirtphaiboon 2019.

    Parameters
    ----------
    temperature
        Daily mean temperature, any shape [degC].
    """
    return 4.0 / np.maximum(0.06 * temperature - 0.02, 1e-4)


def spores_per_lesion(temperature: Array) -> Array:
    """Spores of a lesion over its life at a mean temperature [degC]; Kirtphaiboon 2019.

    Parameters
    ----------
    temperature
        Daily mean temperature, any shape [degC].
    """
    low, high = 1.7, 20.84
    rise = np.maximum(temperature - low, 0.0) / (high - low)
    fall = np.maximum(high - temperature, 0.0) / (high - low)
    return 8799.0 * rise**0.84 * fall**0.58


def temperature_factor(temperature: Array) -> Array:
    """Factor fT at a mean temperature [degC]; 0 outside 2.37-19.8; Kirtphaiboon 2019.

    Parameters
    ----------
    temperature
        Daily mean temperature, any shape [degC].
    """
    low, high = _P["temperature_low"], _P["temperature_high"]
    rise = np.maximum(temperature - low, 0.0) / (high - low)
    fall = np.maximum(high - temperature, 0.0) / (high - low)
    return _P["temperature_scale"] * rise ** _P["temperature_rise"] * fall ** _P["temperature_fall"]


def wetness_rate(temperature: Array) -> Array:
    """Rate k of the wetness response [h-1] at a mean temperature [degC]; Kirtphaiboon 2019.

    Parameters
    ----------
    temperature
        Daily mean temperature, any shape [degC].
    """
    return np.maximum(-0.023 + (0.0246 - 0.00101 * temperature) * temperature, 0.0)


def wetness_needed(temperature: Array) -> Array:
    """Wet hours Wmin before any infection [h] at a mean temperature [degC]; Kirtphaiboon 2019.

    Parameters
    ----------
    temperature
        Daily mean temperature, any shape [degC].
    """
    return 10.14 + (-1.024 + 0.0427 * temperature) * temperature


def light_factor(light: Array) -> Array:
    """Factor fL of light in the source's unnamed unit; Kirtphaiboon 2019.

    Parameters
    ----------
    light
        In a unit that the source does not name, any shape.
    """
    return np.maximum(1.0 - np.exp(-_P["light_rate"] * (light - _P["light_low"])), 0.0)


def infection_efficiency(temperature: Array, wet: Array, light: Array | None = None) -> Array:
    """Share of spores that infect on a day.

    Parameters
    ----------
    temperature
        Daily mean [degC].
    wet
        Wet hours of the day [h].
    light
        In the source's unnamed unit; 20 when left out.
    """
    over = np.maximum(wet - wetness_needed(temperature), 0.0)
    factor = light_factor(np.asarray(_P["light"] if light is None else light))
    wetness = 1.0 - np.exp(-wetness_rate(temperature) * over)
    return _P["efficiency"] * factor * temperature_factor(temperature) * wetness


def _infection(day: DayHours) -> Range:
    """Infection efficiency of a day, bounded where temperature or wetness has gaps."""
    cold, warm = MEAN_TEMPERATURE.compute(day)
    dry, wet = WET_HOURS.compute(day)
    if warm is cold and wet is dry:
        value = infection_efficiency(cold, dry)
        return Range(value, value)
    scale = _P["efficiency"] * light_factor(np.asarray(_P["light"]))
    over = wet - wetness_needed(np.clip(_BEST_W, cold, warm))
    rate = wetness_rate(np.clip(_BEST_K, cold, warm))
    most = temperature_factor(np.clip(_BEST_T, cold, warm))
    hi = scale * most * (1.0 - np.exp(-rate * np.maximum(over, 0.0)))
    over = dry - np.maximum(wetness_needed(cold), wetness_needed(warm))
    rate = np.minimum(wetness_rate(cold), wetness_rate(warm))
    least = np.minimum(temperature_factor(cold), temperature_factor(warm))
    lo = scale * least * (1.0 - np.exp(-rate * np.maximum(over, 0.0)))
    exact = (cold == warm) & (dry == wet)
    value = infection_efficiency(cold, dry)
    return Range(np.where(exact, value, lo), np.where(exact, value, hi))


def _favourable(day: DayHours) -> Range:
    """Hours [h] that the day adds to spells of at least four favourable hours.

    The span begins six hours before midnight, so that a spell across midnight counts in full,
    on the day on which its fourth hour falls.
    """
    lo, hi = day.hourly("stripe_rust_favourable", _good_hours)
    sure = _in_spells(lo) - _in_spells(lo[: 2 * SPELL - 2])
    if hi is lo:
        return Range(sure, sure)
    return Range(sure, _in_spells(hi) - _in_spells(hi[: 2 * SPELL - 2]))


def _good_hours(day: DayHours) -> Range:
    """Whether each hour (hour, site) meets the rule: false or true."""
    humidity, rain = day.get("relative_humidity"), day.get("precipitation_amount")
    heat = day.get("air_temperature")
    mild = heat.lo > _P["rule_cold"]
    mild &= heat.lo < _P["rule_warm"]
    if heat.hi is not heat.lo:
        unknown = heat.hi != heat.lo
        mild, maybe = mild & ~unknown, mild | unknown
    else:
        maybe = mild
    lo = humidity.lo > _P["rule_humidity"]
    lo &= rain.hi <= _P["rule_rain"]
    lo &= mild
    if humidity.hi is humidity.lo and rain.hi is rain.lo and maybe is mild:
        return Range(lo, lo)
    return Range(lo, maybe & (humidity.hi > _P["rule_humidity"]) & (rain.lo <= _P["rule_rain"]))


def _in_spells(good: NDArray[np.bool_]) -> Array:
    """Hours (site,) that lie in spells of at least four of ``good`` (hour, site)."""
    full = good[SPELL - 1 :].copy()
    for back in range(1, SPELL):
        full &= good[SPELL - 1 - back : len(good) - back]
    covered = np.zeros_like(good)
    for ahead in range(SPELL):
        covered[ahead : ahead + len(full)] |= full
    return count(covered)


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Ten days' infection efficiency, and what the rule says of the same days."""
    score = window["infection"].sum(axis=0)
    share = window["rule"].sum(axis=0) * (100.0 / (24 * DAYS))
    agrees = (score >= _P["medium"]) == (share >= _P["rule_share_low"])
    drivers = {
        "infection_sum": score,
        "wet_hours": window["wet"].sum(axis=0) / DAYS,
        "temperature": window["temperature"].sum(axis=0) / DAYS,
        "rule_share": share,
        "models_agree": agrees.astype(np.float64),
    }
    return Evaluation(score, drivers)


_INPUTS = ("air_temperature", "relative_humidity", "precipitation_amount")
HAZARD = Hazard(
    id="wheat_stripe_rust",
    eppo="PUCCST",
    kind="disease",
    crops={"winter_wheat": (21, 77)},
    uses={
        "infection": Use(
            Feature("stripe_rust_infection", _infection, _INPUTS, "1", estimated=True), "raises"
        ),
        "rule": Use(
            Feature("stripe_rust_rule", _favourable, _INPUTS, "h", (-2 * (SPELL - 1), 24)), "shown"
        ),
        "wet": Use(WET_HOURS, "shown"),
        "temperature": Use(MEAN_TEMPERATURE, "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(_SOURCE, _RULE),
    certainty=0.5,
    validated="equations published for the United Kingdom; class limits nowhere",
    actions=(
        "remove_volunteer_wheat",
        "scout_leaves",
        "report_first_spot",
        "choose_variety",
        "ask_officer_fungicide_rust",
    ),
    when={"choose_variety": None},
    act_days=(0, 5),
    shown="member",
)
