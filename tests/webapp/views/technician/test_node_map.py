"""Where nodes stand, and the way from one to the next."""

from xml.etree import ElementTree as ET

import pytest

from webapp.views.technician.node_map import draw, length_km, plane_km, route

# Four villages on a line from west to east, told out of order.
LINE = [(115.0, 36.0), (115.3, 36.0), (115.1, 36.0), (115.2, 36.0)]


def test_each_is_the_nearest_of_those_left():
    assert route(LINE) == [0, 2, 3, 1]
    assert route(LINE, start=(115.31, 36.0)) == [1, 3, 2, 0]
    assert route([]) == []


def test_places_on_the_plane_keep_their_distance():
    # one degree of latitude 111.2 km; of longitude at 36° N that times cos 36°: 90.0 km
    spots = plane_km([(115.0, 36.0), (115.0, 37.0), (116.0, 36.0)])
    assert spots[0] == (0, 0)
    assert spots[1] == pytest.approx((0, 111.2))
    assert spots[2] == pytest.approx((89.96, 0), abs=0.01)
    assert length_km([(115.0, 36.0), (115.0, 37.0), (115.0, 36.0)]) == pytest.approx(222.4)
    assert length_km([]) == 0


def drawn(places, tones, **given):
    return ET.fromstring(draw(places, tones, "<map>", "{km} km", **given))


def texts(svg):
    return [each.text for each in svg.iter("text")]


def test_numbers_stand_at_their_spots_inside_the_picture():
    svg = drawn([*LINE, LINE[0]], ["high"] * 5, line=True, first=51)
    assert svg.attrib["aria-label"] == "<map>"
    assert texts(svg)[:-1] == ["51, 55", "52", "53", "54"]
    for spot in svg.iter("circle"):
        assert 0 < float(spot.attrib["cx"]) < 360
        assert 20 < float(spot.attrib["cy"]) < 215
    assert texts(svg)[-1] == "10 km"
    assert len(list(svg.iter("path"))) == 2


def test_many_at_one_spot_are_named_by_the_first():
    svg = drawn([LINE[0]] * 50, ["high"] * 50, line=False)
    assert texts(svg)[0] == "1…"
    assert len(list(svg.iter("circle"))) == 1
