"""The application on a world with a greenhouse and a well that act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from flask.testing import FlaskClient

from collector.store.people import Person
from collector.store.postgres.db import Connection
from tests.conftest import Server, fresh
from tests.webapp import acting
from tests.webapp.conftest import make_app, seed_module
from tests.webapp.people import client_as
from webapp.app.database import App

NOW = seed_module.NOW
T = TypeVar("T")


@pytest.fixture(scope="session")
def acting_world(postgres: Server, known_world: str) -> str:
    """A template: the known world, with outputs."""
    from collector.store.postgres import db  # beside its only use

    dsn = postgres.create(known_world)
    conn = db.connect(dsn)
    with conn:
        acting.build(conn, NOW)
        acting.farmer(conn, "Li", NOW)
    conn.close()
    return dsn.rpartition("/")[2]


@pytest.fixture
def app(postgres: Server, acting_world: str) -> Iterator[App]:
    for dsn in fresh(postgres, acting_world):
        app = make_app(dsn)
        app.config["WTF_CSRF_ENABLED"] = False
        yield app
        app.pool.close()


@pytest.fixture
def change(app: App) -> Callable[[Callable[[Connection], Any]], Any]:
    """Do something in the database."""

    def run(what: Callable[[Connection], Any]) -> Any:
        with app.pool.connection() as conn:
            return what(conn)

    return run


@pytest.fixture
def li(app: App) -> Person:
    from collector.store import people

    with app.pool.connection() as conn:
        found = people.find(conn, username="li")
    assert found is not None
    return found


@pytest.fixture
def client(app: App, li: Person) -> FlaskClient:
    """Li's phone: a farmer of the village, on the greenhouse's list."""
    return client_as(app, li)
