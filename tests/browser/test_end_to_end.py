"""The whole system, as a newcomer starts it: a node reports, and a browser reads it on a page."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from collector.one_machine.embedded import free_port
from collector.store.advice import risk, village
from collector.store.measured import readings
from collector.store.postgres import db
from field_configs.words import Words
from models.advice.spraying import is_chemical

VILLAGE = "qf-mazhuangqiao"
START_SECONDS = 240.0
NONGQING = [sys.executable, "-P", "-c", "import nongqing; nongqing.main()"]


class System:
    """`nongqing up --demo` in a state folder of its own, at the pace of real time."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        self.output = ""
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start it and wait for the line with the address."""
        command = ["up", "--demo", "--port", str(self.port), "--rate", "1", "--backlog-days", "20"]
        self.process = subprocess.Popen(
            [*NONGQING, *command],
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "NONGQING_STATE_DIR": str(self.state),
                "LANG": "C.UTF-8",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.output = ""
        deadline = time.monotonic() + START_SECONDS
        while "Ctrl-C stops it" not in self.output:
            ready, _, _ = select.select([self._pipe], [], [], deadline - time.monotonic())
            assert ready, f"no address after {START_SECONDS} s: {self.output}"
            some = os.read(self._pipe, 4096)
            assert some, f"it ended: {self.output}"
            self.output += some.decode()

    @property
    def _pipe(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def children(self) -> list[psutil.Process]:
        """Return every process that it started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        """Stop it as Ctrl-C does and return its exit code."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=60)
        self.output += rest.decode()
        return self.process.returncode

    def dsn(self) -> str:
        """Return the address of its database."""
        port = re.search(r"embedded PostgreSQL, 127\.0\.0\.1:(\d+)", self.output)
        home = re.search(r"data in (\S+)/pgdata", self.output)
        assert port is not None
        assert home is not None
        password = (Path(home[1]) / "postgres.password").read_text()
        return f"postgresql://nongqing:{password}@127.0.0.1:{port[1]}/postgres"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    # one for all tests of the file: its first start is slow; whoever stops it starts it again
    # not below pytest's own folder: that is closed to the user that the database runs as
    folder = Path(tempfile.mkdtemp(prefix="nongqing-system-"))
    folder.chmod(0o755)
    one = System(folder / "state")
    try:
        one.start()
        yield one
    finally:
        if one.process.poll() is None:
            one.stop()
        shutil.rmtree(folder)


@pytest.mark.browser
@pytest.mark.system
@pytest.mark.timeout(600)
def test_a_reading_and_its_advice_reach_the_village_page(system: System, chromium: Any) -> None:
    conn = db.connect(system.dsn())
    with conn:
        newest = {
            (one.field, one.quantity): one.value
            for one in readings.latest(conn, VILLAGE)
            if one.value is not None
        }
        statuses = risk.latest_statuses(conn, datetime.now(UTC), VILLAGE)
        advisories = risk.current_advisories(conn, VILLAGE)
    conn.close()

    page = chromium.new_page(java_script_enabled=False, viewport={"width": 360, "height": 640})
    page.goto(f"http://127.0.0.1:{system.port}/v/{VILLAGE}")
    text = page.inner_text("body")

    # what a node measured last, as a person reads it
    temperatures = [value for (_, name), value in newest.items() if name == "air_temperature"]
    assert temperatures
    for value in temperatures:
        assert f"{value:.1f}" in text

    # the day's answers are told, and what nobody released is no advice
    words = Words.load("zh_CN")
    page.goto(f"http://127.0.0.1:{system.port}/v/{VILLAGE}/details")
    details = page.inner_text("body")
    for hazard in ("wheat_fhb", "wheat_stripe_rust_ensemble"):
        assert {status.hazard for status in statuses} >= {hazard}
        assert words.text(f"hazard.{hazard}.name") in details
    assert advisories
    for advisory in advisories:
        assert advisory.draft
        assert words.text(f"hazard.{advisory.hazard}.name") in text
        for action in advisory.actions:
            assert words.text(f"hazard.{advisory.hazard}.action.{action}") not in text + details

    # once an officer has released it, it is, under the officer's name
    at = max(advisory.confirmed for advisory in advisories)
    with db.Pool(system.dsn()).connection() as conn:
        for hazard in {advisory.hazard for advisory in advisories}:
            assert village.release_in(conn, [VILLAGE], hazard, "农技员甲", at)
    page.goto(f"http://127.0.0.1:{system.port}/v/{VILLAGE}")
    released = page.inner_text("body")
    assert "农技员甲" in released
    worst = advisories[0]
    first = next(action for action in worst.actions if not is_chemical(action))
    assert words.text(f"hazard.{worst.hazard}.action.{first}") in released

    # the banner says what the weather is
    assert "演示" in text
    page.close()


@pytest.mark.system
@pytest.mark.timeout(600)
def test_ctrl_c_ends_every_process_and_a_second_start_keeps_the_data(system: System) -> None:
    conn = db.connect(system.dsn())
    with conn, conn.cursor() as cur:
        cur.execute("SELECT node, boot, seq FROM frame")
        before = set(cur.fetchall())
    conn.close()
    started = system.children()
    assert len(started) > 10  # database, broker, three services, simulator, six nodes
    assert system.stop() == 0
    assert "stopped" in system.output
    assert [one for one in started if one.is_running()] == []

    system.start()
    assert "goes on at 2016-05-10" in system.output
    conn = db.connect(system.dsn())
    with conn, conn.cursor() as cur:
        cur.execute("SELECT node, boot, seq FROM frame")
        assert before <= set(cur.fetchall())
    conn.close()


def test_a_taken_port_is_named_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = subprocess.run(
            [*NONGQING, "up", "--port", f"{port}"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
    assert result.returncode == 1
    assert f"web: port {port} on 127.0.0.1 is taken" in result.stderr
    assert f"make run PORT={port + 1}" in result.stderr
    assert list(tmp_path.iterdir()) == []
