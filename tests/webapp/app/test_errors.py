"""What readers and machines are told when something fails."""

import logging

import psycopg2
import pytest
from flask import abort
from markupsafe import escape
from werkzeug.exceptions import default_exceptions

from tests.webapp.conftest import make_app
from webapp import MAX_FORM_BYTES, create_app
from webapp.accounts.access import public
from webapp.pages.village import village


def test_database_down_is_a_clear_page(down_app, caplog):
    answer = down_app.test_client().get("/v/qf-liuge")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "暂时读不到数据" in page
    assert "一条不丢" in page
    assert "Traceback" not in page
    assert "secret" not in page
    assert "127.0.0.1:1/nongqing: no answer" in caplog.text
    assert "secret" not in caplog.text


def test_database_down_is_told_in_english(down_app):
    page = down_app.test_client().get("/?lang=en").get_data(as_text=True)
    assert "The data cannot be read just now" in page


@pytest.fixture
def bare_app(postgres):
    app = make_app(postgres.create())
    yield app
    app.pool.close()


def test_a_schema_that_is_wanting_is_a_clear_page(bare_app, caplog):
    client = bare_app.test_client()
    for path in ("/", "/v/qf-liuge"):
        answer = client.get(f"{path}?lang=en")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 503
        assert "The schema is not in place; run `nongqing db migrate`" in page
    assert "请运行 `nongqing db migrate`" in client.get("/?lang=zh").get_data(as_text=True)
    assert "run `nongqing db migrate`" in caplog.text
    assert "fault" not in caplog.text


def test_a_page_that_needs_no_data_stands_without_a_schema(bare_app):
    assert bare_app.test_client().get("/nothing-here").status_code == 404


def test_a_connection_that_breaks_in_the_middle_is_no_traceback(app, monkeypatch):
    def broken(*args):
        raise psycopg2.OperationalError("server closed the connection unexpectedly")

    client = app.test_client()
    client.get("/")
    monkeypatch.setattr(village, "make_page", broken)
    answer = client.get("/v/qf-liuge")
    assert answer.status_code == 503
    assert "演示" in answer.get_data(as_text=True), "the banner stays, from memory"


def test_a_fault_of_ours_is_marked_and_logged(app, monkeypatch, caplog):
    def broken(*args):
        raise RuntimeError("chart fell over")

    monkeypatch.setattr(village, "make_page", broken)
    with caplog.at_level(logging.ERROR):
        answer = app.test_client().get("/v/qf-liuge?lang=en")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "chart fell over" not in page
    mark = page.partition("under the mark ")[2][:8]
    assert f"fault {mark}: RuntimeError: chart fell over" in caplog.text


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_wrong_method_is_refused(client, method):
    answer = getattr(client, method)("/v/qf-liuge")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert "没有看懂这个请求" in page
    assert f"不接收发来的内容。（{method.upper()} /v/qf-liuge）" in page
    assert "请重新打开页面" in page
    assert "not allowed" not in page, "no words of the library"
    english = getattr(client, method)("/v/qf-liuge?lang=en").get_data(as_text=True)
    assert "does not take what was sent to it." in english


def test_a_form_too_large_is_refused_with_the_mend(client):
    answer = client.post("/set-language", data={"lang": "x" * (MAX_FORM_BYTES + 1)})
    assert answer.status_code == 413
    assert "超过了这个地址的上限" in answer.get_data(as_text=True)
    assert "照片小些" in answer.get_data(as_text=True)


@pytest.mark.parametrize("code", [400, 408, 409, 411, 412, 413, 414, 415, 416, 422, 428, 429, 431])
def test_every_refusal_is_told_in_the_readers_language(app, code):
    app.add_url_rule("/refuse", "refuse", public(lambda: abort(code)))
    for language, mark in (("zh", "没有看懂这个请求"), ("en", "was not understood")):
        answer = app.test_client().get(f"/refuse?lang={language}")
        page = answer.get_data(as_text=True)
        assert answer.status_code == code
        assert mark in page
        assert "GET /refuse" in page
        assert str(escape(default_exceptions[code].description)) not in page


def test_a_link_that_works_no_more_is_told_to_who_was_given_it(client):
    for language, mark, mend in (
        ("zh", "链接已失效", "请向管理员要一个新的"),
        ("en", "This link works no more", "Ask your administrator for a new one."),
    ):
        answer = client.get(f"/account/link/x?lang={language}")
        assert answer.status_code == 410
        assert mark in answer.text
        assert mend in answer.text
        assert "GET /account" not in answer.text


def test_error_pages_give_back_their_connection(seeded_dsn, app):
    client = app.test_client()
    for _ in range(12):  # more than the pool holds
        assert client.get("/v/nowhere").status_code == 404
    assert client.get("/").status_code == 200


def test_the_app_needs_no_settings(app):
    assert create_app(app.pool, app.clock).settings is None
