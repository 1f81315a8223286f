"""Workbooks that people fill in: every fault by its cell, in both languages; all or nothing."""

import io
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest
from werkzeug.test import EnvironBuilder

from collector.files import workbook
from collector.store import audit, people
from collector.store.advice import ledger, traps
from collector.store.network import contacts, registry
from collector.store.postgres import db
from tests.webapp.people import client_of

PATH = "/onboarding"
VILLAGE = ["qf-new", "新村", "Xincun", "清丰县", "", 115.1, 35.9, ""]
FIELD = ["qf-new-1", "新村", "东地", "East", "大田", 6, "冬小麦", "百农207", date(2015, 10, 12)]
AGENT = ["张三", "138 1234 5678", "qf-new"]
CONTACT = ["qf-new", "植保站", "Station", "0393-123456", "", ""]
PLACES = {"村庄": [VILLAGE], "地块": [FIELD], "村级农技员": [AGENT], "联系人": [CONTACT]}
MOTHS = ("粘虫", "测报灯")
SEEN = {
    "田间调查": [["qf-liuge-1", "小麦赤霉病", "2016-05-02", "是", "", "", "5", "", "李娜", ""]],
    "诱虫记录": [["qf-liuge-1", "亚洲玉米螟", "测报灯", date(2016, 5, 2), 3, 12, "李娜", ""]],
}


@pytest.fixture
def dsn(world_dsn):
    return world_dsn


@pytest.fixture
def world(world_app):
    return world_app


@pytest.fixture
def boss(world):
    return client_of(world, "administrator")


def form_of(client, kind):
    with client.get(f"{PATH}/{kind}.xlsx?lang=zh") as answer:
        return openpyxl.load_workbook(io.BytesIO(answer.data))


def filled(client, kind, sheets):
    """The form as it is downloaded, with lines filled in."""
    book = form_of(client, kind)
    for name, lines in sheets.items():
        for row, line in enumerate(lines, start=2):
            for column, value in enumerate(line, start=1):
                book[name].cell(row, column, value)
    return book


def data_of(book):
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def bring(client, kind, data, lang="zh", name="填好的.xlsx"):
    data = data if isinstance(data, bytes) else data_of(data)
    token = client.get("/account/token").json["token"]
    builder = EnvironBuilder(
        path=PATH,
        query_string={"lang": lang},
        method="POST",
        data={"csrf_token": token, "form": kind, "file": (io.BytesIO(data), name)},
    )
    asked = builder.get_environ()
    try:
        return client.open(asked)
    finally:
        asked["wsgi.input"].close()  # a large one is a file, which nobody else closes


def counts(dsn):
    """How much there is of everything that a workbook may bring."""
    tables = "village", "field", "season", "person", "person_grant", "setting", "scouting_report"
    conn = db.connect(dsn)
    found = []
    with conn.cursor() as cur:
        for table in (*tables, "trap_count", "registry_import"):
            cur.execute(f"SELECT count(*) FROM {table}")
            found += cur.fetchone()
    conn.close()
    return found


def test_what_is_right_is_taken_in_and_told(world, boss, dsn):
    answer = bring(boss, "places", filled(boss, "places", PLACES))
    assert answer.status_code == 303, answer.text
    assert "已登记：村庄 1；地块 1；村级农技员 1；联系人 1" in boss.get(PATH).text
    with world.pool.connection() as conn:
        village = registry.village(conn, "qf-new")
        assert (village.zh, village.county_zh, village.fields) == ("新村", "清丰县", 1)
        (field,) = registry.fields(conn, "qf-new")
        assert field.area_ha == pytest.approx(0.4)
        assert registry.seasons_of(conn, "qf-new-1")[0].variety == "百农207"
        person = people.find(conn, phone="+8613812345678")
        (grant,) = people.grants(conn, person, people_at())
        assert (grant.role, grant.level, grant.scope) == ("agent", "village", "qf-new")
        assert contacts.everything(conn)["qf-new"].phone == "0393-123456"
        told = [each.action for each in audit.entries(conn)]
    assert told[0] == "file_imported"
    assert "rights_given" in told
    assert "新村" in world.test_client().get("/v/qf-new").text
    # What is there is no fault of a second file, and is not entered twice.
    again = bring(boss, "places", filled(boss, "places", PLACES))
    assert again.status_code == 422
    assert "村庄!A2" in again.text
    assert "已经登记过" in again.text


