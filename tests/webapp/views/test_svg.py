"""The chart is well-formed, shows gaps as gaps and never invents a value."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.weather.local_days import LOCAL
from webapp.views import svg

NAN = float("nan")
START = datetime(2016, 4, 20, 16, tzinfo=UTC)  # a local midnight
WORDS = svg.Words(
    title="Air <temperature>, °C",
    desc="Lowest & highest",
    empty="no data",
    day=lambda d: f"{d.month}/{d.day}",
)


def draw(values, *, days=7, bars=False, times=None, words=WORDS):
    times = [START + timedelta(hours=i) for i in range(len(values))] if times is None else times
    window = (START, START + timedelta(days=days))
    text = svg.chart(
        times, values, window=window, zone=LOCAL, words=words, chart_id="c1", bars=bars
    )
    return text, ET.fromstring(text)


def of_class(root, name):
    return [e for e in root.iter() if name in (e.get("class") or "").split()]


def test_title_and_description_name_the_picture():
    _, root = draw([1.0, 2.0])
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "c1-t c1-d"
    assert root.find("title").text == "Air <temperature>, °C"
    assert root.find("desc").text == "Lowest & highest"


def test_a_gap_breaks_the_line_and_is_banded():
    values = [10.0] * 24 + [NAN] * 6 + [12.0] * 138
    _, root = draw(values)
    (line,) = of_class(root, "line")
    assert line.get("d").count("M") == 2
    (band,) = of_class(root, "gap")
    hour = svg.PLOT_WIDTH / 168
    assert float(band.get("width")) == pytest.approx(7 * hour, abs=0.1)


def test_missing_rows_are_a_gap_as_well_as_missing_values():
    times = [START, START + timedelta(hours=1), START + timedelta(hours=9)]
    _, root = draw([1.0, 2.0, 3.0], times=times)
    (line,) = of_class(root, "line")
    assert line.get("d").count("M") == 2


def test_one_missing_hour_breaks_the_line():
    _, root = draw([1.0, NAN, 2.0, 2.5])
    (line,) = of_class(root, "line")
    assert line.get("d").count("M") == 2


def test_single_point_is_visible():
    _, root = draw([21.5])
    (line,) = of_class(root, "line")
    assert line.get("d").endswith("h0")
    assert [e.text for e in of_class(root, "mark-label")] == ["21.5"]


@pytest.mark.parametrize("values", [[], [NAN], [NAN] * 168, [float("inf"), NAN]])
def test_without_a_value_the_chart_says_so(values):
    _, root = draw(values)
    assert [e.text for e in of_class(root, "empty")] == ["no data"]
    assert not of_class(root, "line")


def test_lowest_and_highest_are_labelled_with_a_true_minus():
    _, root = draw([-3.25, 4.0, 0.5])
    assert {e.text for e in of_class(root, "mark-label")} == {"4.0", "\N{MINUS SIGN}3.2"}


def test_constant_series_has_one_label_and_a_finite_axis():
    _, root = draw([5.0] * 24)
    assert [e.text for e in of_class(root, "mark-label")] == ["5.0"]


def test_rain_stands_on_zero_and_dry_hours_draw_nothing():
    text, root = draw([0.0, 2.0, 0.0, 0.5], bars=True)
    (bars,) = of_class(root, "bars")
    assert bars.get("d").count("M") == 2
    assert "nan" not in text
    _, dry = draw([0.0] * 10, bars=True)
    assert not of_class(dry, "bars")
    assert "0" in [e.text for e in of_class(dry, "y")]


def test_days_are_parted_at_local_midnights():
    _, root = draw([1.0] * 168)
    assert [e.text for e in of_class(root, "x")] == [f"4/{d}" for d in range(21, 28)]


@pytest.mark.parametrize("days", [3, 7, 9, 14])
@pytest.mark.parametrize("name", ["5/10", "10 May", "5月10日"])
def test_no_day_below_the_axis_lies_over_another(days, name):
    words = svg.Words("t", "d", "no data", day=lambda _: name)
    _, root = draw([1.0, 2.0], days=days, words=words)
    places = [float(each.get("x")) for each in of_class(root, "x")]
    assert len(places) > 1
    room = sum(svg.LETTER if letter in "月日" else svg.DIGIT for letter in name)
    assert all(b - a >= room for a, b in zip(places, places[1:], strict=False))


def test_points_outside_the_window_are_left_out():
    times = [START - timedelta(hours=2), START, START + timedelta(hours=1)]
    _, root = draw([99.0, 1.0, 2.0], times=times)
    assert "99.0" not in [e.text for e in of_class(root, "mark-label")]


def test_unequal_lengths_name_the_chart():
    with pytest.raises(ValueError, match="chart c1: 1 times but 2 values"):
        draw([1.0, 2.0], times=[START])


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="chart c1: a time without a zone; give aware"):
        draw([1.0], times=[datetime(2016, 4, 21)])  # noqa: DTZ001


def test_an_upside_down_window_is_refused():
    with pytest.raises(ValueError, match="the window ends"):
        draw([1.0], days=-1)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 10, [0, 2.5, 5, 7.5, 10]),
        (3.1, 27.8, [0, 10, 20, 30]),
        (0.21, 0.29, [0.2, 0.22, 0.24, 0.26, 0.28, 0.3]),
        (-7, -1, [-8, -6, -4, -2, 0]),
    ],
)
def test_ticks_are_round_and_enclose(low, high, ticks):
    assert svg.nice_ticks(low, high) == pytest.approx(ticks)


@pytest.mark.parametrize(("low", "high"), [(NAN, 1), (0, float("inf")), (2, 1)])
def test_an_axis_refuses_what_is_no_range(low, high):
    with pytest.raises(ValueError, match="finite range"):
        svg.nice_ticks(low, high)


def test_midnights_lie_inside_the_window():
    found = list(svg.local_midnights(START, START + timedelta(days=2), LOCAL))
    assert [m.date() for m in found] == [date(2016, 4, 22)]


@given(
    st.lists(
        st.floats(min_value=-1e6, max_value=1e6) | st.sampled_from([NAN, float("inf")]),
        max_size=200,
    ),
    st.booleans(),
)
def test_any_series_gives_wellformed_finite_markup(values, bars):
    text, root = draw(values, bars=bars)
    assert not re.search(r"\b(nan|inf)\b", text)
    for label in of_class(root, "mark-label"):
        assert 0 <= float(label.get("x")) <= svg.WIDTH
        assert 0 <= float(label.get("y")) <= svg.HEIGHT
    for shape in root.iter("{*}path"):
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", shape.get("d"))]
        assert all(-1 <= n <= svg.WIDTH + 1 for n in numbers)


def test_a_week_of_hours_is_small():
    text, _ = draw([20 + (i % 24) / 3 for i in range(168)])
    assert len(text.encode()) < 4500
