"""What does not hold together, and whole stories, as inspectors see them."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from collector.store.lots import lots
from collector.store.trace import flags, members, parties
from collector.store.trace.parties import Party
from tests.webapp.conftest import seed_module
from tests.webapp.pages.my.world import db_rows
from tests.webapp.pages.trace.test_lots import certify, garlic, harvest
from tests.webapp.pages.trace.test_register import act, code_of
from tests.webapp.people import client_of
from webapp.app.database import App
from webapp.pages.trace import flags as pages

NOW = seed_module.NOW
PALLET = "https://id.gs1.org/00/069012340000000016"


def told(app: App, **more: Any) -> None:
    """Let a cold store tell an event, and look at all that is told."""
    event = {"eventTime": "2016-01-01T08:00:00+08:00", "eventTimeZoneOffset": "+08:00", **more}
    with app.pool.connection() as conn:
        store = Party("store", "柳格冷库")
        parties.add(conn, store, NOW)
        members.tell(conn, store, [event], NOW)
        for party, after in flags.behind(conn):
            flags.look_on(conn, party, after, 0.05, NOW)


def seen_early(app: App, lot: str) -> str:
    """Tell that a lot was stored before it was there; its URI."""
    with app.pool.connection() as conn:
        found = lots.find(conn, lot)
    assert found is not None
    listed = [{"epcClass": found.uri, "quantity": 5, "uom": "KGM"}]
    told(app, type="ObjectEvent", action="OBSERVE", bizStep="storing", quantityList=listed)
    return found.uri


def test_a_flag_is_shown_where_its_lot_grew(app: App, farmer: FlaskClient) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    uri = seen_early(app, lot)
    county = client_of(app, "inspector", "county", "410922")
    page = county.get(f"/register/flags?lang=zh&thing={lot}").text
    assert "建立之前就出现" in page
    assert f"{lot} 于" in page
    assert "由柳格冷库上报" in page
    assert f'href="/register/story?thing={lot}"' in page
    assert lot in county.get(f"/register/flags?thing={uri}&kind=flag_before_begin").text
    assert "这里没有" in county.get("/register/flags?lang=zh&kind=flag_two_parents").text
    elsewhere = client_of(app, "inspector", "county", "410928")
    assert lot not in elsewhere.get("/register/flags").text
    answer = elsewhere.get(f"/register/story?lang=en&thing={lot}")
    assert answer.status_code == 404
    assert "Nothing is known of" in answer.text
    with app.pool.connection() as conn:
        every = db_rows(conn, "SELECT detail FROM audit_entry WHERE action = 'register_seen'")
    assert "flags.page" in str(every)


@pytest.mark.parametrize("typed", ["x", "L160508-22222222KX", "https://id.gs1.org/01/1/21/1"])
def test_what_is_no_thing_is_not_found(app: App, typed: str) -> None:
    city = client_of(app, "inspector")
    assert city.get(f"/register/flags?thing={typed}").status_code == 200
    answer = city.get(f"/register/story?lang=zh&thing={typed}")
    assert (answer.status_code, "没有关于" in answer.text) == (404, True)


def test_a_story_tells_all_who_told_it(
    app: App, farmer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    certify(farmer, f"/lots/{lot}")
    uri = seen_early(app, lot)
    told(
        app,
        type="AggregationEvent",
        action="ADD",
        bizStep="loading",
        parentID=PALLET,
        childQuantityList=[{"epcClass": uri, "quantity": 5, "uom": "KGM"}],
    )
    city = client_of(app, "inspector")
    assert act(city, lot, "held").status_code == 303
    page = city.get(f"/register/story?lang=zh&thing={lot}").text
    for text in ("采收", "开具合格证", "暂停销售", "入库贮存", "装车", "农业农村局", PALLET):
        assert text in page
    assert page.count(">存疑<") == 2  # stored and loaded before it was there
    for text in ("播种：大蒜", "采收：蒜薹", "柳格镇", "长在一块地、一季里"):
        assert text in page, text
    assert f">{lot}</span>" in city.get(f"/register/story?thing={PALLET}").text
    assert f'href="/register/{lot}"' in page
    county = client_of(app, "inspector", "county", "410922")
    assert county.get(f"/register/story?thing={lot}").status_code == 200
    assert county.get(f"/register/story?thing={PALLET}").status_code == 404
    monkeypatch.setattr(pages, "MOST_STEPS", 2)
    assert "还有 4 条" in city.get(f"/register/story?lang=zh&thing={lot}").text


def test_a_page_leads_there(app: App, farmer: FlaskClient) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    city = client_of(app, "inspector")
    assert 'href="/register/flags"' in city.get("/register/").text
    assert f'href="/register/story?thing={lot}"' in city.get(f"/register/{lot}").text


def test_mended_flags_are_shown_where_they_are_wanted(app: App, farmer: FlaskClient) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    seen_early(app, lot)
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE trace_flag SET cleared = found FROM lot WHERE uri = thing AND code = %s", (lot,)
        )
    city = client_of(app, "inspector")
    assert (
        "建立之前就出现"
        not in city.get(f"/register/flags?lang=zh&thing={lot}").text.split("<ul")[-1]
    )
    assert ">已消除<" in city.get(f"/register/flags?lang=zh&thing={lot}&cleared=1").text
    assert ">已消除<" in city.get(f"/register/story?lang=zh&thing={lot}").text
