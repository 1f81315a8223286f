"""Without a network: pages with their age, forms that wait, a browser killed in between."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time

import pytest
from flask import Blueprint, redirect, render_template_string, request

from tests.browser.conftest import ARGUMENTS, CHROMIUM, web_fixtures
from tests.browser.test_pages import PHONE
from tests.webapp.people import client_of, cookie_of
from webapp.accounts.access import public

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser

FORM = """{% extends "base.html" %}{% block title %}Report{% endblock %}{% block main %}
<h1>Report</h1><form method="post" enctype="multipart/form-data" data-offline="Spray report">
<input type="hidden" name="entry_key">
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
<label>What <input name="what"></label>
<label>Photo <input type="file" name="photo"></label><button>Send</button></form>{% endblock %}"""


def reports(taken):
    """A page with a form, as those of accounts will have; it keeps what it is sent by its key."""
    bp = Blueprint("reports", __name__)

    @bp.get("/report")
    @public
    def form():
        return render_template_string(FORM)

    @bp.post("/report")
    @public
    def take():
        photo = request.files.get("photo")
        row = (request.form["what"], request.form["csrf_token"], photo.read() if photo else b"")
        taken.append((request.form["entry_key"], row))
        return redirect("/report?done=1", code=303)

    @bp.get("/private")
    @public
    def private():
        page = render_template_string('{% extends "base.html" %}{% block main %}mine{% endblock %}')
        return page, 200, {"Cache-Control": "no-store"}

    return bp


@pytest.fixture
def taken():
    return []


@pytest.fixture
def app(seeded_dsn, taken):
    app = web_fixtures.make_app(seeded_dsn)
    app.register_blueprint(reports(taken))
    yield app
    app.pool.close()


@pytest.fixture
def address(app):
    with web_fixtures.serving(app) as address:
        yield address


@pytest.fixture
def page(chromium, address):
    context = chromium.new_context(viewport=PHONE, base_url=address)
    yield context.new_page()
    context.close()


def until(holds):
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert holds()


def kept(page, path):
    return page.evaluate("path => caches.match(path).then(Boolean)", path)


def settle(page, *paths):
    """Wait until the worker has the pages."""
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    for path in paths:
        until(lambda path=path: kept(page, path))


def test_after_one_visit_a_page_opens_without_a_network_and_tells_its_age(page):
    page.goto("/v/qf-liuge")
    settle(page, "/v/qf-liuge", "/", "/offline")
    expect(page.locator("#saved")).to_be_hidden()
    page.context.set_offline(True)
    page.goto("/v/qf-liuge?lang=en")
    expect(page.get_by_role("heading", level=1)).to_have_text("柳格示范村")
    expect(page.locator("#saved")).to_contain_text("现在连不上网")
    expect(page.locator("#saved")).to_contain_text("月")
    page.goto("/skill")
    expect(page.get_by_role("heading", level=1)).to_have_text("没有网络")


def test_my_village_is_where_the_app_begins_with_and_without_a_network(page):
    page.goto("/v/qf-liuge")
    page.get_by_role("button", name="设为我的村").click()
    page.goto("/")
    page.get_by_role("link", name="我的村：柳格示范村").click()
    settle(page, "/v/qf-liuge", "/sw.js/kept")
    page.context.set_offline(True)
    page.goto("/start")
    assert page.url.endswith("/v/qf-liuge")
    expect(page.locator("#saved")).to_be_visible()


def test_a_private_page_is_never_kept(page):
    page.goto("/")
    settle(page, "/")
    page.goto("/private")
    page.goto("/report")
    settle(page, "/report")
    assert not kept(page, "/private")


def test_wiping_takes_pages_and_entries(page):
    page.goto("/report")
    settle(page, "/report")
    page.evaluate(
        """() => new Promise(done => { const c = new MessageChannel(); c.port1.onmessage = done;
        navigator.serviceWorker.controller.postMessage('wipe', [c.port2]); }).then(() => 1)"""
    )
    assert not kept(page, "/report")


def write(page, what, photo=None):
    page.get_by_label("What").fill(what)
    if photo:
        page.get_by_label("Photo").set_input_files(photo)
    page.get_by_role("button", name="Send").click()


def test_what_is_written_without_a_network_is_sent_once_with_its_photo(page, taken):
    page.goto("/report")
    settle(page, "/report")
    page.context.set_offline(True)
    photo = {"name": "leaf.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8 leaf"}
    write(page, "one", photo)
    expect(page.locator("#waiting")).to_contain_text("等待发送：1 条")
    write(page, "two")
    expect(page.locator("#waiting")).to_contain_text("等待发送：2 条")
    assert taken == []
    page.context.set_offline(False)
    page.goto("/")
    expect(page.locator("#waiting")).to_be_hidden()
    until(lambda: len({key for key, _ in taken}) == 2)
    rows = list(dict(taken).values())
    assert [row[0] for row in rows] == ["one", "two"]
    what, token, photo = rows[0]
    assert (what, photo) == ("one", b"\xff\xd8 leaf")
    assert token, "without one it would have been refused"


def test_with_a_network_a_form_is_sent_at_once_and_leads_on(page, taken):
    page.goto("/report")
    settle(page, "/report")
    write(page, "now")
    page.wait_for_url("**/report?done=1")
    assert [row[0] for _, row in taken] == ["now"]


def test_without_javascript_the_form_is_a_form(chromium, address, taken):
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("今天各村庄稼怎么样")
    assert page.locator("#client, #saved, #waiting, #told").locator("visible=true").count() == 0
    context.close()


def test_a_new_release_replaces_what_was_kept(page, monkeypatch):
    page.goto("/")
    settle(page, "/")
    before = page.evaluate("caches.keys()")
    monkeypatch.setattr("webapp.pages.account.offline.release_mark", lambda: "new")
    page.evaluate("navigator.serviceWorker.getRegistration().then(r => r.update()).then(() => 1)")
    until(lambda: {name.endswith("-new") for name in page.evaluate("caches.keys()")} == {True})
    assert all(not name.endswith("-new") for name in before)
    settle(page, "/")


def test_an_entry_outlives_a_killed_browser(chromium, address, taken, tmp_path):
    """The browser's processes are killed right after the entry was kept; another start sends it."""
    kinds = chromium.browser_type
    options = {"executable_path": str(CHROMIUM), "viewport": PHONE, "base_url": address}
    context = kinds.launch_persistent_context(tmp_path / "phone", args=ARGUMENTS, **options)
    page = context.new_page()
    page.goto("/report")
    settle(page, "/report")
    context.set_offline(True)
    write(page, "before the end")
    expect(page.locator("#waiting")).to_contain_text("等待发送：1 条")
    marks = subprocess.run(
        ["pgrep", "-f", str(tmp_path / "phone")], capture_output=True, text=True, check=True
    ).stdout.split()
    for mark in marks:
        try:
            os.kill(int(mark), signal.SIGKILL)
        except ProcessLookupError:
            continue
    for lock in (tmp_path / "phone").glob("Singleton*"):
        lock.unlink()
    assert taken == []
    context = kinds.launch_persistent_context(tmp_path / "phone", args=ARGUMENTS, **options)
    context.new_page().goto("/")
    until(lambda: len(taken) >= 1)
    assert {row[0] for _, row in taken} == {"before the end"}
    context.close()


