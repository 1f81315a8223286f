"""The job that moves old frames out of the database, into files."""

from __future__ import annotations

from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.store import settings_table
from collector.store.network import archive, server_clock
from field_configs.events import Event, event

#: Setting: after how many days frames are moved; where it is not set they stay.
AFTER_DAYS = "frames.archive_after_days"
#: Those of the last days stay: transactions under way, and whoever looks at what came yesterday.
LEAST_DAYS = 2
A_DAY = timedelta(days=1)


class SettingWrong(ValueError):  # noqa: N818 - named for what is wrong
    """The setting `AFTER_DAYS` is no number of days."""


def days_of(text: str) -> int:
    """Read the setting.

    Raises
    ------
    SettingWrong
    """
    if not (text.isascii() and text.isdigit() and LEAST_DAYS <= int(text) <= 36500):
        raise SettingWrong(
            f'setting {AFTER_DAYS}: "{text[:20]}" is no number of days; write {LEAST_DAYS} or '
            "more, or remove it to keep all frames in the database"
        )
    return int(text)


def archive_frames(context: Context) -> Event:
    """Move frames that are older than the setting says, a file at a time, until none is left.

    Their age is counted from the last time that something came in, as when readings are dropped.
    """
    with context.pool.connection() as conn:
        text = settings_table.get(conn, AFTER_DAYS)
        received = server_clock.newest_receipt(conn)
    if text is None or context.settings is None:
        return event("frames_archived", frames=0, files=0)
    now = context.now if received is None else min(context.now, received + A_DAY)
    before, folder = now - timedelta(days=days_of(text)), context.settings.archive_folder
    frames = files = 0
    while not context.stopping.is_set():
        with context.pool.connection() as conn:
            done = archive.archive_next(conn, folder, before, context.now)
        if not done:
            break
        frames, files = frames + done, files + 1
    return event("frames_archived", frames=frames, files=files)


JOBS = (Job("archive", A_DAY, archive_frames, delay=timedelta(hours=19)),)
