"""The golden vectors: unchanged by the code, and the same bytes under MicroPython."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.wire import make_vectors

RUN = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"


def test_file_is_what_the_code_says() -> None:
    """Regenerate with ``python -m tests.wire.make_vectors`` and review the diff."""
    assert json.loads(make_vectors.FILE.read_text()) == json.loads(json.dumps(make_vectors.make()))


def test_the_worked_example_in_the_docs_is_true() -> None:
    text = make_vectors.DOC.read_text(encoding="utf-8")
    assert make_vectors.example(text) == text
    one, two = (r for r in make_vectors.make()["frames"] if r["name"] == make_vectors.EXAMPLE)
    assert two["sealed"] in text.replace("\n", "")
    assert one["body"] in text.replace("\n", "")


def test_micropython_gives_the_same_bytes() -> None:
    vectors = json.loads(make_vectors.FILE.read_text())
    script = ROOT / "tests/micropython/test_wire_vectors.py"
    done = subprocess.run(
        [sys.executable, "-c", RUN, "-X", "heapsize=400k", str(script), str(ROOT)],
        env={"MICROPYPATH": f"{ROOT}:.frozen", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) == sum(len(rows) for rows in vectors.values())


def test_micropython_notices_a_wrong_vector(tmp_path: Path) -> None:
    vectors = json.loads(make_vectors.FILE.read_text())
    vectors["frames"][0]["sealed"] = "00"
    folder = tmp_path / "tests/golden/wire"
    folder.mkdir(parents=True)
    (folder / "vectors.json").write_text(json.dumps(vectors))
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            RUN,
            "-X",
            "heapsize=400k",
            str(ROOT / "tests/micropython/test_wire_vectors.py"),
            str(tmp_path),
        ],
        env={"MICROPYPATH": f"{ROOT}:.frozen", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "one sample" in done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["hmac", "layouts", "frames", "acks", "events", "refused"])
def test_no_kind_is_empty(kind: str) -> None:
    assert json.loads(make_vectors.FILE.read_text())[kind]
