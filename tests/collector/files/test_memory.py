"""A long sheet takes no more memory than a short one: measured in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.paths import ROOT

START = datetime(2016, 5, 1, tzinfo=UTC)
PLACES = 200
#: So much may the peak grow from a file to one ten times as long [MB]: noise of the allocator, the
#: texts that are remembered, and where in the temporary file each place's rows are.
GROWS_MB = 60.0
CODE = """
import resource, sys
from datetime import datetime, UTC
from pathlib import Path
from collector.files.given import Given
from collector.files.weather import import_weather
from collector.store.postgres import db
conn = db.connect(sys.argv[1])
given = Given("observed", "t", datetime(2030, 1, 1, tzinfo=UTC))
with conn:
    done = import_weather(conn, Path(sys.argv[2]), given)
print(done.new + done.same.total, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def write(path, lines: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("place,longitude,latitude,time,air_temperature,relative_humidity\n")
        for hour in range(lines // PLACES):
            time = (START + timedelta(hours=hour)).isoformat()
            for place in range(PLACES):
                warm = 15 + (hour * 7 + place) % 50 / 10
                where = f"s{place},115.{place:03},35.{place:03}"
                file.write(f"{where},{time},{warm:.1f},{60 + (hour + place) % 7}\n")


def peak(dsn: str, path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", CODE, dsn, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines, megabytes = done.stdout.split()
    assert int(lines) == path.read_bytes().count(b"\n") - 1
    return float(megabytes)


@pytest.mark.whole
@pytest.mark.timeout(900)
def test_a_million_lines_take_no_more_memory_than_a_tenth_of_them(registered, dsn, tmp_path):
    registered.commit()
    peaks = []
    for lines in (100_000, 1_000_000):
        path = tmp_path / f"{lines}.csv"
        write(path, lines)
        peaks.append(peak(dsn, path))
    assert peaks[1] - peaks[0] < GROWS_MB, peaks
