"""People of the tests, already signed in."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime

from flask.testing import FlaskClient

from collector.store import people
from webapp.app.database import App


def client_of(app: App, role: str, level: str = "city", scope: str = "") -> FlaskClient:
    """A browser in which somebody with one role is signed in."""
    at = datetime.now(UTC)
    with app.pool.connection() as conn:
        person = people.add(conn, role, at, username=secrets.token_hex(6))
        people.grant(conn, person, role, level, scope, at, "test")
    return client_as(app, person)


def client_as(app: App, person: people.Person) -> FlaskClient:
    """A browser in which a person is signed in."""
    client = app.test_client()
    with client.session_transaction() as session:
        session |= {"_user_id": person.uniquifier, "_fresh": True, "fs_paa": time.time()}
    return client


def cookie_of(client: FlaskClient) -> dict[str, str]:
    """The cookie of a session, as a browser takes it; name and value."""
    cookie = client.get_cookie("nongqing")
    assert cookie is not None
    return {"name": cookie.key, "value": cookie.value}
