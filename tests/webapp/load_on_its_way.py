"""A load of garlic scapes that left six hours ago, with all that may happen to one."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from collector.store import people
from collector.store.coldchain import assets, shipments
from collector.store.postgres import db
from tests.collector.store.coldchain.world import FRONT, NODE, REAR, World, build, measure


def six_hours() -> tuple[list[float | None], list[float | None]]:
    """Every five minutes: a door at 1.5 h, nothing from 3 to 4 h, warmer in the last hour."""
    minutes = np.arange(0, 360, 5)
    ripple = 0.05 * np.sin(minutes / 17)
    door = np.where((minutes > 90) & (minutes < 130), 2.5 * (1 - (minutes - 90) / 40), 0)
    trend = np.where(minutes > 300, (minutes - 300) / 60 * 0.35, 0)
    front = ripple + door * 0.3 + trend
    rear = ripple + door + trend
    lost = (minutes >= 180) & (minutes < 240)
    return tuple(  # type: ignore[return-value]
        [None if gone else round(float(v), 2) for v, gone in zip(each, lost, strict=True)]
        for each in (front, rear)
    )


def load_on_its_way(conn: db.Connection, now: datetime) -> tuple[World, str]:
    """A load of garlic scapes that left six hours ago."""
    left = now - timedelta(hours=6)
    world = build(conn, left)
    assets.attach(conn, NODE, world.truck.id, world.sender, "张三", left)
    parties = (world.sender, world.receiver.id)
    given = (world.lot, 400.0, "garlic_scape", world.truck.id, parties, world.who)
    code = shipments.ship(conn, *given)
    front, rear = six_hours()
    measure(conn, FRONT, left, front, 300)
    measure(conn, REAR, left, rear, 300)
    door = [0.0] * 72
    door[18:21] = [0.0, 5.0, 4.0]
    measure(conn, "lg-001-door", left, door, 300)
    measure(conn, "lg-001-rh", left, [92.0] * 60 + [82.0] * 12, 300)
    measure(conn, "lg-001-lat", left, [35.5] * 72, 300)
    measure(conn, "lg-001-lon", left, [114.5] * 72, 300)
    for person in (world.seller, world.buyer):
        people.grant(conn, person, "farmer", "city", "", now, "test")
    return world, code
