"""How well outlooks of the weather did, by lead day, against what was measured or analysed later.

A forecast of lead day k is one that was issued in the k-th 24 hours before the local day that it
is for, the newest one there; what is said of the day that runs already is not judged. It is set
against two forecasts that anybody can make: persistence (what was measured at the same hour of the
last local day that was over when it was issued) and climatology (the mean of the same hour in
other weeks around; the week itself is left out, so that nothing is judged by itself). All three
are scored on the same pairs.

Rain is judged by local days: whether a day brings `RAIN_MM` or more.

=====================  ==========================================================================
bias                   mean of forecast minus measured, in the quantity's unit
mae, rmse              mean absolute error, root of the mean square error, in that unit
same_mae               mean absolute error on what every lead day of the place has: what may be
                       compared from lead day to lead day
score                  mean square error; of rain the Brier score of yes and no
skill                  1 - score / score of the better of both references; of rain none where that
                       one errs less than `LEAST_WRONG` times
low, high              its interval when whole weeks are drawn again (`models.skill.weeks`)
frequency bias         days that rain was said / days that it came
reliability            how often it rained where so much was said
=====================  ==========================================================================

References
----------
Jolliffe, I. T. & Stephenson, D. B. (eds) (2012). Forecast Verification, 2nd edition, Wiley,
doi:10.1002/9781119960003 (chapters 3 and 5: contingency tables, errors of continuous variables).
Murphy, A. H. (1988). Monthly Weather Review 116, 2417-2424,
doi:10.1175/1520-0493(1988)116<2417:SSBOTM>2.0.CO;2 (skill by the mean square error, and what
climatology and persistence are as references).
Brier, G. W. (1950), as `models.skill.scores`.
Zhang, X. et al. (2011). WIREs Climate Change 2, 851-870, doi:10.1002/wcc.147 (a wet day has 1 mm).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.skill.scores import Contingency
from models.skill.weeks import LEAST_WRONG, around_weeks, skill_of_weeks
from models.weather.dataset import Array
from models.weather.local_days import AHEAD

RAIN = "precipitation_amount"
QUANTITIES = ("air_temperature", "relative_humidity", "wind_speed", RAIN)
#: A day with so much rain is wet [mm].
RAIN_MM = 1.0
#: From how much rain said on a class of the table of reliability begins [mm].
CLASSES = (0.0, RAIN_MM, 5.0, 10.0, 25.0)
LEADS = 7
_AHEAD_H = int(AHEAD.total_seconds() // 3600)
_DAY_H, _WEEK = 24, 7

Hours = NDArray[np.int64]


@dataclass(frozen=True)
class Measured:
    """What was measured at a place, hour by hour without gaps between; NaN where nothing was.

    `first` is the first hour [h since 1970 UTC].
    """

    first: int
    values: Array

    def at(self, hours: Hours) -> Array:
        """Values at hours [h since 1970 UTC], in their unit; NaN where there is none.

        Parameters
        ----------
        hours
            [h since 1970 UTC].
        """
        place = hours - self.first
        inside = (place >= 0) & (place < len(self.values))
        found = np.full(len(hours), np.nan)
        found[inside] = self.values[place[inside]]
        return found


@dataclass(frozen=True)
class Reliability:
    """Of the days with `least` mm said, or more up to the next class: how many were wet."""

    least: float
    days: int
    wet: int


@dataclass(frozen=True)
class OutlookRow:
    """How well a source's forecasts of a quantity did at a lead day.

    Attributes
    ----------
    source, quantity, truth
        Who forecast what, and what it is set against: "measured" or "analysed".
    lead
        Lead day, from 1.
    places, pairs, weeks
        How many there are; pairs are hours, of rain days.
    first, last
        First and last local day, in days since 1970.
    bias, mae, rmse
        In the unit of the quantity; of rain of a day's sum [mm].
    common
        Pairs for which both references are there.
    score, persistence, climatology
        Scores on these; None where there are none.
    skill, low, high
        Against the better reference.
    rain
        Hits, misses, false alarms and correct negatives; None where it is not of rain.
    reliability
        Of rain.
    """

    source: str
    quantity: str
    truth: str
    lead: int
    places: int
    pairs: int
    weeks: int
    first: int
    last: int
    bias: float
    mae: float
    rmse: float
    common: int
    score: float | None
    persistence: float | None
    climatology: float | None
    skill: float | None
    low: float | None
    high: float | None
    rain: Contingency | None = None
    reliability: tuple[Reliability, ...] = ()
    same_pairs: int = 0
    same_mae: float | None = None

    @property
    def frequency_bias(self) -> float | None:
        """Days that rain was said over days that it came; None where it never came."""
        if self.rain is None or not self.rain.hits + self.rain.misses:
            return None
        return (self.rain.hits + self.rain.false_alarms) / (self.rain.hits + self.rain.misses)


@dataclass
class _Sums:
    """What is added up of pairs; of each week the common ones' number and scores."""

    places: int = 0
    pairs: int = 0
    error: float = 0.0
    absolute: float = 0.0
    square: float = 0.0
    same_pairs: int = 0
    same_absolute: float = 0.0
    days: set[int] = field(default_factory=set)
    weeks: dict[int, Array] = field(default_factory=dict)
    table: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4, np.int64))
    classes: NDArray[np.int64] = field(default_factory=lambda: np.zeros((len(CLASSES), 2), int))


