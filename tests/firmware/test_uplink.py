"""The uplink with a real outbox and a real socket, while a test's clock says how time passes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware.node.clock import Clock
from firmware.node.link import Identity, Uplink
from firmware.node.link_ip import Mqtt
from firmware.node.outbox import Outbox
from firmware.wire import codec, seal
from tests.firmware.test_link import message
from tests.firmware.test_outbox import waiting


class Timer:
    """A board on which time passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0

    def online(self) -> bool:
        return True

    def ticks_ms(self) -> int:
        return self.now

    def ticks_diff(self, a: int, b: int) -> int:
        return a - b


class Field:
    """An uplink with a real outbox, and the other end of its socket."""

    def __init__(self, folder: Path, frames: int, epoch: int = 1) -> None:
        self.board = Timer()
        self.box = Outbox(str(folder / "outbox"), 1 << 20, lambda *lost: None)
        for seq in range(frames):
            self.box.append(6, seq, b"%d/%d" % (6, seq))
        mqtt = Mqtt("qf-001", "127.0.0.1", 1)
        who = Identity("qf-001", bytes(32), epoch, 7)
        clock = Clock(lambda: self.board.now)
        self.uplink = Uplink(mqtt, self.box, clock, self.board, who)
        self.other: socket.socket | None = None
        self.buffer = b""
        self.connect()

    def close(self) -> None:
        self.uplink.mqtt.close()
        if self.other is not None:
            self.other.close()

    def connect(self) -> None:
        """Connect as the uplink does, but for the CONNECT itself."""
        uplink = self.uplink

        def connect() -> None:
            self.close()
            uplink.mqtt.socket, self.other = socket.socketpair()
            self.other.setblocking(False)

        uplink.mqtt.connect = connect
        uplink.next_try = self.board.now
        uplink.poll(False)

    def hear(self, stream: bytes) -> None:
        assert self.other is not None
        self.other.sendall(stream)
        while self.uplink.mqtt.socket is not None and stream:
            self.uplink.poll(True)
            stream = stream[256:]

    def sent(self) -> list[tuple[str, bytes]]:
        """What was published since the last call: the topic's last part and the payload."""
        assert self.other is not None
        try:
            self.buffer += self.other.recv(1 << 20)
        except BlockingIOError:
            pass
        found = []
        while self.buffer:
            size, at = 0, 1
            while True:
                size |= (self.buffer[at] & 127) << (7 * (at - 1))
                at += 1
                if not self.buffer[at - 1] & 128:
                    break
            body, kind = self.buffer[at : at + size], self.buffer[0]
            self.buffer = self.buffer[at + size :]
            if kind == 0x32:
                end = 2 + int.from_bytes(body[:2], "big")
                found.append((body[2:end].decode().split("/")[-1], body[end + 2 :]))
            elif kind == 0x82:
                found.append(("subscribe", body[4:-1]))
        return found

    def frames(self) -> list[tuple[int, int]]:
        """Which frames were sent since the last call."""
        rows = [payload.decode().split("/") for kind, payload in self.sent() if kind == "up"]
        return [(int(boot), int(seq)) for boot, seq in rows]

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """Let time pass, a second a poll; return which frames were sent meanwhile."""
        found = []
        for _ in range(int(seconds)):
            self.board.now += 1000
            # The broker answers, so that its silence is not what is tested here.
            self.uplink.asked = None
            self.uplink.poll(False)
            found += self.frames()
        return found

    def ack(self, frames: list[tuple[int, int]], epoch: int = 1) -> None:
        topic = "nq/1/qf-001/ack"
        body = codec.encode_ack(1_459_468_800, frames)
        self.hear(message(seal.seal(bytes(32), epoch, topic, body), topic.encode(), qos=0))

    def write(self, seq: int, boot: int = 7) -> None:
        self.box.append(boot, seq, b"%d/%d" % (boot, seq))


FieldMaker = Callable[..., Field]


@pytest.fixture
def make_field(tmp_path: Path) -> Iterator[FieldMaker]:
    fields: list[Field] = []

    def make(frames: int, epoch: int = 1) -> Field:
        fields.append(Field(tmp_path, frames, epoch))
        return fields[-1]

    yield make
    for field in fields:
        field.close()


def old(*seqs: int) -> list[tuple[int, int]]:
    return [(6, seq) for seq in seqs]


def test_what_is_never_acknowledged_lets_the_others_pass(make_field: FieldMaker) -> None:
    """72 frames that a collector refuses, then 72 that it takes (a node enrolled again)."""
    field = make_field(144)
    sent = field.frames()
    for _ in range(300):
        field.ack([pair for pair in sent if pair[1] >= 72])
        sent = field.frames() + field.wait(1)
        if waiting(field.box) == 72:
            break
        assert len(field.uplink.outstanding) <= 32
    assert waiting(field.box) == 72
    # Tried again in turn, every one of them, and never dropped.
    assert set(field.wait(3600)) == set(old(*range(72)))
    assert waiting(field.box) == 72
    field.ack(old(*range(72)))
    assert waiting(field.box) == 0


