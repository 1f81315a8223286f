"""Bulletins on the web: drafted, edited, issued once, archived, as files; who may do what."""

import csv
import io
import re

import openpyxl
import pytest

from collector.store import audit
from collector.store.advice import risk
from collector.store.bureau import bulletins
from collector.store.postgres import db
from models.risk.hazard import NO_RISK
from tests.webapp.people import client_of

FIRST, WEEKLY = "/bulletins/2016/1", "/bulletins/drafts/2"


@pytest.fixture
def dsn(world_dsn):
    return world_dsn


@pytest.fixture
def world(world_app):
    return world_app


def post(client, path, **data):
    token = client.get("/account/token").json["token"]
    return client.post(path, data={"csrf_token": token, **data})


def form_of(client, path=WEEKLY):
    """What a browser would send of the form as it stands."""
    page = client.get(path).text
    areas = re.findall(r'<textarea id="(\w+)".*?>\n(.*?)</textarea>', page, re.S)
    lines = re.findall(r'<input id="(title|signature)".*? value="(.*?)"', page)
    edition = re.search(r'name="edition" value="(\d+)"', page)[1]
    return {**dict(areas), **dict(lines), "edition": edition}


def file_of(client, path):
    with client.get(path) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Length"] == str(len(answer.data))
        return answer.data


def told(dsn, action):
    conn = db.connect(dsn)
    found = [each for each in audit.entries(conn) if each.action == action]
    conn.close()
    return found


def test_everybody_reads_what_was_issued_and_nobody_else_drafts(world):
    public = world.test_client()
    page = public.get(FIRST).text
    assert "2016年第1期" in page
    assert "小麦赤霉病" in page
    assert "濮阳市植保植检站 李娜" in page
    assert '<rect class="bar-high"' in page
    assert "并非在各县都经过检验" in page
    assert "更正" not in page
    archive = public.get("/bulletins").text
    assert 'href="/bulletins/2016/1"' in archive
    assert "/bulletins/drafts/" not in archive
    assert public.get(WEEKLY).status_code == 303
    english = public.get(f"{FIRST}?lang=en").text
    assert "No. 1 of 2016" in english
    assert "Qingfeng County" in english


def test_what_was_issued_is_never_computed_again(world):
    before = world.test_client().get(FIRST).text
    with world.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("UPDATE field SET area_ha = 999, zh = '另一名'")
        cur.execute("UPDATE county SET zh = '改名县'")
    assert world.test_client().get(FIRST).text == before


def test_there_is_a_way_back_from_a_number_that_is_not_there(world):
    answer = world.test_client().get("/bulletins/2016/7")
    assert answer.status_code == 404
    assert "没有 2016年第7期情报" in answer.text
    assert 'href="/bulletins"' in answer.text
    assert world.test_client().get("/bulletins/2016/99999999999999999999").status_code == 404


def test_an_officer_edits_and_issues_and_the_log_tells_it(world, dsn):
    officer = client_of(world, "officer")
    form = form_of(officer)
    form |= {"advice": "抢晴\r\n打药", "signature": "李娜"}
    assert post(officer, WEEKLY, **form).status_code == 303
    assert "已保存" in officer.get(WEEKLY).text
    form = form_of(officer)
    assert form["advice"] == "抢晴\n打药"
    answer = post(officer, WEEKLY, issue="1", **form)
    assert answer.headers["Location"] == "/bulletins/2016/2"
    page = world.test_client().get("/bulletins/2016/2").text
    assert "<p>抢晴</p><p>打药</p>" in page
    (entry,) = told(dsn, "bulletin_issued")
    assert (entry.object, entry.detail) == ("bulletin 2016/2", {"draft": 2, "area": ""})


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", "已发布，为 2016年第2期：不会重复发布"),
        ("en", "was issued already, as No. 2 of 2016"),
    ],
)
def test_a_bulletin_issued_twice_is_told_and_nothing_happens(world, dsn, lang, words):
    one, other = client_of(world, "officer"), client_of(world, "officer")
    form = form_of(one) | {"signature": "李娜"}
    post(one, WEEKLY, issue="1", **form)
    answer = post(other, f"{WEEKLY}?lang={lang}", issue="1", **form)
    assert answer.status_code == 409
    assert words in answer.text
    assert other.get("/bulletins/2016/3").status_code == 404
    assert len(told(dsn, "bulletin_issued")) == 1


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh", "您编写期间，officer 已保存过这份草稿"), ("en", "officer saved this draft while you")],
)
@pytest.mark.parametrize("button", [{}, {"issue": "1"}])
def test_of_two_who_edit_one_draft_nothing_is_lost(world, lang, words, button):
    one, other = client_of(world, "officer"), client_of(world, "officer")
    form = form_of(one) | {"signature": "李娜"}
    post(one, WEEKLY, **form | {"advice": "甲的话"})
    answer = post(other, f"{WEEKLY}?lang={lang}", **form | {"advice": "乙的话"} | button)
    assert answer.status_code == 409
    assert words in answer.text
    assert "乙的话</textarea>" in answer.text
    assert re.search('<span lang="zh-CN">甲的话</span>', answer.text)
    # The answer's form saves over what the writer has now seen, and the first text stays on record.
    edition = re.search(r'name="edition" value="(\d+)"', answer.text)[1]
    assert post(other, WEEKLY, **form | {"advice": "乙的话", "edition": edition}).status_code == 303
    page = other.get(WEEKLY).text
    assert "乙的话</textarea>" in page
    assert "甲的话" in page


