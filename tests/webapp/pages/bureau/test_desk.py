"""The desk: one row for each hazard, crop and township, filtered, ranked, decided on in bulk."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import psycopg2.extensions
import pytest

from collector.store import audit, settings_table
from collector.store.advice import risk
from collector.store.bureau import decisions, desk
from collector.store.bureau.decisions import By
from collector.store.postgres import db
from models.risk.hazard import HIGH, MEDIUM
from tests.webapp.people import client_of
from webapp.pages.bureau import desk as page_module


class Counting(psycopg2.extensions.cursor):
    """A cursor that counts what is sent to the database."""

    sent = 0

    def execute(self, query, params=None):
        Counting.sent += 1
        super().execute(query, params)


LIUGE, BAGONGQIAO = "410922104", "410928104"
ROW = f"{LIUGE}|wheat_fhb|winter_wheat"
OTHER = f"{BAGONGQIAO}|wheat_fhb|winter_wheat"


@pytest.fixture
def world(world_app):
    return world_app


@pytest.fixture
def conn(world, world_dsn):
    conn = db.connect(world_dsn)
    yield conn
    conn.close()


def text_of(client, path, code=200):
    answer = client.get(path)
    assert answer.status_code == code
    return answer.get_data(as_text=True)


def places(page):
    return re.findall(r'href="/desk/([0-9]+)/', page)


def decide(client, rows, act, lang="zh", **form):
    token = client.get("/account/token").json["token"]
    data = {"csrf_token": token, "row": rows, "act": act, "reason": "tested", **form}
    return client.post(f"/desk?lang={lang}", data=data)


def test_a_row_is_a_hazard_in_a_township_and_tells_what_there_is(officer):
    page = text_of(officer, "/desk?lang=en")
    assert places(page) == [LIUGE, BAGONGQIAO]
    first = page[page.index("<tbody ") : page.index("</tr>", page.index("<tbody "))]
    for words in (
        "Fusarium head blight",
        "Winter wheat",
        "Qingfeng",
        ">red<",
        "High risk",
        "draft",
        "1 of 1 villages",
        "2 fields",
        "not counted then",
        "no reports to judge it by",
        "nothing yet",
    ):
        assert words in first, words
    assert '<b class="num">2</b> of 2 wait for you' in page


def test_the_list_of_drafts_leads_here(client):
    answer = client.get("/drafts?county=410922")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/desk?county=410922")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("county=410922", {LIUGE}),
        ("level=red", {LIUGE}),
        ("level=yellow", {BAGONGQIAO}),
        ("state=draft", {LIUGE, BAGONGQIAO}),
        ("state=published", set()),
        ("hazard=wheat_fhb&crop=winter_wheat", {LIUGE, BAGONGQIAO}),
        ("hazard=wheat_stripe_rust", set()),
        ("crop=peanut", set()),
        ("county=<script>", set()),
    ],
)
def test_rows_are_filtered_by_plain_get(officer, query, found):
    page = text_of(officer, f"/desk?{query}")
    assert set(places(page)) == found
    assert ("这里没有现行的提醒" in page) == (not found)
    assert "<script>alert" not in page


def test_nothing_in_force_is_said(empty_app):
    assert "这里没有现行的提醒" in text_of(client_of(empty_app, "officer"), "/desk")


def test_models_behind_a_verdict_are_no_rows(conn, seed, world):
    member = replace(seed.status("qf-liuge-1", "wheat_fhb", HIGH), hazard="wheat_stripe_rust_rule")
    risk.save_advisories(conn, [seed.advisory(member)], seed.NOW)
    conn.commit()
    found = {row.hazard for row in desk.rows(conn, [], seed.NOW)}
    assert found == set()  # who holds nothing sees nothing
    page = text_of(client_of(world, "officer"), "/desk?lang=en")
    assert "wheat_stripe_rust_rule" not in page
    assert "wheat_fhb" in page


def test_the_trend_is_against_the_count_of_three_days_before(conn, seed, world):
    desk.count_day(conn, seed.NOW - timedelta(days=3))
    more = [seed.advisory(seed.status("qf-mazhuangqiao-1", "wheat_fhb", MEDIUM))]
    risk.save_advisories(conn, more, seed.NOW)
    risk.end_advisories(conn, [("qf-liuge-2", "winter_wheat", "wheat_fhb")], seed.NOW)
    conn.commit()
    page = text_of(client_of(world, "officer"), "/desk?lang=en")
    assert "▼ 1 fewer than 3 days ago" in page
    assert "as 3 days ago" in page
    assert "not counted then" in page
    desk.count_day(conn, seed.NOW + timedelta(days=60))
    conn.commit()
    assert "fewer" not in text_of(client_of(world, "officer"), "/desk?lang=en")


def test_the_model_is_held_against_reports_of_the_county(conn, seed, world):
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO skill_row (at, hazard, county, model_version, cases, unanswered, treated, "
            "other_version, hits, misses, false_alarms, correct_negatives, scored, seasons, why) "
            "VALUES (%s, 'wheat_fhb', '410922', '1', 40, 0, 0, 0, 18, 2, 3, 17, 0, 3, '')",
            (seed.NOW,),
        )
    conn.commit()
    page = text_of(client_of(world, "officer"), "/desk?lang=en")
    assert page.count("18 of 20 found were warned of, 3 false alarms") == 1
    assert "no reports to judge it by" in page


def test_colours_follow_the_setting_and_a_broken_one_is_named(conn, seed, world):
    settings_table.put(conn, desk.COLOURS_KEY, '{"blue": [3, 0], "orange": [4, 0]}', seed.NOW)
    conn.commit()
    page = text_of(client_of(world, "officer"), "/desk")
    assert 'class="colour of-orange">橙色' in page
    assert 'class="colour of-blue">蓝色' in page
    settings_table.put(conn, desk.COLOURS_KEY, "[", seed.NOW)
    conn.commit()
    page = text_of(client_of(world, "officer"), "/desk?lang=en")
    assert "The setting desk.colours cannot be read" in page
    assert 'class="colour of-red"' in page  # the shipped one holds meanwhile


def test_much_comes_in_pages_that_keep_the_filter(world, monkeypatch):
    monkeypatch.setattr(page_module, "PER_PAGE", 1)
    client = client_of(world, "officer")
    page = text_of(client, "/desk?lang=en&crop=winter_wheat")
    assert "Page 1 of 2" in page
    assert 'href="/desk?page=2&amp;crop=winter_wheat"' in page
    assert len(places(page)) == 1
    assert "Page 2 of 2" in text_of(client, "/desk?lang=en&page=99")


def test_several_are_published_at_once_and_then_stand_on_the_public_pages(world, conn):
    officer, public = client_of(world, "officer"), world.test_client()
    assert "农技员还没有发布建议" in public.get("/v/qf-liuge").text
    assert decide(officer, [f"{ROW}|0", f"{OTHER}|0"], "publish").status_code == 303
    page = officer.get("/desk").text
    assert "发布：2 行已完成" in page
    assert page.count("<b>已发布</b>") == 2
    assert "officer发布" in public.get("/v/qf-liuge").text
    assert "officer发布" in public.get("/v/py-bagongqiao").text
    told = [each for each in audit.entries(conn) if each.action == "advice_published"]
    assert {each.object for each in told} == {
        f"{LIUGE} wheat_fhb winter_wheat",
        f"{BAGONGQIAO} wheat_fhb winter_wheat",
    }


def test_one_that_cannot_be_done_keeps_all_from_being_done(world, conn, seed):
    mine = decisions.find(conn, (BAGONGQIAO, "wheat_fhb", "winter_wheat"), "410928")
    decisions.act(conn, mine, "reject", By(99, "Wang", seed.NOW, "not here"))
    conn.commit()
    officer = client_of(world, "officer")
    answer = decide(officer, [f"{ROW}|0", f"{OTHER}|0"], "publish", "en")
    assert answer.status_code == 400
    assert "Wang was quicker: it is rejected since" in answer.text
    answer = decide(officer, [f"{ROW}|0", f"{OTHER}|1"], "publish")
    assert "现在不能“发布”" in answer.text
    assert "农技员还没有发布建议" in world.test_client().get("/v/qf-liuge").text
    assert not [each for each in audit.entries(conn) if each.action == "advice_published"]


@pytest.mark.parametrize(
    ("rows", "act", "form", "zh", "en"),
    [
        ([], "publish", {}, "请至少勾选一行", "Choose at least one row."),
        (["x"], "publish", {}, "请至少勾选一行", "Choose at least one row."),
        ([f"{ROW}|0"], "close", {}, "请选择要做什么", "Choose what is to be done."),
        ([f"{ROW}|0"], "reject", {"reason": ""}, "写明原因", "Say why"),
        ([f"{ROW}|0"], "hold", {}, "暂缓到哪一天", "until which day"),
        ([f"{ROW}|0"], "hold", {"until": "2016-05-07"}, "已经过去", "is over"),
        ([f"{ROW}|7"], "reject", {}, "请重新看过再操作", "look again before you act"),
        (
            ["nowhere|wheat_fhb|winter_wheat|0"],
            "reject",
            {},
            "不在您负责的范围",
            "not in your part",
        ),
    ],
)
def test_what_is_wrong_is_said_in_both_languages(officer, rows, act, form, zh, en):
    for lang, said in (("zh", zh), ("en", en)):
        answer = decide(officer, rows, act, lang, **form)
        assert answer.status_code == 400
        assert said in answer.text, (lang, answer.text[answer.text.index("<main") :][:1500])


def test_an_officer_decides_on_nothing_outside_the_county(world):
    officer = client_of(world, "officer", "county", "410928")
    assert places(officer.get("/desk").text) == [BAGONGQIAO]
    answer = decide(officer, [f"{OTHER}|0", f"{ROW}|0"], "publish", "en")
    assert answer.status_code == 400
    assert f"Fusarium head blight of wheat, {LIUGE}: this is not in your part" in answer.text
    assert "农技员还没有发布建议" in world.test_client().get("/v/py-bagongqiao").text


def test_an_agent_reads_the_desk_and_decides_nothing(world):
    agent = client_of(world, "agent", "village", "qf-liuge")
    page = agent.get("/desk").text
    assert places(page) == [LIUGE]
    assert 'type="checkbox"' not in page
    assert decide(agent, [f"{ROW}|0"], "publish").status_code == 403


def test_without_its_token_nothing_is_decided(world):
    officer = client_of(world, "officer")
    data = {"row": f"{ROW}|0", "act": "publish", "reason": "x"}
    assert officer.post("/desk", data=data).status_code == 400
    assert "农技员还没有发布建议" in world.test_client().get("/v/qf-liuge").text


def test_the_desk_asks_the_database_as_often_for_one_row_as_for_many(world):
    def asked(query):
        client = client_of(world, "officer")
        client.get("/desk")
        with world.pool.connection() as conn:
            conn.cursor_factory = Counting
        Counting.sent = 0
        assert client.get(f"/desk{query}").status_code == 200
        return Counting.sent

    assert asked("") == asked("?county=410922") <= 9
