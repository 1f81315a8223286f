"""The village's page on a real database: few looks at it, other days, its message, its card."""

import re
from collections import Counter
from datetime import timedelta

import psycopg2.extensions
import pytest

from collector.store.advice import products, village
from collector.store.network import contacts
from collector.store.network.contacts import Contact
from collector.store.postgres.db import Pool
from tests.collector.conftest import FixedClock
from tests.webapp.people import client_of
from tests.webapp.seed import NOW
from webapp import create_app
from webapp.accounts import datastore
from webapp.views.village.headline import MOST_LETTERS, letters

#: For a reader without an account; the limit on how long a question may take is one of them.
MOST_QUERIES = 6
STATION = Contact(
    "清丰县植保站", "Qingfeng station", "0393-123 4567", "政通街 1 号", "1 Zhengtong St"
)


def text_of(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


class Counting(psycopg2.extensions.cursor):
    """A cursor that counts what is sent to the database."""

    sent = Counter()

    def execute(self, query, params=None):
        self.sent["execute"] += 1
        return super().execute(query, params)

    def copy_expert(self, *args, **kwargs):
        self.sent["copy"] += 1
        return super().copy_expert(*args, **kwargs)


@pytest.fixture
def counted(app):
    """What the pool's connections send, from now on."""
    with app.pool.connection() as conn:
        conn.cursor_factory = Counting
    Counting.sent.clear()
    yield Counting.sent
    app.pool.close()


@pytest.mark.parametrize("path", ["/v/qf-liuge", "/v/qf-liuge?day=2016-05-07", "/v/qf-liuge.txt"])
def test_a_page_asks_the_database_few_times(client, counted, path):
    assert "演示" in text_of(client, "/skill"), "the banner counts as well"
    assert counted["execute"] > 0, "it is this connection that is asked"
    text_of(client, path)  # the first one in a session has the server plan what it asks
    counted.clear()
    text_of(client, path)
    assert 0 < sum(counted.values()) <= MOST_QUERIES, counted


@pytest.mark.parametrize("role", ["farmer", "agent", "officer", "administrator"])
def test_a_page_asks_no_more_for_who_is_signed_in(app, counted, role):
    reader = client_of(app, role)
    text_of(reader, "/v/qf-liuge")  # marks the device
    counted.clear()
    text_of(reader, "/v/qf-liuge")
    assert 0 < sum(counted.values()) <= MOST_QUERIES, counted


def test_the_limit_of_statements_is_set_with_who_is_signed_in(app, monkeypatch):
    reader = client_of(app, "farmer")
    monkeypatch.setattr(datastore, "STATEMENT_S", 0.001)
    page = reader.get("/v/qf-liuge")
    assert page.status_code == 503, "the page's own statements take longer than a millisecond"


def test_what_was_said_on_a_day_gone_by_is_marked_and_leads_back(client):
    page = text_of(client, "/v/qf-liuge?day=2016-05-07")
    assert "这是5月7日当天说的" in page
    assert "赤霉病" not in page, "it was not known on that day"
    assert 'href="/v/qf-liuge"' in page
    assert 'href="/v/qf-liuge?day=2016-05-06"' in page
    assert "地里现在" not in page
    today = text_of(client, "/v/qf-liuge?day=2016-05-08")
    assert "赤霉病" in today
    assert "当天说的" not in today
    assert 'href="/v/qf-liuge?day=2016-05-07"' in today


@pytest.mark.parametrize("day", ["2016-05-09", "1999-01-01", "x", "2016-13-01", "٢٠١٦", "🌾"])
@pytest.mark.parametrize(("lang", "words"), [("zh", "请给 "), ("en", "give a day from ")])
def test_a_day_that_is_none_is_told_with_those_that_are(client, day, lang, words):
    answer = client.get("/v/qf-liuge", query_string={"day": day, "lang": lang})
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_message_is_text_of_seventy_letters_and_stands_on_the_page(client, lang):
    answer = client.get(f"/v/qf-liuge.txt?lang={lang}")
    assert answer.mimetype == "text/plain"
    text = answer.get_data(as_text=True).strip()
    assert 0 < letters(text) <= MOST_LETTERS
    assert text.endswith("12316")
    assert text in text_of(client, f"/v/qf-liuge?lang={lang}")
    assert client.get("/v/nowhere.txt").status_code == 404


def test_chat_apps_find_a_title_a_text_and_a_picture(client):
    page = text_of(client, "/v/qf-liuge")
    card = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]*)">', page))
    assert card["title"] == "柳格示范村 · 清丰县 · 柳格镇"
    assert "小麦赤霉病" in card["description"]
    picture = client.get(card["image"].partition("localhost")[2])
    assert picture.mimetype == "image/png"
    picture.close()


def test_the_hotline_stands_in_until_a_contact_is_entered(empty_app, seed):
    client = empty_app.test_client()
    with empty_app.pool.connection() as conn:
        seed.fill(conn)
    page = text_of(client, "/v/qf-liuge")
    assert 'href="tel:12316"' in page
    assert "乡镇农技站" in page
    with empty_app.pool.connection() as conn:
        contacts.put(conn, "410922", STATION, seed.NOW)
    page = text_of(client, "/v/qf-liuge")
    for words in ('href="tel:03931234567"', "清丰县植保站", "0393-123 4567", "政通街 1 号"):
        assert words in page, words
    assert "12316" not in page
    assert "Qingfeng station" in text_of(client, "/v/qf-liuge?lang=en")
    assert "12316" in text_of(client, "/v/py-bagongqiao"), "of another county"