def test_new_frames_do_not_wait_behind_60_days_of_refused_ones(make_field: FieldMaker) -> None:
    field = make_field(1440)
    field.frames()
    for hour in range(20):
        field.write(hour)
        assert (7, hour) in field.wait(1)
        field.ack([(7, hour)])
        again = field.wait(3599)
    assert waiting(field.box) == 1440
    # A new frame's answer says nothing about the old: they are not sent more often for it.
    assert 28 <= len(again) <= 3 * 28


def test_refused_frames_cost_little_traffic_in_the_long_run(make_field: FieldMaker) -> None:
    """At most one window in each half hour once it is clear that nobody takes them."""
    field = make_field(1440)
    first = field.frames() + field.wait(6 * 3600)
    assert 300 < len(first) < 700
    assert len(set(first)) == len(first)  # the others had their turn before any came again
    assert len(field.wait(6 * 3600)) <= 28 * 13


def test_a_collector_that_comes_back_is_noticed_by_the_next_new_frame(
    make_field: FieldMaker,
) -> None:
    field = make_field(200)
    field.frames()
    field.write(0)
    field.wait(4 * 3600)
    assert field.uplink.patience == 1_800_000
    field.write(1)
    sent = field.wait(1)
    assert sent == [(7, 1)]
    left = 202
    for _ in range(60):
        field.ack(sent)
        sent = field.frames() + field.wait(1)
        left = waiting(field.box)
        if not left:
            break
    assert left == 0, "half an hour of patience was kept though somebody listens again"


def test_frames_of_before_a_new_enrolment_are_freed_by_acks_under_the_new_key(
    make_field: FieldMaker,
) -> None:
    """Their acknowledgement comes under the current epoch and names boot and number alone."""
    field = make_field(20, epoch=2)
    assert field.frames() == old(*range(20))
    field.ack(old(*range(10)), epoch=1)
    assert waiting(field.box) == 20
    field.ack(old(*range(20)), epoch=2)
    assert waiting(field.box) == 0


def test_a_connection_that_breaks_before_any_answer_does_not_repeat_the_same(
    make_field: FieldMaker,
) -> None:
    """Whatever makes a broker cut the connection, the next begins with other frames."""
    field = make_field(100)
    found = []
    for _ in range(5):
        found.append(field.frames())
        assert field.other is not None
        field.other.close()
        field.uplink.poll(True)
        assert field.uplink.mqtt.socket is None
        field.connect()
    assert found[0] == old(*range(28))
    assert found[1] == old(*range(28, 56))
    assert set().union(*found) == set(old(*range(100)))


def test_an_event_that_ends_the_connection_is_given_up(make_field: FieldMaker) -> None:
    field = make_field(0)
    field.uplink.report("fault", "x")
    for _ in range(5):
        field.uplink.poll(False)
        assert [kind for kind, _ in field.sent()].count("evt") == 1
        assert field.other is not None
        field.other.close()
        field.uplink.poll(True)
        field.connect()
    field.uplink.poll(False)
    assert "evt" not in [kind for kind, _ in field.sent()]
    assert field.uplink.events == []


def test_a_long_message_is_reported_once_and_the_link_goes_on(make_field: FieldMaker) -> None:
    field = make_field(3)
    field.sent()
    for _ in range(2):
        field.hear(message(bytes(5000), b"nq/1/qf-001/ack"))
    field.ack(old(0, 1, 2))
    assert waiting(field.box) == 0
    assert [event.detail for event in field.uplink.events] == [
        "a message on nq/1/qf-001/ack is too long to be read"
    ]


def test_a_long_message_that_takes_minutes_is_no_silence(make_field: FieldMaker) -> None:
    """At 20 kbit/s a message of 1 MB takes 7 minutes; breaking off would begin it again."""
    field = make_field(0)
    stream = message(bytes(1_000_000), b"nq/1/qf-001/ack")
    for start in range(0, len(stream), 2500):
        field.board.now += 1000
        field.hear(stream[start : start + 2500])
        assert field.uplink.mqtt.socket is not None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"garbage",
        b"\xd1" * 500,
        b"\x99\x07\xd0" + b"\xe1" * 2000,
        b"\xd1\x84\x43\xff\xff",
        seal.seal(bytes(32), 1, "nq/1/qf-001/ack", b"\x84\x01"),
        seal.seal(bytes(32), 1, "nq/1/qf-001/ack", b"\x65\xff\xfe\xfd\xfc\xfb"),
        seal.seal(bytes(32), 2, "nq/1/qf-001/ack", codec.encode_ack(1, [(6, 0)])),
        seal.seal(bytes(32), 1, "nq/1/py-002/ack", codec.encode_ack(1, [(6, 0)])),
    ],
)
def test_a_strangers_message_is_reported_once_and_frees_nothing(
    make_field: FieldMaker, payload: bytes
) -> None:
    field = make_field(3)
    for _ in range(3):
        field.hear(message(payload, b"nq/1/qf-001/ack"))
    assert waiting(field.box) == 3
    assert [event.kind for event in field.uplink.events] == ["fault"]
    assert field.uplink.events[0].detail.startswith("ack refused: ")
    field.ack(old(0, 1, 2))
    assert waiting(field.box) == 0


