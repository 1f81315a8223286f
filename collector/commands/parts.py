"""What the front door hands to every command, and how errors become one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Protocol

import click

from collector.audit.chain import AuditError
from collector.clock import Clock, ClockSpecError
from collector.keys import MasterKeyError
from collector.running_note import RunningNoteError
from collector.settings import Settings, SettingsError
from collector.store.postgres import db as database
from field_configs.schema import ConfigErrors

USED_WRONGLY = 2


class Parts(Protocol):
    """What the front door hands over."""

    def settings(self) -> Settings:
        """Return the settings of this process."""
        ...

    def clock(self) -> Clock:
        """Return the clock of this installation."""
        ...

    def store(self) -> AbstractContextManager[database.Pool]:
        """Lend a pool of connections to the database."""
        ...


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn errors that a person can mend into one line and an exit code."""
    try:
        yield
    except (SettingsError, ClockSpecError, RunningNoteError, database.UnreadableDsn) as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(USED_WRONGLY) from error
    except (database.StoreError, MasterKeyError, ConfigErrors, AuditError) as error:
        raise click.ClickException(str(error)) from error


def moment(context: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:
    """Read a time with its zone from the command line."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise click.BadParameter(
            f'"{text}" is no time with zone; write 2016-05-01T08:00+08:00', context, parameter
        )
    return found
