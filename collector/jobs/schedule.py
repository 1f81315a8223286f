"""The scheduler that runs the jobs when the clock says that they are due.

Several processes may be started; one of them leads and runs the jobs, the others stand by. A beat
of one second, counted on the monotonic clock, looks which job is due; so a simulated clock may run
at any rate, and a clock that is set forward or back stops nothing. A due time that passed while
nobody ran is made up for once. Each attempt is recorded; a failed one is tried again, later and
later, and never touches other jobs.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from collector.clock import Clock
from collector.jobs.context import Context, Job
from collector.jobs.declared import declared_jobs
from collector.settings import Settings
from collector.store import job_runs
from collector.store.network import server_clock
from collector.store.postgres.db import DatabaseDown, Pool
from collector.store.postgres.election import Election
from collector.trouble import Trouble
from field_configs.events import event

POLL_SECONDS = 1.0
RETRY_SECONDS = (2.0, 5.0, 15.0, 60.0, 300.0)
ELECT_SECONDS = (0.0, 2.0, 5.0, 15.0)

log = logging.getLogger("nongqing.jobs")


class Runner:
    """Runs one job when it is due, records how it went, and tries again when it failed."""

    def __init__(
        self,
        job: Job,
        pool: Pool,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
        settings: Settings | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        self.job = job
        self.settings = settings
        self.stopping = stopping or threading.Event()
        self.pool = pool
        self.clock = clock
        self.monotonic = monotonic
        self.done: datetime | None = None
        self.tried: datetime | None = None
        self.attempt = 0
        self.not_before = 0.0

    def tick(self) -> None:
        """Run the job if it is due and, after a failure, if its pause is over."""
        due = self.job.due(self.clock.now())
        # What was done for a later time than now was done by a clock that has been set back since.
        if self.done == due or self.monotonic() < self.not_before:
            return
        self.attempt += 1
        try:
            ok = not self._is_wanted() or self._attempt(due)
        except DatabaseDown as error:
            log.warning("job %s: %s", self.job.id, error)
            ok = False
        self.tried = due
        if ok:
            self.done, self.attempt, self.not_before = due, 0, 0.0
        else:
            pause = RETRY_SECONDS[min(self.attempt, len(RETRY_SECONDS)) - 1]
            self.not_before = self.monotonic() + pause

    def _context(self) -> Context:
        return Context(self.pool, self.clock.now(), self.settings, self.stopping)

    def _is_wanted(self) -> bool:
        return self.job.wanted is None or self.job.wanted(self._context())

    def _attempt(self, due: datetime) -> bool:
        started = self.monotonic()
        with self.pool.connection() as conn:
            run = job_runs.begin(conn, self.job.id, due, self.attempt, self.clock.now())
        try:
            outcome, said = job_runs.OK, self.job.function(self._context())
        except DatabaseDown as error:
            log.warning("job %s: %s", self.job.id, error)
            outcome, said = job_runs.FAILED, event("job_waits", detail=str(error))
        except Exception as error:
            log.exception("job %s failed", self.job.id)
            outcome = job_runs.FAILED
            said = event("job_failed", error=type(error).__name__, detail=str(error))
        seconds = self.monotonic() - started
        with self.pool.connection() as conn:
            job_runs.finish(conn, run, outcome, said, self.clock.now(), seconds)
        return outcome == job_runs.OK


class Jobs:
    """All jobs of a process, run while it leads.

    Parameters
    ----------
    pool : Pool
    clock : Clock
        Says what is due.
    jobs : tuple of Job
        Default: every declared one.
    monotonic : callable
        Real time [s], for the pauses while the database is away.
    settings : Settings, optional
        Of the service; jobs that keep something outside the database need them.
    """

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        jobs: tuple[Job, ...] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        settings: Settings | None = None,
    ) -> None:
        self.pool = pool
        self.clock = clock
        self.election = Election(pool.dsn)
        jobs = declared_jobs() if jobs is None else jobs
        self.stopping = threading.Event()
        self.runners = tuple(
            Runner(job, pool, clock, settings=settings, stopping=self.stopping) for job in jobs
        )
        self.leading = False
        self.doubt = ""
        self._host = socket.gethostname()
        self._trouble = Trouble(log, monotonic)
        self.monotonic = monotonic
        self.failures = 0
        self.not_before = 0.0

    def elect(self) -> None:
        """Find out whether this process leads; later and later while the database is away."""
        if self.failures and self.monotonic() < self.not_before:
            return
        before = self.leading
        try:
            leads = self.election.leads()
            if leads and not before:
                log.info("this process runs the jobs now")
                with self.pool.connection() as conn:
                    job_runs.abandon(conn, self.clock.now())
            self.leading, self.failures = leads, 0
            if leads:
                self._ask_for_doubt()
        except DatabaseDown as error:
            self.leading = False
            pause = ELECT_SECONDS[min(self.failures, len(ELECT_SECONDS) - 1)]
            self.failures += 1
            self.not_before = self.monotonic() + pause
            log.warning("%s; trying again in %.0f s", error, max(pause, POLL_SECONDS))

    def _ask_for_doubt(self) -> None:
        """Find out whether the clock that says what is due can be believed."""
        now = self.clock.now()
        with self.pool.connection() as conn:
            self.doubt = server_clock.in_doubt(conn, self._host, now)
        if self.doubt:
            said = event("server_clock", host=self._host, reason=self.doubt, said=now)
            self._trouble.say(logging.WARNING, str(said))
        else:
            self._trouble.over()

    def tick(self, runner: Runner) -> None:
        """Let a job run, if this process leads and the job before it had its turn.

        While the clock is in doubt jobs rest: what they would say of the day, or clear away as
        old, could be wrong.
        """
        if self.leading and not self.doubt and not self._waits(runner):
            runner.tick()

    def _waits(self, runner: Runner) -> bool:
        now = self.clock.now()
        due = runner.job.due(now)
        before = [r.tried for r in self.runners if r.job.id == runner.job.after]
        return any(tried is None or tried < due or tried > now for tried in before)


class Scheduler:
    """Runs jobs on threads of its own, once started: one look at each job a second.

    APScheduler keeps the threads and lets no job run twice at a time. It is given every look to run
    at once: its own intervals follow the wall clock, which may be set back or years forward.

    Parameters
    ----------
    jobs : Jobs
    """

    def __init__(self, jobs: Jobs) -> None:
        self._looks: dict[str, Callable[[], None]] = {"election": jobs.elect}
        for runner in jobs.runners:
            self._looks[runner.job.id] = partial(jobs.tick, runner)
        executors = {"default": ThreadPoolExecutor(len(self._looks))}
        self._scheduler = BackgroundScheduler(executors=executors, timezone=UTC)
        self._stopping = jobs.stopping
        self._beat = threading.Thread(target=self._run, name="beat", daemon=True)

    def start(self) -> None:
        """Begin to look; returns at once."""
        self._scheduler.start()
        self._beat.start()

    def shutdown(self) -> None:
        """Stop looking, and wait for jobs that run; those of minutes are told to stop."""
        self._stopping.set()
        self._beat.join()
        self._scheduler.shutdown()

    def _run(self) -> None:
        while True:
            for name, look in self._looks.items():
                self._scheduler.add_job(
                    look, id=name, replace_existing=True, max_instances=1, misfire_grace_time=None
                )
            if self._stopping.wait(POLL_SECONDS):
                return
