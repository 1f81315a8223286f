"""What a file of weather can be believed as a whole: units, counters, doubled hours, climate.

A value that cannot be is refused alone, and so is a quantity of one place among many. A column of
which a material share cannot be is in another unit, counts on, or is another quantity: what of it
happens to fit would be wrong as well, so that the file is refused as a whole, with the likely
cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from collector.files.table import Table
from field_configs.events import Event, event
from firmware.wire.quantities import by_name
from models.sheets import cells
from models.sheets.refused import Refusals, SheetError
from models.sheets.units import FEWEST, MATERIAL, Stated, Unit, likely_unit
from models.weather.climate import warmer_than_ever
from models.weather.counter import amounts, is_counter
from models.weather.dataset import Array, settled

RAIN, WARMTH = "precipitation_amount", "air_temperature"


def within_limits(table: Table, columns: Mapping[str, Stated], refusals: Refusals) -> None:
    """Bring values to our units, take out codes for "missing", refuse those that cannot be.

    Parameters
    ----------
    table : Table
        As it was read; its values are changed.
    columns : mapping
        What the file states of each column.
    refusals : Refusals
        What is refused goes there.

    Raises
    ------
    SheetError
        When a material share of a column cannot be, or rain counts on.
    """
    for name, column in columns.items():
        table.values[name] = in_our_unit(name, table.values[name], column)
        if name == RAIN:
            if column.counter:
                _count_up(table)
            else:
                _no_counter(table, refusals)
        table.values[name], bad = settled(name, table.values[name])
        _no_other_unit(name, table.values[name], bad, refusals.name)
        _refuse(table, name, bad, refusals)


def in_our_unit(name: str, raw: Array, column: Stated) -> Array:
    """Return values in our unit, a trace of rain as an amount, and no codes for "missing".

    Parameters
    ----------
    name : str
        The quantity.
    raw : ndarray
        As they were read.
    column : Stated
        What the file states of the column.
    """
    with np.errstate(over="ignore"):
        values = column.converted(name, raw)
    if name == RAIN:
        values[np.isin(raw, cells.TRACE_NUMBERS)] = cells.TRACE_MM
    _, bad = settled(name, values)
    values[bad & np.isin(raw, cells.NOTHING_NUMBERS)] = np.nan
    return values


def _count_up(table: Table) -> None:
    rain = table.values[RAIN]
    for _, rows in table.series(RAIN):
        rain[rows] = amounts(rain[rows], table.time[rows])


def _no_counter(table: Table, refusals: Refusals) -> None:
    rain = table.values[RAIN]
    found = []
    for place, rows in table.series(RAIN):
        if why := counts(place, rain[rows]):
            found.append((rows, why))
    _leave_out(table, RAIN, found, refusals)


def counts(place: str, rain: Array) -> Event | None:
    """Say so where rain of a place, in the order of time and without NaN, is a counter."""
    if not is_counter(rain):
        return None
    return event("rain_counter", place=place, total=float(rain.sum()))


def _leave_out(
    table: Table,
    name: str,
    found: Sequence[tuple[NDArray[np.intp], Event]],
    refusals: Refusals,
) -> None:
    """Leave out a quantity at single places; where they are a material share, refuse the file."""
    total = int((~np.isnan(table.values[name])).sum())
    for rows, why in found:
        if sum(len(each) for each, _ in found) >= MATERIAL * total:
            raise SheetError(refusals.name, why)
        refusals.add(table.origin(int(table.line[rows[0]])), why)
        table.values[name][rows] = np.nan


def _no_other_unit(name: str, values: Array, bad: NDArray[np.bool_], file: str) -> None:
    total = int((~np.isnan(values)).sum())
    if too_many(total, int(bad.sum())):
        unit = likely_unit(name, values[~np.isnan(values)])
        raise SheetError(file, impossible(name, int(bad.sum()), total, unit))


def too_many(total: int, bad: int) -> bool:
    """Tell whether so many values of a column cannot be that it is another column."""
    return total >= FEWEST and bad >= MATERIAL * total


def impossible(name: str, bad: int, total: int, unit: Unit | None) -> Event:
    """Say that a column's values cannot be, and in what unit they may be."""
    return event(
        "column_impossible",
        column=name,
        count=bad,
        total=total,
        unit=by_name(name).unit,
        cause=unit.name if unit else "unknown",
        mend=f"{name} ({unit.stated[0]})" if unit else name,
    )


def _refuse(table: Table, name: str, bad: NDArray[np.bool_], refusals: Refusals) -> None:
    for i in np.flatnonzero(bad).tolist():
        why = out_of_range(name, float(table.values[name][i]))
        refusals.add(table.origin(int(table.line[i])), why)
    table.values[name][bad] = np.nan


def out_of_range(name: str, value: float) -> Event:
    """Say that a quantity cannot have a value."""
    row = by_name(name)
    return event(
        "value_range",
        quantity=name,
        # what a factor made infinite has no place in JSON
        value=min(max(value, -1e300), 1e300),
        unit=row.unit,
        low=row.low,
        high=row.high,
    )


def judge(table: Table, refusals: Refusals) -> None:
    """Take out hours that are given twice and unequal; refuse what is warmer than can be.

    Parameters
    ----------
    table : Table
        With values within limits, its places settled.
    refusals : Refusals
        What is refused goes there.

    Raises
    ------
    SheetError
        When temperatures are higher than ever there.
    """
    once(table, refusals)
    if WARMTH not in table.values:
        return
    found = []
    for place, rows in table.series(WARMTH):
        if why := too_warm(table, place, rows):
            found.append((rows, why))
    _leave_out(table, WARMTH, found, refusals)


def too_warm(table: Table, place: str, rows: NDArray[np.intp]) -> Event | None:
    """Say so where temperatures of a place, in the order of time, are higher than ever there."""
    values = table.values[WARMTH][rows]
    if not warmer_than_ever(values, table.time[rows], table.positions.get(place)):
        return None
    unit = likely_unit(WARMTH, values)
    return event(
        "warmer_than_ever",
        place=place,
        mean=float(values.mean()),
        cause=unit.name if unit else "unknown",
        mend=f"{WARMTH} ({unit.stated[0]})" if unit else WARMTH,
    )


def once(table: Table, refusals: Refusals) -> None:
    """Keep an hour that is given twice once; where the two differ nobody knows which is true."""
    for rows in _alike(table):
        lines = table.line[rows].tolist()
        said_more = np.zeros(len(rows), bool)
        for name, column in table.values.items():
            there = rows[~np.isnan(column[rows])]
            if len(there) < 2:
                said_more |= np.isin(rows, there)
                continue
            if len(np.unique(column[there])) == 1:
                said_more |= rows == there[0]
                column[there[1:]] = np.nan
                continue
            said_more |= np.isin(rows, there)
            for row in there.tolist():
                other = next(o for o in there.tolist() if column[o] != column[row])
                why = event(
                    "hour_contradicts",
                    quantity=name,
                    value=float(column[row]),
                    other=float(column[other]),
                    line=str(table.origin(int(table.line[other]))),
                )
                refusals.add(table.origin(int(table.line[row])), why)
            column[there] = np.nan
        table.repeats += [line for line, more in zip(lines, said_more, strict=True) if not more]


def _alike(table: Table) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of each hour that is given more than once."""
    order = table.in_order()
    keys = (table.place[order], table.time[order], table.issued[order])
    same = np.logical_and.reduce([key[1:] == key[:-1] for key in keys])
    if same.any():
        for rows in np.split(order, np.flatnonzero(~same) + 1):
            if len(rows) > 1:
                yield rows
