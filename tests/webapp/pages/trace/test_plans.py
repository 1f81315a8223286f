"""Sampling plans as an inspector works with them, to the lot that is held."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.webapp.pages.my.world import db_rows, key
from tests.webapp.pages.trace.test_lots import garlic, harvest
from tests.webapp.pages.trace.test_register import act as at_register
from tests.webapp.pages.trace.test_register import code_of
from tests.webapp.people import client_of
from webapp.app.database import App


def plan(client: FlaskClient, lang: str = "zh", **other: Any) -> Any:
    page = client.get("/register/plans/new")
    given = {"starts": "2016-05-08", "ends": "2016-05-20", "produce": "garlic_scape"}
    given |= {"places": "410922", "samples": "1", "substances": "克百威，毒死蜱"}
    given |= {"reason": "routine", "entry_key": key(page.text)} | other
    return client.post(f"/register/plans/new?lang={lang}", data=given)


def act(client: FlaskClient, address: str, what: str, lang: str = "zh", **given: str) -> Any:
    """Do something with a sample; where its page has no form any more, as a page seen before."""
    own = {"entry_key": f"{what}-{len(given)}-{abs(hash(address))}"} | given
    return client.post(f"{address}/{what}?lang={lang}", data=own)


RESULT = {
    "kind": "entrusted_test",
    "when": "0",
    "substances": "克百威",
    "passed": "no",
    "tested_by": "市检测中心",
    "report": "W-1",
}


def drawn(app: App, number: str) -> list[str]:
    with app.pool.connection() as conn:
        rows: Any = db_rows(conn, "SELECT lot FROM sample WHERE plan = %s ORDER BY place", number)
    return [lot for (lot,) in rows]


def test_a_failed_sample_holds_its_lot_and_opens_a_non_conformity_at_once(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    for _ in range(2):
        harvest(farmer, garlic(farmer))
    answer = plan(inspector)
    assert answer.status_code == 303, answer.text
    page = inspector.get(f"{answer.location}?lang=zh").text
    number = code_of(answer.location)
    (lot,) = drawn(app, number)
    assert lot in page
    assert "结果完全一样" in page
    sample = f"{answer.location}/{lot}"
    assert "今天已取样" in inspector.get(sample).text
    assert act(inspector, sample, "taken").status_code == 303
    more = {"substance": "克百威", "value": "0.05", "limit": "0.02"}
    more |= {"unit": "mg/kg", "source": "GB 2763（监管人员填写）"}
    done = act(inspector, sample, "result", **RESULT, **more)
    assert done.status_code == 303, done.text
    assert "已登记不符合项 N" in inspector.get(answer.location).text
    shown = inspector.get(sample).text
    assert "0.05 mg/kg" in shown
    assert "GB 2763(监管人员填写)" in shown
    assert "监管人员暂扣" in inspector.get(f"/register/{lot}").text
    with app.pool.connection() as conn:
        states = db_rows(conn, "SELECT state FROM lot_state WHERE lot = %s", lot)
        found = db_rows(conn, "SELECT plan, severity FROM finding WHERE lot = %s", lot)
    assert (states, found) == ([("held",)], [(number, "critical")])
    assert number in inspector.get("/register/plans/").text


def test_of_a_result_that_comes_twice_nothing_is_kept(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    harvest(farmer, garlic(farmer))
    address = plan(inspector).location
    (lot,) = drawn(app, code_of(address))
    passed = RESULT | {"passed": "yes"}
    assert act(inspector, f"{address}/{lot}", "result", **passed).status_code == 303
    for language, said in (("zh", "以前已经填过"), ("en", "Somebody entered this before")):
        again = RESULT | {"report": language, "x": language}
        answer = act(inspector, f"{address}/{lot}", "result", language, **again, **{language: "1"})
        assert (answer.status_code, said in answer.text) == (409, True)
    with app.pool.connection() as conn:
        tests = db_rows(conn, "SELECT passed FROM lot_test WHERE lot = %s", lot)
        states = db_rows(conn, "SELECT state FROM lot_state WHERE lot = %s", lot)
    assert (tests, states) == ([(True,)], [])
    assert act(inspector, f"{address}/{lot}", "taken").status_code == 303
    second = act(inspector, f"{address}/{lot}", "taken", other="1")
    assert second.status_code == 409


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"starts": "2016-05-01", "ends": "2016-05-07"},
            {"zh": "2016-05-07 已过", "en": "The period is over: 2016-05-07 has gone by."},
        ),
        (
            {"starts": "2016-05-20", "ends": "2016-05-10"},
            {"zh": "结束日期早于开始日期", "en": "It ends before it begins."},
        ),
        ({"samples": "500"}, {"zh": "个这样的批次，最多抽这么多", "en": "ask for so many at most"}),
        ({"substances": "，"}, {"zh": "请至少写一种药", "en": "Name at least one substance."}),
        ({"places": "410928"}, {"zh": "请至少选一项", "en": "Choose at least one of these."}),
        ({"produce": []}, {"zh": "请至少选一项", "en": "Choose at least one of these."}),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_plain_words(
    farmer: FlaskClient,
    inspector: FlaskClient,
    given: dict[str, Any],
    said: dict[str, str],
    language: str,
) -> None:
    harvest(farmer, garlic(farmer))
    page = plan(inspector, language, **given)
    assert (page.status_code, said[language] in page.text) == (422, True)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"value": "1", "unit": "mg/kg"}, {"zh": "请写是哪种物质", "en": "Say of which substance"}),
        ({"value": "1", "substance": "x"}, {"zh": "请写单位", "en": "Say in which unit"}),
        (
            {"limit": "1", "unit": "mg/kg"},
            {"zh": "请写限量值的出处", "en": "Say where the limit stands"},
        ),
        ({"passed": ""}, {"zh": "请选检测结果", "en": "Say how it came out."}),
    ],
)
def test_a_result_without_unit_or_source_is_refused(
    app: App,
    farmer: FlaskClient,
    inspector: FlaskClient,
    given: dict[str, str],
    said: dict[str, str],
    language: str,
) -> None:
    harvest(farmer, garlic(farmer))
    address = plan(inspector).location
    (lot,) = drawn(app, code_of(address))
    page = act(inspector, f"{address}/{lot}", "result", language, **(RESULT | given))
    assert (page.status_code, said[language] in page.text) == (422, True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_plan_is_for_who_inspects_there_and_for_its_lots(
    app: App, farmer: FlaskClient, inspector: FlaskClient, language: str
) -> None:
    harvest(farmer, garlic(farmer))
    address = plan(inspector).location
    number = code_of(address)
    elsewhere = client_of(app, "inspector", "county", "410928")
    answer = elsewhere.get(f"{address}?lang={language}")
    said = {
        "zh": "您的监管范围内没有这个抽样计划",
        "en": "There is no such plan where you inspect.",
    }
    assert (answer.status_code, said[language] in answer.text) == (404, True)
    assert number not in elsewhere.get("/register/plans/").text
    late = code_of(harvest(farmer, garlic(farmer)))
    answer = act(inspector, f"{address}/{late}", "result", language, **RESULT)
    said = {"zh": "这个计划没有抽到这一批", "en": "This plan did not draw such a lot."}
    assert (answer.status_code, said[language] in answer.text) == (404, True)
    (lot,) = drawn(app, number)
    assert act(inspector, f"{address}/{lot}", "eaten").status_code == 404


def test_what_is_held_is_not_drawn(app: App, farmer: FlaskClient, inspector: FlaskClient) -> None:
    held = code_of(harvest(farmer, garlic(farmer)))
    assert at_register(inspector, held, "held").status_code == 303
    harvest(farmer, garlic(farmer))
    number = code_of(plan(inspector).location)
    with app.pool.connection() as conn:
        ((frame,),) = db_rows(conn, "SELECT frame FROM sampling_plan WHERE number = %s", number)
    assert isinstance(frame, list)
    assert held not in [each[0] for each in frame]
