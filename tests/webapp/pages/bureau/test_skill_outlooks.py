"""Weather outlooks on the page on trust: what did how well, and that nothing is invented."""

from __future__ import annotations

from datetime import timedelta

from collector.store.advice import outlook_skill
from collector.store.measured import weather_fetch
from collector.store.measured.weather_fetch import Fetch
from models.skill.outlooks import OutlookRow, Reliability
from models.skill.scores import Contingency

WARMTH = OutlookRow(
    "open-meteo", "air_temperature", "measured", 1, 3, 4_321, 13, 16_921, 17_010,
    -0.42, 1.31, 1.72, 4_000, 2.9, 6.2, 5.8, 0.5, 0.41, 0.58, same_pairs=900, same_mae=1.25,
)  # fmt: skip
RAIN = OutlookRow(
    "open-meteo", "precipitation_amount", "analysed", 1, 3, 90, 13, 16_921, 17_010,
    0.3, 1.1, 4.2, 80, 0.1, 0.3, 0.2, 0.5, None, None,
    Contingency(9, 3, 5, 73),
    (Reliability(0.0, 76, 3), Reliability(1.0, 12, 7), Reliability(25.0, 2, 2)),
)  # fmt: skip


def page(app, lang="en"):
    answer = app.test_client().get(f"/skill?lang={lang}")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    return text[text.index('id="outlooks"') : text.index('id="rules"')]


def test_nothing_is_said_of_outlooks_that_nobody_verified(world_app):
    shown = page(world_app)
    assert "No outlook has been verified yet." in shown
    assert "<table" not in shown
    assert "Open-Meteo" not in shown


def test_each_lead_day_with_its_counts_and_what_it_is_set_against(world_app, seed):
    with world_app.pool.connection() as conn:
        outlook_skill.replace_rows(conn, [WARMTH, RAIN], seed.NOW)
        later = seed.NOW + timedelta(hours=3)
        weather_fetch.put(conn, Fetch("open-meteo", seed.NOW, "ok", 3, 9, 0, later))
    shown = page(world_app)
    assert "No outlook has been verified yet." not in shown
    for words in (
        "Air temperature [",
        "forecast by open-meteo",
        '<td class="num">4321</td>',
        '<td class="num">−0.42</td><td class="num">1.31</td><td class="num">1.25</td>'
        '<td class="num">1.72</td>',
        "0.50 (0.41 to 0.58)",
        "3 places,",
        "against what nodes and stations measured",
        "against an analysis of the same kind of models",
        "0.50 (too short a time for an interval)",
        '<td class="num">9</td><td class="num">3</td><td class="num">5</td>'
        '<td class="num">1.17</td>',
        "0 to under 1 mm said: 76 days, wet 3; 1 to under 5 mm said: 12 days, wet 7; "
        "25 mm or more said: 2 days, wet 2",
        "days with 1 mm or more",
        "Weather data by Open-Meteo.com (CC BY 4.0)",
    ):
        assert words in shown, words
    assert "<table" in page(world_app, "zh_CN")
