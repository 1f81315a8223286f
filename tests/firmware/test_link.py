"""The uplink's bookkeeping and the MQTT client's framing, under CPython."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from collector.ingest.acknowledging import ACK_FRAMES
from firmware.node.clock import Clock
from firmware.node.link import _EVENTS, _SILENCE_MS, Identity, Uplink
from firmware.node.link_ip import _HEAD, _KEEPALIVE_S, _MAX_PACKET, Mqtt
from firmware.node.packets import LinkError
from firmware.wire import codec, seal
from tests.firmware.field import wait_for


class Board:
    ticks = 0

    def online(self) -> bool:
        return True

    def ticks_ms(self) -> int:
        return self.ticks

    def ticks_diff(self, a: int, b: int) -> int:
        return a - b


class Box:
    """An outbox that holds nothing."""

    def next(self, cursor: object) -> None:
        return None

    def start(self) -> None:
        return None

    def end(self) -> None:
        return None

    def ack(self, frames: object, watermark: object) -> int:
        return 0


def make_uplink() -> Uplink:
    mqtt = Mqtt("qf-001", "127.0.0.1", 1)
    return Uplink(mqtt, Box(), Clock(lambda: 0), Board(), Identity("qf-001", bytes(32), 1, 7))


def test_lost_frames_in_a_row_make_one_event() -> None:
    uplink = make_uplink()
    uplink.report("boot", [1, 0])
    for first in range(0, 4000, 80):
        uplink.report("lost", [3, first, first + 79])
    uplink.report("lost", [4, 0, 9])
    assert [event.detail for event in uplink.events] == [[1, 0], [3, 0, 3999], [4, 0, 9]]


def test_a_lost_event_on_its_way_is_not_changed() -> None:
    uplink = make_uplink()
    uplink.report("lost", [3, 0, 9])
    uplink.event_id = 5
    uplink.report("lost", [3, 10, 19])
    assert [event.detail for event in uplink.events] == [[3, 0, 9], [3, 10, 19]]


def test_faults_make_room_for_what_matters_more() -> None:
    uplink = make_uplink()
    uplink.report("boot", [1, 0])
    for number in range(_EVENTS * 2):
        uplink.report("fault", str(number))
    uplink.report("lost", [3, 0, 9])
    kinds = [event.kind for event in uplink.events]
    assert len(kinds) == _EVENTS
    assert kinds[0] == "boot"
    assert kinds[-1] == "lost"


def serve(answer: bytes) -> tuple[int, list[bytes], Callable[[], None]]:
    """A broker that answers the first packet with `answer` and closes."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def run() -> None:
        link, _ = listener.accept()
        with link:
            heard.append(link.recv(1000))
            link.sendall(answer)

    thread = threading.Thread(target=run)
    thread.start()

    def end() -> None:
        thread.join()
        listener.close()

    return listener.getsockname()[1], heard, end


def test_connect_speaks_mqtt_3_1_1() -> None:
    port, heard, end = serve(b"\x20\x02\x00\x00")
    mqtt = Mqtt("qf-001", "127.0.0.1", port, "user", "pass", 60)
    mqtt.connect()
    mqtt.close()
    end()
    assert heard == [b"\x10\x1e\x00\x04MQTT\x04\xc2\x00\x3c\x00\x06qf-001\x00\x04user\x00\x04pass"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"\x20\x02\x00\x05", "connection refused by the broker"),
        (b"\x30\x02\x00\x05", "connection refused by the broker"),
        (b"", "closed by the broker"),
        (b"\x20\xff\xff\xff\xff\x01", "connection refused by the broker"),
        (b"\x20\x02\x00", "closed by the broker"),
    ],
)
def test_a_broker_that_does_not_accept(answer: bytes, reason: str) -> None:
    port, _, end = serve(answer)
    mqtt = Mqtt("qf-001", "127.0.0.1", port)
    with pytest.raises(LinkError, match=reason):
        mqtt.connect()
    end()
    assert mqtt.socket is None


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(OSError):
        Mqtt("qf-001", "127.0.0.1", port).connect()


def test_sending_without_a_connection() -> None:
    with pytest.raises(LinkError, match="not connected"):
        Mqtt("qf-001", "127.0.0.1", 1).publish("a", b"b")


