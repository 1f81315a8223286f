"""The energy budget: against an example worked by hand, and over the shipped boards."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from field_configs.load import load
from field_configs.parts import load_parts
from firmware.workbench import energy
from firmware.workbench.energy_command import plan_of
from nongqing import Parts, main


@dataclass
class State:
    ma: float
    seconds: float | None = None
    verified: bool = True
    source: str = "example"


@dataclass
class Part:
    volts: float
    states: dict[str, State] = field(default_factory=dict)
    zh: str = "例"
    en: str = "example"


PARTS = {
    "esp32": Part(
        3.3,
        {
            "asleep": State(0.01),
            "starting": State(50, 2),
            "awake": State(50),
            "joined": State(40),
            "reporting": State(100, 5),
            "transmitting": State(200, 0.5),
        },
    ),
    "nbiot": Part(3.6, {"asleep": State(0.001), "reporting": State(10, 20)}),
    "regulator": Part(3.3, {"resting": State(0.005)}),
    "rs485": Part(3.3, {"resting": State(0.3), "measuring": State(30, 0.01)}),
    "thermo": Part(3.3, {"resting": State(0.001), "measuring": State(1, 0.5)}),
    "probe": Part(12, {"resting": State(20), "measuring": State(0, 0.1)}),
}
PLAN = energy.Plan(["thermo", "probe"], 1, 144, 24, "ip", True, 4.0)


def mj(rows: list[energy.Row], part: str, state: str) -> float:
    return sum(row.mj_a_day for row in rows if (row.part, row.state) == (part, state))


def test_a_day_of_deep_sleep_is_what_was_worked_by_hand() -> None:
    """A battery of 4 V: 144 samples and 24 reports a day.

    starting 50 mA x 4 V x 2 s = 400 mJ x 144 = 57,600 mJ
    awake 0.6 s (0.5 thermometer, 0.1 probe): 120 mJ x 144 = 17,280 mJ
    report 100 mA x 4 V x 5 s = 2,000 mJ x 24 = 48,000 mJ; sending 400 mJ x 24 = 9,600 mJ
    asleep 86,400 - 288 - 86.4 - 120 = 85,905.6 s x 0.01 mA x 4 V = 3,436.224 mJ
    thermometer 1 mA x 4 V x 0.5 s = 2 mJ x 144 = 288 mJ; idle 0.004 mW x 86,400 s = 345.6 mJ
    probe, behind the converter: 20 mA x 12 V / 0.85 x 86,400 s = 24,395,294 mJ
    transceiver 30 mA x 4 V x 0.01 s = 1.2 mJ x 144 = 172.8 mJ; idle 1.2 mW x 86,400 s = 103,680 mJ
    regulator 0.02 mW x 86,400 s = 1,728 mJ
    """
    rows = energy.budget(PLAN, PARTS)
    assert mj(rows, "esp32", "starting") == pytest.approx(57_600)
    assert mj(rows, "esp32", "awake") == pytest.approx(17_280)
    assert mj(rows, "esp32", "reporting") == pytest.approx(48_000)
    assert mj(rows, "esp32", "transmitting") == pytest.approx(9_600)
    assert mj(rows, "esp32", "asleep") == pytest.approx(3_436.224)
    assert mj(rows, "thermo", "measuring") == pytest.approx(288)
    assert mj(rows, "thermo", "resting") == pytest.approx(345.6)
    assert mj(rows, "probe", "resting") == pytest.approx(24_395_294.1, rel=1e-8)
    assert mj(rows, "rs485", "measuring") == pytest.approx(172.8)
    assert mj(rows, "rs485", "resting") == pytest.approx(103_680)
    assert mj(rows, "regulator", "resting") == pytest.approx(1_728)
    total = 24_395_294.1 + 242_130.624
    assert sum(row.mj_a_day for row in rows) == pytest.approx(total, rel=1e-8)
    assert energy.of_one(rows, PLAN, "sample") == pytest.approx(400 + 120 + 2 + 1.2)
    assert energy.of_one(rows, PLAN, "report") == pytest.approx(2_400)


def test_a_battery_lasts_what_it_holds_over_what_is_spent() -> None:
    """1,000 mAh at 4 V, four fifths: 11,520,000 mJ; two days of 5,760,000 mJ."""
    row = energy.Row("day", "x", "resting", 1, 1, 1, 5_760_000, True, "")
    assert energy.days([row], 1000, 4.0, 0.8, 0) == pytest.approx(2)
    assert energy.days([row], 1000, 4.0, 0.8, 2_880_000) == pytest.approx(4)
    assert energy.days([row], 1000, 4.0, 0.8, 5_760_000) == float("inf")


def test_without_deep_sleep_it_is_awake_all_day() -> None:
    rows = energy.budget(replace(PLAN, deep_sleep=False), PARTS)
    assert mj(rows, "esp32", "joined") == pytest.approx(40 * 4 * (86_400 - 120))
    assert not mj(rows, "esp32", "asleep") + mj(rows, "esp32", "starting")
    rows = energy.budget(replace(PLAN, deep_sleep=False, link="nbiot"), PARTS)
    assert mj(rows, "esp32", "awake") == pytest.approx(50 * 4 * 86_400)


def test_a_modem_sleeps_between_reports_and_keeps_the_chip_awake_in_them() -> None:
    rows = energy.budget(replace(PLAN, link="nbiot"), PARTS)
    assert mj(rows, "nbiot", "reporting") == pytest.approx(10 * 4 * 20 * 24)
    assert mj(rows, "nbiot", "asleep") == pytest.approx(0.001 * 4 * (86_400 - 480))
    assert mj(rows, "esp32", "awake") == pytest.approx(50 * 4 * (0.6 * 144 + 20 * 24))
    assert not mj(rows, "esp32", "reporting")
    seconds = {row.state: row.seconds * row.times for row in rows if row.part == "esp32"}
    asleep = 86_400 - 2 * 144 - 0.6 * 144 - 480
    assert seconds["asleep"] == pytest.approx(asleep)


def test_an_update_is_asked_for_file_by_file() -> None:
    """12 asks of 4,096 bytes or 192 of 256, and 56 files: 68 s at 1 s, 1,240 s at 5 s.

    100 mA x 4 V x 68 s = 27,200 mJ; (50 + 10) mA x 4 V x 1,240 s = 297,600 mJ
    """
    assert energy.update(PLAN, PARTS) == (68, pytest.approx(27_200))
    modem = energy.update(replace(PLAN, link="nbiot"), PARTS)
    assert modem == (1240, pytest.approx(297_600))


def test_a_supply_that_is_switched_feeds_the_probe_for_its_time_alone() -> None:
    """2 s and 0.6 s of measuring: 20 mA x 12 V / 0.85 x 2.6 s = 734.12 mJ x 144."""
    rows = energy.budget(replace(PLAN, supply_s=2.0), PARTS)
    assert mj(rows, "probe", "resting") == pytest.approx(734.1176 * 144, rel=1e-6)
    assert mj(rows, "rs485", "resting") == pytest.approx(0.3 * 4 * 2.6 * 144)
    assert mj(rows, "esp32", "awake") == pytest.approx(50 * 4 * 2.6 * 144)
    assert mj(rows, "thermo", "resting") == pytest.approx(345.6)


@pytest.mark.parametrize("link", energy.LINKS)
def test_every_shipped_board_has_a_budget(link: str) -> None:
    parts = load_parts()
    for board in load(site=None).boards.values():
        if board.outputs:  # what it switches has mains, and so has it
            assert board.battery is None
            continue
        assert board.battery is not None
        rows = energy.budget(plan_of(board, link, board.battery.volts), parts)
        assert {channel.driver for channel in board.channels} <= {row.part for row in rows}
        assert all(row.source for row in rows)


def run(*arguments: str, obj: Any = None) -> Any:
    return CliRunner().invoke(main, ["node", "energy", *arguments], obj=obj or Parts())


def test_the_table_is_printed_with_days_and_sources() -> None:
    result = run("weather-1", "--battery", "6800", "--sources")
    assert result.exit_code == 0, result.output
    assert "battery 6800 mAh: " in result.output
    assert "panel 2.592e+04 J a day" in result.output
    assert "ESP32 Series Datasheet v5.2, table 5-4, page 53" in result.output
    assert "takes most: ESP32" in result.output


def test_json_holds_what_the_table_does() -> None:
    told = json.loads(run("greenhouse-1", "--json").output)
    assert told["reports_a_day"] == 24
    seconds, joules = 68, told["mj_an_update"] / 1000
    assert f"an update over the air, radio on for {seconds} s*: {joules:.4g} J\n" in (
        run("greenhouse-1").output
    )
    assert told["mj_a_day"] == pytest.approx(sum(row["mj_a_day"] for row in told["rows"]))


def test_an_unknown_board_is_named_with_those_that_there_are() -> None:
    result = run("soilair-9")
    assert result.exit_code == 1
    assert "board soilair-9: is not in field_configs/boards; there are greenhouse-1" in (
        result.output
    )


def test_a_board_without_battery_and_a_part_without_figures_are_named() -> None:
    board = load(site=None).boards["soilair-1"]
    given = SimpleNamespace(boards=lambda: {"x": replace(board, battery=None)})
    assert "board x: field_configs/boards/x.toml has no [battery]; add it with mah" in (
        run("x", obj=given).output
    )
    parts = {name: part for name, part in load_parts().items() if name != "sht4x"}
    given = SimpleNamespace(boards=lambda: {"x": board}, power_parts=lambda: parts)
    assert "board x: field_configs/parts.toml has no part 'sht4x'; add it with what it takes" in (
        run("x", obj=given).output
    )
