"""Start page, village page and network page on a real database that holds a known world."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import timedelta

import pytest

from collector.store.advice import outlook as outlook_store
from collector.store.advice import risk, spraying
from collector.store.advice.spraying import Seen
from collector.store.network import registry
from field_configs.load import load
from models.hazards.catalogue import catalogue, unlevelled
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK
from tests.webapp.people import client_of
from webapp.views.village.villages import PER_PAGE

PAGES = (
    "/",
    "/v/qf-liuge",
    "/v/py-bagongqiao",
    "/v/qf-mazhuangqiao",
    "/v/qf-liuge/details",
    "/v/py-bagongqiao/details",
    "/v/qf-liuge?day=2016-05-07",
    "/desk",
    "/desk/410922104/winter_wheat/wheat_fhb",
    "/skill",
    "/status",
    "/account/",
    "/account/password",
    "/v/nowhere",
)
WEIGHT = 60_000
#: The first answer of a village's page with twelve answers and more, compressed [bytes].
FIRST_ANSWER = 14 * 1024


def with_language(path, lang):
    return f"{path}{'&' if '?' in path else '?'}lang={lang}"


def text_of(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def test_villages_stand_under_their_county_with_their_worst_status(client):
    page = text_of(client, "/")
    assert page.index("清丰县") < page.index("柳格示范村") < page.index("濮阳县")
    row = page[page.index('href="/v/qf-liuge"') : page.index('href="/v/qf-mazhuangqiao"')]
    assert "高风险" in row
    assert "小麦赤霉病" in row
    assert "#o-high" in row
    assert "未在本地验证" in row


def test_the_gravest_village_of_a_county_comes_first(client):
    page = text_of(client, "/")
    assert page.index("/v/qf-liuge") < page.index("/v/qf-mazhuangqiao")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("柳格", {"qf-liuge"}),
        ("bagong", {"py-bagongqiao"}),
        ("清丰", {"qf-liuge", "qf-mazhuangqiao"}),
        ("Qingfeng liuge", {"qf-liuge"}),
        ("", {"qf-liuge", "qf-mazhuangqiao", "py-bagongqiao"}),
        ("nobody", set()),
    ],
)
def test_search_works_by_plain_get(client, query, found):
    page = client.get("/", query_string={"q": query}).get_data(as_text=True)
    assert set(re.findall(r'href="/v/([a-z-]+)"', page)) == found


def test_a_search_without_result_says_so_and_escapes_what_was_asked(client):
    page = client.get("/?q=<script>").get_data(as_text=True)
    assert "没有找到“&lt;script&gt;”" in page
    assert "<script>" not in page


def test_the_details_tell_the_risk_and_its_grounds(client):
    page = text_of(client, "/v/qf-liuge/details")
    for words in (
        "小麦赤霉病",
        "高风险",
        "75%",  # the driver in the reason
        "未在本地验证",
        "把握较大（70%）",
        "扬花期（BBCH 61）",
        "有人看过",
        "推算，未核实",
        "数据：1 小时前",
        "按截至5月8日",
        "村东一号地：5月3日浇水60毫米",
        "qf-001",
    ):
        assert words in page, words


def test_cannot_say_names_what_is_missing_and_gives_no_certainty(client):
    page = text_of(client, "/v/qf-liuge/details")
    rust = page[page.index("<h3>小麦条锈病") :]
    rust = rust[: rust.index("</li>")]
    assert "说不准" in rust
    assert "空气湿度、气温" in rust
    assert "把握" not in rust


def test_measurements_carry_unit_place_age_and_quality(client):
    page = text_of(client, "/v/qf-liuge?lang=en")
    assert "vol%" in page
    assert "20 cm deep" in page
    assert "20 minutes ago</time> · Checked and sound" in page
    assert re.search(r"24\.\d <small>°C", page)


def test_curves_are_wellformed_and_told_in_words(client):
    page = text_of(client, "/v/py-bagongqiao/details?lang=en")
    charts = re.findall(r'<svg class="chart".*?</svg>', page)
    assert len(charts) == 5
    for chart in charts:
        root = ET.fromstring(chart)
        assert "of the last seven days" in root.find("desc").text
        assert "gap" in chart
    assert "12 hours without data" in charts[0]
    labels = [e.text for e in ET.fromstring(charts[0]).iter() if e.get("class") == "tick x"]
    assert labels == [f"{day} May" for day in range(2, 9)]


def test_nodes_health_stands_on_their_village(client):
    page = text_of(client, "/v/qf-mazhuangqiao/details")
    assert "失联" in page
    assert "未登记密钥" in page


def test_the_network_page_shows_what_needs_a_person(officer):
    page = text_of(officer, "/status?lang=en")
    for words in (
        "check its power, radio and antenna",
        "byte 3: no CBOR",
        "xx-999: unknown node",
        "Node is silent: ",
        "database: no answer",
        "failed",
        "</b> silent",
        "All nodes, by urgency",
    ):
        assert words in page, words


def test_an_unknown_village_names_its_neighbours(client):
    page = text_of(client, "/v/qf-liug", 404)
    assert "登记册里没有“qf-liug”这个村" in page
    assert 'href="/v/qf-liuge"' in page


def test_an_unknown_page_is_told_in_both_languages(client):
    assert "没有这个页面" in text_of(client, "/nope", 404)
    assert "There is no such page." in text_of(client, "/nope?lang=en", 404)


def test_empty_registry_says_how_to_fill_it(empty_app):
    page = text_of(empty_app.test_client(), "/")
    assert "nongqing sites import demo" in page


def test_a_village_without_measurements_says_so(empty_app, seed):
    with empty_app.pool.connection() as conn:
        registry.import_configs(conn, load(site="demo"), seed.NOW)
    client = empty_app.test_client()
    page = text_of(client, "/v/qf-liuge?lang=en")
    assert "Nothing has been measured here yet." in page
    assert "No risk has been computed here lately." in page
    page = text_of(client, "/v/qf-liuge/details?lang=en")
    assert "No risk has been computed here yet." in page
    assert page.count('class="empty"') == 5


def test_late_and_silent_data_are_said(app, seed):
    client = app.test_client()
    app.clock.at = seed.NOW + timedelta(hours=8)
    page = text_of(client, "/v/qf-liuge")
    assert "最新的数据来晚了" in page
    assert "数据来晚了</span>" in page
    assert "已核对，正常" not in page
    app.clock.at = seed.NOW + timedelta(days=2)
    page = text_of(client, "/v/qf-liuge")
    assert "设备一天多没有消息了" in page
    assert "旧数据：一天多没有新的了" in page
    assert "已核对，正常" not in page


def test_answers_of_days_ago_are_not_shown_as_of_today(app, seed):
    client = app.test_client()
    app.clock.at = seed.NOW + timedelta(days=3)
    page = text_of(client, "/v/qf-liuge")
    assert "这里近两天没有算出风险" in page
    assert "赤霉病" not in page
    page = text_of(client, "/v/qf-liuge/details")
    assert "5月8日 00:00 以后这里没有再算风险" in page
    assert 'class="risk-head"><h3>' not in page
    assert "近两天没有算" in text_of(client, "/")


def test_many_villages_come_in_pages(empty_app):
    with empty_app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("INSERT INTO county VALUES ('410922', '清丰县', 'Qingfeng County')")
        cur.execute(
            "INSERT INTO village SELECT 'v-' || i, '村' || i, 'Village ' || i, '410922', NULL,"
            " 115, 36, 'illustrative' FROM generate_series(1, 3000) i"
        )
    client = empty_app.test_client()
    assert "0 of 3000 villages judged" in text_of(client, "/?lang=en")
    county = "/?lang=en&county=410922"
    page = text_of(client, county)
    assert page.count('href="/v/') == PER_PAGE
    assert "Page 1 of 50" in page
    assert "3000 villages" in page
    assert len(page) < WEIGHT
    assert "Page 50 of 50" in text_of(client, f"{county}&page=999")
    assert "Page 1 of 50" in text_of(client, f"{county}&page=-3")
    assert "Page 1 of 50" in text_of(client, f"{county}&page=x")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_are_light_and_say_what_the_weather_is(officer, path, lang):
    answer = officer.get(with_language(path, lang))
    page = answer.get_data(as_text=True)
    assert {"zh": "演示：2016 年北京天气", "en": "Beijing weather of 2016"}[lang] in page
    with officer.get(re.search(r'href="(/static/nongqing.css[^"]*)"', page).group(1)) as sheet:
        assert len(answer.data) + len(sheet.data) < WEIGHT


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_nothing_a_strict_policy_forbids(officer, path):
    page = officer.get(path).get_data(as_text=True)
    files = 2 if path == "/" else 1  # the start page can ask the phone where it is
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.S)
    assert scripts == [""] * files, "files of ours"
    assert not re.search(r'\s(style|on[a-z]+)="', page)
    assert not re.search(r"""(?:src|href)=["']https?://""", page)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_ids_are_unique_and_references_resolve(officer, path, lang):
    page = officer.get(with_language(path, lang)).get_data(as_text=True)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    used = {
        name for group in re.findall(r'aria-labelledby="([^"]+)"', page) for name in group.split()
    }
    used |= set(re.findall(r'href="#([^"]+)"', page))
    assert used <= set(ids)


