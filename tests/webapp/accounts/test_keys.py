"""Security keys: added, used as the second step, removed; answers that must not count."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from tempfile import mkdtemp

import pytest
from flask.testing import FlaskClient

from collector.settings import Settings, SettingsError
from collector.store import audit, people, person_keys
from collector.store.postgres import db
from tests.webapp.accounts.soft_key import SoftKey
from tests.webapp.accounts.ways import (
    PASSWORD,
    add,
    link_of,
    post,
    set_up,
    sign_out,
    token_in,
    with_password,
)
from tests.webapp.conftest import FixedClock, make_app, seed_module
from webapp import create_app
from webapp.app.database import App

ASKED = re.compile(r'action="([^"]+)" data-key="([^"]+)"')


@pytest.fixture
def app(dsn: str) -> Iterator[App]:
    app = make_app(dsn)
    yield app
    app.pool.close()


@pytest.fixture
def client(app: App) -> FlaskClient:
    return app.test_client()


def asked_in(page: str) -> tuple[str, dict]:
    """Where an answer goes, and the question."""
    found = ASKED.search(page)
    assert found, page[:3000]
    return unescape(found[1]), json.loads(unescape(found[2]))


def register(client: FlaskClient, key: SoftKey, name: str = "办公室") -> str:
    """Add a key for who is signed in; the text of the page after it."""
    page = post(client, "/account/keys", page="/account/", name=name, submit="1").text
    action, options = asked_in(page)
    form = {"credential": key.create(options), "csrf_token": token_in(page)}
    return client.post(action, data=form, follow_redirects=True).text


def password(client: FlaskClient, username: str = "lina"):
    form = {"identity": username, "passcode": PASSWORD, "submit": "1"}
    return post(client, "/account/sign-in", **form)


def question(client: FlaskClient, username: str = "lina") -> tuple[str, dict, str]:
    """Give the password and begin the second step: where the answer goes, the question, a token."""
    first = password(client, username)
    assert first.status_code == 302
    assert "/account/second-factor/key" in first.location
    page = post(client, "/account/second-factor/key", submit="1").text
    return *asked_in(page), token_in(page)


def answer(client: FlaskClient, action: str, credential: str, token: str):
    return client.post(action, data={"credential": credential, "csrf_token": token})


def is_in(client: FlaskClient) -> bool:
    return client.get("/account/").status_code == 200


def told(conn: db.Connection, action: str) -> list[tuple[str, str]]:
    conn.rollback()
    return [(one.actor, one.object) for one in audit.entries(conn, action=action)]


@pytest.fixture
def key(client: FlaskClient, conn: db.Connection) -> SoftKey:
    """A key of lina's, who is signed out."""
    key = SoftKey()
    with_password(client, conn, add(conn))
    assert "密钥已添加" in register(client, key)
    sign_out(client)
    return key


def test_a_key_is_added_lets_in_after_the_password_and_is_removed(
    client: FlaskClient, conn: db.Connection, key: SoftKey
) -> None:
    action, options, token = question(client)
    assert not is_in(client), "the password alone lets in"
    assert [one["transports"] for one in options["allowCredentials"]] == [["usb"]]
    assert answer(client, action, key.get(options), token).status_code == 302
    page = client.get("/account/").text
    assert "办公室" in page
    assert "上次使用" in page
    gone = post(client, "/account/keys/remove", page="/account/", name="办公室", submit="1")
    assert gone.status_code == 302
    assert "还没有密钥" in client.get("/account/").text
    person = str(people.named(conn, "lina").id)
    for action in ("key_registered", "key_used", "key_removed"):
        assert told(conn, action) == [(person, f"{person} key 1")], action
    (entry, *_) = audit.entries(conn, action="sign_in")
    assert entry.detail == {"by": "password, key"}


