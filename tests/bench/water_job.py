"""Time and memory of the water accounts on a real PostgreSQL: ``python tests/bench/water_job.py``.

The world is that of ``tests/bench/job.py``: fields of a season of wheat, some with sensors. The job
runs in a process of its own: from the beginning, and the night after, when it goes on from what is
kept. ``--fields 10000 --sensors 0.05`` is the size of a city.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collector.jobs.context import Context
from collector.jobs.water.accounts import keep_accounts
from collector.one_machine.embedded import EmbeddedPostgres
from collector.store.postgres import db
from tests.bench.job import AT, World, fill


def run_job(dsn: str, days: int) -> dict[str, float]:
    """Run in a process of its own, some days later: how long it takes, and its largest memory."""
    command = [sys.executable, __file__, "--dsn", dsn, "--later", str(days)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def measure_job(dsn: str, days: int) -> dict[str, float]:
    """Run in the child: the job once."""
    pool = db.Pool(dsn)
    start, used = time.perf_counter(), time.process_time()
    said = keep_accounts(Context(pool, AT + timedelta(days=days)))
    return {
        "s": time.perf_counter() - start,
        "cpu_s": time.process_time() - used,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "fields": float(said.params["fields"]),  # type: ignore[arg-type]
    }


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fields", type=int, default=1000)
    parser.add_argument("--sensors", type=float, default=0.25, help="share of fields with sensors")
    parser.add_argument("--days", type=int, default=60, help="days since the sowing")
    parser.add_argument("--later", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--dsn", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.dsn:
        print(json.dumps(measure_job(given.dsn, given.later)))
        return 0
    with tempfile.TemporaryDirectory(prefix="nongqing-bench-") as folder:
        Path(folder).chmod(0o755)
        embedded = EmbeddedPostgres(Path(folder))
        try:
            dsn = embedded.start()
            conn = db.connect(dsn)
            db.migrate(conn)
            hours = fill(conn, World(given.fields, given.sensors, given.days))
            print(f"{given.fields} fields, {hours / 1e6:.1f} M measured hours")
            for what, days in (("from the beginning", 0), ("the night after", 1)):
                found = run_job(dsn, days)
                print(
                    f"{what:20} {found['s']:8.1f} s  {found['cpu_s']:8.1f} s of CPU  "
                    f"{found['mb']:6.0f} MB"
                )
            with conn.cursor() as cur:
                for table in ("water_weather", "water_account"):
                    cur.execute("SELECT pg_total_relation_size(%s)", (table,))
                    ((size,),) = cur.fetchall()
                    print(f"{table:20} {size / 1e6:8.1f} MB")
            conn.close()
        finally:
            embedded.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
