"""The application on a world of its own, with a load on its way, and both sides signed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from collector.store import people
from collector.store.coldchain import assets, shipments
from collector.store.postgres import db
from tests.collector.store.coldchain.world import FRONT, NODE, REAR, World, build, measure
from tests.webapp.conftest import make_app, seed_module
from tests.webapp.people import client_as, client_of
from webapp.app.database import App

NOW = seed_module.NOW
LEFT = NOW - timedelta(hours=6)


@dataclass(frozen=True)
class Scene:
    """The world, a load on its way in it, and who looks."""

    app: App
    world: World
    code: str
    seller: FlaskClient
    buyer: FlaskClient
    inspector: FlaskClient
    stranger: FlaskClient


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


def load_on_its_way(conn: db.Connection) -> tuple[World, str]:
    """A load of garlic scapes that left six hours ago."""
    world = build(conn, LEFT)
    assets.attach(conn, NODE, world.truck.id, world.sender, "张三", LEFT)
    parties = (world.sender, world.receiver.id)
    given = (world.lot, 400.0, "garlic_scape", world.truck.id, parties, world.who)
    code = shipments.ship(conn, *given)
    front, rear = six_hours()
    measure(conn, FRONT, LEFT, front, 300)
    measure(conn, REAR, LEFT, rear, 300)
    door = [0.0] * 72
    door[18:21] = [0.0, 5.0, 4.0]
    measure(conn, "lg-001-door", LEFT, door, 300)
    measure(conn, "lg-001-lat", LEFT, [35.5] * 72, 300)
    measure(conn, "lg-001-lon", LEFT, [114.5] * 72, 300)
    for person in (world.seller, world.buyer):
        people.grant(conn, person, "farmer", "city", "", NOW, "test")
    return world, code


@pytest.fixture(scope="module")
def scene(postgres: Any) -> Iterator[Scene]:
    dsn = postgres.create("nongqing_template")
    conn = db.connect(dsn)
    seed_module.fill(conn)
    world, code = load_on_its_way(conn)
    conn.commit()
    conn.close()
    app = make_app(dsn)
    app.config["WTF_CSRF_ENABLED"] = False
    yield Scene(
        app,
        world,
        code,
        client_as(app, world.seller),
        client_as(app, world.buyer),
        client_of(app, "inspector"),
        client_of(app, "farmer"),
    )
    app.pool.close()
