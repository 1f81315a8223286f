"""Shipments in words and curves: how warm, for how long, what is left, what comes next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from collector.store.coldchain.assets import Check
from collector.store.coldchain.conditions import Condition
from field_configs.load import load
from field_configs.schema import Product
from models.coldchain.ride import Outside, Range
from webapp.language.formats import local_time, number
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.risks import upper_first
from webapp.language.words import has_word, word
from webapp.views.coldchain.curves import humidity_limits, moment, sensor_name
from webapp.views.places import position_text

KIND_NAMES: Mapping[str, object] = {
    "store_room": lazy_gettext("store room"),
    "truck": lazy_gettext("truck"),
    "box": lazy_gettext("box"),
}
CAUSES: Mapping[str, object] = {
    "defrost": lazy_gettext("the machine was defrosting"),
    "door": lazy_gettext("a door was open"),
    "brief": lazy_gettext("brief"),
    "undecided": lazy_gettext("not clear yet"),
    "failure": lazy_gettext("too long for a door or a defrost: look at the cooling"),
    "": "",
}
#: Words of the parts of a product whose figures nobody verified.
PARTS: Mapping[str, object] = {
    "temperature": lazy_gettext("temperature limits"),
    "humidity": lazy_gettext("humidity limits"),
    "freezing": lazy_gettext("where it freezes"),
    "arrhenius": lazy_gettext("how warmth speeds it"),
    "life": lazy_gettext("how long it keeps"),
    "chilling": lazy_gettext("what cold it bears"),
}
HOUR_S, MINUTE_S = 3600.0, 60.0


@lru_cache
def products() -> dict[str, Product]:
    """Products of this release, by id."""
    return dict(load(site=None).products)


def product_name(product: str) -> str:
    """Name a product; its id where only another release knows it."""
    key = f"product.{product}"
    return upper_first(word(key)) if has_word(key) else product


def lasting(seconds: float) -> str:
    """Say how long, in minutes or hours."""
    if seconds < 2 * HOUR_S:
        return str(gettext("%(minutes)s min", minutes=number(seconds / MINUTE_S, 0)))
    return str(gettext("%(hours)s h", hours=number(seconds / HOUR_S, 1)))


def between(found: Range, digits: int, unit: str) -> str:
    """Write a range, its smaller end first; as one number where both are written alike."""
    if math.isnan(found.best) or math.isnan(found.worst):
        return "\N{EM DASH}"
    low, high = (number(each, digits) for each in sorted((found.best, found.worst)))
    if low == high:
        return f"{low} {unit}"
    return str(gettext("%(low)s to %(high)s", low=low, high=high)) + f" {unit}"


def out_text(state: Condition) -> str:
    """Say how long it was beyond the limits."""
    low, high = lasting(state.ride.out.best), lasting(state.ride.out.worst)
    return low if low == high else str(gettext("%(low)s to %(high)s", low=low, high=high))


def used_text(state: Condition) -> str:
    """Say which share of its life is used up."""
    used = state.ride.life_used
    return between(Range(used.best * 100, used.worst * 100), 1, "%")


@dataclass(frozen=True)
class Line:
    """A run beyond the limits in words; ``cause`` is '' below them."""

    sensor: str
    text: str
    cause: str


@dataclass(frozen=True)
class Calibration:
    """The state of a logger's check: a tone of statuses and words."""

    tone: str
    text: str


def limits_text(product: Product) -> str:
    """Say the limits of a product."""
    span = product.temperature
    low, high = number(span.low, 1), number(span.high, 1)
    return str(gettext("%(low)s to %(high)s °C", low=low, high=high))


def humidity_text(product: Product) -> str:
    """Say the humidity that a product is kept at; '' where nobody verified a source of it."""
    found = humidity_limits(product)
    if found is None:
        return ""
    low, high = (number(each, 0) for each in found)
    return str(gettext("%(low)s to %(high)s", low=low, high=high)) + " %"


def unverified(product: Product) -> str:
    """Name the parts of a product whose figures nobody verified; '' where all are."""
    parts = dict.fromkeys(each.partition("[")[0] for each in product.provisional)
    return str(gettext("; ")).join(str(PARTS[each]) for each in parts)


def show_outside(state: Condition) -> list[Line]:
    """Say each run beyond the limits."""
    channels = state.of("air_temperature")
    return [
        Line(
            sensor_name(channels, each.sensor),
            _outside_text(each),
            str(CAUSES.get(each.cause, "")),
        )
        for each in state.ride.outside
    ]


def _outside_text(each: Outside) -> str:
    values = {
        "time": local_time(moment(each.start)),
        "lasting": lasting(each.end - each.start),
        "peak": number(each.peak, 1),
        "hours": number(each.degree_hours, 2),
    }
    if each.above:
        text = gettext(
            "above the limit from %(time)s for %(lasting)s, up to %(peak)s °C; "
            "%(hours)s degree-hours",
            **values,
        )
    else:
        text = gettext(
            "below the limit from %(time)s for %(lasting)s, down to %(peak)s °C; "
            "%(hours)s degree-hours",
            **values,
        )
    more = ""
    if each.goes_on:
        more = gettext("it goes on")
    elif each.hidden:
        more = gettext("a gap hid its beginning or its end")
    return gettext("; ").join(str(part) for part in (text, more) if part)


def next_hour(state: Condition) -> str:
    """Say what comes if the next hour is like the last."""
    ride = state.ride
    if math.isnan(ride.soonest):
        return str(gettext("Less than half of the last hour is known: nothing can be said."))
    left = between(ride.left_after_hour, 1, str(gettext("days")))
    if ride.soonest == 0:
        return str(gettext("It is beyond a limit now. Life left in an hour: %(left)s.", left=left))
    if math.isinf(ride.soonest):
        return str(
            gettext("No limit breaks on this trend. Life left in an hour: %(left)s.", left=left)
        )
    soonest = lasting(ride.soonest)
    if math.isinf(ride.latest):
        return str(
            gettext(
                "A limit breaks in %(soonest)s at the soonest, or not on this trend. Life left in "
                "an hour: %(left)s.",
                soonest=soonest,
                left=left,
            )
        )
    return str(
        gettext(
            "A limit breaks in %(soonest)s to %(latest)s. Life left in an hour: %(left)s.",
            soonest=soonest,
            latest=lasting(ride.latest),
            left=left,
        )
    )


def show_check(check: Check | None, today: date) -> Calibration:
    """Say when a logger was checked last, and whether it is due."""
    if check is None:
        return Calibration("cannot_say", str(gettext("No check of it was written down.")))
    words = {"day": check.day.isoformat(), "due": check.due.isoformat(), "by": check.by}
    if check.due < today:
        return Calibration(
            "high",
            str(
                gettext("Check overdue since %(due)s; last checked on %(day)s by %(by)s.", **words)
            ),
        )
    return Calibration(
        "no_risk",
        str(gettext("Checked on %(day)s by %(by)s; to be checked again by %(due)s.", **words)),
    )


def place_text(state: Condition) -> tuple[str, datetime] | None:
    """Where it was last seen and when; None where no logger told a position."""
    place = state.place
    return None if place is None else (position_text(place[1], place[2]), moment(place[0]))