def test_english_pages_hold_no_chinese_but_the_switch(officer):
    for path in PAGES:
        page = officer.get(with_language(path, "en")).get_data(as_text=True)
        assert set(re.findall("[\u4e00-\u9fff]+", page)) == {"中文"}


THREE_CROPS = {"winter_wheat": 61.0, "garlic": 45.0, "greenhouse_tomato": 65.0}


def fill_village(conn, seed):
    """A village with three crops, each hazard of theirs in season, with advice and a forecast."""
    seed.fill(conn)
    codes = (HIGH, MEDIUM, CANNOT_SAY, NO_RISK)
    statuses = [
        replace(
            seed.status(field, "wheat_fhb", codes[i % 4], stage_bbch=bbch, drivers={}),
            crop=crop,
            hazard=hazard.id,
            missing=("relative_humidity", "air_temperature") if codes[i % 4] == CANNOT_SAY else (),
        )
        for crop, bbch in THREE_CROPS.items()
        for i, hazard in enumerate(h for h in catalogue().values() if crop in h.crops)
        for field in ("qf-liuge-1", "qf-liuge-2")
    ]
    risk.save_statuses(conn, statuses, seed.NOW + timedelta(minutes=5))
    advice = [
        seed.advisory(each, actions=catalogue()[each.hazard].actions)
        for each in statuses
        if each.status in (HIGH, MEDIUM)
    ]
    risk.save_advisories(conn, advice, seed.NOW)
    hours = ((seed.NOW + timedelta(hours=16), seed.NOW + timedelta(hours=20)),)
    spraying.keep(conn, dict.fromkeys((each.site for each in advice), hours), Seen(0, ""))
    coming = [
        replace(
            each,
            time=each.time + timedelta(days=day),
            source="forecast",
        )
        for each in statuses
        for day in range(1, 8)
    ]
    issued = dict.fromkeys(("qf-liuge-1", "qf-liuge-2"), seed.NOW)
    outlook_store.replace_outlook(conn, coming, issued, seed.NOW)
    return statuses


