"""What a node takes of an update, part by part, on a folder that stands for its flash."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import sys
import zlib
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from firmware.node import configuration, fetch, offer
from firmware.node.commands import Commands
from firmware.node.configuration import Record
from firmware.node.link import Identity
from firmware.node.update import Update
from firmware.wire import commands, seal, update
from firmware.wire.update import WINDOW_BITS, Ask, File, Head, Part
from firmware.workbench.deflated import deflate

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
#: Random letters, for which deflating saves half; and what it makes no shorter.
A = random.Random(1).randbytes(1300).hex().encode()
FILES = {"firmware/a.mpy": A, "firmware/sub/b.mpy": b"b", "firmware/z.mpy": b"z" * 40}
PACKED = deflate(A)


class DeflateIO:
    """MicroPython's, by way of zlib: all at once, and wrong from the beginning or not at all."""

    def __init__(self, stream: BinaryIO, form: str, window_bits: int) -> None:
        assert (form, window_bits) == ("raw", WINDOW_BITS)
        self.stream = stream
        self.found: BytesIO | None = None

    def readinto(self, into: bytearray) -> int:
        if self.found is None:
            try:
                self.found = BytesIO(zlib.decompress(self.stream.read(), -WINDOW_BITS))
            except zlib.error:
                raise OSError(errno.EINVAL) from None
        return self.found.readinto(into)


def described(version: str, files: dict[str, bytes]) -> tuple[bytes, bytes]:
    """Encoded head, and what travels of the manifest."""
    rows = [
        File(name, len(data), hashlib.sha256(data).digest(), len(deflate(data)))
        for name, data in sorted(files.items())
    ]
    manifest = update.encode_manifest(rows)
    number = update.number_of(version)
    digest = hashlib.sha256(manifest).digest()
    packed = deflate(manifest)
    head = Head("soilair-1/ip", number, version, len(manifest), digest, len(packed))
    return update.encode_head(head), packed


