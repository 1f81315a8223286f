"""The data this project ships: they load without a warning, and say what they should."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from field_configs.board import layout_of
from field_configs.cli import check
from field_configs.load import ROOT, load, shifted, site_names
from field_configs.schema import Board, BoardChannel, SowWindow
from firmware.wire.quantities import UnknownQuantity


@pytest.fixture(scope="module")
def configs():
    return load()


def test_counts(configs):
    counts = {name: len(getattr(configs, name)) for name in configs.__slots__}
    assert counts == {
        "counties": 8,
        "townships": 89,
        "crops": 6,
        "boards": 7,
        "villages": 3,
        "fields": 6,
        "seasons": 6,
        "stage_observations": 5,
        "placements": 36,
        "nodes": 6,
        "regions": 1,
        "products": 6,
        "warnings": 0,
    }


def test_counties_and_their_townships(configs):
    assert {county.code: county.zh for county in configs.counties.values()} == {
        "410902": "华龙区",
        "410922": "清丰县",
        "410923": "南乐县",
        "410926": "范县",
        "410927": "台前县",
        "410928": "濮阳县",
        "410971": "濮阳工业园区",
        "410972": "濮阳经济技术开发区",
    }
    townships = Counter(township.county for township in configs.townships.values())
    assert townships == {
        "410902": 11,
        "410922": 17,
        "410923": 12,
        "410926": 12,
        "410927": 9,
        "410928": 20,
        "410971": 1,
        "410972": 7,
    }
    assert configs.townships["410922104"].zh == "柳格镇"


def test_eppo_codes(configs):
    assert {crop.id: crop.eppo for crop in configs.crops.values()} == {
        "winter_wheat": "TRZAW",
        "summer_maize": "ZEAMX",
        "peanut": "ARHHY",
        "garlic": "ALLSA",
        "greenhouse_tomato": "LYPES",
        "greenhouse_cucumber": "CUMSA",
    }


def test_wheat_sums_are_those_of_the_source(configs):
    """Zhou et al. 2016, Crops 32(3):116: intervals above 0 degC from stem erection on."""
    days = [
        stage.degree_days
        for stage in configs.crops["winter_wheat"].stages
        if stage.degree_days is not None and stage.bbch >= 30
    ]
    steps = [round(after - before, 1) for before, after in zip(days, days[1:], strict=False)]
    assert steps == [147.5, 231.2, 153.4, 113.4, 800.4]


def test_no_figure_without_a_source_is_called_verified(configs):
    for crop in configs.crops.values():
        for stage in crop.stages:
            assert stage.source
            if "no source" in stage.source or "elsewhere" in stage.source:
                assert not stage.verified, (crop.id, stage.bbch)


def test_demo(configs):
    assert {village.county for village in configs.villages.values()} == {"410922", "410928"}
    assert {village.position for village in configs.villages.values()} == {"illustrative"}
    assert {season.resistance for season in configs.seasons} == {"VS", "S", "MS", "MR", None}
    seen = configs.stage_observations[0]
    assert (seen.date, seen.bbch) == (date(2016, 5, 6), 61)
    for node in configs.nodes.values():
        channels = configs.boards[node.board].channels
        assert set(node.channels) == {channel.number for channel in channels}


def test_layout_of_the_demo_board(configs):
    layout = layout_of(configs.boards["soilair-1"])
    assert [tuple(channel) for channel in layout.channels] == [
        (0, 1, 100),
        (1, 2, 100),
        (2, 3, 100),
        (3, 10, 1000),
        (4, 9, 10),
        (5, 15, 1000),
    ]
    assert len(layout.id) == 4


def test_drivers_of_boards_exist(configs):
    drivers = {channel.driver for board in configs.boards.values() for channel in board.channels}
    folder = ROOT.parent / "firmware" / "sensors"
    assert drivers <= {path.stem for path in folder.glob("*.py")}


def test_layout_of_an_unknown_quantity():
    board = Board("x", "", "", 600, 6, (BoardChannel(0, "air_temp", "sht4x", "i2c", None, None),))
    with pytest.raises(UnknownQuantity, match="air_temp"):
        layout_of(board)


def test_shifted_moves_every_date(configs):
    moved = shifted(configs, 10)
    assert moved.seasons[0].sown == date(2025, 10, 5)
    assert moved.stage_observations[0].date == date(2026, 5, 6)
    assert shifted(moved, -10) == configs


def test_shifted_from_a_leap_day(folder):
    folder.change("sites/demo.toml", "date = 2016-05-06", "date = 2016-02-29")
    assert shifted(load(folder.root), 1).stage_observations[0].date == date(2017, 2, 28)
    assert shifted(load(folder.root), 4).stage_observations[0].date == date(2020, 2, 29)


def test_shifted_moves_harvest(folder):
    folder.change(
        "sites/demo.toml", "sown = 2015-10-08", "sown = 2015-10-08\nharvested = 2016-06-08"
    )
    assert shifted(load(folder.root), 1).seasons[0].harvested == date(2017, 6, 8)


def test_window_over_new_year():
    window = SowWindow((11, 15), (2, 10), "test")
    inside = [date(2020, 11, 15) + timedelta(days=days) for days in range(88)]
    assert all(window.holds(day) for day in inside)
    assert not window.holds(date(2020, 11, 14))
    assert not window.holds(date(2021, 2, 11))


def test_sites():
    assert site_names() == ["demo"]


def test_check_is_sound():
    result = CliRunner().invoke(check, [])
    assert result.exit_code == 0, result.output
    assert result.output == (
        "sound: 8 counties, 89 townships, 6 products, 6 crops, 7 boards, 3 villages, 6 nodes\n"
    )