def test_a_draft_is_on_no_public_page_as_advice_and_what_was_released_is(empty_app, seed):
    client = empty_app.test_client()
    with empty_app.pool.connection() as conn:
        seed.fill(conn)
    for path in ("/v/qf-liuge", "/v/qf-liuge/details", "/v/qf-liuge.txt"):
        page = text_of(client, path)
        assert "清沟排水" not in page, path
        assert "农技员还没有发布建议" in page or path.endswith("details")
    assert text_of(client, "/v/qf-liuge").count("还没有核对过准不准") == 1, "said once"
    with empty_app.pool.connection() as conn:
        assert village.release_in(conn, ["qf-liuge"], "wheat_fhb", "王农艺", seed.NOW)
    page = text_of(client, "/v/qf-liuge")
    for words in ("先清沟排水", "最晚5月11日", "王农艺发布", "登记了哪种药"):
        assert words in page, words
    assert "要不要打药" not in page, "products are the station's matter"
    details = text_of(client, "/v/qf-liuge/details")
    assert "清沟排水" in details
    assert "要不要打药" not in details
    assert "还没有核对过准不准" not in page, "all that is shown somebody stands for"
    assert "清沟排水" in text_of(client, "/v/qf-liuge.txt")


def test_fields_are_rows_with_crop_size_and_level(client):
    page = text_of(client, "/v/qf-liuge")
    rows = re.findall(r'<li class="plot">(.*?)</li>', page)
    assert [re.findall(r"status is-(\w+)", row) for row in rows] == [["high"], ["medium"]]
    assert "村东一号地" in rows[0]
    assert "冬小麦 · 18 亩" in rows[0]


def test_answers_and_readings_agree(empty_app, seed, monkeypatch):
    """A field watered since its answer is warned of nowhere on the page."""
    key = frozenset({("qf-liuge-1", "winter_wheat", "wheat_fhb")})
    monkeypatch.setattr("webapp.pages.village.village.relieved", lambda *_: key)
    with empty_app.pool.connection() as conn:
        seed.fill(conn)
    page = text_of(empty_app.test_client(), "/v/qf-liuge")
    assert "高风险" not in page
    assert "村西二号地：" in page


def test_data_that_are_old_speak_for_no_calm(app, seed):
    client = app.test_client()
    assert "今天不用做什么" in text_of(client, "/v/qf-mazhuangqiao")
    app.clock.at = seed.NOW + timedelta(hours=26)
    page = text_of(client, "/v/qf-mazhuangqiao")
    assert "今天不用做什么" not in page
    assert "今天的情况说不准" in page


PRODUCTS = """
signed_by = "李农艺"
signed = 2016-04-01
until = {until}
[[products]]
hazard = "wheat_fhb"
crop = "winter_wheat"
zh = "试剂"
en = "test product"
registration = "PD00000000"
unit = "ml"
dose_mu = 20
dose_sprayer = 10.5
interval_d = 28
most_uses = 2
"""


@pytest.mark.parametrize(("until", "named"), [("2016-06-30", True), ("2016-05-07", False)])
def test_products_are_named_only_from_a_list_in_force(empty_app, seed, until, named):
    with empty_app.pool.connection() as conn:
        seed.fill(conn)
        listed = products.parse_products(PRODUCTS.replace("{until}", until))
        products.put(conn, listed, seed.NOW)
    client = empty_app.test_client()
    assert "试剂" not in text_of(client, "/v/qf-liuge"), "not on a card that nobody released"
    with empty_app.pool.connection() as conn:
        village.release_in(conn, ["qf-liuge"], "wheat_fhb", "王农艺", seed.NOW)
    page = text_of(client, "/v/qf-liuge")
    said = "试剂（登记证号 PD00000000）：每亩 20 毫升，15 升的药桶加 10.5 毫升；收获前 28 天起停用"
    assert (said in page) == named
    assert ("李农艺" in page) == named
    assert ("先问农技站" in page) != named
    english = text_of(client, "/v/qf-liuge?lang=en")
    assert ("10.5 ml in a sprayer of 15 litres" in english) == named


@pytest.mark.parametrize("end", ["", "/details", ".txt"])
@pytest.mark.parametrize(
    "asked", ["%00", "a%0D%0Ab", "%ED%A0%80", "%E2%80%AE", "[", "x" * 10_000, "%25s", "'"]
)
def test_an_id_that_is_none_is_not_found_and_nothing_worse(client, asked, end):
    answer = client.get(f"/v/{asked}{end}")
    assert answer.status_code in (400, 404)
    assert len(answer.data) < 20_000


@pytest.mark.parametrize("asks", ["", "open-meteo"])
def test_who_told_the_weather_is_named_where_its_licence_asks_for_it(seeded_dsn, asks, monkeypatch):
    monkeypatch.setenv("NONGQING_WEATHER", asks)
    app = create_app(Pool(seeded_dsn), FixedClock(NOW))
    page = text_of(app.test_client(), "/v/qf-liuge?lang=en")
    assert 'id="week"' in page
    assert ("Weather data by Open-Meteo.com (CC BY 4.0)" in page) == bool(asks)
    app.pool.close()
