"""Tables to take along: of the reader's area and a period, each told in the audit log."""

import csv
import io

import openpyxl
import pytest

from collector.store import audit
from collector.store.postgres import db
from tests.webapp.people import client_of
from webapp.pages.bureau import exports


@pytest.fixture
def world(empty_app, seed):
    with empty_app.pool.connection() as conn:
        seed.fill(conn)
    return empty_app


def taken(client, path):
    with client.get(path) as answer:
        assert answer.status_code == 200
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        assert "attachment" in answer.headers["Content-Disposition"]
        return answer.data


def lines(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def told(dsn):
    conn = db.connect(dsn)
    found = [(x.object, x.detail) for x in audit.entries(conn) if x.action == "data_exported"]
    conn.close()
    return found


def test_the_page_offers_each_table_for_a_period(world):
    page = client_of(world, "officer").get("/exports?from=2016-05-01&to=2016-05-08").text
    for table, kinds in exports.KINDS.items():
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


def test_hours_and_answers_are_netcdf(world):
    officer = client_of(world, "officer")
    for table in ("hours", "answers"):
        data = taken(officer, f"/exports/{table}.nc?from=2016-05-01&to=2016-05-08")
        assert data.startswith(b"CDF\x02")


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
    ("lang", "words"), [("zh", "超过 2 行"), ("en", "That is more than 2 rows")]
)
def test_too_much_at_once_is_said(world, dsn, monkeypatch, lang, words):
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    answer = client_of(world, "officer").get(
        f"/exports/statuses.csv?from=2016-05-01&to=2016-05-08&lang={lang}"
    )
    assert answer.status_code == 422
    assert words in answer.text
    assert told(dsn) == []


def test_what_is_no_table_is_not_there(world):
    officer = client_of(world, "officer")
    for path in ("people.csv", "fields.nc", "hours.csv", "fields.exe", "people/columns.csv"):
        assert officer.get(f"/exports/{path}").status_code == 404
