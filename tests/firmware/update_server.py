"""What tests of updates share: signed programs of other versions, a server that gives parts."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest import mock

import paho.mqtt.client as mqtt

import firmware
from field_configs.load import load
from firmware.wire import commands, seal, topics, topics_read, update
from firmware.wire.commands import Command
from firmware.workbench import bundle, release
from firmware.workbench.release import Release
from tests.firmware.field import Collector, Shared
from tests.paths import ROOT

BOARD = "soilair-1"
NODE = "qf-001"


class Workshop:
    """Builds a program once and makes others of it, each signed with the same key."""

    def __init__(self, folder: Path, board: str = BOARD) -> None:
        self.folder = folder
        self.key = folder / "update.key"
        self.public = release.keygen(self.key)
        self.base = folder / "base"
        bundle.build(board, load(site=None).boards[board], self.base)

    def make(
        self, version: str, changes: Mapping[str, Callable[[str], str]] | None = None
    ) -> Release:
        """A program of another version; `changes` are made to the sources of files."""
        out = self.folder / f"bundle-{version}"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(self.base, out)
        root = self.folder / "sources"
        if not root.exists():  # a file may travel with others in it
            shutil.copytree(ROOT / "firmware", root / "firmware")
        changed = {
            "firmware/__init__.py": lambda text: text.replace(firmware.VERSION, version)
        } | dict(changes or {})
        for name, change in changed.items():
            source = root / name
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(change((ROOT / name).read_text(encoding="utf-8")), encoding="utf-8")
            with mock.patch.object(bundle, "ROOT", root):
                bundle.compile_file(source, (out / name).with_suffix(".mpy"))
        manifest = json.loads((out / bundle.MANIFEST).read_text(encoding="utf-8"))
        manifest["firmware"] = version
        for row in manifest["files"]:
            data = (out / row["file"]).read_bytes()
            row |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        (out / bundle.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        release.sign(out, self.key)
        return release.read_signed(out, self.public)


class UpdateServer(Collector):
    """A collector that also answers asks for parts of the releases it holds.

    `harm` may change what a part carries or drop it (None).
    """

    def __init__(self, port: int) -> None:
        self.releases: dict[int, Release] = {}
        self.asks: list[update.Ask] = []
        self.harm: Callable[[update.Part], update.Part | None] = lambda part: part
        self.number = 0
        self.copies = 1  # of each part
        self.pause_s = 0.0  # before each part
        super().__init__(port)

    def offer(self, made: Release) -> int:
        """Tell the node to take an update; return the command's number."""
        self.releases[made.head.number] = made
        return self.tell("update", [made.head_bytes, made.signature])

    def tell(self, word: str, argument: object) -> int:
        self.number += 1
        body = commands.encode_command(
            Command(self.number, Shared.now() + 86400 * 3, word, argument)
        )
        topic = topics.topic(NODE, "cmd")
        self.client.publish(topic, seal.seal(self.key, self.epoch, topic, body), 1)
        return self.number

    def answer_to(self, number: int) -> list[object] | None:
        """Result and more of the last answer to a command."""
        found = [e.detail[1:] for e in self.kinds("answer") if e.detail[0] == number]
        return found[-1] if found else None

    def states(self) -> list[tuple[int, str, object]]:
        """Number, state and more of every event of an update."""
        return [tuple(event.detail) for event in self.kinds("update")]

    def asked_bytes(self) -> int:
        """How many bytes were asked for, each once however often it was asked for."""
        found: set[tuple[int, int, int]] = set()
        for ask in self.asks:
            end = min(ask.offset + ask.most * ask.count, len(self._travels(ask)))
            found |= {(ask.number, ask.file, at) for at in range(ask.offset, end)}
        return len(found)

    def _travels(self, ask: update.Ask) -> bytes:
        return self.releases[ask.number].travels[ask.file]

    def _on_connect(self, client: mqtt.Client, *rest: object) -> None:
        super()._on_connect(client, *rest)
        client.subscribe("nq/1/+/ask", 1)

    def _on_message(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        node, kind = topics_read.parse_topic(message.topic)
        if kind != "ask":
            super()._on_message(client, data, message)
            return
        epoch, body = seal.open_(self.key, message.topic, message.payload)
        ask = update.decode_ask(body)
        self.asks.append(ask)
        if ask.number not in self.releases:
            return
        whole = self._travels(ask)
        topic = topics.topic(node, "part")
        for turn in range(ask.count):
            at = ask.offset + turn * ask.most
            if at >= len(whole):
                break
            held = update.Part(ask.number, ask.file, at, whole[at : at + ask.most])
            part = self.harm(held)
            if part is not None:
                time.sleep(self.pause_s)
                sealed = seal.seal(self.key, epoch, topic, update.encode_part(part))
                for _ in range(self.copies):
                    client.publish(topic, sealed, 1)
