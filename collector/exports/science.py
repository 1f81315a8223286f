"""Hours and answers as NetCDF with CF attributes: indexed ragged arrays, written as read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, Any

from collector.exports.netcdf import Fixed, Growing, write
from collector.exports.tables import TooMany
from collector.store.advice import exports
from collector.store.advice.exports import QuestionRow, SeriesRow, Wanted
from collector.store.postgres.db import Connection
from firmware.wire.quantities import by_name
from models.risk.hazard import STATUS

#: No more is written at once.
MOST_RECORDS = 20_000_000
SECONDS = "seconds since 1970-01-01 00:00:00"
_TIME = {"standard_name": "time", "units": SECONDS, "calendar": "standard"}


def _about(title: str, wanted: Wanted, at: datetime) -> dict[str, str]:
    return {
        "Conventions": "CF-1.11",
        "featureType": "timeSeries",
        "title": title,
        "source": "Nongqing, Puyang: field nodes and the models that read them",
        "history": f"{at:%Y-%m-%dT%H:%M:%SZ} written from the store",
        "time_coverage": f"local days {wanted.first} to {wanted.last}, UTC+8",
        "comment": "not validated in every county; the page of skill says what is",
    }


def _place(dimension: str, rows: Sequence[SeriesRow] | Sequence[QuestionRow]) -> list[Fixed]:
    longitude = {"standard_name": "longitude", "units": "degrees_east"}
    latitude = {"standard_name": "latitude", "units": "degrees_north"}
    return [
        Fixed("field", dimension, [row.field for row in rows], "S1", {"long_name": "field"}),
        Fixed("village", dimension, [row.village for row in rows], "S1", {"long_name": "village"}),
        Fixed("county", dimension, [row.county for row in rows], "S1", {"long_name": "GB/T 2260"}),
        Fixed("lon", dimension, [row.longitude for row in rows], "f8", longitude),
        Fixed("lat", dimension, [row.latitude for row in rows], "f8", latitude),
    ]


def _bounded(rows: Iterator[tuple[Any, ...]], most: int) -> Iterator[tuple[Any, ...]]:
    for count, row in enumerate(rows):
        if count == most:
            raise TooMany(f"more than {most} records; ask for less at once")
        yield row


def write_hours(
    conn: Connection, wanted: Wanted, file: IO[bytes], at: datetime, most: int = MOST_RECORDS
) -> int:
    """Write the hourly values of an area and period, and return how many records there are.

    Parameters
    ----------
    conn : Connection
    wanted : Wanted
    file : file
        Open for writing bytes.
    at : datetime
        Now, aware.
    most : int
        Records that are given at once.

    Raises
    ------
    TooMany
        When there are more.
    """
    series = exports.series(conn, wanted)
    place = {row.id: number for number, row in enumerate(series)}
    units = [by_name(row.quantity) for row in series]
    fixed = [
        Fixed(
            "placement", "series", [r.placement for r in series], "S1", {"cf_role": "timeseries_id"}
        ),
        Fixed("quantity", "series", [row.quantity for row in series], "S1"),
        Fixed("quantity_standard_name", "series", [unit.cf_name or "" for unit in units], "S1"),
        Fixed("quantity_units", "series", [unit.unit for unit in units], "S1"),
        Fixed(
            "z",
            "series",
            [row.height_m for row in series],
            "f8",
            {"standard_name": "height", "units": "m", "positive": "up"},
        ),
        *_place("series", series),
    ]
    where = {"coordinates": "time lat lon z", "comment": "unit: quantity_units of the series"}
    growing = [
        Growing("series_index", "i4", {"instance_dimension": "series", "long_name": "series"}),
        Growing("time", "f8", {**_TIME, "comment": "start of the hour"}),
        Growing("mean", "f8", {**where, "cell_methods": "time: mean"}),
        Growing("minimum", "f8", {**where, "cell_methods": "time: minimum"}),
        Growing("maximum", "f8", {**where, "cell_methods": "time: maximum"}),
        Growing("total", "f8", {**where, "cell_methods": "time: sum"}),
        Growing("completeness", "f4", {"units": "1", "long_name": "valid of expected samples"}),
        Growing("qc", "i2", {"long_name": "quality bits of IPM Decisions"}),
    ]
    found = exports.hours(conn, wanted, place)
    rows = ((place[row[0]], *row[1:]) for row in _bounded(found, most))
    return write(
        file,
        attributes=_about("Hourly values", wanted, at),
        dimensions={"series": len(series)},
        fixed=fixed,
        growing=growing,
        rows=rows,
    )


def write_answers(
    conn: Connection, wanted: Wanted, file: IO[bytes], at: datetime, most: int = MOST_RECORDS
) -> int:
    """Write the answers of an area and period, and return how many records there are.

    Parameters
    ----------
    conn : Connection
    wanted : Wanted
    file : file
        Open for writing bytes.
    at : datetime
        Now, aware.
    most : int
        Records that are given at once.

    Raises
    ------
    TooMany
        When there are more.
    """
    asked = exports.questions(conn, wanted)
    place = {(row.field, row.crop, row.hazard): number for number, row in enumerate(asked)}
    names = [f"{row.field} {row.crop} {row.hazard}" for row in asked]
    fixed = [
        Fixed("question", "series", names, "S1", {"cf_role": "timeseries_id"}),
        Fixed("crop", "series", [row.crop for row in asked], "S1"),
        Fixed("hazard", "series", [row.hazard for row in asked], "S1"),
        *_place("series", asked),
    ]
    flags = {"flag_meanings": " ".join(STATUS), "coordinates": "time lat lon"}
    growing = [
        Growing("series_index", "i4", {"instance_dimension": "series", "long_name": "question"}),
        Growing("time", "f8", {**_TIME, "comment": "end of the local day that it is of"}),
        Growing("issued", "f8", {"units": SECONDS, "long_name": "when it was said"}),
        Growing("status", "i1", {"long_name": "0 to 4, in the order of flag_meanings", **flags}),
        Growing("score", "f8", {"long_name": "score of the hazard's model"}),
        Growing("certainty", "f8", {"units": "1"}),
        Growing("stage_bbch", "f8", {"long_name": "growth stage, BBCH", "units": "1"}),
        Growing("validated", "i1", {"long_name": "whether validated in the county"}),
    ]
    found = exports.answers(conn, wanted)
    rows = ((place[row[:3]], *row[3:]) for row in _bounded(found, most) if row[:3] in place)
    return write(
        file,
        attributes=_about("Answers", wanted, at),
        dimensions={"series": len(asked)},
        fixed=fixed,
        growing=growing,
        rows=rows,
    )
