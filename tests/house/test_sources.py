"""What every source file keeps to: format, lint, types, size, documentation."""

import ast
import re
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


def public_functions(path: Path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "models").rglob("*.py")),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_models_are_documented(path):
    """Every public function of models/ says what it takes; numbers have their unit in brackets."""
    silent = []
    for node in public_functions(path):
        text = ast.get_docstring(node) or ""
        arguments = node.args.args if isinstance(node, ast.FunctionDef) else []
        kinds = " ".join(ast.unparse(each.annotation) for each in arguments if each.annotation)
        physical = re.search(r"\b(float|Array|ArrayLike|FloatArray|Dataset)\b", kinds)
        if not text or (arguments and "Parameters" not in text) or (physical and "[" not in text):
            silent.append(node.name)
    assert silent == [], "numpydoc with Parameters and units in brackets is missing"


def test_no_registry_addresses_in_lock_files():
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "--index-url" not in text
