"""Warnings of coming days on the page on trust: what came true, and that nothing is invented."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collector.store.advice import risk_account
from models.risk.hazard import HIGH, MEDIUM, NO_RISK
from models.skill.risk_outlooks import ClassSaid, RiskOutlookRow, SeenRow
from models.skill.scores import Contingency
from webapp.views.bureau.risk_outlooks import told

ROW = RiskOutlookRow(
    "wheat_fhb", 3, 41, 1_234, 30, 5, 16_921, 16_950, -0.25, 0.375,
    Contingency(60, 15, 40, 1_119),
    (ClassSaid(NO_RISK, 1_134, 15), ClassSaid(MEDIUM, 70, 35), ClassSaid(HIGH, 30, 25)),
    12, 7, 1_000, 0.0446, 0.08, 0.07, 0.363, 0.21, 0.5, 900, 0.05, 1_234, 0.0123, 0.0456,
)  # fmt: skip
OTHER = replace(
    ROW, hazard="wheat_leaf_rust", lead=1, skill=0.1, low=None, high=None, chance_pairs=0,
    chance_bias=None, chance_mae=None, reliability=(ClassSaid(NO_RISK, 9, 0),), bias=0.0,
    table=Contingency(0, 0, 0, 9), common=0, score=None, same_score=None,
)  # fmt: skip
SEEN = SeenRow(
    "wheat_fhb", 3, 9, 6, 2, Contingency(3, 1, 2, 3),
    (ClassSaid(NO_RISK, 4, 1), ClassSaid(HIGH, 5, 3)), 1 / 3, 0.2469, 4, 1, 2,
)  # fmt: skip


def page(app, lang="en"):
    answer = app.test_client().get(f"/skill?lang={lang}")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    return text[text.index('id="ahead"') : text.index('id="outlooks"')]


def test_nothing_is_said_of_warnings_that_nobody_checked(world_app):
    shown = page(world_app)
    assert "None yet: no warning of a coming day has been checked." in shown
    assert "None yet: nobody has reported from a field of which an outlook is kept." in shown
    assert "<table" not in shown


def test_each_lead_day_with_its_counts_and_what_it_is_set_against(world_app, seed):
    with world_app.pool.connection() as conn:
        risk_account.replace_rows(conn, [ROW, OTHER], [SEEN], seed.NOW)
    shown = page(world_app)
    for words in (
        "Warned 3 days ahead 100 times: right 60 times. Risk came 75 times, unwarned 15 times.",
        "No warning was given, and no risk came.",
        "not against disease seen in the field",
        "41 fields, 30 days, ",
        '<td class="num">3</td><td class="num">1234</td><td class="num">15 of 1134</td>'
        '<td class="num">35 of 70</td><td class="num">25 of 30</td><td class="num">15</td>'
        '<td class="num">0.36 (0.21 to 0.50)</td><td class="num">−0.25</td>'
        '<td class="num">0.38</td><td class="num">0.045</td><td class="num">0.050</td>'
        '<td class="num">+1.2 / 4.6</td>',
        '<td class="num">0.10 (too short a time for an interval)</td><td class="num">+0.00</td>',
        '<td class="num">3</td><td class="num">9</td><td class="num">1 of 4</td>'
        '<td class="num">–</td><td class="num">3 of 5</td><td class="num">1</td>'
        '<td class="num">0.333 / 0.247</td>',
        "4 without an answer, 1 treated, 2 of an older model",
    ):
        assert words in shown, words
    assert "<table" in page(world_app, "zh_CN")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (Contingency(0, 4, 0, 9), "No warning was given 3 days ahead; risk came 4 times."),
        (Contingency(0, 0, 2, 9), "Warned 3 days ahead 2 times: right 0 times."),
    ],
)
def test_plain_words_name_what_was_not(world_app, table, words):
    with world_app.test_request_context("/skill?lang=en"):
        assert told([replace(ROW, table=table)]).startswith(words)


def test_the_words_tell_of_the_third_day_or_the_nearest_before(world_app):
    rows = [replace(ROW, lead=lead) for lead in (1, 2, 4)]
    with world_app.test_request_context("/skill?lang=en"):
        assert "2 days ahead" in told(rows)
        assert "4 days ahead" in told(rows[2:])
