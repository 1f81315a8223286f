"""Ways in: a link that works once, password and second factor, a code; attempts that fail."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from collector.store import people, sign_in_attempts
from collector.store.postgres import db
from tests.webapp.accounts.ways import PASSWORD, add, link_of, post, set_up, sign_out, token_in
from tests.webapp.conftest import make_app
from webapp.accounts.datastore import SEND
from webapp.accounts.signing_in import RECYCLED_AFTER_DAYS
from webapp.app.database import App

PHONE = "138 1234 5678"


@pytest.fixture
def app(dsn: str) -> Iterator[App]:
    app = make_app(dsn)
    yield app
    app.pool.close()


@pytest.fixture
def client(app: App) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sent(app: App) -> list[tuple[str, str]]:
    """Codes that would have gone out by SMS."""
    codes: list[tuple[str, str]] = []
    app.extensions[SEND] = lambda phone, code: codes.append((phone, code))
    return codes


def test_a_link_signs_in_once_and_only_when_its_button_is_pressed(
    client: FlaskClient, conn: db.Connection, app: App
) -> None:
    link = link_of(conn, add(conn))
    for _ in range(2):  # chat programs look at links
        assert "以 李娜 的身份登录" in client.get(link).text
    assert client.get("/account/").status_code == 303
    assert post(client, link).status_code == 303
    assert "李娜" in client.get("/account/").text
    assert "全市" in client.get("/account/").text
    again = app.test_client().get(link)
    assert again.status_code == 410
    assert "已经用过" in again.text
    assert "used already" in app.test_client().get(link + "?lang=en").text


def test_a_link_older_than_a_day_and_a_locked_persons_link_do_not_work(
    client: FlaskClient, conn: db.Connection
) -> None:
    person = add(conn)
    assert (
        client.get(link_of(conn, person, datetime.now(UTC) - timedelta(days=1))).status_code == 410
    )
    link = link_of(conn, person)
    assert post(client, link).status_code == 303
    fresh = link_of(conn, person)
    people.lock(conn, person, datetime.now(UTC))
    conn.commit()
    assert client.get("/account/").status_code == 303, "a locked person's session goes on"
    assert client.get(fresh).status_code == 410


def test_staff_come_in_by_password_and_second_factor(
    client: FlaskClient, conn: db.Connection
) -> None:
    totp = set_up(client, conn)
    signed = post(client, "/account/sign-in", identity="LiNa", passcode=PASSWORD, submit="1")
    assert signed.status_code == 302
    assert client.get("/account/").status_code == 303, "the password alone lets in"
    wrong = post(client, signed.location, code="000000")
    assert wrong.status_code == 200
    assert "不是当前的验证码" in wrong.text
    code = totp.generate(time.time() + 30).token
    assert post(client, signed.location, code=code).status_code == 302
    assert "李娜" in client.get("/account/").text
    # who looked over the shoulder knows password and code
    sign_out(client)
    signed = post(client, "/account/sign-in", identity="lina", passcode=PASSWORD, submit="1")
    again = post(client, signed.location, code=code)
    assert again.status_code == 200
    assert "不是当前的验证码" in again.text
    assert client.get("/account/").status_code == 303


def test_a_wrong_password_says_the_same_as_an_unknown_name(
    client: FlaskClient, conn: db.Connection
) -> None:
    set_up(client, conn)
    pages = [
        post(client, "/account/sign-in", identity=name, passcode="not-this-one", submit="1").text
        for name in ("lina", "nobody")
    ]
    assert all("不对" in page for page in pages)
    strip = re.compile(r'value="[^"]*"|\d\d:\d\d')
    assert strip.sub("", pages[0]) == strip.sub("", pages[1])


def test_a_farmer_comes_in_by_a_code(
    client: FlaskClient, conn: db.Connection, sent: list[tuple[str, str]]
) -> None:
    form = {"identity": PHONE, "chosen_method": "sms"}
    page = post(client, "/account/send-code", page="/account/sign-in", submit_send_code="1", **form)
    assert page.status_code == 200
    ((phone, code),) = sent
    assert phone == "+8613812345678"
    signed = post(client, "/account/sign-in", identity="138-1234-5678", passcode=code, submit="1")
    assert signed.status_code == 302
    assert "+8613812345678" in client.get("/account/").text
    person = people.find(conn, phone=phone)
    assert person is not None
    assert person.verified is not None
    assert person.name == "138****5678"


def test_a_number_that_slept_for_half_a_year_begins_a_new_account(
    client: FlaskClient, conn: db.Connection, sent: list[tuple[str, str]]
) -> None:
    """It may be somebody else's by now; what is in the old account stays for its owner."""
    long_ago = datetime.now(UTC) - timedelta(days=RECYCLED_AFTER_DAYS + 1)
    old = people.add(conn, "赵敏", long_ago, phone="+8613812345678")
    conn.commit()
    form = {"identity": PHONE, "chosen_method": "sms", "submit_send_code": "1"}
    post(client, "/account/send-code", page="/account/sign-in", **form)
    new = people.find(conn, phone="+8613812345678")
    assert new is not None
    assert new.id != old.id
    assert sent
    kept = people.named(conn, str(old.id))
    assert (kept.name, kept.phone, kept.active) == ("赵敏", None, False)
    people.change_phone(conn, new, None)  # the station gives it back
    people.change_phone(conn, kept, "+8613812345678")
    assert people.find(conn, phone="+8613812345678") == people.named(conn, str(old.id))


