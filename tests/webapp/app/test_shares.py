"""Slow pages and the share of the server that they get."""

import threading
import time
from contextlib import ExitStack

import pytest

from webapp.accounts.access import public
from webapp.app import database, shares
from webapp.app.shares import Busy, Share


def test_so_many_at_a_time_and_nobody_beyond():
    share = Share(at_a_time=2, waiting=0)
    with ExitStack() as stack:
        stack.enter_context(share.taken())
        stack.enter_context(share.taken())
        with pytest.raises(Busy), share.taken():
            pass
    with share.taken(), share.taken():
        pass  # the places were given back


def test_one_who_waits_gets_the_place_that_is_left():
    share = Share(at_a_time=1, waiting=1, patience=30)
    order = []

    def wait():
        with share.taken():
            order.append("waiter")

    with share.taken():
        waiter = threading.Thread(target=wait)
        waiter.start()
        patience = time.monotonic() + 20
        while share._near._value and time.monotonic() < patience:
            pass  # the waiter stands before the door
        with pytest.raises(Busy), share.taken():
            pass
        order.append("first")
    waiter.join(60)
    assert order == ["first", "waiter"]


def test_one_who_has_waited_long_enough_is_told():
    share = Share(at_a_time=1, waiting=1, patience=0.01)
    with share.taken(), pytest.raises(Busy), share.taken():
        pass
    with share.taken():
        pass


def test_a_place_is_given_back_by_a_page_that_fails():
    share = Share(at_a_time=1, waiting=0)
    with pytest.raises(RuntimeError, match="fell over"), share.taken():
        raise RuntimeError("fell over")
    with share.taken():
        pass


@pytest.mark.parametrize("path", ["/skill", "/status"])
def test_a_slow_page_asked_for_by_too_many_says_so_while_others_work(officer, monkeypatch, path):
    client = officer
    full = Share(at_a_time=1, waiting=0)
    monkeypatch.setattr(shares, "SHARE", full)
    with full.taken():
        answer = client.get(path)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "现在看这个页面的人太多" in page
        assert "请过 5 秒再试" in page
        english = client.get(f"{path}?lang=en").get_data(as_text=True)
        assert "Try again in 5 seconds." in english
        assert client.get("/v/qf-liuge").status_code == 200
        assert client.get("/").status_code == 200
    assert client.get(path).status_code == 200


def test_a_question_that_takes_too_long_is_ended_and_told(app, monkeypatch):
    def slow():
        with database.connection().cursor() as cur:
            cur.execute("SELECT pg_sleep(60)")

    app.add_url_rule("/slow", "slow", public(slow))
    monkeypatch.setattr(database, "STATEMENT_S", 0.05)
    client = app.test_client()
    answer = client.get("/slow")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    monkeypatch.undo()
    assert client.get("/v/qf-liuge").status_code == 200, "the connection is whole"
