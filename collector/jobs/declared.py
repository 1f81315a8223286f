"""The jobs: every module below this folder that declares ``JOBS`` adds its own."""

from __future__ import annotations

import importlib
import pkgutil

import collector.jobs
from collector.jobs.context import Job


def declared_jobs() -> tuple[Job, ...]:
    """Return every declared job, in the order of their modules.

    Raises
    ------
    ValueError
        When two jobs have one name, one waits for a job that is not declared, or for one that is as
        rare and due at another minute: it would run nearly a whole round late, or never.
    """
    found: list[Job] = []
    below = pkgutil.walk_packages(collector.jobs.__path__, f"{collector.jobs.__name__}.")
    for name in sorted(info.name for info in below):
        found += getattr(importlib.import_module(name), "JOBS", ())
    names = [job.id for job in found]
    for job in found:
        if names.count(job.id) > 1:
            raise ValueError(f'collector/jobs: two jobs are named "{job.id}"; rename one')
        if job.after is not None and job.after not in names:
            raise ValueError(
                f'collector/jobs: job "{job.id}" waits for "{job.after}", which no module declares '
                f"(there are: {', '.join(sorted(names))})"
            )
    by_id = {job.id: job for job in found}
    for job in found:
        before = by_id[job.after] if job.after is not None else None
        if before and job.every <= before.every and (job.delay - before.delay) % before.every:
            raise ValueError(
                f'collector/jobs: job "{job.id}" waits for "{before.id}" of the same round and is '
                f"due at another time; give it the delay {before.delay}"
            )
    return tuple(found)
