"""The real firmware under MicroPython with 160 kB of heap, against a real broker."""

from __future__ import annotations

import hashlib
import random
import time
from pathlib import Path

import pytest

from firmware.node.kept import Kept
from firmware.node.link import _WINDOW
from firmware.wire import codec, seal
from firmware.workbench import simulated
from firmware.workbench.simulated import SimulationError
from tests.firmware.field import START, Collector, FleetMaker, Shared, free_port, wait_for

pytestmark = pytest.mark.system

NODE = "qf-001"


def journal(folder: Path, node: str = NODE) -> dict[tuple[int, int], str]:
    """Digest of each frame that was safe on flash."""
    path = folder / "journal" / f"{node}.txt"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    rows = [line.split() for line in lines]
    return {(int(boot), int(seq)): digest for boot, seq, digest in rows}


def arrived(collector: Collector, folder: Path, node: str = NODE) -> bool:
    """Return whether every journalled frame has arrived, byte for byte."""
    with collector.lock:
        digests = {
            (boot, seq): hashlib.sha256(message).hexdigest()
            for name, boot, seq, message in collector.arrivals
            if name == node
        }
    return journal(folder, node).items() <= digests.items()


def test_every_frame_of_a_backlog_arrives(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path
) -> None:
    fleet = make_fleet(NODE, "py-002", days=10)
    fleet.start()
    wait_for(lambda: len(collector.received()) > 480)
    for node in (NODE, "py-002"):
        assert len(journal(tmp_path, node)) >= 240
        wait_for(lambda node=node: arrived(collector, tmp_path, node))
    assert not collector.refused
    assert all(fleet.alive().values())


def test_the_values_are_those_of_the_weather(make_fleet: FleetMaker, collector: Collector) -> None:
    fleet = make_fleet(NODE, days=2, settings={"differences": {}})
    fleet.start()
    wait_for(lambda: len(collector.received()) >= 48)
    with collector.lock:
        frames = [collector.frames[key] for key in sorted(collector.frames)]
    rain = 0.0
    for frame in frames[1:47]:
        at = frame.offset + frame.t0
        assert at % 600 == 0
        for place in range(6):
            hours = (at + place * 600 - START) / 3600
            temperature, humidity, _, moisture, soil, battery = (c[place] for c in frame.channels)
            if 1 < hours % 1000 < 998 and 1 < hours % 40 < 38:
                assert temperature / 100 == pytest.approx((hours - 0.5) % 1000 / 40, abs=0.03)
                assert humidity / 100 == pytest.approx(50 + (hours - 0.5) % 40, abs=0.3)
            assert moisture == 250
            assert soil == 50
            assert 3600 < battery < 3900
        rain += sum(frame.channels[2]) / 100
    # 1 mm in every 10th hour, in buckets of 0.2 mm
    assert rain == pytest.approx(46 / 10, abs=1.0)


