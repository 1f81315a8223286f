"""Outputs of board types and their rules: what is compiled, and every mistake with its mend."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from field_configs.board import take_board
from field_configs.collected import Collected
from field_configs.load import ROOT, load
from field_configs.outputs import FOLDER, read_actuators
from field_configs.reading import Section
from field_configs.rules import compile_rules
from field_configs.schema import ConfigError

HOUSE, PUMP = "greenhouse-2", "pump-1"


def errors_of(board: str, old: str, new: str) -> list[ConfigError]:
    text = (ROOT / "boards" / f"{board}.toml").read_text(encoding="utf-8")
    assert old in text
    errors: list[ConfigError] = []
    section = Section(tomllib.loads(text.replace(old, new, 1)), "b.toml", "", errors)
    take_board(section, board, Collected(Path("field_configs")))
    return errors


def test_what_ships_is_compiled_as_a_node_takes_it() -> None:
    boards = load(site=None).boards
    valve, vent = boards[HOUSE].outputs
    assert valve.raw == {
        "driver": "relay",
        "pins": [18],
        "longest_s": 7200,
        "rest_s": 300,
        "day_s": 14400,
        "proof": [4, 50, 120, 0],
    }
    assert vent.raw["forbidden"] == [[0, 800, 1 << 30]]
    assert vent.raw["settings"] == {"travel_s": 60}
    assert [rule.raw for rule in boards[HOUSE].rules] == [(1, 0, 2800, 2400), (0, 2, 180, 240)]
    assert boards[PUMP].outputs[1].raw["behind"] == [0]
    assert boards[PUMP].outputs[1].raw["proof"] == [1, 1000, 60, 1]


def test_drivers_say_what_their_files_hold() -> None:
    known = read_actuators()
    assert set(known) == {"relay", "motor"}
    assert known["motor"].pins == ("open", "close")
    assert known["relay"].settings == {"active": ["high", "low"]}
    assert (FOLDER / "leases.py").is_file()


VALVE = 'kind = "valve"'
CASES = [
    (HOUSE, VALVE, 'kind = "tap"', "outputs[0].kind", 'unknown kind of output "tap": use one of'),
    (
        HOUSE,
        'driver = "relay"',
        'driver = "relais"',
        "outputs[0].driver",
        'driver of outputs "relais"',
    ),
    (HOUSE, "number = 0\nkind", "number = 3\nkind", "outputs[3].number", "number them from 0 on"),
    (HOUSE, "pins = [18]", "pins = [18, 4]", "outputs[0].pins", "are 2: give 1: switch"),
    (HOUSE, "pins = [18]", "pins = [35]", "outputs[0].pins", "GPIO 35 cannot switch anything"),
    (HOUSE, "pins = [18]", 'pins = "18"', "outputs[0].pins", "is no list of whole numbers"),
    (HOUSE, "pins = [18]\n", "", "outputs[0].pins", "is missing: give the pins"),
    (HOUSE, "pins = [18]", "pins = [32]", "outputs[0].pins", "GPIO 32: is taken by flow_meter"),
    (HOUSE, "[19, 23]", "[19, 19]", "outputs[1].pins", "GPIO 19: is taken by output 1"),
    (HOUSE, "travel_s = 60", "travel_s = 0", "outputs[1].settings.travel_s", "is out of range"),
    (HOUSE, "longest_s = 7200", "longest_s = 0", "outputs[0].longest_s", "from 1 to 86400 s"),
    (HOUSE, "day_s = 14400", "day_s = 60", "outputs[0].day_s", "is less than longest_s (7200)"),
    (HOUSE, "below = 8", "", "outputs[1].forbidden[0].above", "give above or below"),
    (
        HOUSE,
        "channel = 0\nbelow = 8",
        "channel = 9\nbelow = 8",
        "forbidden[9].channel",
        "no channel 9",
    ),
    (HOUSE, "counts = 5", "", "outputs[0].proof.counts", "give one of counts, above, rises, falls"),
    (HOUSE, "counts = 5", "above = 5", "proof.above", "does not go with water_volume: give counts"),
    (HOUSE, "channel = 4\ncounts", "channel = 6\ncounts", "proof.channel", "proves nothing"),
    (HOUSE, "within_s = 120", "within_s = 1", "proof.within_s", "from 4 to 86400 s"),
    (
        HOUSE,
        'bus = "output"\naddress = 1',
        'bus = "output"\naddress = 5',
        "outputs[1].number",
        "no channel says how long",
    ),
    (PUMP, "behind = [0]", "", "outputs[1].behind", "a pump runs only behind an open valve"),
    (PUMP, "behind = [0]", "behind = [1]", "outputs[1].behind", "output 1 is no valve of this"),
    (PUMP, "behind = [0]", "behind = [7]", "outputs[1].behind", "output 7 is no valve of this"),
    (
        PUMP,
        "above = 100",
        "counts = 1",
        "proof.counts",
        "does not go with line_pressure: give above",
    ),
]


@pytest.mark.parametrize(("board", "old", "new", "key", "reason"), CASES)
def test_a_mistake_is_named(board: str, old: str, new: str, key: str, reason: str) -> None:
    errors = errors_of(board, old, new)
    found = [error for error in errors if error.key.endswith(key) and reason in str(error)]
    assert found, [str(error) for error in errors]


def test_an_output_without_proof_is_refused() -> None:
    proof = "[outputs.proof]\nchannel = 4\ncounts = 5\nwithin_s = 120\n"
    assert [error.key for error in errors_of(HOUSE, proof, "")] == ["outputs[0].proof"]


def test_nothing_is_switched_by_a_board_that_sleeps_deeply() -> None:
    power = "saving_below = 3.5\nsurvival_below = 3.4\nback = 0.1\nsaving_s = 600\nsurvival_s = 600"
    cell = (
        '[[channels]]\nnumber = 8\nquantity = "battery_voltage"\ndriver = "battery"\nbus = "adc"\n'
    )
    new = f"{cell}\n[power]\n{power}\ndeep_sleep = true\n\n[[outputs]]\nnumber = 0"
    errors = errors_of(PUMP, "[[outputs]]\nnumber = 0", new)
    assert "nothing ends an output in deep sleep: take it out" in "\n".join(map(str, errors))


def rule(**given: object) -> dict[str, object]:
    return {name.removesuffix("_"): value for name, value in given.items()}


MORNING = rule(output=0, from_="06:00", to="07:00")
NIGHT = rule(output=0, from_="23:30", to="00:30", days=[1, 3])
HOT = rule(output=1, channel=0, above=28, back=24)
DRY = rule(output=0, channel=2, below=0.18, back=0.24)


def test_rules_are_compiled() -> None:
    rows, errors = compile_rules(load(site=None).boards[HOUSE], [HOT, DRY, MORNING, NIGHT])
    assert errors == []
    assert rows == [
        [1, 0, 2800, 2400],
        [0, 2, 180, 240],
        [0, 127, 360, 60, 0],
        [0, 0b101, 1410, 60, 0],
    ]


@pytest.mark.parametrize(
    ("rules", "key", "reason"),
    [
        (
            [HOT | rule(output=5)],
            "rules[#1].output",
            "no output 5: it has 0 (drip valve), 1 (vent)",
        ),
        ([HOT | rule(channel=9)], "rules[#1].channel", "no channel 9"),
        ([HOT | rule(back=29)], "rules[#1].back", "29 is not below 28: the thresholds cross"),
        ([DRY | rule(back=0.1)], "rules[#1].back", "0.1 is not above 0.18: the thresholds cross"),
        ([DRY | rule(back=0.1802)], "rules[#1].back", "the thresholds cross"),
        ([HOT | rule(below=3)], "rules[#1].below", "give either below or above"),
        ([HOT, HOT | rule(above=30)], "rules[#2].channel", "rule 1 switches the same output by it"),
        (
            [HOT, rule(output=0, channel=0, below=25, back=26)],
            "rules[#2].back",
            "the thresholds cross those of rule 1: both would be on",
        ),
        ([MORNING | rule(to="24:00")], "rules[#1].to", '"24:00" is no time of day'),
        ([MORNING | rule(to="06:00")], "rules[#1].to", "is the same time as from"),
        ([MORNING | rule(days=[1, 1])], "rules[#1].days", "is no list of days"),
        ([MORNING | rule(days=[0])], "rules[#1].days", "is no list of days"),
        ([MORNING | rule(to="08:01")], "rules[#1].to", "output 0 may be on for 120 min in one go"),
        (
            [MORNING, MORNING | rule(from_="06:59", to="07:30", days=[7]) | {"from": "06:59"}],
            "rules[#2].from",
            "overlaps with rule 1 of the same output",
        ),
        (
            [NIGHT | rule(days=[7]), rule(output=0, to="00:10", days=[1]) | {"from": "00:00"}],
            "rules[#2].from",
            "overlaps with rule 1 of the same output",
        ),
        (
            [
                rule(output=0, to=f"{hour + 2:02}:00") | {"from": f"{hour:02}:00"}
                for hour in (0, 4, 8)
            ],
            "rules[#3].to",
            "360 min on one day in all, and output 0 may be on for 240 min",
        ),
        ([MORNING] * 33, "rules", "are 33: a node takes at most 32"),
        ([MORNING | rule(until=3)], "rules[#1].until", "unknown key"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(
    rules: list[dict[str, object]], key: str, reason: str
) -> None:
    _, errors = compile_rules(load(site=None).boards[HOUSE], rules)
    found = [error for error in errors if error.key == key and reason in error.reason]
    assert found, [str(error) for error in errors]
