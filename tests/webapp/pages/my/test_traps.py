"""What a trap caught, written on the phone: kept as from a workbook, by who may, once."""

from __future__ import annotations

import html
from datetime import date

import pytest
from flask.testing import FlaskClient

from collector.jobs.context import Context
from collector.jobs.judging.risk import assess_risk
from collector.store.advice import traps
from collector.store.advice.traps import TrapCount
from collector.store.network import registry
from field_configs.schema import StageObservation
from tests.webapp.pages.my.world import NOW, TODAY, key, make, own_id, post
from tests.webapp.people import client_of
from webapp.app.database import App

GOOD = {"insect": "fall_armyworm", "trap": "pheromone", "when": "0", "nights": "1", "count": "3"}


def kept(app: App, field: str) -> list[TrapCount]:
    with app.pool.connection() as conn:
        return traps.counts_of(conn, field)


def test_a_count_is_kept_once_however_often_it_is_sent(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    assert f'href="{address}/trap" data-keep' in farmer.get(address).text
    page = farmer.get(f"{address}/trap").text
    assert "data-offline=" in page
    given = GOOD | {"entry_key": key(page), "when": "1", "nights": "３", "note": "东头"}
    for _ in range(2):
        answer = farmer.post(f"{address}/trap", data=given)
        assert answer.status_code == 303, answer.text
        assert answer.location == address
    assert "已记下" in farmer.get(address).text
    (count,) = kept(app, own_id(address))
    assert (count.insect, count.trap, count.count, count.nights) == (
        "fall_armyworm",
        "pheromone",
        3,
        3,
    )
    assert (count.date, count.note) == (date(2016, 5, 7), "东头")
    assert count.origin.startswith("person:")
    # what is written anew of the same trap and day takes its place
    post(farmer, f"{address}/trap", **GOOD | {"when": "1", "count": "0"})
    (count,) = kept(app, own_id(address))
    assert count.count == 0
    # another kind of trap in the same field is another count
    post(farmer, f"{address}/trap", **GOOD | {"when": "1", "trap": "light"})
    assert {each.trap for each in kept(app, own_id(address))} == {"pheromone", "light"}


WRONG = [
    ({"count": "many"}, "请用数字填写", "Write a number in digits"),
    ({"count": ""}, "请填一个数", "Write a number here"),
    ({"count": "-1"}, "0 到 1000000", "from 0 to 1000000"),
    ({"count": "2.5"}, "0 到 1000000", "from 0 to 1000000"),
    ({"count": "1000001"}, "0 到 1000000", "from 0 to 1000000"),
    ({"nights": "0"}, "1 到 31", "from 1 to 31"),
    ({"nights": "32"}, "1 到 31", "from 1 to 31"),
    ({"when": "other", "day": "2016-05-09"}, "还没到", "still to come"),
    ({"when": "other", "day": "x"}, "年、月、日", "year, month and day"),
    ({"insect": "wheat_fhb"}, "请从中选一个", "Choose one of these"),
    ({"insect": ""}, "请选一个", "Choose one."),
    ({"trap": "net"}, "请从中选一个", "Choose one of these"),
    ({"trap": ""}, "请选一个", "Choose one."),
]


@pytest.mark.parametrize(("change", "zh", "en"), WRONG, ids=[str(row[0]) for row in WRONG])
def test_what_cannot_be_is_refused_in_both_languages(
    app: App, farmer: FlaskClient, change: dict[str, str], zh: str, en: str
) -> None:
    address = make(farmer)
    for lang, said in (("zh", zh), ("en", en)):
        page = farmer.get(f"{address}/trap?lang={lang}").text
        given = GOOD | {"note": "stays"} | change | {"entry_key": key(page)}
        answer = farmer.post(f"{address}/trap?lang={lang}", data=given)
        assert answer.status_code == 422
        assert said in answer.text
        assert 'value="stays"' in answer.text
    assert kept(app, own_id(address)) == []


def test_an_agent_counts_within_their_village_and_nobody_elsewhere(app: App) -> None:
    agent = client_of(app, "agent", "village", "qf-liuge")
    assert 'href="/my/qf-liuge-1/trap"' in agent.get("/v/qf-liuge").text
    sent = post(agent, "/my/qf-liuge-1/trap", **GOOD)
    assert (sent.status_code, sent.location) == (303, "/v/qf-liuge")  # type: ignore[attr-defined]
    (count,) = kept(app, "qf-liuge-1")
    assert count.date == TODAY
    stranger = client_of(app, "farmer")
    for client, field in ((agent, "py-bagongqiao-1"), (stranger, "qf-liuge-1")):
        assert client.get(f"/my/{field}/trap").status_code == 404
        given = GOOD | {"entry_key": "0123456789abcdef"}
        assert client.post(f"/my/{field}/trap", data=given).status_code == 404
    assert kept(app, "py-bagongqiao-1") == []
    assert "/my/qf-liuge-1/trap" not in app.test_client().get("/v/qf-liuge").text


def test_what_is_written_on_the_phone_stands_on_the_village_page_after_the_hourly_run(
    app: App,
) -> None:
    """Armyworm moths under the light of a village where wheat stands; then they are gone."""
    agent = client_of(app, "agent", "village", "qf-mazhuangqiao")
    given = {"insect": "armyworm", "trap": "light", "when": "0", "nights": "7"}
    with app.pool.connection() as conn:
        registry.observe(
            conn, StageObservation("qf-mazhuangqiao-1", "winter_wheat", TODAY, 71, "x")
        )

    def told(count: int) -> str:
        sent = post(agent, "/my/qf-mazhuangqiao-1/trap", **given | {"count": str(count)})
        assert sent.status_code == 303  # type: ignore[attr-defined]
        assess_risk(Context(app.pool, NOW))
        return html.unescape(app.test_client().get("/v/qf-mazhuangqiao/details").text)

    assert "每台测报灯至少诱到 140 头" in told(140)
    few = told(3)
    assert "至少诱到" not in few
    assert "粘虫蛾子" in few
