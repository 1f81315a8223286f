"""What a job is, and what it is given when it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event as Flag

from collector.settings import Settings
from collector.store.postgres.db import Pool
from field_configs.events import Event


@dataclass(frozen=True)
class Context:
    """What a job is given: connections, the time, and, in a service, its settings.

    `stopping` is set when the process is about to end: a job of minutes looks at it and stops.
    """

    pool: Pool
    now: datetime
    settings: Settings | None = None
    stopping: Flag = field(default_factory=Flag)


@dataclass(frozen=True)
class Job:
    """A job: due every `every` of the clock since 1970, `delay` later.

    `function` takes a `Context` and returns an event that says what it did. Where `after` names
    another job, it waits until that one was tried for the same due time or a later one. Where
    `wanted` says that there is nothing to do, the round is passed over and not recorded: so a job
    may be due every few seconds.
    """

    id: str
    every: timedelta
    function: Callable[[Context], Event]
    delay: timedelta = timedelta(0)
    after: str | None = None
    wanted: Callable[[Context], bool] | None = None

    def due(self, now: datetime) -> datetime:
        """Return the latest time at or before `now` at which the job was due."""
        passed = (now - self.delay).timestamp() // self.every.total_seconds()
        return datetime.fromtimestamp(passed * self.every.total_seconds(), UTC) + self.delay
