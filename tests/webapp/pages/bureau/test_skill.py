"""The page on trust: accounts, what is lacking, lowered thresholds, in both languages."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, timedelta, timezone

import pytest

from collector.store.advice import ledger, risk
from field_configs.events import Event, event
from models.hazards.catalogue import catalogue
from models.sheets.refused import Refused
from models.skill.ledger import LedgerRow
from models.skill.rules import DEFAULTS, THRESHOLDS
from webapp.pages.bureau.skill import lack_texts, rule_name, show_rules, skill_text

FIELD = "qf-liuge-1"


@pytest.fixture
def reported(empty_app, seed):
    """The demo's world with one report, a lowered threshold and a refused line."""
    with empty_app.pool.connection() as conn:
        seed.fill(conn)
        said = replace(
            seed.status(FIELD, "wheat_fhb", 4),
            time=seed.NOW - timedelta(days=12),
            model_version=ledger.versions(catalogue())["wheat_fhb"],
        )
        risk.save_statuses(conn, [said], said.time)
        seen = ledger.ScoutingReport(
            FIELD, "winter_wheat", "wheat_fhb", 2015, date(2016, 5, 7), True, False, None,
            "scouting", "", "", "f.csv:2",
        )  # fmt: skip
        ledger.put_reports(conn, [seen], seed.NOW)
        refused = [
            Refused("f.csv:3", event("cell_unknown", column="field", value="<b>", near="qf-1")),
            Refused("w.csv:9", event("time_not_over", time=seed.NOW, now=seed.NOW)),
            Refused("old.csv:2", Event("refused_line", {"detail": "kept by an earlier release"})),
        ]
        ledger.put_refused(conn, "scouting", refused, seed.NOW)
        ledger.change_rule(conn, "least_cases", "20", by="Li", reason="few reports", at=seed.NOW)
        ledger.update(conn, catalogue(), seed.NOW)
    return empty_app.test_client()


def text_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_account_of_a_hazard(reported):
    page = text_of(reported, "/skill?lang=en")
    table = page[page.index('id="h-wheat_fhb"') : page.index("No reports yet")]
    for words in (
        "Qingfeng",
        "all seasons",
        "sown 2015",
        "always or never seen",
        "not validated here",
        "needs 20 cases, has 1; needs 2 seasons, has 1; no interval can be given yet",
    ):
        assert words in table, words
    assert "validated here" not in table.replace("not validated here", "")


def test_a_lowered_threshold_is_shown_with_who_and_why(reported):
    page = text_of(reported, "/skill?lang=en")
    assert "A threshold of validation lies below its default" in page
    assert re.search(r'Cases needed</td><td class="num">20 <span class="tag warn">lowered', page)
    assert re.search(r"Cases needed: default, now 20 <span class=\"tag warn\">lowered", page)
    for words in ("Li", "few reports", "f.csv:3", "kept by an earlier release"):
        assert words in page
    assert "unknown field &#34;&lt;b&gt;&#34; (did you mean &#34;qf-1&#34;?)" in page


def test_what_was_refused_is_said_in_the_readers_language_and_local_time(reported, seed):
    local = seed.NOW.astimezone(timezone(timedelta(hours=8)))
    english, chinese = (text_of(reported, f"/skill?lang={lang}") for lang in ("en", "zh"))
    assert f"the hour of {local.day} {local:%b %Y, %H:%M} is not over yet" in english
    assert f"{local.year}年{local.month}月{local.day}日 {local:%H:%M} 这一小时还没有过完" in chinese
    assert "地块“&lt;b&gt;”不认识（是不是“qf-1”？）" in chinese
    assert "文件中没能收下的行" in chinese


def test_defaults_are_not_called_lowered(client):
    page = text_of(client, "/skill?lang=en")
    assert "lowered" not in page
    assert "Not validated here; advice is a draft for you." in page
    assert "Fusarium head blight" in page


def test_a_validated_hazard_says_so(reported, empty_app, seed):
    row = LedgerRow(
        "wheat_fhb", "410922", None, ledger.versions(catalogue())["wheat_fhb"],
        cases=40, hits=18, misses=2, false_alarms=3, correct_negatives=17, scored=40, seasons=3,
        brier_skill=0.42, low=0.11, high=0.6, why="",
    )  # fmt: skip
    with empty_app.pool.connection() as conn, conn.cursor() as cur:
        names = ", ".join(vars(row))
        marks = ", ".join(["%s"] * len(vars(row)))
        cur.execute(
            f"INSERT INTO skill_row (at, {names}) VALUES (%s, {marks})",
            (seed.NOW, *vars(row).values()),
        )
    page = text_of(reported, "/skill?lang=en")
    assert "0.42 (0.11 to 0.60)" in page
    assert re.search(r"</svg>validated here</span>", page)
    assert "本地已验证" in text_of(reported, "/skill?lang=zh")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_light_wellformed_and_of_one_language(reported, lang):
    page = text_of(reported, f"/skill?lang={lang}")
    assert len(page) < 60_000
    assert "<script>" not in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'aria-labelledby="([^"]+)"', page)) <= set(ids)
    if lang == "en":
        assert set(re.findall("[\u4e00-\u9fff]+", page)) == {"中文"}
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        rows = ET.fromstring(table.replace("<br>", "")).findall("tr")
        assert len({len(row) for row in rows}) == 1


def test_the_menu_leads_there(client):
    assert 'href="/skill"' in text_of(client, "/")


def test_every_rule_and_reason_has_words(app):
    with app.test_request_context("/?lang=en"):
        assert len(show_rules(DEFAULTS)) == len(vars(DEFAULTS))
        assert all(rule_name(name) != name for name in vars(DEFAULTS))
        assert set(THRESHOLDS) <= set(vars(DEFAULTS))
        row = LedgerRow("wheat_fhb", "410922", None, "1.1")
        lacks = ("version", "cases", "seasons", "interval", "bound")
        assert len(set(lack_texts(ledger.Evidence(row, lacks), DEFAULTS))) == 5
        for why in ("no_scores", "one_outcome"):
            assert skill_text(replace(row, why=why))
        for why in ("one_block", "few_events"):
            assert skill_text(replace(row, brier_skill=-0.2, why=why)).startswith("\u22120.20 (")
