"""The application on a world of its own, with a load on its way, and both sides signed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from collector.store.postgres import db
from tests.collector.store.coldchain.world import World
from tests.webapp.conftest import make_app, seed_module
from tests.webapp.load_on_its_way import load_on_its_way
from tests.webapp.people import client_as, client_of
from webapp.app.database import App

NOW = seed_module.NOW


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


@pytest.fixture(scope="module")
def scene(postgres: Any, known_world: str) -> Iterator[Scene]:
    dsn = postgres.create(known_world)
    conn = db.connect(dsn)
    world, code = load_on_its_way(conn, NOW)
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
