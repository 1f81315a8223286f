"""The list of a region's villages."""

from pathlib import Path

import pytest

from field_configs.load import load
from field_configs.village_list import english_name, short_name, village_list
from tests.paths import ROOT

SHARED = ROOT.parent / "shared/data/regions/puyang_villages.csv"
CONFIGS = load(site=None)


def read(folder: Path):
    return village_list("puyang", CONFIGS.counties, CONFIGS.townships, folder)


def test_the_list_that_comes_along_is_whole_and_names_no_position():
    found = village_list("puyang", CONFIGS.counties, CONFIGS.townships)
    assert len(found) == len({each.id for each in found}) == 3197
    assert len({each.township for each in found}) == 89
    assert {(each.longitude, each.latitude, each.position) for each in found} == {
        (None, None, "unknown")
    }


def test_it_is_the_list_of_the_statistical_office():
    if not SHARED.is_file():
        pytest.skip(f"{SHARED} is not there to compare with")
    lines = SHARED.read_text("utf-8").splitlines()[1:]
    theirs = {tuple(line.split(",")[:2]) for line in lines}
    own = (ROOT / "field_configs/regions/puyang_villages.csv").read_text("utf-8").splitlines()[1:]
    assert {tuple(line.split(",")) for line in own} == theirs


@pytest.mark.parametrize(
    ("registered", "short", "english"),
    [
        ("东赵楼村委会", "东赵楼村", "Dongzhaolou Village"),
        ("王楼村村委会", "王楼村", "Wanglou Village"),
        ("朱小邱村民委员会", "朱小邱村", "Zhuxiaoqiu Village"),
        ("京东社区居民委员会", "京东社区", "Jingdong Community"),
        ("卫城居委会", "卫城居委会", "Weicheng Residents' Committee"),
        ("村委会", "村委会", "Cunweihui Residents' Committee"),
    ],
)
def test_people_name_the_place_and_not_its_committee(registered, short, english):
    assert short_name(registered) == short
    assert english_name(short) == english


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("code,name\n41,甲村委会\n", "puyang_villages.csv:2: is no village; write its code of"),
        ("code,name\n410922101201\n", "puyang_villages.csv:2: is no village"),
        ("code,name\n410922101201, \n", "puyang_villages.csv:2: is no village"),
        ("code,name\n410922999201,甲村委会\n", "甲村委会 lies in township 410922999, which is not"),
    ],
)
def test_a_line_that_is_no_village_is_named(tmp_path, text, error):
    (tmp_path / "puyang_villages.csv").write_text(text, "utf-8")
    with pytest.raises(ValueError, match="villages.csv") as told:
        read(tmp_path)
    assert error in str(told.value)


def test_a_region_without_a_list_is_told(tmp_path):
    with pytest.raises(ValueError, match="there is no list of villages of a region puyang; write"):
        read(tmp_path)
