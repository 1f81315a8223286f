"""The tests of the store on every other PostgreSQL of this machine, and as the role of services."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
TESTS = (
    "tests/collector/store",
    "tests/collector/ingest/test_intake.py",
    "tests/collector/ingest/test_repairing.py",
    "tests/collector/jobs/test_tasks.py",
    "tests/collector/commands/test_db_status.py",
)


def passed(**environment: str) -> None:
    """Run the tests in a process of their own, without what takes longer."""
    env = {key: value for key, value in os.environ.items() if key != "NONGQING_WHOLE"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS]
    done = subprocess.run(
        command, cwd=ROOT, env=env | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.whole
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not PROGRAMS, reason="no other PostgreSQL here (apt-get install postgresql)")
@pytest.mark.parametrize("programs", PROGRAMS, ids=lambda path: path.parent.name)
def test_the_store_on_another_version(programs: Path) -> None:
    passed(NONGQING_TEST_POSTGRES=str(programs))


@pytest.mark.whole
@pytest.mark.timeout(3600)
def test_the_store_as_the_role_of_services() -> None:
    passed(NONGQING_TEST_AS_SERVICES="1")