def test_thousands_of_frames_wait_and_go_with_a_small_heap(
    make_fleet: FleetMaker,
    collector: Collector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """3,000 frames written before the network comes: the node lives and delivers them all.

    With 32 kB less than a simulated node has, so that there is room to grow.
    """
    monkeypatch.setattr(simulated, "HEAP", "160k")
    fleet = make_fleet(NODE, days=130, at_day=140)
    fleet.start()
    wait_for(lambda: len(collector.received()) > 3100, 90)
    wait_for(lambda: arrived(collector, tmp_path))
    assert fleet.alive() == {NODE: True}
    assert "MemoryError" not in fleet.nodes[NODE].last_lines()
    assert len(collector.kinds("boot")) == 1


@pytest.mark.parametrize("seed", range(3))
def test_power_cuts_lose_no_frame_that_was_written(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    fleet = make_fleet(NODE, days=20)
    node = fleet.nodes[NODE]
    for _ in range(5):
        node.start()
        time.sleep(chance.uniform(0.1, 0.9))
        node.cut_power()
    node.start()
    wait_for(lambda: len(journal(tmp_path)) > 20 and arrived(collector, tmp_path))
    boots = {boot for boot, _ in journal(tmp_path)}
    assert len(boots) <= 6
    for boot in boots:
        seqs = sorted(seq for b, seq in journal(tmp_path) if b == boot)
        assert seqs == list(range(len(seqs)))


@pytest.mark.parametrize("cut_after", [5, 23, 40, 61, 120, 333])
def test_power_cut_in_the_middle_of_a_flash_write(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path, cut_after: int
) -> None:
    fleet = make_fleet(NODE, days=3)
    node = fleet.nodes[NODE]
    node.start(cut_after=cut_after)
    assert node.process is not None
    assert node.process.wait(20) == -9
    written = set(journal(tmp_path))
    node.start()
    wait_for(lambda: arrived(collector, tmp_path) and len(journal(tmp_path)) > len(written))
    boots = [boot for boot, _ in sorted(journal(tmp_path))]
    assert len(set(journal(tmp_path)) - written) > 0
    assert boots == sorted(boots)


def test_a_boot_number_is_never_used_twice(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path
) -> None:
    fleet = make_fleet(NODE)
    node = fleet.nodes[NODE]
    for boot in range(1, 5):
        node.start()
        wait_for(lambda boot=boot: boot in {event.boot for event in collector.kinds("boot")})
        node.cut_power()
    assert sorted(event.boot for event in collector.kinds("boot")) == [1, 2, 3, 4]


def heard_all_acks(collector: Collector, node: str = NODE) -> None:
    """Wait until the node has heard every acknowledgement so far.

    They reach it in order, and it reports what comes after them: something that is none.
    """
    before = len(collector.kinds("fault"))
    collector.publish_ack(node, b"garbage")
    wait_for(lambda: len(collector.kinds("fault")) > before)


def test_without_acks_the_same_bytes_come_again_and_the_others_get_their_turn(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path
) -> None:
    """And what is acknowledged is freed: but for the segment that is being written."""
    collector.acking = False
    silent = make_fleet(NODE, days=3, rate=60)
    silent.start()

    def copies(seq: int, boot: int = 1) -> list[bytes]:
        with collector.lock:
            return [sent for _, *pair, sent in collector.arrivals if pair == [boot, seq]]

    wait_for(lambda: len(copies(0)) >= 2 and len(copies(2 * _WINDOW)) >= 2)
    assert len(set(copies(0))) == 1
    silent.stop()
    collector.acking = True
    with collector.lock:
        collector.arrivals.clear()
    fleet = make_fleet(NODE, rate=3600)
    fleet.start()
    wait_for(lambda: bool(copies(0, boot=2)) and arrived(collector, tmp_path))
    heard_all_acks(collector)
    node = fleet.nodes[NODE]
    node.cut_power()
    with collector.lock:
        collector.arrivals.clear()
    node.start()
    wait_for(lambda: bool(copies(0, boot=2)))  # its segment was being written
    # The oldest go first: what had not been freed would have come by now.
    assert not copies(0), "an acknowledged frame came again"


def test_a_node_enrolled_again_delivers_what_its_collector_takes(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path
) -> None:
    """72 unsent frames under a retired key hold up nothing, and are freed once they are taken."""
    nowhere = make_fleet(NODE, days=3, rate=60, port=free_port())
    nowhere.start()
    wait_for(lambda: len(journal(tmp_path)) >= 72)
    nowhere.stop()
    collector.refuses, collector.epoch = 1, 2
    fleet = make_fleet(NODE, rate=3600, epoch=2)
    fleet.start()
    wait_for(lambda: any(seq >= 5 for _, boot, seq in collector.received() if boot > 1))
    assert min(boot for _, boot, _ in collector.received()) == (1 << 16) + 1
    wait_for(lambda: len(collector.refused) > 2 * 72)  # tried again in turn
    collector.refuses = None
    wait_for(lambda: {(NODE, 1, seq) for seq in range(72)} <= collector.received())
    wait_for(lambda: arrived(collector, tmp_path))
    heard_all_acks(collector)
    node = fleet.nodes[NODE]
    node.cut_power()
    with collector.lock:
        collector.arrivals.clear()
    node.start()
    wait_for(lambda: any(boot == (1 << 16) + 2 for _, boot, _ in collector.received()))
    with collector.lock:
        again = [boot for _, boot, _, _ in collector.arrivals if boot == 1]
    assert again == [], "an acknowledgement under the new key did not free an old frame"


@pytest.mark.parametrize(
    ("payload", "report"),
    [
        (bytes(5000), "a message on nq/1/qf-001/ack is too long to be read"),
        (bytes(10_000), "a message on nq/1/qf-001/ack is too long to be read"),
        (b"\x99\x07\xd0" + b"\xe1" * 2000, "ack refused: not sealed: more items than there may be"),
        (b"\xff\xfe\x00", "ack refused: not sealed: "),
    ],
)
def test_a_strangers_retained_message_stops_no_node(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path, payload: bytes, report: str
) -> None:
    """It comes again with every connection, before any acknowledgement."""
    collector.publish_ack(NODE, payload, retain=True)
    fleet = make_fleet(NODE, days=2)
    fleet.start()
    wait_for(lambda: len(journal(tmp_path)) > 48 and arrived(collector, tmp_path))
    wait_for(lambda: bool(collector.kinds("fault")))
    collector.client.publish(f"nq/1/{NODE}/ack", b"", 1, retain=True)
    assert collector.kinds("fault")[0].detail.startswith(report)
    assert len(collector.kinds("fault")) == 1
    assert len(collector.kinds("boot")) == 1
    assert fleet.alive() == {NODE: True}


def test_frames_wait_through_an_outage_of_the_broker(
    make_fleet: FleetMaker, collector: Collector, broker_port: int, tmp_path: Path
) -> None:
    nowhere = make_fleet(NODE, days=1, port=free_port())
    nowhere.start()
    wait_for(lambda: len(journal(tmp_path)) > 25)
    nowhere.stop()
    assert not collector.received()
    make_fleet(NODE).start()
    wait_for(lambda: arrived(collector, tmp_path))


def test_a_forged_ack_frees_nothing_and_is_reported(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    collector.acking = False
    make_fleet(NODE, days=2).start()
    wait_for(lambda: (NODE, 1, 0) in collector.received())
    body = codec.encode_ack(1, [(1, seq) for seq in range(_WINDOW)], (1, 1000))
    for key, epoch, topic in (
        (bytes(32), 1, "nq/1/qf-001/ack"),
        (collector.key, 2, "nq/1/qf-001/ack"),
        (collector.key, 1, "nq/1/py-002/ack"),
    ):
        collector.publish_ack(NODE, seal.seal(key, epoch, topic, body))
    collector.publish_ack(NODE, b"garbage")
    wait_for(lambda: bool(collector.kinds("fault")))
    assert "ack refused: seal does not fit" in collector.kinds("fault")[0].detail
    with collector.lock:
        collector.arrivals.clear()
    for seq in range(_WINDOW):
        wait_for(lambda seq=seq: seq in {s for _, _, s, _ in collector.arrivals})


def test_a_full_flash_gives_up_the_oldest_and_says_which(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path
) -> None:
    make_fleet(NODE, days=30, config={"outbox_bytes": 30_000}).start()
    wait_for(lambda: bool(collector.kinds("lost")))
    wait_for(lambda: (NODE, 1, 700) in collector.received())

    def unaccounted() -> set[tuple[int, int]]:
        lost: set[tuple[int, int]] = set()
        for event in collector.kinds("lost"):
            boot, first, last = event.detail
            lost |= {(boot, seq) for seq in range(first, last + 1)}
        got = {(boot, seq) for _, boot, seq in collector.received()}
        assert not lost & got
        return {pair for pair in journal(tmp_path) if pair < (1, 700)} - got - lost

    wait_for(lambda: not unaccounted())


def test_a_flash_smaller_than_the_outbox_goes_on(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """Flash full to the last block: the oldest frames go, the node does not stop."""
    fleet = make_fleet(NODE, days=60, settings={"flash_blocks": 20})
    fleet.start()
    wait_for(lambda: (NODE, 1, 1440) in collector.received())
    wait_for(lambda: bool(collector.kinds("lost")))
    assert len(collector.kinds("boot")) == 1


@pytest.mark.parametrize(
    ("part", "kind", "channels", "reason"),
    [
        ("i2c", "no_answer", (0, 1), codec.NO_ANSWER),
        ("i2c", "bad_checksum", (0, 1), codec.BAD_CHECKSUM),
        ("rs485", "no_answer", (3, 4), codec.NO_ANSWER),
        ("rs485", "bad_checksum", (3, 4), codec.BAD_CHECKSUM),
    ],
)
def test_a_failing_sensor_costs_its_own_channels_only(
    make_fleet: FleetMaker,
    collector: Collector,
    part: str,
    kind: str,
    channels: tuple[int, int],
    reason: int,
) -> None:
    make_fleet(NODE, days=1, settings={"faults": [[part, kind, 0, 2**40]]}).start()
    wait_for(lambda: (NODE, 1, 5) in collector.received())
    for place, samples in enumerate(collector.frames[NODE, 1, 5].channels):
        missing = {s.reason for s in samples if isinstance(s, codec.Missing)}
        assert missing == ({reason} if place in channels else set())
    wait_for(lambda: bool(collector.kinds("fault")))


@pytest.mark.parametrize(
    ("line", "name", "places"),
    [("i2c", "sht4x/i2c/68", (0, 1)), ("rs485", "soil_modbus/rs485/1", (3, 4))],
)
def test_a_sensor_that_hangs_costs_its_own_channels_only(
    make_fleet: FleetMaker,
    collector: Collector,
    tmp_path: Path,
    line: str,
    name: str,
    places: tuple[int, int],
) -> None:
    """The watchdog resets the board; the sensor at which it hung is not asked again."""
    memory = tmp_path / "rtc"
    faults = [[line, "hang", 0, 2**40]]
    fleet = make_fleet(NODE, settings={"rtc_memory": str(memory), "faults": faults})
    node = fleet.nodes[NODE]

    def hung() -> bool:
        return Kept(lambda: memory.read_bytes()).text().endswith(f">{name}")

    node.start()
    wait_for(lambda: memory.exists() and hung())
    time.sleep(0.5)
    assert hung()
    assert not collector.received()
    node.cut_power()  # the watchdog, but for the power
    node.start(reset_cause=3)
    wait_for(lambda: (NODE, 2, 3) in collector.received())
    channels = collector.frames[NODE, 2, 3].channels
    for place, samples in enumerate(channels):
        missing = {sample for sample in samples if isinstance(sample, codec.Missing)}
        assert missing == ({codec.Missing(codec.NO_ANSWER)} if place in places else set())
    wait_for(lambda: bool(collector.kinds("fault")))
    assert collector.kinds("fault")[0].detail == (
        f"{name}: does not return; left out until the power is off"
    )
    node.cut_power()
    node.start(faults=[])
    wait_for(lambda: (NODE, 3, 1) in collector.received())
    assert codec.Missing(codec.NO_ANSWER) not in collector.frames[NODE, 3, 1].channels[places[0]]


def test_a_brown_out_is_told_apart(make_fleet: FleetMaker, collector: Collector) -> None:
    """The chip's own register says it; MicroPython's number alone would call it the watchdog's."""
    fleet = make_fleet(NODE)
    fleet.nodes[NODE].start(reset_cause=3, reset_state=0x0F)
    wait_for(lambda: bool(collector.kinds("boot")))
    fleet.nodes[NODE].cut_power()
    fleet.nodes[NODE].start(reset_cause=3, reset_state=0x10)
    wait_for(lambda: len(collector.kinds("boot")) > 1)
    assert [event.detail[0] for event in collector.kinds("boot")] == [6, 3]


@pytest.mark.parametrize(("cause", "kept"), [(3, True), (1, False)])
def test_rain_before_a_reset_is_in_the_next_sample(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path, cause: int, kept: bool
) -> None:
    """A watchdog's reset keeps the tips; a time without power does not (and is no reset)."""
    memory = tmp_path / "rtc"
    config = {"sample_s": 3600, "samples_per_frame": 1}
    settings = {"rtc_memory": str(memory), "differences": {}}
    # day 60 begins with an hour of 1 mm, which takes six seconds; then it is dry for nine hours
    fleet = make_fleet(NODE, config=config, settings=settings, rate=600)
    node = fleet.nodes[NODE]

    def tips() -> int:
        return Kept(memory.read_bytes).tally(None).waiting() if memory.exists() else 0

    node.start()
    wait_for(lambda: tips() >= 2)
    node.cut_power()
    waiting = tips()
    time.sleep(6)
    node.start(reset_cause=cause)
    wait_for(lambda: (NODE, 2, 0) in collector.received())
    rain = collector.frames[NODE, 2, 0].channels[2][0]
    assert rain == (20 * waiting if kept else 0)


def test_frost_is_told_at_once(make_fleet: FleetMaker, collector: Collector) -> None:
    """The sample below 2 degC does not wait for the hour to be full."""
    alarms = [{"channel": 0, "below": 200, "back": 300}]
    config = {"alarms": alarms, "sample_s": 600, "samples_per_frame": 60}
    # the test's weather falls from 25 to 0 degC on day 41 and rises by 0.6 a day
    make_fleet(NODE, days=8, at_day=48, config=config, settings={"differences": {}}).start()
    wait_for(lambda: len(collector.received()) >= 20)
    with collector.lock:
        frames = [collector.frames[key] for key in sorted(collector.frames)]
    ends = [(frame.channels[0][-1], len(frame.channels[0])) for frame in frames]
    below = [end for end in ends if end[0] < 200 and end[1] < 60]
    back = [end for end in ends if end[0] >= 300 and end[1] < 60]
    assert below
    assert back


def test_a_node_whose_battery_runs_low_spares_it(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """From ten minutes to half an hour, to a sign of life every six hours, and back."""
    power = {
        "channel": 5,
        "saving_below": 3600,
        "survival_below": 3400,
        "back": 100,
        "saving_s": 1800,
        "survival_s": 21600,
    }
    begin = START + 57 * 86400
    battery = [(begin + day * 86400, volts) for day, volts in ((0.5, 3.8), (1, 3.5), (2, 3.3))]
    settings = {"battery_v": [*battery, (2**40, 3.9)]}
    make_fleet(NODE, days=3, config={"power": power}, settings=settings).start()
    wait_for(lambda: len(collector.received()) >= 16 + 8 + 4)
    wait_for(lambda: sum("battery" in e.detail for e in collector.kinds("fault")) >= 2)
    with collector.lock:
        frames = [collector.frames[key] for key in sorted(collector.frames)]
    steps = [frame.step for frame in frames]
    assert [step for place, step in enumerate(steps) if place == 0 or steps[place - 1] != step] == [
        600, 1800, 21600, 600,
    ]  # fmt: skip
    low = codec.Missing(codec.LOW_POWER)
    alive = [frame for frame in frames if frame.step == 21600]
    assert len(alive) >= 4
    assert {frame.channels[0] for frame in alive} == {(low,)}
    # on a slow machine days pass while an answer is on its way: then its clock is told of as well
    told = {event.detail for event in collector.kinds("fault")}
    assert {each for each in told if not each.startswith("time of its own")} == {
        "battery at 3.50 V: saving, a sample every 1800 s",
        "battery at 3.30 V: survival, a sample every 21600 s",
    }


def test_a_low_battery_joins_only_for_its_frames(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path
) -> None:
    """Three seconds of half an hour; the radio is on for one of them, and every frame arrives."""
    power = {"channel": 5, "saving_below": 3600, "survival_below": 3400, "back": 100}
    power |= {"saving_s": 1800, "survival_s": 21600}
    config = {"power": power, "radio_ms": 1000, "samples_per_frame": 1}
    fleet = make_fleet(NODE, config=config, rate=600, settings={"battery_v": 3.5})
    fleet.start()
    wait_for(lambda: len(collector.received()) >= 3)
    wait_for(lambda: arrived(collector, tmp_path))
    with collector.lock:
        steps = {frame.step for frame in collector.frames.values()}
    assert steps == {1800}
    log = fleet.nodes[NODE].log.read_text()
    assert log.count("radio off") >= 2


def test_noise_of_contacts_and_lines_changes_no_value(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """Three edges in 3 ms are one tip; an echo and a stray byte are no part of an answer."""
    faults = [["pulse", "bounce", 0, 2**40], ["rs485", "echo", 0, 2**40]]
    make_fleet(NODE, days=2, settings={"differences": {}, "faults": faults}).start()
    wait_for(lambda: len(collector.received()) >= 48)
    with collector.lock:
        frames = [collector.frames[key] for key in sorted(collector.frames)][1:47]
    assert sum(sum(frame.channels[2]) for frame in frames) / 100 == pytest.approx(4.6, abs=1.0)
    assert {sample for frame in frames for sample in frame.channels[3]} == {250}


def test_a_node_without_the_time_learns_it_from_an_ack(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    make_fleet(NODE, days=2, settings={"rtc": False}, at_day=60).start()
    wait_for(lambda: any(f.offset is not None for f in list(collector.frames.values())))
    frames = [collector.frames[key] for key in sorted(collector.frames)]
    assert frames[0].offset is None
    assert len(frames[0].channels[0]) == 1
    assert all(frame.offset is None for frame in frames[:48])
    offset = next(frame.offset for frame in frames if frame.offset is not None)
    # Two days of backlog before the clock's day; an ack takes well under a second, which is an
    # hour at this rate.
    assert offset == pytest.approx(START + 58 * 86400, abs=7200)


def test_an_old_ack_sent_again_does_not_turn_the_clock_back(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    make_fleet(NODE, days=1, rate=7200).start()
    wait_for(lambda: (NODE, 1, 26) in collector.received())
    offset = collector.frames[NODE, 1, 26].offset
    collector.ack(NODE, 5_000_000_000, [(1, 0)])
    wait_for(lambda: (NODE, 1, 30) in collector.received())
    assert collector.frames[NODE, 1, 30].offset == offset


def test_nodes_end_with_the_process_that_started_them(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    fleet = make_fleet(NODE)
    fleet.start()
    wait_for(lambda: bool(collector.received()))
    process = fleet.nodes[NODE].process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()  # what the kernel does when the starter dies
    assert process.wait(10) != 0


def test_a_node_that_ends_is_started_again(make_fleet: FleetMaker, collector: Collector) -> None:
    fleet = make_fleet(NODE)
    fleet.start()
    wait_for(lambda: bool(collector.received()))
    process = fleet.nodes[NODE].process
    assert process is not None
    process.kill()
    process.wait()
    assert fleet.restart_ended() == {NODE: -9}
    wait_for(lambda: (NODE, 2, 0) in collector.received())


def test_after_a_power_cut_a_node_begins_at_the_shared_now(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """The time without power stays a gap; the backlog is not made up a second time."""
    fleet = make_fleet(NODE, days=5)
    node = fleet.nodes[NODE]
    node.start()
    wait_for(lambda: (NODE, 1, 100) in collector.received())
    node.cut_power()
    again = Shared.now()
    node.start()
    wait_for(lambda: (NODE, 2, 1) in collector.received())
    frame = collector.frames[NODE, 2, 0]
    assert frame.offset + frame.t0 >= again


def test_a_node_that_cannot_live_is_told_with_its_log(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    fleet = make_fleet(NODE, config={"key": "not hex"})
    fleet.start()

    def tend() -> None:
        while True:
            fleet.restart_ended()
            time.sleep(0.05)

    with pytest.raises(SimulationError, match="node qf-001: ends again and again, now with code 3"):
        tend()
    assert "ValueError" in fleet.nodes[NODE].last_lines()
