"""From the harvest to the certificate, as people do it on their phones."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from models.trace.codes import check_character
from tests.webapp.pages.my.world import key, make, own_id, post
from tests.webapp.pages.trace.world import COMMIT, certify, garlic, harvest, spray
from tests.webapp.people import client_of
from webapp.app.database import App
from webapp.views.trace import label

#: Bytes that the public page may have.
MOST_BYTES = 20 * 1024


def test_a_harvest_becomes_a_lot_and_the_lot_a_certificate(app: App, farmer: FlaskClient) -> None:
    field = garlic(farmer)
    form = farmer.get(f"/lots/harvest/{field}").text
    assert "data-offline" in form
    assert "蒜薹" in form
    assert "小麦" not in form.split("<main")[1]
    lot = harvest(farmer, field)
    page = farmer.get(lot).text
    assert "800 公斤" in page
    assert "没有打过药" in page
    number = certify(farmer, lot)
    sheet = farmer.get(f"/c/{number}/sheet").text
    assert "承诺达标合格证" in sheet
    assert "13812345678" in sheet
    assert "未使用禁用农药、兽药及其他化合物" in sheet
    assert number in farmer.get(lot).text
    seen = app.test_client().get(f"/c/{number}")
    assert "有效" in seen.text
    assert "柳格镇" in seen.text
    assert "138****5678" in seen.text
    assert "13812345678" not in seen.text
    assert "村东头" not in seen.text
    assert len(seen.data) <= MOST_BYTES
    assert "In English" not in seen.text
    english = app.test_client().get(f"/c/{number}?lang=en").text
    assert "Valid." in english
    assert "In English: I promise that no forbidden pesticide" in english


def test_the_same_harvest_sent_twice_is_one_lot(farmer: FlaskClient) -> None:
    field = garlic(farmer)
    page = farmer.get(f"/lots/harvest/{field}").text
    given = {"produce": "garlic_bulb", "weight": "5", "when": "0", "over": "no"}
    both = [
        farmer.post(f"/lots/harvest/{field}", data=given | {"entry_key": key(page)}).location
        for _ in range(2)
    ]
    assert both[0] == both[1]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"when": "other", "day": "2016-05-09"},
            {"zh": "2016年5月9日还没到", "en": "still to come"},
        ),
        (
            {"when": "other", "day": "2015-10-01"},
            {"zh": "那天还没种", "en": "On that day it was not sown"},
        ),
        ({"weight": "0"}, {"zh": "请填 0.10 到 100000 之间的数", "en": "from 0.10 to 100000"}),
        ({"weight": "99999999"}, {"zh": "请填 0.10 到 100000 之间的数", "en": "0.10 to 100000"}),
        ({"weight": "80000"}, {"zh": "这块地 3 亩，一次最多收", "en": "The field has 3 mu"}),
        ({"weight": ""}, {"zh": "请填一个数", "en": "Write a number here"}),
        ({"produce": "wheat"}, {"zh": "请从中选一个", "en": "Choose one of these"}),
    ],
)
def test_a_harvest_that_cannot_be_is_refused_in_plain_words(
    farmer: FlaskClient, given: dict[str, str], said: dict[str, str], language: str
) -> None:
    field = garlic(farmer)
    whole = {"produce": "garlic_scape", "weight": "800", "when": "0", "over": "no"} | given
    page = farmer.post(
        f"/lots/harvest/{field}?lang={language}", data=whole | {"entry_key": "0123456789"}
    )
    assert page.status_code == 422
    assert said[language] in page.text


def test_the_last_harvest_ends_the_season_and_none_follows_it(farmer: FlaskClient) -> None:
    field = garlic(farmer)
    harvest(farmer, field, when="2", over="yes")
    assert "收获" in farmer.get(f"/my/{field}").text.split('id="diary"')[1]
    answer: Any = post(
        farmer, f"/lots/harvest/{field}", produce="garlic_bulb", weight="5", when="0", over="no"
    )
    assert answer.status_code == 422
    assert "已经收完" in answer.text
    english = farmer.post(
        f"/lots/harvest/{field}?lang=en",
        data={"produce": "garlic_bulb", "weight": "5", "when": "0", "over": "no"}
        | {"entry_key": "0123456789"},
    )
    assert "the crop was off the field on 6 May 2016" in english.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_refusals_say_why_and_what_to_do(farmer: FlaskClient, language: str) -> None:
    field = garlic(farmer)
    spray(farmer, field)
    spray(farmer, field, product="吡虫啉", interval="")
    spray(farmer, field, product="3%克百威颗粒剂")
    lot = harvest(farmer, field)
    page = farmer.get(f"{lot}/certificate?lang={language}").text
    wanted = {
        "zh": ("要到2016年5月13日才能收", "“吡虫啉”没有写安全间隔期", "含禁用农药克百威"),
        "en": (
            "allows a harvest from 13 May 2016 on",
            "&#34;吡虫啉&#34;, used on 6 May 2016, has no safety interval",
            "holds the forbidden substance 克百威",
        ),
    }
    for each in wanted[language]:
        assert each in page
    answer = farmer.post(f"{lot}/certificate?lang=zh", data=COMMIT | {"entry_key": "0123456789"})
    assert answer.status_code == 409
    assert "现在还不能开证，原因见下面" in answer.text


def test_grain_gets_no_certificate(farmer: FlaskClient) -> None:
    field = own_id(make(farmer))
    lot = harvest(farmer, field, produce="wheat")
    assert "粮食按粮食管理的规定办" in farmer.get(lot).text
    assert "grain follows the rules for grain" in farmer.get(f"{lot}?lang=en").text


def test_a_lot_is_divided_no_further_than_it_goes(farmer: FlaskClient) -> None:
    lot = harvest(farmer, garlic(farmer))
    answer: Any = post(farmer, f"{lot}/split", count="3", weight="300")
    assert answer.status_code == 422
    assert "只剩 800 公斤，您要分 900 公斤" in answer.text
    english = farmer.post(
        f"{lot}/split?lang=en", data={"count": "3", "weight": "300", "entry_key": "0123456789"}
    )
    assert "800 kg are left of" in english.text
    farmer.get("/?lang=zh")
    assert post(farmer, f"{lot}/split", count="2", weight="300").status_code == 303  # type: ignore[attr-defined]
    page = farmer.get(lot).text
    assert "还剩 200 公斤" in page
    parts = re.findall(r'href="(/lots/L[^"/]+)">L', page)
    assert len(parts) == 2
    assert f'href="{lot}">' in farmer.get(parts[0]).text
    certify(farmer, lot)
    again: Any = post(farmer, f"{lot}/split", count="1", weight="1")
    assert "请先作废那张证" in again.text


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "不是同一种产品"), ("en", "different things")]
)
def test_only_lots_of_one_produce_become_one(farmer: FlaskClient, language: str, said: str) -> None:
    field = garlic(farmer)
    scape, bulb = harvest(farmer, field), harvest(farmer, field, produce="garlic_bulb")
    codes = [each.rsplit("/", 1)[1] for each in (scape, bulb)]
    given = {"lot": codes, "weight": "", "entry_key": "0123456789"}
    answer = farmer.post(f"/lots/merge?lang={language}", data=given)
    assert answer.status_code == 422
    assert said in answer.text
    one = farmer.post("/lots/merge?lang=zh", data=given | {"lot": codes[:1]})
    assert "请至少选两批" in one.text
    other = harvest(farmer, field).rsplit("/", 1)[1]
    whole = farmer.post("/lots/merge", data=given | {"lot": [codes[0], other]})
    assert whole.status_code == 303
    assert f"{scape}/split" not in farmer.get(scape).text  # nothing is left to divide
    assert f"{whole.location}/split" in farmer.get(whole.location).text
    assert "1600 公斤" in farmer.get(whole.location).text


def test_somebody_elses_lot_is_nobodys_business(app: App, farmer: FlaskClient) -> None:
    lot = harvest(farmer, garlic(farmer))
    number = certify(farmer, lot)
    other = client_of(app, "farmer")
    for path in ("", "/split", "/test", "/certificate", "/photo.jpg"):
        answer = other.get(lot + path)
        assert answer.status_code == 404, path
    assert "您没有批次" in other.get(lot).text
    assert "You have no lot" in other.get(f"{lot}?lang=en").text
    mine = harvest(other, garlic(other)).rsplit("/", 1)[1]
    both = {"lot": [mine, lot.rsplit("/", 1)[1]], "entry_key": "0123456789"}
    assert other.post("/lots/merge", data=both).status_code == 404
    for path in ("sheet", "label.png"):
        assert other.get(f"/c/{number}/{path}").status_code == 403
    void = {"reason": "x", "entry_key": "0123456789"}
    assert other.post(f"/c/{number}/void", data=void).status_code == 403
    assert "有效" in app.test_client().get(f"/c/{number}").text


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "之前已经作废"), ("en", "was made void before")]
)
def test_a_certificate_is_void_once(
    app: App, farmer: FlaskClient, language: str, said: str
) -> None:
    lot = harvest(farmer, garlic(farmer))
    number = certify(farmer, lot)
    bare = farmer.post(f"/c/{number}/void", data={"reason": "", "entry_key": "0123456789"})
    assert (bare.status_code, "这里要填写" in bare.text) == (422, True)
    first = farmer.post(
        f"/c/{number}/void", data={"reason": "写错了重量", "entry_key": "first-time"}
    )
    assert first.status_code == 303
    again = farmer.post(
        f"/c/{number}/void?lang={language}", data={"reason": "x", "entry_key": "second-time"}
    )
    assert again.status_code == 409
    assert said in again.text
    page = app.test_client().get(f"/c/{number}").text
    assert "起作废" in page
    assert "写错了重量" not in page
    assert certify(farmer, lot) != number


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_unknown_number_and_a_mistyped_one_are_told_apart(app: App, language: str) -> None:
    client = app.test_client()
    said = {
        "zh": ("有字符写错或漏了", "没有开过合格证"),
        "en": ("a character is wrong or missing", "was issued here. If goods carry it"),
    }
    body = "22222222K"
    good = f"C160508-{body}{check_character(body)}"
    bad = good[:-1] + ("2" if good[-1] != "2" else "3")
    for number, words in zip((bad, good), said[language], strict=True):
        answer = client.get(f"/c/{number}?lang={language}")
        assert answer.status_code == 404
        assert words in answer.text
    assert client.get(f"/c/?number={bad}").status_code == 404
    assert client.get("/c/").status_code == 200


def test_a_number_is_found_however_it_is_typed(app: App, farmer: FlaskClient) -> None:
    number = certify(farmer, harvest(farmer, garlic(farmer)))
    assert "有效" in app.test_client().get(f"/c/?number=+{number.lower()}+").text


def test_the_label_is_a_picture_for_a_thermal_printer(
    farmer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = certify(farmer, harvest(farmer, garlic(farmer)))
    monkeypatch.setenv(label.SETTING, "/nowhere.ttf")
    label._font.cache_clear()
    answer = farmer.get(f"/c/{number}/label.png")
    assert answer.status_code == 503
    assert "服务器上没有中文字体" in answer.text
    monkeypatch.delenv(label.SETTING)
    label._font.cache_clear()
    if not any(map(label.Path.exists, map(label.Path, label.PLACES))):
        pytest.skip("no font with Chinese characters is installed")
    answer = farmer.get(f"/c/{number}/label.png")
    with Image.open(BytesIO(answer.data)) as picture:
        assert (picture.size, picture.mode) == ((label.WIDTH, label.HEIGHT), "1")
        dark = picture.histogram()[0]
    assert 0.05 < dark / (label.WIDTH * label.HEIGHT) < 0.4


def test_tests_open_their_grounds(farmer: FlaskClient) -> None:
    field = garlic(farmer)
    spray(farmer, field, when="other", day="2016-04-01")
    lot = harvest(farmer, field)
    given = {"kind": "self_test", "when": "0", "substances": "吡虫啉，嘧菌酯", "passed": "yes"}
    given |= {"tested_by": "合作社检测室", "report": "7"}
    for wrong, said in (
        ({"passed": ""}, "请选检测结果"),
        ({"substances": "，"}, "请至少写一种药"),
        ({"when": "1"}, "不可能在那之前检测"),
        ({"tested_by": ""}, "这里要填写"),
    ):
        answer: Any = post(farmer, f"{lot}/test", **(given | wrong))
        assert answer.status_code == 422
        assert said in answer.text
    assert "自行检测合格</option>" not in farmer.get(f"{lot}/certificate").text
    answer = post(farmer, f"{lot}/test", **given)
    assert answer.status_code == 303
    assert "合作社检测室" in farmer.get(lot).text
    number = certify(farmer, lot, grounds="self_test")
    assert "自行检测合格" in farmer.get(f"/c/{number}").text


def photo() -> tuple[BytesIO, str]:
    out = BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "JPEG")
    return BytesIO(out.getvalue()), "certificate.jpg"


def test_a_buyer_collects_certificates_and_issues_their_own(app: App, farmer: FlaskClient) -> None:
    number = certify(farmer, harvest(farmer, garlic(farmer)))
    buyer = client_of(app, "farmer")

    def bring(**other: Any) -> Any:
        given = {"produce": "garlic_scape", "weight": "500", "kind": "commitment", "number": number}
        given |= {"issuer": "张三", "contact": "138", "origin": "柳格镇", "when": "0"}
        page = buyer.get("/lots/bought").text
        return buyer.post("/lots/bought", data=given | {"entry_key": key(page)} | other)

    for other, said in (
        ({"produce": "tomato"}, "这张证是蒜薹的"),
        ({"weight": "801"}, "凭这张证还能收 800 公斤"),
        ({"number": "HN-7"}, "请拍照"),
        ({"number": "HN-7", "photo": (BytesIO(b"x"), "x.jpg")}, "这不是能读的照片"),
        ({"issuer": ""}, "这里要填写"),
    ):
        answer = bring(**other)
        assert answer.status_code == 422, other
        assert said in answer.text, other
    goods = bring()
    assert goods.status_code == 303
    outside = bring(number="HN-7", photo=photo(), origin="河北大名", issuer="王五合作社")
    assert outside.status_code == 303, outside.text
    assert buyer.get(f"{outside.location}/photo.jpg").mimetype == "image/jpeg"
    assert buyer.get(f"{goods.location}/photo.jpg").status_code == 404
    codes = [each.location.rsplit("/", 1)[1] for each in (goods, outside)]
    whole = buyer.post("/lots/merge", data={"lot": codes, "entry_key": "0123456789"}).location
    mine = certify(buyer, whole, issuer_kind="buyer", name="李四蔬菜行")
    seen = app.test_client().get(f"/c/{mine}").text
    assert "已按规定收取并保存该批次农产品承诺达标合格证" in seen
    assert "河北大名" in seen
    assert "柳格镇" in seen
    farmer.post(f"/c/{number}/void", data={"reason": "x", "entry_key": "0123456789"})
    assert "已作废，或这批产品被暂扣" in bring(weight="1").text
    page = buyer.get(whole).text
    assert "证已开出，但现在的记录不再支持它" in page
    assert f"收来的合格证 {number} 已经作废" in page
