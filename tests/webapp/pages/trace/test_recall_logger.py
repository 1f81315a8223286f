"""Recalls that begin with a logger, as an inspector starts them, and as others meet them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from collector.store.coldchain import assets
from collector.store.lots import lots
from collector.store.lots.lots import Bought
from collector.store.postgres import db
from models.weather.local_days import LOCAL
from tests.collector.store.coldchain.world import World
from tests.webapp.conftest import make_app, seed_module
from tests.webapp.load_on_its_way import load_on_its_way
from tests.webapp.pages.my.world import key
from tests.webapp.pages.trace.test_goods import boxes, done, events, step
from tests.webapp.pages.trace.test_recalls import act
from tests.webapp.pages.trace.test_register import code_of
from tests.webapp.people import client_as, client_of
from webapp.app.database import App

NOW = seed_module.NOW


@dataclass(frozen=True)
class Scene:
    """A load on its way with a logger, and who looks."""

    app: App
    world: World
    inspector: FlaskClient
    elsewhere: FlaskClient
    seller: FlaskClient


@pytest.fixture(scope="module")
def scene(postgres: Any, known_world: str) -> Iterator[Scene]:
    dsn = postgres.create(known_world)
    conn = db.connect(dsn)
    world, _ = load_on_its_way(conn, NOW)
    conn.commit()
    conn.close()
    app = make_app(dsn)
    app.config["WTF_CSRF_ENABLED"] = False
    city = client_of(app, "inspector")
    county = client_of(app, "inspector", "county", "410922")
    yield Scene(app, world, city, county, client_as(app, world.seller))
    app.pool.close()


def clock(hours: float) -> str:
    """So many hours before now, as a browser's field holds it."""
    return f"{(NOW - timedelta(hours=hours)).astimezone(LOCAL):%Y-%m-%dT%H:%M}"


def begin(client: FlaskClient, lang: str = "zh", **other: str) -> Any:
    page = client.get("/register/recalls/new?logger=lg-001")
    given = {"logger": "lg-001", "since": clock(3), "until": clock(1), "kind": "drill"}
    given |= {"grade": "1", "reason": "超温", "entry_key": key(page.text)} | other
    return client.post(f"/register/recalls/new?lang={lang}", data=given)


def test_a_recall_by_a_logger_goes_from_the_form_to_the_report(scene: Scene) -> None:
    form = scene.inspector.get("/register/recalls/new?logger=lg-001").text
    assert '<option value="lg-001" selected>lg-001 · 豫J12345' in form
    assert form.count('type="datetime-local"') == 2
    answer = begin(scene.inspector)
    assert answer.status_code == 303, answer.text
    page = scene.inspector.get(answer.location).text
    assert "和记录仪在一起的货" in page
    assert scene.world.lot in page.split('id="rode"')[1].split("</section>")[0]
    assert "400 公斤" in page
    assert 'class="flow down"' in page
    assert "柳格合作社" in page
    report = scene.inspector.get(f"{answer.location}/report").text
    assert 'id="rode"' in report
    table = scene.inspector.get(f"{answer.location}/list.csv").get_data(as_text=True)
    assert f"lot,{scene.world.lot}" in table
    assert act(scene.inspector, answer.location, "look").status_code == 303
    number = code_of(answer.location)
    assert number in scene.inspector.get("/register/recalls/").text
    with scene.app.pool.connection() as conn:
        ((detail,),) = db_detail(conn, number)
    assert detail["start"] == "lg-001"
    assert datetime.fromisoformat(detail["since"]).utcoffset() == timedelta(hours=8)


def db_detail(conn: Any, number: str) -> list[tuple[dict[str, Any]]]:
    with conn.cursor() as cur:
        cur.execute(
            "SELECT detail FROM audit_entry WHERE action = 'drill_started' AND object = %s",
            (number,),
        )
        return list(cur.fetchall())


