"""Updates of ten thousand nodes: rings, offers and asks against a real database."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from psycopg2.extras import execute_values

from collector.ingest.authenticity import Arrived, Message, Refusals
from collector.ingest.known_nodes import Node
from collector.ingest.updating import Updating
from collector.jobs.context import Context
from collector.jobs.rings import divide
from collector.jobs.roll_outs import MOST_OFFERS, roll_out
from collector.settings import Settings
from collector.store.network import roll_outs, update_keys
from collector.store.postgres import queries
from firmware.wire import update
from firmware.wire.update import Ask
from nongqing import main
from tests.collector.commands.network.test_roll_out import Parts
from tests.collector.conftest import MASTER, NOW, FixedClock, enrol
from tests.collector.releases import PUBLIC, TARGET, Made, begin

if TYPE_CHECKING:
    from pathlib import Path

    from collector.store.postgres import db

NODES = 10_000
MASTER_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#: As many devices in the field of the demonstration, each with a key, that have said what they run.
MANY = """
INSERT INTO node (id, board, field, layout, enrolled, last_seen)
SELECT 'n-' || lpad(i::text, 5, '0'), board, field, layout, %(at)s, %(at)s
FROM node, generate_series(1, %(nodes)s) i WHERE id = 'qf-001';
INSERT INTO node_firmware (node, version, target, config, explained, epoch, boot, received)
SELECT id, '0.1.0', %(target)s, 'conf', true, 1, 1, %(at)s FROM node WHERE id LIKE 'n-%%';
ANALYZE
"""
KEYS = "INSERT INTO node_key (node, epoch, encrypted, created) VALUES %s"
KEEP = """
UPDATE roll_out_node SET state = 'kept', since = %(at)s
WHERE roll_out = %(number)s AND state = 'offered'
"""


@pytest.fixture
def many(registered: db.Connection) -> list[roll_outs.Candidate]:
    enrol(registered, "qf-001")
    with registered, registered.cursor() as cur:
        cur.execute(MANY, {"at": NOW, "nodes": NODES, "target": TARGET})
        names = [f"n-{number:05}" for number in range(1, NODES + 1)]
        rows = [(name, 1, MASTER.encrypt(name, 1, bytes(32)), NOW) for name in names]
        execute_values(cur, KEYS, rows)
        found = roll_outs.candidates(registered)
    return [each for each in found if each.target == TARGET]


def test_ten_thousand_nodes_are_updated_ring_by_ring(
    registered: db.Connection,
    many: list[roll_outs.Candidate],
    pool: db.Pool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = Settings(None, None, tmp_path, MASTER_TEXT)
    started = time.monotonic()
    villages = {each.node: f"v{number % 3000}" for number, each in enumerate(many)}
    rings = divide(villages, seed="9.1.0")
    with registered:
        number = begin(registered, rings, NOW)
    begun = time.monotonic()
    at, rounds, most = NOW, 0, 0.0
    sizes = []
    while True:
        round_began = time.monotonic()
        roll_out(Context(pool, at, settings))
        rounds, most = rounds + 1, max(most, time.monotonic() - round_began)
        at += timedelta(hours=13)
        with registered, registered.cursor() as cur:
            cur.execute(KEEP, {"at": at, "number": number})
            sizes.append(cur.rowcount)
            if roll_outs.find(registered, number).state == "finished":
                break
    with registered:
        states = roll_outs.counts(registered, [number])[number]
        kinds = Counter(each.kind for each in roll_outs.steps(registered, number))
    assert states == {1: {"kept": 1}, 2: {"kept": 500}, 3: {"kept": 2500}, 4: {"kept": 6999}}
    assert kinds == {"begun": 1, "ring": 4, "finished": 1}
    assert sum(sizes) == NODES
    assert max(sizes) == MOST_OFFERS
    with capsys.disabled():
        print(
            f"\n{NODES} nodes: begun in {begun - started:.1f} s, {rounds} rounds of the job in "
            f"{time.monotonic() - begun:.1f} s, the longest {most:.2f} s"
        )


def test_a_batch_in_which_five_hundred_nodes_ask(
    registered: db.Connection,
    many: list[roll_outs.Candidate],
    pool: db.Pool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = [each.node for each in many[:500]]
    with registered:
        number = begin(registered, dict.fromkeys(names, 1), NOW)
        roll_outs.begin_ring(registered, number, 1, NOW)
        one = roll_outs.find(registered, number)
        assert roll_outs.give_offers(registered, MASTER, one, limit=NODES, at=NOW) == 500
    body = update.encode_ask(Ask(Made().number, 1, 0, 256, 8))
    asked = [Arrived(Message(f"nq/1/{n}/ask", b""), Node(n), 1, body) for n in names]
    refused = Refusals(NOW)
    with pool.connection() as conn:
        started = time.monotonic()
        found = Updating(FixedClock(), time.monotonic).parts(conn, asked, refused)
        took = time.monotonic() - started
    there = -(-len(Made().travels[1]) // 256)
    assert 1 < there <= 8
    assert len(found) == 500 * there
    assert refused.found == {}
    with registered:
        assert roll_outs.counts(registered, [number])[number] == {1: {"fetching": 500}}
    with capsys.disabled():
        print(f"\n500 nodes ask for {there} parts each: found in {took:.2f} s")


def test_ten_thousand_are_offered_in_few_statements(
    registered: db.Connection,
    many: list[roll_outs.Candidate],
    dsn: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From the command line, with a hundred that take no updates."""
    with registered:
        update_keys.trust(registered, [each.node for each in many], PUBLIC.hex())
        with registered.cursor() as cur:
            cur.execute("UPDATE node SET update_key = NULL WHERE id LIKE 'n-%00'")
    counted: Counter[str] = Counter()
    for name in ("fetch", "run", "put"):
        monkeypatch.setattr(queries, name, counting(counted, getattr(queries, name)))
    (tmp_path / "key.pub").touch()
    command = ["node", "ota", "offer", str(tmp_path), "--all", "--by", "Li"]
    command += ["--key", str(tmp_path / "key.pub")]
    began = time.monotonic()
    done = CliRunner().invoke(main, command, env={"NONGQING_DSN": dsn}, obj=Parts())
    took = time.monotonic() - began
    assert done.exit_code == 0, done.output
    assert "left out: 100 nodes that take no updates over the air: n-00100, " in done.output
    assert "goes to 9900 nodes (ring 1: 1, ring 2: 495, ring 3: 2475, ring 4: 6929)" in done.output
    assert counted.total() < 30
    with registered:
        started = time.monotonic()
        page = roll_outs.nodes(registered, 1, limit=51, offset=9800)
        found = time.monotonic() - started
    assert len(page) == 51
    with capsys.disabled():
        print(
            f"\n9900 of {NODES} nodes: offered by {counted.total()} statements in {took:.1f} s; "
            f"the last page of them is found in {found * 1000:.0f} ms"
        )


def counting(counted: Counter[str], run: Callable[..., Any]) -> Callable[..., Any]:
    def counted_run(*given: Any, **named: Any) -> Any:
        counted[run.__name__] += 1
        return run(*given, **named)

    return counted_run
