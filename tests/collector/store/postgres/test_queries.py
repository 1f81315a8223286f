"""The .sql files and their reader."""

from __future__ import annotations

import re

import pytest

from collector import store
from collector.store.postgres import queries

FAMILIES = sorted(path.stem for path in queries.FOLDER.glob("*.sql"))


def test_blocks_are_named() -> None:
    text = "-- head\n\n-- name: one\nSELECT 1\n-- why\n-- name: two\nSELECT 2\n"
    assert queries.parse_blocks(text, "x.sql") == {"one": "SELECT 1\n-- why", "two": "SELECT 2"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1\n-- name: a\nSELECT 1", "x.sql: a statement stands before the first"),
        ("-- name: a\n\n-- name: b\nSELECT 1", "x.sql: block a is empty; write its statement"),
        ("-- name: a\nSELECT 1\n-- name: a\nSELECT 2", "x.sql: block a comes twice; rename one"),
    ],
)
def test_broken_files_are_named(text: str, message: str) -> None:
    with pytest.raises(queries.QueryFileError, match=re.escape(message)):
        queries.parse_blocks(text, "x.sql")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_block_is_used_and_every_use_has_a_block(family: str) -> None:
    folder = queries.FOLDER.parents[1]
    blocks = set(queries.load(family))
    users = [p.read_text("utf-8") for p in folder.rglob("*.py")]
    users = [text for text in users if f'queries.load("{family}")' in text]
    assert users, f"{family}.sql has no module; {store.__name__} should load it"
    words = {word for text in users for word in re.findall(r'"([a-z0-9_]+)"', text)}
    if family == "frames":
        words |= {"take_waiting_time", "take_waiting_layout", "take_waiting_clock"}
    assert blocks - words == set()
