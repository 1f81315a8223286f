"""The mark of an own device: who guesses in the same network does not make its owner wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import pytest
from flask.testing import FlaskClient

from collector.settings import Settings
from collector.store import people, sign_in_attempts
from collector.store.postgres import db
from tests.webapp.accounts.ways import (
    PASSWORD,
    add,
    link_of,
    post,
    sign_out,
    token_in,
    with_password,
)
from tests.webapp.conftest import FixedClock, make_app, seed_module
from webapp import create_app
from webapp.accounts.devices import COOKIE
from webapp.app.database import App


@pytest.fixture
def app(dsn: str) -> Iterator[App]:
    app = make_app(dsn)
    yield app
    app.pool.close()


def attempt(client: FlaskClient, password: str, username: str = "lina") -> int:
    form = {"identity": username, "passcode": password, "submit": "1"}
    form["csrf_token"] = token_in(client.get("/account/sign-in").text)
    return client.post("/account/sign-in", data=form).status_code


def marked(app: App, conn: db.Connection, username: str = "lina") -> FlaskClient:
    """A browser in which somebody has signed in before; signed out again."""
    client = app.test_client()
    with_password(
        client, conn, people.find(conn, username=username) or add(conn, username=username)
    )
    for _ in range(2):  # the session's own cookie goes first
        client.get("/account/")
    sign_out(client)
    assert client.get_cookie(COOKIE) is not None
    return client


def test_guessing_in_the_same_network_does_not_keep_the_owner_out(
    app: App, conn: db.Connection
) -> None:
    owner, guesser = marked(app, conn), app.test_client()
    for n in range(sign_in_attempts.MOST_HERE):
        assert attempt(guesser, f"guess-{n}") == 200
    assert attempt(guesser, PASSWORD) == 429
    assert attempt(owner, PASSWORD) == 302
    # all of the network, and from everywhere
    for n in range(sign_in_attempts.MOST_OF_NETWORK):
        sign_in_attempts.note_failure(conn, f"x{n}", "127.0.0.0/24", datetime.now(UTC))
        sign_in_attempts.note_failure(conn, "lina", f"198.51.{n}.0/24", datetime.now(UTC))
    conn.commit()
    assert attempt(app.test_client(), PASSWORD) == 429
    assert attempt(owner, PASSWORD) == 302


def test_a_marked_device_has_a_few_attempts_of_its_own_at_its_own_account(
    app: App, conn: db.Connection
) -> None:
    thief = marked(app, conn)
    for n in range(sign_in_attempts.MOST_HERE):
        assert attempt(thief, f"guess-{n}") == 200
    assert attempt(thief, PASSWORD) == 429
    assert attempt(app.test_client(), PASSWORD) == 302, "the network is shut for it, too"
    # at another's account it is one of its network
    add(conn, username="wang")
    for n in range(sign_in_attempts.MOST_HERE):
        attempt(app.test_client(), f"guess-{n}", "wang")
    assert attempt(thief, "guess", "wang") == 429


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:5] + ("y" if text[5] == "x" else "x") + text[6:],
        lambda text: "",
        lambda text: "x" * 400,
    ],
)
def test_a_mark_that_is_not_ours_counts_for_nothing(app: App, conn: db.Connection, change) -> None:
    owner = marked(app, conn)
    cookie = owner.get_cookie(COOKIE)
    assert cookie is not None
    owner.set_cookie(COOKIE, change(cookie.value))
    guesser = app.test_client()
    for n in range(sign_in_attempts.MOST_HERE):
        attempt(guesser, f"guess-{n}")
    assert attempt(owner, PASSWORD) == 429


def test_several_people_of_a_device_are_known_the_last_ones(app: App, conn: db.Connection) -> None:
    client = app.test_client()
    values = []
    for n in range(7):
        person = add(conn, username=f"one{n}")
        assert post(client, link_of(conn, person)).status_code == 303
        for _ in range(2):
            client.get("/account/")
        cookie = client.get_cookie(COOKIE)
        assert cookie is not None
        values.append(cookie.decoded_value)
        sign_out(client)
    serializer = app.extensions["nongqing.devices"]
    kept = [serializer.loads(value).split() for value in values]
    assert len({device for device, *_ in kept}) == 1
    assert kept[-1][1:] == ["3", "4", "5", "6", "7"]


@pytest.mark.parametrize(("proxies", "secure"), [(0, False), (1, True)])
def test_an_answer_sets_one_cookie_and_the_mark_is_well_kept(
    dsn: str, conn: db.Connection, proxies: int, secure: bool
) -> None:
    settings = Settings(dsn, None, Path(mkdtemp()), proxies=proxies)
    app = create_app(db.Pool(dsn), FixedClock(seed_module.NOW), settings)
    client, options = app.test_client(), {"base_url": "https://localhost" if secure else None}
    client.environ_base["HTTP_X_FORWARDED_PROTO"] = "https"
    if secure:
        client.environ_base["HTTP_REFERER"] = "https://localhost/"
    link = link_of(conn, add(conn))
    page = client.get(link, **options).text
    answers = [client.post(link, data={"csrf_token": token_in(page)}, **options)]
    answers += [
        client.get(path, **options) for path in ("/account/", "/account/?lang=en", "/account/", "/")
    ]
    cookies = [answer.headers.getlist("Set-Cookie") for answer in answers]
    assert all(len(each) <= 1 for each in cookies), cookies
    (mark,) = [each[0] for each in cookies if each and each[0].startswith(COOKIE)]
    assert "HttpOnly" in mark
    assert "SameSite=Lax" in mark
    assert "Max-Age=34560000" in mark
    assert ("Secure" in mark) == secure
    assert cookies[-1] == [], "a page that anybody may keep carries no mark"
    app.pool.close()


def test_who_is_not_signed_in_gets_no_mark(app: App) -> None:
    client = app.test_client()
    for path in ("/", "/account/sign-in", "/account/sign-in"):
        client.get(path)
    assert client.get_cookie(COOKIE) is None
