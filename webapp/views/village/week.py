"""The days around today in one table: what was measured, the seam, what is forecast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collector.store.advice.risk import KeptStatus
from collector.store.advice.village import AFTER, BEFORE, WeatherDay
from models.risk.answers import RiskStatus
from models.risk.hazard import STATUS
from models.weather.local_days import day_ended, local_day
from webapp.language.formats import day_tick, local_time, number
from webapp.language.i18n import gettext, ngettext
from webapp.language.risks import hazard_name
from webapp.views.village.outlook import short_status
from webapp.views.village.verdicts import gravest
from webapp.views.village.villages import WARNINGS

DAY = timedelta(days=1)


@dataclass(frozen=True)
class WeekDay:
    """A day: lowest to highest temperature [degC] and rain [mm] as text, and the gravest level.

    `status` and its `word` are empty where nothing is said; `hazard` is what warns.
    """

    name: str
    air: str
    rain: str
    status: str
    word: str
    hazard: str


@dataclass(frozen=True)
class Part:
    """Days before the seam, or after it."""

    title: str
    days: list[WeekDay]


@dataclass(frozen=True)
class Week:
    """The table; `source` tells what its numbers are means of; `forecast` whether levels are."""

    parts: list[Part]
    source: str
    forecast: bool


def _worst(outlook: Sequence[KeptStatus], at: datetime) -> dict[date, RiskStatus]:
    """Of each coming day the gravest verdict of any field."""
    days: dict[datetime, list[KeptStatus]] = {}
    for each in outlook:
        if each.time > at:
            days.setdefault(each.time, []).append(each)
    found = {day_ended(end): gravest(said) for end, said in days.items()}
    return {day: worst for day, worst in found.items() if worst is not None}


def _source(days: Sequence[WeatherDay]) -> str:
    measured = max((each.of for each in days if not each.forecast), default=0)
    if not measured:
        return ""
    return str(
        ngettext(
            "Measured: lowest and highest of the day and its rain, in one field.",
            "Measured: lowest and highest of the day and its rain, mean of %(num)d fields.",
            measured,
        )
    )


def _title(days: Sequence[WeatherDay], outlook: Sequence[KeptStatus], at: datetime) -> str:
    issued = [each.issued for each in days if each.issued is not None]
    issued += [each.forecast_issued for each in outlook if each.forecast_issued is not None]
    if not issued:
        return str(gettext("There is no weather forecast for the coming days."))
    made = local_time(min(issued), at)
    return str(gettext("By the weather forecast of %(time)s", time=made))


def show_week(days: Sequence[WeatherDay], outlook: Sequence[KeptStatus], at: datetime) -> Week:
    """Show two measured days, and where there is a forecast today and six more.

    Parameters
    ----------
    days
        Weather of single days [degC, mm].
    outlook
        Answers of coming days.
    at
        Now, aware.
    """
    today = local_day(at)
    known = {(each.day, each.quantity): each for each in days}
    worst = _worst(outlook, at)

    def show(day: date) -> WeekDay:
        air, rain = (known.get((day, name)) for name in ("air_temperature", "precipitation_amount"))
        level = worst.get(day)
        status = "" if level is None else STATUS[level.status]
        text = gettext(
            "%(low)s to %(high)s",
            low=number(air.low if air else None, 0),
            high=number(air.high if air else None, 0),
        )
        return WeekDay(
            name=str(gettext("today")) if day == today else day_tick(day),
            air=str(text) if air else number(None),
            rain=number(rain.total if rain else None, 0),
            status=status,
            word=short_status(status) if status else "",
            hazard=hazard_name(level.hazard) if level and level.status in WARNINGS else "",
        )

    coming = bool(worst) or any(each.forecast for each in days)
    parts = [
        Part(str(gettext("Measured")), [show(today + n * DAY) for n in range(-BEFORE, 0)]),
        Part(
            _title(days, outlook, at),
            [show(today + n * DAY) for n in range(AFTER)] if coming else [],
        ),
    ]
    return Week(parts, _source(days), bool(worst))
