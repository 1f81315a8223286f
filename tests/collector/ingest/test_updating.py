"""A node asks for an update and says what came of it: by the wire, against a real database."""

from __future__ import annotations

import hashlib
import queue
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from collector.ingest import updating
from collector.ingest.authenticity import Message
from collector.ingest.batches import Collector
from collector.ingest.service import started
from collector.jobs import roll_outs as job
from collector.jobs.context import Context
from collector.settings import Settings
from collector.store.network import (
    devices,
    frames,
    handover,
    node_commands,
    node_firmware,
    registry,
    roll_outs,
)
from collector.store.network.handover import Done
from firmware.wire import commands, seal, topics, update
from firmware.wire.update import Ask
from firmware.workbench.deflated import inflate
from tests.collector.conftest import MASTER, NOW
from tests.collector.ingest.test_commands import HOUR, Air, air, said
from tests.collector.releases import KEY, TARGET, Made, begin, run_before
from tests.mosquitto import mosquitto

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from collector.store.postgres import db
    from tests.collector.conftest import Bench, FixedClock

__all__ = ["air"]
MASTER_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
DAY = timedelta(days=1)


@pytest.fixture
def collector(pool: db.Pool, clock: FixedClock, air: Air, bench: Bench) -> Collector:
    return Collector(pool, MASTER, clock, air)


@pytest.fixture
def offered(registered: db.Connection, bench: Bench, pool: db.Pool, clock: FixedClock) -> int:
    """A roll-out that has offered 9.1.0 to the first node."""
    with registered:
        run_before(registered, [bench.key.node], NOW)
        number = begin(registered, {bench.key.node: 1}, NOW)
    with pool.connection() as conn:
        roll_outs.begin_ring(conn, number, 1, NOW)
        one = roll_outs.find(conn, number)
        assert roll_outs.give_offers(conn, MASTER, one, limit=9, at=NOW) == 1
    return number


def ask(
    bench: Bench, number: int, file: int = 0, offset: int = 0, most: int = 512, count: int = 8
) -> Message:
    topic = topics.topic(bench.key.node, "ask")
    body = update.encode_ask(Ask(number, file, offset, most, count))
    return Message(topic, seal.seal(bench.key.key, bench.key.epoch, topic, body))


def states(conn: db.Connection, number: int) -> dict[str, str]:
    with conn:
        return {each.node: each.shown for each in roll_outs.nodes(conn, number, limit=99)}


def reasons(conn: db.Connection) -> dict[str, int]:
    with conn:
        return {each.reason: each.count for each in frames.refusals(conn, 99)}


def parts(air: Air, bench: Bench) -> list[update.Part]:
    return [update.decode_part(each) for each in air.heard("part", bench.key)]


