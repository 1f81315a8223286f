"""What readings and frames take in the database, table by table and index by index.

Sealed frames of 36 readings (six channels, six samples) from 500 nodes go through the collector's
writer, hour by hour; hours are rolled up every hour, as the jobs do. Sizes are pg_relation_size of
every table and index after VACUUM. Then all frames move to files, and these are measured.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collector.ingest.batches import Collector
from collector.one_machine.embedded import EmbeddedPostgres
from collector.store.measured import reading_log
from collector.store.network import archive, registry
from collector.store.postgres import db
from field_configs.load import load
from tests.bench.ingest import CHANNELS, SAMPLES, Set, Silent, frames, write
from tests.bench.registry import AT, MASTER, say, write_big_site

VILLAGES, NODES = 100, 500
PER_FRAME = CHANNELS * SAMPLES
#: What grows with what nodes send.
TABLES = ("reading", "frame", "reading_hourly", "series_tail", "dirty_hour", "watermark")
SIZES = """
SELECT t.name, coalesce(i.relname, 'table'), pg_relation_size(coalesce(i.oid, t.oid))
FROM (SELECT c.oid, coalesce(p.relname, c.relname) AS name FROM pg_class c
      LEFT JOIN pg_inherits h ON h.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = h.inhparent
      WHERE c.relkind = 'r') t
LEFT JOIN LATERAL (
    SELECT NULL::oid AS oid, NULL AS relname
    UNION ALL
    SELECT x.oid, x.relname::text FROM pg_index y JOIN pg_class x ON x.oid = y.indexrelid
    WHERE y.indrelid = t.oid) i ON true
WHERE t.name = ANY(%s) AND pg_relation_size(coalesce(i.oid, t.oid)) > 0
"""


def sizes(conn: db.Connection) -> dict[tuple[str, str], int]:
    """Bytes by table and part of it; those of a partitioned table's parts together."""
    found: dict[tuple[str, str], int] = {}
    with conn, conn.cursor() as cur:
        cur.execute(SIZES, (list(TABLES),))
        for table, part, size in cur.fetchall():
            key = table, "primary key" if part.endswith("_pkey") else part
            found[key] = found.get(key, 0) + size
    return found


def fill(dsn: str, folder: Path, hours: int) -> int:
    """Take hours of all nodes in; return how many frames these were."""
    site = write_big_site(folder, VILLAGES, NODES)
    conn = db.connect(dsn)
    db.migrate(conn)
    configs = load(folder, site)
    with conn:
        registry.import_configs(conn, configs, AT - timedelta(days=1))
        keys = [registry.enroll(conn, MASTER, n, at=AT - timedelta(days=1)) for n in configs.nodes]
        layout = registry.layouts(conn)[registry.nodes(conn, keys[0].node)[0].layout]
    clock = Set(AT)
    collector = Collector(db.Pool(dsn), MASTER, clock, Silent())
    worker = threading.Thread(target=collector.run, daemon=True)
    worker.start()
    for hour in range(hours):
        clock.at = AT + timedelta(hours=hour + 1)
        write(collector, frames(keys, layout, hour)[:NODES])
        with conn:
            reading_log.roll_up(conn)
    collector.stopping.set()
    worker.join()
    conn.autocommit = True
    with conn.cursor() as cur:
        cur.execute("VACUUM (ANALYZE)")
    conn.close()
    return len(keys) * hours


def tell(conn: db.Connection, count: int, title: str) -> None:
    """Print sizes by reading and by frame."""
    found = sizes(conn)
    total = sum(found.values())
    say(title, f"{count:,} frames, {count * PER_FRAME:,} readings")
    for (table, part), size in sorted(found.items()):
        each = f"{size / count / PER_FRAME:8.2f} B a reading"
        say(f"  {table}: {part}", f"{each}, {size / count:8.1f} B a frame")
    readings = sum(size for (table, _), size in found.items() if table == "reading")
    say("reading in all", f"{readings / count / PER_FRAME:.1f} B a reading")
    framed = sum(size for (table, _), size in found.items() if table == "frame")
    say("frame in all", f"{framed / count:.1f} B a frame")
    say("a day of 10,000 nodes, a frame an hour", f"{total / count * 240_000 / 1e6:,.0f} MB")


def tell_archive(conn: db.Connection, folder: Path) -> None:
    """Move all frames to files; print what these take, and what is left after VACUUM FULL."""
    later = AT + timedelta(days=365)
    frames_moved, began = 0, time.perf_counter()
    while True:
        with conn:
            done = archive.archive_next(conn, folder, later, later)
        if not done:
            break
        frames_moved += done
    took = time.perf_counter() - began
    for kind in ("xz", "json"):
        size = sum(path.stat().st_size for path in folder.rglob(f"*.{kind}"))
        say(f"files of frames: .{kind}", f"{size / frames_moved:.1f} B a frame")
    say("moved", f"{frames_moved / took:,.0f} frames/s")
    conn.autocommit = True
    with conn.cursor() as cur:
        cur.execute("VACUUM (FULL, ANALYZE) frame")
    conn.autocommit = False
    for (table, part), size in sorted(sizes(conn).items()):
        if table == "frame" and size > 2 * 8192:
            say(f"  frame: {part}, moved", f"{size / frames_moved:.1f} B a frame")


def main() -> int:
    """Run on an embedded PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=48)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        server = EmbeddedPostgres(Path(folder) / "state")
        try:
            dsn = server.start()
            count = fill(dsn, Path(folder), asked.hours)
            conn = db.connect(dsn)
            tell(conn, count, "as it is taken in")
            tell_archive(conn, Path(folder) / "archive")
            conn.close()
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
