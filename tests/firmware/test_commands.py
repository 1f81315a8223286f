"""Commands on a node: done once, answered, refused with a reason; a configuration is on trial."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from firmware.node import configuration
from firmware.node.commands import Commands, changed
from firmware.node.link import Identity
from firmware.wire import commands, seal
from firmware.wire.commands import Command

KEY, NOW = bytes(range(32)), 1_459_468_800
TOPIC = "nq/1/qf-001/cmd"
CONFIG = {
    "node": "qf-001",
    "epoch": 1,
    "key": KEY.hex(),
    "broker": {"host": "a.example", "port": 1883},
    "sample_s": 600,
    "samples_per_frame": 6,
    "channels": [],
}


class Rig:
    """The commands of a node on a folder that stands for its flash; `start` is power on."""

    def __init__(self, folder: Path) -> None:
        self.root = str(folder)
        self.said: list[tuple[str, list[object]]] = []
        self.done: list[str] = []
        self.offset: int | None = NOW
        self.source: str | None = None
        self.fails = False
        (folder / "node.json").write_text(json.dumps(CONFIG))
        self.start()

    def start(self) -> None:
        self.config, record, self.on_trial, self.ended = configuration.load(self.root)
        who = Identity("qf-001", bytes.fromhex(self.config["key"]), self.config["epoch"], 1)
        clock = SimpleNamespace(offset=self.offset, source=self.source, uptime=lambda: 100)
        actions = {"send": lambda: self.act("send"), "selftest": lambda: self.act("selftest")}
        report = lambda *what: self.said.append(what)  # noqa: E731
        self.commands = Commands(self.root, self.config, record, who, clock, report, actions)
        if self.ended:
            self.commands.answer()

    def act(self, word: str) -> str:
        self.done.append(word)
        if self.fails:
            raise OSError("the probe is gone")
        return "ok"

    def tell(
        self, number: int, word: str = "send", argument: object = None, expires: int = NOW + 3600
    ) -> None:
        body = commands.encode_command(Command(number, expires, word, argument))
        who = self.commands.identity
        self.commands.hear(seal.seal(who.key, who.epoch, TOPIC, body))

    @property
    def last(self) -> tuple[str, list[object]]:
        return self.said[-1]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_command_is_done_once_and_answered_each_time_it_comes(rig: Rig) -> None:
    for _ in range(3):
        rig.tell(1)
    assert rig.done == ["send"]
    assert rig.said == [("answer", [1, "done", "ok"])] * 3
    rig.start()
    rig.tell(1)
    assert rig.done == ["send"]
    rig.tell(2, "selftest")
    assert rig.done == ["send", "selftest"]


def test_one_of_before_is_not_done_again(rig: Rig) -> None:
    rig.tell(2)
    rig.tell(1)
    assert rig.done == ["send"]
    assert rig.last == ("refused", ["replayed", 1])


def test_one_that_comes_too_late_is_not_done(rig: Rig) -> None:
    rig.tell(1, expires=NOW + 99)
    assert rig.last == ("answer", [1, "expired", None])
    rig.tell(1)  # with another time: its number is used up
    assert rig.done == []
    rig.tell(2, expires=NOW + 100)
    assert rig.done == ["send"]


def test_without_the_time_nothing_is_done_and_nothing_used_up(rig: Rig) -> None:
    rig.offset = None
    rig.start()
    rig.tell(1)
    assert rig.said == [("refused", ["no_time", 1])]
    rig.offset = NOW
    rig.start()
    rig.tell(1)
    assert rig.done == ["send"]


def test_a_time_that_nobody_has_signed_lets_no_command_in(rig: Rig) -> None:
    """Who answers for a time server could else make an old command count again."""
    rig.source = "ntp"
    rig.start()
    rig.tell(1)
    assert rig.done == []
    assert rig.said == [("refused", ["no_time", 1])]


def test_what_is_not_ours_is_counted_and_told_now_and_then(rig: Rig) -> None:
    for _ in range(100):
        rig.commands.hear(b"\x00")
    rig.commands.hear(None)
    other = bytes(32)
    rig.commands.hear(seal.seal(other, 1, TOPIC, b""))
    rig.commands.hear(seal.seal(KEY, 2, TOPIC, b""))
    rig.commands.hear(seal.seal(KEY, 1, TOPIC, b"\x00"))
    elsewhere = commands.encode_command(Command(1, NOW + 3600, "send", None))
    rig.commands.hear(seal.seal(KEY, 1, "nq/1/qf-002/cmd", elsewhere))
    assert rig.said == [
        ("refused", ["seal", 1]),
        ("refused", ["seal", 10]),
        ("refused", ["seal", 100]),
        ("refused", ["long", 1]),
        ("refused", ["epoch", 1]),
        ("refused", ["form", 1]),
    ]
    assert rig.commands.refused["seal"] == 102
    assert rig.done == []


def test_power_that_goes_in_the_middle_is_told_and_nothing_happens_twice(rig: Rig) -> None:
    def cut() -> None:
        raise KeyboardInterrupt

    rig.commands.actions["send"] = cut
    with pytest.raises(KeyboardInterrupt):
        rig.tell(1)
    rig.start()
    assert rig.last == ("answer", [1, "cut", None])
    rig.tell(1)
    assert rig.done == []


def test_what_fails_is_answered_with_why(rig: Rig) -> None:
    rig.fails = True
    rig.tell(1)
    assert rig.last == ("answer", [1, "refused", "the probe is gone"])
    rig.tell(2, "dance")
    assert rig.last == ("answer", [2, "refused", "no such command: dance"])


CHANGES = {"sample_s": 300, "wifi": {"ssid": "shed", "password": "s3cret"}}


def test_a_configuration_is_tried_and_kept(rig: Rig) -> None:
    rig.tell(1, "config", [CHANGES, 600])
    assert rig.last == ("answer", [1, "trial", None])
    assert rig.commands.restart
    rig.start()
    assert rig.on_trial
    assert rig.config == CONFIG | CHANGES
    configuration.keep(rig.root, rig.commands.record)
    rig.start()
    assert (rig.on_trial, rig.config) == (False, CONFIG | CHANGES)
    rig.tell(1, "config", [CHANGES, 600])
    assert rig.last == ("answer", [1, "done", None])


def test_a_configuration_that_cannot_report_is_undone(rig: Rig) -> None:
    rig.tell(1, "config", [CHANGES, 600])
    rig.start()
    assert rig.commands.record.window == 600
    configuration.undo(rig.root, rig.commands.record, "not acknowledged in 600 s")
    rig.start()
    assert (rig.on_trial, rig.config) == (False, CONFIG)
    rig.tell(1, "config", [CHANGES, 600])
    assert rig.last == ("answer", [1, "undone", "not acknowledged in 600 s"])
    assert not rig.commands.restart


def test_one_that_ends_every_start_is_undone(rig: Rig) -> None:
    rig.tell(1, "config", [CHANGES, 600])
    for _ in range(configuration._MOST_STARTS):
        rig.start()
        assert rig.on_trial
    rig.start()
    assert (rig.on_trial, rig.config) == (False, CONFIG)
    assert rig.last == ("answer", [1, "undone", "started 3 times without an answer"])


def test_meanwhile_no_other_command_is_taken(rig: Rig) -> None:
    rig.tell(1, "config", [CHANGES, 600])
    rig.tell(2)
    assert rig.last == ("refused", ["on_trial", 1])
    rig.start()
    rig.tell(2)
    assert rig.done == []
    configuration.keep(rig.root, rig.commands.record)
    rig.tell(2)
    assert rig.done == ["send"]


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        (None, "config: must be [changes, seconds]"),
        ([CHANGES, 59], "config: 59 s must be from 60 to 86400"),
        ([CHANGES, "600"], "config: '600' s must be from 60 to 86400"),
        ([{}, 600], "nothing to change"),
        ([{"node": "qf-002"}, 600], "node: no key that can be changed from afar"),
        ([{"key": "00"}, 600], "key: no key that can be changed from afar"),
        ([{"sampel_s": 300}, 600], "sampel_s: no key that can be changed from afar"),
        ([{"sample_s": 0}, 600], "sample_s: 0 must be from 10 to 86400"),
        ([{"samples_per_frame": 257}, 600], "samples_per_frame: 257 must be from 1 to 256"),
        ([{"ack_ms": "1"}, 600], "ack_ms: '1' must be from 100 to 600000"),
        ([{"broker": {"host": "b"}}, 600], "broker: is not whole"),
        ([{"wifi": {"password": "b"}}, 600], "wifi: is not whole"),
        ([{"channels": []}, 600], "channels: must be a list of channels"),
        ([{"channels": [{"number": 0}]}, 600], "channels: must be a list of channels"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    rig: Rig, argument: object, reason: str
) -> None:
    rig.tell(1, "config", argument)
    assert rig.last == ("answer", [1, "refused", reason])
    rig.start()
    assert (rig.on_trial, rig.config) == (False, CONFIG)


def test_a_new_key_is_tried_like_a_configuration(rig: Rig) -> None:
    other = bytes(range(32, 64))
    rig.tell(1, "key", [2, commands.wrap_key(KEY, "qf-001", 1, other)])
    rig.start()
    assert (rig.config["key"], rig.config["epoch"]) == (other.hex(), 2)
    configuration.undo(rig.root, rig.commands.record, "not acknowledged in 900 s")
    rig.start()
    assert (rig.config["key"], rig.config["epoch"]) == (KEY.hex(), 1)


@pytest.mark.parametrize("argument", [None, [3, bytes(32)], [2, bytes(31)], [2, "x"]])
def test_what_is_no_key_is_refused(rig: Rig, argument: object) -> None:
    rig.tell(1, "key", argument)
    assert rig.last == ("answer", [1, "refused", "key: must be [2, 32 bytes]"])


def test_a_key_that_tls_rests_on_is_not_changed(rig: Rig) -> None:
    rig.commands.config["broker"]["psk"] = {"identity": "qf-001", "key": "00"}
    rig.tell(1, "key", [2, bytes(32)])
    why = "key: the broker knows the one of now for TLS; enrol the node anew"
    assert rig.last == ("answer", [1, "refused", why])


class Cut(BaseException):
    """Power goes."""


def cut_at(monkeypatch: pytest.MonkeyPatch, call: int) -> Callable[[], int]:
    """Let power go just before the file operation of that number, counted from now."""
    made = 0

    def counted(name: str) -> None:
        real = getattr(os, name)

        def operate(*paths: str) -> None:
            nonlocal made
            made += 1
            if made == call:
                raise Cut
            real(*paths)

        monkeypatch.setattr(os, name, operate)

    counted("rename")
    counted("remove")
    return lambda: made


@pytest.mark.parametrize("kept", [True, False])
def test_power_may_go_at_any_moment_of_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """After each cut the node starts, with one of both configurations whole, and says which."""

    def change(rig: Rig) -> None:
        rig.tell(1, "config", [CHANGES, 600])
        rig.start()
        record = rig.commands.record
        if record.result == "trial":
            if kept:
                configuration.keep(rig.root, record)
            else:
                configuration.undo(rig.root, record, "not acknowledged in 600 s")
        rig.start()

    for call in range(1, 20):
        folder = tmp_path / str(call)
        folder.mkdir()
        rig = Rig(folder)
        with monkeypatch.context() as patch:
            made = cut_at(patch, call)
            try:
                change(rig)
            except Cut:
                pass
            through = made() < call
        rig.start()
        if rig.on_trial:  # cut before the last word: it is found again
            assert rig.config == CONFIG | CHANGES
            configuration.keep(rig.root, rig.commands.record)
            rig.start()
        result = rig.commands.record.result
        assert rig.config == (CONFIG | CHANGES if result == "done" else CONFIG)
        assert not (folder / "node.trial").exists()
        rig.tell(1, "config", [CHANGES, 600])
        assert rig.last[0] == "answer"
        if through:
            break
    else:
        pytest.fail("the change has more steps than were tried")
    assert result == ("done" if kept else "undone")


def test_outputs_and_rules_are_changed_from_afar_as_lists(rig: Rig) -> None:
    for key in ("outputs", "rules"):
        assert changed(CONFIG, {key: []})[key] == []
        with pytest.raises(ValueError, match=f"{key}: is of the wrong kind"):
            changed(CONFIG, {key: {}})
