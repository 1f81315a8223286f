"""The water account of a field in words: what to do, why, and what is not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from collector.store.advice.water import Account
from models.water.needs import NEEDS
from webapp.language.formats import local_day, number, percent, short
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.risks import hazard_name, upper_first
from webapp.language.words import name_of
from webapp.views.crops import crop_types

Numbers = Mapping[str, Any]

TEXTURE_NAMES = {
    "sand": lazy_gettext("sand"),
    "loamy_sand": lazy_gettext("loamy sand"),
    "sandy_loam": lazy_gettext("sandy loam"),
    "loam": lazy_gettext("loam soil"),
    "silt_loam": lazy_gettext("silt loam"),
    "silt": lazy_gettext("silt"),
    "silt_clay_loam": lazy_gettext("silty clay loam"),
    "silty_clay": lazy_gettext("silty clay"),
    "clay": lazy_gettext("clay soil"),
}
METHOD_NAMES = {
    "flood": lazy_gettext("basin (flood)"),
    "border": lazy_gettext("border strips"),
    "furrow": lazy_gettext("furrows, narrow beds"),
    "furrow_wide": lazy_gettext("furrows, wide beds"),
    "furrow_alternate": lazy_gettext("every other furrow"),
    "sprinkler": lazy_gettext("sprinkler"),
    "drip": lazy_gettext("drip"),
}
WATER_NAMES = {
    "overwintering": lazy_gettext("the overwintering water"),
    "greening": lazy_gettext("the greening water"),
    "jointing": lazy_gettext("the jointing water"),
    "filling": lazy_gettext("the filling water"),
}
#: Why a probe is left out, in the words of its code.
PROBE_REASONS = {
    "missing": lazy_gettext("it sends nothing"),
    "struck": lazy_gettext("a technician struck its readings"),
    "out_of_bounds": lazy_gettext("its readings are impossible"),
    "stuck": lazy_gettext("its readings stand still"),
    "step": lazy_gettext("its readings jump"),
    "logical": lazy_gettext("its readings contradict others"),
    "drift": lazy_gettext("it drifts"),
    "hardly_moves": lazy_gettext("it hardly moves"),
    "frozen_soil": lazy_gettext("the soil is frozen"),
    "below_roots": lazy_gettext("it lies below the roots"),
}
TONES = {"now": "high", "soon": "medium", "none": "no_risk", "cannot_say": "cannot_say"}


def codes(account: Account) -> list[str]:
    """Codes of the reasons, in their order."""
    return [code for code, _ in account.advice["reasons"]]


def tone(account: Account) -> str:
    """The status by which a level is marked."""
    return "out_of_season" if codes(account) == ["out_of_season"] else TONES[account.level]


def _amount(account: Account) -> str:
    said = account.advice
    amount = gettext(
        "%(m3)s m³ a mu (%(mm)s mm)", m3=short(said["per_mu"], 0), mm=short(said["mm"], 0)
    )
    if said["total"] is None:
        return str(amount)
    return str(
        gettext("%(amount)s, %(total)s m³ in all", amount=amount, total=short(said["total"], 0))
    )


def _days(first: str | None, last: str | None) -> str:
    if first is None or last is None:
        return ""
    begin, end = (local_day(date.fromisoformat(day)) for day in (first, last))
    if begin == end:
        return str(gettext("on %(day)s", day=begin))
    return str(gettext("on %(first)s or %(last)s", first=begin, last=end))


def sentence(account: Account) -> str:
    """Whether to water, how much and when, in one sentence."""
    why = codes(account)
    if account.level == "cannot_say":
        return str(gettext("Whether this field needs water cannot be said."))
    if why == ["out_of_season"]:
        return str(gettext("The crop is ripe or not yet sown: no water."))
    if "waterlogged" in why:
        return str(gettext("Do not water: the soil is too wet. Let water off."))
    if account.level == "none":
        if "waits_for_rain" in why:
            return str(gettext("Do not water yet: wait for the rain that is forecast."))
        return str(gettext("No water needed in the coming week."))
    if not account.advice["mm"]:
        return str(gettext("The field needs water, but nothing is left of this season's share."))
    when = _days(account.advice["first"], account.advice["last"])
    about = {"when": when, "amount": _amount(account)}
    if not when:
        text = gettext("Water is needed: %(amount)s, but on none of the coming days.", **about)
    elif account.level == "now":
        text = gettext("Water %(when)s: %(amount)s.", **about)
    else:
        text = gettext("Water soon, %(when)s: %(amount)s.", **about)
    return str(text)


def _mm(numbers: Numbers, key: str) -> str:
    return number(float(numbers[key]), 0)


def _crop(crop: str) -> str:
    known = crop_types().get(crop)
    return name_of(known) if known else crop


def _weather_missing(n: Numbers) -> str:
    return gettext(
        "No weather for %(days)s days in a row: between full and dry nobody knows how the soil "
        "stands. What to do: see that the station sends again, or write down the next watering "
        "that fills the field; until then dig a spade deep and look.",
        days=int(n["days"]),
    )


def _crop_unknown(n: Numbers) -> str:
    return gettext(
        "How much water %(crop)s needs is not known here. What is known: %(known)s.",
        crop=_crop(str(n["crop"])),
        known=gettext(", ").join(_crop(c) for c in NEEDS),
    )


def _depletion(n: Numbers) -> str:
    return gettext(
        "%(mm)s mm are gone of the %(full)s mm that the roots can take up; at %(limit)s mm the "
        "crop begins to lack water.",
        mm=_mm(n, "mm"),
        full=_mm(n, "full"),
        limit=_mm(n, "limit"),
    )


def _named_water(n: Numbers) -> str:
    return gettext(
        "It is the time of %(water)s: it is due where the soil holds less than %(limit)s of what "
        "it can hold.",
        water=str(WATER_NAMES.get(str(n["water"]), n["water"])),
        limit=percent(float(n["limit"])),
    )


def _rain(n: Numbers) -> dict[str, str]:
    chance = float(n["chance"])
    return {
        "mm": _mm(n, "mm"),
        "days": str(int(n["days"])),
        "expected": _mm(n, "expected"),
        "chance": percent(chance) if chance == chance else "",
    }


#: What to say for each code of a reason or note.
REASONS: Mapping[str, Callable[[Numbers], str]] = {
    "nothing_sown": lambda n: gettext(
        "Nothing stands in this field. What to do: write down what was sown and when."
    ),
    "crop_unknown": _crop_unknown,
    "out_of_season": lambda n: gettext("The season of this crop is over, or has not begun."),
    "weather_missing": _weather_missing,
    "depletion": _depletion,
    "named_water": _named_water,
    "waterlogged": lambda n: gettext("The soil probe says that the field is waterlogged."),
    "drought_warning": lambda n: gettext(
        "The soil probe warns of drought: it counts before the computed balance."
    ),
    "waits_for_rain": lambda n: gettext(
        "With a chance of %(chance)s at least %(mm)s mm of rain fall within %(days)s days.",
        **_rain(n),
    ),
    "rain_not_sure": lambda n: gettext(
        "Rain is not to be relied on: %(mm)s mm within %(days)s days have a chance of %(chance)s.",
        **_rain(n),
    ),
    "rain_without_chance": lambda n: gettext(
        "The forecast gives %(expected)s mm of rain within %(days)s days, but not how sure it is: "
        "look at the sky before you water.",
        **_rain(n),
    ),
    "too_dry_to_wait": lambda n: gettext(
        "Rain may come (chance %(chance)s), but the crop is too dry to wait for it.", **_rain(n)
    ),
    "in_parts": lambda n: gettext(
        "%(lacking)s mm are lacking; more than %(most)s mm at once runs off or drains, so water in "
        "parts.",
        lacking=_mm(n, "lacking"),
        most=_mm(n, "most"),
    ),
    "allocation_short": lambda n: gettext(
        "Of this season's share %(left)s m³ are left; %(needed)s m³ would be needed.",
        left=_mm(n, "left"),
        needed=_mm(n, "needed"),
    ),
    "allocation_spent": lambda n: gettext(
        "This season's share is used up; %(needed)s m³ would be needed. Ask whoever gives the "
        "shares.",
        needed=_mm(n, "needed"),
    ),
    "no_wet_leaves": lambda n: gettext(
        "From %(first)s to %(last)s leaves must stay dry: %(hazard)s waits for wet leaves. Do not "
        "sprinkle on these days.",
        first=local_day(date.fromisoformat(str(n["from"]))),
        last=local_day(date.fromisoformat(str(n["to"]))),
        hazard=hazard_name(str(n["hazard"])),
    ),
    "no_texture": lambda n: gettext(
        "Nobody said what soil this is: the answer is for anything between sand and clay. What to "
        "do: enter the soil."
    ),
    "no_method": lambda n: gettext(
        "Nobody said how this field is watered: border strips are assumed. What to do: enter it."
    ),
    "no_area": lambda n: gettext(
        "The field's area is not known: the amount is told in mm and for one mu. What to do: enter "
        "the area."
    ),
    "no_forecast": lambda n: gettext(
        "There is no forecast for all of the coming days: they are taken to be like the last ones, "
        "without rain."
    ),
    "amount_unknown": lambda n: gettext(
        "The watering of %(day)s has no amount: it may have filled the soil, or not. What to do: "
        "enter the amount in the diary.",
        day=local_day(date.fromisoformat(str(n["day"]))),
    ),
    "probe_used": lambda n: gettext("A soil probe of this field corrects the balance."),
    "probe_left_out": lambda n: gettext(
        "The soil probe at %(depth)s cm is left out: %(reason)s.",
        depth=number(100 * float(n["depth"]), 0),
        reason=str(PROBE_REASONS.get(str(n["reason"]), n["reason"])),
    ),
}


def say(code: str, numbers: Numbers) -> str:
    """A reason or note in a sentence."""
    return upper_first(str(REASONS[code](numbers)))
