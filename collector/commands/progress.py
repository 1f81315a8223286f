"""How far long work is, on a terminal alone: what is piped or logged stays plain lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_STEPS = 1000


@contextmanager
def progress(label: str, *, quiet: bool = False) -> Iterator[Callable[[float], None] | None]:
    """Lend what is told the share of the work that is done; None where nobody would see it.

    Parameters
    ----------
    label : str
        What is being done.
    quiet : bool
        Nobody wants to see it.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=_STEPS, label=label, file=sys.stderr) as bar:
        yield lambda share: bar.update(max(0, int(share * _STEPS) - bar.pos))
