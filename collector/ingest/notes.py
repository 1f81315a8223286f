"""What a batch leaves for people: dead letters and maintenance items, written in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from collector.ingest.authenticity import Arrived
from collector.store import items
from collector.store.items import Found
from collector.store.network import frames
from collector.store.network.frames import DeadLetter
from collector.store.postgres.db import Connection
from field_configs.events import Event, event

# Texts from outside that go into an event are cut to this many characters.
MOST_DETAIL = 500


@dataclass
class Notes:
    """Dead letters and items of one batch, received at `now`."""

    now: datetime
    letters: list[DeadLetter] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)

    def bury(self, one: Arrived, row: int | None, reason: Event) -> None:
        """Keep a message that cannot be used, with the reason."""
        message = one.message
        letter = DeadLetter(self.now, message.topic, one.node.id, row, reason, message.payload)
        self.letters.append(letter)
        if reason.kind.startswith("undecodable"):
            detail = reason.params["detail"]
            self.item(event("undecodable", node=one.node.id, detail=detail), one.node.id)

    def item(self, found: Event, subject: str, node: str | None = None) -> None:
        """Note a maintenance item; its subject is the node where no other is given."""
        self.found.append(Found(found, subject, node or subject))

    def write(self, conn: Connection) -> None:
        """Keep them; the caller commits."""
        frames.put_dead_letters(conn, self.letters)
        items.raise_items(conn, self.found, self.now)
