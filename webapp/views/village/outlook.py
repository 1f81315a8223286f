"""The coming days as pages show them: for each hazard one mark a day, from the forecast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.store.advice.risk import KeptStatus
from models.risk.hazard import STATUS
from models.weather.local_days import day_ended, local_day
from webapp.language.formats import day_tick
from webapp.language.i18n import gettext, lazy_gettext, ngettext
from webapp.views.village.villages import ANSWERS, GRAVITY, WARNINGS

DAYS = 7
SHORTEST = {
    "high": lazy_gettext("high"),
    "medium": lazy_gettext("mid"),
    "no_risk": lazy_gettext("none"),
    "cannot_say": lazy_gettext("n/k"),
    "out_of_season": lazy_gettext("off"),
}


@dataclass(frozen=True)
class Day:
    """A coming day: its name, the status and its shortest word."""

    name: str
    status: str
    word: str


@dataclass(frozen=True)
class Ahead:
    """The coming days of a hazard; `warns` where one of them is medium or high."""

    title: str
    days: list[Day]
    warns: bool
    made: datetime


def short_status(name: str) -> str:
    """The shortest word for a status, for a mark that is one of seven in a row."""
    return str(SHORTEST[name])


def _day_name(end: datetime, now: datetime) -> str:
    day = day_ended(end)
    return str(gettext("today")) if day == local_day(now) else day_tick(day)


def show_ahead(rows: Sequence[KeptStatus], now: datetime) -> Ahead | None:
    """Show the coming days of one hazard and crop, each by the field where it is gravest.

    Parameters
    ----------
    rows
        The outlook of some fields.
    now
        Aware; days that are over are left out.

    Returns
    -------
    Ahead or None
        None where the forecast says nothing of any day, or none lies in the season.
    """
    worst: dict[datetime, int] = {}
    for row in rows:
        if row.time > now:
            known = worst.setdefault(row.time, row.status)
            worst[row.time] = max(known, row.status, key=GRAVITY.__getitem__)
    if all(status not in ANSWERS for status in worst.values()):
        return None
    days = [
        Day(_day_name(end, now), STATUS[status], short_status(STATUS[status]))
        for end, status in sorted(worst.items())[:DAYS]
    ]
    title = ngettext("Forecast for %(num)d day", "Forecast for the next %(num)d days", len(days))
    warns = any(status in WARNINGS for status in worst.values())
    made = min(row.forecast_issued for row in rows if row.forecast_issued)
    return Ahead(str(title), days, warns, made)


def by_hazard(rows: Sequence[KeptStatus], now: datetime) -> Mapping[tuple[str, str], Ahead]:
    """Show the outlook of a village, by crop and hazard."""
    groups: dict[tuple[str, str], list[KeptStatus]] = {}
    for row in rows:
        groups.setdefault((row.crop, row.hazard), []).append(row)
    shown = {key: show_ahead(group, now) for key, group in groups.items()}
    return {key: ahead for key, ahead in shown.items() if ahead is not None}
