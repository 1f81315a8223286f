"""The job that keeps the audit log's head outside the database, and looks at what was added."""

from __future__ import annotations

from datetime import timedelta

from collector.audit.checking import Fault, verify
from collector.audit.heads import Head, HeadFile, HeadFileError
from collector.jobs.context import Context, Job
from collector.secret_file import read_secret
from collector.settings import Settings, SettingsError
from collector.store import audit, items
from collector.store.items import Found
from collector.store.postgres.db import Connection, Pool
from field_configs.events import Event, event


def head_file(settings: Settings) -> HeadFile:
    """Return the file of heads that the settings name.

    Raises
    ------
    SettingsError
        When the key for it cannot be used.
    """
    key = settings.audit_key
    return HeadFile(
        settings.audit_head_file, None if key is None else read_secret(key, "NONGQING_AUDIT_KEY")
    )


def find_fault(conn: Connection, last: Head | None) -> Fault | None:
    """Look at the entries from the last known head on; return the first fault."""
    if last is None:
        return verify(audit.chain(conn), []).fault
    digest = audit.digest_at(conn, last.number)
    if digest is None:
        newest = audit.head(conn)
        return Fault("cut", 1 if newest is None else newest.number + 1, last.number)
    if digest != last.digest:
        return Fault("rewritten", 1, last.number)
    first = last.number + 1
    return verify(audit.chain(conn, first), [], first, last.digest).fault


def look(pool: Pool, file: HeadFile | None) -> tuple[Event | None, Head | None]:
    """Look at what was added since the last head, and add the new one where all is well.

    Returns
    -------
    fault : Event or None
        What is wrong; then nothing is added, so that the file still tells how the log was.
    head : Head or None
        The log's head; None where the log is empty.
    """
    # The file first: what it tells of is in the database before.
    last = None if file is None else file.last()
    with pool.connection() as conn:
        newest = audit.head(conn)
        fault = find_fault(conn, last)
    if fault is not None:
        return event("audit_broken", fault=fault.kind, first=fault.first, last=fault.last), newest
    if file is not None and newest is not None:
        file.add(newest)
    return None, newest


def keep_head(context: Context) -> Event:
    """Write the head down; where the log does not follow from the last one, an item says so.

    So it does where the file of heads cannot be used; an item stays until a person closes it.
    """
    newest: Head | None = None
    fault: Event | None
    try:
        file = None if context.settings is None else head_file(context.settings)
        fault, newest = look(context.pool, file)
    except (HeadFileError, SettingsError) as error:
        fault = event("audit_unkept", detail=str(error))
    if fault is not None:
        with context.pool.connection() as conn:
            items.raise_items(conn, [Found(fault, "audit")], context.now)
        return fault
    return event("audit_kept", entries=0 if newest is None else newest.number)


JOBS = (Job("audit_head", timedelta(minutes=5), keep_head),)
