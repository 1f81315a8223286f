"""The application on a world of its own, and a farmer signed in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.webapp.conftest import make_app
from tests.webapp.people import client_of
from webapp.app.database import App


@pytest.fixture(scope="module")
def app(postgres: Any, known_world: str) -> Iterator[App]:
    dsn = postgres.create(known_world)
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