def test_codes_numbers_and_days_are_read_as_they_look_in_the_program(world, boss):
    code = 410922104299
    sheets = {
        "村庄": [[code, *VILLAGE[1:]]],
        "地块": [["qf-new-1", code, *FIELD[2:8], datetime(2015, 10, 12)]],  # noqa: DTZ001
        "村级农技员": [["张三", 13812345678, float(code)]],
    }
    answer = bring(boss, "places", filled(boss, "places", sheets))
    assert answer.status_code == 303, answer.text
    with world.pool.connection() as conn:
        assert registry.village(conn, str(code)).zh == "新村"
        assert registry.seasons_of(conn, "qf-new-1")[0].sown == date(2015, 10, 12)
        person = people.find(conn, phone="+8613812345678")
        assert people.grants(conn, person, people_at())[0].scope == str(code)


def people_at():
    return datetime.now(UTC)


def test_reports_and_counts_are_taken_in(world, boss):
    assert bring(boss, "seen", filled(boss, "seen", SEEN)).status_code == 303
    with world.pool.connection() as conn:
        (report,) = ledger.reports_of(conn, "qf-liuge-1")
        assert (report.found, report.severity, report.observer) == (True, 5.0, "李娜")
        assert "田间调查!A2" in report.origin
        (count,) = traps.counts_of(conn, "qf-liuge-1")
        assert (count.insect, count.trap) == ("asian_corn_borer", "light")
        assert (count.nights, count.count, count.date) == (3, 12, date(2016, 5, 2))


def test_a_form_in_english_is_the_same(world, boss, dsn):
    english = boss.get(f"{PATH}/places.xlsx?lang=en")
    book = openpyxl.load_workbook(io.BytesIO(english.data))
    english.close()
    assert book.sheetnames == ["villages", "fields", "agents", "contacts", "how to fill in"]
    for column, value in enumerate(VILLAGE, start=1):
        book["villages"].cell(2, column, value)
    assert bring(boss, "places", book).status_code == 303


def change(sheet, row, column, value):
    """The places, with one cell otherwise."""
    lines = {name: [list(line) for line in found] for name, found in PLACES.items()}
    lines[sheet][row][column] = value
    return lines


WRONG = [
    (change("村庄", 0, 0, "Q F"), "村庄!A2", "小写字母", "small Latin letters"),
    (change("村庄", 0, 1, None), "村庄!B2", "没有填", "is empty"),
    (change("村庄", 0, 2, "x" * 41), "村庄!C2", "超过 40 个字", "longer than 40"),
    (change("村庄", 0, 3, "清风县"), "村庄!D2", "清丰县", "did you mean"),
    (change("村庄", 0, 5, 35.9), "村庄!F2", "不在濮阳市内", "outside Puyang"),
    (change("村庄", 0, 6, "=1+1"), "村庄!G2", "是公式", "a formula"),
    (change("地块", 0, 0, "qf-liuge-1"), "地块!A2", "已经登记过", "registered already"),
    (change("地块", 0, 1, "无此村"), "地块!B2", "无此村", "unknown"),
    (change("地块", 0, 5, -1), "地块!F2", "应大于 0", "more than 0"),
    (change("地块", 0, 8, "2099-01-01"), "地块!I2", "2099-01-01", "lies in the future"),
    (change("村级农技员", 0, 1, "12345"), "村级农技员!B2", "手机号", "mobile number"),
    (change("联系人", 0, 3, "call me"), "联系人!D2", "不是电话号码", "no telephone number"),
]