def test_a_farmer_writes_into_the_diary_in_a_field_without_a_network(page, app, address):
    farmer = client_of(app, "farmer")
    page.context.add_cookies([cookie_of(farmer) | {"url": address}])
    page.goto("/my/new?village=qf-liuge")
    page.get_by_label("地块名称").fill("河边")
    page.get_by_label("面积（亩）").fill("3")
    page.get_by_label("作物").select_option("winter_wheat")
    page.get_by_label("播种或移栽日期").fill("2015-10-12")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/my/own-*")
    field = page.url.removeprefix(address)
    page.reload()
    settle(page, field, f"{field}/work", f"{field}/seen", f"{field}/stage")
    page.context.set_offline(True)
    page.get_by_role("link", name="记农活").click()
    page.get_by_label("药名或肥料").fill("戊唑醇")
    page.get_by_label("安全间隔期").fill("28")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#waiting")).to_contain_text("等待发送：1 条")
    assert "戊唑醇" not in farmer.get(field).text
    page.context.set_offline(False)
    until(lambda: "戊唑醇" in farmer.get(field).text)
    page.goto(field)
    expect(page.locator("#waiting")).to_be_hidden()
    assert farmer.get(field).text.count("28 天") == 2  # the interval that runs, and its entry


@pytest.fixture
def gardener(app, page, address):
    """A farmer with a field of garlic, signed in on the phone; with the field's id."""
    farmer = client_of(app, "farmer")
    page.context.add_cookies([cookie_of(farmer) | {"url": address}])
    page.goto("/my/new?village=qf-liuge")
    page.get_by_label("地块名称").fill("蒜地")
    page.get_by_label("面积（亩）").fill("3")
    page.get_by_label("作物").select_option("garlic")
    page.get_by_label("播种或移栽日期").fill("2015-10-01")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/my/own-*")
    return farmer, page.url.rsplit("/", 1)[1]


