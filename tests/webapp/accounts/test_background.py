"""What is fetched ahead: the session's cookie stays, and so does what the next page has to say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from collector.store.postgres import db
from tests.webapp.accounts.ways import PASSWORD, add, link_of, post
from tests.webapp.conftest import make_app
from webapp.app.database import App

CHANGED = "密码已修改"


@pytest.fixture
def app(dsn: str) -> Iterator[App]:
    app = make_app(dsn)
    yield app
    app.pool.close()


@pytest.mark.parametrize("name", ["Purpose", "Sec-Purpose"])
def test_fetching_ahead_writes_no_session_and_takes_no_message(
    app: App, conn: db.Connection, name: str
) -> None:
    client, ahead = app.test_client(), {name: "prefetch"}
    assert "Set-Cookie" not in client.get("/account/sign-in", headers=ahead).headers
    assert "Set-Cookie" in client.get("/account/sign-in").headers
    post(client, link_of(conn, add(conn)))
    form = {"new_password": PASSWORD, "new_password_confirm": PASSWORD}
    assert post(client, "/account/password", **form).status_code == 302
    kept = client.get("/account/", headers=ahead)
    assert "李娜" in kept.text
    assert CHANGED not in kept.text
    assert "Set-Cookie" not in kept.headers
    assert CHANGED in client.get("/account/").text
    assert CHANGED not in client.get("/account/").text
