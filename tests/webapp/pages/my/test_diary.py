"""The diary of a field: safety intervals, entries taken back, clocks, sessions that end."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from collector.jobs.judging.risk import current_seasons
from collector.store.advice import works
from collector.store.network import registry
from tests.webapp.pages.my.world import FIELD, TODAY, db_rows, key, make, own_id, post
from tests.webapp.people import client_of
from webapp.app.database import App


def test_the_diary_counts_the_safety_interval_down(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    answer = post(
        farmer,
        f"{address}/work",
        kind="spray",
        when="2",
        product="戊唑醇",
        target="赤霉病",
        dose="30 克/亩",
        interval="２８",
        area="2",
        who="老张",
    )
    assert answer.status_code == 303, answer.text
    page = farmer.get(address).text
    assert "戊唑醇，5月6日打的药：6月3日前不要收获（还剩 26 天）" in page
    assert "老张" in page
    with app.pool.connection() as conn:
        (work,) = works.diary(conn, own_id(address))
    assert (work.date, work.interval_d, work.dose) == (date(2016, 5, 6), 28, "30 克/亩")
    assert work.area_ha == pytest.approx(2 / 15, abs=1e-4)
    early = post(farmer, f"{address}/work", kind="harvest", when="0")
    assert early.status_code == 303
    assert "安全间隔期" in farmer.get(address).text
    with app.pool.connection() as conn:
        assert registry.seasons_of(conn, own_id(address))[0].harvested == TODAY


def test_sprays_of_the_diary_enter_the_rules(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    post(farmer, f"{address}/work", kind="spray", when="1", product="多菌灵")
    with app.pool.connection() as conn:
        (season,) = [s for s in current_seasons(conn).seasons if s.site == own_id(address)]
    assert season.sprays == (TODAY - timedelta(days=1),)


def test_an_entry_is_changed_and_taken_back(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    post(farmer, f"{address}/work", kind="harvest", when="0")
    post(farmer, f"{address}/work", kind="irrigation", when="0", water="50")
    found = re.findall(rf'href="({address}/work/[0-9a-f]+)"', farmer.get(address).text)
    assert len(found) == 2
    page = farmer.get(found[0]).text
    assert f'value="{TODAY}"' in page
    assert 'value="farmer"' in page
    moved = post(farmer, found[0], kind="spray", when="other", day="2016-05-01", product="多菌灵")
    assert moved.status_code == 303, moved.text
    with app.pool.connection() as conn:
        diary = works.diary(conn, own_id(address))
        assert {(w.kind, w.date) for w in diary} in (
            {("spray", date(2016, 5, 1)), ("irrigation", TODAY)},
            {("spray", date(2016, 5, 1)), ("harvest", TODAY)},
        )
    for path in found:
        taken = farmer.post(path, data={"entry_key": key(page) + path[-4:], "take_back": "1"})
        assert taken.status_code == 303
    assert "还没有记录" in farmer.get(address).text
    assert farmer.get(found[0]).status_code == 404
    with app.pool.connection() as conn:
        assert registry.seasons_of(conn, own_id(address))[0].harvested is None
        ((kept,),) = db_rows(
            conn, "SELECT count(*) FROM field_work WHERE field = %s", own_id(address)
        )
    assert kept == 5, "what stood there before is kept"


def test_a_second_touch_of_the_button_writes_nothing(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    page = farmer.get(f"{address}/work").text
    given = {"entry_key": key(page), "kind": "spray", "when": "0", "product": "多菌灵"}
    first, second = (farmer.post(f"{address}/work", data=given) for _ in range(2))
    assert first.location == second.location
    with app.pool.connection() as conn:
        assert len(works.diary(conn, own_id(address))) == 1


@pytest.mark.parametrize(
    ("written", "sent", "day"),
    [
        (0, 0, TODAY),
        (-3 * 86_400_000, 0, TODAY - timedelta(days=3)),  # waited three days on the phone
        (4_000_000_000_000, 4_000_000_060_000, TODAY),  # a clock far ahead, but steady
        (86_400_000, 0, None),  # the clock was put back in between
        (-90 * 86_400_000, 0, None),
    ],
)
def test_a_wrong_clock_of_the_phone_dates_nothing_wrongly(
    app: App, farmer: FlaskClient, written: int, sent: int, day: date | None
) -> None:
    address = make(farmer)
    given = {"kind": "weeding", "entry_written": str(written), "entry_sent": str(sent)}
    answer = post(farmer, f"{address}/work", when="0", **given)
    if day is None:
        assert answer.status_code == 422
        assert "手机的时钟被改过" in answer.text
        answer = post(farmer, f"{address}/work", when="other", day="2016-05-07", **given)
        day = date(2016, 5, 7)
    assert answer.status_code == 303, answer.text
    with app.pool.connection() as conn:
        (work,) = works.diary(conn, own_id(address))
    assert work.date == day


def test_the_diary_as_a_file_runs_no_formula(farmer: FlaskClient) -> None:
    address = make(farmer)
    post(farmer, f"{address}/work", kind="other", when="0", note="=1+1")
    text = farmer.get(f"{address}/diary.csv").text
    assert "'=1+1" in text
    assert text.startswith("\ufeff")


def test_an_expired_session_hands_back_what_was_typed(
    app: App, farmer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    address = make_with_token(farmer)
    given = {"kind": "spray", "product": "戊唑醇", "when": "0", "entry_key": "0123456789ab"}
    stranger = app.test_client()
    stranger.get("/account/sign-in")  # has a session, and a token of it
    token = stranger.get("/account/token").json["token"]
    answer = stranger.post(f"{address}/work", data=given | {"csrf_token": token})
    assert answer.status_code == 401
    assert "戊唑醇" in answer.text
    assert "另开一个窗口登录" in answer.text
    # signed in again meanwhile, so the token is of another session
    answer = farmer.post(f"{address}/work", data=given | {"csrf_token": "old"})
    assert answer.status_code == 400
    form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
    assert form["product"] == "戊唑醇"
    sent = farmer.post(f"{address}/work", data=form)
    assert sent.status_code == 303
    assert "戊唑醇" in farmer.get(address).text


def make_with_token(client: FlaskClient) -> str:
    token = client.get("/account/token").json["token"]
    return make(client, csrf_token=token)


def test_what_one_wrote_is_not_sent_as_anothers(app: App, farmer: FlaskClient) -> None:
    """Two share a phone; the session of the first ends before what they wrote is sent."""
    page = farmer.get("/my/new?village=qf-liuge").text
    form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    given = form | FIELD | {"sown": "2015-10-12"}
    other = client_of(app, "farmer")
    answer = other.post("/my/new", data=given)
    assert answer.status_code == 409
    assert "这是别人在这部手机上写的" in answer.text
    assert farmer.post("/my/new", data=given).status_code == 303