@pytest.mark.parametrize(("sheets", "cell", "zh", "en"), WRONG, ids=[row[1] for row in WRONG])
def test_a_fault_is_named_by_its_cell_and_nothing_is_written(boss, dsn, sheets, cell, zh, en):
    data, before = data_of(filled(boss, "places", sheets)), counts(dsn)
    for lang, words in (("zh", zh), ("en", en)):
        answer = bring(boss, "places", data, lang)
        assert answer.status_code == 422
        assert cell in answer.text
        assert words in answer.text
    assert counts(dsn) == before


def test_all_faults_are_listed_at_once(boss, dsn):
    sheets = change("村庄", 0, 5, 10)
    sheets["地块"][0][4], sheets["村级农技员"][0][1] = "水田", "1"
    before = counts(dsn)
    page = bring(boss, "places", filled(boss, "places", sheets)).text
    for cell in ("村庄!F2", "地块!E2", "村级农技员!B2"):
        assert cell in page
    assert counts(dsn) == before


def test_a_village_twice_is_named_with_the_other_cell(boss, dsn):
    before = counts(dsn)
    sheets = {"村庄": [VILLAGE, VILLAGE, ["qf-other", *VILLAGE[1:]]]}
    data = data_of(filled(boss, "places", sheets))
    page = bring(boss, "places", data).text
    assert "村庄!A3" in page
    assert "“qf-new”在 村庄!A2 已经有了" in page
    assert "“新村”在 村庄!B2 已经有了" in page
    assert "“qf-new” stands in" not in page
    assert "stands in 村庄!A2 already" in bring(boss, "places", data, "en").text
    assert counts(dsn) == before


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "在 村级农技员!B2 是另一个姓名"), ("en", "has another name in")]
)
def test_one_number_is_one_person(boss, dsn, lang, words):
    sheets = {**PLACES, "村级农技员": [AGENT, ["李四", AGENT[1], "qf-liuge"]]}
    before = counts(dsn)
    answer = bring(boss, "places", filled(boss, "places", sheets), lang)
    assert "村级农技员!B3" in answer.text
    assert words in answer.text
    assert counts(dsn) == before


def test_a_number_of_somebody_else_is_no_agents(world, boss, dsn):
    with world.pool.connection() as conn:
        people.add(conn, "王五", people_at(), phone="+8613812345678")
    before = counts(dsn)
    data = data_of(filled(boss, "places", PLACES))
    assert "已是别人的" in bring(boss, "places", data).text
    assert "that of somebody else" in bring(boss, "places", data, "en").text
    assert counts(dsn) == before


def test_an_officer_enters_within_their_county_and_makes_no_agents(world, dsn):
    officer = client_of(world, "officer", "county", "410922")
    before = counts(dsn)
    data = data_of(filled(officer, "places", PLACES))
    page = bring(officer, "places", data).text
    assert "您不能在那里设农技员" in page
    assert "不在您负责的范围内" not in page
    assert "may not make agents" in bring(officer, "places", data, "en").text
    other = client_of(world, "officer", "county", "410928")
    elsewhere = {**PLACES, "村级农技员": []}
    data = data_of(filled(other, "places", elsewhere))
    page = bring(other, "places", data).text
    assert "村庄!D2" in page
    assert "不在您负责的范围内" in page
    assert "where you may not enter" in bring(other, "places", data, "en").text
    page = bring(other, "seen", filled(other, "seen", SEEN)).text
    assert "田间调查!A2" in page
    assert "诱虫记录!A2" in page
    assert counts(dsn)[:3] == before[:3]
    assert bring(officer, "places", filled(officer, "places", elsewhere)).status_code == 303


