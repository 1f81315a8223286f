"""Humidity whose dew point is unlike its neighbours': in doubt with evidence, and an item."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from collector.jobs.context import Context
from collector.jobs.quality.daily import look_at_day
from collector.jobs.quality.hourly import look_at_hours
from collector.store.items import Item, open_items
from models.weather.meteo import dew_point
from models.weather.quality import AT_ODDS
from tests.collector.conftest import NOW
from tests.collector.jobs.test_quality import END, doubts, history, open_series, put_hours

if TYPE_CHECKING:
    from datetime import datetime

    from collector.store.postgres import db
    from collector.store.postgres.db import Pool

AIR, HUMIDITY = "air_temperature", "relative_humidity"
KINDS = ("dew_point_unlike", "humidity_saturated")


def weather(
    conn: db.Connection, end: datetime, odd: np.ndarray | float, hours: int = 49
) -> dict[str, int]:
    """Days of open fields, alike; the first field's humidity is off by `odd`."""
    swing = np.sin(np.arange(hours) / 24 * 2 * np.pi)
    for series in open_series(conn, AIR).values():
        put_hours(conn, series, end, 20 + 5 * swing)
    found = open_series(conn, HUMIDITY)
    assert len(found) >= 3
    for place, series in enumerate(found.values()):
        values = 60 - 15 * swing
        put_hours(conn, series, end, np.clip(values + (odd if place == 0 else 0), 0, 100))
    return found


def items_of(conn: db.Connection) -> list[Item]:
    with conn:
        return [one for one in open_items(conn) if one.event.kind in KINDS]


def test_humidity_is_in_doubt_by_its_dew_point(registered: db.Connection, pool: Pool) -> None:
    """By 20 % it is not unlike its neighbours yet, whose limit is 30 %."""
    odd, *others = weather(registered, NOW, 20.0).values()
    assert str(look_at_hours(Context(pool, NOW))) == "decisions: 1; hours in doubt: 24"
    assert len(doubts(registered, odd, AT_ODDS)) == 24
    assert not any(doubts(registered, other, AT_ODDS) for other in others)
    (kept,) = history(registered, odd)
    assert (kept.name, kept.stands, kept.by) == ("at_odds", True, "job quality/2")
    told = kept.evidence
    assert told["rule"] == "dew point"
    warm = 20 + 5 * np.sin(25 / 24 * 2 * np.pi)
    assert told["dew_point"] == pytest.approx(float(dew_point(warm, told["humidity"])), abs=0.02)
    theirs = float(dew_point(warm, told["humidity"] - 20))
    assert told["dew_point_around"] == pytest.approx(theirs, abs=0.02)
    assert told["neighbours"] >= 2
    weather(registered, NOW, 0.0)
    assert str(look_at_hours(Context(pool, NOW))) == "decisions: 1; hours in doubt: 0"


def test_where_the_temperature_is_wrong_humidity_is_not_blamed(
    registered: db.Connection, pool: Pool
) -> None:
    weather(registered, NOW, 0.0)
    first = next(iter(open_series(registered, AIR).values()))
    put_hours(registered, first, NOW, 32 + 5 * np.sin(np.arange(49) / 24 * 2 * np.pi))
    look_at_hours(Context(pool, NOW))
    assert not any(
        doubts(registered, s, AT_ODDS) for s in open_series(registered, HUMIDITY).values()
    )


def test_humidity_without_a_temperature_beside_it_is_not_judged(
    registered: db.Connection, pool: Pool
) -> None:
    weather(registered, NOW, 20.0)
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE placement SET height_m = 9 WHERE quantity = 'air_temperature'")
    assert str(look_at_hours(Context(pool, NOW))) == "decisions: 0; hours in doubt: 0"


def test_a_dew_point_that_is_off_is_an_item_that_closes(
    registered: db.Connection, pool: Pool
) -> None:
    name = next(iter(weather(registered, END, 20.0)))
    at = Context(pool, END + timedelta(hours=4))
    assert str(look_at_day(at)) == "drifting: 0; hardly moving: 0; unlike in dew point: 1"
    (item,) = items_of(registered)
    assert (item.subject, item.event.kind) == (name, "dew_point_unlike")
    params = item.event.params
    assert params["hours"] == 24
    assert float(str(params["value"])) - float(str(params["around"])) > 3.5
    assert "-rh " in str(params["neighbours"])
    assert "on 2016-04-30 for 24 hours the dew point by humidity" in str(item.event)
    weather(registered, END, 0.0)
    look_at_day(at)
    assert items_of(registered) == []


def test_a_wet_probe_is_named(registered: db.Connection, pool: Pool) -> None:
    name = next(iter(weather(registered, END, 60.0)))
    assert str(look_at_day(Context(pool, END + timedelta(hours=4)))).endswith("dew point: 1")
    (item,) = items_of(registered)
    assert (item.subject, item.event.kind) == (name, "humidity_saturated")
    assert "the probe is wet: dry or change it" in str(item.event)
    assert item.event.params["humidity"] == 100
