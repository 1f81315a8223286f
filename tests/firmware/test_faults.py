"""A schedule of faults: every mistake in it named with its line, and what it does to a fleet."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from field_configs.load import load
from firmware.wire import codec
from firmware.workbench.faults import KINDS, FaultError, NodeFaults, read_faults
from tests.firmware.field import START, Collector, FleetMaker, Shared, wait_for

BOARDS = load(site=None).boards
NODES = {"qf-001": BOARDS["soilair-1"], "lg-001": BOARDS["logger-1"]}
GOOD = """# who is hit
[[faults]]
node = "qf-001"
kind = "sensor_dead"
bus = "rs485"
from = 2016-05-10T08:00:00+08:00
to = 2016-05-10T12:00:00+08:00

[[faults]]
kind = "power_cut"
from = 2016-05-11T08:00:00+08:00
to = 2016-05-11T09:00:00+08:00
"""


def read(tmp_path: Path, text: str) -> dict[str, NodeFaults]:
    path = tmp_path / "faults.toml"
    path.write_text(text, encoding="utf-8")
    return read_faults(path, NODES)


def test_a_schedule_says_who_is_hit_when(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    eight = datetime(2016, 5, 10, tzinfo=UTC).timestamp()
    assert found["qf-001"].told == [("rs485", "no_answer", eight, eight + 4 * 3600)]
    assert found["lg-001"].told == []
    for faults in found.values():
        assert faults.is_off(eight + 24 * 3600)
        assert not faults.is_off(eight + 25 * 3600)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sensor_dead", "sensor_ded", 'line 2: kind: "sensor_ded" is unknown (did you mean'),
        ('kind = "sensor_dead"', "", "line 2: kind: is missing; give one of sensor_dead, garbled"),
        ("qf-001", "qf-002", 'line 2: node: "qf-002" is unknown (did you mean qf-001?); give one'),
        ("qf-001", "lg-001", "line 2: node: lg-001 has no sensor on rs485; name another node, or"),
        ('bus = "rs485"', "", "line 2: bus: is missing; give one of i2c, rs485, onewire"),
        ('bus = "rs485"', 'bus = "rs485"\nvolts = 3', "line 2: volts: is not asked of sensor_dead"),
        ("to = 2016-05-11T09", "to = 2016-05-11T07", "line 9: to: is not later than from; swap"),
        ("09:00:00+08:00", "09:00:00", "line 9: to: must be a time with its zone, like 2016-05-10"),
        ("power_cut", "flat_battery", "line 9: volts: None must be a number from 0.5 to 30"),
        ("power_cut", "door_open", "line 9: node: qf-001 has no door_contact; name another node"),
        ("[[faults]]\nkind", "[[fault]]\nkind", "line 1: holds no fault or other things; write"),
        ("from = 2016-05-10", "from = 2016-05-41", "line 6: is no TOML: "),
    ],
)
def test_a_mistake_is_named_with_its_line_and_mend(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in GOOD
    with pytest.raises(FaultError) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert f"faults.toml: {said}" in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match=r"none.toml: cannot be read \(No such file"):
        read_faults(tmp_path / "none.toml", NODES)
    (tmp_path / "x.toml").write_bytes(b"\xff")
    with pytest.raises(FaultError, match="x.toml: is not UTF-8; save it as UTF-8"):
        read_faults(tmp_path / "x.toml", NODES)


def test_the_page_lists_every_kind() -> None:
    page = (Path(__file__).parents[2] / "docs" / "technician.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []


def hour(number: float) -> float:
    """Hours after the beginning of the backlog [s since 1970]."""
    return START + 58 * 86400 + number * 3600


@pytest.mark.system
def test_faults_hit_their_hours_and_no_others(make_fleet: FleetMaker, collector: Collector) -> None:
    """Two days that were measured before: dead and garbled probes, a flat battery."""
    own = NodeFaults(
        [
            ("rs485", "no_answer", hour(6), hour(10)),
            ("rs485", "bad_checksum", hour(20), hour(22)),
            ("battery", "3.21", hour(30), hour(33)),
        ]
    )
    make_fleet("qf-001", days=2, faults={"qf-001": own}).start()
    wait_for(lambda: len(collector.received()) >= 47)
    found: dict[str, set[float]] = {"dead": set(), "garbled": set(), "flat": set()}
    with collector.lock:
        frames = list(collector.frames.values())
    for frame in frames:
        for place, (soil, volts) in enumerate(
            zip(frame.channels[3], frame.channels[5], strict=True)
        ):
            at = (frame.offset + frame.t0 + 600 * place - hour(0)) / 3600
            if isinstance(soil, codec.Missing):
                kind = {codec.NO_ANSWER: "dead", codec.BAD_CHECKSUM: "garbled"}[soil.reason]
                found[kind].add(at)
            if volts == 3210:
                found["flat"].add(at)
    assert found == {
        "dead": {6 + n / 6 for n in range(24)},
        "garbled": {20 + n / 6 for n in range(12)},
        "flat": {30 + n / 6 for n in range(18)},
    }


@pytest.mark.system
def test_a_door_that_a_fault_opens_is_measured(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    own = NodeFaults([("door", "open", hour(5), hour(5.5))])
    make_fleet("lg-001", board="logger-1", days=2, faults={"lg-001": own}).start()
    wait_for(lambda: len(collector.received()) >= 100)
    with collector.lock:
        frames = [frame for _, frame in sorted(collector.frames.items())]
    minutes = [
        value for frame in frames for value in frame.channels[3] if isinstance(value, int) and value
    ]
    assert sum(minutes) == pytest.approx(30, abs=1)


@pytest.mark.system
def test_a_scheduled_power_cut_ends_the_node_and_gives_it_back(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """Off for two hours of an hour in two seconds; its clock is 400 s ahead when it is back."""
    fleet = make_fleet("qf-001", rate=1800.0)
    now = Shared.now()
    own = NodeFaults(cuts=[(now + 4 * 3600, now + 6 * 3600)])
    fleet.nodes["qf-001"].faults = own
    fleet.start()
    said: list[str] = []

    def back() -> bool:
        said.extend(fleet.switch_power())
        return "node qf-001: power is back" in said

    wait_for(back, 30)
    assert said == ["node qf-001: power cut", "node qf-001: power is back"]
    assert now + 6 * 3600 <= Shared.now()
    wait_for(lambda: {event.boot for event in collector.kinds("boot")} == {1, 2})


@pytest.mark.system
def test_a_clock_that_is_wrong_at_the_start_is_set_right_by_the_first_acknowledgement(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    own = NodeFaults([("clock", "7200", START, START + 1e8)])
    fleet = make_fleet("qf-001", rate=600.0, faults={"qf-001": own})
    began = Shared.now()
    fleet.start()
    wait_for(lambda: len(collector.received()) >= 3, 60)
    with collector.lock:
        offsets = [frame.offset - began for _, frame in sorted(collector.frames.items())]
    assert offsets[0] == pytest.approx(7200, abs=1200)
    assert offsets[-1] == pytest.approx(0, abs=1200)
