"""A declared site into the registry: set-wise, with the history of every channel, and back."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import psycopg2
import psycopg2.extensions
import pytest

from collector.ingest.known_nodes import read_known_nodes
from collector.keys import MasterKey
from collector.store.network import registry, registry_version, sites
from collector.store.postgres import db
from field_configs.load import load
from field_configs.schema import Configs, Field, Node, Placement
from tests.bench.registry import write_big_site
from tests.collector.conftest import MASTER, NOW, enrol
from tests.collector.ingest.test_intake import rows

if TYPE_CHECKING:
    from pathlib import Path

MICROSECOND = timedelta(microseconds=1)
ASSIGNMENTS = "SELECT node, channel, placement, valid_from, valid_to FROM assignment"


# A model of the history --------------------------------------------------------------------


@dataclass
class Span:
    """What a channel served from one time (None: ever) to another (None: still)."""

    node: str
    channel: int
    placement: str
    start: datetime | None
    end: datetime | None = None


@dataclass
class History:
    """What imports make of assignments, one channel after the other."""

    spans: list[Span] = field(default_factory=list)

    def take(self, nodes: dict[str, Node], at: datetime) -> None:
        serving = {place for node in nodes.values() for place in node.channels.values()}
        for span in self.spans:
            if span.end is None and span.node not in nodes and span.placement in serving:
                self._end(span, at)
        for node in nodes.values():
            for channel in range(8):
                self._serve(node, channel, at)

    def _serve(self, node: Node, channel: int, at: datetime) -> None:
        mine = [s for s in self.spans if (s.node, s.channel) == (node.id, channel)]
        (current,) = [s for s in mine if s.end is None] or [None]
        wanted = node.channels.get(channel)
        if wanted == (current.placement if current else None):
            return
        if current:
            self._end(current, at)
        if wanted:
            ends = [s.end for s in mine if s.end is not None]
            start = max(at, *ends, at) if mine else None
            self.spans.append(Span(node.id, channel, wanted, start))

    @staticmethod
    def _end(span: Span, at: datetime) -> None:
        span.end = at if span.start is None else max(at, span.start + MICROSECOND)

    def rows(self) -> list[tuple[object, ...]]:
        found = [(s.node, s.channel, s.placement, s.start, s.end) for s in self.spans]
        return sorted(found, key=repr)


def random_site(configs: Configs, dice: random.Random) -> Configs:
    """The demonstration's first field with some of four nodes, channels dealt out at random."""
    (place, *_) = configs.fields.values()
    (board, *_) = configs.boards.values()
    deck = [f"place-{number}" for number in range(8)]
    dice.shuffle(deck)
    nodes = {}
    for name in dice.sample(["n-1", "n-2", "n-3", "n-4"], dice.randint(1, 4)):
        count = dice.randint(0, min(3, len(deck)))
        channels = {dice.randrange(6): deck.pop() for _ in range(count)}
        nodes[name] = Node(name, board.id, place.id, channels)
    return with_places(configs, place, nodes)


def with_places(configs: Configs, place: Field, nodes: dict[str, Node]) -> Configs:
    return replace(
        configs,
        placements={
            f"place-{number}": Placement(f"place-{number}", place.id, "air_temperature", 2.0)
            for number in range(8)
        },
        nodes=nodes,
    )


@pytest.mark.parametrize("seed", range(5))
def test_assignments_have_the_history_of_the_imports(
    conn: db.Connection, configs: Configs, seed: int
) -> None:
    """Twelve imports in a row, times going back now and then, beside a model of one channel."""
    dice = random.Random(seed)
    history = History()
    at = NOW
    with conn:
        known = read_known_nodes(conn, MASTER)
    for step in range(12):
        at += timedelta(hours=dice.choice([1, 5, 0, -2]))
        site = random_site(configs, dice)
        with conn:
            registry.import_configs(conn, site, at)
        history.take(dict(site.nodes), at)
        assert sorted(rows(conn, ASSIGNMENTS), key=repr) == history.rows(), f"import {step}"
        if step == 6:
            enrol(conn, sorted(site.nodes)[0])
        with conn:
            known = read_known_nodes(conn, MASTER, known)
            assert known == read_known_nodes(conn, MASTER), f"import {step}"


def test_a_successor_serves_the_placement_alone(
    registered: db.Connection, configs: Configs
) -> None:
    old = sorted(configs.nodes)[0]
    rest = {name: node for name, node in configs.nodes.items() if name != old}
    successor = replace(configs.nodes[old], id="successor")
    with registered:
        site = replace(configs, nodes={**rest, "successor": successor})
        registry.import_configs(registered, site, NOW)
    served = rows(
        registered,
        "SELECT placement, count(*) FROM assignment WHERE valid_to IS NULL GROUP BY 1",
    )
    assert {count for _, count in served} == {1}
    moment = int(NOW.timestamp())
    with registered:
        nodes = read_known_nodes(registered, MASTER).nodes
    for channel in configs.nodes[old].channels:
        before, after = nodes[old].service(channel, moment - 1), nodes[old].service(channel, moment)
        assert after is None
        assert before is not None
        assert nodes["successor"].service(channel, moment) == replace(
            before, since=float("-inf"), until=float("inf")
        )


# Size ---------------------------------------------------------------------------------------


