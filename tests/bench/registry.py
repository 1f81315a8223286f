"""The registry at size: 10,000 nodes of 6 channels in 3,000 villages.

One run: a site of that size from TOML, into an embedded PostgreSQL, and again; then what a
collector reads of it at its start and at each change. Prints each figure beside its bar; exit code
1 when a bar is missed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from collector.ingest.known_nodes import read_known_nodes
from collector.keys import MasterKey
from collector.one_machine.embedded import EmbeddedPostgres
from collector.store.network import registry, sites
from collector.store.postgres import db
from field_configs.load import ROOT, load
from field_configs.schema import Board

VILLAGES, NODES = 3000, 10_000
BOARD = "soilair-1"
AT = datetime(2016, 5, 1, tzinfo=UTC)
MASTER = MasterKey(bytes(range(32)))
# An import as a whole; what a change of one node may cost of a whole reading; a collector's memory.
IMPORT_S, CHANGE_SHARE, MEMORY_MB = 15.0, 0.1, 100.0


def big_site(villages: int, nodes: int, board: Board) -> str:
    """A site in which every node has a field of its own with wheat, as the text of its file."""
    return "\n".join([*_villages(villages), *_nodes(villages, nodes, board)])


def _villages(count: int) -> Iterator[str]:
    for number in range(count):
        yield (
            f'[[villages]]\nid = "v-{number:05}"\nzh = "村{number}"\nen = "Village {number}"\n'
            f'county = "410922"\nlongitude = {115 + number % 100 / 1000}\n'
            f'latitude = {36 + number // 100 / 1000}\nposition = "illustrative"\n'
        )


def _nodes(villages: int, count: int, board: Board) -> Iterator[str]:
    for number in range(count):
        field = f"f-{number:05}"
        yield (
            f'[[fields]]\nid = "{field}"\nvillage = "v-{number % villages:05}"\nzh = "地"\n'
            f'en = "Field"\nkind = "open"\narea_ha = 1.0\n'
        )
        yield f'[[seasons]]\nfield = "{field}"\ncrop = "winter_wheat"\nsown = 2015-10-05\n'
        yield (
            f'[[stage_observations]]\nfield = "{field}"\ncrop = "winter_wheat"\n'
            'date = 2016-04-01\nbbch = 31\nby = "bench"\n'
        )
        for channel in board.channels:
            yield (
                f'[[placements]]\nid = "p-{number:05}-{channel.number}"\nfield = "{field}"\n'
                f'quantity = "{channel.quantity}"\n'
            )
        served = "".join(f'{c.number} = "p-{number:05}-{c.number}"\n' for c in board.channels)
        yield (
            f'[[nodes]]\nid = "n-{number:05}"\nboard = "{board.id}"\nfield = "{field}"\n\n'
            f"[nodes.channels]\n{served}"
        )


def write_big_site(folder: Path, villages: int, nodes: int) -> str:
    """Lay out a folder like field_configs that holds such a site; return the site's name."""
    for name in ("regions", "crops", "boards"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "sites").mkdir()
    board = load(site=None).boards[BOARD]
    (folder / "sites" / "big.toml").write_text(big_site(villages, nodes, board), encoding="utf-8")
    return "big"


def timed(work: Callable[[], object]) -> float:
    """How long something takes [s]."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def say(name: str, figure: str, bar: str = "", good: bool = True) -> bool:
    """Print a figure, and its bar if it has one."""
    verdict = f"   bar {bar:<10} {'ok' if good else 'MISSED'}" if bar else ""
    print(f"{name:<52} {figure:>12}{verdict}")
    return good


def measure(dsn: str, folder: Path) -> bool:
    """Measure on an empty database; tell whether every bar is met."""
    site = write_big_site(folder, VILLAGES, NODES)
    conn = db.connect(dsn)
    db.migrate(conn)
    loading = timed(lambda: load(folder, site))
    configs = load(folder, site)

    def take_in() -> None:
        with conn:
            registry.import_configs(conn, configs, AT)

    def plan() -> None:
        with conn:
            assert not sites.planned(conn, configs)

    writing = timed(take_in)
    say(f"{NODES} nodes from TOML", f"{loading:.1f} s")
    say("into an empty registry", f"{writing:.1f} s")
    whole = loading + writing
    good = say("the whole import", f"{whole:.1f} s", f"<= {IMPORT_S:g} s", whole <= IMPORT_S)
    say("the same again, nothing to do", f"{timed(take_in):.1f} s")
    say("a dry run", f"{timed(plan):.1f} s")
    with conn:
        enrolling = timed(lambda: [enroll(conn, node) for node in sorted(configs.nodes)])
    say("enrolling every node, each", f"{enrolling / NODES * 1000:.1f} ms")
    good &= collector_reads(conn)
    conn.close()
    return good


def enroll(conn: db.Connection, node: str) -> None:
    """Give a node a key."""
    registry.enroll(conn, MASTER, node, at=AT)


def collector_reads(conn: db.Connection) -> bool:
    """Measure what a collector reads at its start and after a change of one node."""
    with conn:
        tracemalloc.start()
        known = read_known_nodes(conn, MASTER)
        held = tracemalloc.get_traced_memory()[0] / 1e6
        tracemalloc.stop()
        start = min(timed(lambda: read_known_nodes(conn, MASTER)) for _ in range(3))
    with conn:
        enroll(conn, "n-00000")
    with conn:
        change = min(timed(lambda: read_known_nodes(conn, MASTER, known)) for _ in range(3))
        villages = min(timed(lambda: registry.villages(conn)) for _ in range(3))
    say("a collector reads all at its start", f"{start * 1000:.0f} ms")
    good = say("and holds", f"{held:.0f} MB", f"<= {MEMORY_MB:g} MB", held <= MEMORY_MB)
    share = change / start
    good &= say(
        "after a change of one node, in times of all",
        f"{share:.3f}",
        f"<= {CHANGE_SHARE:g}",
        share <= CHANGE_SHARE,
    )
    say(f"{VILLAGES} villages with what they hold", f"{villages * 1000:.0f} ms")
    return good


def on_empty_database(measured: Callable[[str, Path], bool]) -> int:
    """Measure on a PostgreSQL of its own, with a folder that its server can read; 1: missed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        server = EmbeddedPostgres(Path(folder) / "state")
        try:
            return 0 if measured(server.start(), Path(folder)) else 1
        finally:
            server.stop()


def main() -> int:
    """Run on an embedded PostgreSQL."""
    return on_empty_database(measure)


if __name__ == "__main__":
    sys.exit(main())
