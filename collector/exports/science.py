"""Hours and answers for programs of science: what is said of a series, and its records as read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from collector.exports.records import SECONDS, Attributes, Fixed, Growing, Records
from collector.store.advice import exports
from collector.store.advice.exports import QuestionRow, SeriesRow, Wanted
from collector.store.postgres.db import Connection
from field_configs.words import Words
from firmware.wire.quantities import by_name
from models.risk.hazard import STATUS
from models.weather.quality import QC_NAMES

#: The files themselves are in English, as their conventions are.
LANGUAGE = "en"
_TIME = {"standard_name": "time", "units": SECONDS, "calendar": "standard"}
_ROLE = {"cf_role": "timeseries_id"}
BITS = ", ".join(f"{bit} {name}" for bit, name in QC_NAMES.items())


def _about(table: str, wanted: Wanted, at: datetime) -> dict[str, str]:
    words = Words.load(LANGUAGE)
    return {
        "Conventions": "CF-1.11",
        "featureType": "timeSeries",
        "title": words.text(f"export.{table}.title"),
        "source": f"Nongqing, Puyang: {words.text(f'export.{table}.source')}",
        "history": f"{at:%Y-%m-%dT%H:%M:%SZ} written from the store",
        "time_coverage": f"local days {wanted.first} to {wanted.last}, UTC+8",
        "comment": "not validated in every county; the page of skill says what is",
    }


def _said(
    name: str, values: Sequence[object], kind: str = "S1", attributes: Attributes | None = None
) -> Fixed:
    """Say something of each series; its meaning is in the words."""
    return Fixed(name, "series", values, kind, {"long_name": _meaning(name), **(attributes or {})})


def _grown(name: str, kind: str, attributes: Attributes | None = None) -> Growing:
    return Growing(name, kind, {"long_name": _meaning(name), **(attributes or {})})


def _meaning(name: str) -> str:
    return Words.load(LANGUAGE).text(f"export.column.{name}")


def _place(rows: Sequence[SeriesRow] | Sequence[QuestionRow]) -> list[Fixed]:
    longitude = {"standard_name": "longitude", "units": "degrees_east"}
    latitude = {"standard_name": "latitude", "units": "degrees_north"}
    return [
        _said("county_code", [row.county for row in rows]),
        _said("county", [row.county_name for row in rows]),
        _said("village_id", [row.village for row in rows]),
        _said("village", [row.village_name for row in rows]),
        _said("field_id", [row.field for row in rows]),
        _said("longitude", [row.longitude for row in rows], "f8", longitude),
        _said("latitude", [row.latitude for row in rows], "f8", latitude),
    ]


def hours(conn: Connection, wanted: Wanted, at: datetime) -> Records:
    """Return the hourly values of an area and period, to be read once.

    Parameters
    ----------
    conn : Connection
    wanted : Wanted
    at : datetime
        Now, aware.
    """
    series = exports.series(conn, wanted)
    place = {row.id: number for number, row in enumerate(series)}
    units = [by_name(row.quantity) for row in series]
    height = {"standard_name": "height", "units": "m", "positive": "up"}
    fixed = [
        _said("placement", [row.placement for row in series], attributes=_ROLE),
        _said("quantity", [row.quantity for row in series]),
        _said("quantity_standard_name", [unit.cf_name or "" for unit in units]),
        _said("quantity_units", [unit.unit for unit in units]),
        _said("z", [row.height_m for row in series], "f8", height),
        *_place(series),
    ]
    where = {
        "coordinates": "time latitude longitude z",
        "comment": "unit: quantity_units of the series",
    }
    growing = [
        _grown("series_index", "i4", {"instance_dimension": "series"}),
        _grown("time", "f8", {**_TIME, "comment": "start of the hour"}),
        _grown("mean", "f8", {**where, "cell_methods": "time: mean"}),
        _grown("minimum", "f8", {**where, "cell_methods": "time: minimum"}),
        _grown("maximum", "f8", {**where, "cell_methods": "time: maximum"}),
        _grown("total", "f8", {**where, "cell_methods": "time: sum"}),
        _grown("completeness", "f4", {"units": "1"}),
        _grown("qc", "i2", {"comment": f"sum of: {BITS}"}),
    ]
    rows = ((place[row[0]], *row[1:]) for row in exports.hours(conn, wanted, place))
    about = {**_about("hours", wanted, at), "quality_bits": BITS}
    return Records(about, len(series), fixed, growing, rows)


def answers(conn: Connection, wanted: Wanted, at: datetime) -> Records:
    """Return the answers of an area and period, to be read once.

    Parameters
    ----------
    conn : Connection
    wanted : Wanted
    at : datetime
        Now, aware.
    """
    asked = exports.questions(conn, wanted)
    place = {(row.field, row.crop, row.hazard): number for number, row in enumerate(asked)}
    names = [f"{row.field} {row.crop} {row.hazard}" for row in asked]
    fixed = [
        _said("question", names, attributes=_ROLE),
        _said("crop", [row.crop for row in asked]),
        _said("hazard_id", [row.hazard for row in asked]),
        *_place(asked),
    ]
    where = {"coordinates": "time latitude longitude"}
    flags = {"flag_meanings": " ".join(STATUS), **where}
    growing = [
        _grown("series_index", "i4", {"instance_dimension": "series"}),
        _grown("time", "f8", {**_TIME, "comment": "end of the local day that it is of"}),
        _grown("issued", "f8", {"units": SECONDS}),
        _grown("status_code", "i1", flags),
        _grown("score", "f8", where),
        _grown("certainty", "f8", {"units": "1", **where}),
        _grown("stage_bbch", "f8", {"units": "1", **where}),
        _grown("validated", "b1"),
        _grown("missing", "O"),
        _grown("model_version", "U"),
    ]
    found = exports.answers(conn, wanted)
    rows = ((place[row[:3]], *row[3:]) for row in found if row[:3] in place)
    return Records(_about("answers", wanted, at), len(asked), fixed, growing, rows)


#: What is given so, by the name of its statement in ``exports.sql``.
SCIENCE = {"hours": hours, "answers": answers}
