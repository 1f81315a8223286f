"""SenML of an enrolled device ends in the table of readings, once, and can be traced back."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import cbor2
import pytest

from collector.ingest.authenticity import Message, Refusals
from collector.ingest.batches import Collector
from collector.ingest.external.taking import retake
from collector.store.items import open_items
from collector.store.measured import external_messages
from collector.store.network import external_devices
from collector.store.network.external_devices import Declared
from collector.store.postgres.db import Pool
from models.exchange.telemetry.records import MOST_BYTES
from tests.collector.conftest import MASTER, NOW, Bench, FixedClock
from tests.collector.ingest.external.conftest import FIELD, NAME, URN, World

T = int(NOW.timestamp()) - 600


class Acks:
    """Takes acknowledgements and forgets them."""

    def publish(self, topic: str, payload: bytes) -> None:
        pass


def pack(*values: float, at: int = T) -> list[dict[str, object]]:
    """Temperatures every minute."""
    records = [{"n": "temp", "t": 60 * i, "v": v} for i, v in enumerate(values)]
    return [{"bn": URN, "bt": at, "bu": "Cel"}, *records]


def test_a_pack_becomes_readings_that_lead_back_to_it(world: World) -> None:
    sent = json.dumps([*pack(21.5, 21.75), {"n": "rh", "u": "%RH", "t": 0, "v": 60}]).encode()
    outcome = world.send(sent)
    assert (outcome.readings, dict(outcome.refused)) == (3, {})
    assert world.readings(f"{URN}temp") == [(T, 21.5), (T + 60, 21.75)]
    assert world.readings(f"{URN}rh") == [(T, 60.0)]
    ((number,),) = world.rows("SELECT DISTINCT frame_id FROM reading")
    with world.conn:
        kept = external_messages.one(world.conn, number)
    assert kept is not None
    assert (kept.device, kept.received, kept.transport) == (NAME, NOW, f"mqtt:senml/{NAME}")
    assert (kept.data, kept.sha256) == (sent, hashlib.sha256(sent).digest())
    assert world.rows("SELECT last_seen FROM external_device") == [(NOW,)]


def test_the_same_pack_in_cbor_gives_the_same(world: World) -> None:
    records = [{-2: URN, -3: T, -4: "Cel", 0: "temp", 2: 21.5}, {0: "temp", 6: 60, 2: 21.75}]
    assert world.send(cbor2.dumps(records)).readings == 2
    assert world.readings(f"{URN}temp") == [(T, 21.5), (T + 60, 21.75)]


def test_repetitions_and_replays_change_nothing(world: World) -> None:
    before = world.send(pack(21.5))
    world.now += timedelta(days=3)
    again = world.send(pack(21.5))
    assert (before.readings, again.readings, dict(again.refused)) == (1, 0, {})
    both = Message(f"senml/{NAME}", json.dumps(pack(20.0, at=T + 60)).encode())
    assert world.take(both, both).readings == 1
    # other bytes, the same value: kept as evidence, and nothing more
    world.send(json.dumps(pack(21.5), indent=1).encode())
    assert world.readings(f"{URN}temp") == [(T, 21.5), (T + 60, 20.0)]
    assert world.rows("SELECT count(*) FROM reading_conflict") == [(0,)]
    assert world.rows("SELECT count(*) FROM external_message") == [(3,)]


def test_another_value_for_the_same_time_is_a_conflict(world: World) -> None:
    world.send(pack(21.5))
    world.send(pack(22.5))
    assert world.readings(f"{URN}temp") == [(T, 21.5)]
    assert world.rows("SELECT value FROM reading_conflict") == [(22.5,)]
    with world.conn:
        assert [one.event.kind for one in open_items(world.conn)] == ["two_values"]


def test_values_pass_the_checks_of_nodes(world: World) -> None:
    world.send(pack(21.5, 21.5, 99.0, 21.5))
    found = world.rows("SELECT qc FROM reading ORDER BY time")
    assert [row[0] for row in found] == [1, 3, 9, 3]  # range checked, compared, too high


def test_units_are_converted_and_those_that_do_not_fit_refused(world: World) -> None:
    world.send(
        [
            {"bn": URN, "bt": T, "n": "temp", "u": "K", "v": 294.65},
            {"n": "rh", "u": "/", "v": 0.6},
            {"n": "soil", "u": "/100", "v": 25},
            {"n": "soil", "u": "V", "t": 60, "v": 2},
            {"n": "rh", "u": "/", "t": 120, "v": 1.7e308},
        ]
    )
    assert world.readings(f"{URN}temp") == [(T, pytest.approx(21.5))]
    assert world.readings(f"{URN}rh") == [(T, 60.0)]
    assert world.readings(f"{URN}soil") == [(T, 0.25)]
    assert world.refusals() == {(NAME, "wrong_unit"): 1, (NAME, "not_a_number"): 1}


def test_each_refusal_is_counted_with_its_reason(world: World) -> None:
    plain = {"bn": URN, "bt": T, "n": "temp", "v": 20}
    cases = {
        "not_readable": b"[{",
        "too_large": b" " * (MOST_BYTES + 1),
        "too_deep": json.dumps([[[[[[[[[[1]]]]]]]]]]).encode(),
        "wrong_shape": b'{"n": "temp"}',
        "must_understand": [{**plain, "mine_": 1}],
        "version_unknown": [{**plain, "bver": 11}],
        "bad_name": [{**plain, "n": "te mp"}],
        "no_value": [{"n": "temp", "t": T}],
        "not_a_number": [{"bn": URN, "bt": T, "n": "temp", "vs": "warm"}],
        "no_time": [{"bn": URN, "n": "temp", "v": 20}],
        "time_out_of_window": [{**plain, "t": 90_000}],
        "no_placement": [{**plain, "n": "wind"}],
        "two_in_a_second": [plain, {"n": "temp", "t": 0.4, "v": 21}],
    }
    for payload in cases.values():
        world.send(payload)
    assert world.refusals() == {(NAME, reason): 1 for reason in cases}
    assert world.readings(f"{URN}temp") == [(T, 20.0)]


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("senml", b"\x81\xa2\x61\x33\x63hhh\x62\x2d\x32\x62/0"),  # labels as text (leshan 1654)
        ("senml", b"[{}]"),
        ("thingsboard", b"{}"),
        ("thingsboard", b'[{"values":{}}]'),
    ],
)
def test_a_message_without_any_value_is_counted(world: World, form: str, data: bytes) -> None:
    world.send(data, NAME, form)
    assert world.refusals() == {(NAME, "no_value"): 1}


def test_who_is_not_enrolled_is_refused(world: World) -> None:
    world.send(pack(1), device="nobody")
    world.send(pack(1), device="NOBODY")
    assert world.refusals() == {("nobody", "unknown_node"): 1, ("(others)", "bad_topic"): 1}
    assert world.rows("SELECT count(*) FROM external_message") == [(0,)]


def test_a_retired_device_is_refused_and_its_places_are_free(world: World) -> None:
    with world.conn:
        external_devices.retire(world.conn, NAME, NOW)
    world.send(pack(1))
    assert world.refusals() == {(NAME, "revoked"): 1}
    assert world.rows("SELECT count(*) FROM external_channel WHERE valid_to IS NULL") == [(0,)]


def test_without_a_time_the_receipt_counts_where_a_technician_allows_it(world: World) -> None:
    world.enrol("plain-1", [("t1", "soil_temperature", "Cel")], time_of_receipt=True)
    uptime = [{"n": "t1", "t": 3600, "v": 15.0}]
    assert world.send(uptime, "plain-1").readings == 0
    assert world.refusals() == {("plain-1", "time_out_of_window"): 1}
    said = [{"n": "t1", "v": 15.0}, {"n": "t1", "t": -60, "v": 14.5}]
    now = int(NOW.timestamp())
    assert world.send(said, "plain-1").readings == 2
    world.now += timedelta(seconds=200)  # the broker sends it again
    assert world.send(said, "plain-1").readings == 0
    world.now += timedelta(seconds=400)  # the next value, which is the same
    assert world.send(said, "plain-1").readings == 2
    times = [now - 60, now, now + 540, now + 600]
    assert world.readings("t1") == [(t, v) for t, v in zip(times, [14.5, 15] * 2, strict=True)]


def test_thingsboard_json_ends_there_too(world: World) -> None:
    world.enrol("tb-1", [("t", "soil_temperature", "Cel"), ("deep.t", "soil_temperature", "Cel")])
    said = [{"ts": T * 1000, "values": {"t": 15, "deep": {"t": 14}, "state": "ok"}}]
    assert world.send(said, "tb-1", "thingsboard").readings == 2
    assert world.send(said, "tb-1", "thingsboard").readings == 0
    assert (world.readings("t"), world.readings("deep.t")) == ([(T, 15.0)], [(T, 14.0)])
    assert world.refusals() == {("tb-1", "not_a_number"): 1}


def test_frames_of_nodes_go_on_beside(world: World, bench: Bench) -> None:
    both = [bench.frame(), Message(f"senml/{NAME}", json.dumps(pack(21.5)).encode())]
    outcome = world.take(*both)
    assert (outcome.new_frames, outcome.readings) == (1, 37)
    assert world.take(*both).readings == 0
    ids = world.rows("SELECT id FROM frame UNION ALL SELECT id FROM external_message")
    assert len(set(ids)) == 2


def test_a_device_of_a_network_server_may_not_speak_to_the_broker(world: World) -> None:
    with world.conn, world.conn.cursor() as cur:
        cur.execute(
            "INSERT INTO external_network (id, kind, made, made_by) "
            "VALUES ('net', 'chirpstack', now(), 'Li'); "
            "UPDATE external_device SET network = 'net', eui = '0101010101010101'"
        )
    assert world.send(pack(21.5)).readings == 0
    assert world.refusals() == {(NAME, "wrong_way"): 1}


def test_of_what_is_too_large_little_waits_in_the_queue(pool: Pool, clock: FixedClock) -> None:
    collector = Collector(pool, MASTER, clock, Acks())
    for topic in (f"senml/{NAME}", "thingsboard/x", "nq/1/qf-001/up"):
        collector.put(Message(topic, bytes(1 << 20)))
    held = [len(message.payload) for message in collector._inbox.queue]
    assert held == [MOST_BYTES + 1, MOST_BYTES + 1, 1 << 20]


def test_sums_of_senml_count_up_where_they_are_enrolled_so(world: World) -> None:
    world.enrol(
        "flow-1",
        [("f:flow#sum", "water_volume", "m3")],
        counters={"f:flow#sum": 0},
    )
    for minutes, total in [(0, 10.0), (10, 10.25)]:
        at = T + 60 * minutes
        world.send([{"bn": "f:", "bt": at, "n": "flow", "u": "m3/s", "v": 1, "s": total}], "flow-1")
    assert world.readings("f:flow#sum") == [(T + 600, 250.0)]


def test_what_was_kept_before_a_value_had_a_place_is_read_again(world: World) -> None:
    world.send([{"bn": URN, "bt": T, "n": "late", "u": "Cel", "v": 11.5}])
    assert world.refusals() == {(NAME, "no_placement"): 1}
    with world.conn:
        place = external_devices.place(world.conn, NAME, FIELD, "soil_temperature", -0.1)
        external_devices.serve(world.conn, NAME, Declared(f"{URN}late", place), NOW)
        taken = retake(world.conn, NAME, NOW - timedelta(days=1), NOW, Refusals(NOW))
        again = retake(world.conn, NAME, NOW + timedelta(days=1), NOW, Refusals(NOW))
    world.places["late"] = place
    assert (taken.repeated, taken.readings, again.repeated) == (1, 1, 0)
    assert world.readings("late") == [(T, 11.5)]
    # from another time on the name stands for another place
    later = NOW + timedelta(hours=1)
    with world.conn:
        other = external_devices.place(world.conn, NAME, FIELD, "soil_temperature", -0.2)
        external_devices.serve(world.conn, NAME, Declared(f"{URN}late", other), later)
    world.places["other"] = other
    world.now = NOW + timedelta(hours=3)
    for hours in (0, 2):
        at = int((NOW + timedelta(hours=hours)).timestamp())
        world.send([{"bn": URN, "bt": at, "n": "late", "u": "Cel", "v": 12}])
    assert [len(world.readings("late")), len(world.readings("other"))] == [2, 1]
