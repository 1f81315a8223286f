"""Goods on their way, as packer, carrier and store do it on their phones."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient
from PIL import Image, ImageDraw

from collector.store import audit
from collector.store.goods import units
from collector.store.trace import members, parties
from collector.store.trace.parties import Party
from models.exchange.epcis.schema import of_event
from models.trace.codes import check_character
from tests.webapp.conftest import seed_module
from tests.webapp.pages.my.world import db_rows, key, make, own_id, post
from tests.webapp.people import client_of
from webapp.app.database import App
from webapp.views.technician.qr import qr_matrix

NOW = seed_module.NOW
CODE = r"[BP][0-9]{6}-[2-9A-Z]{10}"


def lot_of(client: FlaskClient, weight: str = "800") -> str:
    """Harvest a lot and return its code."""
    field = own_id(make(client, crop="garlic", variety=""))
    given = {"produce": "garlic_scape", "weight": weight, "when": "0", "over": "no"}
    answer: Any = post(client, f"/lots/harvest/{field}", **given)
    return own_id(answer.location)


def step(client: FlaskClient, name: str, code: str, **given: str) -> Any:
    """Do a step as its page stands, at a place called 包装间 where no other is given."""
    whole = {"code": code, "place": "", "new_place": "包装间"} | given
    page = client.get(f"/goods/do/{name}")
    series = re.search(r'name="series" value="([0-9a-f]{24})"', page.text)
    assert series
    whole = {"series": series[1]} | whole
    return client.post(f"/goods/do/{name}", data={"entry_key": key(page.text)} | whole)


def done(client: FlaskClient, name: str, code: str, **given: str) -> str:
    answer = step(client, name, code, **given)
    assert answer.status_code == 303, answer.text.split("<main")[1]
    return str(answer.location)


def boxes(client: FlaskClient, lot: str, count: int = 2, weight: str = "10") -> list[str]:
    sheet = client.get(done(client, "pack", lot, boxes=str(count), weight=weight)).text
    return list(dict.fromkeys(re.findall(CODE, sheet)))


def pallet(client: FlaskClient) -> str:
    answer: Any = post(client, "/goods/pallets", count="1", place="", new_place="包装间")
    return str(re.findall(CODE, client.get(answer.location).text)[0])


def events(app: App, code: str) -> list[dict[str, Any]]:
    """What was told of a thing after its harvest, oldest first."""
    with app.pool.connection() as conn:
        rows: list[Any] = db_rows(
            conn,
            "SELECT e.document FROM trace_event e JOIN trace_term t ON t.event = e.id JOIN"
            " (SELECT uri, code FROM goods_unit UNION SELECT uri, code FROM lot) u"
            " ON u.uri = t.value WHERE u.code = %s ORDER BY e.id",
            code,
        )
    for (document,) in rows:
        assert list(of_event(document).iter_errors(document)) == []
    return [document for (document,) in rows if "ilmd" not in document]  # of a harvest


def hold(inspector: FlaskClient, lot: str, act: str = "held") -> None:
    page = inspector.get(f"/register/{lot}").text
    given = {"entry_key": key(page), "reason": "抽检不合格"}
    answer = inspector.post(f"/register/{lot}/{act}", data=given)
    assert answer.status_code == 303, answer.text


def test_a_lot_is_packed_stacked_carried_and_received(app: App, farmer: FlaskClient) -> None:
    lot = lot_of(farmer)
    seen = farmer.get(f"/goods/?code={lot.lower()}").text
    assert "800 公斤" in seen
    assert "柳格镇" in seen
    assert "装箱" in seen
    one, other = boxes(farmer, lot, 2, "12.5")
    assert "775 公斤" in farmer.get(f"/goods/{lot}").text
    (packed,) = events(app, one)
    assert packed["type"] == "AggregationEvent"
    assert packed["action"] == "ADD"
    assert packed["bizStep"] == "packing"
    assert packed["childQuantityList"][0] | {"epcClass": ""} == {
        "epcClass": "",
        "quantity": 12.5,
        "uom": "KGM",
    }
    assert packed["readPoint"] == packed["bizLocation"]
    assert packed["eventTimeZoneOffset"] == "+08:00"
    stack = pallet(farmer)
    (begun,) = events(app, stack)
    assert (begun["bizStep"], begun["action"]) == ("commissioning", "ADD")
    for each in (one, other):
        done(farmer, "onto", each, pallet=stack)
    page = farmer.get(f"/goods/{stack}").text
    assert "2 件" in page
    assert one in page
    assert stack in farmer.get(f"/goods/{one}").text
    assert "包装间" in page
    done(farmer, "load", stack, vehicle="豫J12345")
    carrier = client_of(app, "farmer")
    before = carrier.get(f"/goods/{stack}").text
    assert "您还没有登记过它" in before
    assert one not in before
    assert "豫J12345" not in before
    onward = done(carrier, "receive", stack, counted="1", note="少一箱", new_place="批发市场")
    said = carrier.get(onward).text
    assert "您点到 1，登记的是 2" in said
    assert "You counted 1, and by what was told 2" not in said
    received = events(app, stack)[-1]
    assert received["disposition"] == "mismatch_quantity"
    assert received["nongqing:note"] == "少一箱"
    after = carrier.get(f"/goods/{stack}").text
    assert one in after
    assert "豫J12345" in after
    assert "包装间" not in after
    assert "包装间" not in carrier.get("/goods/do/store").text
    # the boxes on it are named and what is in them is not: no event of the carrier's names them
    assert lot not in carrier.get(f"/goods/{one}").text
    done(carrier, "receive", stack, counted="2")
    assert events(app, stack)[-1]["persistentDisposition"] == {"set": ["completeness_verified"]}


#: Steps with a box: what the form asks for besides, and the words of the vocabulary.
BOX_STEPS = {
    "cool_in": ({}, "OBSERVE", "urn:nongqing:bizstep:cooling", "in_progress", True),
    "cool_out": ({}, "OBSERVE", "entering_exiting", "in_progress", False),
    "store": ({}, "OBSERVE", "storing", "in_progress", True),
    "load": ({"vehicle": "豫J1"}, "OBSERVE", "loading", "in_progress", False),
    "depart": ({"vehicle": "豫J1"}, "OBSERVE", "departing", "in_transit", False),
    "transport": ({}, "OBSERVE", "transporting", "in_transit", False),
    "receive": ({}, "OBSERVE", "receiving", "in_progress", True),
    "unpack": ({}, "DELETE", "unpacking", "in_progress", True),
    "sell": ({}, "OBSERVE", "retail_selling", "retail_sold", False),
    "destroy": ({"reason": "烂了"}, "DELETE", "destroying", "destroyed", False),
}


@pytest.mark.parametrize("name", BOX_STEPS)
def test_each_step_tells_its_event(app: App, farmer: FlaskClient, name: str) -> None:
    given, action, biz_step, disposition, stays = BOX_STEPS[name]
    (box,) = boxes(farmer, lot_of(farmer), 1)
    page = farmer.get(f"/goods/{box}").text
    assert f"/goods/do/{name}?code={box}" in page
    done(farmer, name, box, **given)
    told = events(app, box)[-1]
    assert told["action"] == action
    assert told["bizStep"] == biz_step
    assert told["disposition"] == disposition
    assert ("bizLocation" in told) is stays
    assert told["nongqing:step"] == name
    for field, text in given.items():
        assert told[f"nongqing:{field}"] == text
        assert text in farmer.get(f"/goods/{box}").text
    with app.pool.connection() as conn:
        (noted, *_) = reversed(audit.entries(conn, action="goods_told", object_=box, limit=9))
    assert noted.detail == {"step": name}


def test_the_check_of_events_can_fail() -> None:
    bad = {"type": "ObjectEvent", "eventTime": "x", "eventTimeZoneOffset": "+08:00"}
    assert isinstance(of_event(bad), jsonschema_rs.Draft7Validator)
    assert list(of_event(bad).iter_errors(bad))


def test_a_box_is_taken_off_and_out(app: App, farmer: FlaskClient) -> None:
    (box,), stack = boxes(farmer, lot_of(farmer), 1), pallet(farmer)
    done(farmer, "onto", box, pallet=stack)
    assert f"/goods/do/off?code={box}" in farmer.get(f"/goods/{box}").text
    again = step(farmer, "onto", box, pallet=pallet(farmer))
    assert f"它在 {stack} 上" in again.text
    done(farmer, "off", box)
    told = events(app, box)[-1]
    assert told["type"] == "AggregationEvent"
    assert (told["action"], told["bizStep"]) == ("DELETE", "unpacking")
    assert "从登记看，里面没有东西" in farmer.get(f"/goods/{stack}").text
    done(farmer, "unpack", box)
    assert "从登记看，里面没有东西" in farmer.get(f"/goods/{box}").text


def test_part_of_a_lot_is_sold_and_destroyed(app: App, farmer: FlaskClient) -> None:
    lot = lot_of(farmer, "100")
    done(farmer, "sell", lot, weight="30")
    done(farmer, "destroy", lot, weight="20", reason="烂了")
    boxes(farmer, lot, 2, "10")
    assert "30 公斤" in farmer.get(f"/goods/{lot}").text
    assert events(app, lot)[0]["quantityList"][0]["quantity"] == 30
    for name, given in (("pack", {"boxes": "4"}), ("sell", {}), ("destroy", {"reason": "烂"})):
        answer = step(farmer, name, lot, weight="31" if name != "pack" else "8", **given)
        assert answer.status_code == 409
        assert "还没装箱、卖出、销毁的有 30 公斤" in answer.text
    done(farmer, "store", lot)
    assert events(app, lot)[-1]["quantityList"][0]["quantity"] == 30


def test_a_series_goes_on_with_the_same_and_tells_doubles(farmer: FlaskClient) -> None:
    one, other = boxes(farmer, lot_of(farmer), 2)
    onward = done(farmer, "load", one, vehicle="豫J12345")
    page = farmer.get(onward).text
    assert 'value="豫J12345"' in page
    assert "下一件的码" in page
    assert "autofocus" in page
    assert re.search(r'<option value="urn:uuid:[^"]+" selected>包装间', page)
    series = re.findall(r'name="series" value="([0-9a-f]{24})"', page)[0]
    again = farmer.get(done(farmer, "load", one, series=series)).text
    assert "这一批里已经做过了" in again
    assert "这一批已做 1 件" in again
    given = {"code": one, "series": series, "place": "", "new_place": "x", "entry_key": "12345678"}
    answer = farmer.post("/goods/do/load?lang=en", data=given)
    assert "done in this series already: nothing was added" in farmer.get(answer.location).text
    farmer.get("/goods/?lang=zh")
    page = farmer.get(done(farmer, "load", other, series=series)).text
    assert "这一批已做 2 件" in page


def test_the_same_form_sent_twice_is_one_event(app: App, farmer: FlaskClient) -> None:
    lot = lot_of(farmer)
    page = farmer.get("/goods/do/pack").text
    given = {"code": lot, "boxes": "1", "weight": "5", "place": "", "new_place": "包装间"}
    both = [
        farmer.post("/goods/do/pack", data=given | {"entry_key": key(page)}).location
        for _ in range(2)
    ]
    assert both[0] == both[1]
    assert len(events(app, lot)) == 1


def test_what_was_written_offline_has_the_time_when_it_was_done(
    app: App, farmer: FlaskClient
) -> None:
    (box,) = boxes(farmer, lot_of(farmer), 1)
    done(farmer, "store", box, entry_written="1000000", entry_sent=str(1000000 + 7200_000))
    told = events(app, box)[-1]
    assert told["eventTime"] == "2016-05-08T12:20:00.000+08:00"
    done(farmer, "store", box, done_at="2016-05-07T21:30")
    assert events(app, box)[-1]["eventTime"] == "2016-05-07T21:30:00.000+08:00"


REFUSED_TIMES = {
    "2016-05-09T21:30": ("这个时间还没到", "This time is still to come"),
    "2016-02-01T21:30": ("60 天以前", "longer ago than 60 days"),
    "gestern": ("请填日期和时间", "Write day and time"),
}


@pytest.mark.parametrize("at", REFUSED_TIMES)
def test_times_that_cannot_be_are_refused(app: App, farmer: FlaskClient, at: str) -> None:
    (box,) = boxes(farmer, lot_of(farmer), 1)
    chinese, english = REFUSED_TIMES[at]
    assert chinese in step(farmer, "store", box, done_at=at).text
    assert english in in_english(farmer, "store", box, done_at=at)
    assert len(events(app, box)) == 1


def test_after_a_change_of_the_phones_clock_the_time_is_asked_for(
    app: App, farmer: FlaskClient
) -> None:
    (box,) = boxes(farmer, lot_of(farmer), 1)
    changed = {"entry_written": "2000000", "entry_sent": "1000000"}
    answer = step(farmer, "store", box, **changed)
    assert answer.status_code == 422
    assert "填写之后手机的时钟改过" in answer.text
    assert "enter day and time yourself" in in_english(farmer, "store", box, **changed)
    done(farmer, "store", box, done_at="2016-05-08 01:00", **changed)


def in_english(client: FlaskClient, name: str, code: str, **given: str) -> str:
    whole = {"code": code, "place": "", "new_place": "x", "entry_key": "0123456789"} | given
    answer = client.post(f"/goods/do/{name}?lang=en", data=whole)
    assert answer.status_code in (409, 422), answer.text
    client.get("/goods/?lang=zh")  # the choice is kept
    return answer.text


@pytest.mark.parametrize(
    ("act", "chinese", "english"),
    [
        ("held", "被检查员封存", "an inspector holds the lot"),
        ("recalled", "已召回。请把这些货单独放好", "is recalled. Keep these goods apart"),
    ],
)
def test_what_is_held_or_recalled_is_not_packed_loaded_or_sold(
    app: App, farmer: FlaskClient, inspector: FlaskClient, act: str, chinese: str, english: str
) -> None:
    lot = lot_of(farmer)
    (box,), stack = boxes(farmer, lot, 1), pallet(farmer)
    done(farmer, "onto", box, pallet=stack)
    hold(inspector, lot, act)
    told = len(events(app, lot))
    asks = {"pack": (lot, {"boxes": "1", "weight": "1"}), "onto": (box, {"pallet": stack})}
    for name in ("load", "depart", "sell"):
        asks[name] = (stack, {})
    for name, (code, given) in asks.items():
        answer = step(farmer, name, code, **given)
        assert answer.status_code == 409, name
        assert chinese in answer.text
        assert lot in answer.text
        assert f"/goods/?code={code}" in answer.text
        assert english in in_english(farmer, name, code, **given)
        page = farmer.get(f"/goods/{code}").text
        assert "cert-state bad" in page
        assert f"/goods/do/{name}?" not in page
    assert len(events(app, lot)) == told
    other = client_of(app, "farmer")
    assert "cert-state bad" in other.get(f"/goods/{stack}").text
    for name, given in (("store", {}), ("off", {}), ("destroy", {"reason": "召回"})):
        done(farmer, name, box, **given)


def test_a_box_that_was_emptied_is_not_held_by_what_was_in_it(
    farmer: FlaskClient, inspector: FlaskClient
) -> None:
    lot = lot_of(farmer)
    (box,) = boxes(farmer, lot, 1)
    done(farmer, "unpack", box)
    hold(inspector, lot)
    done(farmer, "load", box)


def test_what_is_destroyed_or_sold_stays_so(app: App, farmer: FlaskClient) -> None:
    (box, sold), stack = boxes(farmer, lot_of(farmer), 2), pallet(farmer)
    done(farmer, "onto", box, pallet=stack)
    done(farmer, "destroy", stack, reason="烂了")
    for code in (box, stack):
        page = farmer.get(f"/goods/{code}").text
        assert "已销毁" in page
        assert "/goods/do/load?" not in page
        for name in ("load", "store", "receive", "sell"):
            answer = step(farmer, name, code)
            assert answer.status_code == 409
            assert "登记已销毁" in answer.text
        assert "told on 8 May 2016 that this was destroyed" in in_english(farmer, "load", code)
    assert "登记已销毁" in step(farmer, "onto", sold, pallet=stack).text
    done(farmer, "sell", sold)
    assert "已卖出" in farmer.get(f"/goods/{sold}").text
    answer = step(farmer, "sell", sold)
    assert "卖出。如果退回来了，请先收货" in answer.text
    assert "If it came back, receive it first" in in_english(farmer, "sell", sold)
    done(farmer, "receive", sold)
    done(farmer, "sell", sold)


def test_steps_that_make_no_sense_say_what_to_do(app: App, farmer: FlaskClient) -> None:
    lot = lot_of(farmer)
    (box,), stack = boxes(farmer, lot, 1), pallet(farmer)
    done(farmer, "onto", box, pallet=stack)
    cases: list[tuple[str, str, dict[str, str], str, str]] = [
        ("pack", box, {"boxes": "1", "weight": "1"}, "只有批次能装箱", "Only a lot is packed"),
        ("unpack", lot, {}, "这一步只对箱子和托盘", "This is done with boxes and pallets"),
        ("onto", box, {"pallet": lot}, "这是批次，不是托盘", "This is a lot and no pallet"),
        ("onto", stack, {"pallet": stack}, "不能放到自己上面", "cannot go on itself"),
        ("onto", stack, {"pallet": box}, "不能放到自己上面", "or on what is in it"),
        ("off", stack, {}, "它不在托盘上", "it is on no pallet"),
        ("destroy", box, {}, "这里要填写", "Write something here"),
        ("pack", lot, {"boxes": "0", "weight": "1"}, "1 到 100", "from 1 to 100"),
        ("pack", lot, {"boxes": "1", "weight": "900"}, "请少填些", "take less"),
        ("pack", lot, {"boxes": "1"}, "请填一个数", "Write a number here"),
        ("store", box, {"new_place": ""}, "请写地点名", "Name the place"),
        ("store", box, {"place": "urn:uuid:x"}, "请从中选一个", "Choose one of these"),
        ("onto", box, {}, "请扫码或填码", "Scan or type a code"),
    ]
    for name, code, given, chinese, english in cases:
        assert chinese in step(farmer, name, code, **given).text, (name, given)
        assert english in in_english(farmer, name, code, **given), (name, given)
    assert farmer.get("/goods/do/nothing").status_code == 404


def test_anothers_lot_is_not_packed_and_shows_only_what_everybody_sees(
    app: App, farmer: FlaskClient
) -> None:
    lot = lot_of(farmer)
    (box,) = boxes(farmer, lot, 1)
    other = client_of(app, "farmer")
    page = other.get(f"/goods/{lot}").text
    assert "蒜薹" in page
    assert "公斤" not in page.split("<main")[1]
    assert "柳格镇" not in page.split("<main")[1]
    assert "/goods/do/pack?" not in page
    answer = step(other, "pack", lot, boxes="1", weight="1")
    assert "是别人的批次" in answer.text
    assert "is another&#39;s lot" in in_english(other, "pack", lot, boxes="1", weight="1")
    assert "请填批次里的多少公斤" in step(other, "sell", lot).text
    assert "Say how many kilograms" in in_english(other, "sell", lot)
    stack = pallet(farmer)
    done(farmer, "onto", box, pallet=stack)
    assert "它不在托盘上" in step(other, "off", box).text
    sheet = done(farmer, "pack", lot, boxes="1", weight="1")
    assert other.get(sheet).status_code == 404
    assert "您没有这样的标签" in other.get(sheet).text
    assert "You have no such labels" in other.get(f"{sheet}?lang=en").text


def test_who_joined_a_party_sees_what_the_others_of_it_did(app: App) -> None:
    one, other = client_of(app, "farmer"), client_of(app, "farmer")
    with app.pool.connection() as conn:
        parties.add(conn, Party("coop", "柳格合作社"), NOW)
        for client in (one, other):
            with client.session_transaction() as session:
                ((person,),) = db_rows(
                    conn, "SELECT id FROM person WHERE uniquifier = %s", session["_user_id"]
                )
            members.join(conn, int(str(person)), "coop", NOW)
        units.set_prefix(conn, "coop", "6901234")
    lot = lot_of(one)
    sheet = one.get(done(one, "pack", lot, boxes="2", weight="10")).text
    codes = list(dict.fromkeys(re.findall(r"<b class=\"num\">([0-9]{18})", sheet)))
    assert len(codes) == 2
    assert codes[0].startswith("06901234")
    page = other.get(f"/goods/00/{codes[0]}").text
    assert lot in page
    assert "包装间" in page
    assert "柳格合作社" in page
    assert "6901234" in other.get("/goods/").text
    for text in (codes[0], f"(00){codes[0]}", f"https://id.gs1.org/00/{codes[0]}"):
        assert lot in other.get("/goods/", query_string={"code": text}).text
    wrong = codes[0][:-1] + str((int(codes[0][-1]) + 1) % 10)
    assert other.get(f"/goods/00/{wrong}").status_code == 404


def test_codes_that_are_wrong_are_told_at_once(farmer: FlaskClient) -> None:
    lot = lot_of(farmer)
    for code, chinese, english in (
        (lot[:-1] + ("2" if lot[-1] != "2" else "3"), "对不上", "does not fit"),
        (lot[:9] + "0" + lot[10:], "第 10 个字符", "character 10"),
        (lot[:-1], "有 17 个字符，应有 18 个", "has 17 characters and must have 18"),
        ("069012340000000017", "第 18 位校验码是 7，应为 6", "digit 18, is 7 and must be 6"),
        ("6901234567892", "只说明是什么商品", "says what product it is"),
        ("(414)6901234567892", "不是批次", "no code of a lot"),
        ("urn:epc:id:sgln:6901234.00000.0", "地点或单位", "a place or a firm"),
        ("(01)069", "不完整", "not whole"),
        ("", "请扫码或填码", "Scan or type a code"),
        ("9" * 500, "超过 400", "longer than any code (400"),
    ):
        for language, said in (("zh", chinese), ("en", english)):
            query = {"code": code, "lang": language}
            answer = farmer.get("/goods/", query_string=query)
            assert answer.status_code == 422
            assert said in answer.text, (code, language)
        farmer.get("/goods/?lang=zh")
        assert chinese in step(farmer, "store", code).text
    body = "2222222222"[:9]
    unknown = f"B160508-{body}{check_character(body)}"
    assert "这里没有登记过" in farmer.get(f"/goods/?code={unknown}").text
    assert "nothing here has it" in farmer.get(f"/goods/?code={unknown}&lang=en").text
    farmer.get("/goods/?lang=zh")
    assert farmer.get(f"/goods/{unknown}").status_code == 404
    assert "这里没有登记过" in step(farmer, "store", unknown).text


def test_scanners_separators_pass_here_and_nowhere_else(farmer: FlaskClient) -> None:
    code = "]C1010690123456789210L1\x1d21S5"
    assert "urn" not in farmer.get("/goods/", query_string={"code": code}).text.split("<h1")[1][:30]
    assert farmer.get("/goods/", query_string={"code": code}).status_code == 200
    assert farmer.get("/goods/", query_string={"code": "\x07"}).status_code == 400
    assert farmer.get("/", query_string={"q": "\x1d"}).status_code == 400
    done(farmer, "receive", code)


def test_a_certificate_leads_to_its_lot(app: App, farmer: FlaskClient) -> None:
    lot = lot_of(farmer)
    given = {"grounds": "control", "issuer_kind": "household", "name": "张三", "contact": "138"}
    answer: Any = post(farmer, f"/lots/{lot}/certificate", **given)
    number = re.findall(r"C[0-9]{6}-[2-9A-Z]{10}", answer.location)[0]
    other = client_of(app, "farmer")
    for text in (number, f"https://nongqing.example/c/{number}"):
        page = other.get("/goods/", query_string={"code": text}).text
        assert lot in page
        assert number in page
        assert "柳格镇" in page
    done(other, "receive", number, weight="800", new_place="门店")
    assert events(app, lot)[-1]["quantityList"][0]["quantity"] == 800


def picture(text: str) -> bytes:
    rows = qr_matrix(text)
    image = Image.new("L", (len(rows), len(rows)), 255)
    draw = ImageDraw.Draw(image)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            draw.point((x, y), 0 if dark else 255)
    out = BytesIO()
    image.resize((len(rows) * 6,) * 2).save(out, "PNG")
    return out.getvalue()


def test_a_photo_of_a_label_is_read(farmer: FlaskClient) -> None:
    lot = lot_of(farmer)
    sheet = farmer.get(done(farmer, "pack", lot, boxes="1", weight="10")).text
    box = re.findall(CODE, sheet)[0]
    data = {"photo": (BytesIO(picture(f"http://localhost/goods/{box}")), "x.png")}
    answer = farmer.post("/goods/photo", data=data)
    assert answer.status_code == 303
    assert box in farmer.get(answer.location).text
    for language, said in (("zh", "照片里没找到码"), ("en", "No code was found")):
        out = BytesIO()
        Image.new("L", (200, 200), 255).save(out, "PNG")
        data = {"photo": (BytesIO(out.getvalue()), "x.png")}
        answer = farmer.post(f"/goods/photo?lang={language}", data=data)
        assert answer.status_code == 422
        assert said in answer.text
    for language, said in (("zh", "不是能读的照片"), ("en", "no photo that can be read")):
        for sent in ({}, {"photo": (BytesIO(b"x"), "x.png")}):
            answer = farmer.post(f"/goods/photo?lang={language}", data=sent)
            assert answer.status_code == 422
            assert said in answer.text


def test_numbers_of_a_prefix_run_out(app: App, farmer: FlaskClient) -> None:
    with farmer.session_transaction() as session, app.pool.connection() as conn:
        ((person,),) = db_rows(
            conn, "SELECT id FROM person WHERE uniquifier = %s", session["_user_id"]
        )
        parties.add(conn, Party("small", "小店"), NOW)
        members.join(conn, int(str(person)), "small", NOW)
        units.set_prefix(conn, "small", "690123499999")
        with conn.cursor() as cur:
            cur.execute("UPDATE trace_party SET next_serial = 9999 WHERE id = 'small'")
    lot = lot_of(farmer)
    answer = step(farmer, "pack", lot, boxes="2", weight="1")
    assert answer.status_code == 409
    assert "号码用完了" in answer.text
    assert "are used up" in in_english(farmer, "pack", lot, boxes="2", weight="1")
    refused: Any = post(farmer, "/goods/pallets", count="2", place="", new_place="x")
    assert refused.status_code == 409
    assert "号码用完了" in refused.text
