"""How times, ages and numbers are written for readers: local time, their language, true signs."""

import math
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from babel.dates import format_date, format_datetime
from flask import Flask

from models.weather import local_days
from models.weather.local_days import LOCAL
from webapp.language.i18n import CHINESE, current_language, gettext, ngettext

MINUS = "\N{MINUS SIGN}"


def _is_chinese() -> bool:
    return current_language() == CHINESE


@lru_cache(maxsize=4096)  # what a village's page names are a few days; all pages name the same
def _written(pattern: str, moment: date, locale: str) -> str:
    if isinstance(moment, datetime):
        return str(format_datetime(moment, pattern, locale=locale))
    return str(format_date(moment, pattern, locale=locale))


def _write(chinese: str, english: str, moment: date) -> str:
    pattern = chinese if _is_chinese() else english
    return _written(pattern, moment, current_language().code)


def local_time(moment: datetime, now: datetime | None = None) -> str:
    """Write a moment in local time, with its year only where that is not the year of `now`."""
    local = moment.astimezone(LOCAL).replace(tzinfo=None)
    if now is None or local.year != local_days.local_day(now).year:
        return _write("y年M月d日 HH:mm", "d MMM y, HH:mm", local)
    return _write("M月d日 HH:mm", "d MMM, HH:mm", local)


def clock_time(moment: datetime) -> str:
    """Write the local time of a day, with its seconds."""
    return f"{moment.astimezone(LOCAL):%H:%M:%S}"


def local_day(day: date | datetime, *, weekday: bool = False) -> str:
    """Write a local day without its year, with its weekday if wanted."""
    if isinstance(day, datetime):
        day = local_days.local_day(day)
    if weekday:
        return _write("M月d日 EEE", "EEE d MMM", day)
    return _write("M月d日", "d MMM", day)


def full_day(day: date | datetime) -> str:
    """Write a local day with its year."""
    if isinstance(day, datetime):
        day = local_days.local_day(day)
    return _write("y年M月d日", "d MMM y", day)


def day_tick(day: date) -> str:
    """Write a local day in the little room under a chart."""
    return _write("M/d", "d MMM", day)


def iso(moment: datetime) -> str:
    """Write a moment for machines: UTC, seconds, RFC 3339."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def age(then: datetime, now: datetime) -> str:
    """Say how long ago something was, as coarsely as people speak."""
    return span_ago((now - then).total_seconds())


def span_ago(seconds: float) -> str:
    """Say how long ago, from a span in seconds; a moment in the future is said as such."""
    if seconds < -90:
        return str(gettext("in the future"))
    minutes = int(seconds // 60)
    if minutes < 1:
        return str(gettext("just now"))
    if minutes < 60:
        return str(ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes))
    if minutes < 48 * 60:
        return str(ngettext("%(num)d hour ago", "%(num)d hours ago", minutes // 60))
    return str(ngettext("%(num)d day ago", "%(num)d days ago", minutes // 1440))


def number(value: float | None, digits: int = 1) -> str:
    """Write a number with fixed decimals and a true minus; an em dash where there is none."""
    if value is None or not math.isfinite(value):
        return "\N{EM DASH}"
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", MINUS)


def celsius(value: float | None) -> str:
    """Write a temperature [degC] with one decimal and its unit."""
    return gettext("%(celsius)s °C", celsius=number(value, 1))


def short(value: float | None, digits: int = 1) -> str:
    """Write a number with as many decimals as it has, `digits` at most."""
    text = number(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float | None) -> str:
    """Write a share between 0 and 1 as whole percent."""
    if share is None or not math.isfinite(share):
        return "\N{EM DASH}"
    return f"{share * 100:.0f}%"


def days_before(moment: datetime, days: int) -> datetime:
    """The start of the local day, `days` days before the one that holds `moment`, in UTC."""
    return local_days.midnight(local_days.local_day(moment) - timedelta(days=days))


def install(app: Flask) -> None:
    """Make the formats known to templates."""
    app.jinja_env.filters.update(
        local_time=local_time,
        local_day=local_day,
        full_day=full_day,
        iso=iso,
        age=age,
        num=number,
        percent=percent,
    )
