"""Works of the fields in words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from collector.store.advice.works import FieldWork
from field_configs.schema import Field
from webapp.views.village.works import show_works

NOW = datetime(2016, 5, 9, 2, tzinfo=UTC)
PLACES = {"a": Field("a", "v", "东地", "East", "open", None)}


def work(kind: str, day: date, product: str = "", amount: float | None = None) -> FieldWork:
    return FieldWork("a", kind, day, "", True, product, "", amount, "", "w.csv:2")


WORKS = [
    work("spray", date(2016, 4, 8)),
    work("spray", date(2016, 4, 9)),
    work("irrigation", date(2016, 4, 20)),
    work("spray", date(2016, 4, 28), "tebuconazole"),
    work("irrigation", date(2016, 5, 3), amount=60.0),
    work("irrigation", date(2016, 5, 10), amount=60.0),
]


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        (
            "en",
            [
                "East: watered 60 mm on 3 May",
                "East: sprayed on 28 Apr (tebuconazole)",
                "East: watered on 20 Apr",
                "East: sprayed on 9 Apr",
            ],
        ),
        (
            "zh",
            [
                "东地：5月3日浇水60毫米",
                "东地：4月28日打药（tebuconazole）",
                "东地：4月20日浇水",
                "东地：4月9日打药",
            ],
        ),
    ],
)
def test_works_of_thirty_days_the_newest_first(app, lang, lines):
    with app.test_request_context(f"/?lang={lang}"):
        assert show_works(WORKS, PLACES, NOW) == lines