def test_a_code_by_sms_lets_nobody_into_an_account_of_staff(
    client: FlaskClient, conn: db.Connection, sent: list[tuple[str, str]]
) -> None:
    person = people.add(conn, "王强", datetime.now(UTC), phone="+8613912345678")
    people.grant(conn, person, "officer", "city", "", datetime.now(UTC), "test")
    conn.commit()
    form = {"identity": "13912345678", "chosen_method": "sms", "submit_send_code": "1"}
    post(client, "/account/send-code", page="/account/sign-in", **form)
    assert sent == []


def test_who_was_a_farmer_before_gets_no_code_as_staff(
    client: FlaskClient, conn: db.Connection, sent: list[tuple[str, str]]
) -> None:
    form = {"identity": PHONE, "chosen_method": "sms", "submit_send_code": "1"}
    post(client, "/account/send-code", page="/account/sign-in", **form)
    assert len(sent) == 1
    person = people.find(conn, phone="+8613812345678")
    assert person is not None
    people.grant(conn, person, "officer", "city", "", datetime.now(UTC), "test")
    conn.commit()
    sent.clear()
    post(client, "/account/send-code", page="/account/sign-in", **form)
    assert sent == []


def test_who_guesses_is_kept_out_and_the_owner_is_not(app: App, conn: db.Connection) -> None:
    owner = app.test_client()
    totp = set_up(owner, conn)
    away = {"REMOTE_ADDR": "203.0.113.7"}

    def attempt(client: FlaskClient, password: str, **environ: str):
        page = client.get("/account/sign-in", environ_base=environ)
        form = {"identity": "lina", "passcode": password, "submit": "1"}
        form["csrf_token"] = token_in(page.text)
        return client.post("/account/sign-in", data=form, environ_base=environ)

    guesser = app.test_client()
    codes = [
        attempt(guesser, f"guess-{n}", **away).status_code
        for n in range(sign_in_attempts.MOST_HERE)
    ]
    assert set(codes) == {200}
    refused = attempt(guesser, PASSWORD, **away)
    assert refused.status_code == 429
    assert "请等一刻钟" in refused.text
    # from many networks
    for n in range(sign_in_attempts.MOST_OF_ACCOUNT):
        attempt(guesser, "guess", REMOTE_ADDR=f"198.51.{n}.1")
    assert attempt(app.test_client(), PASSWORD, REMOTE_ADDR="192.0.2.1").status_code == 429
    signed = attempt(owner, PASSWORD, REMOTE_ADDR="127.0.0.1")
    assert signed.status_code == 302, "the owner is locked out of their own network"
    assert totp


def test_a_strangers_form_makes_no_account(client: FlaskClient, conn: db.Connection) -> None:
    form = {"identity": PHONE, "chosen_method": "sms", "submit_send_code": "1"}
    assert client.post("/account/send-code", data=form).status_code == 400
    assert people.everyone(conn) == []


def test_codes_for_many_numbers_are_not_had_from_one_place(
    client: FlaskClient, conn: db.Connection, sent: list[tuple[str, str]], monkeypatch
) -> None:
    monkeypatch.setattr(sign_in_attempts, "MOST_OF_NETWORK", 3)
    statuses = []
    for n in range(5):
        page = post(
            client,
            "/account/send-code",
            page="/account/sign-in",
            identity=f"1381234567{n}",
            chosen_method="sms",
            submit_send_code="1",
        )
        statuses.append(page.status_code)
    assert statuses == [200, 200, 200, 429, 429]
    assert len(people.everyone(conn)) == len(sent) == 3


def test_signing_out_wipes_what_the_browser_keeps(client: FlaskClient, conn: db.Connection) -> None:
    assert post(client, link_of(conn, add(conn))).status_code == 303
    out = post(client, "/account/sign-out", page="/account/")
    assert out.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/account/").status_code == 303


def test_a_form_without_its_token_is_refused_with_the_mend(client: FlaskClient) -> None:
    answer = client.post("/account/sign-in", data={"identity": "lina", "passcode": "x"})
    assert answer.status_code == 400


def test_personal_pages_are_kept_by_no_cache(client: FlaskClient, conn: db.Connection) -> None:
    assert post(client, link_of(conn, add(conn))).status_code == 303
    for path in (
        "/account/",
        "/account/token",
        "/account/password",
        "/account/sign-in",
        "/account/keys",
    ):
        assert "no-store" in client.get(path).headers["Cache-Control"], path
