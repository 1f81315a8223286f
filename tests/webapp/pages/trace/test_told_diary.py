"""From the diary to the code on a box, all by pages: told, changed, taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from collector.store.trace import following
from tests.webapp.conftest import client_of
from tests.webapp.pages.my.world import key, post
from tests.webapp.pages.trace.chain import COOP, packed, tell, uri_of
from tests.webapp.pages.trace.world import garlic, harvest, spray
from webapp.app.database import App

BOX = "https://id.gs1.org/00/069012399900000015"
SOWING, TREATING = "urn:nongqing:bizstep:sowing", "urn:nongqing:bizstep:treating"


def led(app: App, thing: str) -> list[tuple[str | None, str, bool]]:
    """What was done to a crop that led to a thing: step, with what, whether it was taken back."""
    with app.pool.connection() as conn:
        steps = following.story(conn, following.back(conn, thing))
    return sorted((e.biz_step, e.about, e.error) for e in steps if e.biz_step in (SOWING, TREATING))


def count(app: App) -> int:
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM trace_event")
        ((found,),) = cur.fetchall()
    return int(found)


def line(client: FlaskClient, field: str, product: str) -> str:
    """Address of the line of a diary that names a product."""
    page = client.get(f"/my/{field}/diary").text  # all lines; the field's page has the newest
    row = next(each for each in page.split("<tr")[1:] if product in each)
    return re.findall(rf"/my/{field}/work/[0-9a-f]+", row)[0]


def change(client: FlaskClient, address: str, **other: str) -> None:
    given = {"kind": "spray", "when": "other", "day": "2016-04-20", "product": "嘧菌酯"} | other
    answer: Any = post(client, address, **given)
    assert answer.status_code == 303, answer.text


@pytest.fixture
def field(farmer: FlaskClient) -> str:
    found = garlic(farmer)
    given = {"target": "叶枯病", "who": "王大妈", "note": "问 13912345678"}
    spray(farmer, found, when="other", day="2016-04-20", **given)
    return found


def test_a_diary_is_told_from_the_harvest_on_and_corrected(
    app: App, farmer: FlaskClient, field: str
) -> None:
    before = count(app)
    change(farmer, line(farmer, field, "嘧菌酯"), interval="5")
    assert count(app) == before, "no lot came of it: the diary is its keepers' alone"
    lot = harvest(farmer, field)
    tell(app, COOP, packed(BOX, 1, lots=[uri_of(app, lot)]))
    sown = (SOWING, "garlic", False)
    assert led(app, BOX) == [sown, (TREATING, "嘧菌酯", False)]
    told = count(app)
    change(farmer, line(farmer, field, "嘧菌酯"), interval="5", note="别的")
    assert count(app) == told, "what is not told changed, and nothing is told anew"
    change(farmer, line(farmer, field, "嘧菌酯"), interval="14", product="戊唑醇")
    assert led(app, BOX) == [
        sown,
        (TREATING, "嘧菌酯", False),
        (TREATING, "嘧菌酯", True),
        (TREATING, "戊唑醇", False),
    ]
    page = app.test_client().get(f"/00/{BOX[-18:]}?lang=zh").text
    assert page.count("戊唑醇") == 1
    assert "嘧菌酯" not in page
    address = line(farmer, field, "戊唑醇")
    answer = farmer.post(
        address, data={"entry_key": key(farmer.get(address).text), "take_back": "1"}
    )
    assert answer.status_code == 303
    assert led(app, BOX)[-1] == (TREATING, "戊唑醇", True)
    assert "戊唑醇" not in app.test_client().get(f"/00/{BOX[-18:]}?lang=zh").text
    spray(farmer, field, when="other", day="2016-03-01", product="多菌灵")
    assert (TREATING, "多菌灵", False) in led(app, BOX), "written down after the harvest"


def test_a_sowing_is_corrected_with_its_field(app: App, farmer: FlaskClient, field: str) -> None:
    lot = harvest(farmer, field)
    page = farmer.get(f"/my/{field}/edit").text
    edition = re.findall(r'name="edition" value="(\d+)"', page)[0]
    given = {"name": "村东头", "area": "3", "soil": "loam", "crop": "garlic", "variety": ""}
    given |= {"sown": "2015-10-20", "edition": edition}
    answer: Any = post(farmer, f"/my/{field}/edit", **given)
    assert answer.status_code == 303, answer.text
    assert [each for each in led(app, uri_of(app, lot)) if each[0] == SOWING] == [
        (SOWING, "garlic", False),
        (SOWING, "garlic", False),
        (SOWING, "garlic", True),
    ]
    held = app.test_client().get(f"/t/{lot.rsplit('/', 1)[1]}?lang=zh").text
    assert "<dd>2015年10月20日</dd>" in held


def test_an_inspector_reads_the_story_with_its_treatments(
    app: App, farmer: FlaskClient, field: str
) -> None:
    code = harvest(farmer, field).rsplit("/", 1)[1]
    city = client_of(app, "inspector")
    page = city.get(f"/register/story?lang=zh&thing={code}").text
    for text in ("播种：大蒜", "用药：嘧菌酯", "采收：蒜薹", "柳格镇"):
        assert text in page, text
    for private in ("王大妈", "13912345678", "139", "村东头", field):
        assert private not in page.split("<main")[1], private
    assert "2016年4月20日 12:00" not in page, "the diary has days and no hours"
    assert "登记人员" in page
    assert page.count("urn:uuid:") == page.count("thing=urn:uuid:"), "people read names"