def test_a_message_on_another_topic_is_no_affair_of_ours(make_field: FieldMaker) -> None:
    field = make_field(3)
    body = codec.encode_ack(1, [(6, 0)])
    for topic in (b"nq/1/py-002/ack", b"\xff\xfe", b""):
        field.hear(message(seal.seal(bytes(32), 1, "nq/1/qf-001/ack", body), topic))
    assert waiting(field.box) == 3
    assert field.uplink.events == []


def test_a_refused_subscription_is_reported_and_asked_for_again(make_field: FieldMaker) -> None:
    """Breaking the connection would only bring the same answer; the frames may get through."""
    field = make_field(3)
    assert [kind for kind, _ in field.sent()] == ["subscribe", "up", "up", "up"]
    field.hear(b"\x90\x03\x00\x01\x80")
    assert field.uplink.mqtt.socket is not None
    assert [event.detail for event in field.uplink.events] == [
        "the broker refuses to let us hear nq/1/qf-001/ack"
    ]
    kinds: list[str] = []
    for _ in range(301):
        field.board.now += 1000
        field.uplink.asked = None
        field.uplink.poll(False)
        kinds += [kind for kind, _ in field.sent()]
    assert kinds.count("subscribe") == 1
    field.hear(b"\x90\x03\x00\x02\x01")
    field.ack(old(0, 1, 2))
    assert waiting(field.box) == 0


def test_a_week_without_network_does_not_keep_a_node_from_connecting(
    make_field: FieldMaker,
) -> None:
    """MicroPython's ticks wrap at 2**30 ms: what is 7 days old looks like the future."""
    period = 1 << 30

    class Wrapping(Timer):
        there = True

        def online(self) -> bool:
            return self.there

        def ticks_ms(self) -> int:
            return self.now % period

        def ticks_diff(self, a: int, b: int) -> int:
            return (a - b + period // 2) % period - period // 2

    field = make_field(3)
    board = Wrapping()
    field.uplink.board = field.board = board
    assert field.other is not None
    field.other.close()
    field.uplink.poll(True)
    board.there = False
    for _ in range(7 * 24):
        board.now += 3_600_000
        field.uplink.poll(False)
    board.there = True
    field.uplink.poll(False)
    assert field.uplink.mqtt.socket is not None


def test_parts_of_an_update_are_heard_while_somebody_listens(make_field: FieldMaker) -> None:
    """Only what is sealed for this node, on this topic, under its key of now; else told once."""
    field = make_field(0, epoch=2)
    heard: list[bytes] = []
    topic = "nq/1/qf-001/part"

    def tell(message_: bytes) -> None:
        field.hear(message(message_, topic.encode(), qos=0))

    tell(seal.seal(bytes(32), 2, topic, b"nobody listens"))
    field.sent()
    field.uplink.listen(heard.append)
    assert field.sent() == [("subscribe", topic.encode())]
    tell(seal.seal(bytes(32), 2, topic, b"part"))
    for bad in (
        seal.seal(bytes(range(32)), 2, topic, b"other key"),
        seal.seal(bytes(32), 1, topic, b"key of before"),
        seal.seal(bytes(32), 2, "nq/1/qf-001/cmd", b"other topic"),
        seal.seal(bytes(32), 2, "nq/1/qf-002/part", b"other node"),
        bytes(4000),
    ):
        tell(bad)
    assert heard == [b"part"]
    faults = [event.detail for event in field.uplink.events]
    assert faults == ["part refused: seal does not fit the key and topic nq/1/qf-001/part"]
    field.uplink.mqtt.close()
    field.connect()
    assert ("subscribe", topic.encode()) in field.sent()
    field.uplink.listen(None)
    tell(seal.seal(bytes(32), 2, topic, b"late"))
    assert heard == [b"part"]


def test_what_is_asked_for_goes_at_once_or_ends_the_connection(make_field: FieldMaker) -> None:
    field = make_field(0)
    field.sent()
    field.uplink.say("ask", b"what")
    ((kind, sealed),) = field.sent()
    assert kind == "ask"
    assert seal.open_(bytes(32), "nq/1/qf-001/ask", sealed) == (1, b"what")
    assert field.other is not None
    field.other.close()
    for _ in range(4):
        field.uplink.say("ask", b"what")
    assert field.uplink.mqtt.socket is None
    assert field.uplink.next_try > field.board.now


def test_the_link_may_rest_when_nothing_is_under_way(make_field: FieldMaker) -> None:
    field = make_field(1)
    rests: list[int] = []
    field.uplink.mqtt.rest = lambda: rests.append(field.board.now)
    field.uplink.report("fault", "x")
    field.uplink.poll(False)
    field.ack(old(0))
    assert rests == [], "an event is under way"
    field.hear(b"\x40\x02" + field.uplink.event_id.to_bytes(2, "big"))
    assert rests
    rests.clear()
    field.write(0)
    field.uplink.poll(False)
    assert rests == [], "a frame is under way"