def test_a_node_fetches_all_of_an_update_as_it_was_signed(
    registered: db.Connection, bench: Bench, collector: Collector, air: Air, offered: int
) -> None:
    made = Made()
    collector.store([bench.frame()])
    (body,) = air.heard("cmd", bench.key)
    command = commands.decode_command(body)
    assert (command.word, command.argument) == ("update", [made.head, made.signature])
    collector.store([said(bench.key, 1, "answer", [command.number, "done", made.number])])
    assert states(registered, offered) == {bench.key.node: "taken"}
    got: dict[int, bytes] = {}
    for file, size in enumerate(map(len, made.travels)):
        while len(got.setdefault(file, b"")) < size:
            air.sent.clear()
            collector.store([ask(bench, made.number, file, len(got[file]), 200, 4)])
            for part in parts(air, bench):
                assert (part.number, part.file, part.offset) == (made.number, file, len(got[file]))
                assert len(part.data) <= 200
                got[file] += part.data
    assert list(got.values()) == made.travels
    assert inflate(got[0], len(made.manifest)) == made.manifest
    assert len(got[1]) < len(inflate(got[1], 2304))
    assert states(registered, offered) == {bench.key.node: "fetching"}
    collector.store([said(bench.key, 1, "update", [made.number, "trial", None])])
    assert states(registered, offered) == {bench.key.node: "trial"}
    collector.store([said(bench.key, 2, "boot", ["soft", 0, made.version, TARGET, b"conf"])])
    assert states(registered, offered) == {bench.key.node: "trial"}
    collector.store([said(bench.key, 2, "update", [made.number, "kept", None])])
    assert states(registered, offered) == {bench.key.node: "kept"}
    with registered:
        runs = node_firmware.of_node(registered, bench.key.node)
        assert runs is not None
        assert (runs.version, runs.target, runs.explained) == (made.version, TARGET, True)
        assert registry.nodes(registered, bench.key.node)[0].version == made.version
    assert reasons(registered) == {}
    assert collector.counters.parts == sum((len(each) + 199) // 200 for each in made.travels) > 4


def test_no_more_than_was_asked_and_nothing_beyond_the_end(
    registered: db.Connection, bench: Bench, collector: Collector, air: Air, offered: int
) -> None:
    number = Made().number
    end = len(Made().travels[1])
    assert end > 192
    collector.store([ask(bench, number, 1, 10, 64, 2)])
    assert [(each.offset, len(each.data)) for each in parts(air, bench)] == [(10, 64), (74, 64)]
    air.sent.clear()
    collector.store([ask(bench, number, 1, end - 74, 64, 8)])
    assert [(each.offset, len(each.data)) for each in parts(air, bench)] == [
        (end - 74, 64),
        (end - 10, 10),
    ]
    air.sent.clear()
    collector.store([ask(bench, number, 1, end)])
    collector.store([ask(bench, number, 3)])
    assert parts(air, bench) == []
    assert reasons(registered) == {"update_beyond": 2}


def test_what_a_node_was_not_offered_it_does_not_get(
    registered: db.Connection,
    bench: Bench,
    second: Bench,
    collector: Collector,
    air: Air,
    offered: int,
) -> None:
    collector.store([ask(bench, Made().number + 1)])  # another number
    collector.store([ask(second, Made().number)])  # another node's
    assert air.heard("part", second.key) == []
    assert parts(air, bench) == []
    assert reasons(registered) == {"update_not_offered": 1}
    with registered:
        counted = {each.node: each.count for each in frames.refusals(registered, 9)}
    assert counted == {bench.key.node: 1, second.key.node: 1}


def test_a_halted_update_is_neither_offered_nor_given_until_it_goes_on(
    registered: db.Connection,
    bench: Bench,
    collector: Collector,
    air: Air,
    offered: int,
    pool: db.Pool,
) -> None:
    number = Made().number
    with registered:
        assert roll_outs.halt(registered, offered, {"reason": "x"}, by="Li", at=NOW) == 1
    collector.store([ask(bench, number)])
    assert air.sent == []
    assert reasons(registered) == {"update_halted": 1}
    with registered:  # nothing that a technician could mend at the node
        assert devices.refused_nodes(registered, NOW - HOUR) == []
    with registered:
        given = {"once_more": False, "by": "Li", "at": NOW}
        roll_outs.resume(registered, offered, "y", **given)
    with pool.connection() as conn:
        one = roll_outs.find(conn, offered)
        assert roll_outs.give_offers(conn, MASTER, one, limit=9, at=NOW) == 1
        assert roll_outs.give_offers(conn, MASTER, one, limit=9, at=NOW) == 0
    collector.store([ask(bench, number)])
    assert len(parts(air, bench)) == 1
    assert len(air.heard("cmd", bench.key)) == 1


def test_forged_and_mangled_asks_are_refused_and_counted(
    registered: db.Connection,
    bench: Bench,
    second: Bench,
    collector: Collector,
    air: Air,
    offered: int,
) -> None:
    good = ask(bench, Made().number)
    flipped = bytearray(good.payload)
    flipped[-1] ^= 1
    topic = topics.topic(second.key.node, "ask")
    garbage = seal.seal(bench.key.key, bench.key.epoch, good.topic, b"\x01")
    wrong = [
        Message(good.topic, bytes(flipped)),
        Message(topic, good.payload),  # sent again as another node's
        Message(topics.topic(bench.key.node, "evt"), good.payload),  # as another kind
        Message(good.topic, garbage),
        Message(good.topic, b"ask"),
    ]
    collector.store(wrong)
    assert air.sent == [] or not air.heard("part", bench.key)
    with registered:
        found = {(e.node, e.reason): e.count for e in frames.refusals(registered, 99)}
    assert found == {
        (bench.key.node, "wrong_seal"): 2,
        (second.key.node, "wrong_seal"): 1,
        (bench.key.node, "update_form"): 1,
        (bench.key.node, "not_sealed"): 1,
    }


def test_an_ask_that_comes_again_and_again_is_answered_only_so_often(
    registered: db.Connection, bench: Bench, collector: Collector, air: Air, offered: int
) -> None:
    again = ask(bench, Made().number, 1, 0, 64, 8)
    collector.store([again] * 50)
    assert len(parts(air, bench)) == updating.ASKS_IN_BATCH * 8
    assert reasons(registered) == {"update_flood": 48}


def test_over_many_batches_too_only_so_much_in_a_while(
    bench: Bench, pool: db.Pool, clock: FixedClock, air: Air, offered: int
) -> None:
    seconds = [0.0]
    collector = Collector(pool, MASTER, clock, air, monotonic=lambda: seconds[0])
    again = ask(bench, Made().number, 1, 0, 64, 8)
    for _ in range(updating.PARTS_IN_WINDOW // 8 + 9):
        collector.store([again])
    assert collector.counters.parts == updating.PARTS_IN_WINDOW
    seconds[0] += updating.WINDOW_S
    collector.store([again])
    assert collector.counters.parts == updating.PARTS_IN_WINDOW + 8


def test_a_retired_and_a_revoked_node_get_nothing(
    registered: db.Connection, bench: Bench, collector: Collector, air: Air, offered: int
) -> None:
    asked = ask(bench, Made().number)
    with registered:
        who = Done(NOW, NOW, None, "Li", "broken")
        handover.retire(registered, bench.key.node, who)
    collector.store([asked])
    assert air.sent == []
    assert reasons(registered) == {"retired_epoch": 1}


def test_events_of_before_change_nothing(
    registered: db.Connection, bench: Bench, collector: Collector, offered: int
) -> None:
    number = Made().number
    trial = said(bench.key, 1, "update", [number, "trial", None])
    collector.store([said(bench.key, 1, "update", [number, "fetching", 2305]), trial])
    assert states(registered, offered) == {bench.key.node: "trial"}
    undone = said(bench.key, 2, "update", [number, "undone", "no acknowledgement"])
    collector.store([undone])
    assert states(registered, offered) == {bench.key.node: "undone"}
    with registered:
        (row,) = roll_outs.nodes(registered, offered, limit=9)
        assert row.more == "no acknowledgement"
        roll_outs.halt(registered, offered, {"reason": "x"}, by="Li", at=NOW)
        roll_outs.resume(registered, offered, "y", once_more=True, by="Li", at=NOW)
    collector.store([undone, trial])  # somebody has heard them and sends them again
    assert states(registered, offered) == {bench.key.node: "waiting"}
    again = said(bench.key, 4, "update", [number, "undone", "no acknowledgement"])
    collector.store([again])  # told twice, by the node itself
    assert states(registered, offered) == {bench.key.node: "waiting"}
    kept = said(bench.key, 3, "update", [number, "kept", None])
    collector.store([said(bench.key, 2, "update", [number, "trial", None]), kept])
    collector.store([undone, trial, said(bench.key, 3, "update", [number, "fetching", 7])])
    assert states(registered, offered) == {bench.key.node: "kept"}
    assert reasons(registered) == {}


def test_a_word_of_an_update_that_nobody_offered_is_counted_and_a_mangled_one_kept(
    registered: db.Connection, bench: Bench, collector: Collector, offered: int
) -> None:
    collector.store([said(bench.key, 1, "update", [77, "kept", None])])
    assert reasons(registered) == {"update_unknown": 1}
    for detail in ([77, "kept"], ["x", "kept", None], [Made().number, "gone", None]):
        collector.store([said(bench.key, 1, "update", detail)])
    with registered:
        letters = frames.dead_letters(registered, 9)
    assert [each.reason.kind for each in letters] == ["undecodable_event"] * 3
    assert states(registered, offered) == {bench.key.node: "offered"}


@pytest.mark.parametrize(
    ("result", "more", "state"),
    [
        ("done", 9001000, "taken"),
        ("refused", "other target", "refused"),
        ("expired", None, "offered"),
        ("cut", None, "offered"),
        ("refused", "another update on trial", "offered"),
    ],
)
def test_the_answer_to_an_offer_moves_it(
    registered: db.Connection,
    bench: Bench,
    collector: Collector,
    offered: int,
    pool: db.Pool,
    result: str,
    more: object,
    state: str,
) -> None:
    collector.store([said(bench.key, 1, "answer", [1, result, more])])
    assert states(registered, offered) == {bench.key.node: state}
    with pool.connection() as conn:  # what was given up is offered again, not at once
        one = roll_outs.find(conn, offered)
        assert roll_outs.give_offers(conn, MASTER, one, limit=9, at=NOW) == 0
        later = NOW + roll_outs.OFFER_AGAIN + timedelta(seconds=1)
        again = roll_outs.give_offers(conn, MASTER, one, limit=9, at=later)
    assert again == (state == "offered")


def test_a_node_that_runs_it_already_has_kept_it(
    registered: db.Connection, bench: Bench, collector: Collector, offered: int
) -> None:
    collector.store(
        [
            said(bench.key, 2, "boot", ["soft", 0, "9.1.0", TARGET, b"conf"]),
            said(bench.key, 2, "answer", [1, "done", Made().number]),
        ]
    )
    assert states(registered, offered) == {bench.key.node: "kept"}


def test_a_node_enrolled_anew_is_offered_it_under_its_new_key(
    registered: db.Connection, bench: Bench, collector: Collector, air: Air, offered: int, pool
) -> None:
    with registered:
        bench.key = registry.enroll(registered, MASTER, bench.key.node, at=NOW)
    later = NOW + timedelta(hours=2)
    with pool.connection() as conn:
        one = roll_outs.find(conn, offered)
        assert roll_outs.give_offers(conn, MASTER, one, limit=9, at=later) == 1
    collector._refresh()
    collector._command()
    assert len(air.heard("cmd", bench.key)) == 1


def test_what_a_start_says_is_kept_and_an_older_node_says_less(
    registered: db.Connection, bench: Bench, collector: Collector
) -> None:
    node = bench.key.node

    def running() -> node_firmware.Running | None:
        with registered:
            return node_firmware.of_node(registered, node)

    collector.store([said(bench.key, 1, "boot", ["power", 0])])
    assert running() is None
    collector.store([said(bench.key, 2, "boot", ["power", 0, "0.9.0", None, b"abcd"])])
    found = running()
    assert found is not None
    assert (found.version, found.target, found.config) == ("0.9.0", None, b"abcd")
    odd = ["power", 0, "0.9.1\n", 7, b"abc"]
    collector.store([said(bench.key, 3, "boot", odd)])
    found = running()
    assert found is not None
    assert (found.version, found.target, found.config) == ("0.9.1", None, b"abcd")
    collector.store([said(bench.key, 2, "boot", ["power", 0, "0.1.0", TARGET, b"efgh"])])
    assert running() == found  # of before
    with registered:
        assert frames.dead_letters(registered, 9) == []


def test_whether_a_configuration_is_the_one_that_was_given(
    registered: db.Connection, bench: Bench, collector: Collector, clock: FixedClock
) -> None:
    node, boot = bench.key.node, 1

    def starts(config: bytes) -> tuple[bool, bool]:
        nonlocal boot
        boot += 1
        clock.moment += timedelta(hours=1)
        collector.store([said(bench.key, boot, "boot", ["soft", 0, "1.0.0", TARGET, config])])
        return kept()

    def kept() -> tuple[bool, bool]:
        with registered:
            found = node_firmware.of_node(registered, node)
        assert found is not None
        return found.explained, found.given

    assert starts(b"aaaa") == (True, False)
    assert starts(b"aaaa") == (True, False)
    assert starts(b"bbbb") == (False, False)  # nobody gave it one
    assert starts(b"bbbb") == (False, False)

    def gives() -> int:
        clock.moment += timedelta(hours=1)
        with registered:
            given = {"shown": {}, "by": "Li", "at": clock.moment, "expires": NOW + 9 * DAY}
            changes = [{"sample_s": 300}, 900]
            return node_commands.give_more(registered, MASTER, node, "config", changes, **given)

    def answers(number: int, result: str) -> tuple[bool, bool]:
        clock.moment += timedelta(minutes=1)
        collector.store([said(bench.key, boot, "answer", [number, result, None])])
        return kept()

    number = gives()
    assert answers(number, "trial") == (False, True)
    assert starts(b"cccc") == (True, False)  # it runs by what it tries
    assert answers(number, "done") == (True, False)
    assert starts(b"cccc") == (True, False)
    number = gives()
    assert answers(number, "trial") == (True, True)
    assert starts(b"dddd") == (True, False)
    assert starts(b"cccc") == (True, False)  # it went back, and says so after its start
    assert answers(number, "undone") == (True, False)
    assert starts(b"cccc") == (True, False)
    assert starts(b"eeee") == (False, False)


def test_the_job_offers_and_a_silent_node_holds_nothing_up(
    registered: db.Connection,
    bench: Bench,
    second: Bench,
    collector,
    air: Air,
    pool,
    tmp_path: Path,
) -> None:
    settings = Settings(None, None, tmp_path, MASTER_TEXT)
    with registered:
        run_before(registered, [bench.key.node, second.key.node], NOW)
        number = begin(registered, {bench.key.node: 1, second.key.node: 2}, NOW)

    def later(hours: float) -> None:
        job.roll_out(Context(pool, NOW + timedelta(hours=hours), settings))

    later(0)
    later(0.1)
    collector._refresh()
    collector._command()
    assert len(air.heard("cmd", bench.key)) == 1
    assert air.heard("cmd", second.key) == []
    collector.store([said(bench.key, 2, "update", [Made().number, "kept", None])])
    later(1)
    later(24.5)
    assert states(registered, number)[second.key.node] == "waiting"  # it still rests
    later(25.1)
    assert states(registered, number)[second.key.node] == "offered"
    later(25.2 + 72)
    assert states(registered, number)[second.key.node] == "unreachable"
    collector.store([said(second.key, 2, "update", [Made().number, "kept", None])])
    later(99)
    with registered:
        assert roll_outs.find(registered, number).state == "finished"
        kinds = [each.kind for each in roll_outs.steps(registered, number)]
    assert kinds == ["begun", "ring", "ring", "finished"]


def test_one_that_is_silent_since_its_trial_has_failed_until_it_is_heard(
    registered: db.Connection, bench: Bench, second: Bench, collector, pool, tmp_path: Path
) -> None:
    settings = Settings(None, None, tmp_path, MASTER_TEXT)
    with registered:
        run_before(registered, [bench.key.node, second.key.node], NOW)
        number = begin(registered, {bench.key.node: 1, second.key.node: 2}, NOW)

    def later(hours: float) -> None:
        job.roll_out(Context(pool, NOW + timedelta(hours=hours), settings))

    later(0)
    later(0.1)
    collector.store([said(bench.key, 1, "update", [Made().number, "trial", None])])
    later(71)
    assert states(registered, number)[bench.key.node] == "trial"
    later(73)
    with registered:
        assert roll_outs.find(registered, number).state == "halted"
        (failed,) = roll_outs.nodes(registered, number, ["failed"], limit=9)
        assert (failed.node, failed.more) == (bench.key.node, roll_outs.SILENT)
    collector.store([said(bench.key, 2, "update", [Made().number, "undone", "why"])])
    assert states(registered, number)[bench.key.node] == "undone"
    collector.store([said(bench.key, 3, "update", [Made().number, "kept", None])])
    assert states(registered, number)[bench.key.node] == "kept"


class Node:
    """A node that takes an update over a broker as the wire says, without a board."""

    def __init__(self, bench: Bench, port: int) -> None:
        self.bench = bench
        self.got: dict[int, bytes] = {}
        self.parts: queue.Queue[update.Part] = queue.Queue()
        self.commands: queue.Queue[commands.Command] = queue.Queue()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=bench.key.node)
        self.client.on_message = self._on_message
        self.client.on_connect = lambda *_: self.client.subscribe(
            [(topics.topic(bench.key.node, kind), 1) for kind in ("cmd", "part")]
        )
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _on_message(self, client: object, userdata: object, message: mqtt.MQTTMessage) -> None:
        _, body = seal.open_(self.bench.key.key, message.topic, message.payload)
        if message.topic.endswith("/cmd"):
            self.commands.put(commands.decode_command(body))
        else:
            self.parts.put(update.decode_part(body))

    def send(self, message: Message) -> None:
        self.client.publish(message.topic, message.payload, 1)

    def fetch(self, number: int, file: int, size: int) -> bytes:
        """Fetch a file part by part; what does not come is asked for again."""
        content = b""
        while len(content) < size:
            self.send(ask(self.bench, number, file, len(content), 256, 4))
            end = min(size, len(content) + 4 * 256)
            while len(content) < end:
                part = self.parts.get(timeout=20)
                if (part.file, part.offset) == (file, len(content)):
                    content += part.data
        return content


def test_over_a_real_broker_a_node_takes_what_was_signed(
    registered: db.Connection,
    bench: Bench,
    pool: db.Pool,
    clock: FixedClock,
    offered: int,
    tmp_path: Path,
) -> None:
    made = Made()
    with (
        mosquitto(tmp_path, "allow_anonymous true") as port,
        started(pool, MASTER, clock, f"mqtt://127.0.0.1:{port}") as (running, link),
    ):
        assert link.subscribed.wait(20)
        node = Node(bench, port)
        try:
            node.send(bench.frame())
            command = node.commands.get(timeout=20)
            head, signature = command.argument
            KEY.public_key().verify(signature, update.signed(head))
            said_head = update.decode_head(head)
            packed = node.fetch(said_head.number, 0, said_head.travels)
            listed = update.decode_manifest(inflate(packed, said_head.bytes))
            for number, file in enumerate(listed, 1):
                packed = node.fetch(said_head.number, number, file.travels)
                content = inflate(packed, file.bytes)
                assert hashlib.sha256(content).digest() == file.sha256
                assert content == made.files[file.path]
            node.send(said(bench.key, 2, "update", [said_head.number, "kept", None]))
            wait_for(lambda: states(registered, offered) == {bench.key.node: "kept"})
        finally:
            node.client.disconnect()
            node.client.loop_stop()
    running.check()


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)
