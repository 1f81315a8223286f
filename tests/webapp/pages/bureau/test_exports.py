"""Tables to take along: of the reader's area and a period, each told in the audit log."""

import csv
import io
from datetime import UTC, datetime

import openpyxl
import pyarrow.parquet as pq
import pytest

from collector.exports import making
from collector.jobs.context import Context
from collector.jobs.exports import write_exports
from collector.settings import Settings
from collector.store import audit, people
from collector.store.postgres import db
from tests.webapp.people import client_as, client_of
from webapp.pages.bureau import exports

WEEK = {"from": "2016-05-01", "to": "2016-05-08"}
QUERY = "from=2016-05-01&to=2016-05-08"


@pytest.fixture
def dsn(world_dsn):
    return world_dsn


@pytest.fixture
def world(world_app, tmp_path):
    world_app.settings = Settings(dsn=None, broker=None, state_dir=tmp_path)
    world_app.config["WTF_CSRF_ENABLED"] = False
    return world_app


def run_job(world, seed):
    return write_exports(Context(world.pool, seed.NOW, world.settings))


def start(client, path="statuses.csv", **more):
    """Ask for a file; return the address of its page."""
    answer = client.post(f"/exports/{path}", data={**WEEK, **more})
    assert answer.status_code == 303, answer.text
    return answer.location


def taken(client, path):
    with client.get(path) as answer:
        assert answer.status_code == 200
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        assert "attachment" in answer.headers["Content-Disposition"]
        return answer.data


def status(client, path):
    with client.get(path) as answer:
        return answer.status_code


def lines(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def told(dsn, action="data_exported"):
    conn = db.connect(dsn)
    found = [(x.object, x.detail) for x in audit.entries(conn) if x.action == action]
    conn.close()
    return found


def change(dsn, statement, *params):
    conn = db.connect(dsn)
    with conn, conn.cursor() as cur:
        cur.execute(statement, params)
    conn.close()


def test_the_page_offers_each_table_for_a_period(world):
    page = client_of(world, "officer").get("/exports?from=2016-05-01&to=2016-05-08").text
    for table, kinds in making.KINDS.items():
        for kind in kinds:
            assert f"/exports/{table}.{kind}?from=2016-05-01&amp;to=2016-05-08" in page


def test_a_table_is_of_the_scope_and_the_log_tells_it(world, dsn):
    county = client_of(world, "officer", "county", "410928")
    rows = lines(taken(county, "/exports/statuses.csv?from=2016-05-01&to=2016-05-08"))
    assert {row["county"] for row in rows} == {"濮阳县"}
    assert {row["day"] for row in rows} == {"2016-05-07"}
    assert "小麦赤霉病" in {row["hazard"] for row in rows}
    assert told(dsn) == [
        (
            "statuses",
            {
                "kind": "csv",
                "rows": len(rows),
                "from": "2016-05-01",
                "to": "2016-05-08",
                "county": "",
            },
        )
    ]


def test_xlsx_holds_the_table_and_its_dictionary(world):
    officer = client_of(world, "officer")
    book = openpyxl.load_workbook(io.BytesIO(taken(officer, "/exports/fields.xlsx?county=410922")))
    assert book.sheetnames == ["地块", "数据说明"]
    rows = list(book["地块"].values)
    assert {row[0] for row in rows[1:]} == {"清丰县"}
    place = rows[0].index("area_mu")
    assert all(row[place] == pytest.approx(15 * row[place - 1]) for row in rows[1:])
    english = openpyxl.load_workbook(io.BytesIO(taken(officer, "/exports/fields.xlsx?lang=en")))
    assert english.sheetnames == ["fields", "columns"]
    said = taken(officer, "/exports/fields/columns.csv?lang=en").decode()
    assert "area_ha,area,ha,registry of places" in said


def test_hours_and_answers_are_netcdf_and_parquet(world):
    officer = client_of(world, "officer")
    for table in ("hours", "answers"):
        assert taken(officer, f"/exports/{table}.nc?{QUERY}").startswith(b"CDF\x02")
        found = pq.read_table(io.BytesIO(taken(officer, f"/exports/{table}.parquet?{QUERY}")))
        assert found.num_rows > 0
        assert found.schema.metadata[b"time_zone"] == b"UTC"


@pytest.mark.parametrize(
    ("query", "zh", "en"),
    [
        ("from=x", "请选择日期", "Choose a day"),
        ("to=0001-01-01", "请选择日期", "Choose a day"),
        ("from=2016-05-09&to=2016-05-08", "请对调", "swap them"),
        ("from=2014-05-09&to=2016-05-08", "一次最多 366 天", "At most 366 days"),
        ("county=999999", "请选择全市或其中一个县区", "Choose the city or one"),
    ],
)
def test_what_cannot_be_given_is_said_and_nothing_is_noted(world, dsn, query, zh, en):
    officer = client_of(world, "officer")
    for lang, words, nothing in (("zh", zh, "没有导出"), ("en", en, "Nothing was given out")):
        answer = officer.get(f"/exports/statuses.csv?{query}&lang={lang}")
        assert answer.status_code == 422
        assert words in answer.text
        assert nothing in answer.text
    assert told(dsn) == []


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh", "这段时间、这个范围没有数据"), ("en", "There is nothing of this period")],
)
def test_a_period_without_data_is_said(world, dsn, lang, words):
    officer = client_of(world, "officer")
    for path in ("statuses.csv", "hours.parquet", "reports.xlsx"):
        answer = officer.get(f"/exports/{path}?from=1999-05-01&to=1999-05-08&lang={lang}")
        assert answer.status_code == 422
        assert words in answer.text
    assert told(dsn) == []


