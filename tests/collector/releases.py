"""Signed updates of the tests, and nodes that are offered them."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.store.network import node_firmware, releases, roll_outs
from collector.store.network.frames import BootId
from collector.store.network.roll_outs import Plan
from collector.store.postgres import db
from firmware.wire import update
from firmware.wire.update import File, Head
from firmware.workbench.deflated import deflate

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
TARGET = "soilair-1/ip"
#: Random ones: a little more than half of it travels.
LETTERS = random.Random(1).randbytes(1152).hex().encode()


@dataclass
class Made:
    """An update, signed."""

    version: str = "9.1.0"
    target: str = TARGET
    files: dict[str, bytes] = field(
        default_factory=lambda: {"firmware/a.mpy": LETTERS, "firmware/b.mpy": b"b"}
    )

    @property
    def manifest(self) -> bytes:
        digest = hashlib.sha256
        return update.encode_manifest(
            File(path, len(held), digest(held).digest(), len(deflate(held)))
            for path, held in sorted(self.files.items())
        )

    @property
    def travels(self) -> list[bytes]:
        """What travels of the manifest and of each file."""
        return [deflate(self.manifest), *(deflate(held) for _, held in sorted(self.files.items()))]

    @property
    def number(self) -> int:
        return update.number_of(self.version)

    @property
    def head(self) -> bytes:
        listed, digest = self.manifest, hashlib.sha256(self.manifest).digest()
        travels = len(self.travels[0])
        head = Head(self.target, self.number, self.version, len(listed), digest, travels)
        return update.encode_head(head)

    @property
    def signature(self) -> bytes:
        return KEY.sign(update.signed(self.head))

    def keep(self, conn: db.Connection, at: datetime) -> int:
        parts = (self.head, self.signature, self.manifest, self.travels)
        return releases.keep(conn, *parts, by="Li", at=at)

    def write(self, folder: Path) -> Path:
        """Write it as the workbench does."""
        for path, content in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        (folder / "update.head").write_bytes(self.head)
        (folder / "update.manifest").write_bytes(self.manifest)
        (folder / "update.sig").write_bytes(self.signature)
        (folder / "update.travels").write_bytes(b"".join(self.travels))
        return folder


def run_before(conn: db.Connection, nodes: list[str], at: datetime, version: str = "0.1.0") -> None:
    """Let nodes say what they run."""
    for node in nodes:
        boot = BootId(node, 1, 1)
        node_firmware.put(conn, boot, version, TARGET, b"conf", at)


def begin(
    conn: db.Connection,
    rings: dict[str, int],
    at: datetime,
    made: Made | None = None,
    plan: Plan | None = None,
) -> int:
    """Begin a roll-out of an update."""
    release = (made or Made()).keep(conn, at)
    return roll_outs.begin(conn, release, rings, plan or Plan(), by="Li", at=at)
