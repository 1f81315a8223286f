"""Schedules of subscriptions: when a query is run, as the standard's QuerySchedule says it, in UTC.

Each field is a list of numbers and of ranges, ``0,30`` or ``[1-5]``; a time fits where every field
does, and a field that is left out fits always. Two things follow the interface's own examples:
without a second the query is run at second 0 (hour 1 and minute 5 is "every morning at 1.05am" and
not sixty times), and ``0/30`` is every 30 from 0 on.

References
----------
GS1 EPCIS 2.0, section 8.2.5.3 (QuerySchedule) and 12 (REST binding).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

#: The least and the greatest number of each field; a week's days from Monday, 1, to Sunday, 7.
FIELDS = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
ELEMENT = re.compile(r"\[(\d{1,2})-(\d{1,2})\]|(\d{1,2})(?:/(\d{1,2}))?", re.ASCII)
#: The calendar's days and weekdays come again after 400 years; 29 February on a given weekday
#: within 40.
FARTHEST = timedelta(days=41 * 366)


class ScheduleError(ValueError):
    """A schedule cannot be followed; the message names the field and the mend."""


@dataclass(frozen=True)
class Schedule:
    """When a query is run: the numbers that each field of a time may have, in order."""

    second: tuple[int, ...]
    minute: tuple[int, ...]
    hour: tuple[int, ...]
    dayOfMonth: tuple[int, ...]  # noqa: N815 - as the standard has it
    month: tuple[int, ...]
    dayOfWeek: tuple[int, ...]  # noqa: N815

    def next_after(self, after: datetime) -> datetime | None:
        """Return the first time after another at which the query is run; None where there is none.

        Parameters
        ----------
        after : datetime
            Aware.
        """
        after = after.astimezone(UTC)
        day, last = after.date(), after.date() + FARTHEST
        while day <= last:
            if (
                day.month in self.month
                and day.day in self.dayOfMonth
                and day.isoweekday() in self.dayOfWeek
            ):
                for each in self._times():
                    at = datetime.combine(day, each, UTC)
                    if at > after:
                        return at
            day += timedelta(days=1)
        return None

    def _times(self) -> Iterator[time]:
        for hour in self.hour:
            for minute in self.minute:
                for second in self.second:
                    yield time(hour, minute, second)


def parse_schedule(value: Any) -> Schedule:
    """Read a schedule.

    Parameters
    ----------
    value : object
        As JSON has it: fields with texts.

    Raises
    ------
    ScheduleError
        When it is none, or no time ever fits it.
    """
    if not isinstance(value, dict) or not value:
        raise ScheduleError('schedule: write at least one field, as {"hour": "1", "minute": "5"}')
    for name in value:
        if name not in FIELDS:
            raise ScheduleError(f"schedule.{name}: is no field; write {', '.join(FIELDS)}")
    given = {"second": "0", **value}
    numbers = {name: _numbers(name, given.get(name)) for name in FIELDS}
    found = Schedule(**numbers)
    if found.next_after(datetime(2000, 1, 1, tzinfo=UTC)) is None:
        raise ScheduleError("schedule: no day has this dayOfMonth in this month; it never comes")
    return found


def _numbers(name: str, value: Any) -> tuple[int, ...]:
    least, most = FIELDS[name]
    if value is None:
        return tuple(range(least, most + 1))
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    form = f"write numbers from {least} to {most} and ranges, as {least},[{least + 1}-{most}]"
    if not isinstance(text, str) or len(text) > 400:
        raise ScheduleError(f"schedule.{name}: is no text; {form}")
    found: set[int] = set()
    for part in text.split(","):
        match = ELEMENT.fullmatch(part)
        if match is None:
            raise ScheduleError(f'schedule.{name}: "{part[:20]}" cannot be read; {form}')
        first, last, one, step = (int(each) if each else None for each in match.groups())
        start, end = (one, one) if first is None else (first, last)
        assert start is not None
        assert end is not None
        if step is not None:
            end = most
        if not least <= start <= end <= most or step == 0:
            raise ScheduleError(f'schedule.{name}: "{part}" is out of range; {form}')
        found.update(range(start, end + 1, step or 1))
    return tuple(sorted(found))
