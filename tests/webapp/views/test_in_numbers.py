"""The table beside a curve of temperatures: ranges, and what nobody knows."""

from __future__ import annotations

from flask import Flask

from webapp.views.trace.in_numbers import HOUR_S, ROWS, in_numbers


def test_each_stretch_has_its_range_or_is_unknown(app: Flask) -> None:
    known = [(0.0, HOUR_S - 1, -1.0, 0.4), (HOUR_S + 60, HOUR_S + 60, 2.0, 2.0)]
    with app.test_request_context("/?lang=en"):
        rows = in_numbers(0, 3 * HOUR_S, known)
    assert [said for _, said in rows] == ["\N{MINUS SIGN}1.0 to 0.4", "2.0", "nobody knows"]
    assert rows[0][0].endswith("08:00")


def test_a_long_way_has_few_rows(app: Flask) -> None:
    with app.test_request_context("/?lang=zh"):
        rows = in_numbers(0, 300 * HOUR_S, [])
    assert len(rows) == ROWS
    assert {said for _, said in rows} == {"没人知道"}
