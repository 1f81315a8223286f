"""Villages by what somebody types."""

from dataclasses import replace

import pytest

from collector.store.network.registry import VillageRow
from field_configs.village_list import load_list
from webapp.views.search import look_for, matches, sounds_like

VILLAGE = VillageRow(
    id="410922101201",
    zh="东赵楼村",
    en="Dongzhaolou Village",
    county="410922",
    county_zh="清丰县",
    county_en="Qingfeng County",
    township="410922101",
    township_zh="马庄桥镇",
    township_en="Mazhuangqiao Town",
    longitude=None,
    latitude=None,
    position="unknown",
    fields=0,
    nodes=0,
)


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("赵楼", True),
        ("dongzhaolou", True),
        ("dong'zhao", True),
        ("zhaolou", True),
        ("dzl", True),
        ("DZL", True),
        ("mazhuang zhaolou", True),
        ("马庄桥 dzl", True),
        ("qfx", True),
        ("410922101201", True),
        ("ongzhao", True),  # part of the English name as it is written
        ("d", True),
        ("zzz", False),
        ("赵楼 南乐", False),
    ],
)
def test_a_name_its_sound_and_its_initials_find_a_village(query, hit):
    assert matches(VILLAGE, query) is hit


def test_a_sound_begins_with_a_syllable():
    assert sounds_like("东赵楼村", "zhaolou")
    assert not sounds_like("东赵楼村", "haolou")


def test_the_nearest_name_comes_first_among_three_thousand():
    rows = [
        replace(VILLAGE, id=each.id, zh=each.zh, en=each.en, county=each.county)
        for each in load_list("puyang").villages.values()
    ]
    named = [each.zh for each in look_for(rows, "高庄村")]
    assert named[0] == "高庄村"
    assert len(named) > 10
    assert named.index("高庄村") < min(named.index(n) for n in named if not n.startswith("高庄"))
    assert look_for(rows, "") == rows
    assert {each.zh for each in look_for(rows, "东赵楼")} == {"东赵楼村"}
