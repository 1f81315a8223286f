"""The tables of a bulletin: plain values in 亩 and the names they had, to be frozen as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from collector.store.bureau import bulletins
from collector.store.bureau.bulletins import Ahead, Released, Situation
from collector.store.postgres.db import Connection
from field_configs.words import LANGUAGES, Words
from models.advice.spraying import is_chemical
from models.weather.local_days import day_ended

#: One hectare in 亩, by definition.
MU_PER_HA = 15.0
Row = dict[str, Any]
Key = tuple[str, str, str]


def mu(hectares: float) -> float:
    """Return an area [ha] in 亩, to a tenth."""
    return round(hectares * MU_PER_HA, 1)


def key_of(row: Mapping[str, Any]) -> Key:
    """Return what makes a row of one table the same as one of another."""
    return row["county"], row["crop"], row["hazard"]


def area_of(row: Mapping[str, Any]) -> float:
    """Return the area at risk of a row, in 亩."""
    return round(float(row["high_mu"]) + float(row["medium_mu"]), 1)


def draw_up(conn: Connection, area: str, at: datetime) -> dict[str, Any]:
    """Return the tables of a bulletin of an area as the data stand now.

    Parameters
    ----------
    conn : Connection
    area : str
        A county's code, or '' for the city.
    at : datetime
        Now, aware.
    """
    before = bulletins.last(conn, area)
    known = {} if before is None else _areas(before[2]["tables"]["situation"])
    rows = [_situation(each) for each in bulletins.situation(conn, area, at)]
    gone = known.keys() - {key_of(row) for row in rows}
    rows += [_nothing(key) for key in sorted(gone) if known[key] > 0]
    for row in rows:
        # What the last bulletin did not name was not at risk; without one there is no change.
        row["change_mu"] = (
            None if before is None else round(area_of(row) - known.get(key_of(row), 0), 1)
        )
    forecast = [_ahead(each) for each in bulletins.ahead(conn, area, at)]
    advice = [_released(each) for each in bulletins.released(conn, area)]
    return {
        "area": area,
        "at": at.isoformat(),
        "last": None if before is None else [before[0], before[1]],
        "situation": sorted(rows, key=lambda row: (row["hazard"], row["crop"], row["county"])),
        "forecast": forecast,
        "advice": advice,
        "names": _names(conn, area, [*rows, *forecast, *advice]),
    }


def _areas(rows: Iterable[Mapping[str, Any]]) -> dict[Key, float]:
    return {key_of(row): area_of(row) for row in rows}


def _situation(each: Situation) -> Row:
    values = {name: value for name, value in vars(each).items() if not name.endswith("_ha")}
    return {**values, "high_mu": mu(each.high_ha), "medium_mu": mu(each.medium_ha)}


def _nothing(key: Key) -> Row:
    """Return the row of what was at risk and of which nothing is said any more."""
    return _situation(Situation(*key, 0.0, 0.0, 0, 0, 0, 0, validated=False))


def _ahead(each: Ahead) -> Row:
    return {
        "county": each.county,
        "crop": each.crop,
        "hazard": each.hazard,
        "day": day_ended(each.time).isoformat(),
        "high_mu": mu(each.high_ha),
        "medium_mu": mu(each.medium_ha),
        "villages_high": each.villages_high,
        "villages_medium": each.villages_medium,
    }


def _released(each: Released) -> Row:
    measures = [key for key in each.actions if not is_chemical(key)]
    return {
        "county": each.county,
        "crop": each.crop,
        "hazard": each.hazard,
        "status": each.status,
        "villages": each.villages,
        "by": list(each.by),
        "at": each.at.isoformat(),
        "measures": [_both(f"hazard.{each.hazard}.action.{key}", key) for key in measures],
        "chemical": len(measures) < len(each.actions),
    }


def _both(key: str, otherwise: str) -> list[str]:
    """Return a word in Chinese and English, as it is today."""
    words = [Words.load(each) for each in LANGUAGES]
    return [each.text(key) if key in each else otherwise for each in words]


def _names(conn: Connection, area: str, rows: Iterable[Row]) -> dict[str, dict[str, list[str]]]:
    rows = list(rows)
    counties = bulletins.counties(conn)
    wanted = {row["county"] for row in rows} | ({area} if area else set())
    return {
        "county": {code: list(counties[code]) for code in sorted(wanted & counties.keys())},
        "crop": {x: _both(f"crop.{x}", x) for x in sorted({row["crop"] for row in rows})},
        "hazard": {
            x: _both(f"hazard.{x}.name", x) for x in sorted({row["hazard"] for row in rows})
        },
    }