def test_an_answer_counts_once_also_of_a_key_that_does_not_count(
    app: App, client: FlaskClient, conn: db.Connection, key: SoftKey
) -> None:
    """A passkey tells 0 each time; what was seen on the way must not let in who saw it."""
    key.count = -1  # goes on to 0
    action, options, token = question(client)
    credential = key.get(options)
    assert answer(client, action, credential, token).status_code == 302
    assert is_in(client)
    thief = app.test_client()
    _, _, own = question(thief)  # who knows the password too
    refused = answer(thief, action, credential, own)
    assert "/account/second-factor/key" in refused.location
    assert not is_in(thief)
    assert "密钥的回答无效" in thief.get(refused.location).text
    person = str(people.named(conn, "lina").id)
    assert told(conn, "key_refused") == [("anonymous", f"{person} key 1")]


def test_a_key_of_somebody_else_does_not_let_in_after_ones_own_password(
    app: App, client: FlaskClient, conn: db.Connection, key: SoftKey
) -> None:
    """Neither as oneself nor as the key's holder, whose password was never given."""
    other = app.test_client()
    add(conn, username="wang")
    with_password(other, conn, people.named(conn, "wang"))
    own = SoftKey()
    assert "密钥已添加" in register(other, own)
    sign_out(other)
    action, options, token = question(other, "wang")
    refused = answer(other, action, key.get(options), token)
    assert "/account/second-factor/key" in refused.location
    assert not is_in(other)
    assert told(conn, "sign_in")[0][0] == str(people.named(conn, "wang").id)


def test_an_answer_for_another_site_or_with_another_key_is_refused(
    client: FlaskClient, conn: db.Connection, key: SoftKey
) -> None:
    copy = SoftKey()
    copy.id = key.id
    for wrong in (copy, key):
        action, options, token = question(client)
        if wrong is key:
            key.origin = "https://nongqing.evil"
        assert answer(client, action, wrong.get(options), token).status_code == 302
        assert not is_in(client)


def test_a_counter_that_goes_back_is_refused_and_noted(
    client: FlaskClient, conn: db.Connection, key: SoftKey
) -> None:
    key.count = 41
    action, options, token = question(client)
    answer(client, action, key.get(options), token)
    assert is_in(client)
    sign_out(client)
    key.count = 6  # a copy of the key that was made before
    action, options, token = question(client)
    answer(client, action, key.get(options), token)
    assert not is_in(client)
    assert len(told(conn, "key_refused")) == 1


def test_of_two_answers_at_once_one_counts(conn: db.Connection) -> None:
    person = add(conn)
    at = datetime.now(UTC)
    person_keys.add(conn, person.id, "a", b"id", b"public", 5, [], "single_device", False, at)
    key = person_keys.find(conn, b"id")
    assert key is not None
    person_keys.use(conn, key, 6, False, at)
    with pytest.raises(person_keys.KeyRefused, match="its counter went back; remove it"):
        person_keys.use(conn, key, 6, False, at)
    assert person_keys.first_answer(conn, "question", at)
    assert not person_keys.first_answer(conn, "question", at)


def test_a_locked_person_is_not_let_in_by_their_key(
    client: FlaskClient, conn: db.Connection, key: SoftKey
) -> None:
    action, options, token = question(client)
    people.lock(conn, people.named(conn, "lina"), datetime.now(UTC))
    conn.commit()
    answer(client, action, key.get(options), token)
    assert not is_in(client)


def test_the_password_alone_sets_up_no_other_second_step(
    client: FlaskClient, conn: db.Connection, key: SoftKey
) -> None:
    assert password(client).status_code == 302
    for path in ("/account/second-factor", "/account/second-factor/code"):
        page = client.get(path)
        assert page.status_code < 500
        assert "data:image" not in page.text
        form = {"setup": "authenticator", "code": "000000"}
        sent = client.post(
            path, data=form | {"csrf_token": token_in(client.get("/account/sign-in").text)}
        )
        assert sent.status_code < 500
        assert "data:image" not in sent.text
    assert not is_in(client)
    assert people.named(conn, "lina").code_secret is None


