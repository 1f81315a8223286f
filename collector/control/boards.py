"""Which outputs a node has: those of its board type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from collector.store.postgres.db import StoreError
from field_configs.acting import BoardOutput
from field_configs.load import load
from field_configs.schema import Board


class UnknownOutput(StoreError):  # noqa: N818 - named for what happened
    """A node has no such output."""

    def __init__(self, node: str, output: int, board: Board | None) -> None:
        has = ", ".join(f"{each.number} ({each.en})" for each in board.outputs) if board else ""
        super().__init__(f"node {node}: has no output {output}; it has {has or 'none'}")


@lru_cache
def acting_boards() -> Mapping[str, Board]:
    """Return the board types of this release that have outputs, by id."""
    return {name: board for name, board in load(site=None).boards.items() if board.outputs}


def output_of(node: str, board: str, number: int) -> BoardOutput:
    """Return an output of a node's board type.

    Raises
    ------
    UnknownOutput
    """
    found = acting_boards().get(board)
    for output in found.outputs if found else ():
        if output.number == number:
            return output
    raise UnknownOutput(node, number, found)
