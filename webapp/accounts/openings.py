"""Counts how often villages' pages are opened, by people without an office, and writes it down.

What is counted waits in memory and is written every half minute and when the server stops, so no
reader waits for it; a process that is killed loses half a minute's count.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Lock, Thread

from flask import Flask, Response, request
from flask_security import current_user

from collector.store.bureau import openings
from collector.store.postgres.db import Pool, StoreError
from webapp.accounts.background import is_ahead
from webapp.app.database import App, now

EXTENSION = "nongqing_openings"
EVERY_S = 30.0
COUNTED = "village.page"
LOG = logging.getLogger(__name__)


class Openings:
    """Openings that were counted and are not written down yet, by village and span."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counted: Counter[tuple[str, datetime]] = Counter()

    def count(self, village: str, at: datetime) -> None:
        """Count an opening of a village's page at a time (aware)."""
        with self._lock:
            self._counted[village, openings.span_of(at)] += 1

    def write(self, pool: Pool) -> None:
        """Write down what was counted; while the database does not take it, it is kept."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        if not counted:
            return
        try:
            with pool.connection() as conn:
                openings.add(conn, counted)
        except Exception as error:  # whatever it is, pages go on being served and counted
            with self._lock:
                self._counted += counted
            if not isinstance(error, StoreError):  # of which pages tell already
                LOG.exception("openings of village pages")


@contextmanager
def written(app: App) -> Iterator[None]:
    """Write down what is counted as long as the block runs, and the rest at its end."""
    found: Openings = app.extensions[EXTENSION]
    over = Event()

    def go_on() -> None:
        while not over.wait(EVERY_S):
            found.write(app.pool)

    thread = Thread(target=go_on, name="openings", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        found.write(app.pool)


def _by_somebody_of_the_village() -> bool:
    """Whether whoever opens a page has no office: nobody is signed in, or a farmer."""
    held = getattr(current_user, "grants", ())
    return all(grant.role == "farmer" for grant in held)


def install(app: Flask) -> None:
    """Let an app count; what holds today alone, not a page of days gone by."""
    found = app.extensions[EXTENSION] = Openings()

    @app.after_request
    def count(response: Response) -> Response:
        shown = request.endpoint == COUNTED and response.status_code in (200, 304)
        of_today = request.method == "GET" and "day" not in request.args
        if shown and of_today and not is_ahead(request) and _by_somebody_of_the_village():
            found.count((request.view_args or {})["village_id"], now())
        return response
