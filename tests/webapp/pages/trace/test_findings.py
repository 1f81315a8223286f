"""Non-conformities from the entry to the end, each step by name."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.webapp.pages.my.world import db_rows, key
from tests.webapp.pages.trace.test_lots import garlic, harvest
from tests.webapp.pages.trace.test_register import code_of
from tests.webapp.people import client_of
from webapp.app.database import App


def enter(client: FlaskClient, start: str, lang: str = "zh", **other: str) -> Any:
    page = client.get("/register/findings/new")
    given = {"what": "没有记安全间隔期", "start": start, "severity": "major", "due": "2016-05-15"}
    given |= {"found_by": "李监管", "entry_key": key(page.text)} | other
    return client.post(f"/register/findings/new?lang={lang}", data=given)


def move(client: FlaskClient, address: str, seen: int, lang: str = "zh", **other: str) -> Any:
    given = {"state": "answered", "action": "补记日记", "evidence": "", "reason": "已整改"}
    given |= {"seen": str(seen), "entry_key": f"step-{seen}-{len(other)}-{code_of(address)}"}
    return client.post(f"{address}?lang={lang}", data=given | other)


def test_a_non_conformity_is_answered_opened_again_and_closed(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    answer = enter(inspector, lot)
    assert answer.status_code == 303, answer.text
    address = answer.location
    assert move(inspector, address, 1).status_code == 303
    assert move(inspector, address, 2, state="open", reason="不够").status_code == 303
    assert move(inspector, address, 3).status_code == 303
    end = {"state": "closed", "evidence": "现场看过", "reason": "已改好"}
    assert move(inspector, address, 4, **end).status_code == 303
    page = inspector.get(f"{address}?lang=zh").text
    for each in ("补记日记", "不够", "现场看过", "已改好"):
        assert each in page
    assert "处理为" not in page
    with app.pool.connection() as conn:
        rows = db_rows(
            conn,
            "SELECT state, name FROM finding_step WHERE finding = %s ORDER BY number",
            code_of(address),
        )
    assert [state for state, _ in rows] == ["open", "answered", "open", "answered", "closed"]
    assert {name for _, name in rows} == {"inspector"}


def test_what_is_late_comes_first(app: App, farmer: FlaskClient, inspector: FlaskClient) -> None:
    field = garlic(farmer)
    early, late = (
        code_of(enter(inspector, field, due=due).location) for due in ("2016-05-09", "2016-05-08")
    )
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("ALTER TABLE finding DISABLE TRIGGER finding_stays")
        cur.execute("UPDATE finding SET due = '2016-05-01' WHERE number = %s", (late,))
        cur.execute("ALTER TABLE finding ENABLE TRIGGER finding_stays")
    page = inspector.get("/register/findings/?lang=zh").text
    assert page.index(late) < page.index(early)
    assert "逾期" in page.split(late)[2].split("</li>")[0]
    assert "逾期" not in page.split(early)[2].split("</li>")[0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_of_two_who_close_at_once_the_second_is_told(
    app: App, farmer: FlaskClient, inspector: FlaskClient, language: str
) -> None:
    address = enter(inspector, code_of(harvest(farmer, garlic(farmer)))).location
    assert move(inspector, address, 1).status_code == 303
    end = {"state": "closed", "evidence": "看过", "reason": "好"}
    assert move(inspector, address, 2, **end).status_code == 303
    second = move(client_of(app, "inspector"), address, 2, language, **end)
    said = {"zh": "别人刚处理过", "en": "Somebody else did something with this"}
    assert (second.status_code, said[language] in second.text) == (409, True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_wanting_is_said_beside_it(
    app: App, farmer: FlaskClient, inspector: FlaskClient, language: str
) -> None:
    lot = code_of(harvest(farmer, garlic(farmer)))
    past = enter(inspector, lot, language, due="2016-05-01")
    said = {"zh": "2016-05-01 已经过去", "en": "2016-05-01 has gone by"}
    assert (past.status_code, said[language] in past.text) == (422, True)
    elsewhere = client_of(app, "inspector", "county", "410928")
    outside = enter(elsewhere, lot, language)
    said = {
        "zh": "您的监管范围内没有这一批或这块地",
        "en": "There is no such lot or field where you inspect.",
    }
    assert (outside.status_code, said[language] in outside.text) == (422, True)
    address = enter(inspector, lot).location
    hidden = elsewhere.get(f"{address}?lang={language}")
    said = {
        "zh": "您的监管范围内没有这个不符合项",
        "en": "There is no such non-conformity where you inspect.",
    }
    assert (hidden.status_code, said[language] in hidden.text) == (404, True)
    bare = move(inspector, address, 1, language, action="")
    said = {"zh": "请写做了什么整改", "en": "Say what was done about it."}
    assert (bare.status_code, said[language] in bare.text) == (422, True)
    jump = move(inspector, address, 1, language, state="closed")
    said = {"zh": "请从中选一个", "en": "Choose one of these."}
    assert (jump.status_code, said[language] in jump.text) == (422, True)
    assert move(inspector, address, 1).status_code == 303
    bare = move(inspector, address, 2, language, state="closed")
    said = {"zh": "请写证据", "en": "Say what proves it."}
    assert (bare.status_code, said[language] in bare.text) == (422, True)