@pytest.mark.parametrize("path", ["/v/qf-liuge", "/v/qf-liuge/details", "/desk", "/"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_three_crops_in_season_with_the_whole_catalogue_stay_light(empty_app, seed, path, lang):
    with empty_app.pool.connection() as conn:
        hazards = {(each.crop, each.hazard) for each in fill_village(conn, seed)}
    client = client_of(empty_app, "officer")
    answer = client.get(f"{path}?lang={lang}", headers={"Accept-Encoding": "gzip"})
    plain = text_of(client, f"{path}?lang={lang}")
    with client.get("/static/nongqing.css", headers={"Accept-Encoding": "gzip"}) as sheet:
        weight = len(answer.data) + len(sheet.data)
    assert weight < WEIGHT, f"{weight} bytes for {len(hazards)} hazards"
    if path == "/v/qf-liuge":
        assert len(answer.data) <= FIRST_ANSWER
        assert plain.count('class="card act') == 3
    if path == "/v/qf-liuge/details":
        levels = [hazard for _, hazard in hazards if hazard not in unlevelled()]
        assert plain.count('class="facts"') == len(levels) < len(hazards)
        assert plain.count('class="ahead"') > len(hazards) / 2
        assert len(plain.encode()) < 2 * WEIGHT, "what a phone must take apart"
