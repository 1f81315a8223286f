"""A bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from tests.paths import ROOT

CODE = """
from collector.commands.progress import progress
with progress("weather.csv") as told:
    for share in (0.1, 0.5, 0.4, 1.0) if told else ():
        told(share)
"""


def run(stderr: int) -> None:
    subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, stderr=stderr, check=True)


def test_a_terminal_sees_a_bar_that_ends_at_all():
    ours, theirs = pty.openpty()
    run(theirs)
    os.close(theirs)
    seen = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "weather.csv" in seen
    assert "100%" in seen


def test_a_file_sees_nothing(tmp_path):
    with (tmp_path / "log").open("w") as log:
        run(log.fileno())
    assert (tmp_path / "log").read_text() == ""
