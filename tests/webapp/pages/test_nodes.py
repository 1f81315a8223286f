"""Nodes as technicians see them: the list by urgency, one node with all, what was done with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from collector.store import items, people
from collector.store.items import Found, raise_items
from collector.store.network import nodes, registry
from collector.store.postgres import db
from field_configs.events import event
from tests.webapp.conftest import make_app, seed_module
from tests.webapp.people import client_of
from webapp.app.database import App

NOW = seed_module.NOW
FALLING = event("battery_falling", node="qf-001", before=3.92, now=3.61, nights=3)
FROZEN = event(
    "frozen_sensor",
    placement="qf-liuge-1-sm",
    node="qf-001",
    quantity="soil_moisture",
    value=0.231,
    since=NOW - timedelta(days=11),
)
UNLIKE = event(
    "unlike_neighbours",
    placement="qf-liuge-2-t",
    node="qf-002",
    quantity="air_temperature",
    hours=9,
    value=25.1,
    around=18.2,
)
_keys = iter(range(10**6))


@pytest.fixture
def app(postgres: Any, known_world: str) -> Iterator[App]:
    dsn = postgres.create(known_world)
    conn = db.connect(dsn)
    found = [
        Found(FALLING, "qf-001", "qf-001"),
        Found(FROZEN, "qf-liuge-1-sm", "qf-001"),
        Found(UNLIKE, "qf-liuge-2-t", "qf-002"),
    ]
    raise_items(conn, found, NOW)
    conn.commit()
    conn.close()
    app = make_app(dsn)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.pool.close()


@pytest.fixture
def technician(app: App) -> FlaskClient:
    return client_of(app, "technician")


def text_of(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.text


def send(client: FlaskClient, path: str, status: int = 303, **form: Any) -> str:
    form.setdefault("entry_key", f"key-{next(_keys):08d}")
    answer = client.post(path, data=form)
    assert answer.status_code == status, answer.text[-3000:]
    return answer.text


def shown(page: str) -> list[str]:
    """Nodes of the list, in its order."""
    return re.findall(r'<a class="row[^"]*" href="/nodes/([^"]+)"', page)


def audit_of(app: App) -> list[tuple[str, str]]:
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("SELECT action, object FROM audit_entry ORDER BY number")
        return cur.fetchall()


def facts(app: App, node: str) -> nodes.Facts:
    with app.pool.connection() as conn:
        found = nodes.facts(conn, node)
    assert found is not None
    return found


# The list ------------------------------------------------------------------------------------


def test_the_most_urgent_stands_first_with_its_causes_in_words(technician: FlaskClient) -> None:
    page = text_of(technician, "/nodes?lang=en")
    assert shown(page) == ["qf-003", "qf-001", "qf-002", "py-001", "py-002", "qf-004"]
    for words in (
        "no frame since 7 May, 08:20",
        "battery falling 3 nights, now 3.61 V",
        "Soil moisture frozen at 23.1 vol%",
        "Air temperature differs from neighbours: 25.1 °C, around it 18.2 °C",
        "Liuge demonstration village · Qingfeng County",
    ):
        assert words in page, words


def test_causes_are_in_the_readers_language(technician: FlaskClient) -> None:
    page = text_of(technician, "/nodes?lang=zh")
    assert "电池连续 3 夜下降，现在 3.61 V" in page
    assert "土壤水分卡在 23.1 %（体积） 不动" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=PY-0", ["py-001", "py-002"]),
        ("q=柳格", ["qf-001", "qf-002"]),
        ("q=bagongqiao", ["py-001", "py-002"]),
        ("q=%25", []),
        ("county=410928", ["py-001", "py-002"]),
        ("county=nowhere", ["qf-003", "qf-001", "qf-002", "py-001", "py-002", "qf-004"]),
        ("cause=frozen_sensor", ["qf-001"]),
        ("cause=state.silent", ["qf-003"]),
        ("state=out", ["qf-004"]),
        ("state=works&county=410922", ["qf-001", "qf-002"]),
        ("page=2", []),
    ],
)
def test_the_list_is_filtered_and_searched(
    technician: FlaskClient, query: str, found: list[str]
) -> None:
    page = text_of(technician, f"/nodes?{query}")
    assert shown(page) == found
    assert bool(found) == ("没有找到设备" not in page)
    assert 'rel="next"' not in page


def test_a_technician_of_a_county_sees_that_county(app: App) -> None:
    here = client_of(app, "technician", "county", "410928")
    assert shown(text_of(here, "/nodes")) == ["py-001", "py-002"]
    assert "410922" not in text_of(here, "/nodes")
    assert text_of(here, "/nodes/py-001")
    for path in (
        "/nodes/qf-001",
        "/nodes/qf-001/commission",
        "/nodes/nothing",
        "/nodes/" + 99 * "x",
    ):
        assert "您负责的范围里没有这台设备" in text_of(here, path, 404)
    send(here, "/nodes/qf-001/handover", 404, way="retire", reason="x")
    assert facts(app, "qf-001").epoch == 1


def test_a_node_heard_since_its_item_was_opened_is_not_silent(
    app: App, technician: FlaskClient
) -> None:
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("UPDATE node SET last_seen = %s WHERE id = 'qf-003'", (NOW,))
    page = text_of(technician, "/nodes?lang=en")
    assert shown(page)[0] == "qf-001"
    assert "no frame since" not in page


def test_by_the_way_each_is_the_nearest_of_those_left(technician: FlaskClient) -> None:
    page = text_of(technician, "/nodes?order=route&longitude=115.09&latitude=35.5&lang=en")
    assert [each[:2] for each in shown(page)] == ["py", "py", "qf", "qf", "qf", "qf"]
    assert "km as the crow flies" in page
    assert text_of(technician, "/nodes?order=route&longitude=nan&latitude=x")


def test_many_nodes_come_in_pages(app: App, technician: FlaskClient) -> None:
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO node (id, board, field) "
            "SELECT 'zz-' || n, 'soilair-1', 'qf-liuge-1' FROM generate_series(1, 120) n"
        )
    sizes = [len(shown(text_of(technician, f"/nodes?page={page}"))) for page in (1, 2, 3, 4)]
    assert sizes == [50, 50, 26, 0]
    assert 'rel="next"' not in text_of(technician, "/nodes?page=3")
    first = text_of(technician, "/nodes?page=2&county=410922")
    assert 'href="/nodes?county=410922&amp;page=1"' in first


def test_the_status_page_leads_to_the_nodes(technician: FlaskClient) -> None:
    page = text_of(technician, "/status?lang=en")
    assert 'href="/nodes"' in page
    assert 'href="/nodes/qf-001"' in page
    assert re.search(r"<b[^>]*>4</b> works", page)


# One node ------------------------------------------------------------------------------------


def test_a_nodes_page_holds_all_that_is_known(app: App, technician: FlaskClient) -> None:
    with app.pool.connection() as conn:
        nodes.put_boot(conn, ("qf-001", 1, 7), "3", 12, NOW)
    page = text_of(technician, "/nodes/qf-001?lang=en")
    for words in (
        "Node qf-001",
        "Liuge demonstration village",
        "fell 3 nights in a row",
        "Battery voltage",
        "the watchdog: its program stood still",
        "12 bytes of its memory were spoiled",
        "Key 1",
        "Soil and air board 1; a sample every 10 minutes, 6 samples in a frame",
        "This node does not report its signal strength.",
        "it has not said what it runs: an older program does not",
        "not told by the node",
        "nobody has signed it off",
    ):
        assert words in page, words
    assert page.count('class="chart"') == 6


def test_values_in_doubt_are_marked_on_the_curve_and_told(
    app: App, technician: FlaskClient
) -> None:
    assert 'class="doubt"' not in text_of(technician, "/nodes/qf-001")
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE reading_hourly SET qc = qc | 64 WHERE hour > %s AND series_id = "
            "(SELECT id FROM series WHERE placement = 'qf-liuge-1-sm')",
            (NOW - timedelta(hours=10),),
        )
    page = text_of(technician, "/nodes/qf-001?lang=en")
    assert page.count('class="doubt"') == 1
    assert re.search(r"Has not changed for long: doubtful: \d+ hours", page)


def test_a_node_without_channels_says_so(app: App, technician: FlaskClient) -> None:
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("INSERT INTO node (id, board, field) VALUES ('new-1', 'x', 'qf-liuge-1')")
    page = text_of(technician, "/nodes/new-1?lang=en")
    assert "No channel of this node serves a place now." in page
    assert "not enrolled: nongqing node enroll new-1" in page
    assert text_of(technician, "/nodes/new-1/commission")


# Items ---------------------------------------------------------------------------------------


def falling(app: App) -> items.Item:
    with app.pool.connection() as conn:
        found = [i for i in items.of_node(conn, "qf-001") if i.event.kind == "battery_falling"]
    return found[0]


def jpeg() -> tuple[BytesIO, str]:
    data = BytesIO()
    Image.new("RGB", (60, 40), "green").save(data, "JPEG")
    data.seek(0)
    return data, "panel.jpg"


def test_an_item_is_seen_given_written_about_and_closed(app: App, technician: FlaskClient) -> None:
    path = f"/nodes/qf-001/items/{falling(app).id}"
    send(technician, path, act="seen")
    send(technician, path, act="assign", to=str(staff(app, "李师傅", "county", "410922")))
    send(technician, path, act="note", note="板上有鸟粪", photo=jpeg())
    item = falling(app)
    assert (item.seen_by, item.assigned_to, item.closed) == ("technician", "李师傅", None)
    page = text_of(technician, "/nodes/qf-001?lang=en")
    assert "Seen by technician" in page
    assert "李师傅 looks after it" in page
    (source,) = set(re.findall(r'src="(/nodes/qf-001/photo/\d+)"', page))
    assert technician.get(source).mimetype == "image/jpeg"
    assert technician.get(source.replace("qf-001", "qf-002")).status_code == 404
    send(technician, path, act="close", note="擦干净了")
    item = falling(app)
    assert (item.closed, item.closed_by, item.note) == (NOW, "technician", "擦干净了")
    assert [each for each in audit_of(app) if each[0].startswith("item_")] == [
        (action, str(item.id))
        for action in ("item_seen", "item_assigned", "item_noted", "item_closed")
    ]


def staff(app: App, name: str, level: str, scope: str, role: str = "technician") -> int:
    with app.pool.connection() as conn:
        person = people.add(conn, name, NOW, username=f"u{next(_keys)}")
        people.grant(conn, person, role, level, scope, NOW, "test")
        return person.id


def test_an_item_is_given_to_one_of_those_who_look_after_the_node(
    app: App, technician: FlaskClient
) -> None:
    near = staff(app, "Near", "township", "410922104")
    others = [
        staff(app, "Elsewhere", "county", "410928"),
        staff(app, "Officer", "city", "", "officer"),
    ]
    gone = staff(app, "Gone", "city", "")
    with app.pool.connection() as conn:
        people.lock(conn, people.named(conn, str(gone)), NOW)
    page = text_of(technician, "/nodes/qf-001?lang=en")
    choice = re.search(r'<select id="to-[0-9]+" name="to">(.*?)</select>', page)
    assert choice is not None
    assert re.findall(r">([^<]+)</option>", choice[1]) == ["I: technician", "Near"]
    path = f"/nodes/qf-001/items/{falling(app).id}"
    for wrong in (*others, gone, "王师傅", "0"):
        for lang, said in (
            ("zh", "请选择负责这台设备的人"),
            ("en", "Choose one of those who look"),
        ):
            text = send(technician, f"{path}?lang={lang}", 400, act="assign", to=str(wrong))
            assert said in text
    assert falling(app).assigned_to is None
    send(technician, path, act="assign", to=str(near))
    assert falling(app).assigned_to == "Near"


def test_two_of_one_name_are_told_apart(app: App, technician: FlaskClient) -> None:
    for _ in range(2):
        staff(app, "Li", "city", "")
    page = text_of(technician, "/nodes/qf-001?lang=en")
    assert len(set(re.findall(r">(Li \(u[0-9]+\))</option>", page))) == 2


def test_the_list_is_narrowed_to_what_was_given_to_me(app: App, technician: FlaskClient) -> None:
    assert shown(text_of(technician, "/nodes?mine=1")) == []
    send(technician, f"/nodes/qf-001/items/{falling(app).id}", act="assign")
    page = text_of(technician, "/nodes?mine=1&lang=en")
    assert shown(page) == ["qf-001"]
    assert "technician looks after it" in page
    assert '<option value="1" selected>' in page
    assert shown(text_of(client_of(app, "technician"), "/nodes?mine=1")) == []
    send(technician, f"/nodes/qf-001/items/{falling(app).id}", act="close", note="done")
    assert shown(text_of(technician, "/nodes?mine=1")) == []


def test_a_name_that_was_typed_in_before_stays_readable(app: App, technician: FlaskClient) -> None:
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("UPDATE maintenance_item SET assigned_to = '老王', assigned = now()")
    assert "老王 looks after it" in text_of(technician, "/nodes/qf-001?lang=en")
    assert "老王 looks after it" in text_of(technician, "/nodes?lang=en")


def test_whoever_takes_an_item_without_a_name_takes_it_themselves(
    app: App, technician: FlaskClient
) -> None:
    send(technician, f"/nodes/qf-001/items/{falling(app).id}", act="assign", to=" ")
    assert falling(app).assigned_to == "technician"


def test_an_entry_sent_twice_counts_once(app: App, technician: FlaskClient) -> None:
    path = f"/nodes/qf-001/items/{falling(app).id}"
    for _ in range(2):
        send(technician, path, act="note", note="same", entry_key="the-same-key")
    with app.pool.connection() as conn:
        assert len(items.notes(conn, [falling(app).id])[falling(app).id]) == 1


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"act": "x"}, 400, "请按其中一个按钮"),
        ({"act": "note"}, 400, "请写点什么，或选一张照片"),
        ({"act": "close"}, 400, "请写发现了什么、做了什么"),
        ({"act": "close", "note": 401 * "x"}, 400, "最多"),
        ({"act": "note", "photo": (BytesIO(b"no picture"), "x.jpg")}, 400, "照片"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(
    app: App, technician: FlaskClient, form: dict[str, Any], status: int, words: str
) -> None:
    path = f"/nodes/qf-001/items/{falling(app).id}"
    assert words in send(technician, path, status, **form)
    assert falling(app).closed is None


def test_an_item_of_another_node_or_a_closed_one_is_not_changed(
    app: App, technician: FlaskClient
) -> None:
    number = falling(app).id
    words = "这一条已关闭，或属于别的设备"
    assert words in send(technician, f"/nodes/qf-002/items/{number}", 409, act="seen")
    send(technician, f"/nodes/qf-001/items/{number}", act="close", note="done")
    assert words in send(technician, f"/nodes/qf-001/items/{number}", 409, act="seen")


def test_too_many_photos_are_refused(
    app: App, technician: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collector.store.advice import photos

    monkeypatch.setattr(photos, "MOST_A_DAY", 0)
    path = f"/nodes/qf-001/items/{falling(app).id}"
    text = send(technician, path, 409, act="note", photo=jpeg())
    assert "这块地今天已有 0 张照片：这次请不要带照片" in text


def test_an_officer_reads_and_changes_nothing(app: App) -> None:
    officer = client_of(app, "officer")
    page = text_of(officer, "/nodes/qf-001")
    assert "data-offline" not in page
    assert "/commission" not in page
    send(officer, f"/nodes/qf-001/items/{falling(app).id}", 403, act="seen")


# Commissioning -------------------------------------------------------------------------------

PLACE = {"field": "qf-liuge-1", "longitude": "115.14321", "latitude": "36.01234"}
CAME = "2016-05-08T05:50:00Z"


def test_a_label_leads_to_the_commissioning_of_its_node(technician: FlaskClient) -> None:
    page = text_of(technician, "/nodes/qf-001/label")
    assert "http://localhost/nodes/qf-001/commission" in page
    assert '<svg class="qr"' in page


def test_the_self_test_tells_pass_fail_and_missing(app: App, technician: FlaskClient) -> None:
    with app.pool.connection() as conn, conn.cursor() as cur:
        for placement, change in (
            ("qf-liuge-1-t", "value = 99, qc = 8"),
            ("qf-liuge-1-rh", "value = NULL, qc = 128"),
        ):
            cur.execute(
                f"UPDATE series_tail SET {change} WHERE series_id = "
                "(SELECT id FROM series WHERE placement = %s)",
                (placement,),
            )
    page = text_of(technician, f"/nodes/qf-001/commission?since={CAME}&lang=en")
    results = re.findall(r'<span class="status">(\w+)</span>', page)
    assert results == ["pass", "fail", "missing", "pass", "pass", "pass", "pass"]
    assert "−40 to 60 °C" in page
    later = text_of(technician, "/nodes/qf-001/commission?since=2016-05-08T06:19:00Z&lang=en")
    assert set(re.findall(r'<span class="status">(\w+)</span>', later)) == {"missing"}


LIVE = "/nodes/qf-001/commission/live"


def test_values_are_read_anew_until_all_has_passed(app: App, technician: FlaskClient) -> None:
    came = "2016-05-08T06:19:00Z"
    assert f'href="{LIVE}?since={came}"' in text_of(
        technician, f"/nodes/qf-001/commission?since={came}"
    ).replace("%3A", ":")
    answer = technician.get(f"{LIVE}?since={came}&lang=en")
    seconds, _, address = answer.headers["Refresh"].partition("; url=")
    assert int(seconds) == 10
    again = technician.get(address)
    assert again.status_code == 200
    assert again.headers["Refresh"] == answer.headers["Refresh"], "it began when it began"
    assert "missing" in answer.text
    assert "Read at 14:20:00." in answer.text
    assert not re.search(r"<(input|textarea|select|form)", answer.text.split("<main")[1])
    passed = technician.get(f"{LIVE}?since={CAME}&lang=en")
    assert "Refresh" not in passed.headers
    assert "All has passed" in passed.text


@pytest.mark.parametrize(
    "query", ["", "?since=2016-05-08T06:19:00Z&stop=1", "?since=x&begun=2016-05-08T06:05:00Z"]
)
def test_values_are_not_read_anew_unasked_or_stopped_or_for_long(
    technician: FlaskClient, query: str
) -> None:
    answer = technician.get(LIVE + query)
    assert answer.status_code == 200
    assert "Refresh" not in answer.headers
    assert "这一页现在不会自动刷新" in answer.text
    assert "自动刷新" in answer.text


def test_what_is_typed_is_on_no_page_that_reads_anew(technician: FlaskClient) -> None:
    for path in ("/nodes/qf-001/commission", "/nodes/qf-001", "/nodes"):
        answer = technician.get(f"{path}?since=2016-05-08T06:19:00Z")
        assert "Refresh" not in answer.headers
        assert "http-equiv" not in answer.text


def test_a_node_is_signed_off_with_place_and_time(app: App, technician: FlaskClient) -> None:
    send(technician, "/nodes/qf-001/commission", since=CAME, **PLACE)
    node = facts(app, "qf-001")
    assert (node.longitude, node.latitude, node.surveyed) == (115.14321, 36.01234, True)
    with app.pool.connection() as conn:
        (past,) = nodes.history(conn, "qf-001")
    assert (past.kind, past.at, past.received, past.name) == ("signed_off", NOW, NOW, "technician")
    assert set(past.detail["checks"].values()) == {"pass"}  # type: ignore[attr-defined]
    assert ("node_signed_off", "qf-001") in audit_of(app)
    assert "where it was signed off" in text_of(technician, "/nodes/qf-001?lang=en")


def test_what_was_signed_without_coverage_keeps_its_own_time(
    app: App, technician: FlaskClient
) -> None:
    waited = {"entry_written": "1000", "entry_sent": str(1000 + 3 * 3600 * 1000)}
    send(technician, "/nodes/qf-001/commission", since="2016-05-08T03:00:00Z", **PLACE, **waited)
    with app.pool.connection() as conn:
        (past,) = nodes.history(conn, "qf-001")
    assert (past.at, past.received) == (NOW - timedelta(hours=3), NOW)
    page = text_of(technician, "/nodes/qf-001?lang=en")
    assert re.search(r"sent <time[^>]*>8 May, 14:20", page)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"since": "2016-05-08T06:19:00Z"}, "自检没有全部通过：请写明为什么仍然验收"),
        ({"longitude": ""}, "请填一个数"),
        ({"latitude": "115"}, "31"),
        ({"field": "py-bagongqiao-1"}, "请"),
        ({"field": "qf-liuge-2"}, "那块地里已有设备 qf-002 在测"),
    ],
)
def test_what_is_wrong_with_a_signature_is_said_and_nothing_kept(
    app: App, technician: FlaskClient, changes: dict[str, str], words: str
) -> None:
    form = {"since": CAME} | PLACE | changes
    text = send(technician, "/nodes/qf-001/commission", 422, **form)
    assert 'aria-invalid="true"' in text
    assert words in text
    assert not facts(app, "qf-001").surveyed


def test_an_odd_arrival_counts_as_now(technician: FlaskClient) -> None:
    for since in ("x", "2016-05-08T06:00:00", "2999-01-01T00:00:00Z"):
        page = text_of(technician, f"/nodes/qf-001/commission?since={since}&lang=en")
        assert 'value="2016-05-08T06:20:00Z"' in page


def test_a_node_without_a_key_is_told_before_it_is_put_up(technician: FlaskClient) -> None:
    page = text_of(technician, "/nodes/qf-004/commission?lang=en")
    assert "This node has no key that counts" in page


# Handing over --------------------------------------------------------------------------------


def test_a_node_is_replaced_and_the_place_is_the_new_ones(
    app: App, technician: FlaskClient
) -> None:
    send(technician, "/nodes/qf-004/handover", way="retire", reason="spare")
    send(technician, "/nodes/qf-001/handover", way="replace", by="qf-004", reason="lightning")
    assert facts(app, "qf-004").field == "qf-liuge-1"
    assert facts(app, "qf-001").state(NOW) == "retired"
    page = text_of(technician, "/nodes/qf-004?lang=en")
    assert "Took over from node qf-001" in page
    assert "lightning" in page
    assert page.count('class="chart"') == 6, "the curves of the place go on"
    assert "Replaced by node qf-004" in text_of(technician, "/nodes/qf-001?lang=en")
    assert ("node_replaced", "qf-001") in audit_of(app)


def test_a_probe_is_replaced_and_its_curve_goes_on(app: App, technician: FlaskClient) -> None:
    path = "/nodes/qf-001/handover"
    send(technician, path, way="probe", channel=["3", "4"], reason="cable bitten")
    page = text_of(technician, "/nodes/qf-001?lang=en")
    assert "Probe replaced: Soil moisture, Soil temperature" in page
    assert page.count('class="chart"') == 6
    assert ("probe_replaced", "qf-001") in audit_of(app)


def test_a_node_moves_retires_and_is_revoked(app: App, technician: FlaskClient) -> None:
    send(technician, "/nodes/qf-004/handover", way="retire", reason="broken")
    send(technician, "/nodes/qf-001/handover", way="move", field="qf-mazhuangqiao-2", reason="rice")
    assert facts(app, "qf-001").field == "qf-mazhuangqiao-2"
    send(technician, "/nodes/qf-002/handover", way="revoke", reason="stolen")
    assert facts(app, "qf-002").state(NOW) == "revoked"
    with app.pool.connection() as conn:
        assert [row.revoked for row in registry.nodes(conn, "qf-002")] == [NOW]
    done = [each for each in audit_of(app) if each[0] in ("node_moved", "node_revoked")]
    assert done == [("node_moved", "qf-001"), ("node_revoked", "qf-002")]


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"way": "x"}, 400, "请按其中一个按钮"),
        ({"way": "retire"}, 422, "请写原因：它会记在设备的经历里"),
        ({"way": "retire", "reason": 201 * "x"}, 422, "最多"),
        ({"way": "replace", "by": "nothing", "reason": "x"}, 422, "没有这台设备"),
        ({"way": "replace", "by": "qf-001", "reason": "x"}, 422, "它已经在那里了"),
        ({"way": "replace", "by": "qf-002", "reason": "x"}, 422, "设备 qf-002 正用于另一块地"),
        ({"way": "move", "field": "nowhere", "reason": "x"}, 422, "没有这块地"),
        ({"way": "move", "field": "qf-liuge-2", "reason": "x"}, 422, "那里已有设备 qf-002 在测"),
        ({"way": "probe", "reason": "x"}, 422, "请选择新探头测的是哪些量"),
    ],
)
def test_what_is_wrong_with_a_handing_over_is_said_and_nothing_done(
    app: App, technician: FlaskClient, form: dict[str, str], status: int, words: str
) -> None:
    assert words in send(technician, "/nodes/qf-001/handover", status, **form)
    with app.pool.connection() as conn:
        assert nodes.history(conn, "qf-001") == []
    assert facts(app, "qf-001").field == "qf-liuge-1"


def test_a_node_of_another_board_cannot_take_over_what_it_does_not_measure(
    app: App, technician: FlaskClient
) -> None:
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("INSERT INTO node (id, board, field) VALUES ('bare-1', 'x', 'qf-liuge-1')")
    text = send(technician, "/nodes/qf-001/handover", 422, way="replace", by="bare-1", reason="x")
    assert "设备 bare-1 没有测" in text
