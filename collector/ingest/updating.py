"""Parts of updates for the nodes that ask for them: of what they are offered, and not too many."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from collector.clock import Clock
from collector.ingest.authenticity import Arrived, Refusals
from collector.store.network import releases, roll_out_nodes
from collector.store.network.node_commands import ToSend
from collector.store.network.roll_out_nodes import Asking
from collector.store.postgres.db import Connection
from firmware.wire import cbor, update
from firmware.wire.update import Ask, Part

#: Asks of a node that a batch answers; one that waits for an answer has one under way.
ASKS_IN_BATCH = 2
#: Parts that a node is given in `WINDOW_S`: the largest bundle in the smallest parts.
PARTS_IN_WINDOW = 1024
WINDOW_S = 60.0
#: Content that is kept at hand [bytes]; a release never changes.
MOST_CACHED = 4 << 20


class Updating:
    """Finds what nodes ask for; keeps the files that many ask for at hand.

    Parameters
    ----------
    clock : Clock
        For when a node was heard.
    monotonic : callable
        Real time that nobody sets [s].
    """

    def __init__(self, clock: Clock, monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._files: OrderedDict[tuple[int, int], bytes | None] = OrderedDict()
        self._cached = 0
        self._began = float("-inf")
        self._given: dict[str, int] = {}

    def forget(self) -> None:
        """Read everything anew: the database may have come back as another."""
        self._files.clear()
        self._cached = 0

    def parts(
        self, conn: Connection, arrived: Sequence[Arrived], refused: Refusals
    ) -> list[ToSend]:
        """Return the parts that nodes ask for and may have; the caller commits, then sends them.

        An ask that is not answered is added to `refused`: ``update_form`` it cannot be read,
        ``update_not_offered`` nobody offered this number to the node, ``update_halted`` its
        roll-out is halted, ``update_beyond`` there is no such part, ``update_flood`` it asks too
        often.
        """
        if not arrived:
            return []
        offered: dict[str, list[Asking]] = {}
        for each in roll_out_nodes.asking(conn, {one.node.id for one in arrived}):
            offered.setdefault(each.node, []).append(each)
        answered: dict[str, int] = {}
        found: list[ToSend] = []
        fetching: list[Asking] = []
        for one in arrived:
            node = one.node.id
            ask, asking, wrong = self._judge(one, offered.get(node, ()), answered.get(node, 0))
            parts = self._cut(conn, asking, ask) if ask and asking and not wrong else []
            if not wrong and not parts:
                wrong = "update_beyond"
            if wrong or asking is None:
                refused.add(node, wrong, one.message.payload)
                continue
            answered[node] = answered.get(node, 0) + 1
            self._given[node] = self._given.get(node, 0) + len(parts)
            fetching.append(asking)
            found += [ToSend(node, one.epoch, update.encode_part(each)) for each in parts]
        roll_out_nodes.note_asked(conn, fetching, self._clock.now())
        return found

    def _judge(
        self, one: Arrived, offered: Sequence[Asking], answered: int
    ) -> tuple[Ask | None, Asking | None, str]:
        """Read an ask, and say why it is not answered; '' where it may be."""
        try:
            ask = update.decode_ask(one.body)
        except cbor.DecodeError:
            return None, None, "update_form"
        asking = next((each for each in offered if each.number == ask.number), None)
        if asking is None:
            return ask, None, "update_not_offered"
        if asking.halted:
            return ask, asking, "update_halted"
        if answered >= ASKS_IN_BATCH or not self._allows(one.node.id, ask.count):
            return ask, asking, "update_flood"
        return ask, asking, ""

    def _allows(self, node: str, count: int) -> bool:
        now = self._monotonic()
        if now - self._began >= WINDOW_S:
            self._began = now
            self._given = {}
        return self._given.get(node, 0) + count <= PARTS_IN_WINDOW

    def _cut(self, conn: Connection, asking: Asking, ask: Ask) -> list[Part]:
        """Return the parts of what travels of a file from the offset on; none beyond its end."""
        content = self._content(conn, asking.release, ask.file) or b""
        end = min(len(content), ask.offset + ask.most * ask.count)
        return [
            Part(ask.number, ask.file, start, content[start : min(start + ask.most, end)])
            for start in range(ask.offset, end, ask.most)
        ]

    def _content(self, conn: Connection, release: int, file: int) -> bytes | None:
        name = (release, file)
        if name not in self._files:
            content = releases.content(conn, release, file)
            self._files[name] = content
            self._cached += len(content or b"")
            while self._cached > MOST_CACHED:
                _, dropped = self._files.popitem(last=False)
                self._cached -= len(dropped or b"")
        self._files.move_to_end(name)
        return self._files[name]
