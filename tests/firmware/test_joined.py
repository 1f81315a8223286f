"""Files that a node gets as one: every part once, and what cannot be one is refused."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from field_configs.load import load
from field_configs.schema import Board
from firmware.workbench import bundle, joined

HOST, PART = "firmware.node.host", "firmware.node.part"


def joined_of(folder: Path, part: str, host: str) -> str:
    (folder / "part.py").write_text(part)
    (folder / "host.py").write_text(host)
    return joined.join({PART: folder / "part.py", HOST: folder / "host.py"})


def test_a_part_goes_first_and_is_not_imported(tmp_path: Path) -> None:
    text = joined_of(
        tmp_path, "def one():\n    return 1\n", f"from {PART} import one\n\nX = one()\n"
    )
    found: dict[str, int] = {}
    exec(text, found)
    assert found["X"] == 1
    assert PART not in text


@pytest.mark.parametrize(
    ("part", "host", "reason"),
    [
        ("A = 1\n", "A = 2\n", "host: line 1: A means something else in a file"),
        ("def a(): pass\n", "a = 3\n", "host: line 1: a means something else"),
        ("A = 1\n", f"from {PART} import A as B\n", "line 1: imports a part as another name"),
        ("A = 1\n", "from firmware.node import part\n", "line 1: imports a part that it travels"),
        ("A = 1\n", f"def f():\n    from {PART} import A\n", "line 2: imports a part that it"),
    ],
)
def test_what_cannot_be_one_is_refused(tmp_path: Path, part: str, host: str, reason: str) -> None:
    with pytest.raises(joined.JoinError, match=reason):
        joined_of(tmp_path, part, host)


def test_what_is_the_same_in_both_may_stand_in_both(tmp_path: Path) -> None:
    assert joined_of(tmp_path, "A = 1\n", "A = 1\n").count("A = 1") == 2


def test_every_part_is_there_and_within_one_alone() -> None:
    parts = [part for each in joined.PARTS.values() for part in each]
    assert len(parts) == len(set(parts)) == len(joined.HOSTS)
    for name in (*joined.PARTS, *parts):
        ast.parse(bundle._source(name).read_text(encoding="utf-8"))


def test_a_part_that_something_else_imports_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    board = bundle_board()
    monkeypatch.setitem(joined.HOSTS, "firmware.wire.cbor", "firmware.wire.seal")
    with pytest.raises(bundle.BundleError, match=r"imports firmware.wire.cbor, which travels"):
        bundle.modules_of(board)


def bundle_board() -> Board:
    return load(site=None).boards["greenhouse-2"]
