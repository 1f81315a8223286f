"""The real `nongqing jobs`, its wall clock set back and forward while it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from collector.store.postgres import db
    from tests.conftest import ClockShift

DAY_S = 86_400
# What the process holds after its first jobs is about 200 MB.
MOST_MB = 400


@pytest.fixture
def service(dsn: str, tmp_path: Path, clock_shift: ClockShift) -> Iterator[subprocess.Popen[bytes]]:
    """The scheduler as a process whose clock can be set."""
    env = {**os.environ, **clock_shift.environment, "NONGQING_DSN": dsn}
    env |= {"NONGQING_STATE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    code = "import nongqing; nongqing.main()"
    process = subprocess.Popen([sys.executable, "-c", code, "jobs"], cwd=ROOT, env=env)
    yield process
    process.terminate()
    process.wait(30)


def runs(conn: db.Connection) -> int:
    """How many attempts at jobs were made."""
    with conn, conn.cursor() as cur:
        cur.execute("SELECT coalesce(max(id), 0) FROM job_run")
        return int(cur.fetchall()[0][0])


@pytest.mark.system
def test_jobs_go_on_whatever_the_clock_is_set_to(
    service: subprocess.Popen[bytes], conn: db.Connection, clock_shift: ClockShift
) -> None:
    for seconds in (0, -3600, 90 * DAY_S, -40 * 365 * DAY_S, 0):
        before = runs(conn)
        clock_shift.set(seconds)
        deadline = time.monotonic() + 60
        while runs(conn) == before:
            assert time.monotonic() < deadline, f"no job ran after a shift of {seconds} s"
            assert service.poll() is None
            time.sleep(0.2)
        time.sleep(2)
        # caught up once, not once for each slot that passed: some two dozen jobs, one every 10 s
        assert runs(conn) - before < 60
        assert psutil.Process(service.pid).memory_info().rss >> 20 < MOST_MB