@pytest.fixture
def pair() -> tuple[Mqtt, socket.socket]:
    mqtt = Mqtt("qf-001", "127.0.0.1", 1)
    mqtt.socket, other = socket.socketpair()
    yield mqtt, other
    mqtt.close()
    other.close()


def packet(kind: int, body: bytes) -> bytes:
    length, head = len(body), bytes((kind,))
    while length > 127:
        head += bytes((length & 127 | 128,))
        length >>= 7
    return head + bytes((length,)) + body


def message(payload: bytes, topic: bytes = b"t", qos: int = 1, number: int = 7) -> bytes:
    name = len(topic).to_bytes(2, "big") + topic + (number.to_bytes(2, "big") if qos else b"")
    return packet(0x30 | qos << 1, name + payload)


def feed(mqtt: Mqtt, other: socket.socket, stream: bytes, step: int) -> list[object]:
    found: list[object] = []
    for start in range(0, len(stream), step):
        other.sendall(stream[start : start + step])
        found += mqtt.receive()
        assert len(mqtt.buffer) <= _MAX_PACKET + _HEAD
    return found


@pytest.mark.parametrize("step", [1, 7, 256])
def test_packets_come_whole_however_they_are_cut(
    pair: tuple[Mqtt, socket.socket], step: int
) -> None:
    stream = message(b"x" * 200) + b"\x40\x02\x00\x09" + b"\xd0\x00"
    found = feed(*pair, stream, step)
    assert found == [(0x30, b"t", b"x" * 200), (0x40, 9, b""), (0xD0, None, b"")]
    assert pair[1].recv(10) == b"\x40\x02\x00\x07"


@pytest.mark.parametrize("step", [7, 256])
@pytest.mark.parametrize("size", [_MAX_PACKET + 1, 5000, 300_000])
def test_a_packet_that_is_too_long_is_read_past(
    pair: tuple[Mqtt, socket.socket], size: int, step: int
) -> None:
    """In constant memory, acknowledged to the broker; what follows it is heard."""
    found = feed(*pair, message(bytes(size)) + message(b"next", number=8), step)
    assert found == [(0x30, b"t", None), (0x30, b"t", b"next")]
    assert pair[1].recv(20) == b"\x40\x02\x00\x07\x40\x02\x00\x08"


def test_the_longest_message_that_is_read(pair: tuple[Mqtt, socket.socket]) -> None:
    payload = bytes(_MAX_PACKET - 5)
    assert feed(*pair, message(payload) + message(b""), 256) == [
        (0x30, b"t", payload),
        (0x30, b"t", b""),
    ]


def test_the_longest_acknowledgement_can_be_read() -> None:
    most = (1 << 32) - 1
    body = codec.encode_ack((1 << 40) - 1, [(most, most)] * ACK_FRAMES, (most, most))
    topic = "nq/1/%s/ack" % ("x" * 31)
    assert len(message(seal.seal(bytes(32), most, topic, body), topic.encode())) <= _MAX_PACKET


def test_a_message_of_qos_2_gets_its_handshake(pair: tuple[Mqtt, socket.socket]) -> None:
    """MQTT 3.1.1, 4.3.3: PUBLISH, PUBREC, PUBREL, PUBCOMP."""
    assert feed(*pair, message(b"x", qos=2), 9) == [(0x30, b"t", b"x")]
    assert pair[1].recv(10) == b"\x50\x02\x00\x07"
    feed(*pair, b"\x62\x02\x00\x07", 9)
    assert pair[1].recv(10) == b"\x70\x02\x00\x07"


