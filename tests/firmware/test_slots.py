"""What a node takes of an update, part by part, on a folder that stands for its flash."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from firmware.node.commands import Commands
from firmware.node.configuration import Record
from firmware.node.link import Identity
from firmware.node.update import Update
from firmware.wire import commands, seal, update
from firmware.wire.update import Ask, File, Head, Part

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
FILES = {"firmware/a.mpy": b"a" * 1300, "firmware/sub/b.mpy": b"", "firmware/z.mpy": b"z" * 40}


def described(version: str, files: dict[str, bytes]) -> tuple[bytes, bytes]:
    """Encoded head and manifest."""
    rows = [File(n, len(d), hashlib.sha256(d).digest()) for n, d in sorted(files.items())]
    manifest = update.encode_manifest(rows)
    number = update.number_of(version)
    digest = hashlib.sha256(manifest).digest()
    head = Head("soilair-1/ip", number, version, len(manifest), digest)
    return update.encode_head(head), manifest


class Rig:
    """An `Update` with the uplink's side of it; `start` is power on."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.patch = monkeypatch
        self.said: list[list[object]] = []
        self.asks: list[Ask] = []
        self.now = 0
        (root / "slot").write_text("a")
        for slot, version in (("a", "0.1.0"),):
            self.put(slot, version, {"firmware/a.mpy": b"old", "firmware/y.mpy": b"z" * 40})
        self.start()

    def put(self, slot: str, version: str, files: dict[str, bytes]) -> None:
        head, manifest = described(version, files)
        for name, data in {**files, "head": head, "manifest": manifest}.items():
            path = self.root / slot / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def start(self, slot: str = "a", key: str | None = PUBLIC) -> None:
        self.patch.setattr(sys, "path", [f"{self.root}/{slot}", *sys.path])
        self.hear: Callable[[bytes], None] | None = None
        uplink = SimpleNamespace(
            events=[],
            confirmed=False,
            ack_ms=10_000,
            identity=Identity("qf-001", bytes(32), 1, 1),
            board=SimpleNamespace(ticks_ms=lambda: self.now, ticks_diff=lambda a, b: a - b),
            mqtt=SimpleNamespace(socket=1, parts=(512, 2)),
            listen=lambda hear: setattr(self, "hear", hear),
            say=lambda kind, body: self.asks.append(update.decode_ask(body)),
            report=lambda kind, detail: self.said.append(detail),
        )
        self.uplink = uplink
        self.update = Update(str(self.root), uplink, key)

    def offer(self, version: str = "0.2.0", files: dict[str, bytes] | None = None) -> int:
        head, self.manifest = described(version, FILES if files is None else files)
        taken = self.update.offer([head, KEY.sign(update.signed(head))])
        assert isinstance(taken, int)
        return taken

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.update.step(0)

    def part(self, file: int, offset: int, data: bytes, number: int = 2000) -> None:
        assert self.hear is not None
        self.hear(update.encode_part(Part(number, file, offset, data)))

    def take_manifest(self) -> None:
        self.step(2)
        self.part(0, 0, self.manifest)
        self.step(2)

    @property
    def slot(self) -> str:
        return (self.root / "slot").read_text()


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    rig = Rig(tmp_path, monkeypatch)
    yield rig
    rig.update._end()


def test_an_update_part_by_part(rig: Rig) -> None:
    assert rig.offer() == 2000
    rig.take_manifest()
    assert rig.said == [[2000, "fetching", 1300]]
    rig.step()
    assert rig.asks[-1] == Ask(2000, 1, 0, 512, 2)
    rig.part(1, 0, b"a" * 512)
    rig.part(1, 0, b"a" * 512)
    rig.part(1, 512, b"a" * 512)
    rig.step()
    assert rig.asks[-1] == Ask(2000, 1, 1024, 512, 2)
    rig.part(1, 1024, b"a" * 276)
    rig.step(9)
    assert (rig.root / "b/firmware/a.mpy").read_bytes() == FILES["firmware/a.mpy"]
    assert (rig.root / "b/firmware/sub/b.mpy").read_bytes() == b""
    assert (rig.root / "b/firmware/z.mpy").read_bytes() == FILES["firmware/z.mpy"]  # copied
    assert len(rig.asks) == 3
    assert rig.said[1:] == [[2000, "trial", None]]
    assert rig.slot == "ab0"
    assert rig.hear is None
    rig.uplink.events = ["trial"]
    assert not rig.update.step(0)
    rig.uplink.events = []
    assert rig.update.step(0)