@pytest.fixture
def large(world, monkeypatch):
    monkeypatch.setattr(exports, "DIRECT_ROWS", 2)
    return world


@pytest.mark.parametrize(
    ("lang", "words", "button"),
    [("zh", "超过 2 行", "开始生成"), ("en", "more than 2 rows", "Let it be written")],
)
def test_a_large_file_is_offered_to_be_written(large, dsn, lang, words, button):
    officer = client_of(large, "officer")
    answer = officer.get(f"/exports/statuses.csv?{QUERY}&county=410922&lang={lang}")
    assert answer.status_code == 200
    assert words in answer.text
    assert button in answer.text
    assert 'method="post" action="/exports/statuses.csv"' in answer.text
    assert 'name="county" value="410922"' in answer.text
    assert told(dsn) == told(dsn, "export_asked") == []


def test_a_file_is_asked_for_followed_and_fetched(large, seed, dsn):
    officer = client_of(large, "officer")
    path = start(officer, "hours.parquet")
    assert path == "/exports/kept/1"
    days = {"kind": "parquet", "from": "2016-05-01", "to": "2016-05-08", "county": ""}
    assert told(dsn, "export_asked") == [("hours", {**days, "export": 1})]
    page = officer.get(f"{path}?lang=en")
    assert "The file waits for its turn." in page.text
    assert page.headers["Refresh"] == "5"
    assert page.headers["Cache-Control"] == "private, no-store"
    assert officer.get(f"{path}/file?lang=en").status_code == 404
    assert run_job(large, seed).params == {"written": 1, "failed": 0}
    page = officer.get(f"{path}?lang=en")
    assert "The file is ready." in page.text
    assert "Refresh" not in page.headers
    assert told(dsn) == []
    with officer.get(f"{path}/file") as answer:
        data = answer.data
    assert "nongqing-hours-2016-05-01-2016-05-08.parquet" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    rows = pq.read_table(io.BytesIO(data)).num_rows
    assert f"{rows:,} rows." in page.text
    assert told(dsn) == [("hours", {**days, "export": 1, "rows": rows})]
    with officer.get(f"{path}/file", headers={"Range": "bytes=4-9"}) as part:
        assert (part.status_code, part.data) == (206, data[4:10])
    assert len(told(dsn)) == 2
    listed = officer.get("/exports?lang=en").text
    assert 'href="/exports/kept/1"' in listed
    assert "is ready" in listed


@pytest.mark.parametrize(
    ("lang", "running", "counting"),
    [
        ("zh", "已写 500 行，共 2,000 行", "正在清点行数"),
        ("en", "500 of 2,000 rows", "rows are being counted"),
    ],
)
def test_the_page_says_how_far_it_is(large, dsn, lang, running, counting):
    officer = client_of(large, "officer")
    path = start(officer)
    change(dsn, "UPDATE export_request SET state = 'running', attempt = 1")
    page = officer.get(f"{path}?lang={lang}")
    assert counting in page.text
    assert page.headers["Refresh"] == "5"
    change(dsn, "UPDATE export_request SET done = 500, total = 2000")
    page = officer.get(path)
    assert running in page.text
    assert '<progress id="done" max="100" value="25"' in page.text
    assert "25 %" in officer.get("/exports").text
    still = officer.get(f"{path}?still=1")
    assert "Refresh" not in still.headers
    assert running in still.text


def test_who_waits_is_told_how_many_come_before(large):
    officer = client_of(large, "officer")
    paths = [start(officer) for _ in range(3)]
    told = [officer.get(f"{path}?lang=en").text for path in paths]
    assert "before it" not in told[0]
    assert "One file comes before it." in told[1]
    assert "2 files come before it." in told[2]
    full = officer.post("/exports/fields.csv", data=WEEK)
    assert full.status_code == 429
    assert "3 files of yours are under way already" in full.text
    start(client_of(large, "officer"))  # another person's are counted apart