@pytest.mark.parametrize(
    "stream",
    [
        b"\x32\x00",
        b"\x32\x01\x00",
        b"\x32\x04\x00\x09ab",
        b"\x32\x03\x00\x01t",
        b"\x30\x04\x00\x02\xff\xfe",
        b"\x40\x00",
        b"\x40\x01\x00",
        b"\x62\x00",
        b"\x90\x00",
        b"\x90\x02\x00\x01",
        b"\xf0\x03abc",
        b"\x00\x00",
    ],
)
def test_a_malformed_packet_is_dropped_and_the_next_is_heard(
    pair: tuple[Mqtt, socket.socket], stream: bytes
) -> None:
    uplink = make_uplink()
    uplink.mqtt = pair[0]
    for kind, what, payload in feed(*pair, stream + b"\xd0\x00", 256):
        uplink._hear(kind, what, payload)
    assert uplink.mqtt.buffer == b""
    assert uplink.events == []
    pair[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        pair[1].recv(10)


def test_what_is_no_mqtt_ends_the_connection(pair: tuple[Mqtt, socket.socket]) -> None:
    with pytest.raises(LinkError, match="does not speak MQTT"):
        feed(*pair, b"HTTP/1.1 400 Bad Request".replace(b"TTP/", b"\xff\xff\xff\xff"), 256)


def test_a_long_message_has_a_long_length(pair: tuple[Mqtt, socket.socket]) -> None:
    mqtt, other = pair
    mqtt.publish("t", bytes(300))
    assert other.recv(1000) == b"\x32\xb1\x02\x00\x01t\x00\x01" + bytes(300)


def test_a_connection_that_closes_is_an_error(pair: tuple[Mqtt, socket.socket]) -> None:
    mqtt, other = pair
    other.close()
    with pytest.raises(LinkError, match="closed by the broker"):
        mqtt.receive()


def test_retries_back_off_with_jitter() -> None:
    uplink = make_uplink()
    pauses = []
    for _ in range(12):
        before = uplink.backoff
        uplink._back_off()
        assert before // 2 <= uplink.next_try <= before
        pauses.append(before)
    assert pauses[:4] == [1000, 2000, 4000, 8000]
    assert pauses[-1] == 60000


def test_the_event_is_what_the_wire_says() -> None:
    uplink = make_uplink()
    uplink.report("fault", "x")
    assert codec.encode_event(uplink.events[0]) == b"\xa3\x01\x07\x02efault\x03ax"


@pytest.mark.parametrize(("boot", "learned"), [(7, True), (6, False)])
def test_only_an_answer_to_this_boot_tells_the_time(boot: int, learned: bool) -> None:
    """An ack of an earlier boot, kept by somebody and sent again, must not set the clock."""
    uplink = make_uplink()
    uplink.outstanding.append((boot, 3, 0, 0, True))
    body = codec.encode_ack(1_459_468_800, [(boot, 3)])
    uplink._hear_ack(seal.seal(bytes(32), 1, "nq/1/qf-001/ack", body))
    assert uplink.outstanding == []
    assert (uplink.clock.offset is not None) == learned


def test_a_watermark_answers_what_is_open_below_it() -> None:
    uplink = make_uplink()
    for pair in ((7, 3), (7, 4), (7, 5), (6, 1)):
        uplink.outstanding.append((*pair, 0, 0, True))
    body = codec.encode_ack(1_459_468_800, [], (7, 4))
    uplink._hear_ack(seal.seal(bytes(32), 1, "nq/1/qf-001/ack", body))
    assert {each[:2] for each in uplink.outstanding} == {(7, 5), (6, 1)}


def answer_each(listener: socket.socket, heard: list[bytes], silent: threading.Event) -> None:
    """A broker that greets, and answers what it hears until it falls silent."""
    while True:
        try:
            link, _ = listener.accept()
        except OSError:
            return
        with link:
            while data := link.recv(1000):
                heard.append(data)
                if not silent.is_set():
                    answers = {0x10: b"\x20\x02\x00\x00", 0x82: b"\x90\x03\x00\x01\x01"}
                    link.sendall(answers.get(data[0], b"\xd0\x00"))


def test_a_quiet_link_costs_few_pings_and_a_dead_one_is_noticed() -> None:
    heard: list[bytes] = []
    silent = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer_each, args=(listener, heard, silent), daemon=True).start()
        uplink = make_uplink()
        uplink.mqtt.address = listener.getsockname()

        def pass_s(seconds: int) -> None:
            for _ in range(seconds):
                uplink.board.ticks += 1000
                uplink.poll(False)

        uplink.poll(False)  # connects and subscribes
        uplink.poll(True)
        assert uplink.asked is None
        pass_s(_KEEPALIVE_S // 2)
        assert b"\xc0\x00" not in heard
        pass_s(1)
        uplink.poll(True)
        wait_for(lambda: heard[-1] == b"\xc0\x00")
        silent.set()
        pass_s(_KEEPALIVE_S // 2 + 1)
        connection = uplink.mqtt.socket
        pass_s(_SILENCE_MS // 1000)
        assert uplink.mqtt.socket is connection
        pass_s(1)
        assert uplink.mqtt.socket is None
        wait_for(lambda: heard.count(b"\xc0\x00") == 2)
