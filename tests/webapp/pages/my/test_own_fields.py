"""A farmer keeps a field: makes it, writes its diary, changes it, shares it, gives it up."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from PIL.ExifTags import GPS, IFD

from collector.jobs.risk import current_seasons
from collector.store import people
from collector.store.advice import photos, risk, works
from collector.store.network import merging, own_fields, registry, sites
from collector.store.postgres import db
from models.risk.hazard import HIGH
from tests.webapp.conftest import make_app, seed_module
from tests.webapp.people import client_as, client_of
from webapp.app.database import App
from webapp.views.pictures import read_picture

NOW = seed_module.NOW
TODAY = date(2016, 5, 8)
FIELD = {
    "name": "村东头",
    "area": "3",
    "soil": "loam",
    "crop": "winter_wheat",
    "variety": "百农207",
}


@pytest.fixture(scope="module")
def app(postgres: Any) -> Iterator[App]:
    dsn = postgres.create("nongqing_template")
    conn = db.connect(dsn)
    seed_module.fill(conn)
    conn.close()
    app = make_app(dsn)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.pool.close()


@pytest.fixture
def farmer(app: App) -> FlaskClient:
    return client_of(app, "farmer")


def key(page: str) -> str:
    found = re.search(r'name="entry_key" value="([^"]+)"', page)
    assert found
    return found[1]


def make(client: FlaskClient, **other: str) -> str:
    """Make a field as a person would and return its address."""
    page = client.get("/my/new?village=qf-liuge").text
    given = FIELD | {"sown": "2015-10-12", "village": "qf-liuge", "entry_key": key(page)} | other
    answer = client.post("/my/new", data=given)
    assert answer.status_code == 303, answer.text
    return answer.location


def test_a_field_is_made_and_is_on_no_public_page(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    page = farmer.get(address).text
    assert "村东头" in page
    assert "3.0 亩" in page
    assert "冬小麦" in page
    assert "村东头" in farmer.get("/my/").text
    own = address.rsplit("/", 1)[1]
    stranger = app.test_client()
    officer = client_of(app, "officer")
    for public in ("/v/qf-liuge", "/v/qf-liuge/details", "/v/qf-liuge.txt", "/", "/skill"):
        text = stranger.get(public).text
        assert "村东头" not in text
        assert own not in text
    assert "村东头" not in officer.get("/drafts").text
    for other in (client_of(app, "farmer"), client_of(app, "administrator")):
        for path in ("", "/edit", "/work", "/diary", "/diary.csv", "/people", "/stage", "/seen"):
            assert other.get(address + path).status_code == 404, path


def own_id(address: str) -> str:
    return address.rsplit("/", 1)[1]


def post(client: FlaskClient, path: str, **given: str) -> object:
    """Fill a form in as its page stands."""
    page = client.get(path)
    return client.post(path, data={"entry_key": key(page.text)} | given)


def warn(app: App, field: str, *, draft: bool = True) -> None:
    """Let the models warn of head blight in a field."""
    status = seed_module.status(field, "wheat_fhb", HIGH)
    advice = seed_module.advisory(status, draft=draft)
    with app.pool.connection() as conn:
        risk.save_statuses(conn, [status], NOW)
        risk.save_advisories(conn, [advice], NOW)


def test_the_field_shows_its_own_advice_and_the_village_does_not(
    app: App, farmer: FlaskClient
) -> None:
    address = make(farmer)
    assert "下一次每小时计算" in farmer.get(address).text
    before = app.test_client().get("/v/qf-liuge").text
    warn(app, own_id(address))
    page = farmer.get(address).text
    assert "赤霉病" in page
    assert "村东头" in page
    listed = farmer.get("/my/").text
    assert "status is-high" in listed
    assert "赤霉病" in listed
    after = app.test_client().get("/v/qf-liuge").text
    assert after.replace("\n", "") == before.replace("\n", "")
    counts = re.findall(r"href=\"/v/qf-liuge\".*?</a>", app.test_client().get("/").text, re.S)
    assert "村东头" not in counts[0]


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


def db_rows(conn: db.Connection, text: str, *given: str | None) -> list[tuple[object, ...]]:
    with conn.cursor() as cur:
        cur.execute(text, given)
        return cur.fetchall()


def test_a_second_touch_of_the_button_writes_nothing(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    page = farmer.get(f"{address}/work").text
    given = {"entry_key": key(page), "kind": "spray", "when": "0", "product": "多菌灵"}
    first, second = (farmer.post(f"{address}/work", data=given) for _ in range(2))
    assert first.location == second.location
    with app.pool.connection() as conn:
        assert len(works.diary(conn, own_id(address))) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "这里要填写"),
        ({"name": "村\u202e东"}, "看不见的字符（U+202E）"),
        ({"name": "村" * 31}, "一共 31 个字，最多 30 个"),
        ({"area": "三亩"}, "请用数字填写"),
        ({"area": "9999"}, "请填 0.05 到 5000 之间的数"),
        ({"area": ""}, "请填一个数"),
        ({"crop": ""}, "请选择作物"),
        ({"crop": "rice"}, "请从中选一个"),
        ({"soil": "mud"}, "请从中选一个"),
        ({"sown": "2016-05-09"}, "2016-05-09 还没到：今天是 5月8日"),
        ({"sown": "去年秋天"}, "请写清年、月、日"),
        ({"sown": ""}, "请选择日期"),
        ({"sown": "2012-01-01"}, "2012-01-01 太早了"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(
    farmer: FlaskClient, given: dict[str, str], said: str
) -> None:
    page = farmer.get("/my/new?village=qf-liuge").text
    whole = FIELD | {"sown": "2015-10-12", "village": "qf-liuge", "entry_key": key(page)} | given
    answer = farmer.post("/my/new", data=whole)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="百农207"' in answer.text
    typed = next(iter(given.values()))
    assert typed in answer.text or typed in ("rice", "mud")  # of what is chosen, the choices stay
    assert farmer.post("/my/new?lang=en", data=whole).status_code == 422


def test_a_photo_is_kept_small_and_without_what_the_camera_wrote(
    app: App, farmer: FlaskClient
) -> None:

    image = Image.linear_gradient("L").resize((2400, 1200)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Camera of Zhang"
    exif.get_ifd(IFD.GPSInfo).update(
        {
            GPS.GPSLongitude: (115.0, 6.0, 36.0),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLatitude: (35.0, 54.0, 0.0),
            GPS.GPSLatitudeRef: "N",
        }
    )
    out = BytesIO()
    image.save(out, "JPEG", exif=exif)
    address = make(farmer)
    page = farmer.get(f"{address}/seen").text
    given = {
        "entry_key": key(page),
        "hazard": "wheat_fhb",
        "found": "yes",
        "grade": "3",
        "treated": "no",
        "when": "1",
    }
    answer = farmer.post(
        f"{address}/seen",
        data=given | {"photo": (BytesIO(out.getvalue()), "x.jpg")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303, answer.text
    page = farmer.get(address).text
    source = re.search(r'src="(/my/[^"]+\.jpg)"', page)
    assert source
    sent = farmer.get(source[1])
    kept = Image.open(BytesIO(sent.data))
    assert kept.size == (800, 1600)
    assert not kept.getexif()
    assert b"Zhang" not in sent.data
    assert client_of(app, "farmer").get(source[1]).status_code == 404
    with app.pool.connection() as conn:
        rows = db_rows(
            conn,
            "SELECT hazard, found, grade, date, longitude, latitude, season FROM scouting_report "
            "WHERE site = %s",
            own_id(address),
        )
    assert rows == [("wheat_fhb", True, 3, date(2016, 5, 7), 115.11, 35.9, 2015)]


def big(width: int, height: int) -> bytes:
    """A PNG that says it is large, in few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.4 no photo at all", "不是能读的照片"),
        (b"\xff\xd8\xff\xe0 cut off", "不是能读的照片"),
        (big(8000, 6000), "照片超过 4000 万像素"),
        (big(60000, 60000), "照片超过 4000 万像素"),
        (big(100, 100), "不是能读的照片"),
    ],
    ids=["pdf", "cut", "48 MP", "3600 MP", "empty"],
)
def test_what_is_no_photo_is_refused_and_the_rest_of_the_form_stays(
    farmer: FlaskClient, data: bytes, said: str
) -> None:

    address = make(farmer)
    page = farmer.get(f"{address}/seen").text
    given = {
        "entry_key": key(page),
        "hazard": "wheat_fhb",
        "found": "yes",
        "grade": "",
        "treated": "no",
        "when": "0",
        "note": "东头三行",
        "photo": (BytesIO(data), "x.jpg"),
    }
    answer = farmer.post(f"{address}/seen", data=given, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert said in answer.text
    assert "东头三行" in answer.text


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


def test_of_two_who_change_a_field_the_second_is_told(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    first, second = farmer.get(f"{address}/edit").text, farmer.get(f"{address}/edit").text
    for there in (
        'value="村东头"',
        'value="3"',
        'value="2015-10-12"',
        'value="百农207"',
        'loam" selected',
    ):
        assert there in first
    given = FIELD | {"sown": "2015-10-12", "edition": "1"}
    done = farmer.post(f"{address}/edit", data=given | {"area": "4", "entry_key": key(first)})
    assert done.status_code == 303
    told = farmer.post(f"{address}/edit", data=given | {"name": "河边", "entry_key": key(second)})
    assert told.status_code == 409
    assert "你打开这一页以后" in told.text
    assert "面积（亩）：4" in told.text
    assert 'value="河边"' in told.text
    again = farmer.post(
        f"{address}/edit",
        data=given | {"name": "河边", "edition": "2", "entry_key": key(told.text)},
    )
    assert again.status_code == 303
    assert "河边" in farmer.get(address).text


def test_a_merged_village_leads_to_the_one_that_took_it_in(app: App, farmer: FlaskClient) -> None:
    old, new = "py-bagongqiao", "qf-mazhuangqiao"
    agent = client_of(app, "agent", "village", old)
    form = farmer.get(f"/my/new?village={old}").text  # open while they are merged
    with app.pool.connection() as conn:
        assert merging.merge(conn, old, new) == (2, 1)
        for pair, why in (
            ((old, new), f"is part of {new} already"),
            ((new, new), "into itself"),
            (("x", new), "not in the registry"),
        ):
            with pytest.raises(merging.CannotMerge, match=why):
                merging.merge(conn, *pair)
    given = FIELD | {"sown": "2015-10-12", "village": old, "entry_key": key(form)}
    answer = farmer.post("/my/new", data=given)
    page = farmer.get(answer.location).text
    assert "现在属于" in page
    assert f'href="/v/{new}"' in page
    assert farmer.get("/my/new?village=nowhere").status_code == 404
    for path in (f"/v/{old}", f"/v/{old}/details", f"/v/{old}.txt"):
        led = app.test_client().get(path)
        assert (led.status_code, led.location.split("?")[0]) == (302, path.replace(old, new))
    assert "现在属于本村" in app.test_client().get(f"/v/{old}", follow_redirects=True).text
    assert f'"/v/{old}"' not in app.test_client().get("/").text
    assert "py-bagongqiao-1/seen" in agent.get(f"/v/{new}").text


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


def test_a_field_is_shared_within_a_household(app: App) -> None:
    at = datetime.now(UTC)
    with app.pool.connection() as conn:
        persons = [
            people.add(conn, name, at, phone=f"+8613812341{n:03}")
            for n, name in enumerate(("张三", "李四", "王五"))
        ]
        for person in persons:
            people.grant(conn, person, "farmer", "city", "", at, "test")
            person.verified = at
            people.save(conn, person)
    zhang, li, wang = (client_as(app, person) for person in persons)
    address = make(zhang)
    field = own_id(address)
    for phone, said in (("123", "手机号"), ("13812341000", "这是你自己的号码")):
        answer = zhang.post(f"{address}/people", data={"phone": phone})
        assert answer.status_code == 422
        assert said in answer.text
    assert zhang.post(f"{address}/people", data={"phone": "138 1234 1001"}).status_code == 303
    assert "138****1001" in zhang.get(f"{address}/people").text
    assert li.get(address).status_code == 404, "not before they accept"
    assert "张三" in li.get("/my/").text
    assert "张三" not in wang.get("/my/").text
    wang.post(f"/my/invitations/{field}", data={"accept": "1"})
    assert wang.get(address).status_code == 404, "the invitation is another's"
    li.post(f"/my/invitations/{field}", data={"accept": "1"})
    assert li.get(address).status_code == 200
    assert post(li, f"{address}/work", kind="weeding", when="0").status_code == 303
    assert "李四" in zhang.get(address).text
    # who shares it may write, not give it away
    li.post(f"{address}/people", data={"phone": "13812341002"})
    li.post(f"{address}/give-up")
    li.post(f"{address}/people/{persons[0].id}/remove")
    assert "王五" not in wang.get("/my/").text
    assert zhang.get(address).status_code == 200
    zhang.post(f"{address}/people/{persons[1].id}/remove")
    assert li.get(address).status_code == 404


def test_giving_a_field_up_forgets_people_and_keeps_what_skill_is_counted_from(
    app: App, farmer: FlaskClient
) -> None:
    address = make(farmer)
    field = own_id(address)
    warn(app, field)
    post(farmer, f"{address}/work", kind="spray", when="0", product="多菌灵")
    seen = {"hazard": "wheat_fhb", "found": "yes", "treated": "no", "grade": "", "when": "0"}
    assert post(farmer, f"{address}/seen", **seen, note="秘密").status_code == 303
    assert post(farmer, f"{address}/stage", stage="61", when="0").status_code == 303
    assert farmer.post(f"{address}/give-up").status_code == 303
    assert farmer.get(address).status_code == 404
    with app.pool.connection() as conn:
        dump = [
            db_rows(conn, f"SELECT t::text FROM {table} t WHERE {column} = %s", field)
            for table, column in (
                ("field", "id"),
                ("field_work", "field"),
                ("scouting_report", "site"),
                ("stage_observation", "field"),
            )
        ]
        assert field not in {s.field for s in registry.seasons(conn)}
    text = str(dump)
    for word in ("村东头", "秘密", "多菌灵", "farmer"):
        assert word not in text
    assert [len(rows) for rows in dump] == [1, 0, 1, 1]


def test_answers_to_advice_are_kept_and_go_to_the_ledger(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    warn(app, own_id(address), draft=False)
    page = farmer.get(address).text
    form = re.search(rf'<form method="post" action="{address}/answer".*?</form>', page, re.S)
    assert form
    given = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form[0]))
    assert farmer.post(f"{address}/answer", data=given | {"answer": "x"}).status_code == 400
    assert farmer.post(f"{address}/answer", data=given | {"answer": "done"}).status_code == 303
    assert "已做" in farmer.get(address).text
    over = given | {"answer": "done", "issued": "2015-01-01T00:00:00+00:00"}
    assert farmer.post(f"{address}/answer", data=over).status_code == 409
    link = re.search(r'href="([^"]+seen\?[^"]*found=no[^"]*)"', page)
    assert link
    path = link[1].replace("&amp;", "&")
    form_page = farmer.get(path).text
    assert re.search(r'value="no" selected', form_page)
    hidden = re.search(r'name="source" value="answer"', form_page)
    assert hidden
    seen = {"hazard": "wheat_fhb", "found": "no", "treated": "yes", "grade": "", "when": "0"}
    assert post(farmer, path, source="answer", **seen).status_code == 303
    with app.pool.connection() as conn:
        rows = db_rows(
            conn,
            "SELECT hazard, found, treated, source FROM scouting_report WHERE site = %s",
            own_id(address),
        )
    assert rows == [("wheat_fhb", False, True, "answer")]


def test_a_village_agent_reports_for_others_within_their_village(app: App) -> None:
    agent = client_of(app, "agent", "village", "qf-liuge")
    assert 'href="/my/qf-liuge-1/seen"' in agent.get("/v/qf-liuge").text
    assert post(agent, "/my/qf-liuge-1/stage", stage="61", when="0").status_code == 303
    with app.pool.connection() as conn:
        seen = [s for s in registry.stage_observations(conn) if s.field == "qf-liuge-1"]
    assert (seen[-1].bbch, seen[-1].date) == (61, TODAY)
    assert agent.get("/my/py-bagongqiao-1/seen").status_code == 404
    assert client_of(app, "farmer").get("/my/qf-liuge-1/seen").status_code == 404
    assert "/my/qf-liuge-1/seen" not in app.test_client().get("/v/qf-liuge").text


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


def test_photos_do_not_fill_the_disk(farmer: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "MOST_A_DAY", 1)
    address = make(farmer)
    out = BytesIO()
    Image.new("RGB", (40, 30)).save(out, "PNG")
    given = {"hazard": "wheat_fhb", "found": "yes", "grade": "", "treated": "no", "when": "0"}

    def send(day: str, *, photo: bool) -> Any:
        form = given | {"entry_key": key(farmer.get(f"{address}/seen").text), "when": day}
        sent = {"photo": (BytesIO(out.getvalue()), "x.png")} if photo else {}
        return farmer.post(f"{address}/seen", data=form | sent, content_type="multipart/form-data")

    assert send("0", photo=True).status_code == 303
    told = send("1", photo=True)
    assert told.status_code == 422
    assert "今天已有 1 张照片" in told.text
    assert send("1", photo=False).status_code == 303


def test_a_photo_whose_notes_are_broken_is_kept(farmer: FlaskClient) -> None:
    """Pillow's own way of turning a picture upright fails on these (python-pillow/Pillow#4215)."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "abc"
    out = BytesIO()
    Image.linear_gradient("L").resize((64, 48)).save(out, "JPEG", exif=exif)
    sound = out.getvalue()
    at = sound.index(b"Exif")
    with farmer.application.test_request_context():
        for place in range(at + 6, at + 42):
            for value in (0, 2, 5, 255):
                broken = bytearray(sound)
                broken[place] = value
                picture = read_picture(bytes(broken))
                assert {picture.width, picture.height} == {64, 48}


def test_a_new_crop_ends_the_season_before(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    early = post(farmer, f"{address}/sow", crop="peanut", sown="2015-10-01")
    assert early.status_code == 422
    assert "以前地里是上一茬" in early.text
    assert post(farmer, f"{address}/sow", crop="peanut", sown="2016-05-05").status_code == 303
    assert "花生" in farmer.get(address).text
    with app.pool.connection() as conn:
        newest, before = registry.seasons_of(conn, own_id(address))
    assert (newest.crop, before.harvested) == ("peanut", date(2016, 5, 5))


def test_the_diary_as_a_file_runs_no_formula(farmer: FlaskClient) -> None:
    address = make(farmer)
    post(farmer, f"{address}/work", kind="other", when="0", note="=1+1")
    text = farmer.get(f"{address}/diary.csv").text
    assert "'=1+1" in text
    assert text.startswith("\ufeff")


def test_own_fields_are_no_part_of_an_exported_site(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    with app.pool.connection() as conn:
        site = sites.read_site(conn)
    assert own_id(address) not in site.fields
    assert all(each.field != own_id(address) for each in site.seasons)


#: Statements that read fields, and whose they may be of; a new one is looked at and written here.
PRIVATE_QUERIES = Path(own_fields.__file__).parents[1] / "sql" / "queries"


def test_a_statement_for_a_village_leaves_peoples_own_fields_out() -> None:
    """Whoever asks for a village gets what is on public pages."""
    wrong = []
    for path in sorted(PRIVATE_QUERIES.glob("*.sql")):
        for block in path.read_text("utf-8").split("-- name: ")[1:]:
            asks = "%(village)s" in block and re.search(r"\b(FROM|JOIN) field\b", block)
            if asks and "private" not in block:
                wrong.append(f"{path.name}: {block.split(maxsplit=1)[0]}")
    # sensors stand in fields of the registry alone; advice is released for all fields of a village
    assert wrong == [
        "readings.sql: series_of",
        "readings.sql: latest",
        "registry.sql: placements",
        "village.sql: release",
        "village.sql: now",
    ]