class Account:
    """Pairs of forecasts and what came, added up place by place: any number fits into memory."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, str, int], _Sums] = {}

    def add(
        self,
        key: tuple[str, str, str],
        lead: int,
        hours: Hours,
        forecast: Array,
        measured: Measured,
        same: Hours | None = None,
    ) -> None:
        """Add the forecasts of a lead day at one place.

        Parameters
        ----------
        key
            Source, quantity, and what it is set against.
        lead
            Lead day, from 1.
        hours
            Each once [h since 1970 UTC].
        forecast
            In the quantity's unit.
        measured
            At the place, in the quantity's unit.
        same
            Hours that every lead day has there [h since 1970 UTC]; all when left out.
        """
        rain = key[1] == RAIN
        same = hours if same is None else same
        if rain:
            same = _daily(same, np.zeros(len(same)))[0]
            hours, forecast = _daily(hours, forecast)
            measured = _days_of(measured)
        step = 1 if rain else _DAY_H
        seen = measured.at(hours)
        there = ~np.isnan(seen) & ~np.isnan(forecast)
        if not there.any():
            return
        hours, forecast, seen = hours[there], forecast[there], seen[there]
        sums = self._sums.setdefault((*key, lead), _Sums())
        last = measured.at(hours - step * (lead + 1))
        usual = climatology(measured, hours, rain=rain)
        self._count(sums, hours if rain else _day(hours), forecast, seen)
        alike = np.abs(forecast - seen)[np.isin(hours, same)]
        sums.same_pairs += len(alike)
        sums.same_absolute += float(alike.sum())
        if rain:
            _count_rain(sums, forecast, seen)
            forecast, seen, last = (
                np.where(np.isnan(each), np.nan, each >= RAIN_MM) for each in (forecast, seen, last)
            )
        _by_weeks(sums, (hours if rain else _day(hours)) // _WEEK, forecast, seen, last, usual)

    @staticmethod
    def _count(sums: _Sums, days: Hours, forecast: Array, seen: Array) -> None:
        miss = forecast - seen
        sums.places += 1
        sums.pairs += len(miss)
        sums.error += float(miss.sum())
        sums.absolute += float(np.abs(miss).sum())
        sums.square += float((miss**2).sum())
        sums.days |= set(np.unique(days).tolist())

    def rows(self) -> list[OutlookRow]:
        """The account, by source, quantity, what it is set against and lead day."""
        return [_row(key, self._sums[key]) for key in sorted(self._sums)]


def _day(hours: Hours) -> Hours:
    """Local days, in days since 1970, of hours [h since 1970 UTC]."""
    return (hours + _AHEAD_H) // _DAY_H


def _daily(hours: Hours, values: Array) -> tuple[Hours, Array]:
    """Sums of the local days of which every hour is there."""
    days, which, count = np.unique(_day(hours), return_inverse=True, return_counts=True)
    sums = np.bincount(which, values, len(days))
    whole = (count == _DAY_H) & ~np.isnan(sums)
    return days[whole], sums[whole]


def _days_of(measured: Measured) -> Measured:
    hours = measured.first + np.arange(len(measured.values))
    there = ~np.isnan(measured.values)
    days, sums = _daily(hours[there], measured.values[there])
    if not len(days):
        return Measured(0, np.empty(0))
    values = np.full(int(days[-1] - days[0]) + 1, np.nan)
    values[days - days[0]] = sums
    return Measured(int(days[0]), values)


def climatology(measured: Measured, at: Hours, *, rain: bool) -> Array:
    """Mean of the same clock hour in other weeks around; of rain the share of wet days.

    Parameters
    ----------
    measured
        Hours in the quantity's unit; of rain sums of days [mm].
    at
        For which hours [h since 1970 UTC]; of rain local days, in days since 1970.
    rain
        Whether it is of rain.

    Returns
    -------
    array
        NaN where no other week within `CLIMATE_WEEKS` has a value.
    """
    if not len(measured.values):
        return np.full(len(at), np.nan)
    times = measured.first + np.arange(len(measured.values))
    values = np.where(np.isnan(measured.values), np.nan, measured.values >= RAIN_MM)
    values = values if rain else measured.values
    clocks = 1 if rain else _DAY_H

    def place(hours: Hours) -> tuple[Hours, Hours]:
        days = hours if rain else _day(hours)
        return days // _WEEK, np.zeros_like(hours) if rain else (hours + _AHEAD_H) % _DAY_H

    week, clock = place(times)
    begin, there = int(week[0]), ~np.isnan(values)
    shape = int(week[-1]) - begin + 1, clocks
    flat = (week - begin) * clocks + clock
    size = shape[0] * clocks
    around, counted = (
        around_weeks(np.bincount(flat[there], each[there], size).reshape(shape).astype(np.float64))
        for each in (values, np.ones_like(values))
    )
    week, clock = place(at)
    row = np.clip(week - begin, 0, shape[0] - 1)
    found = np.full(len(at), np.nan)
    known = (week - begin == row) & (counted[row, clock] > 0)
    found[known] = around[row[known], clock[known]] / counted[row[known], clock[known]]
    return found


def _count_rain(sums: _Sums, forecast: Array, seen: Array) -> None:
    said, came = forecast >= RAIN_MM, seen >= RAIN_MM
    sums.table += [
        int((said & came).sum()),
        int((~said & came).sum()),
        int((said & ~came).sum()),
        int((~said & ~came).sum()),
    ]
    which = np.searchsorted(CLASSES, forecast, side="right") - 1
    sums.classes[:, 0] += np.bincount(which, minlength=len(CLASSES))
    sums.classes[:, 1] += np.bincount(which[came], minlength=len(CLASSES))


def _by_weeks(
    sums: _Sums, week: Hours, forecast: Array, seen: Array, last: Array, usual: Array
) -> None:
    """Add the square errors of pairs for which both references are there, week by week."""
    both = ~np.isnan(last) & ~np.isnan(usual)
    weeks, which = np.unique(week[both], return_inverse=True)
    parts = [np.bincount(which, minlength=len(weeks)).astype(float)]
    for said in (forecast, last, usual):
        parts.append(np.bincount(which, (said[both] - seen[both]) ** 2, len(weeks)))
    for number, row in zip(weeks.tolist(), np.stack(parts, axis=1), strict=True):
        sums.weeks[number] = sums.weeks.get(number, np.zeros(4)) + row


def _row(key: tuple[str, str, str, int], sums: _Sums) -> OutlookRow:
    source, quantity, truth, lead = key
    weeks = np.array([sums.weeks[number] for number in sorted(sums.weeks)]).reshape(-1, 4)
    common, *squares = weeks.sum(axis=0).tolist()
    score, last, usual = (each / common if common else None for each in squares)
    rain = quantity == RAIN
    skill, low, high = skill_of_weeks(weeks, LEAST_WRONG if rain else 0.0)
    return OutlookRow(
        source,
        quantity,
        truth,
        lead,
        sums.places,
        sums.pairs,
        len({day // _WEEK for day in sums.days}),
        min(sums.days),
        max(sums.days),
        sums.error / sums.pairs,
        sums.absolute / sums.pairs,
        float(np.sqrt(sums.square / sums.pairs)),
        int(common),
        score,
        last,
        usual,
        skill,
        low,
        high,
        Contingency(*sums.table.tolist()) if rain else None,
        tuple(_classes(sums)) if rain else (),
        sums.same_pairs,
        sums.same_absolute / sums.same_pairs if sums.same_pairs else None,
    )


def _classes(sums: _Sums) -> Iterator[Reliability]:
    for least, (days, wet) in zip(CLASSES, sums.classes.tolist(), strict=True):
        if days:
            yield Reliability(least, days, wet)
