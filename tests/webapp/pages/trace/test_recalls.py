"""Recalls and drills as an inspector works with them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from collector.store import people
from collector.store.trace import members, parties
from collector.store.trace.parties import Party
from tests.webapp.conftest import seed_module
from tests.webapp.pages.my.world import db_rows, key
from tests.webapp.pages.trace.test_lots import garlic, harvest
from tests.webapp.pages.trace.test_register import code_of
from tests.webapp.people import client_of
from webapp.app.database import App
from webapp.views.trace.flow import MOST_DRAWN

NOW = seed_module.NOW


def begin(client: FlaskClient, start: str, lang: str = "zh", **other: str) -> Any:
    page = client.get("/register/recalls/new")
    given = {"start": start, "kind": "recall", "grade": "1", "reason": "克百威超标"}
    given |= {"entry_key": key(page.text)} | other
    return client.post(f"/register/recalls/new?lang={lang}", data=given)


def act(client: FlaskClient, address: str, what: str, lang: str = "zh", **given: Any) -> Any:
    page = client.get(address)
    given = {"entry_key": key(page.text)} | given
    return client.post(f"{address}/{what}?lang={lang}", data=given)


def owner_of(app: App, lot: str) -> str:
    with app.pool.connection() as conn:
        ((person,),) = db_rows(conn, "SELECT whose FROM lot WHERE code = %s", lot)
    return f"party:person-{person}"


def tell_of_boxes(app: App, lot: str, count: int) -> None:
    """A packer packs a lot into boxes; somebody of it has a number."""
    with app.pool.connection() as conn:
        ((uri,),) = db_rows(conn, "SELECT uri FROM lot WHERE code = %s", lot)
        person = people.add(
            conn, "老李", datetime.now(UTC), phone=f"+86139{abs(hash(lot)) % 10**8:08}"
        )
        parties.add(conn, Party("packer", "濮阳包装厂"), NOW)
        members.join(conn, person.id, "packer", NOW)
        event = {
            "type": "TransformationEvent",
            "eventTime": NOW.isoformat(),
            "eventTimeZoneOffset": "+08:00",
            "bizStep": "packing",
            "inputQuantityList": [{"epcClass": uri, "quantity": 800, "uom": "KGM"}],
            "outputEPCList": [
                f"https://trace.example.cn/subject/410922000123/obj/{lot[-6:]}-{n}"
                for n in range(count)
            ],
        }
        members.tell(conn, Party("packer", "濮阳包装厂"), [event], NOW)


def test_a_recall_goes_from_the_list_to_the_report(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    tell_of_boxes(app, lot, 3)
    assert f"recalls/new?start={lot}" in inspector.get(f"/register/{lot}").text
    answer = begin(inspector, lot)
    assert answer.status_code == 303, answer.text
    address = answer.location
    number = code_of(address)
    assert re.fullmatch(r"R160508-[2-9A-Z]{10}", number)
    page = inspector.get(address).text
    assert "濮阳包装厂" in page
    assert page.count('class="thing"') == 6
    assert "这是演练" not in page
    assert "这一批已召回" in inspector.get(f"/register/{lot}").text
    told = act(inspector, address, "tell", holder=["party:packer"], text=["请停止销售"])
    assert told.status_code == 303, told.text
    assert "等待发出 1 条" in inspector.get(address).text.replace("短信", "")
    with app.pool.connection() as conn:
        rows: Any = db_rows(
            conn, "SELECT text, state FROM recall_message WHERE recall = %s", number
        )
    assert rows == [("请停止销售", "queued")]
    given = {"holder": "party:packer", "found": "600", "destroyed": "100", "sold": "200"}
    assert act(inspector, address, "answer", **given).status_code == 303
    closed = act(inspector, address, "close", reason="已处理")
    assert closed.status_code == 303
    report = inspector.get(closed.location).text
    assert "75.0 %" in report
    assert "100.0 %" in report
    assert number in inspector.get("/register/recalls/").text
    table = inspector.get(f"{address}/list.csv").get_data(as_text=True)
    assert len(table.splitlines()) == 5
    assert f"lot,{lot},蒜薹,0,濮阳包装厂" in table
    with app.pool.connection() as conn:
        told = db_rows(conn, "SELECT action FROM audit_entry WHERE object = %s", number)
    assert {action for (action,) in told} >= {
        "recall_started",
        "recall_told",
        "recall_answered",
        "recall_closed",
        "recall_seen",
    }


def test_who_has_no_number_is_to_be_called_and_nothing_can_be_sent(
    app: App, inspector: FlaskClient
) -> None:
    nobody = client_of(app, "administrator")
    lot = code_of(harvest(nobody, garlic(nobody)))
    page = inspector.get(begin(inspector, lot).location).text
    assert "短信通知不到任何持有人" in page
    assert "要打电话或上门的" in page
    assert "发送短信" not in page


def test_a_drill_says_so_on_every_page_and_touches_nothing(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    answer = begin(inspector, lot, kind="drill")
    address = answer.location
    number = code_of(address)
    assert number[0] == "D"
    for path in (address, f"{address}/report"):
        assert "这是演练" in inspector.get(f"{path}?lang=zh").text
        assert "This is a drill" in inspector.get(f"{path}?lang=en").text
    inspector.get("/?lang=zh")
    assert "演练" in inspector.get(f"{address}/list.csv").get_data(as_text=True)
    assert "已召回" not in inspector.get(f"/register/{lot}").text
    telling = act(inspector, address, "tell", holder=[owner_of(app, lot)], text=["x"])
    assert telling.status_code == 404
    assert act(inspector, address, "look").status_code == 303
    assert act(inspector, address, "close", reason="练完").status_code == 303
    page = inspector.get("/register/recalls/").text
    real, drills = page.split('id="drills"')
    assert number not in real
    assert number in drills
    assert "100.0 %" in drills
    assert begin(inspector, lot, kind="drill").status_code == 303


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_cannot_be_recalled_is_said_in_plain_words(
    app: App, farmer: FlaskClient, inspector: FlaskClient, language: str
) -> None:
    field = garlic(farmer)
    nothing = begin(inspector, field, language)
    said = {"zh": "这块地还没有登记过收获", "en": "No lot was harvested from this field"}
    assert (nothing.status_code, said[language] in nothing.text) == (409, True)
    lot = code_of(harvest(farmer, field))
    elsewhere = client_of(app, "inspector", "county", "410928")
    for start in (lot, field, "L1"):
        outside = begin(elsewhere, start, language)
        said = {
            "zh": "您的监管范围内没有这一批或这块地",
            "en": "There is no such lot or field where you inspect.",
        }
        assert (outside.status_code, said[language] in outside.text) == (422, True)
    bare = begin(inspector, lot, language, kind="", reason="")
    said = {"zh": "请选是真召回还是演练", "en": "Say whether it is a recall or a drill."}
    assert (bare.status_code, said[language] in bare.text) == (422, True)
    address = begin(inspector, lot).location
    again = begin(inspector, lot, language)
    said = {"zh": "以前已经召回", "en": "This was recalled before"}
    assert (again.status_code, said[language] in again.text) == (409, True)
    assert code_of(address) in again.text
    assert elsewhere.get(address).status_code == 404
    said = {"zh": "您的监管范围内没有这次召回", "en": "There is no such recall where you inspect."}
    assert said[language] in elsewhere.get(f"{address}?lang={language}").text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_wrong_answers_and_texts_are_shown_beside_what_is_wrong(
    app: App, farmer: FlaskClient, inspector: FlaskClient, language: str
) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    tell_of_boxes(app, lot, 1)
    address = begin(inspector, lot).location
    holder = {"holder": "party:packer"}
    more = {"found": "1", "destroyed": "2", "sold": "0"} | holder
    answer = act(inspector, address, "answer", language, **more)
    said = {"zh": "销毁的比找到的还多", "en": "More was destroyed than found"}
    assert (answer.status_code, said[language] in answer.text) == (422, True)
    nobody = act(
        inspector, address, "answer", language, **(more | {"holder": "party:x", "found": "3"})
    )
    said = {"zh": "最新清单上没有这个持有人", "en": "By the newest list nobody of this name"}
    assert (nobody.status_code, said[language] in nobody.text) == (409, True)
    long = act(inspector, address, "tell", language, text=["很" * 61], **holder)
    said = {"zh": "61 个字", "en": "This is 61 characters long"}
    assert (long.status_code, said[language] in long.text) == (422, True)
    assert "很" * 61 in long.text
    hidden = act(inspector, address, "tell", language, text=["停\u200b售"], **holder)
    assert (hidden.status_code, "U+200B" in hidden.text) == (422, True)
    assert act(inspector, address, "burn").status_code == 404
    bare = act(inspector, address, "close", language, reason="")
    assert bare.status_code == 422


@pytest.mark.parametrize("language", ["zh", "en"])
def test_of_two_who_close_a_recall_the_second_is_told_of_the_first(
    app: App, farmer: FlaskClient, inspector: FlaskClient, language: str
) -> None:
    address = begin(inspector, code_of(harvest(farmer, garlic(farmer)))).location
    other = client_of(app, "inspector")
    pages = [key(client.get(address).text) for client in (inspector, other)]
    first = inspector.post(f"{address}/close", data={"reason": "a", "entry_key": pages[0]})
    assert first.status_code == 303
    second = other.post(
        f"{address}/close?lang={language}", data={"reason": "b", "entry_key": pages[1]}
    )
    said = {"zh": "inspector 已在", "en": "inspector closed it on"}
    assert (second.status_code, said[language] in second.text) == (409, True)


def test_of_many_boxes_some_are_drawn_and_all_listed(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    tell_of_boxes(app, lot, 600)
    address = begin(inspector, lot, kind="drill").location
    page = inspector.get(address).text
    assert page.split('class="flow down"')[1].count("<rect") == MOST_DRAWN
    last = inspector.get(f"{address}?from=500").text
    assert last.count("<tr>") - 1 == 101
    assert len(inspector.get(f"{address}/list.csv").get_data(as_text=True).splitlines()) == 603
