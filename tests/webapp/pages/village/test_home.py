"""The start page of a city: counties as tiles, search, the nearest village."""

import re
from dataclasses import replace

import pytest

from collector.store.advice import risk
from collector.store.network import registry
from field_configs.load import load
from field_configs.village_list import load_list
from models.risk.hazard import HIGH


@pytest.fixture
def city(conn, seed, empty_app):
    """The demonstration's villages among the whole list."""
    registry.import_configs(conn, load(site="demo"), seed.NOW)
    assert registry.add_villages(conn, load_list("puyang"), seed.NOW, "test") == 3197
    risk.save_statuses(conn, [seed.status("py-bagongqiao-1", "wheat_fhb", HIGH)], seed.NOW)
    conn.commit()
    return empty_app.test_client()


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def names(shown):
    return re.findall(r'<span class="name">([^<]+)</span>', shown)


def test_counties_are_tiles_the_worst_first(city):
    shown = page(city, "/")
    tiles = re.findall(r'<li class="card is-(.*?)</li>', shown)
    assert len(tiles) == 8
    assert tiles[0].startswith("high")
    assert "濮阳县" in tiles[0]
    assert '高风险 <b class="num">1</b>' in tiles[0]
    assert "1033 个村，已判断 1 个" in tiles[0]
    assert "近日没有计算" in tiles[1]
    assert not names(shown)
    listed = names(page(city, "/?county=410928"))
    assert listed[0] == "八公桥示范村"
    assert len(listed) == 60
    assert "县区“999999”里没有村" in page(city, "/?county=999999")


@pytest.mark.parametrize("query", ["东赵楼", "dongzhaolou", "DZL", "zhaolou 清丰"])
def test_a_name_its_sound_or_its_initials_find_a_village(city, query):
    assert "东赵楼村" in names(page(city, f"/?q={query}"))


def test_the_nearest_villages_are_those_that_somebody_measured(city):
    shown = page(city, "/?longitude=115.10&latitude=35.58")
    assert names(shown) == ["八公桥示范村", "马庄桥示范村", "柳格示范村"]
    assert '<span class="small soft">1.4 公里 · 八公桥镇</span>' in shown
    assert "3200 个村里只有 3 个测过位置" in shown


@pytest.mark.parametrize(
    "asked",
    [
        "longitude=115&latitude=x",
        "longitude=nan&latitude=1",
        "longitude=115&latitude=91",
        "longitude=115",
    ],
)
def test_a_place_that_is_none_is_told(city, asked):
    answer = city.get(f"/?{asked}")
    assert answer.status_code == 400
    assert "请写经度和纬度" in answer.text


def test_a_phone_that_does_not_tell_is_told(city):
    shown = page(city, "/?longitude=&latitude=")
    assert "先点“我在哪里？”" in shown
    assert "tiles" in shown


def test_a_field_where_nobody_measured_has_no_station(conn, seed, city):
    village = next(each for each in registry.villages(conn) if each.place is None)
    assert (village.position, village.longitude) == ("unknown", None)
    assert city.get(f"/v/{village.id}").status_code == 200
    assert replace(village, longitude=115.0, latitude=35.0).place == (115.0, 35.0)
