"""Beside a node: signed off without coverage and sent once; values that come while one watches."""

from __future__ import annotations

import re

import pytest

from collector.store.network import nodes
from tests.browser.conftest import web_fixtures
from tests.browser.test_offline import settle, until
from tests.browser.test_pages import PHONE
from tests.webapp.people import client_of, cookie_of

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser
PATH = "/nodes/qf-001/commission"


@pytest.fixture
def app(postgres, known_world):
    dsn = postgres.create(known_world)
    app = web_fixtures.make_app(dsn)
    yield app
    app.pool.close()


@pytest.fixture
def page(chromium, app):
    with web_fixtures.serving(app) as address:
        context = chromium.new_context(viewport=PHONE, base_url=address)
        technician = client_of(app, "technician")
        context.add_cookies([cookie_of(technician) | {"url": address}])
        yield context.new_page()
        context.close()


def signed(app):
    with app.pool.connection() as conn:
        return [each for each in nodes.history(conn, "qf-001") if each.kind == "signed_off"]


def test_a_node_is_signed_off_without_coverage_and_the_entry_arrives_once(app, page):
    page.goto("/nodes/qf-001")
    page.get_by_role("link", name="安装验收").click()
    settle(page, PATH)
    page.context.set_offline(True)
    page.goto(PATH)  # as the phone kept it
    expect(page.locator("#saved")).to_be_visible()
    page.get_by_label("经度（").fill("115.14321")
    page.get_by_label("纬度（").fill("36.01234")
    page.get_by_label("备注").fill("田埂上没有信号")
    page.get_by_role("button", name="签字验收").click()
    expect(page.locator("#waiting")).to_contain_text("等待发送：1 条")
    assert signed(app) == []
    page.context.set_offline(False)
    until(lambda: len(signed(app)) == 1)
    page.goto("/nodes/qf-001")
    expect(page.locator("#waiting")).to_be_hidden()
    page.reload()
    (entry,) = signed(app)
    assert (entry.note, entry.longitude, entry.latitude) == (
        "田埂上没有信号",
        115.14321,
        36.01234,
    )
    expect(page.locator("main")).to_contain_text("田埂上没有信号")


def test_what_is_wrong_at_a_node_is_written_down_without_coverage(app, page):
    page.goto("/nodes/qf-003")
    settle(page, "/nodes/qf-003")
    page.context.set_offline(True)
    page.goto("/nodes/qf-003")
    page.get_by_text("处理").first.click()
    note = page.get_by_label("发现了什么、做了什么").first
    note.fill("板上有鸟粪")
    page.get_by_role("button", name="记下说明").first.click()
    expect(page.locator("#waiting")).to_contain_text("等待发送：1 条")
    page.context.set_offline(False)
    page.goto("/nodes/qf-003")
    expect(page.locator("#waiting")).to_be_hidden()

    def kept():
        with app.pool.connection() as conn, conn.cursor() as cur:
            cur.execute("SELECT note FROM item_note")
            return cur.fetchall()

    until(lambda: len(kept()) == 1)
    page.reload()
    assert kept() == [("板上有鸟粪",)]


def test_values_come_by_themselves_until_somebody_stops_it(app, page):
    loads = []
    page.goto(f"{PATH}?since=2016-05-08T06:19:00Z")
    page.on("load", lambda _: loads.append(page.url))
    page.get_by_role("link", name="看实时数值").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("设备 qf-001 的数值")
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("UPDATE series_tail SET value = 21.7, time = '2016-05-08T06:19:30Z'")
    expect(page.locator("main")).to_contain_text("21.7", timeout=60_000)
    assert len(loads) >= 2
    page.get_by_role("link", name="停止自动刷新").click()
    expect(page.locator("main")).to_contain_text("这一页现在不会自动刷新")
    page.get_by_role("link", name="下一步：位置和签字").click()
    expect(page).to_have_url(re.compile(r"[^?]*\?since=2016-05-08T06:19:00Z$"))
