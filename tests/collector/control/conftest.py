"""A greenhouse and a pump station that act, people who may switch them, and a collector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from collector.control.giving import Who
from collector.ingest.authenticity import Message
from collector.ingest.batches import Collector
from collector.store import people
from collector.store.control import control_list
from collector.store.network import registry
from collector.store.people import Person
from collector.store.postgres import db
from field_configs.schema import Configs
from firmware.wire import codec, outputs, seal, topics
from firmware.wire.outputs import Order
from tests.collector.conftest import MASTER, NOW, FixedClock
from tests.conftest import TEMPLATE, Server, fresh

NODE, PUMP = "qf-001", "qf-002"
DRIP, VENT = 0, 1
WHO = Who(None, "Li", "system:li@control", "dry")


class Ticks:
    """Real time that only a test moves, together with the clock."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock

    def __call__(self) -> float:
        return (self.clock.moment - NOW).total_seconds() + 1000


@dataclass
class Air:
    """What goes to a node."""

    key: registry.NodeKey
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def publish(self, topic: str, payload: bytes) -> None:
        self.sent.append((topic, payload))

    def done(self, messages: object) -> None:
        """Nobody sent them again."""

    def orders(self) -> list[Order]:
        """Orders that went out since this was asked last, without questions."""
        return [each for each in self.all() if each.act != "state"]

    def asked(self) -> list[int]:
        """From which state on the node was asked since this was asked last."""
        return [each.argument for each in self.all() if each.act == "state"]

    def all(self) -> list[Order]:
        """All that went out since this was asked last, opened as the node opens it."""
        topic = topics.topic(self.key.node, "cmd")
        bodies = [seal.open_(self.key.key, topic, each)[1] for to, each in self.sent if to == topic]
        self.sent.clear()
        return [outputs.decode_order(each) for each in bodies]


@dataclass
class House:
    """The greenhouse's node on the wire: what it says gets sealed; `uptime` is its own [s]."""

    key: registry.NodeKey
    collector: Collector
    boot: int = 7
    k: int = 0

    def event(self, kind: str, detail: object, boot: int | None = None) -> Message:
        topic = topics.topic(self.key.node, "evt")
        body = codec.encode_event(codec.Event(boot or self.boot, kind, detail))
        return Message(topic, seal.seal(self.key.key, self.key.epoch, topic, body))

    def all(self, uptime: int, seq: int = 0, *, k: int | None = None, on: bool = False) -> Message:
        left, by = (500, -1) if on else (0, 0)
        rows = [[DRIP, on, left, by, False, 0], [VENT, False, 0, 0, False, 0]]
        return self.event("outputs", [self.k if k is None else k, uptime, seq, rows])

    def state(
        self, uptime: int, word: str, by: int = 0, more: object = None, output: int | None = DRIP
    ) -> Message:
        message = self.event("output", [self.k, uptime, output, word, by, more])
        self.k += 1
        return message

    def say(self, *messages: Message) -> None:
        self.collector.store(list(messages))


@pytest.fixture(scope="session")
def acting_world(postgres: Server, configs: Configs) -> str:
    """A template: the demonstration's registry with a greenhouse and a pump station that act."""
    dsn = postgres.create(TEMPLATE)
    conn = db.connect(dsn)
    with conn, conn.cursor() as cur:
        registry.import_configs(conn, configs, NOW - timedelta(days=1))
        cur.execute("UPDATE node SET board = 'greenhouse-2' WHERE id = %s", (NODE,))
        cur.execute("UPDATE node SET board = 'pump-1' WHERE id = %s", (PUMP,))
        cur.execute("UPDATE node SET last_seen = %s WHERE id = ANY(%s)", (NOW, [NODE, PUMP]))
        registry.enroll(conn, MASTER, NODE, at=NOW)
    conn.close()
    return dsn.rpartition("/")[2]


@pytest.fixture
def dsn(postgres: Server, acting_world: str) -> Iterator[str]:
    """Connection string of a fresh database of this world."""
    yield from fresh(postgres, acting_world)


@pytest.fixture
def air(conn: db.Connection) -> Air:
    with conn:
        key = registry.key(conn, MASTER, NODE)
    assert key is not None
    return Air(key)


@pytest.fixture
def collector(pool: db.Pool, clock: FixedClock, air: Air) -> Collector:
    return Collector(pool, MASTER, clock, air, monotonic=Ticks(clock))


@pytest.fixture
def house(air: Air, collector: Collector) -> House:
    return House(air.key, collector)


@pytest.fixture
def field_of(conn: db.Connection) -> str:
    """The greenhouse's field."""
    with conn:
        return next(row.field for row in registry.nodes(conn) if row.id == NODE)


@pytest.fixture
def li(conn: db.Connection, field_of: str) -> Person:
    """A farmer of the greenhouse's village who is on its list."""
    with conn:
        person = people.add(conn, "Li", NOW, phone="+8613800000001")
        village = control_list.field(conn, field_of).village
        people.grant(conn, person, "farmer", "village", village, NOW, "test")
        control_list.add(conn, field_of, person.id, by="test", at=NOW)
    return person
