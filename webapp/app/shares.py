"""Slow pages get a bounded share of the server, so that they never slow the others.

A page that works for long holds a thread, and, since Python runs one thread at a time, slows all
others. So of the pages marked `heavy` a few are made at a time, a few wait a while, and whoever
comes after that is told to try again.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

AT_A_TIME = 1
WAITING = 2
PATIENCE_S = 8.0
RETRY_S = 5


class Busy(Exception):  # noqa: N818 - named for what it is
    """A slow page has its share already; try again in a few seconds."""


class Share:
    """So many callers at a time, so many more waiting, for so long; nobody beyond.

    Parameters
    ----------
    at_a_time, waiting : int
        Callers inside, and callers before the door.
    patience : float
        How long one waits there [s].
    """

    def __init__(
        self, at_a_time: int = AT_A_TIME, waiting: int = WAITING, patience: float = PATIENCE_S
    ) -> None:
        self._inside = threading.Semaphore(at_a_time)
        self._near = threading.Semaphore(at_a_time + waiting)
        self._patience = patience

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place while the block runs.

        Raises
        ------
        Busy
            When all places are taken, at once or after waiting.
        """
        if not self._near.acquire(blocking=False):
            raise Busy
        try:
            if not self._inside.acquire(timeout=self._patience):
                raise Busy
            try:
                yield
            finally:
                self._inside.release()
        finally:
            self._near.release()


#: All slow pages of a process share these places: it is one processor that they would fill.
SHARE = Share()


def heavy(view: Callable[P, T]) -> Callable[P, T]:
    """Mark a view whose making takes long; it runs within the share of such pages."""

    @wraps(view)
    def within(*args: P.args, **kwargs: P.kwargs) -> T:
        with SHARE.taken():
            return view(*args, **kwargs)

    return within
