"""Steps that the tests of signing in have in common."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask.testing import FlaskClient
from passlib.totp import TOTP

from collector.store import people
from collector.store.people import Person
from collector.store.postgres import db

PASSWORD = "wheat-and-maize"


def add(conn: db.Connection, role: str = "officer", username: str = "lina") -> Person:
    at = datetime.now(UTC)
    person = people.add(conn, "李娜", at, username=username)
    people.grant(conn, person, role, "city", "", at, "test")
    conn.commit()
    return person


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page[:2000]
    return found[1]


def post(client: FlaskClient, path: str, page: str | None = None, **form: str):
    page = path if page is None else page
    form["csrf_token"] = token_in(client.get(page).text)
    return client.post(path, data=form)


def link_of(conn: db.Connection, person: Person, at: datetime | None = None) -> str:
    token = people.make_link(conn, person, at or datetime.now(UTC))
    conn.commit()
    return people.LINK_PATH + token


def sign_out(client: FlaskClient) -> None:
    assert post(client, "/account/sign-out", page="/account/").status_code == 302


def with_password(client: FlaskClient, conn: db.Connection, person: Person) -> None:
    """Sign in by link and choose a password."""
    assert post(client, link_of(conn, person)).status_code == 303
    form = {"new_password": PASSWORD, "new_password_confirm": PASSWORD}
    assert post(client, "/account/password", **form).status_code == 302


def set_up(client: FlaskClient, conn: db.Connection, username: str = "lina") -> TOTP:
    """Sign in by link, choose a password and set up the authenticator; signed out again."""
    with_password(client, conn, people.find(conn, username=username) or add(conn))
    shown = post(client, "/account/second-factor", setup="authenticator")
    page = shown.text
    assert 'src="data:image/svg+xml;base64,' in page
    assert "img-src 'self' data:;" in shown.headers["Content-Security-Policy"]
    key = re.search(r"<b>([A-Z0-9 -]{16,})</b>", page)
    assert key, page
    totp = TOTP(key=key[1].replace("-", "").replace(" ", ""))
    action = re.search(r'action="(/account/second-factor/[^"]+)"', page)
    assert action
    form = {"code": totp.generate().token, "csrf_token": token_in(page)}
    assert client.post(action[1], data=form).status_code == 302
    sign_out(client)
    return totp
