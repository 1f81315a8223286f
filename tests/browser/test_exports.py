"""A file that is written in the background, followed without script: the page renews itself."""

import pytest

from collector.store.advice import export_requests
from collector.store.postgres import db
from tests.browser.conftest import web_fixtures
from tests.webapp.people import client_of, cookie_of

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser


@pytest.fixture
def window(seeded_dsn, chromium):
    app = web_fixtures.make_app(seeded_dsn)
    cookie = cookie_of(client_of(app, "officer"))
    with web_fixtures.serving(app) as address:
        context = chromium.new_context(base_url=address, java_script_enabled=False)
        context.add_cookies([{**cookie, "url": address}])
        yield context.new_page()
        context.close()
    app.pool.close()


def test_how_far_a_file_is_comes_by_itself(window, seeded_dsn, monkeypatch):
    monkeypatch.setattr("webapp.pages.bureau.exports.DIRECT_ROWS", 2)
    window.goto("/exports?from=2016-05-01&to=2016-05-08")
    window.get_by_label("逐时数据：Parquet").click()
    window.get_by_role("button", name="开始生成").click()
    expect(window.get_by_text("文件排队等候。")).to_be_visible()
    conn = db.connect(seeded_dsn)
    with conn:
        number = int(window.url.rpartition("/")[2])
        while (taken := export_requests.take_next(conn)).id != number:
            pass
        export_requests.note(conn, taken, 500, 2000)
    expect(window.get_by_text("已写 500 行，共 2,000 行")).to_be_visible(timeout=30_000)
    window.get_by_role("link", name="停止").click()
    expect(window.get_by_role("link", name="刷新一次")).to_be_visible()
    window.get_by_role("link", name="刷新一次").click()
    with conn:
        export_requests.finish(conn, taken, 2000, 10_000, web_fixtures.seed_module.NOW)
    conn.close()
    expect(window.get_by_text("文件已删除。")).to_be_visible(timeout=30_000)