@pytest.mark.parametrize(
    ("row", "cell", "zh", "en"),
    [
        (["no-field", *MOTHS, "2016-05-02", 1, 2], "诱虫记录!A2", "no-field", "unknown"),
        (["qf-liuge-1", "龙", "测报灯", "2016-05-02", 1, 2], "诱虫记录!B2", "龙", "unknown"),
        # a disease flies into no trap, and an insect that nothing is said of is not asked for
        (
            ["qf-liuge-1", "小麦赤霉病", "测报灯", "2016-05-02", 1, 2],
            "诱虫记录!B2",
            "不认识",
            "unknown",
        ),
        (["qf-liuge-1", "粘虫", "网", "2016-05-02", 1, 2], "诱虫记录!C2", "网", "unknown"),
        (["qf-liuge-1", "粘虫", "", "2016-05-02", 1, 2], "诱虫记录!C2", "不认识", "unknown"),
        (["qf-liuge-1", *MOTHS, "2016-13-02", 1, 2], "诱虫记录!D2", "2016-13-02", "no day"),
        (["qf-liuge-1", *MOTHS, "2016-06-02", 1, 2], "诱虫记录!D2", "2016-06-02", "future"),
        (["qf-liuge-1", *MOTHS, "2016-05-02", 32, 2], "诱虫记录!E2", "1 至 31", "1 to 31"),
        (["qf-liuge-1", *MOTHS, "2016-05-02", 1, 2.5], "诱虫记录!F2", "整数", "whole number"),
        (["qf-liuge-1", *MOTHS, "2016-05-02", 1, -2], "诱虫记录!F2", "整数", "whole number"),
        (["qf-liuge-1", *MOTHS, "2016-05-02", 1, 2_000_000], "诱虫记录!F2", "1000000", "1000000"),
        (["qf-liuge-1", *MOTHS, "2016-05-02", 1, None], "诱虫记录!F2", "整数", "whole"),
    ],
)
def test_a_fault_of_a_count_is_named_by_its_cell(boss, dsn, row, cell, zh, en):
    data, before = data_of(filled(boss, "seen", {**SEEN, "诱虫记录": [row]})), counts(dsn)
    for lang, words in (("zh", zh), ("en", en)):
        answer = bring(boss, "seen", data, lang)
        assert cell in answer.text
        assert words in answer.text
    assert counts(dsn) == before


def test_a_fault_of_a_report_is_named_by_its_cell(boss, dsn):
    line = list(SEEN["田间调查"][0])
    line[3], before = "也许", counts(dsn)
    page = bring(boss, "seen", filled(boss, "seen", {"田间调查": [line, SEEN["田间调查"][0]]})).text
    assert "田间调查!D2" in page
    assert counts(dsn) == before
    twice = SEEN["田间调查"] * 2
    assert (
        "在 田间调查!A2 已经有了"
        in bring(boss, "seen", filled(boss, "seen", {"田间调查": twice})).text
    )


# Files that are no form ------------------------------------------------------------------------


def merged(client):
    book = filled(client, "places", PLACES)
    book["村庄"].merge_cells("B2:C2")
    return data_of(book)


def many_rows(client):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("村庄")
    sheet.append(["编号", "中文名称", "英文名称", "县区", "乡镇", "经度", "纬度", "位置来源"])
    for number in range(20_000):
        sheet.append([f"v-{number}", *VILLAGE[1:]])
    return data_of(book)


def other_sheets(client):
    book = filled(client, "places", PLACES)
    book.create_sheet("Sheet2")["A1"] = "x"
    return data_of(book)


def both_languages(client):
    book = filled(client, "places", PLACES)
    book.create_sheet("villages")["A1"] = "id"
    return data_of(book)


def other_column(client):
    book = filled(client, "places", PLACES)
    book["村庄"]["I1"] = "海拔"
    return data_of(book)


def lacking_column(client):
    book = filled(client, "places", PLACES)
    book["村庄"]["D1"] = None
    return data_of(book)