def lots_of(client):
    return list(dict.fromkeys(re.findall(r"L[0-9]{6}-[2-9A-Z]{10}", client.get("/lots/").text)))


def test_a_harvest_is_entered_in_a_field_without_a_network_and_is_one_lot(page, gardener):
    farmer, field = gardener
    page.goto("/lots/")
    settle(page, "/lots/", f"/lots/harvest/{field}")
    page.context.set_offline(True)
    page.get_by_role("link", name="收获：蒜地").click()
    page.get_by_label("重量").fill("800")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#waiting")).to_contain_text("等待发送：1 条")
    assert lots_of(farmer) == []
    page.context.set_offline(False)
    until(lambda: len(lots_of(farmer)) == 1)
    page.goto("/lots/")
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("main")).to_contain_text("800 公斤")
    assert len(lots_of(farmer)) == 1


def told(app, step):
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT document FROM trace_event WHERE document->>'nongqing:step' = %s", (step,)
        )
        return [document for (document,) in cur.fetchall()]


def test_boxes_are_loaded_one_after_the_other_without_a_network_each_once(page, app, gardener):
    _, field = gardener
    page.goto(f"/lots/harvest/{field}")
    page.get_by_label("重量").fill("100")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/lots/L*")
    lot = page.url.rsplit("/", 1)[1]
    page.goto(f"/goods/do/pack?code={lot}")
    page.get_by_label("几箱").fill("2")
    page.get_by_label("每箱公斤数").fill("10")
    page.get_by_label("别的地点").fill("包装间")
    page.get_by_role("button", name="完成").click()
    page.wait_for_url("**/goods/labels/*")
    codes = page.locator(".labels b").all_inner_texts()
    before = len(told(app, "load"))
    page.goto("/goods/")
    settle(page, "/goods/", "/goods/do/load")
    page.context.set_offline(True)
    page.get_by_role("link", name="装车", exact=True).click()
    expect(page.locator("#code")).to_be_focused()
    for number, code in enumerate((*codes, codes[0]), 1):
        page.locator("#code").fill(code)
        page.get_by_label("车牌号").fill("豫J12345")
        page.keyboard.press("Enter")
        expect(page.locator("#waiting")).to_contain_text(f"等待发送：{number} 条")
    assert len(told(app, "load")) == before
    page.context.set_offline(False)
    until(lambda: len(told(app, "load")) == before + 2)
    page.goto("/goods/")
    expect(page.locator("#waiting")).to_be_hidden()
    loaded = told(app, "load")[before:]
    assert len(loaded) == 2  # the third was the first again
    assert {each["nongqing:vehicle"] for each in loaded} == {"豫J12345"}
    assert len({each["epcList"][0] for each in loaded}) == 2


def test_the_worker_says_what_it_fetches_ahead_and_fetches_no_page_that_came_through_it(app, page):
    asked = []

    @app.after_request
    def note(response):
        if response.mimetype == "text/html" and request.path != "/offline":
            seen = request.headers.get("Sec-Fetch-Mode") == "navigate"
            asked.append((request.path, seen, request.headers.get("Purpose")))
        return response

    page.goto("/private")
    settle(page, "/", "/waiting")
    until(lambda: ("/private", False, "prefetch") in asked)
    page.wait_for_function("() => navigator.serviceWorker.controller")
    asked.clear()
    page.goto("/private")
    page.goto("/report")
    settle(page, "/report")
    until(lambda: len(asked) >= 2)
    assert asked == [("/private", True, None), ("/report", True, None)]
