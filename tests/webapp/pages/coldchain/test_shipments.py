"""Shipments as both sides and inspectors see them; what cannot be done is said."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from flask.testing import FlaskClient

from collector.store import audit, items
from collector.store.coldchain import assets, shipments
from collector.store.coldchain.shipments import Line
from collector.store.items import Found
from collector.store.lots import lots
from collector.store.lots.lots import Bought
from field_configs.events import event
from tests.webapp.pages.coldchain.conftest import NOW, Scene
from tests.webapp.pages.my.world import key
from webapp.views.coldchain.load import load_rows


def post(client: FlaskClient, path: str, page: str = "", **form: str):
    entry = key(client.get(page or path).text)
    return client.post(path, data={"entry_key": entry} | form)


def english(client: FlaskClient, path: str) -> str:
    text = client.get(f"{path}?lang=en").text
    client.get("/?lang=zh_CN")  # a language that was asked for stays
    return text


def test_a_shipment_tells_its_story(scene: Scene) -> None:
    page = english(scene.seller, f"/shipments/{scene.code}")
    assert "Garlic scapes · 400 kg".lower() in page.lower()
    assert "柳格合作社 → 郑州批发市场" in page
    assert "A limit breaks in" in page
    assert "a door was open" in page
    assert "No data:" in page
    assert page.count('class="limit"') == 6
    assert page.count('class="gap"') == 2
    assert "85 to 95 %" in page
    assert "least 82.0, greatest 92.0 %" in page
    assert "Belongs to" not in page
    assert "of 柳格合作社" in page
    assert "The whole load" not in page
    assert "114.50000° E, 35.50000° N" in page
    assert "Not verified for this product" in page
    assert "No check of it was written down." in page
    left = re.search(
        r"Life left at 0.0 °C</span><b class=\"num\">([0-9.]+) to ([0-9.]+) days", page
    )
    assert left is not None
    assert 0 < float(left[1]) < float(left[2]) < 90
    assert "Say whether" not in page
    assert "气温" not in scene.seller.get(f"/shipments/{scene.code}").text, (
        "of goods, not of the air"
    )


def test_both_sides_and_inspectors_see_it_and_nobody_else(scene: Scene) -> None:
    path = f"/shipments/{scene.code}"
    for client in (scene.seller, scene.buyer):
        assert scene.code in client.get("/shipments/").text
        assert client.get(path).status_code == 200
    assert scene.stranger.get(path).status_code == 404
    assert scene.code not in scene.stranger.get("/shipments/").text
    assert "recalls/new?logger=lg-001" not in scene.seller.get(path).text
    assert "recalls/new?logger=lg-001" in scene.inspector.get(path).text
    with scene.app.pool.connection() as conn:
        noted = audit.entries(conn, action="shipment_seen", object_=scene.code, limit=9)
        seen = audit.entries(conn, action="shipment_seen", limit=9)
    assert len(noted or seen) == 1
    assert scene.stranger.post(f"{path}/handover").status_code == 404


def test_an_alarm_stands_above_all(scene: Scene) -> None:
    said = event(
        "cold_limit_near",
        shipment=scene.code,
        product="garlic_scape",
        celsius="0.4",
        minutes=20,
    )
    with scene.app.pool.connection() as conn:
        items.raise_items(conn, [Found(said, scene.code, "lg-001")], NOW)
    assert "20 分钟后会超出允许温度" in scene.buyer.get(f"/shipments/{scene.code}").text
    assert "货物快要超温" in scene.buyer.get("/shipments/").text


def test_what_cannot_be_sent_is_said_in_both_languages(scene: Scene) -> None:
    asset = str(scene.world.truck.id)
    form = {"lot": scene.world.lot, "weight": "5000", "asset": asset, "receiver": "market"}
    zh = post(scene.seller, "/shipments/new", **form)
    assert zh.status_code == 422
    assert "只有 600 公斤可以发" in zh.text
    en = post(scene.seller, "/shipments/new?lang=en", **form)
    assert "600 kg of lot" in en.text
    none = post(scene.seller, "/shipments/new?lang=en", **{**form, "lot": "L1", "weight": "1"})
    assert "There is no lot L1" in none.text
    scene.seller.get("/?lang=zh_CN")
    theirs = post(scene.seller, "/shipments/new", **{**form, "asset": "99"})
    assert theirs.status_code == 422


def test_assets_are_ones_own(scene: Scene) -> None:
    made = post(scene.buyer, "/assets/", kind="store_room", name="一号库", uri="")
    assert made.status_code == 303
    path = made.headers["Location"]
    assert scene.seller.get(path).status_code == 404
    taken = post(scene.buyer, f"{path}/attach", path, node="LG-001")
    assert taken.status_code == 409
    assert "归柳格合作社所有" in taken.text
    en = post(scene.buyer, f"{path}/attach?lang=en", path, node="lg-001")
    assert "lg-001 belongs to 柳格合作社: they alone attach it" in en.text
    scene.buyer.get("/?lang=zh_CN")
    assert "lg-001" in scene.seller.get("/assets/").text
    assert "柳格合作社" in scene.seller.get(f"/assets/{scene.world.truck.id}").text
    never = post(scene.buyer, f"{path}/detach", path)
    assert never.status_code == 409
    field = post(scene.buyer, f"{path}/attach", path, node="qf-001")
    assert "安在田里" in field.text
    bad = post(scene.buyer, "/assets/", kind="box", name="箱", uri="box 7")
    assert bad.status_code == 422


def test_a_check_is_due_and_then_overdue(scene: Scene) -> None:
    path = f"/assets/{scene.world.truck.id}"
    wrong = post(scene.seller, f"{path}/check", path, day="2016-05-01", due="2016-04-01", by="所")
    assert wrong.status_code == 422
    assert "下次校验要晚于" in wrong.text
    for day, due, word in (
        (date(2014, 5, 1), date(2015, 5, 1), "已超期"),
        (date(2016, 5, 1), date(2017, 5, 1), "下次"),
    ):
        kept = post(scene.seller, f"{path}/check", path, day=str(day), due=str(due), by="计量所")
        assert kept.status_code == 303
        assert word in scene.seller.get(f"/shipments/{scene.code}").text


def test_the_receiver_disputes_with_their_own_thermometer(scene: Scene) -> None:
    path = f"/shipments/{scene.code}"
    mute = post(scene.buyer, f"{path}/handover", path, verdict="disputed", celsius="", note="")
    assert mute.status_code == 422
    assert "请说明货物有什么问题" in mute.text
    sender = post(scene.seller, f"{path}/handover", "/assets/", verdict="accepted")
    assert sender.status_code == 409
    said = post(
        scene.buyer, f"{path}/handover", path, verdict="disputed", celsius="3.5", note="软条"
    )
    assert said.status_code == 303
    page = english(scene.seller, path)
    assert "disputed" in page
    assert re.search(r"receiver.{1,5}s thermometer 3\.5 °C", page)
    assert re.search(r"logger 0\.[0-9] °C", page)
    again = post(scene.buyer, f"{path}/handover", "/assets/", verdict="accepted")
    assert again.status_code == 409
    assert "已经交接过" in again.text


def lots_of(scene: Scene, *produce: str) -> list[str]:
    came = Bought("commitment", "C2", "柳格农户", "", NOW.date())
    with scene.app.pool.connection() as conn:
        return [
            lots.buy(conn, each, 100.0, "濮阳柳格", came, None, None, scene.world.who)
            for each in produce
        ]


def test_several_lots_are_sent_with_one_form(scene: Scene) -> None:
    codes = lots_of(scene, "tomato", "garlic_scape")
    form = {
        "lot": scene.world.lot,
        "weight": "50",
        "more-2-lot": codes[0],
        "more-2-weight": "60",
        "more-3-lot": codes[1],
        "more-3-weight": "70",
        "asset": str(scene.world.truck.id),
        "receiver": "market",
    }
    for empty in ("more-2-weight", "more-2-lot"):
        half = post(scene.seller, "/shipments/new", **form | {empty: ""})
        assert half.status_code == 422
        assert "<details open>" in half.text
    for language, said in (
        ("zh", f"批次 {codes[0]} 在这车货里写了两次"),
        ("en", f"Lot {codes[0]} stands twice in the load"),
    ):
        path = f"/shipments/new?lang={language}"
        assert said in post(scene.seller, path, **form | {"more-3-lot": codes[0]}).text
    scene.seller.get("/?lang=zh_CN")
    sent = post(scene.seller, "/shipments/new", **form)
    assert sent.status_code == 303, sent.text
    with scene.app.pool.connection() as conn:
        load = shipments.of_load(conn, sent.headers["Location"].rsplit("/", 1)[1])
    assert sorted(each.weight_kg for each in load) == [50, 60, 70]


def test_a_load_of_several_lots_is_shown_and_handed_over_lot_by_lot(scene: Scene) -> None:
    made = lots_of(scene, "tomato", "garlic_scape", "garlic_scape")
    kinds = ("tomato", "garlic_scape", "garlic_scape")
    lines = [Line(lot, 40.0, product) for lot, product in zip(made, kinds, strict=True)]
    with scene.app.pool.connection() as conn:
        world = scene.world
        parties = (world.sender, world.receiver.id)
        who = replace(world.who, at=NOW)
        given = (lines, world.truck.id, parties, who, NOW - timedelta(hours=2))
        codes = shipments.ship_together(conn, *given)
    path, bad = (f"/shipments/{code}" for code in codes[:2])
    page = english(scene.seller, path)
    assert page.split('id="load"')[1].split("</section>")[0].count("<li>") == 3
    listed = scene.buyer.get("/shipments/").text
    assert listed.count(codes[0]) >= 1
    assert codes[1] not in listed
    one = {"verdict": "disputed", "celsius": "", "note": "软", "whole": ""}
    assert post(scene.buyer, f"{bad}/handover", bad, **one).status_code == 303
    assert "disputed" in english(scene.buyer, path)
    rest = {"verdict": "accepted", "celsius": "12.5", "note": "", "whole": "whole"}
    assert "剩下的 2 批" in scene.buyer.get(path).text
    assert post(scene.buyer, f"{path}/handover", path, **rest).status_code == 303
    with scene.app.pool.connection() as conn:
        ended = {each.code: each.handover for each in shipments.of_load(conn, codes[0])}
    assert [bool(said and said.accepted) for said in map(ended.get, codes)] == [True, False, True]
    assert "有异议" in scene.buyer.get("/shipments/").text
    assert scene.stranger.get(path).status_code == 404


def test_what_stands_worst_stands_first(scene: Scene) -> None:
    with scene.app.pool.connection() as conn:
        (scapes,) = [each for each in shipments.newest(conn) if each.code == scene.code]
    load = [
        replace(scapes, code=code, product=product, handover=None)
        for code, product in (("B", "tomato"), ("A", "garlic_scape"))
    ]
    with scene.app.test_request_context("/?lang=en"), scene.app.pool.connection() as conn:
        rows = load_rows(conn, load, NOW)
    assert [each.shipment.code for each in rows] == ["B", "A"]
    assert [each.tone for each in rows][0] == "high"


def test_a_logger_that_hung_there_before_is_attached_since_then(scene: Scene) -> None:
    with scene.app.pool.connection() as conn:
        assets.give(conn, "lg-001", "coop", "test", NOW)
        box = assets.add(conn, "box", "旧箱", scene.world.sender, NOW, "张三")
    path = f"/assets/{box.id}"
    for language, since, said in (
        ("zh", NOW + timedelta(hours=1), "时间还没有到：现在是"),
        ("en", NOW + timedelta(hours=1), "This is still to come: it is"),
        ("zh", NOW - timedelta(days=61), "时间太早"),
        ("en", NOW - timedelta(days=61), "This is too long ago"),
        ("zh", NOW - timedelta(hours=1), "已经装在豫J12345"),
    ):
        given = {"node": "lg-001", "since": since.isoformat()}
        answer = post(scene.seller, f"{path}/attach?lang={language}", path, **given)
        assert (answer.status_code in (409, 422), said in answer.text) == (True, True)
    scene.seller.get("/?lang=zh_CN")
    with scene.app.pool.connection() as conn:
        assets.detach(conn, "lg-001", scene.world.sender, "张三", NOW - timedelta(minutes=30))
    early = {"node": "lg-001", "since": (NOW - timedelta(hours=1)).isoformat()}
    assert "请从那以后再装" in post(scene.seller, f"{path}/attach", path, **early).text
    since = NOW - timedelta(minutes=20)
    right = {"node": "lg-001", "since": since.isoformat()}
    assert post(scene.seller, f"{path}/attach", path, **right).status_code == 303
    with scene.app.pool.connection() as conn:
        (ride,) = assets.attachments(conn, box.id)
    assert ride.since == since