def statements_of_import(dsn: str, folder: Path, nodes: int) -> int:
    """How many statements an import of so many new nodes sends."""
    sent = []

    class Counting(psycopg2.extensions.cursor):
        def execute(self, query: str | bytes, vars: object = None) -> None:
            sent.append(query)
            super().execute(query, vars)

    configs = load(folder, write_big_site(folder, 10, nodes))
    conn = psycopg2.connect(dsn, cursor_factory=Counting)
    with conn:
        registry.import_configs(conn, configs, NOW)
    conn.close()
    return len(sent)


def test_an_import_sends_no_more_statements_for_more_nodes(
    postgres, dsn: str, tmp_path: Path
) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    few.mkdir()
    many.mkdir()
    other = postgres.create("nongqing_template")
    assert statements_of_import(dsn, few, 15) == statements_of_import(other, many, 150)


def test_a_channels_history_is_found_by_an_index(conn: db.Connection) -> None:
    with conn, conn.cursor() as cur:
        cur.execute("SET LOCAL enable_seqscan = off")
        cur.execute("EXPLAIN SELECT valid_to FROM assignment WHERE node = 'x' AND channel = 1")
        plan = " ".join(line for (line,) in cur.fetchall())
    assert "assignment_channel" in plan


def test_an_import_without_news_raises_no_version_and_burns_no_numbers(
    registered: db.Connection, configs: Configs
) -> None:
    numbers = "SELECT last_value FROM series_id_seq UNION ALL SELECT last_value FROM season_id_seq"
    with registered:
        before = registry_version.version(registered)
    burnt = rows(registered, numbers)
    with registered:
        registry.import_configs(registered, configs, NOW)
        assert registry_version.version(registered) == before
        village = next(iter(configs.villages.values()))
        renamed = {**configs.villages, village.id: replace(village, en="Another name")}
        registry.import_configs(registered, replace(configs, villages=renamed), NOW)
        assert registry_version.version(registered) > before
    assert rows(registered, numbers) == burnt


# What a collector reads again ---------------------------------------------------------------


class CountingKey(MasterKey):
    """A master key that counts what it opens."""

    opened = 0

    def decrypt(self, node: str, epoch: int, encrypted: bytes) -> bytes:
        self.opened += 1
        return super().decrypt(node, epoch, encrypted)


def test_a_change_of_one_node_reads_that_node_alone(
    registered: db.Connection, configs: Configs
) -> None:
    first, second, *_ = sorted(configs.nodes)
    enrol(registered, first)
    enrol(registered, second)
    with registered:
        known = read_known_nodes(registered, MASTER)
    enrol(registered, second)
    counting = CountingKey(bytes(range(32)))
    with registered:
        again = read_known_nodes(registered, counting, known)
        assert again == read_known_nodes(registered, MASTER)
    assert counting.opened == 2, "both epochs of the second node, none of the first"
    assert again.nodes[first] is known.nodes[first]
    assert sorted(again.nodes[second].keys) == [1, 2]
    assert sorted(known.nodes[second].keys) == [1], "what others hold does not change under them"


def test_a_placement_of_another_quantity_is_read_again(
    registered: db.Connection, configs: Configs
) -> None:
    name = sorted(configs.nodes)[0]
    place = configs.placements[configs.nodes[name].channels[0]]
    with registered:
        known = read_known_nodes(registered, MASTER)
        other = replace(place, quantity="soil_temperature")
        site = replace(configs, placements={**configs.placements, place.id: other})
        registry.import_configs(registered, site, NOW)
        again = read_known_nodes(registered, MASTER, known)
        assert again == read_known_nodes(registered, MASTER)
    assert again.nodes[name] != known.nodes[name]


def test_a_database_that_went_back_is_read_as_a_whole(
    registered: db.Connection, configs: Configs
) -> None:
    enrol(registered, sorted(configs.nodes)[0])
    with registered:
        known = read_known_nodes(registered, MASTER)
        later = replace(known, version=known.version + 7, nodes={})
        assert read_known_nodes(registered, MASTER, later) == known


def test_changes_of_the_registry_come_one_after_the_other(
    registered: db.Connection, dsn: str, configs: Configs
) -> None:
    """Versions are in the order of commits: a second change waits for the first."""
    other = db.connect(dsn)
    try:
        with registered:
            sites.planned(registered, configs)
            with other, other.cursor() as cur:
                cur.execute("SET LOCAL lock_timeout = '100ms'")
                with pytest.raises(psycopg2.errors.LockNotAvailable):
                    registry.enroll(other, MASTER, sorted(configs.nodes)[0], at=NOW)
    finally:
        other.close()


# Back as a site -----------------------------------------------------------------------------


def test_what_was_imported_is_read_back(registered: db.Connection, configs: Configs) -> None:
    with registered:
        found = sites.read_site(registered)
        assert not sites.planned(registered, configs)
    for kind in sites.counted(configs):
        if kind != "boards":
            held, declared = getattr(found, kind), getattr(configs, kind)
            same = held == declared if isinstance(held, dict) else set(held) == set(declared)
            assert same, kind


def test_a_season_sown_into_the_standing_crop_stays_one(
    registered: db.Connection, configs: Configs
) -> None:
    relay = replace(configs.seasons[0], sown=configs.seasons[0].sown + timedelta(90), relay=True)
    with registered:
        site = replace(configs, seasons=(*configs.seasons, relay))
        registry.import_configs(registered, site, NOW)
        assert relay in registry.seasons(registered)
        assert relay in sites.read_site(registered).seasons
