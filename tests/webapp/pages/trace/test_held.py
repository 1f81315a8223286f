"""What a code on goods tells: by real events of the chain, of real lots."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import count
from typing import Any
from xml.etree import ElementTree

import pytest
from biip.checksums import gs1_standard_check_digit
from flask.testing import FlaskClient

from collector.store.lots import lot_marks
from collector.store.lots.lots import Who
from collector.store.network import own_fields
from collector.store.trace import captures, following, members, parties
from collector.store.trace.parties import Party
from field_configs.business_steps import step_of
from tests.webapp.pages.my.world import make, own_id, post
from tests.webapp.pages.test_village import Counting
from tests.webapp.pages.trace.chain import (
    BOX,
    CARRIER,
    COOP,
    GTIN,
    NOW,
    at,
    event,
    goods,
    packed,
    sensed,
    tell,
    uri_of,
)
from tests.webapp.pages.trace.world import certify, garlic, harvest, spray
from webapp.app.database import App

#: Bytes that the page may have, and questions to the database.
MOST_BYTES, MOST_QUERIES = 20 * 1024, 6
NUMBERS = count(100)
SSCC = BOX.rsplit("/", 1)[1]


def code_of(lot: str) -> str:
    return lot.rsplit("/", 1)[1]


def body(page: str) -> str:
    return page.split("<main")[1].split("</main>")[0]


def told(app: App, path: str, language: str = "zh", status: int = 200) -> str:
    answer = app.test_client().get(path, query_string={"lang": language})
    assert answer.status_code == status, answer.text
    return body(answer.text)


@pytest.fixture
def lot(farmer: FlaskClient) -> str:
    """Address of a lot that was sprayed in time and has a certificate."""
    field = garlic(farmer)
    spray(farmer, field, when="other", day="2016-04-20", target="叶枯病")
    made = harvest(farmer, field)
    certify(farmer, made)
    return made


@pytest.fixture
def fresh() -> Callable[[], str]:
    """Numbers of boxes that no test before has used."""

    def number() -> str:
        bare = f"0690123456{next(NUMBERS):07d}"
        return f"https://id.gs1.org/00/{bare}{gs1_standard_check_digit(bare)}"

    return number


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_box_tells_what_is_in_it_where_from_and_its_way(
    app: App, lot: str, fresh: Callable[[], str], language: str
) -> None:
    box = fresh()
    place = {"id": "https://nongqing.example/subject/LIUGE1/loc/qf-liuge"}
    tell(app, COOP, packed(box, 5, lots=[uri_of(app, lot)], readPoint=place))
    tell(app, CARRIER, event("ObjectEvent", 1, bizStep="receiving", epcList=[box]))
    answer = app.test_client().get(f"/00/{box[-18:]}?lang={language}")
    page = body(answer.text)
    wanted = {
        "zh": (
            *("蒜薹", "没有不能吃的记录", "清丰县柳格镇", "<dd>5月8日</dd>"),
            *("4月20日：嘧菌酯，防治叶枯病；在收获前 18 天用的。", "要等 7 天，等够了。"),
            *("质量安全控制符合要求", '装箱 · 清丰县 · <span class="soft">柳格合作社'),
            *("濮阳冷链运输", "没有人说过路上是多少度", "不用装软件", "码能被人复制"),
        ),
        "en": (
            *("Garlic scapes", "Nothing on record here speaks against", "Liuge Town"),
            *("20 Apr: 嘧菌酯 against 叶枯病; 18 days before the harvest.", "<dd>8 May</dd>"),
            *("7 days are to be waited: kept", "packed · Qingfeng County", "received"),
            *("Nobody told how warm it was", "No app, no account"),
        ),
    }
    for each in wanted[language]:
        assert each in page, each
    assert re.search(r'href="/c/C160508-\w{10}"', page)
    assert len(answer.data) <= MOST_BYTES
    assert page.index("cert-state") < page.index('id="lot-1"') < page.index('id="way"')
    assert page.index('id="way"') < page.index('id="warm"')


def test_a_lot_is_found_by_its_code_by_a_product_number_and_by_a_private_name(
    app: App, lot: str
) -> None:
    code = code_of(lot)
    for path in (
        f"/t/{code}", f"/t/{code.lower()}", f"/01/{GTIN}/10/{code}",
        f"/01/{GTIN}/10/{code}?17=160520&linkType=gs1:defaultLink",
        f"/subject/LIUGE1/class/{code}", f"/01/{GTIN}/10/{code}/21/7",
    ):  # fmt: skip
        answer = app.test_client().get(path)
        assert answer.status_code == 200, path
        assert code in body(answer.text), path
    typed = app.test_client().get("/t/", query_string={"code": f" {code.lower()} "})
    assert typed.status_code == 303
    assert code in app.test_client().get(typed.location).text


def test_old_spellings_lead_on_to_todays_form_with_all_that_was_asked(app: App, lot: str) -> None:
    code = code_of(lot)
    answer = app.test_client().get(f"/gtin/6901234567892/lot/{code}?linkType=all")
    assert answer.status_code == 301
    assert answer.location == f"/01/{GTIN}/10/{code}?linkType=all"


def test_a_private_thing_of_this_host_is_known_by_its_address(app: App, lot: str) -> None:
    for path in ("/subject/LIUGE1/obj/BOX-7", "/obj/BOX-7"):
        tell(app, COOP, packed(f"https://localhost{path}", 5, lots=[uri_of(app, lot)]))
        assert "蒜薹" in told(app, path)


def test_a_slash_within_a_lot_is_no_slash_of_the_path(app: App) -> None:
    tell(app, COOP, event("ObjectEvent", 3, quantityList=goods(
        f"https://id.gs1.org/01/{GTIN}/10/a%2Fb"), bizStep="storing"))  # fmt: skip
    assert "入库" in told(app, f"/01/{GTIN}/10/a%2Fb")
    told(app, f"/01/{GTIN}/10/a/b", status=404)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_recalled_and_held_stand_first_and_in_red(
    app: App, lot: str, fresh: Callable[[], str], language: str
) -> None:
    box = fresh()
    tell(app, COOP, packed(box, 5, lots=[uri_of(app, lot)]))
    said = {
        "held": {"zh": "暂扣：检查人员正在查", "en": "Held: an inspector looks into it"},
        "recalled": {"zh": "已召回。请不要吃", "en": "Recalled. Do not eat it"},
    }
    for state in ("held", "recalled"):
        with app.pool.connection() as conn:
            who = Who(1, "王检查", NOW)
            lot_marks.set_state(conn, code_of(lot), state, "抽检不合格", who)
        page = told(app, f"/00/{box[-18:]}", language)
        red = page.split('class="cert-state bad')[1]
        assert said[state][language] in red.split("</div>")[0]
        assert page.index("cert-state bad") < page.index('id="lot-1"')
        assert "没有不能吃的记录" not in page
        assert "王检查" not in page
        assert "抽检不合格" not in page


def test_a_recall_that_a_party_tells_is_told_with_its_name_until_it_takes_it_back(
    app: App, lot: str, fresh: Callable[[], str]
) -> None:
    box, path = fresh(), ""
    path = f"/00/{box[-18:]}"
    tell(app, COOP, packed(box, 5, lots=[uri_of(app, lot)]))
    tell(app, CARRIER, event("ObjectEvent", 2, epcList=[box], disposition="recalled"))
    assert "濮阳冷链运输说已召回" in told(app, path)
    tell(app, COOP, event("ObjectEvent", 1.5, epcList=[box], disposition="conformant"))
    assert "濮阳冷链运输说已召回" in told(app, path), "another's word does not lift it"
    lifted = {"unset": ["recalled"]}
    tell(app, CARRIER, event("ObjectEvent", 1, epcList=[box], persistentDisposition=lifted))
    assert "已召回" not in told(app, path)


def test_what_was_left_of_a_lot_and_destroyed_does_not_speak_against_the_box(
    app: App, lot: str, fresh: Callable[[], str]
) -> None:
    box, uri = fresh(), uri_of(app, lot)
    tell(app, COOP, packed(box, 5, lots=[uri]))
    rest = event("ObjectEvent", 2, quantityList=goods(uri, 3), disposition="destroyed")
    tell(app, COOP, rest, event("ObjectEvent", 3, quantityList=goods(uri), bizStep="shipping"))
    page = told(app, f"/00/{box[-18:]}")
    assert "销毁" not in page
    assert "发货" not in page
    tell(app, CARRIER, event("ObjectEvent", 1, epcList=[box], disposition="expired"))
    assert "濮阳冷链运输说：已经过期" in told(app, f"/00/{box[-18:]}")
    recall = event("ObjectEvent", 1, quantityList=goods(uri, 3), disposition="recalled")
    tell(app, COOP, recall)
    assert "柳格合作社说已召回" in told(app, f"/00/{box[-18:]}"), (
        "a recall of the lot counts for all"
    )


def test_a_void_certificate_and_none_are_told(app: App, farmer: FlaskClient) -> None:
    bare = harvest(farmer, garlic(farmer))
    page = told(app, f"/t/{code_of(bare)}")
    assert "这一批没有开合格证" in page
    assert "没有有效的合格证为它担保" in page
    assert "没有人记下用药情况" in page
    number = certify(farmer, bare)
    farmer.post(f"/c/{number}/void", data={"reason": "重量写错", "entry_key": "0123456789"})
    page = told(app, f"/t/{code_of(bare)}")
    assert f"它的合格证 {number} 从5月8日起作废" in page.split("lot-1")[0]
    assert "重量写错" not in page
    english = told(app, f"/t/{code_of(bare)}", "en")
    assert "is void since 8 May" in english


def test_a_spray_noted_after_the_certificate_speaks_against_it(
    app: App, farmer: FlaskClient
) -> None:
    field = garlic(farmer)
    spray(farmer, field, when="other", day="2016-04-01", product="吡虫啉")
    lot = harvest(farmer, field)
    certify(farmer, lot)
    assert "cert-state bad" not in told(app, f"/t/{code_of(lot)}")
    spray(farmer, field)
    spray(farmer, field, product="3%克百威颗粒剂")
    page = told(app, f"/t/{code_of(lot)}")
    assert "有一次用药不合规定" in page.split("lot-1")[0]
    assert "在收获前 2 天用的。要等 7 天，收早了。" in page
    assert "克百威 禁止用在这上面" in page
    assert "it was harvested too soon" in told(app, f"/t/{code_of(lot)}", "en")


def test_when_the_diary_is_gone_the_certificate_tells_what_it_kept(
    app: App, farmer: FlaskClient
) -> None:
    field = garlic(farmer)
    spray(farmer, field, when="other", day="2016-04-20")
    lot = harvest(farmer, field)
    certify(farmer, lot)
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("UPDATE own_field SET given_up = %s WHERE field = %s", (NOW, field))
    assert "4月20日：嘧菌酯；在收获前 18 天用的" in told(app, f"/t/{code_of(lot)}")


def test_fertiliser_stands_there_and_grain_needs_no_certificate(
    app: App, farmer: FlaskClient
) -> None:
    field = own_id(make(farmer))
    given = {"kind": "fertilising", "when": "other", "day": "2016-03-01", "product": "尿素"}
    answer: Any = post(farmer, f"/my/{field}/work", **given)
    assert answer.status_code == 303
    page = told(app, f"/t/{code_of(harvest(farmer, field, produce='wheat'))}")
    assert "3月1日 尿素" in page
    assert "这种产品不要求开证" in page
    assert "没有记打药" in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_temperatures_of_what_a_box_was_in_are_drawn_with_what_nobody_knows(
    app: App, lot: str, fresh: Callable[[], str], language: str
) -> None:
    box, pallet = fresh(), fresh()
    tell(app, COOP, packed(box, 10, lots=[uri_of(app, lot)]))
    tell(app, CARRIER, packed(pallet, 8, childEPCs=[box]), sensed(pallet, 7, 5, 0, 0.4))
    tell(app, CARRIER, sensed(pallet, 2, 1, 0, 3.5))
    tell(app, CARRIER, packed(pallet, 0.5, "DELETE", childEPCs=[box]))
    tell(app, CARRIER, sensed(pallet, 0.4, 0.1, 20, 25))
    answer = app.test_client().get(f"/00/{box[-18:]}?lang={language}")
    page = body(answer.text)
    wanted = {
        "zh": (
            *("最多有 60 分钟太热，最高 3.5 ℃", "有 6 小时没人知道是多少度"),
            *("路上没有按该有的温度存放", "温度由濮阳冷链运输提供"),
            "虚线：蒜薹应存放在 −0.5 到 0.5 ℃ 之间",
        ),
        "en": (
            *("too warm for up to 60 minutes: 3.5 °C", "6 hours of which nobody knows how warm"),
            "Dashed: −0.5 and 0.5 °C",
        ),
    }
    for each in wanted[language]:
        assert each in page, each
    assert "25.0" not in page, "the box was out of the pallet by then"
    drawn = re.findall(r"<svg class=\"chart\".*?</svg>", page)
    assert len(drawn) == 1
    tree = ElementTree.fromstring(drawn[0])
    classes = [each.get("class") for each in tree.iter()]
    assert classes.count("gap") == 3
    assert classes.count("limit") == 2
    assert classes.count("band") == 1
    assert " style=" not in drawn[0]
    assert len(answer.data) <= MOST_BYTES


def test_a_story_without_a_gap_says_so(app: App, lot: str, fresh: Callable[[], str]) -> None:
    box = fresh()
    tell(app, COOP, packed(box, 5, lots=[uri_of(app, lot)]), sensed(box, 5, 0, -0.2, 0.3))
    page = told(app, f"/00/{box[-18:]}")
    assert "一路温度都合适：−0.2～0.3 ℃" in page
    assert "没人知道" not in page
    assert "没有不能吃的记录" in page


def test_an_event_declared_an_error_tells_nothing(
    app: App, lot: str, fresh: Callable[[], str]
) -> None:
    box = fresh()
    name = {"eventID": f"urn:uuid:{box[-12:]}"}
    wrong = packed(box, 5, lots=[uri_of(app, lot)]) | name
    hot = sensed(box, 3, 2, 30, 31) | {"eventID": f"urn:uuid:hot-{box[-12:]}"}
    tell(app, COOP, wrong, hot)
    path = f"/00/{box[-18:]}"
    assert "太热" in told(app, path)
    declared = {"errorDeclaration": {"declarationTime": at(1), "reason": "incorrect_data"}}
    tell(app, COOP, hot | declared)
    assert "太热" not in told(app, path)
    tell(app, COOP, wrong | declared)
    told(app, path, status=404)


def test_what_was_taken_out_of_a_crate_is_not_in_it(
    app: App, farmer: FlaskClient, lot: str, fresh: Callable[[], str]
) -> None:
    crate, other = "https://id.gs1.org/8003/06901234567892C1", harvest(farmer, garlic(farmer))
    tell(app, COOP, packed(crate, 9, lots=[uri_of(app, lot)]), packed(crate, 7, "DELETE"))
    tell(app, COOP, packed(crate, 5, lots=[uri_of(app, other)]))
    page = told(app, "/8003/06901234567892C1")
    assert code_of(other) in page
    assert code_of(lot) not in page


def test_what_the_diary_told_the_chain_is_told_once(
    app: App, farmer: FlaskClient, lot: str, fresh: Callable[[], str]
) -> None:
    box = fresh()
    tell(app, COOP, packed(box, 5, lots=[uri_of(app, lot)]))
    with app.pool.connection() as conn:
        things = following.back(conn, box)
        steps = [each.biz_step for each in following.story(conn, things)]
    assert steps[:2] == ["urn:nongqing:bizstep:sowing", "urn:nongqing:bizstep:treating"]
    page = told(app, f"/00/{box[-18:]}")
    assert page.count("嘧菌酯") == 1
    assert "播种" in page.split('id="way"')[0]
    way = page.split('id="way"')[1]
    assert "播种" not in way
    assert "用药" not in way
    assert "日期有一个不对" not in way


def test_sowing_that_another_house_told_is_no_wrong_day(
    app: App, lot: str, fresh: Callable[[], str]
) -> None:
    box = fresh()
    tell(app, CARRIER, event("ObjectEvent", 4000, epcList=[box], bizStep=step_of("sowing")))
    tell(app, COOP, packed(box, 5, lots=[uri_of(app, lot)]), sensed(box, 4, 1, 0, 0.5))
    page = told(app, f"/00/{box[-18:]}")
    assert "播种" in page.split('id="way"')[1]
    assert "tag warn" not in page
    assert "天没有人知道" not in page, "months in the field are no gap in the cold chain"


def test_several_lots_of_a_box_are_listed_each_with_its_own(
    app: App, farmer: FlaskClient, lot: str, fresh: Callable[[], str]
) -> None:
    box, other = fresh(), harvest(farmer, garlic(farmer), produce="garlic_bulb")
    tell(app, COOP, packed(box, 5, lots=[uri_of(app, lot), uri_of(app, other)]))
    page = told(app, f"/00/{box[-18:]}")
    assert code_of(lot) in page
    assert code_of(other) in page
    assert "蒜头" in page
    assert "没有有效的合格证为它担保" in page, "one of them has none"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_box_of_two_kinds_tells_each_honestly(
    app: App, farmer: FlaskClient, lot: str, fresh: Callable[[], str], language: str
) -> None:
    field = own_id(make(farmer, crop="greenhouse_cucumber", variety="", sown="2016-03-01"))
    spray(farmer, field, when="other", day="2016-05-06", product="百菌清", target="霜霉病")
    box, other = fresh(), harvest(farmer, field, produce="cucumber", weight="60")
    tell(app, COOP, packed(box, 5, lots=[uri_of(app, lot), uri_of(app, other)]))
    tell(app, COOP, sensed(box, 4, 1, 2, 4))
    answer = app.test_client().get(f"/00/{box[-18:]}?lang={language}")
    assert len(answer.data) <= MOST_BYTES
    page = body(answer.text)
    first, second = page.split('id="lot-')[1:]
    mine = {code_of(lot): first} if code_of(lot) in first else {code_of(lot): second}
    (scapes,) = mine.values()
    cucumbers = second if scapes is first else first
    assert "叶枯病" in scapes
    assert "霜霉病" not in scapes
    assert "霜霉病" in cucumbers.split('id="way"')[0]
    assert "叶枯病" not in cucumbers
    names = {"zh": ("蒜薹", "黄瓜"), "en": ("Garlic scapes", "Cucumbers")}[language]
    heading = page.split("<h1>")[1].split("</h1>")[0]
    assert all(name in heading for name in names)
    alert = page.split('role="alert"')[1].split("</div>")[0]
    assert code_of(other) in alert, "it says which of them was harvested too soon"
    assert code_of(lot) not in alert
    warm = page.split('id="warm"')[1]
    said = {
        "zh": ("蒜薹：最多有 3 小时太热", "黄瓜：最多有 3 小时太冷"),
        "en": ("Garlic scapes: It was too warm", "Cucumbers: It was too cold"),
    }
    assert all(each in warm for each in said[language]), warm[-1500:]
    assert 'class="limit"' not in warm, "one curve cannot have the limits of two kinds"


def test_lots_that_went_into_a_lot_of_ours_tell_too(app: App, farmer: FlaskClient) -> None:
    field = garlic(farmer)
    spray(farmer, field, when="other", day="2016-04-20", target="叶枯病")
    whole = harvest(farmer, field)
    uri = uri_of(app, whole)
    tell(app, COOP, event("ObjectEvent", 3, quantityList=goods(uri), bizStep="storing"))
    answer: Any = post(farmer, f"{whole}/split", count="1", weight="300")
    assert answer.status_code == 303
    part = re.findall(r"L160508-\w{10}", farmer.get(whole).text.split("分到")[-1])
    parts = {each for each in part if each != code_of(whole)}
    page = told(app, f"/t/{parts.pop()}")
    assert "叶枯病" in page
    assert "入库" in page


# Abuse ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/01/06901234567891/10/L1", {"zh": "有一位看错或印错了", "en": "misread or misprinted"}),
        ("/00/069012345678901230", {"zh": "有一位看错或印错了", "en": "misread or misprinted"}),
        ("/01/123/10/L1", {"zh": "位数不对", "en": "has not the digits of"}),
        (f"/01/{GTIN}/99/x", {"zh": "不是货的码", "en": "is no code of goods"}),
        (f"/01/{GTIN}/10/{'x' * 500}", {"zh": "位数不对", "en": "has not the digits of"}),
        (f"/01/{GTIN}/10/%3Cscript%3E", {"zh": "这里还没有人说过", "en": "Nobody has told"}),
        (f"/01/{GTIN}/10/nobody-told", {"zh": "这里还没有人说过", "en": "Nobody has told"}),
        ("/t/L160508-22222222KE", {"zh": "不是批次号", "en": "is no number of a lot"}),
        ("/t/C160508-22222222KD", {"zh": "不是批次号", "en": "is no number of a lot"}),
        ("/t/" + "L" * 3000, {"zh": "不是批次号", "en": "is no number of a lot"}),
        ("/t/L160508-22222222KD", {"zh": "这里还没有人说过", "en": "Nobody has told"}),
        ("/subject/X/class/" + "y" * 900, {"zh": "不是货的码", "en": "is no code of goods"}),
        ("/subject/X/class/01/123", {"zh": "这里还没有人说过", "en": "Nobody has told"}),
    ],
)
def test_a_code_that_leads_nowhere_says_why_and_what_to_do(
    app: App, path: str, said: dict[str, str], language: str
) -> None:
    page = told(app, path, language, 404)
    assert said[language] in page
    assert 'name="code"' in page
    assert "<script>" not in page
    assert len(page) < 4000


def test_a_product_alone_asks_for_the_lot(app: App, lot: str) -> None:
    page = told(app, f"/01/{GTIN}")
    assert "没说是哪一批" in page
    asked = app.test_client().get(f"/01/{GTIN}?lot={code_of(lot)}")
    assert asked.location == f"/01/{GTIN}/10/{code_of(lot)}"
    assert "names the product and not the lot" in told(app, f"/01/{GTIN}", "en")


def test_a_capture_that_is_not_finished_tells_nothing_yet(
    app: App, fresh: Callable[[], str]
) -> None:
    box = fresh()
    document = {
        "@context": members.CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0",
        "creationDate": at(1),
        "epcisBody": {"eventList": [event("ObjectEvent", 1, epcList=[box], bizStep="packing")]},
    }  # fmt: skip
    with app.pool.connection() as conn:
        parties.add(conn, COOP, NOW)
        captures.begin(conn, COOP.id, json.dumps(document).encode(), captures.ROLLBACK, NOW)
    assert "过几分钟再试" in told(app, f"/00/{box[-18:]}", status=404)


def test_a_thing_of_ten_thousand_ancestors_says_that_it_is_of_many(
    app: App, counted: Any, fresh: Callable[[], str]
) -> None:
    box = fresh()
    many = [f"https://id.gs1.org/01/{GTIN}/21/{box[-8:]}{n}" for n in range(10_000)]
    for n in range(0, 10_000, 1000):
        tell(app, COOP, packed(box, 5, childEPCs=many[n : n + 1000]))
    counted.clear()
    answer = app.test_client().get(f"/00/{box[-18:]}")
    assert answer.status_code == 200
    assert "它的来源很多" in answer.text
    assert len(answer.data) <= MOST_BYTES
    assert 0 < sum(counted.values()) <= MOST_QUERIES
    english = app.test_client().get(f"/00/{box[-18:]}?lang=en")
    assert "It comes from more than can be shown" in english.text


def test_a_circle_of_events_comes_to_an_end(app: App, fresh: Callable[[], str]) -> None:
    one, other = fresh(), fresh()
    tell(app, COOP, packed(one, 5, childEPCs=[other]), packed(other, 4, childEPCs=[one]))
    assert "柳格合作社" in told(app, f"/00/{one[-18:]}")


def test_a_long_way_shows_its_beginning_and_its_end(app: App, fresh: Callable[[], str]) -> None:
    box, steps = fresh(), ("loading", "unloading")
    tell(app, COOP, *(
        event("ObjectEvent", 100 - n, epcList=[box], bizStep=steps[n % 2]) for n in range(100)
    ))  # fmt: skip
    answer = app.test_client().get(f"/00/{box[-18:]}")
    assert len(answer.data) <= MOST_BYTES
    assert body(answer.text).count("<li>") == 16
    assert "查不到它是这里登记的哪一批" in answer.text


def test_the_fullest_page_stays_small(
    app: App, farmer: FlaskClient, fresh: Callable[[], str]
) -> None:
    box, lots = fresh(), []
    for n in range(9):
        field = garlic(farmer)
        for day in range(1, 16):
            given = {"product": f"药{day}" * 20, "target": f"病{n}" * 20}
            spray(farmer, field, when="other", day=f"2016-04-{day:02}", **given)
        lots.append(uri_of(app, harvest(farmer, field)))
    tell(app, COOP, packed(box, 90, lots=lots))
    long = Party("long", "名" * 200)
    steps = [
        event("ObjectEvent", 80 - n, epcList=[box], bizStep=f"https://x.cn/{'step' * 60}{n}")
        for n in range(40)
    ]
    tell(app, long, *steps)
    tell(app, long, *(sensed(box, 60 - n / 2, 59.8 - n / 2, n % 5, n % 7 + 5) for n in range(100)))
    for language in ("zh", "en"):
        answer = app.test_client().get(f"/00/{box[-18:]}?lang={language}")
        assert len(answer.data) <= MOST_BYTES, len(answer.data)


def test_words_of_strangers_are_escaped_short_and_marked(
    app: App, fresh: Callable[[], str]
) -> None:
    box = fresh()
    stranger = Party("stranger", '<img src=x onerror="alert(1)"> 13812345678 ' + "名" * 100)
    step = "https://x.cn/steps/ripening&quot;13812345678" + "x" * 100
    tell(app, stranger, event("ObjectEvent", 2, epcList=[box], bizStep=step))
    page = told(app, f"/00/{box[-18:]}")
    assert "<img" not in page
    assert "“ripening&amp;quot;1…” （原话）" in page or "“ripening&amp;quot;…" in page
    assert "（原话）" in page
    assert "13812345678" not in page
    assert "名" * 40 not in page
    assert "x" * 40 not in page


def test_a_day_before_the_harvest_is_called_wrong(
    app: App, lot: str, fresh: Callable[[], str]
) -> None:
    box = fresh()
    tell(app, COOP, packed(box, 50, lots=[uri_of(app, lot)]))
    assert "比收获还早：日期有一个不对" in told(app, f"/00/{box[-18:]}")
    assert "one of the days is wrong" in told(app, f"/00/{box[-18:]}", "en")


# Nobody is told of ----------------------------------------------------------------------------


def test_nothing_of_a_person_or_a_field_is_told(
    app: App, farmer: FlaskClient, fresh: Callable[[], str]
) -> None:
    field = garlic(farmer)
    spray(farmer, field, when="other", day="2016-04-20", product="嘧菌酯 13912345678",
          target="叶枯病 139 1234 5678")  # fmt: skip
    lot = harvest(farmer, field)
    number = certify(farmer, lot)
    with farmer.session_transaction() as session:
        uniquifier = session["_user_id"]
    with app.pool.connection() as conn:
        with conn.cursor() as cur:
            cur.execute("SELECT id, name FROM person WHERE uniquifier = %s", (uniquifier,))
            person, name = cur.fetchone()
            cur.execute("SELECT longitude, latitude, zh, id FROM village WHERE id = 'qf-liuge'")
            longitude, latitude, village, village_id = cur.fetchone()
        own = own_fields.find(conn, field, person)
        party = members.party_of(conn, person, NOW)
        box = fresh()
        place = {"id": f"geo:{latitude},{longitude}"}
        told_events = [
            packed(box, 5, lots=[uri_of(app, lot)], readPoint=place),
            event("ObjectEvent", 2, epcList=[box], bizStep="shipping",
                  bizLocation={"id": "https://id.gs1.org/414/6901234567892"}),
        ]  # fmt: skip
        members.tell(conn, party, told_events, NOW)
    assert own is not None
    page = ""
    for path in (f"/00/{box[-18:]}", f"/t/{code_of(lot)}"):
        for language in ("zh", "en"):
            page += told(app, path, language)
            page += app.test_client().get(f"{path}?linkType=all&lang={language}").text
    assert "在这里登记的个人" in page
    assert number in page
    for hidden in (
        name, "张三", "13812345678", "5678", "1391234", "139 1234", own.name, field, village,
        village_id, f"person-{person}", f"person {person}", "person-", str(longitude),
        str(latitude), "6901234567892", "urn:uuid", "13912345678", "800 公斤",
    ):  # fmt: skip
        assert str(hidden) not in page, hidden


# Machines -------------------------------------------------------------------------------------


def test_a_machine_gets_all_links_and_a_browser_never_does(app: App, lot: str) -> None:
    client, path = app.test_client(), f"/01/{GTIN}/10/{code_of(lot)}"
    for query, headers in (
        ("?linkType=all", {}),
        ("?linkType=linkset", {}),
        ("", {"Accept": "application/linkset+json"}),
    ):
        answer = client.get(path + query, headers=headers)
        assert answer.mimetype == "application/linkset+json"
        assert 'rel="http://www.w3.org/ns/json-ld#context"' in answer.headers["Link"]
        (links,) = json.loads(answer.text)["linkset"]
        assert links["anchor"] == f"http://localhost{path}"
        assert links["https://gs1.org/voc/defaultLink"][0]["href"] == links["anchor"]
        for kind, targets in links.items():
            if kind not in ("anchor", "description"):
                assert all({"href", "title"} <= set(each) for each in targets)
        (paper,) = links["https://gs1.org/voc/certificationInfo"]
        assert client.get(paper["href"].removeprefix("http://localhost")).status_code == 200
    for accept in ("*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ""):
        page = client.get(path, headers={"Accept": accept})
        assert page.mimetype == "text/html"
        assert 'rel="linkset"' in page.headers["Link"]


def test_types_of_links_lead_where_they_say(app: App, lot: str) -> None:
    client, path = app.test_client(), f"/01/{GTIN}/10/{code_of(lot)}"
    for kind in ("gs1:pip", "gs1:traceability", "https://gs1.org/voc/defaultLink"):
        assert client.get(path, query_string={"linkType": kind}).status_code == 200
    paper = client.get(f"{path}?linkType=gs1:certificationInfo")
    assert paper.status_code == 307
    assert "/c/C160508-" in paper.location
    other = client.get(f"{path}?linkType=gs1:recipeInfo")
    assert other.status_code == 404
    assert "没有码里要的那种页面（recipeInfo）" in other.text
    assert (
        "There is no page of the kind" in client.get(f"{path}?linkType=gs1:recipeInfo&lang=en").text
    )
    assert json.loads(client.get(f"/01/{GTIN}?linkType=all").text)["linkset"]


def test_the_resolver_describes_itself(app: App) -> None:
    told_ = app.test_client().get("/.well-known/gs1resolver").json
    assert told_["resolverRoot"] == "http://localhost"
    assert told_["supportedPrimaryKeys"] == ["01", "00", "8003", "8004"]


# A crowd --------------------------------------------------------------------------------------


@pytest.fixture
def counted(app: App) -> Any:
    """What the pool's connections send, from now on."""
    with app.pool.connection() as conn:
        conn.cursor_factory = Counting
    Counting.sent.clear()
    yield Counting.sent
    app.pool.close()


def test_a_crowd_costs_few_questions_and_is_told_that_nothing_changed(
    app: App, lot: str, fresh: Callable[[], str], counted: Any
) -> None:
    box = fresh()
    tell(app, COOP, packed(box, 5, lots=[uri_of(app, lot)]), sensed(box, 4, 2, 0, 0.2))
    client = app.test_client()
    for path in (f"/00/{box[-18:]}", f"/t/{code_of(lot)}"):
        first = client.get(path)  # the banner is asked for once in a while
        counted.clear()
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert not again.data
        assert 0 < sum(counted.values()) <= MOST_QUERIES, counted
