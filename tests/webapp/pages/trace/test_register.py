"""What inspectors see and do, by their names."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.webapp.pages.my.world import db_rows, key
from tests.webapp.pages.trace.world import certify, garlic, harvest, spray
from tests.webapp.people import client_of
from webapp.app.database import App


def act(client: FlaskClient, lot: str, what: str, reason: str = "抽检", lang: str = "zh") -> Any:
    page = client.get(f"/register/{lot}")
    given = {"reason": reason, "entry_key": key(page.text)}
    return client.post(f"/register/{lot}/{what}?lang={lang}", data=given)


def code_of(address: str) -> str:
    return address.rsplit("/", 1)[1]


def test_the_register_lists_what_grew_in_the_inspectors_place(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    number = certify(farmer, f"/lots/{lot}")
    page = inspector.get("/register/").text
    assert lot in page
    assert number in page
    assert lot in inspector.get(f"/register/?q={number}").text
    assert "您的监管范围内没有这一批" in inspector.get("/register/?q=C1").text
    elsewhere = client_of(app, "inspector", "county", "410928")
    assert lot not in elsewhere.get("/register/").text
    answer = elsewhere.get(f"/register/{lot}?lang=en")
    assert answer.status_code == 404
    assert "There is no such lot where you inspect." in answer.text
    assert elsewhere.get(f"/c/{number}/sheet").status_code == 403
    assert inspector.get(f"/c/{number}/sheet").status_code == 200
    assert inspector.get(f"/register/{lot}").status_code == 200
    with app.pool.connection() as conn:
        every = db_rows(conn, "SELECT object FROM audit_entry WHERE action = 'register_seen'")
    assert (lot,) in every


def test_what_is_held_says_so_to_everybody_until_it_is_freed(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    number = certify(farmer, f"/lots/{lot}")
    bare = act(inspector, lot, "held", "")
    assert (bare.status_code, "这里要填写" in bare.text) == (422, True)
    assert act(inspector, lot, "held").status_code == 303
    reader = app.test_client()
    assert "暂扣中" in reader.get(f"/c/{number}").text
    again = act(inspector, lot, "held", lang="en")
    assert again.status_code == 409
    assert "Somebody else did something with this lot" in again.text
    assert act(inspector, lot, "freed").status_code == 303
    assert "有效" in reader.get(f"/c/{number}").text
    assert act(inspector, lot, "recalled").status_code == 303
    assert "已召回" in reader.get(f"/c/{number}").text
    assert "这一批已召回" in inspector.get(f"/register/{lot}").text
    wrong = inspector.post(f"/register/{lot}/burnt", data={"reason": "x"})
    assert wrong.status_code == 404
    with app.pool.connection() as conn:
        rows = db_rows(
            conn, "SELECT action FROM audit_entry WHERE object = %s ORDER BY number", lot
        )
    told = [action for (action,) in rows]
    assert [e for e in told if e.startswith("lot_")] == [
        "lot_made",
        "lot_held",
        "lot_freed",
        "lot_recalled",
    ]


def test_an_override_lets_the_farmer_issue_and_stands_on_record(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    field = garlic(farmer)
    spray(farmer, field)
    lot = code_of(harvest(farmer, field))
    page = inspector.get(f"/register/{lot}?lang=zh").text
    assert "要到2016年5月13日才能收" in page
    assert "准予开证</button>" in page
    assert act(inspector, lot, "override", "复检合格").status_code == 303
    assert "复检合格" in inspector.get(f"/register/{lot}").text
    number = certify(farmer, f"/lots/{lot}")
    assert "由监管人员准予开证" in app.test_client().get(f"/c/{number}").text
    again = inspector.post(
        f"/register/{lot}/override?lang=en", data={"reason": "x", "entry_key": "0123456789"}
    )
    assert again.status_code == 409
    assert "Nothing stands against a certificate that may be overridden." in again.text


def test_what_is_forbidden_has_no_button_to_override_it(
    farmer: FlaskClient, inspector: FlaskClient
) -> None:
    field = garlic(farmer)
    spray(farmer, field, product="甲拌磷", interval="1")
    lot = code_of(harvest(farmer, field))
    assert "准予开证</button>" not in inspector.get(f"/register/{lot}").text
    answer = inspector.post(
        f"/register/{lot}/override", data={"reason": "x", "entry_key": "0123456789"}
    )
    assert answer.status_code == 409


def test_an_inspector_makes_a_certificate_void_by_name(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    number = certify(farmer, f"/lots/{lot}")
    given = {"reason": "重量不符", "entry_key": "0123456789"}
    assert inspector.post(f"/c/{number}/void", data=given).status_code == 303
    with app.pool.connection() as conn:
        rows = db_rows(
            conn, "SELECT inspector, reason, name FROM certificate_void WHERE number = %s", number
        )
    assert rows == [(True, "重量不符", "inspector")]
    assert "起作废" in app.test_client().get(f"/c/{number}").text


def test_the_rules_are_set_by_who_inspects_the_whole_city(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    city = client_of(app, "inspector")
    assert "本地开证规则" in city.get("/register/").text
    assert "本地开证规则" not in inspector.get("/register/").text
    given = {"tolerance": "3", "forbidden": "毒死蜱", "required": ["garlic_scape", "gold"]}
    assert inspector.post("/register/rules", data=given).status_code == 403
    wrong = city.post("/register/rules", data=given | {"tolerance": "80"})
    assert (wrong.status_code, "请填 0 到 50 之间的数" in wrong.text) == (422, True)
    lot = harvest(farmer, garlic(farmer))
    assert city.post("/register/rules", data=given | {"entry_key": "0123456789"}).status_code == 303
    try:
        assert "开证前必须检测" in farmer.get(f"{lot}/certificate").text
        field = garlic(farmer)
        spray(farmer, field, product="毒死蜱", interval="1")
        assert "含禁用农药毒死蜱" in farmer.get(harvest(farmer, field)).text
    finally:
        back = {"tolerance": "5", "forbidden": "", "entry_key": "9876543210"}
        assert city.post("/register/rules", data=back).status_code == 303


@pytest.mark.parametrize("role", ["farmer", "officer", "technician", "agent"])
def test_nobody_else_holds_or_overrides(app: App, farmer: FlaskClient, role: str) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    other = client_of(app, role)
    for what in ("held", "override"):
        answer = other.post(f"/register/{lot}/{what}", data={"reason": "x"})
        assert answer.status_code == 403
