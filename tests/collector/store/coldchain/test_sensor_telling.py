"""Readings as events: each span once, a gap told as one, late readings corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from collector.store import settings_table
from collector.store.coldchain import assets, logger_readings, sensor_telling, shipments
from collector.store.coldchain.sensor_telling import SettingError
from collector.store.measured import qc_decisions
from collector.store.measured.qc_decisions import Place, Span
from collector.store.network import limits
from collector.store.postgres import db
from collector.store.postgres.queries import fetch
from models.weather.quality import STRUCK, UNLIKE_NEIGHBOURS
from tests.collector.store.coldchain.world import AT, FRONT, NODE, REAR, World, is_whole, measure

HOUR = timedelta(hours=1)
FIVE = 300


def tell_all(conn: db.Connection, at: datetime) -> int:
    due = sensor_telling.due(conn, at)
    for each in due:
        sensor_telling.tell_one(conn, each, at)
    return len(due)


def told(conn: db.Connection) -> Sequence[Any]:
    rows = fetch(
        conn,
        "SELECT document FROM trace_event WHERE biz_step = 'sensor_reporting' ORDER BY number",
    )
    return [document for (document,) in rows]


@pytest.fixture
def riding(conn: db.Connection, world: World) -> World:
    assets.attach(conn, NODE, world.truck.id, world.sender, "张三", AT)
    return world


def test_a_span_is_told_once_after_its_grace(conn: db.Connection, riding: World) -> None:
    parties = (riding.sender, riding.receiver.id)
    of = (riding.lot, 400.0, "garlic_scape", riding.truck.id, parties, riding.who)
    shipments.ship(conn, *of)
    measure(conn, FRONT, AT, [0.0, 0.5, 1.0, 0.1] * 4, FIVE)
    assert tell_all(conn, AT + HOUR + timedelta(minutes=19)) == 0
    assert tell_all(conn, AT + HOUR + timedelta(minutes=20)) == 1
    assert tell_all(conn, AT + HOUR + timedelta(minutes=30)) == 0
    (event,) = told(conn)
    assert event["epcList"] == [riding.truck.uri]
    assert event["quantityList"][0]["quantity"] == 400
    (element,) = event["sensorElementList"]
    data = element["sensorMetadata"]
    assert (data["startTime"], data["endTime"]) == (
        "2016-05-10T10:00:00+08:00",
        "2016-05-10T11:00:00+08:00",
    )
    assert data["nongqing:checked"] == "never"
    front = element["sensorReport"][0]
    assert (front["type"], front["uom"]) == ("Temperature", "CEL")
    assert (front["minValue"], front["meanValue"], front["maxValue"]) == (0.0, 0.4, 1.0)
    assert front["nongqing:coverage"] == 1
    rear = next(e for e in element["sensorReport"] if e["deviceID"].endswith(":2"))
    assert rear["exception"] == "ERROR_CONDITION"
    assert (rear["nongqing:coverage"], "meanValue" in rear) == (0, False)
    assert is_whole(conn, "coop")


def test_a_gap_is_told_as_a_gap(conn: db.Connection, riding: World) -> None:
    measure(conn, FRONT, AT, [0.0] * 4 + [None] * 8 + [0.1] * 4, FIVE)
    tell_all(conn, AT + 2 * HOUR)
    report = told(conn)[0]["sensorElementList"][0]["sensorReport"][0]
    assert report["nongqing:readings"] == 4
    assert report["nongqing:coverage"] == pytest.approx(15 / 60)


def test_late_readings_bring_a_correction(conn: db.Connection, riding: World) -> None:
    measure(conn, FRONT, AT, [0.0] * 6, FIVE)
    tell_all(conn, AT + 2 * HOUR - timedelta(minutes=30))
    measure(conn, FRONT, AT + timedelta(minutes=30), [2.0] * 6, FIVE)
    later = AT + 2 * HOUR - timedelta(minutes=20)
    assert tell_all(conn, later) == 1
    assert tell_all(conn, later) == 0
    first, second, declared = told(conn)
    assert declared["eventID"] == first["eventID"] != second["eventID"]
    error = declared["errorDeclaration"]
    assert (error["reason"], error["correctiveEventIDs"]) == (
        "incorrect_data",
        [second["eventID"]],
    )
    assert second["sensorElementList"][0]["sensorReport"][0]["maxValue"] == 2
    assert is_whole(conn, "coop")


def test_what_a_person_struck_is_told_anew_without_it(conn: db.Connection, riding: World) -> None:
    measure(conn, FRONT, AT, [0.0] * 6 + [30.0] * 6, FIVE)
    tell_all(conn, AT + HOUR + timedelta(minutes=30))
    quantity, series = limits.placed(conn, FRONT)
    place, half = Place(FRONT, quantity, series), AT + timedelta(minutes=30)
    struck = {"stands": True, "by": "Li", "reason": "lay in the sun", "at": AT + HOUR}
    qc_decisions.decide(conn, place, Span(half, AT + HOUR), STRUCK, **struck)
    assert tell_all(conn, AT + HOUR + timedelta(minutes=40)) == 1
    report = told(conn)[1]["sensorElementList"][0]["sensorReport"][0]
    assert (report["maxValue"], report["nongqing:readings"]) == (0, 6)
    (front, *_) = logger_readings.channels(conn, riding.truck.id, AT, AT + HOUR)
    assert np.isnan(front.value[6:]).all()
    assert not np.isnan(front.value[:6]).any()


def test_a_doubt_of_comparing_takes_no_reading_of_a_logger_away(
    conn: db.Connection, riding: World
) -> None:
    measure(conn, FRONT, AT, [0.0] * 6, FIVE)
    with conn.cursor() as cur:
        cur.execute("UPDATE reading SET qc = qc | %s", (UNLIKE_NEIGHBOURS,))
    (front, *_) = logger_readings.channels(conn, riding.truck.id, AT, AT + HOUR)
    assert not np.isnan(front.value).any()


def test_readings_outside_the_attachment_are_not_the_assets(
    conn: db.Connection, riding: World
) -> None:
    measure(conn, REAR, AT - HOUR, [9.0] * 12 + [1.0] * 12 + [9.0] * 12, FIVE)
    assets.detach(conn, NODE, riding.sender, "张三", AT + HOUR)
    every = (AT - 2 * HOUR, AT + 3 * HOUR)
    (channel,) = logger_readings.channels(conn, riding.truck.id, *every)
    assert set(channel.value) == {1.0}
    assert len(channel.value) == 12
    assert tell_all(conn, AT + 3 * HOUR) == 1


def test_a_setting_that_is_none_is_named(conn: db.Connection, riding: World) -> None:
    settings_table.put(conn, "coldchain.every_minutes", "30", AT)
    assert len(sensor_telling.due(conn, AT + HOUR + timedelta(minutes=20))) == 2
    settings_table.put(conn, "coldchain.every_minutes", "often", AT)
    with pytest.raises(SettingError, match='coldchain.every_minutes is "often"; set it to whole'):
        sensor_telling.due(conn, AT)
