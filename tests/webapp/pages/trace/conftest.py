"""The application on a world of its own, and a farmer signed in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from collector.store.postgres import db
from tests.webapp.conftest import make_app, seed_module
from tests.webapp.people import client_of
from webapp.app.database import App


@pytest.fixture(scope="module")
def app(postgres: Any) -> Iterator[App]:
    dsn = postgres.create("nongqing_template")
    conn = db.connect(dsn)
    seed_module.fill(conn)
    conn.close()
    app = make_app(dsn)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.pool.close()


@pytest.fixture
def farmer(app: App) -> FlaskClient:
    return client_of(app, "farmer")


@pytest.fixture(scope="module")
def inspector(app: App) -> FlaskClient:
    return client_of(app, "inspector", "county", "410922")
