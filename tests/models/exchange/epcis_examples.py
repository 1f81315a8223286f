"""GS1's own examples and schema, where the machine has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.paths import SHARED

FOLDER = SHARED / "data/epcis"


def need() -> Path:
    """Return the folder, or pass the test over, saying so."""
    if not (FOLDER / "examples").is_dir():
        pytest.skip(f"{FOLDER}: GS1's examples are not on this machine")
    return FOLDER


def examples() -> dict[str, dict[str, Any]]:
    """Return the documents by the names of their files."""
    folder = need() / "examples"
    return {path.name: json.loads(path.read_text("utf-8")) for path in sorted(folder.iterdir())}
