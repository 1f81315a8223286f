"""Records that pass through many rooms have one maker each."""

import ast

import pytest

from tests.paths import ROOT

# constructor -> the only file that may call it
MAKERS = {"xr.Dataset": "models/weather/dataset.py"}


@pytest.mark.parametrize("constructor", sorted(MAKERS))
def test_a_record_is_made_in_one_place(constructor: str) -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for room in ("firmware", "field_configs", "models", "collector", "webapp")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == constructor
    }
    assert found == {MAKERS[constructor]}, f"{constructor}: make it by {MAKERS[constructor]}"