def test_parts_that_are_not_next_do_nothing(rig: Rig) -> None:
    rig.offer()
    rig.take_manifest()
    for file, offset, number in ((2, 0, 2000), (1, 512, 2000), (1, 0, 2001), (0, 0, 2000)):
        rig.part(file, offset, b"x", number)
    rig.part(1, 0, b"a" * 512)
    for offset in (0, 500, 513):
        rig.part(1, offset, b"x")
    rig.part(1, 512, b"a" * 789)  # one byte more than there is
    assert (rig.root / "b/firmware/a.mpy").read_bytes() == b"a" * 512
    assert rig.hear is not None
    with pytest.raises(ValueError, match="part: data must be bytes"):
        rig.hear(b"\x85\x01\x19\x07\xd0\x01\x19\x02\x00\x00")
    with pytest.raises(ValueError, match="part: must be an array of 5 that begins with 1"):
        rig.hear(b"\x80")


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
    (rig.root / "slot").write_text("ab0")
    rig.offer()
    rig.take_manifest()
    rig.part(1, 0, b"a" * 1024)
    rig.part(1, 1024, b"a" * 276)
    rig.step(9)
    assert rig.slot == "ab0"
    assert rig.offer() == 2000
    with pytest.raises(ValueError, match="another update on trial"):
        rig.offer("0.3.0")
    rig.start("b")
    rig.update.text = "ab1"
    with pytest.raises(ValueError, match="another update on trial"):
        rig.offer("0.3.0")
    assert rig.offer() == 2000


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
    (rig.root / "b/firmware/a.mpy").unlink()
    (rig.root / "b/firmware/a.mpy").mkdir()
    rig.part(1, 0, b"a" * 512)
    rig.step()
    assert rig.slot.startswith("axfirmware/a.mpy: ")
    assert rig.said[-1][:2] == [2000, "failed"]
    assert "Is a directory" in str(rig.said[-1][2])


def test_a_manifest_that_cannot_be_read_is_told(rig: Rig) -> None:
    """Signed, and yet none: nothing is asked for or tried."""
    manifest = b"\x82\x01\x99"
    head = Head("soilair-1/ip", 2000, "0.2.0", 3, hashlib.sha256(manifest).digest())
    data = update.encode_head(head)
    rig.update.offer([data, KEY.sign(update.signed(data))])
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
    data = b"\x86\x02" + described("0.2.0", FILES)[0][2:]
    with pytest.raises(ValueError, match="head: must be an array of 6 that begins with 1"):
        rig.update.offer([data, KEY.sign(update.signed(data))])


def test_nothing_of_the_one_before_is_left(rig: Rig) -> None:
    rig.put("b", "0.1.5", {"firmware/gone.mpy": b"gone", "firmware/deep/er.mpy": b"gone"})
    rig.offer()
    assert sorted(path.name for path in (rig.root / "b").rglob("*")) == ["head"]


def test_a_file_damaged_in_the_running_slot_is_fetched(rig: Rig) -> None:
    (rig.root / "a/firmware/y.mpy").write_bytes(b"y" * 40)
    rig.offer(files={"firmware/z.mpy": b"z" * 40})
    rig.take_manifest()
    rig.step(3)
    rig.part(1, 0, b"z" * 40)
    rig.step(3)
    assert rig.slot == "ab0"


def test_nothing_else_is_tried_while_an_update_is(rig: Rig, tmp_path: Path) -> None:
    said: list[object] = []
    clock = SimpleNamespace(offset=0, uptime=lambda: 0)
    who = Identity("qf-001", bytes(32), 1, 1)
    actions = {"send": lambda: 1, "selftest": list, "update": rig.update.offer}
    config = {"sample_s": 600, "broker": {}}
    record = Record(str(tmp_path))
    report = lambda *what: said.append(what)  # noqa: E731
    node = Commands(str(tmp_path), config, record, who, clock, report, actions, rig.update.on_trial)

    def tell(number: int, word: str, argument: object) -> None:
        body = commands.encode_command(commands.Command(number, 9, word, argument))
        node.hear(seal.seal(bytes(32), 1, node.topic, body))

    rig.update.text = "ab0"
    tell(1, "config", [{"sample_s": 300}, 60])
    tell(1, "key", [2, bytes(32)])
    tell(1, "send", None)
    assert said == [("refused", ["on_trial", 1]), ("answer", [1, "done", 1])]
    rig.update.text = "a"
    tell(2, "update", None)
    assert said[-1] == ("answer", [2, "refused", "update: must be [head, signature]"])
    tell(3, "config", [{"sample_s": 300}, 60])
    assert said[-1] == ("answer", [3, "trial", None])
    tell(4, "update", None)
    assert said[-1] == ("refused", ["on_trial", 2]) or node.refused["on_trial"] == 3
