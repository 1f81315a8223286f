"""A security key in a real browser: added, used as the second step, removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from collector.store import audit, people
from collector.store.postgres import db
from tests.browser.conftest import web_fixtures
from webapp.app.database import App

pytestmark = pytest.mark.browser
PASSWORD = "wheat-and-maize"


@pytest.fixture
def app(dsn: str) -> Iterator[App]:
    app = web_fixtures.make_app(dsn)
    yield app
    app.pool.close()


@pytest.fixture
def address(app: App) -> Iterator[str]:
    with web_fixtures.serving(app) as address:
        # a key belongs to a name; the number of a machine is none
        yield address.replace("127.0.0.1", "localhost")


@pytest.fixture
def link(conn: db.Connection) -> str:
    at = datetime.now(UTC)
    person = people.add(conn, "李娜", at, username="lina")
    people.grant(conn, person, "officer", "city", "", at, "test")
    found = people.LINK_PATH + people.make_link(conn, person, at)
    conn.commit()
    return found


def test_a_key_is_added_used_and_removed(chromium, address, link, conn) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 740})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "automaticPresenceSimulation": True}
    key = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    page.goto(address + link)
    page.click("main button")
    page.click("text=设置密码")
    page.fill("input[name=new_password]", PASSWORD)
    page.fill("input[name=new_password_confirm]", PASSWORD)
    page.click("main button")
    page.fill("#key-name", "办公室")
    page.click("text=添加密钥")
    page.wait_for_selector("text=密钥已添加")
    assert page.url.endswith("/account/")
    page.click("text=添加密钥")  # without a name the browser itself asks for one
    page.fill("#key-name", "又一把")
    page.click("text=添加密钥")
    page.wait_for_selector("text=这把密钥已经添加过")
    page.goto(address + "/account/")
    page.click("text=退出登录")

    page.goto(address + "/account/sign-in")
    page.fill("#name", "lina")
    page.fill("#password", PASSWORD)
    page.click("section[aria-labelledby=by-name] button")
    page.click("text=用密钥登录")
    page.wait_for_selector("h1:has-text('李娜')")
    assert "上次使用" in page.inner_text("main")
    (credential,) = tools.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]
    assert credential["signCount"] > 1

    page.click("main button:has-text('移除')")
    page.wait_for_selector("text=还没有密钥")
    assert wrong == [], wrong
    page.close()
    conn.rollback()
    actions = [entry.action for entry in audit.entries(conn)]
    assert [one for one in actions if one.startswith("key_")] == [
        "key_removed",
        "key_used",
        "key_registered",
    ]


def test_without_a_key_at_hand_the_page_says_what_to_do(chromium, address, link) -> None:
    page = chromium.new_page()
    page.goto(address + link)
    page.click("main button")
    page.evaluate("delete window.PublicKeyCredential")
    page.add_init_script("delete window.PublicKeyCredential")
    page.fill("#key-name", "办公室")
    page.click("text=添加密钥")
    page.wait_for_selector("[role=alert]:has-text('不能使用密钥')")
    page.close()
