"""Troubles that others had with accounts, tried on ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from collector.settings import Settings
from collector.store import people
from collector.store.postgres import db
from tests.webapp.accounts.ways import PASSWORD, add, post, set_up, sign_out, token_in
from tests.webapp.conftest import FixedClock, make_app, seed_module
from tests.webapp.people import client_of
from webapp import create_app
from webapp.accounts.datastore import SEND
from webapp.app.database import App


@pytest.fixture
def app(dsn: str) -> Iterator[App]:
    app = make_app(dsn)
    yield app
    app.pool.close()


def copy_of(app: App, client: FlaskClient) -> FlaskClient:
    """Another browser with the same session, as somebody has it who copied the cookie."""
    cookie = client.get_cookie("nongqing")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("nongqing", cookie.value)
    return thief


def test_a_session_copied_before_signing_out_ends_with_it(app: App) -> None:
    owner = client_of(app, "farmer")
    thief = copy_of(app, owner)
    assert thief.get("/account/").status_code == 200
    sign_out(owner)
    assert thief.get("/account/").status_code == 303


def test_an_expired_session_of_staff_does_not_end_the_new_one(app: App) -> None:
    """Else whoever kept an old cookie could put its owner out again and again."""
    now = client_of(app, "officer")
    old = copy_of(app, now)
    with old.session_transaction() as session:
        session["fs_paa"] = time.time() - 13 * 3600
    assert old.get("/account/").status_code == 303
    assert now.get("/account/").status_code == 200


def test_a_new_password_ends_the_other_sessions(app: App, conn: db.Connection) -> None:
    owner = client_of(app, "officer")
    thief = copy_of(app, owner)
    form = {"new_password": PASSWORD, "new_password_confirm": PASSWORD}
    assert post(owner, "/account/password", **form).status_code == 302
    assert owner.get("/account/").status_code == 200
    assert thief.get("/account/").status_code == 303


def test_nothing_of_a_session_before_signing_in_is_kept_by_a_link(
    app: App, conn: db.Connection
) -> None:
    client = app.test_client()
    with client.session_transaction() as session:
        session |= {"planted": "by somebody else", "tf_user_id": "x", "tf_state": "ready"}
    person = add(conn)
    link = people.LINK_PATH + people.make_link(conn, person, datetime.now(UTC))
    conn.commit()
    assert post(client, link).status_code == 303
    with client.session_transaction() as session:
        assert not {"planted", "tf_user_id", "tf_state"} & set(session)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\\\\\evil.example",
        "http:evil.example",
        "/%09/evil.example",
        " //evil.example",
        "javascript:alert(1)",
    ],
)
def test_signing_in_leads_to_no_other_site(
    app: App, conn: db.Connection, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    sent: list[str] = []
    app.extensions[SEND] = lambda phone, code: sent.append(code)
    client = app.test_client()
    form = {"identity": "13812345678", "chosen_method": "sms"}
    post(client, "/account/send-code", page="/account/sign-in", submit_send_code="1", **form)
    page = client.get("/account/sign-in", query_string={"next": target}).text
    form |= {"passcode": sent[0], "submit": "1", "csrf_token": token_in(page)}
    answer = client.post("/account/sign-in", query_string={"next": target}, data=form)
    assert answer.status_code in (302, 303, 400)
    place = answer.headers.get("Location", "/").replace("\\", "/")
    parts = urlsplit(place)
    assert parts.scheme in ("", "http"), place
    assert parts.netloc in ("", "localhost"), place
    assert not place.startswith("//"), place


def test_who_signs_in_again_at_once_is_told_to_wait_for_the_next_code(
    app: App, conn: db.Connection
) -> None:
    client = app.test_client()
    totp = set_up(client, conn)
    code = totp.generate(time.time() + 30).token
    for status in (302, 200):
        signed = post(client, "/account/sign-in", identity="lina", passcode=PASSWORD, submit="1")
        answer = post(client, signed.location, code=code)
        assert answer.status_code == status
        if status == 302:
            sign_out(client)
    assert "已经用过。请输入应用显示的下一个" in answer.text


def test_a_link_names_the_public_address_whatever_the_request_says(
    dsn: str, conn: db.Connection
) -> None:
    settings = Settings(dsn, None, Path(mkdtemp()), url="https://nongqing.example")
    app = create_app(db.Pool(dsn), FixedClock(seed_module.NOW), settings)
    boss = client_of(app, "administrator")
    form = {"reason": "first", "csrf_token": token_in(boss.get("/account/").text)}
    shown = boss.post("/people/1/link", data=form, headers={"X-Forwarded-Host": "evil.example"})
    assert "<code>https://nongqing.example/account/link/" in shown.text
    assert "evil.example" not in shown.text
    app.pool.close()