class Rig:
    """An `Update` with the uplink's side of it; `start` is power on."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.patch = monkeypatch
        self.patch.setitem(sys.modules, "deflate", SimpleNamespace(RAW="raw", DeflateIO=DeflateIO))
        self.said: list[list[object]] = []
        self.asks: list[Ask] = []
        self.now = 0
        (root / "slot").write_text("a")
        self.put("a", "0.1.0", {"firmware/a.mpy": b"old", "firmware/y.mpy": b"z" * 40})
        self.start()

    def put(self, slot: str, version: str, files: dict[str, bytes]) -> None:
        head, manifest = described(version, files)
        manifest = zlib.decompress(manifest, -10)
        for name, data in {**files, "head": head, "manifest": manifest}.items():
            path = self.root / slot / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def start(self, slot: str = "a") -> None:
        self.patch.setattr(sys, "path", [f"{self.root}/{slot}", *sys.path])
        self.uplink = uplink = SimpleNamespace(
            on_part=None,
            events=[],
            confirmed=False,
            ack_ms=10_000,
            identity=Identity("qf-001", bytes(32), 1, 1),
            board=SimpleNamespace(ticks_ms=lambda: self.now, ticks_diff=lambda a, b: a - b),
            mqtt=SimpleNamespace(socket=1, parts=(512, 2)),
            listen=lambda hear: setattr(uplink, "on_part", hear),
            say=lambda kind, body: self.asks.append(update.decode_ask(body)),
            report=lambda kind, detail: self.said.append(detail),
        )
        self.update = Update(str(self.root), uplink)

    def offer(self, version: str = "0.2.0", files: dict[str, bytes] | None = None) -> int:
        head, self.manifest = described(version, FILES if files is None else files)
        return self.take(head)

    def take(self, head: bytes) -> int:
        """Offer a head, and start with it."""
        number = offer.take(str(self.root), PUBLIC, head, KEY.sign(update.signed(head)))
        self.start()
        assert isinstance(number, int)
        return number

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.update.step(0)

    def part(self, file: int, offset: int, data: bytes, number: int = 2000) -> None:
        self.uplink.on_part(update.encode_part(Part(number, file, offset, data)))

    def take_manifest(self) -> None:
        self.step(2)
        self.part(0, 0, self.manifest)
        self.step(2)

    @property
    def slot(self) -> str:
        return (self.root / "slot").read_text()


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    return Rig(tmp_path, monkeypatch)


def test_an_update_part_by_part(rig: Rig) -> None:
    assert rig.offer() == 2000
    rig.take_manifest()
    assert rig.said == [[2000, "fetching", len(PACKED) + 1]]
    rig.step()
    assert rig.asks[-1] == Ask(2000, 1, 0, 512, 2)
    rig.part(1, 0, PACKED[:512])
    rig.part(1, 0, PACKED[:512])
    rig.part(1, 512, PACKED[512:1024])
    rig.step()
    assert rig.asks[-1] == Ask(2000, 1, 1024, 512, 2)
    rig.part(1, 1024, PACKED[1024:])
    rig.step(3)
    assert rig.asks[-1] == Ask(2000, 2, 0, 512, 2)
    rig.part(2, 0, b"b")
    rig.step(5)
    for name, data in FILES.items():  # the last one is copied
        assert (rig.root / "b" / name).read_bytes() == data
    held = {str(each.relative_to(rig.root / "b")) for each in (rig.root / "b").rglob("*.*")}
    assert held == {*FILES}  # nothing is left of what travelled
    assert len(rig.asks) == 4
    assert rig.said[1:] == [[2000, "trial", None]]
    assert rig.slot == "ab0"
    assert rig.uplink.on_part is None
    rig.uplink.events = ["trial"]
    assert not rig.update.step(0)
    rig.uplink.events = []
    assert rig.update.step(0)


def test_parts_that_are_not_next_do_nothing(rig: Rig) -> None:
    rig.offer()
    rig.take_manifest()
    for file, offset, number in ((2, 0, 2000), (1, 512, 2000), (1, 0, 2001), (0, 0, 2000)):
        rig.part(file, offset, b"x", number)
    rig.part(1, 0, PACKED[:512])
    for offset in (0, 500, 513):
        rig.part(1, offset, b"x")
    rig.part(1, 512, PACKED[512:] + b"x")  # one byte more than there is
    assert (rig.root / "b/firmware/a.mpy.z").read_bytes() == PACKED[:512]
    with pytest.raises(ValueError, match="part: data must be bytes"):
        rig.uplink.on_part(b"\x85\x01\x19\x07\xd0\x01\x19\x02\x00\x00")
    with pytest.raises(ValueError, match="part: must be an array of 5 that begins with 1"):
        rig.uplink.on_part(b"\x80")


def test_an_ask_without_an_answer_is_repeated_ever_more_rarely(rig: Rig) -> None:
    rig.offer()
    waits = []
    last = 0
    for _ in range(20_000):
        rig.step()
        if rig.asks:
            waits.append(rig.now - last)
            last = rig.now
            rig.asks.clear()
        rig.now += 1000
    assert waits[:9] == [n * 1000 for n in (1, 10, 20, 40, 80, 160, 320, 640, 1280)]
    assert set(waits[9:]) == {1_800_000}
    rig.uplink.mqtt.socket = None
    rig.step(3)
    assert rig.asks == []
    rig.uplink.mqtt.socket = 1
    rig.step()
    assert len(rig.asks) == 1


def test_what_was_ever_confirmed_is_the_least(rig: Rig) -> None:
    (rig.root / "newest").write_text("3000")
    with pytest.raises(ValueError, match="not newer: 2000, 3000 was confirmed"):
        rig.offer()
    assert rig.offer("0.3.1") == 3001


def test_one_on_trial_is_not_replaced(rig: Rig) -> None:
    head, _ = described("0.2.0", FILES)
    rig.offer()
    rig.take_manifest()
    rig.part(1, 0, PACKED[:1024])
    rig.part(1, 1024, PACKED[1024:])
    rig.step(3)
    rig.part(2, 0, b"b")
    rig.step(9)
    assert rig.slot == "ab0"
    with pytest.raises(ValueError, match="another update on trial"):
        rig.offer("0.3.0")
    (rig.root / "slot").write_text("ab1")
    rig.start("b")
    with pytest.raises(ValueError, match="another update on trial"):
        rig.offer("0.3.0")
    assert offer.take(str(rig.root), PUBLIC, head, KEY.sign(update.signed(head))) == 2000
    assert rig.slot == "ab1"


def test_one_that_is_being_fetched_goes_on_when_it_is_told_again(rig: Rig) -> None:
    rig.offer()
    rig.take_manifest()
    assert rig.offer() == 2000
    assert (rig.root / "b/manifest").exists()
    assert rig.offer("0.2.1") == 2001
    assert not (rig.root / "b/manifest").exists()


def test_a_trial_is_kept_when_it_was_answered_and_that_is_remembered(rig: Rig) -> None:
    rig.put("b", "0.2.0", FILES)
    (rig.root / "slot").write_text("ab1")
    rig.start("b")
    assert not rig.update.step(3600)
    assert rig.slot == "ab1"
    rig.uplink.confirmed = True
    rig.update.step(3601)
    assert rig.slot == "b+"
    assert (rig.root / "newest").read_text() == "2000"
    assert rig.said == [[2000, "kept", None]]
    rig.uplink.events = ["kept"]
    rig.step()
    rig.start("b")  # power went before it was told
    assert rig.said == [[2000, "kept", None]] * 2
    rig.step()
    assert rig.slot == "b"


def test_a_trial_that_nobody_answers_ends_with_its_window(rig: Rig) -> None:
    rig.put("b", "0.2.0", FILES)
    (rig.root / "slot").write_text("ab1")
    rig.start("b")
    assert rig.update.step(3601)
    assert rig.slot == "a!not acknowledged in 3600 s"
    rig.start("a")
    assert rig.said == [[2000, "undone", "not acknowledged in 3600 s"]]
    rig.step()
    assert rig.slot == "a"


def test_what_cannot_be_written_is_told_with_its_file(rig: Rig) -> None:
    rig.offer()
    rig.take_manifest()
    (rig.root / "b/firmware/a.mpy.z").mkdir()
    rig.part(1, 0, PACKED[:512])
    rig.step()
    assert rig.slot.startswith("axfirmware/a.mpy: ")
    assert rig.said[-1][:2] == [2000, "failed"]
    assert "Is a directory" in str(rig.said[-1][2])


def test_a_manifest_that_cannot_be_read_is_told(rig: Rig) -> None:
    """Signed, and yet none: nothing is asked for or tried."""
    manifest = b"\x82\x01\x99"
    head = Head("soilair-1/ip", 2000, "0.2.0", 3, hashlib.sha256(manifest).digest(), 3)
    data = update.encode_head(head)
    rig.take(data)
    rig.manifest = manifest
    rig.take_manifest()
    assert rig.said[-1][:2] == [2000, "failed"]
    assert str(rig.said[-1][2]).startswith("manifest: ends early")


def test_a_head_that_is_gone_ends_fetching(rig: Rig) -> None:
    rig.offer()
    (rig.root / "b/head").unlink()
    rig.start()
    assert rig.slot == "a"
    assert rig.offer() == 2000


def test_a_head_of_another_format_is_refused(rig: Rig) -> None:
    data = b"\x87\x02" + described("0.2.0", FILES)[0][2:]
    with pytest.raises(ValueError, match="head: must be an array of 7 that begins with 1"):
        rig.take(data)


def test_nothing_of_the_one_before_is_left(rig: Rig) -> None:
    rig.put("b", "0.1.5", {"firmware/gone.mpy": b"gone", "firmware/deep/er.mpy": b"gone"})
    rig.offer()
    assert sorted(path.name for path in (rig.root / "b").rglob("*")) == ["head"]


def test_a_file_damaged_in_the_running_slot_is_fetched(rig: Rig) -> None:
    (rig.root / "a/firmware/y.mpy").write_bytes(b"y" * 40)
    rig.offer(files={"firmware/z.mpy": b"z" * 40})
    rig.take_manifest()
    rig.step(3)
    rig.part(1, 0, deflate(b"z" * 40))
    rig.step(3)
    assert rig.slot == "ab0"


def fetched(rig: Rig, packed: bytes = PACKED, times: int = 1) -> list[list[object]]:
    """Offer an update of one file and bring what may travel of it; return what is told then."""
    rig.offer(files={"firmware/a.mpy": A})
    rig.take_manifest()
    rig.said.clear()
    for _ in range(times):
        rig.step(2)
        for at in range(0, len(packed), 1000):
            rig.part(1, at, packed[at : at + 1000])
        rig.step()
    rig.step(2)
    return rig.said


def test_a_node_whose_micropython_cannot_inflate_says_so(rig: Rig) -> None:
    rig.patch.setitem(sys.modules, "deflate", None)
    (said,) = fetched(rig)
    why = "no module deflate: flash a MicroPython of 1.21 or later"
    assert said == [2000, "failed", why]


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        (PACKED[:-1] + b"\0", "cannot be inflated"),
        (b"\x07" + PACKED[1:], "cannot be inflated"),
        (deflate(bytes(len(A))), "has another digest"),
        (deflate(bytes(len(A) + 1)), "is longer when inflated"),
        (deflate(bytes(1 << 20)), "is longer when inflated"),
    ],
)
def test_what_does_not_become_the_file_is_fetched_anew_and_then_given_up(
    rig: Rig, forged: bytes, why: str
) -> None:
    forged += bytes(len(PACKED) - len(forged))
    assert fetched(rig, forged, 3) == [[2000, "failed", f"firmware/a.mpy: {why}, 3 times"]]
    assert [ask.offset for ask in rig.asks if ask.file == 1] == [0, 0, 0]
    assert not (rig.root / "b/firmware/a.mpy").exists()
    assert not (rig.root / "b/firmware/a.mpy.z").exists()


def test_what_travelled_is_kept_over_a_start_and_goes_when_it_is_the_file(rig: Rig) -> None:
    rig.offer(files={"firmware/a.mpy": A})
    rig.take_manifest()
    rig.part(1, 0, PACKED[:700])
    rig.start()
    rig.step(4)
    assert rig.said[-1] == [2000, "fetching", len(PACKED) - 700]
    assert rig.asks[-1] == Ask(2000, 1, 700, 512, 2)
    rig.part(1, 700, PACKED[700:])
    # Power goes when the file is there, and what it was made of, too.
    (rig.root / "b/firmware/a.mpy").write_bytes(A)
    rig.start()
    rig.step(9)
    assert rig.slot == "ab0"
    assert not (rig.root / "b/firmware/a.mpy.z").exists()


def test_room_is_planned_for_the_file_and_for_what_travels_of_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In blocks of 512 bytes: 6 of a file, 3 of what travels, beside what is left free."""
    wanted = fetch.SPARE_BLOCKS + 9
    assert (len(A), len(PACKED) // 512) == (2600, 2)
    for free, told in ((wanted - 1, "failed"), (wanted, "fetching")):
        monkeypatch.setattr(os, "statvfs", lambda path, free=free: (512, 512, 999, free))
        rig.offer(files={"firmware/a.mpy": A})
        rig.take_manifest()
        assert rig.said[-1][1] == told
    assert rig.said[0][2] == f"no room: {wanted} blocks of 512 bytes wanted, {wanted - 1} free"


class Node:
    """The commands of the node whose flash a `Rig` has; `start` is power on."""

    def __init__(self, rig: Rig, key: str | None = PUBLIC) -> None:
        self.root = str(rig.root)
        (rig.root / "node.json").write_text(json.dumps({"broker": {}, "update_key": key}))
        self.said: list[object] = []
        self.start()

    def start(self) -> None:
        clock = SimpleNamespace(offset=0, source=None, uptime=lambda: 0)
        who = Identity("qf-001", bytes(32), 1, 1)
        report = lambda *what: self.said.append(what)  # noqa: E731
        config, record, _, ended = configuration.load(self.root)
        if Path(self.root + "/offer").exists():
            offer.settle(self.root, config["update_key"], record)
            ended = True
        actions = {"send": lambda: 1}
        self.commands = Commands(self.root, config, record, who, clock, report, actions)
        if ended:
            self.commands.answer()

    def tell(self, number: int, word: str, argument: object = None) -> object:
        body = commands.encode_command(commands.Command(number, 9, word, argument))
        self.commands.hear(seal.seal(bytes(32), 1, self.commands.topic, body))
        return self.said[-1] if self.said else None


def signed(version: str = "0.2.0") -> list[bytes]:
    head, _ = described(version, FILES)
    return [head, KEY.sign(update.signed(head))]


def test_nothing_else_is_tried_while_an_update_is(rig: Rig) -> None:
    node = Node(rig)
    for text in ("ab0", "ab2", "ba1"):
        (rig.root / "slot").write_text(text)
        for word, argument in (("config", [{"sample_s": 300}, 60]), ("key", []), ("update", [])):
            node.tell(1, word, argument)
        assert not node.commands.restart
    assert node.commands.refused == {"on_trial": 9}
    assert node.tell(1, "send") == ("answer", [1, "done", 1])


def test_an_offer_is_settled_at_the_next_start_and_answered_there(rig: Rig) -> None:
    node = Node(rig)
    for _ in range(2):  # once more while it is under way: nothing more
        assert node.tell(1, "update", signed()) is None
    assert node.commands.restart
    node.tell(2, "send")
    assert node.said == [("refused", ["on_trial", 1])]
    node.start()
    assert node.said[-1] == ("answer", [1, "done", 2000])
    assert rig.slot == "a>"
    node.said.clear()
    node.start()
    assert node.said == []
    assert node.tell(1, "update", signed()) == ("answer", [1, "done", 2000])
    assert not node.commands.restart
    node.tell(2, "config", [{"sample_s": 300}, 60])
    assert node.tell(3, "update", signed()) == ("refused", ["on_trial", 1])


def test_an_offer_is_settled_once_wherever_power_goes(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*arguments: object) -> None:
        raise KeyboardInterrupt

    node = Node(rig)
    with monkeypatch.context() as patch:  # laid aside, and the number not written
        patch.setattr(Record, "write", cut)
        with pytest.raises(KeyboardInterrupt):
            node.tell(1, "update", signed())
    node.start()
    assert node.said == [("answer", [1, "done", 2000])]
    node.tell(2, "update", signed("0.2.1"))
    with monkeypatch.context() as patch:  # while it is verified
        patch.setattr(offer, "_verified", cut)
        with pytest.raises(KeyboardInterrupt):
            node.start()
    node.start()
    assert node.tell(2, "update", signed("0.2.1")) == ("answer", [2, "cut", None])
    node.tell(3, "update", signed("0.2.1"))
    node.start()
    assert node.said[-1] == ("answer", [3, "done", 2001])


def test_what_goes_wrong_with_an_offer_is_answered_and_ends_no_start(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise MemoryError

    node = Node(rig)
    with monkeypatch.context() as patch:
        patch.setattr(offer, "_verified", full)
        node.tell(1, "update", signed())
        node.start()
    assert node.said[-1] == ("answer", [1, "refused", "no memory"])
    for number, damaged in ((2, b"\x00"), (3, b"\x80"), (4, b"\x83\x04\x00\x00")):
        node.tell(number, "update", signed())
        (rig.root / "offer").write_bytes(damaged)
        node.start()
        assert node.said[-1][1][:2] == [number, "refused"]  # type: ignore[index]
    assert rig.slot == "a"
    rig.offer()
    assert rig.update.fetch is not None
    monkeypatch.setattr(rig.update.fetch, "step", full)
    rig.step()
    assert rig.said[-1] == [2000, "failed", "no memory"]