def test_who_has_app_and_key_chooses(client: FlaskClient, conn: db.Connection) -> None:
    set_up(client, conn)
    key = SoftKey()
    assert post(client, link_of(conn, people.named(conn, "lina"))).status_code == 303
    assert "密钥已添加" in register(client, key)
    sign_out(client)
    choice = password(client)
    assert "/account/second-factor/choose" in choice.location
    page = client.get(choice.location).text
    assert "用安全密钥" in page
    chosen = client.post(choice.location, data={"which": "webauthn", "csrf_token": token_in(page)})
    page = post(client, chosen.location, submit="1").text
    action, options = asked_in(page)
    answer(client, action, key.get(options), token_in(page))
    assert is_in(client)


def test_guessing_with_keys_is_limited_as_other_guessing(
    client: FlaskClient, conn: db.Connection, key: SoftKey
) -> None:
    stranger = SoftKey()
    action, options, token = question(client)
    statuses = [answer(client, action, stranger.get(options), token).status_code for _ in range(7)]
    assert statuses[:5] == [302] * 5
    assert statuses[5:] == [429, 429]


@pytest.mark.parametrize("credential", ["", "{", "[]", '{"id": 1}', '"x"', "null"])
def test_what_no_browser_answers_is_refused(
    client: FlaskClient, conn: db.Connection, key: SoftKey, credential: str
) -> None:
    action, _, token = question(client)
    assert answer(client, action, credential, token).status_code == 302
    assert not is_in(client)


def test_names_of_keys_are_seen_and_their_number_is_bounded(
    client: FlaskClient, conn: db.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_password(client, conn, add(conn))
    for name in ("ke\u200by", "ke\u3164y", "x" * 65):
        bad = post(client, "/account/keys", page="/account/", name=name, submit="1")
        assert "data-key" not in bad.text
        assert "64" in bad.text
    monkeypatch.setattr(person_keys, "MOST_KEYS", 1)
    assert "密钥已添加" in register(client, SoftKey(), "one")
    assert "密钥已添加" not in register(client, SoftKey(), "two")
    assert (
        "已有同名的密钥"
        in post(client, "/account/keys", page="/account/", name="one", submit="1").text
    )


def test_keys_belong_to_the_public_address(dsn: str, conn: db.Connection) -> None:
    settings = Settings(dsn, None, Path(mkdtemp()), proxies=1, url="https://nongqing.example")
    app = create_app(db.Pool(dsn), FixedClock(seed_module.NOW), settings)
    client = app.test_client()
    client.environ_base |= {
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_HOST": "nongqing.example",
        "HTTP_REFERER": "https://nongqing.example/account/",
    }
    person, options = add(conn), {"base_url": "https://nongqing.example"}
    with client.session_transaction(**options) as session:
        session |= {"_user_id": person.uniquifier, "_fresh": True, "fs_paa": time.time()}
    key = SoftKey("https://nongqing.example", "nongqing.example")
    cookie = client.get_cookie("nongqing")
    assert cookie is None or cookie.secure
    with client.session_transaction(base_url="https://nongqing.example") as session:
        session |= {"_user_id": person.uniquifier, "_fresh": True, "fs_paa": time.time()}
    page = client.get("/account/", **options).text
    form = {"name": "x", "submit": "1", "csrf_token": token_in(page)}
    page = client.post("/account/keys", data=form, **options).text
    action, asked = asked_in(page)
    assert asked["rp"]["id"] == "nongqing.example"
    form = {"credential": key.create(asked), "csrf_token": token_in(page)}
    assert "密钥已添加" in client.post(action, data=form, follow_redirects=True, **options).text
    elsewhere = client.get(
        "/account/keys", headers={"X-Forwarded-Host": "other.example"}, **options
    )
    assert elsewhere.status_code == 400
    assert "https://nongqing.example" in elsewhere.text
    app.pool.close()


@pytest.mark.parametrize(
    "text", ["nongqing.example", "ftp://a", "https://a/b", "https://", "http://[", "https://u@a"]
)
def test_a_public_address_that_is_none_names_the_mend(text: str) -> None:
    with pytest.raises(SettingsError, match=r"NONGQING_URL.*https://nongqing\.example"):
        Settings.from_env({"NONGQING_URL": text})
    found = Settings.from_env({"NONGQING_URL": "https://Nongqing.example/"})
    assert found.url == "https://nongqing.example"