def column_twice(client):
    book = filled(client, "places", PLACES)
    book["村庄"]["I1"] = "编号"
    return data_of(book)


def error_value(client):
    book = filled(client, "places", PLACES)
    book["村庄"]["B2"] = "#N/A"
    return data_of(book)


def bomb(client):
    file = io.BytesIO(data_of(filled(client, "places", PLACES)))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/image1.bin", b"\0" * 80_000_000)
    return file.getvalue()


def many_parts(client):
    file = io.BytesIO(data_of(filled(client, "places", PLACES)))
    with zipfile.ZipFile(file, "a") as packed:
        for number in range(workbook.MOST_PARTS):
            packed.writestr(f"xl/media/{number}", b"x")
    return file.getvalue()


def cut(client):
    """A workbook whose sheet is damaged."""
    kept = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data_of(filled(client, "places", PLACES)))) as packed,
        zipfile.ZipFile(kept, "w") as made,
    ):
        for each in packed.infolist():
            data = packed.read(each)
            made.writestr(each, data[:-30] if "sheet1" in each.filename else data)
    return kept.getvalue()


def other_zip(client):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("a.txt", b"x")
    return file.getvalue()


BAD = {
    merged: ("村庄!B2:C2", "合并单元格", "merged cells"),
    many_rows: ("村庄!A5002", "超过 5000 行", "more than 5000 lines"),
    other_sheets: ("Sheet2", "没有叫这个名字的表", "no form has a sheet of this name"),
    both_languages: ("villages", "是同一种表", "is the same form as"),
    other_column: (
        "村庄!I1",
        "没有“海拔”这一列",
        "unknown column “海拔”".replace("“", "&#34;").replace("”", "&#34;"),
    ),
    lacking_column: ("村庄!A1", "缺少列：县区", "no column 县区"),
    column_twice: ("村庄!I1", "编号", "comes twice"),
    error_value: ("村庄!B2", "是错误值 #N/A", "holds the error #N/A"),
    bomb: ("填好的.xlsx", "解开后超过 60 MB", "grows beyond 60 MB"),
    many_parts: ("填好的.xlsx", "解开后超过 60 MB", "grows beyond 60 MB"),
    cut: ("填好的.xlsx", "读不完", "cannot be read to its end"),
    other_zip: ("填好的.xlsx", "不是 XLSX 表格", "is no XLSX workbook"),
    lambda client: b"a,b\n1,2\n": ("填好的.xlsx", "不是 XLSX 表格", "is no XLSX workbook"),
    lambda client: b"\xd0\xcf\x11\xe0" + b"x" * 600: ("填好的.xlsx", "旧版表格", "of the old kind"),
    lambda client: data_of(form_of(client, "places")): (
        "填好的.xlsx",
        "什么都没有填",
        "nothing is filled in",
    ),
    lambda client: b"": ("", "请选择填好的文件", "Choose a file that is filled in"),
}


@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_what_is_no_form_is_said_and_nothing_is_written(boss, dsn, make):
    where, zh, en = BAD[make]
    data, before = make(boss), counts(dsn)
    for lang, words in (("zh", zh), ("en", en)):
        answer = bring(boss, "places", data, lang)
        assert answer.status_code == 422
        assert where in answer.text
        assert words in answer.text
    assert counts(dsn) == before


def test_a_file_that_is_too_large_is_refused(boss):
    kind = "multipart/form-data; boundary=x"
    answer = boss.post(PATH, data=b"x" * (6 * 1024 * 1024), content_type=kind)
    assert answer.status_code == 413


@pytest.mark.parametrize(("lang", "words"), [("zh", "请选择是哪一种表"), ("en", "Choose which")])
def test_there_are_two_forms(boss, lang, words):
    answer = bring(boss, "people", b"x", lang)
    assert answer.status_code == 400
    assert words in answer.text
    assert boss.get(f"{PATH}/people.xlsx").status_code == 404
