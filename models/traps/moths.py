"""Moth flights: trap counts against what the season has brought before.

Counts of one trap (or one kind of trap in one county) are compared with the same ten days of
earlier years. Counts are skewed, so the comparison is on ``log(1 + count per night)``: with mean
``m`` and standard deviation ``s`` of ``n`` earlier years, the probability of a count as high as
``x`` or higher in an ordinary year is

    t = (log(1 + x) - m) / (s sqrt(1 + 1/n)),   p = 1 - F(t; n - 1)

with F the distribution function of Student. Nothing is said with fewer than `YEARS` years, nor
where all earlier counts were the same. A flight is "medium" below p = 0.2 and "high" below
p = 0.05. These three numbers are chosen here and provisional. This is no action threshold: it
says that a flight is larger than usual, not that it does harm.

Weather is left out on purpose: on 27 years of corn earworm traps in the United States the month
alone ranked the catches with an AUC of .78, month and weather together with .82.

References
----------
Prediction interval of a new observation: e.g. Wilks, Statistical Methods in the Atmospheric
Sciences, chapter 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from field_configs.events import event
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK
from models.sheets import cells
from models.sheets.header import find_columns
from models.sheets.lines import Sheet
from models.sheets.refused import CellError, Refusals

YEARS = 5
MEDIUM_P, HIGH_P = 0.2, 0.05
COLUMNS = ("trap", "pest", "date", "nights", "count")


@dataclass(frozen=True)
class Catch:
    """One emptying of a trap: pest (EPPO code), day, nights since the last one, moths in all."""

    trap: str
    pest: str
    date: date
    nights: int
    count: int

    @property
    def per_night(self) -> float:
        """Moths per night."""
        return self.count / self.nights


@dataclass(frozen=True)
class Expectation:
    """Mean and standard deviation of log(1 + count per night), and the number of years."""

    mean: float
    spread: float
    years: int

    @property
    def usual(self) -> float:
        """The usual catch per night."""
        return float(np.expm1(self.mean))


@dataclass(frozen=True)
class Flight:
    """A catch judged: status code, chance of so many in an ordinary year, the usual catch."""

    catch: Catch
    status: int
    probability: float
    usual: float


def ten_days(day: date) -> tuple[int, int]:
    """Month and part of month (0, 1, 2) of a day: the agronomic calendar's ten-day periods.

    Parameters
    ----------
    day
        Local day, in UTC+8 [d].
    """
    return day.month, min((day.day - 1) // 10, 2)


def expectation(earlier: Iterable[Catch], day: date) -> Expectation:
    """What the ten days of ``day`` brought in the years before.

    Parameters
    ----------
    earlier
        Catches [moths] of the same trap and pest; those of the day's own year and later are
        left out, and every year counts once, by its mean.
    day
        Day to be judged.
    """
    years: dict[int, list[float]] = {}
    for catch in earlier:
        if catch.date.year < day.year and ten_days(catch.date) == ten_days(day):
            years.setdefault(catch.date.year, []).append(float(np.log1p(catch.per_night)))
    means = [float(np.mean(values)) for values in years.values()]
    if len(means) < 2:
        return Expectation(means[0] if means else np.nan, np.nan, len(means))
    return Expectation(float(np.mean(means)), float(np.std(means, ddof=1)), len(means))


def chance(per_night: float, expected: Expectation) -> float:
    """Probability of so many moths per night or more in an ordinary year; NaN: unknown.

    Parameters
    ----------
    per_night
        Moths per night [d-1].
    expected
        What earlier years brought, as logarithms of moths.
    """
    if expected.years < YEARS or not expected.spread > 0.0:
        return float("nan")
    width = expected.spread * np.sqrt(1.0 + 1.0 / expected.years)
    return float(student.sf((np.log1p(per_night) - expected.mean) / width, expected.years - 1))


def flight_of(catch: Catch, earlier: Iterable[Catch]) -> Flight:
    """A catch judged by the earlier ones of its trap and pest (others are left out).

    Parameters
    ----------
    catch
        The catch to be judged [moths].
    earlier
        Catches of earlier years [moths].
    """
    same = (c for c in earlier if (c.trap, c.pest) == (catch.trap, catch.pest))
    expected = expectation(same, catch.date)
    p = chance(catch.per_night, expected)
    if np.isnan(p):
        return Flight(catch, CANNOT_SAY, p, expected.usual)
    status = HIGH if p < HIGH_P else MEDIUM if p < MEDIUM_P else NO_RISK
    return Flight(catch, status, p, expected.usual)


def read_catches(path: Path) -> tuple[list[Catch], Refusals]:
    """Catches of a CSV file with the columns of `COLUMNS` [moths], and the lines refused.

    A catch that is written twice counts once. Of two counts for the same trap, pest and day none
    is taken: nobody knows which is right.

    Parameters
    ----------
    path
        File with one row per emptying of a trap [moths].

    Raises
    ------
    SheetError
        When it is no sheet, lacks a column, or holds no lines.
    """
    sheet = Sheet(path)
    place = find_columns(sheet, COLUMNS, COLUMNS).place
    refusals = Refusals(sheet.name)
    alike: dict[tuple[str, str, date], list[tuple[int, Catch]]] = {}
    for record in sheet.records(refusals):
        try:
            catch = _parse({column: record.cells[at] for column, at in place.items()})
        except CellError as error:
            refusals.add(record.number, error.event, record.raw)
            continue
        alike.setdefault((catch.trap, catch.pest, catch.date), []).append((record.number, catch))
    catches = []
    for group in alike.values():
        if len({catch for _, catch in group}) == 1:
            catches.append(group[0][1])
            continue
        for line, catch in group:
            at, other = next((n, c) for n, c in group if c != catch)
            shown, there = _shown(catch), _shown(other)
            refusals.add(line, event("catch_contradicts", value=shown, other=there, line=at))
    return catches, refusals


def _shown(catch: Catch) -> str:
    return f"{catch.count} / {catch.nights}"


def _parse(row: Mapping[str, str]) -> Catch:
    trap, pest = cells.name(row["trap"]), cells.name(row["pest"]).upper()
    for column, text in (("trap", trap), ("pest", pest)):
        if not text:
            raise CellError(event("cell_no_text", column=column))
    day = cells.day(row["date"], "date")
    nights = cells.whole(row["nights"], "nights", 1)
    return Catch(trap, pest, day, nights, cells.whole(row["count"], "count", 0))
