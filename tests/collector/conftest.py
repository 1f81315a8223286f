"""A registry with the demonstration's places, and nodes that speak the wire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from collector.ingest.authenticity import Message
from collector.keys import MasterKey
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.load import load
from field_configs.schema import Configs
from firmware.wire import codec, seal, topics

NOW = datetime(2016, 5, 1, 12, tzinfo=UTC)
MASTER = MasterKey(bytes(range(32)))


@dataclass
class FixedClock:
    """A clock that stands until it is set."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def spec(self) -> str:
        return "fixed"

    def real_seconds(self, seconds: float) -> float:
        return seconds


@dataclass
class Parts:
    """What the front door hands to a command, for a test's database."""

    dsn: str
    moment: datetime = NOW

    def clock(self) -> FixedClock:
        return FixedClock(self.moment)

    @contextmanager
    def store(self) -> Iterator[db.Pool]:
        pool = db.Pool(self.dsn)
        yield pool
        pool.close()


@dataclass
class Bench:
    """A node of the tests: makes sealed messages as the firmware does."""

    key: registry.NodeKey
    layout: codec.Layout
    boot: int = 1
    seq: int = 0
    offset: int | None = int((NOW - timedelta(hours=6)).timestamp())
    boards: dict[int, int] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        return topics.topic(self.key.node, "up")

    def body(
        self, t0: int = 0, values: dict[int, list[object]] | None = None, **changes: object
    ) -> bytes:
        """A frame's body: six samples of each channel, by default plain ones."""
        plain = {0: 1500, 1: 6000, 2: 0, 3: 250, 4: 140, 5: 3900}
        channels = tuple(
            tuple((values or {}).get(c.number, [plain[c.number] + i for i in range(6)]))
            for c in self.layout.channels
        )
        frame = codec.Frame(self.layout.id, self.boot, self.seq, self.offset, t0, 600, channels)
        return codec.encode(frame._replace(**changes))

    def frame(self, **options: object) -> Message:
        """The next frame, sealed."""
        message = self.sealed(self.body(**options))
        self.seq += 1
        return message

    def hours(self, count: int) -> list[Message]:
        """Frames of consecutive hours from the boot on."""
        return [self.frame(t0=3600 * hour) for hour in range(count)]

    def sealed(self, body: bytes, key: bytes | None = None, epoch: int | None = None) -> Message:
        payload = seal.seal(key or self.key.key, epoch or self.key.epoch, self.topic, body)
        return Message(self.topic, payload)

    def event(self, kind: str, detail: object) -> Message:
        topic = topics.topic(self.key.node, "evt")
        body = codec.encode_event(codec.Event(self.boot, kind, detail))
        return Message(topic, seal.seal(self.key.key, self.key.epoch, topic, body))


@pytest.fixture(scope="session")
def configs() -> Configs:
    return load(site="demo")


@pytest.fixture
def registered(conn: db.Connection, configs: Configs) -> db.Connection:
    """A connection to a database that holds the demonstration's registry."""
    with conn:
        registry.import_configs(conn, configs, NOW - timedelta(days=1))
    return conn


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def pool(dsn: str) -> Iterator[db.Pool]:
    pool = db.Pool(dsn)
    yield pool
    pool.close()


@pytest.fixture
def parts(registered: db.Connection, dsn: str) -> Parts:
    """Parts of a command on the demonstration's registry."""
    return Parts(dsn)


def enrol(conn: db.Connection, node: str, at: datetime = NOW - timedelta(days=1)) -> Bench:
    with conn:
        key = registry.enroll(conn, MASTER, node, at=at)
        row = registry.nodes(conn, node)[0]
        layout = registry.layouts(conn)[row.layout]
    return Bench(key, layout)


@pytest.fixture
def bench(registered: db.Connection, configs: Configs) -> Bench:
    """The first node of the demonstration, enrolled."""
    return enrol(registered, sorted(configs.nodes)[0])


@pytest.fixture
def second(registered: db.Connection, configs: Configs) -> Bench:
    """The second node of the demonstration, enrolled."""
    return enrol(registered, sorted(configs.nodes)[1])
