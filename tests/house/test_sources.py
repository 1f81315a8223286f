"""What every source file keeps to: format, lint, types, size."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

BIN = Path(sys.executable).parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "command", [("ruff", "format", "--check", "."), ("ruff", "check", "."), ("mypy",)], ids=" ".join
)
def test_tool_is_content(command):
    result = run(*command)
    assert result.returncode == 0, result.stdout + result.stderr


def test_files_are_small():
    long = {
        path.relative_to(ROOT).as_posix(): count
        for room in ("firmware", "field_configs", "models", "collector", "webapp")
        for path in (ROOT / room).rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}, "a reader would find two rooms in one file"


def test_no_registry_addresses_in_lock_files():
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "--index-url" not in text