def test_what_is_wrong_with_a_text_is_said_beside_it_and_stays_in_the_form(world):
    officer = client_of(world, "officer")
    form = form_of(officer)
    empty = post(officer, WEEKLY, issue="1", **form)
    assert empty.status_code == 422
    assert "发布前请填写这一项" in empty.text
    long = post(officer, WEEKLY, **form | {"title": "长" * 81})
    assert "81" in long.text
    assert "长" * 81 in long.text
    odd = post(officer, f"{WEEKLY}?lang=en", **form | {"advice": "a\u202eb"})
    assert odd.status_code == 422
    assert "U+202E" in odd.text
    assert bulletins_of(world)[0].newest.edition == 1


def bulletins_of(app):
    with app.pool.connection() as conn:
        return bulletins.open_drafts(conn)


def test_a_draft_on_demand_is_of_an_area_within_reach(world):
    county = client_of(world, "officer", "county", "410922")
    page = county.get("/bulletins").text
    assert re.findall(r'<option value="(\d*)"', page) == ["410922"]
    assert post(county, "/bulletins/drafts", area="").status_code == 403
    assert post(county, "/bulletins/drafts", area="410928").status_code == 403
    assert post(county, "/bulletins/drafts", area="x").status_code == 400
    assert county.get(WEEKLY).status_code == 403
    assert post(county, WEEKLY, edition="1").status_code == 403
    assert post(county, f"{FIRST}/correct").status_code == 403
    made = post(county, "/bulletins/drafts", area="410922").headers["Location"]
    form = form_of(county, made)
    assert form["signature"] == "officer"
    assert "濮阳县" not in form["situation"]
    assert post(county, made, issue="1", **form).headers["Location"] == "/bulletins/2016/2"
    assert "清丰县" in county.get("/bulletins/2016/2").text


def test_a_draft_that_is_given_up_is_closed(world):
    officer = client_of(world, "officer")
    form = form_of(officer) | {"signature": "李娜"}
    assert post(officer, f"{WEEKLY}/give-up").headers["Location"] == "/bulletins"
    assert "草稿已作废" in officer.get("/bulletins").text
    answer = post(officer, WEEKLY, issue="1", **form)
    assert answer.status_code == 409
    assert "请另行起草" in answer.text
    post(officer, f"{WEEKLY}/give-up")
    assert "请另行起草" in officer.get("/bulletins").text
    assert officer.get("/bulletins/drafts/99").status_code == 404
    assert officer.get("/bulletins/drafts/99999999999999999999").status_code == 404


def test_a_correction_is_a_new_one_that_names_the_old(world):
    officer = client_of(world, "officer")
    draft = post(officer, f"{FIRST}/correct").headers["Location"]
    form = form_of(officer, draft)
    assert form["title"].startswith("更正：")
    post(officer, draft, issue="1", **form)
    assert 'href="/bulletins/2016/1"' in officer.get("/bulletins/2016/2").text
    assert 'href="/bulletins/2016/2"' in officer.get(FIRST).text
    assert "已更正" in world.test_client().get("/bulletins").text
    assert post(officer, "/bulletins/2016/9/correct").status_code == 404


def test_the_change_stands_in_the_next_one(world, seed):
    with world.pool.connection() as conn:
        risk.save_statuses(conn, [seed.status("qf-liuge-1", "wheat_fhb", NO_RISK)], seed.NOW)
    officer = client_of(world, "officer")
    made = post(officer, "/bulletins/drafts", area="").headers["Location"]
    page = officer.get(made).text
    assert "\N{MINUS SIGN}" in page
    assert "增减与 2016年第1期 相比" in page


def test_files_hold_the_tables_and_what_their_columns_mean(world, dsn):
    officer = client_of(world, "officer")
    rows = list(csv.DictReader(io.StringIO(file_of(officer, f"{FIRST}.csv").decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(file_of(officer, f"{FIRST}.xlsx")))
    table, words = book.worksheets
    lines = list(table.values)
    assert [dict(zip(lines[0], line, strict=True))["county"] for line in lines[1:]] == [
        row["county"] for row in rows
    ]
    assert {"清丰县", "濮阳县"} <= {row["county"] for row in rows}
    said = {line[0]: line for line in words.values}
    assert set(lines[0]) <= set(said)
    assert said["high_mu"][2] == "mu (1/15 ha)"
    columns = file_of(officer, "/bulletins/columns.csv?lang=en").decode("utf-8-sig")
    assert "at high risk" in columns
    assert [each.detail for each in told(dsn, "data_exported")] == [
        {"kind": "xlsx"},
        {"kind": "csv"},
    ]
    file_of(world.test_client(), f"{FIRST}.csv")
    assert len(told(dsn, "data_exported")) == 2


def test_without_a_program_for_pdf_the_browser_prints(world, monkeypatch):
    monkeypatch.setenv("NONGQING_CHROMIUM", "/no/such/program")
    from webapp.app import printing

    printing.chromium.cache_clear()
    client = world.test_client()
    answer = client.get(f"{FIRST}.pdf")
    printing.chromium.cache_clear()
    assert answer.headers["Location"] == FIRST
    assert "请用浏览器打印本页" in client.get(FIRST).text
