"""What readers and machines are told when something fails."""

import logging

import psycopg2
import pytest

from tests.webapp.conftest import make_app
from webapp import create_app
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
    assert answer.status_code == 405
    assert "没有看懂这个请求" in answer.get_data(as_text=True)


def test_error_pages_give_back_their_connection(seeded_dsn, app):
    client = app.test_client()
    for _ in range(12):  # more than the pool holds
        assert client.get("/v/nowhere").status_code == 404
    assert client.get("/").status_code == 200


def test_the_app_needs_no_settings(app):
    assert create_app(app.pool, app.clock).settings is None
