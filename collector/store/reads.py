"""Who has seen what is private: one entry of the audit log for each person, page and hour."""

from __future__ import annotations

from datetime import datetime

from collector.store import audit
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run

SQL = queries.load("reads")


def note(conn: Connection, person: int, action: str, page: str, subject: str, at: datetime) -> bool:
    """Write down that a person saw a private page, once in each hour of the clock.

    Parameters
    ----------
    conn : Connection
    person : int
        Who saw it.
    action : str
        One of `collector.audit.chain.ACTIONS`.
    page : str
        Endpoint of the page.
    subject : str
        Whom or what it was about; '' for a page that is about all in the reader's scope.
    at : datetime
        When, aware.

    Returns
    -------
    bool
        Whether it was the first time in this hour.
    """
    if not fetch(conn, SQL["first_in_hour"], person=person, page=page, subject=subject, at=at):
        return False
    audit.append(conn, str(person), action, subject, {"page": page}, at=at)
    return True


def tidy(conn: Connection, at: datetime) -> None:
    """Forget the hours of days ago; the audit log keeps its entries."""
    run(conn, SQL["tidy"], at=at)
