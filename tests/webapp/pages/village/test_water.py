"""The water page of a field: a village's, that everybody sees, and somebody's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from collector.jobs.context import Context
from collector.jobs.water.accounts import keep_accounts
from collector.store.advice import water
from collector.store.advice.water import Account
from collector.store.postgres import db
from models.water import measured, waters
from tests.paths import ROOT
from tests.webapp.conftest import make_app, seed_module
from tests.webapp.pages.my.world import db_rows, make, own_id, post
from tests.webapp.people import client_of
from webapp.app.database import App
from webapp.views.village import water_words
from webapp.views.village.water_chart import Drawn, Words, draw
from webapp.views.village.water_words import REASONS, say, sentence

NOW = seed_module.NOW
PAGE, WET = "/v/qf-liuge/water/qf-liuge-2", "/v/qf-liuge/water/qf-liuge-1"
#: What the job says beside the advice.
OURS = ("nothing_sown", "crop_unknown", "no_texture", "no_method", "no_area", "no_forecast",
        "amount_unknown", "probe_used", "probe_left_out")  # fmt: skip
#: Numbers that any of the reasons may need.
NUMBERS = {
    "mm": 41.0, "limit": 0.65, "full": 195.0, "days": 31, "dry": 1.0, "wet": 0.0,
    "last": "2016-05-08", "crop": "winter_wheat", "water": "filling", "chance": 0.7,
    "expected": 12.0, "lacking": 103.0, "most": 75.0, "left": 10.0, "needed": 900.0, "code": 4,
    "hazard": "wheat_fhb", "from": "2016-05-08", "to": "2016-05-10", "day": "2016-05-07",
    "depth": 0.2, "reason": "drift",
}  # fmt: skip


@pytest.fixture(scope="module")
def app(postgres, known_world: str) -> Iterator[App]:
    dsn = postgres.create(known_world)
    pool = db.Pool(dsn)
    keep_accounts(Context(pool, NOW))
    pool.close()
    app = make_app(dsn)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.pool.close()


@pytest.fixture
def reader(app: App) -> FlaskClient:
    client = app.test_client()
    client.get("/?lang=en")  # which is kept in a cookie
    return client


def account(app: App, field: str = "qf-liuge-2") -> Account:
    with app.pool.connection() as conn:
        return water.accounts(conn, field=field)[0]


def said(app: App, level: str, *reasons: str, **advice: object) -> str:
    """The sentence of an account, in English."""
    stands = account(app)
    given = {
        "mm": 60.0, "per_mu": 40.0, "total": 480.0, "first": "2016-05-08", "last": "2016-05-09",
        "reasons": [[code, NUMBERS] for code in reasons],
    } | advice  # fmt: skip
    with app.test_request_context("/?lang=en"):
        return sentence(replace(stands, level=level, advice=stands.advice | given))


def test_a_dry_field_is_told_first_how_much_and_when(reader: FlaskClient) -> None:
    page = reader.get(PAGE).text
    assert 'class="top-line draft is-high"' in page
    assert "50 m³ a mu (75 mm), 600 m³ in all" in page
    assert page.index('class="what"') < page.index('id="why"') < page.index('id="curve"')
    assert "mm are lacking; more than 75 mm at once" in page
    assert "not yet proven in this county" in page
    assert "silt loam" in page
    assert "柳格一号井" in page


def test_the_curve_is_there_for_the_eye_for_the_ear_and_in_numbers(
    app: App, reader: FlaskClient
) -> None:
    gone = f"{account(app, 'qf-liuge-1').advice['depletion'][1]:.0f}"
    page = reader.get(WET).text
    drawing = re.search(r'<svg class="chart".*?</svg>', page, re.S)
    assert drawing is not None
    tree = ElementTree.fromstring(drawing[0])
    assert len([e for e in tree.iter() if e.get("class") == "limit"]) == 2
    assert [e for e in tree.iter() if e.get("class") == "mark"]  # the watering of 2 May
    desc = next(e for e in tree.iter() if e.tag == "desc")
    assert f"Gone today: {gone} mm" in (desc.text or "")
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", page)
    assert len(rows) == 21
    assert "forecast" in rows[0][0]
    assert f"{gone}</td>" in rows[7][1]


def test_the_village_leads_to_the_water_of_its_fields(reader: FlaskClient) -> None:
    assert f'href="{PAGE}"' in reader.get("/v/qf-liuge").text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/v/qf-liuge/water/nowhere", "There is no such field in this village."),
        ("/v/py-bagongqiao/water/qf-liuge-1", "There is no such field in this village."),
        ("/v/qf-liug/water/qf-liuge-1", "qf-liug"),
    ],
)
def test_a_page_that_does_not_exist_says_so(reader: FlaskClient, path: str, text: str) -> None:
    answer = reader.get(path)
    assert answer.status_code == 404
    assert text in answer.text


def test_a_field_that_was_never_computed_says_so(app: App, reader: FlaskClient) -> None:
    with app.pool.connection() as conn:
        stands = water.accounts(conn, field="qf-mazhuangqiao-1")
        db_rows(conn, "DELETE FROM water_account WHERE field = 'qf-mazhuangqiao-1' RETURNING 1")
    page = reader.get("/v/qf-mazhuangqiao/water/qf-mazhuangqiao-1").text
    assert stands
    assert "computed every night; not yet for this one" in page
    assert "2400 m³" in page
    assert '<svg class="chart"' not in page


def test_an_old_account_is_told_as_such(app: App, reader: FlaskClient) -> None:
    assert "it should be of last night" not in reader.get(PAGE).text
    with app.pool.connection() as conn:
        old = replace(account(app, "py-bagongqiao-1"), computed=NOW - timedelta(days=3))
        rest = [a for a in water.accounts(conn) if a.field != old.field]
        water.put_accounts(conn, [*rest, old])
    page = reader.get("/v/py-bagongqiao/water/py-bagongqiao-1").text
    assert "it should be of last night" in page


@pytest.mark.parametrize(
    ("level", "reasons", "given", "text"),
    [
        ("now", (), {}, "40 m³ a mu (60 mm), 480 m³ in all."),
        ("now", (), {"total": None}, "40 m³ a mu (60 mm)."),
        ("soon", (), {}, "Water soon, on "),
        ("now", (), {"first": None, "last": None}, "but on none of the coming days."),
        ("now", ("allocation_spent",), {"mm": 0.0}, "nothing is left of this season's share"),
        ("none", (), {}, "No water needed in the coming week."),
        ("none", ("waits_for_rain",), {}, "wait for the rain"),
        ("none", ("waterlogged",), {}, "the soil is too wet"),
        ("none", ("out_of_season",), {}, "The crop is ripe or not yet sown"),
        ("cannot_say", ("weather_missing",), {}, "cannot be said"),
    ],
)
def test_the_sentence_of_each_answer(
    app: App, level: str, reasons: tuple[str, ...], given: dict[str, object], text: str
) -> None:
    assert text in said(app, level, *reasons, **given)


def test_every_code_has_its_words(app: App) -> None:
    advice = (ROOT / "models" / "water" / "advice.py").read_text("utf-8")
    made = set(re.findall(r'Reason\("([a-z_]+)"', advice))
    made |= set(re.findall(r'"(allocation_[a-z]+)"', advice))
    jobs = (ROOT / "collector" / "jobs" / "water").glob("*.py")
    ours = "".join(file.read_text("utf-8") for file in jobs)
    assert all(f'"{code}"' in ours for code in OURS)
    assert made | set(OURS) == set(REASONS)
    assert {each.id for each in waters.WATERS} == set(water_words.WATER_NAMES)
    assert set(measured.REASONS) - {"used", "no_probe"} == set(water_words.PROBE_REASONS)
    with app.test_request_context("/?lang=en"):
        for code in REASONS:
            assert len(say(code, NUMBERS)) > 20


def test_a_drawing_of_little_is_well_formed() -> None:
    words = Words("t", "d & e", "a", "b", "c", "f", str)
    line = [None, 3.0, None, 4.0, 5.0]
    drawn = Drawn(NOW.date(), 2, line, line, line, [9.0] * 5, [20.0] * 5, [0.0] * 5, [None] * 5)
    tree = ElementTree.fromstring(draw(drawn, words, "x"))
    curve = next(e for e in tree.iter() if e.get("class") == "line")
    assert (curve.get("d") or "").count("M") == 2


def test_a_farmer_says_what_the_field_is_and_sees_its_water(app: App) -> None:
    farmer = client_of(app, "farmer")
    address = make(farmer)
    assert f'href="{address}/water"' in farmer.get(address).text
    page = farmer.get(f"{address}/water?lang=en").text
    assert "not yet for this one" in page
    assert f'href="{address}/work?kind=irrigation"' in page
    wrong = post(farmer, f"{address}/water/facts", texture="mud", allocation="-1")
    assert wrong.status_code == 422  # type: ignore[attr-defined]
    assert wrong.text.count('aria-invalid="true"') == 2  # type: ignore[attr-defined]
    answer = post(farmer, f"{address}/water/facts", texture="", method="drip", well="东井",
                  allocation="900")  # fmt: skip
    assert answer.status_code == 303  # type: ignore[attr-defined]
    keep_accounts(Context(app.pool, NOW))
    page = farmer.get(f"{address}/water?lang=en").text
    assert "东井" in page
    assert "900 m³" in page
    assert "Nobody said what soil" not in page  # "loam" was said when it was entered
    with app.pool.connection() as conn:
        assert db_rows(conn, "SELECT 1 FROM audit_entry WHERE action = 'field_water_said'")
    other = client_of(app, "farmer")
    for path in ("/water", "/water/facts"):
        assert other.get(address + path).status_code == 404
    assert app.test_client().get(f"/v/qf-liuge/water/{own_id(address)}").status_code == 404
    post(farmer, f"{address}/give-up")
    with app.pool.connection() as conn:
        (left,) = db_rows(conn, "SELECT well, method FROM field WHERE id = %s", own_id(address))
        assert left == (None, None)
        assert not water.accounts(conn, field=own_id(address))