@pytest.mark.parametrize(
    ("given", "status", "zh", "en"),
    [
        (
            {"since": clock(1), "until": clock(3)},
            409,
            "结束早于开始",
            "It ends before it begins: turn the two times round.",
        ),
        ({"until": clock(-5)}, 409, "结束时间还没有到", "The second time is still to come"),
        (
            {"since": clock(9), "until": clock(8)},
            409,
            "没有装在任何车、库、箱里。它装过：豫J12345 2016-05-",
            "lg-001 rode in nothing in this time. It rode: 豫J12345",
        ),
        ({"logger": "lg-009"}, 422, "请从中选一个。", "Choose one of these."),
        ({"logger": ""}, 422, "请选一个记录仪", "Choose a logger."),
        ({"since": ""}, 422, "请填日期和时", "Write day and time, such as"),
        ({"until": "昨天"}, 422, "请填日期和时", "Write day and time, such as"),
        ({"since": "0001-01-01T00:00"}, 422, "时间太早", "This is too long ago"),
    ],
)
def test_what_is_wrong_with_the_times_is_said(
    scene: Scene, given: dict[str, str], status: int, zh: str, en: str
) -> None:
    for lang, said in (("zh", zh), ("en", en)):
        answer = begin(scene.inspector, lang, **given)
        assert answer.status_code == status
        assert said in answer.text
        assert "超温" in answer.text
    scene.inspector.get("/?lang=zh_CN")


def test_nothing_known_to_have_been_with_it_is_said(scene: Scene) -> None:
    with scene.app.pool.connection() as conn:
        box = assets.add(conn, "box", "空箱", scene.world.sender, NOW, "张三")
    with scene.app.pool.connection() as conn:
        at = NOW - timedelta(minutes=30)
        assets.detach(conn, "lg-001", scene.world.sender, "张三", at)
    with scene.app.pool.connection() as conn:
        of = ("lg-001", box.id, scene.world.sender, "张三", NOW - timedelta(minutes=20))
        assets.attach(conn, *of)
    nothing = begin(scene.inspector, since=clock(0.25), until=clock(0))
    assert nothing.status_code == 409
    assert "没有记录表明这段时间有货和 lg-001 在一起（空箱）" in nothing.text
    en = begin(scene.inspector, "en", since=clock(0.25), until=clock(0))
    assert "nothing is known to have been with lg-001 (in 空箱)" in en.text
    scene.inspector.get("/?lang=zh_CN")


def test_who_inspects_a_part_recalls_only_what_grew_there(scene: Scene) -> None:
    for lang, said in (
        ("zh", "有些产自您监管范围以外"),
        ("en", "Some of what was with it grew where you do not inspect"),
    ):
        answer = begin(scene.elsewhere, lang)
        assert (answer.status_code, said in answer.text) == (422, True)
    assert scene.seller.get("/register/recalls/new?logger=lg-001").status_code == 403


def test_boxes_in_a_truck_of_a_plate_are_recalled_with_it(scene: Scene) -> None:
    earlier = {"done_at": clock(2.5)}
    with scene.app.pool.connection() as conn:
        came = Bought("commitment", "C3", "柳格农户", "", NOW.date())
        at = replace(scene.world.who, at=NOW - timedelta(hours=4))
        lot = lots.buy(conn, "garlic_scape", 100.0, "濮阳柳格", came, None, None, at)
    loaded, stayed = boxes(scene.seller, lot)
    done(scene.seller, "load", loaded, vehicle="豫j 12345", **earlier)
    ((document,),) = [[each] for each in events(scene.app, loaded) if each["bizStep"] == "loading"]
    assert document["nongqing:asset"] == scene.world.truck.uri
    answer = begin(scene.inspector, kind="recall", since=clock(2.6), until=clock(2.4))
    page = scene.inspector.get(answer.location).text
    rode = page.split('id="rode"')[1].split("</section>")[0]
    assert loaded in rode
    assert stayed not in rode
    for language, said in (("zh", f"{loaded} 已召回"), ("en", f"{loaded} is recalled")):
        refused = step(scene.seller, f"sell?lang={language}", loaded)
        assert said in refused.text
    scene.seller.get("/?lang=zh_CN")
    assert step(scene.seller, "load", stayed).status_code == 303


def test_a_real_recall_stops_the_lot_and_is_made_once(scene: Scene) -> None:
    answer = begin(scene.inspector, kind="recall")
    assert answer.status_code == 303, answer.text
    again = begin(scene.inspector, kind="recall")
    assert again.status_code == 409
    assert code_of(answer.location) in again.text
    with scene.app.pool.connection() as conn:
        lot = lots.find(conn, scene.world.lot)
    assert lot is not None
    assert "已召回" in scene.seller.get(f"/goods/{scene.world.lot}").text
