"""Advice as pages tell it: what to do by when, cultural measures first, hours fit for spraying."""

from dataclasses import dataclass
from datetime import datetime

from models.advice.advisory import Advisory
from models.advice.spraying import PARAMETERS, is_chemical
from models.weather.local_days import LOCAL
from models.weather.local_days import local_day as day_of
from webapp.language.formats import local_day, local_time
from webapp.language.i18n import gettext
from webapp.language.risks import action_text, upper_first
from webapp.language.words import word

SHOWN_WINDOWS = 8


@dataclass(frozen=True)
class Spraying:
    """Hours fit for spraying in words; `known` unless nothing is known of them."""

    text: str
    hours: list[str]
    known: bool


@dataclass(frozen=True)
class ShownAdvice:
    """What to do by when; `draft` until an officer or local validation stands behind it.

    `by` tells up to when readings speak for it; `overdue` says that its days are over.
    `measures` are cultural; `chemical` may end in a treatment, and only then is `spraying` there.
    """

    title: str
    window: str
    by: str
    overdue: bool
    measures: list[str]
    chemical: list[str]
    spraying: Spraying | None
    draft: bool


def hours_text(begin: datetime, end: datetime) -> str:
    """Write a span within a day in local time."""
    first, last = begin.astimezone(LOCAL), end.astimezone(LOCAL)
    return f"{local_day(first)} {first:%H:%M}\N{EN DASH}{last:%H:%M}"


def show_spraying(
    hours: tuple[tuple[datetime, datetime], ...] | None, now: datetime | None = None
) -> Spraying:
    """Say when the forecast allows spraying.

    Parameters
    ----------
    hours
        Begin and end of each window, aware; None where nothing is known, empty where none is fit.
    now
        Aware; hours that are over are left out.
    """
    if hours is None:
        text = gettext("Hours fit for spraying: not known, there is no forecast.")
        return Spraying(str(text), [], known=False)
    ahead = [(begin, end) for begin, end in hours if now is None or end > now]
    if not ahead:
        text = gettext("No hour of the forecast is fit for spraying.")
        return Spraying(str(text), [], known=True)
    shown = [hours_text(begin, end) for begin, end in ahead[:SHOWN_WINDOWS]]
    return Spraying(str(gettext("Hours fit for spraying, by the forecast:")), shown, known=True)


def spraying_limits() -> tuple[str, str]:
    """Name and text of what makes an hour fit, with where the limits come from."""
    limits = {name: f"{parameter.value:g}" for name, parameter in PARAMETERS.items()}
    text = gettext(
        "wind %(wind_low)s to %(wind_high)s m/s; %(coldest)s to %(hottest)s °C; above %(warm)s °C "
        "humidity of %(driest_when_warm)s%% or more; no rain of %(rain)s mm in the hour and the "
        "%(dry_hours)s hours after it; between %(first_hour)s and %(last_hour)s o'clock. Rain and "
        "daylight limits are provisional, the others from %(sources)s; the label goes before all.",
        sources="; ".join(
            dict.fromkeys(p.source for p in PARAMETERS.values() if p.status != "provisional")
        ),
        **limits,
    )
    return str(gettext("Fit for spraying (limits provisional)")), str(text)


def show_advice(advice: Advisory, now: datetime | None = None) -> ShownAdvice:
    """Say what an advisory asks for, and by when, in local days.

    Parameters
    ----------
    advice
        The advisory.
    now
        Aware; None leaves open whether its days are over.
    """
    first, last = (local_day(each) for each in (advice.window_from, advice.window_to))
    overdue = now is not None and day_of(now) > day_of(advice.window_to)
    window = word("advisory.overdue" if overdue else "advisory.window", start=first, end=last)
    title = gettext(
        "%(title)s: %(window)s", title=upper_first(word("advisory.title")), window=window
    )
    chemical = [key for key in advice.actions if is_chemical(key)]
    return ShownAdvice(
        title=str(title),
        window=upper_first(window),
        by=str(gettext("By the readings up to %(time)s.", time=local_time(advice.confirmed, now))),
        overdue=overdue,
        measures=[action_text(advice.hazard, k) for k in advice.actions if k not in chemical],
        chemical=[action_text(advice.hazard, key) for key in chemical],
        spraying=show_spraying(advice.spraying, now) if chemical and not overdue else None,
        draft=advice.draft,
    )