@pytest.mark.parametrize(
    ("reason", "zh", "en"),
    [
        ("nothing", "没有数据", "There is nothing of this period and area."),
        ("too_many", "行数太多", "too many rows for one file"),
        ("no_room", "服务器存储空间不足", "no room left"),
        ("interrupted", "多次中断", "was stopped several times"),
        ("error", "生成文件时出错", "failed while it wrote"),
    ],
)
def test_why_it_failed_is_said_in_plain_words(large, dsn, reason, zh, en):
    officer = client_of(large, "officer")
    path = start(officer)
    change(dsn, "UPDATE export_request SET state = 'failed', reason = %s", reason)
    for lang, words in (("zh", zh), ("en", en)):
        page = officer.get(f"{path}?lang={lang}")
        assert words in page.text
        assert "Refresh" not in page.headers
        gone = officer.get(f"{path}/file?lang={lang}")
        assert gone.status_code == 404
        assert {"zh": "未能生成", "en": "File 1 was not written."}[lang] in gone.text


def test_a_file_whose_time_is_over_is_not_given(large, seed, dsn):
    officer = client_of(large, "officer")
    path = start(officer)
    run_job(large, seed)
    assert status(officer, f"{path}/file") == 200
    change(dsn, "UPDATE export_request SET expires = now()")
    for _ in range(2):  # before the job came by, and after
        gone = officer.get(f"{path}/file?lang=en")
        assert gone.status_code == 404
        assert "File 1 is no longer kept." in gone.text
        assert "kept for 48 hours" in officer.get(path).text
        run_job(large, seed)
    assert len(told(dsn)) == 1


def test_a_file_is_for_who_asked_and_the_administrator_of_the_city(large, seed, dsn):
    officer = client_of(large, "officer")
    path = start(officer)
    run_job(large, seed)
    others = [
        client_of(large, "officer"),
        client_of(large, "officer", "county", "410922"),
        client_of(large, "administrator", "county", "410922"),
    ]
    for other in others:
        for each in (path, f"{path}/file"):
            answer = other.get(f"{each}?lang=en")
            assert answer.status_code == 404
            assert "You have asked for no file 1." in answer.text
        assert path not in other.get("/exports").text
    assert officer.get("/exports/kept/2").status_code == 404
    boss = client_of(large, "administrator")
    assert status(boss, path) == status(boss, f"{path}/file") == 200
    assert status(officer, f"{path}/file") == 200
    assert len(told(dsn)) == 2


def test_who_may_no_longer_read_what_is_in_a_file_does_not_get_it(large, seed):
    at = datetime.now(UTC)
    with large.pool.connection() as conn:
        person = people.add(conn, "officer", at, username="moved")
        people.grant(conn, person, "officer", "county", "410922", at, "test")
        people.grant(conn, person, "officer", "county", "410928", at, "test")
    officer = client_as(large, person)
    path = start(officer)
    run_job(large, seed)
    assert status(officer, f"{path}/file") == 200
    with large.pool.connection() as conn:
        people.withdraw(conn, person, "officer", "county", "410928")
    assert status(officer, f"{path}/file") == 404
    with large.pool.connection() as conn:
        people.grant(conn, person, "officer", "city", "", at, "test")
    assert status(officer, f"{path}/file") == 200


def test_a_file_that_is_not_on_this_machine_is_said(large, seed, tmp_path, dsn):
    officer = client_of(large, "officer")
    path = start(officer)
    run_job(large, seed)
    for settings in (Settings(dsn=None, broker=None, state_dir=tmp_path / "other"), None):
        large.settings = settings
        answer = officer.get(f"{path}/file?lang=en")
        assert answer.status_code == 404
        assert "need the same folder in NONGQING_STATE_DIR" in answer.text
    assert told(dsn) == []


@pytest.mark.parametrize("field", ["from", "to", "county"])
def test_what_is_asked_wrongly_is_not_put_into_the_queue(large, dsn, field):
    officer = client_of(large, "officer")
    answer = officer.post("/exports/statuses.csv", data={**WEEK, field: "2017-13-01"})
    assert answer.status_code == 422
    assert "没有导出" in answer.text
    turned = officer.post("/exports/statuses.csv", data={"from": WEEK["to"], "to": WEEK["from"]})
    assert turned.status_code == 422
    assert told(dsn, "export_asked") == []


def test_what_is_no_table_is_not_there(world):
    officer = client_of(world, "officer")
    for path in ("people.csv", "fields.nc", "hours.csv", "fields.exe", "people/columns.csv"):
        assert officer.get(f"/exports/{path}").status_code == 404
    for path in ("people.csv", "fields.nc"):
        assert officer.post(f"/exports/{path}").status_code == 404
