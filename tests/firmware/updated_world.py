"""Nodes of the real firmware with the collector, jobs and command line that update them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result

import nongqing
from collector.clock import from_spec
from collector.ingest.service import started
from collector.jobs.context import Context
from collector.jobs.roll_outs import roll_out
from collector.keys import MasterKey
from collector.settings import Settings
from collector.store.network import registry, update_keys
from collector.store.postgres import db
from field_configs.load import load
from firmware.workbench.simulate import Fleet
from tests.firmware.field import Key, Shared
from tests.firmware.update_server import Workshop

MASTER_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
MASTER = MasterKey(bytes(range(32)))


def enrol(conn: db.Connection, workshop: Workshop, *nodes: str, board: str | None = None) -> None:
    """Enrol nodes, on another board perhaps, under the keys that simulated ones have."""
    at = datetime.fromtimestamp(Shared.now() - 86400 * 2, UTC)
    db.migrate(conn)
    with conn:
        registry.import_configs(conn, load(site="demo"), at)
        for node in nodes:
            registry.enroll(conn, MASTER, node, at=at)
            update_keys.trust(conn, [node], workshop.public.hex())
            sealed = MASTER.encrypt(node, 1, Key(node).key)
            with conn.cursor() as cur:
                cur.execute("UPDATE node_key SET encrypted = %s WHERE node = %s", (sealed, node))
                if board:
                    cur.execute("UPDATE node SET board = %s WHERE id = %s", (board, node))


class World:
    """Collector and jobs on the fleet's clock, and the command line."""

    def __init__(self, dsn: str, folder: Path, pool: db.Pool) -> None:
        self.spec = f"sim:{Shared.sim:.0f}@{Shared.real:.3f}*{Shared.rate:g}"
        self.pool, self.clock = pool, from_spec(self.spec)
        self.settings = Settings(dsn, None, folder, MASTER_TEXT)
        self.env = {
            "NONGQING_DSN": dsn,
            "NONGQING_STATE_DIR": str(folder),
            "NONGQING_MASTER_KEY": MASTER_TEXT,
            "NONGQING_CLOCK": self.spec,
        }

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(nongqing.main, ["node", *words], env=self.env)

    def work(self, over: threading.Event) -> None:
        while not over.wait(0.2):
            roll_out(Context(self.pool, self.clock.now(), self.settings))

    def says(self, what: Callable[[db.Connection], object]) -> object:
        with self.pool.connection() as conn:
            return what(conn)


@contextmanager
def at_work(dsn: str, folder: Path, fleet: Fleet, port: int) -> Iterator[World]:
    """Start the fleet, a collector and the job of roll-outs; end the latter two."""
    pool = db.Pool(dsn)
    world, over = World(dsn, folder, pool), threading.Event()
    worker = threading.Thread(target=world.work, args=(over,))
    with started(pool, MASTER, world.clock, f"mqtt://127.0.0.1:{port}") as (_, link):
        assert link.subscribed.wait(20)
        fleet.start()
        worker.start()
        yield world
        over.set()
        worker.join()
    pool.close()
