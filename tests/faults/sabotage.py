"""Safeguards that a campaign can leave out, each with the campaign that shows what it is for."""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.paths import ROOT


@dataclass(frozen=True)
class Safeguard:
    """A safeguard, and how it is left out.

    Attributes
    ----------
    kinds : tuple of str
        Faults that show it.
    wrong : str
        What of the books is wrong without it.
    collector : str
        What runs before a collector so that it has it not.
    file, old, new : str
        A text of the node's program, and what stands in its place.
    backlog_days : float
        What nodes must have measured before [d].
    """

    kinds: tuple[str, ...]
    wrong: str
    collector: str = ""
    file: str = ""
    old: str = ""
    new: str = ""
    backlog_days: float = 0.5


SAFEGUARDS = {
    "one-row-a-frame": Safeguard(
        ("collector", "broker"),
        "doubled",
        """
        from collector.store.network import frames
        from collector.store.postgres import db
        frames.SQL["insert"] = frames.SQL["insert"].replace(
            "ON CONFLICT (node, epoch, boot, seq) DO NOTHING", "")
        settle = db.Pool.__init__
        def opened(self, dsn, size=4):
            settle(self, dsn, size)
            conn = db.connect(dsn)
            with conn, conn.cursor() as cur:
                cur.execute("ALTER TABLE frame DROP CONSTRAINT IF EXISTS "
                            "frame_node_epoch_boot_seq_key")
                cur.execute("CREATE INDEX IF NOT EXISTS frame_name "
                            "ON frame (node, epoch, boot, seq)")
            conn.close()
        db.Pool.__init__ = opened
        """,
    ),
    "identity-with-the-boot": Safeguard(
        ("node",),
        "missing",
        """
        from collector.ingest import bodies, intake
        read = bodies.read_frame
        def without_boot(one):
            frame, identity, fault = read(one)
            return frame, identity and identity._replace(boot=1), fault
        intake.read_frame = without_boot
        """,
    ),
    "commit-to-disk": Safeguard(
        ("database",),
        "missing",
        """
        from collector.store.postgres import connecting
        settle = connecting._settle
        def lazily(conn):
            settle(conn)
            with conn.cursor() as cur:
                cur.execute("SET synchronous_commit = off")
            conn.commit()
        connecting._settle = lazily
        """,
    ),
    "commit-before-ack": Safeguard(
        ("server",),
        "missing",
        """
        from contextlib import contextmanager
        from collector.ingest.batches import Collector
        store = Collector.store
        def acknowledge_first(self, messages):
            from collector.ingest.authenticity import prove
            from collector.store.network.frames import BootId, FrameId
            from firmware.wire import codec
            arrived = prove(self._registry.known, getattr(messages, "messages", messages)).arrived
            ids = set()
            for one in arrived:
                if one.message.topic.endswith("/up"):
                    frame = codec.decode(one.body)
                    ids.add(FrameId(one.node.id, one.epoch, frame.boot, frame.seq))
            self._acknowledge(self._registry.known, ids, {})
            store(self, messages)
        Collector.store = acknowledge_first
        """,
    ),
    "commit-before-broker-ack": Safeguard(
        ("collectors",),
        "missing",
        """
        from collector.ingest.broker import MqttLink
        make = MqttLink._make_client
        def acknowledging_at_once(self):
            client = make(self)
            client.manual_ack_set(False)
            return client
        MqttLink._make_client = acknowledging_at_once
        """,
    ),
    "session-that-lasts": Safeguard(
        ("collectors",),
        "missing",
        """
        from collector.ingest.session import Session
        take = Session.__init__
        Session.__init__ = lambda self, folder=None: take(self, None)
        """,
    ),
    "synced-to-disk": Safeguard(("power",), "missing"),
    "free-on-ack": Safeguard(
        ("node",),
        "resent",
        file="firmware/node/outbox.py",
        old="        self.acked |= 1 << index\n        return True",
        new="        return False",
        backlog_days=12.0,
    ),
}


def before_collector(name: str | None) -> str:
    """Return what runs before a collector without a safeguard."""
    return textwrap.dedent(SAFEGUARDS[name].collector) if name else ""


def node_program(name: str | None, folder: Path) -> Path:
    """Return where the node's program is; a copy in `folder` where it lacks a safeguard."""
    safeguard = SAFEGUARDS[name] if name else None
    if safeguard is None or not safeguard.file:
        return ROOT
    shutil.copytree(ROOT / "firmware", folder / "firmware")
    path = folder / safeguard.file
    text = path.read_text()
    if text.count(safeguard.old) != 1:
        raise ValueError(f"{path}: the text of {name!r} is there {text.count(safeguard.old)} times")
    path.write_text(text.replace(safeguard.old, safeguard.new))
    return folder
