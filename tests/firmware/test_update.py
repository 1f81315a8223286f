"""Updates over the air of the real firmware under MicroPython, by way of a real Mosquitto."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware.wire import update
from firmware.workbench import deflated, release
from firmware.workbench.release import Release
from firmware.workbench.simulate import Fleet
from tests.firmware.field import START, FleetMaker, Shared, wait_for
from tests.firmware.update_server import NODE, UpdateServer, Workshop
from tests.mosquitto import mosquitto

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with mosquitto(tmp_path_factory.mktemp("mosquitto"), "allow_anonymous true") as port:
        yield port


@pytest.fixture
def server(port: int) -> Iterator[UpdateServer]:
    server = UpdateServer(port)
    wait_for(server.client.is_connected)
    yield server
    server.stop()


@pytest.fixture
def begin(
    make_fleet: FleetMaker, workshop: Workshop, server: UpdateServer, port: int
) -> Callable[..., Fleet]:
    """Start a node from slot a; it is in touch when this returns."""

    def begin(**more: object) -> Fleet:
        boots = len(server.kinds("boot"))
        settings = {"update_key": workshop.public.hex(), "rate": 60.0, "port": port} | more
        fleet = make_fleet(NODE, days=0.1, **settings)
        fleet.start()
        wait_for(lambda: len(server.kinds("boot")) > boots)
        return fleet

    return begin


def until(fleet: Fleet, server: UpdateServer, state: str, count: int = 1) -> object:
    """Start the node whenever it ends, until it tells of a state; return what more it told."""

    def there() -> bool:
        fleet.nodes[NODE].short_lives = 0
        fleet.restart_ended()
        return len(told()) >= count

    def told() -> list[object]:
        return [each[2] for each in server.states() if each[1] == state]

    wait_for(there, 40)
    return told()[-1]


def answer(fleet: Fleet, server: UpdateServer, number: int) -> list[object]:
    """What the node answers to a command, for which it starts again."""

    def there() -> bool:
        fleet.nodes[NODE].short_lives = 0
        fleet.restart_ended()
        return server.answer_to(number) is not None

    wait_for(there)
    found = server.answer_to(number)
    assert found is not None
    return found


def running(server: UpdateServer) -> list[object]:
    """The versions that the node started with."""
    return [event.detail[2] for event in server.kinds("boot")]


def comment(text: str) -> str:
    """A change of a file that changes nothing but its bytes."""
    return text + '\nCHANGED = "in this version"\n'


def everything(workshop: Workshop) -> dict[str, Callable[[str], str]]:
    """A change to a file of every kind, so that there is much to fetch."""
    names = [
        "node/alarms",
        "node/cycle",
        "node/outbox",
        "node/sensing",
        "wire/format2",
        "wire/seal",
    ]
    return {f"firmware/{name}.py": comment for name in names}


def test_an_update_is_fetched_tried_and_kept(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop
) -> None:
    """What the running slot has is copied; told again nothing happens; an older one is refused."""
    made = workshop.make("0.2.0", {"firmware/node/alarms.py": comment})
    server.copies = 2
    fleet = begin()
    number = made.head.number
    assert answer(fleet, server, server.offer(made)) == ["done", number]
    until(fleet, server, "kept")
    changed = {f"firmware/{name}.mpy" for name in ("__init__", "node/alarms")}
    rows = update.decode_manifest(made.manifest_bytes)
    to_come = sum(row.travels for row in rows if row.path in changed)
    assert to_come < sum(row.bytes for row in rows if row.path in changed)
    assert server.states() == [
        (number, "fetching", to_come),
        (number, "trial", None),
        (number, "kept", None),
    ]
    assert server.asked_bytes() == made.head.travels + to_come
    fleet.nodes[NODE].cut_power()
    fleet.nodes[NODE].start()
    wait_for(lambda: len(server.kinds("boot")) == 4)
    assert [each.detail[2:4] for each in server.kinds("boot")] == [
        ["0.1.0", "soilair-1/ip"],
        ["0.1.0", "soilair-1/ip"],  # in which it is verified and fetched
        ["0.2.0", "soilair-1/ip"],
        ["0.2.0", "soilair-1/ip"],
    ]
    asked = len(server.asks)
    assert answer(fleet, server, server.offer(made)) == ["done", number]
    older = workshop.make("0.1.9")
    assert answer(fleet, server, server.offer(older)) == [
        "refused",
        "not newer: 1009, 2000 was confirmed",
    ]
    assert len(server.asks) == asked
    assert not server.refused
    assert not server.kinds("fault")


def of_another_key(made: Release, folder: Path) -> bytes:
    """A signature by somebody else."""
    release.keygen(folder / "other.key")
    return release.Ed25519PrivateKey.generate().sign(update.signed(made.head_bytes))


def test_what_is_not_proven_or_not_for_this_board_is_refused(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop, tmp_path: Path
) -> None:
    made = workshop.make("0.2.0")
    fleet = begin()
    flipped = bytearray(made.head_bytes)
    flipped[-1] ^= 1
    signature = bytearray(made.signature)
    signature[40] ^= 1
    elsewhere = update.encode_head(made.head._replace(target="weather-1/ip"))
    other = release._private(workshop.key).sign(update.signed(elsewhere))
    same_number = update.encode_head(made.head._replace(number=1000, version="0.1.0"))
    older = update.encode_head(made.head._replace(number=999, version="0.0.999"))
    older_by = release._private(workshop.key).sign(update.signed(older))
    for argument, said in (
        ([made.head_bytes, of_another_key(made, tmp_path)], "bad signature"),
        ([made.head_bytes, bytes(signature)], "bad signature"),
        ([made.head_bytes, made.signature[:-1]], "bad signature"),
        ([bytes(flipped), made.signature], "bad signature"),
        ([same_number, made.signature], "bad signature"),
        ([made.head_bytes, b""], "bad signature"),
        ([elsewhere, other], "other target: weather-1/ip, this is soilair-1/ip"),
        ([older, older_by], "not newer: 999, 1000 was confirmed"),
        ([made.head_bytes], "update: must be [head, signature]"),
        ([made.head_bytes, "text"], "update: must be [head, signature]"),
        (None, "update: must be [head, signature]"),
    ):
        assert answer(fleet, server, server.tell("update", argument)) == ["refused", said]
    assert server.asks == []
    assert set(running(server)) == {"0.1.0"}


def without_key(fleet: Fleet) -> None:
    path = Path(fleet.nodes[NODE].settings["config"])
    config = json.loads(path.read_text())
    del config["update_key"]
    path.write_text(json.dumps(config))


def test_a_node_without_a_key_or_without_slots_takes_none(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop
) -> None:
    made = workshop.make("0.2.0")
    fleet = begin()
    without_key(fleet)
    fleet.nodes[NODE].start()
    wait_for(lambda: len(running(server)) == 2)
    said = "no update key: enrol the node with one"
    assert answer(fleet, server, server.offer(made)) == ["refused", said]
    fleet.stop()
    key = {"update_key": workshop.public.hex()}
    more = {"update_key": None, "config": key, "settings": {"image": "flash2.img"}}
    fleet = begin(**more)
    said = "no slots: flash the board once with an image that has them"
    assert answer(fleet, server, server.offer(made)) == ["refused", said]


KILLS = 6


def test_fetching_goes_on_after_kills_and_lost_links(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop
) -> None:
    """At random moments; of what had come nothing is asked for again but the part under way."""
    made = workshop.make("0.2.0", everything(workshop))
    server.pause_s = 0.15
    fleet = begin()
    node = fleet.nodes[NODE]
    server.offer(made)
    until(fleet, server, "fetching")
    chance = random.Random(4)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.3, 1.2))
        assert "trial" not in [state for _, state, _ in server.states()]
        node.cut_power()
        node.start()
    server.pause_s = 0
    until(fleet, server, "kept")
    assert server.asked_bytes() == made.head.travels + first_to_come(server)
    windows = {(ask.file, ask.offset) for ask in server.asks}
    assert len(server.asks) <= len(windows) + KILLS
    assert running(server)[-1] == "0.2.0"


def first_to_come(server: UpdateServer) -> int:
    found = [more for _, state, more in server.states() if state == "fetching"]
    assert found == sorted(found, reverse=True)  # each start has less to fetch
    assert isinstance(found[0], int)
    return found[0]


@pytest.mark.parametrize("cut_after", [17, 41, 90, 233])
def test_power_cut_in_the_middle_of_a_flash_write(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop, cut_after: int
) -> None:
    """Half of a write is on flash while the update is fetched, switched to or confirmed."""
    made = workshop.make("0.2.0", {"firmware/node/alarms.py": comment})
    fleet = begin()
    node = fleet.nodes[NODE]
    server.offer(made)
    wait_for(lambda: not node.alive())
    node.start(cut_after=cut_after)
    assert node.process is not None
    wait_for(lambda: not node.alive())
    until(fleet, server, "kept")
    assert set(running(server)) == {"0.1.0", "0.2.0"}


CRASH = 'raise ValueError("this version does not start")\n'


def test_a_program_that_ends_every_start_is_undone(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop
) -> None:
    """Three starts; told again it is tried anew without fetching; a newer one is kept."""
    made = workshop.make("0.2.0", {"firmware/node/cycle.py": lambda text: text + CRASH})
    fleet = begin()
    server.offer(made)
    assert until(fleet, server, "undone") == "started 3 times without an answer"
    said = fleet.nodes[NODE].log.read_text()
    assert said.count("ValueError: this version does not start") == 3
    assert set(running(server)) == {"0.1.0"}
    asked = len(server.asks)
    server.offer(made)
    until(fleet, server, "undone", 2)
    assert len(server.asks) == asked
    server.offer(workshop.make("0.2.1"))
    until(fleet, server, "kept")
    assert running(server)[-1] == "0.2.1"


def test_a_program_that_ends_later_in_every_start_is_undone(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop
) -> None:
    made = workshop.make(
        "0.2.0",
        {"firmware/node/power.py": lambda text: text.replace("def follow(", "def gone(")},
    )
    fleet = begin()
    server.offer(made)
    assert until(fleet, server, "undone") == "started 3 times without an answer"
    assert set(running(server)) == {"0.1.0"}


def test_a_program_that_nobody_answers_is_undone(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop
) -> None:
    """It runs and sends, and no frame of it is acknowledged within its window."""
    made = workshop.make("0.2.0")
    fleet = begin(rate=300.0)
    server.offer(made)
    until(fleet, server, "trial")
    server.acking = False
    assert until(fleet, server, "undone") == "not acknowledged in 3600 s"
    server.acking = True
    assert running(server) == ["0.1.0", "0.1.0", "0.2.0", "0.1.0"]
    assert "kept" not in [state for _, state, _ in server.states()]
    server.offer(made)
    until(fleet, server, "kept")


def padded(data: bytes, size: int) -> bytes:
    """What travels, as if it were of so many bytes: behind a stream nothing is read."""
    packed = deflated.deflate(data)
    assert len(packed) < size
    return packed + bytes(size - len(packed))


def test_what_is_not_what_was_signed_is_given_up_and_told_again_fetched(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop
) -> None:
    """A stream that is none, ends early, is of another file, or of one without end."""
    made = workshop.make("0.2.0", {"firmware/node/alarms.py": comment})
    row = update.decode_manifest(made.manifest_bytes)[0]
    whole, size = made.travels[:], row.travels
    assert size < row.bytes
    fleet = begin()
    for count, (forged, said) in enumerate(
        (
            (b"\x07" + whole[1][1:], "cannot be inflated"),
            (b"\x00\x00\x10\xff\xef" + bytes(size - 5), "cannot be inflated"),
            (padded(bytes(row.bytes), size), "has another digest"),
            (padded(bytes(row.bytes - 1), size), "has another digest"),
            (padded(bytes(row.bytes + 1), size), "is longer when inflated"),
            (padded(bytes(65536), size), "is longer when inflated"),
        ),
        1,
    ):
        made.travels[1] = forged
        server.asks.clear()
        server.offer(made)
        told = until(fleet, server, "failed", count)
        assert told == f"firmware/__init__.mpy: {said}, 3 times"
        assert len([ask for ask in server.asks if ask.file == 1]) == 3
    other = workshop.make("0.2.1")
    other.travels[0] = padded(bytes(99), other.head.travels)
    server.offer(other)
    assert until(fleet, server, "failed", count + 1) == "manifest: has another digest, 3 times"
    assert set(running(server)) == {"0.1.0"}
    made.travels[:] = whole
    server.offer(made)
    until(fleet, server, "kept")


def test_what_is_cut_short_is_waited_for_and_replaced_by_a_newer_one(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop
) -> None:
    """Asks that are not answered are repeated, ever more rarely; nothing half is tried."""
    made = workshop.make("0.2.0", {"firmware/node/outbox.py": comment})
    server.harm = lambda part: part if not part.file or part.offset < 1024 else None
    fleet = begin()
    server.offer(made)
    rows = update.decode_manifest(made.manifest_bytes)
    assert [row.travels > 1536 for row in rows if row.path == "firmware/node/outbox.mpy"] == [True]

    def repeated() -> list[update.Ask]:
        fleet.restart_ended()
        return [ask for ask in server.asks if ask.offset == 1024]

    wait_for(lambda: len(repeated()) >= 3)
    begun = time.monotonic()
    wait_for(lambda: len(repeated()) >= 4)
    assert time.monotonic() - begun > 1.5  # 0.5, 1, 2 s ...
    assert [state for _, state, _ in server.states()] == ["fetching"]
    server.harm = lambda part: part
    server.offer(workshop.make("0.2.1", {"firmware/node/outbox.py": comment}))
    until(fleet, server, "kept")
    assert {number for number, state, _ in server.states() if state != "fetching"} == {2001}
    assert running(server) == ["0.1.0", "0.1.0", "0.1.0", "0.2.1"]


def test_a_flash_without_room_is_told(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop
) -> None:
    made = workshop.make("0.2.0")
    fleet = begin(settings={"flash_blocks": 110})
    server.offer(made)
    said = until(fleet, server, "failed")
    assert isinstance(said, str)
    assert said.startswith("no room: ")
    assert said.endswith(" free")
    assert running(server) == ["0.1.0", "0.1.0"]


def test_a_battery_that_runs_low_is_not_spent_on_fetching(
    begin: Callable[..., Fleet], server: UpdateServer, workshop: Workshop
) -> None:
    made = workshop.make("0.2.0")
    low = START + 60 * 86400 + 1800  # half an hour, in six seconds
    policy = {"channel": 5, "saving_below": 3500, "survival_below": 3300, "back": 100}
    policy |= {"saving_s": 600, "survival_s": 3600}
    settings = {"battery_v": [[low, 3.4], [1 << 40, 3.9]]}
    fleet = begin(rate=300.0, settings=settings, config={"power": policy, "radio_ms": 600000})
    wait_for(lambda: bool(server.kinds("fault")))
    number = server.offer(made)
    assert answer(fleet, server, number) == ["done", made.head.number]
    while Shared.now() < low:
        fleet.restart_ended()
        assert server.asks == []
        time.sleep(0.1)
    until(fleet, server, "kept")
