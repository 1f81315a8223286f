"""Starts the services of a single-machine installation and stops every one of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from collector.one_machine.embedded import dying_with_parent

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
RESTART_SECONDS = 5.0
EVERY_SECONDS = 1.0
FRONT_DOOR = "import nongqing; nongqing.main()"


class ServiceError(RuntimeError):
    """A service did not come up; the message names its log."""


@dataclass
class Service:
    """One process.

    Attributes
    ----------
    name : str
        What the start line and the log file call it.
    arguments : list of str
        The `nongqing` command that it runs, without the program's name.
    ready : callable
        Tells whether the service does its work yet.
    """

    name: str
    arguments: list[str]
    ready: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    died_at: float | None = field(default=None, init=False)


class Supervisor:
    """Runs services, each with a log of its own, until it is told to stop.

    Parameters
    ----------
    log_dir : Path
        Takes ``<service>.log``.
    environment : mapping
        What the services find in their environment beside ours.
    say : callable
        Takes one line for the person who started us.
    every : callable
        Is called about once a second, also while a service is waited for.
    keep_open : tuple of int
        Files that every service keeps open as long as it lives.
    """

    def __init__(
        self,
        log_dir: Path,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        every: Callable[[], None] = lambda: None,
        keep_open: tuple[int, ...] = (),
    ) -> None:
        log_dir.mkdir(parents=True, exist_ok=True)
        self.log_dir = log_dir
        self.environment = {**os.environ, **environment}
        self.say = say
        self.every = every
        self.keep_open = keep_open
        self.services: list[Service] = []

    def log_of(self, service: Service) -> Path:
        """Return the log file of a service."""
        return self.log_dir / f"{service.name}.log"

    def _spawn(self, service: Service) -> None:
        with self.log_of(service).open("ab") as log:
            service.process = subprocess.Popen(
                [sys.executable, "-P", "-c", FRONT_DOOR, *service.arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone; we stop them in order
                pass_fds=self.keep_open,
                preexec_fn=dying_with_parent(signal.SIGTERM),
            )

    def start(self, service: Service) -> None:
        """Start a service and wait until it is ready.

        Raises
        ------
        ServiceError
            When it ends or is not ready within a minute.
        """
        self._spawn(service)
        self.services.append(service)
        deadline = time.monotonic() + READY_SECONDS
        called = time.monotonic()
        while not service.ready():
            if time.monotonic() - called >= EVERY_SECONDS:
                self.every()
                called = time.monotonic()
            assert service.process is not None
            code = service.process.poll()
            if code is not None or time.monotonic() > deadline:
                log = self.log_of(service)
                last = log.read_text(errors="replace").strip().splitlines()[-3:]
                what = "is not ready after a minute" if code is None else f"ended with {code}"
                raise ServiceError(
                    f"{service.name}: it {what}; its log {log} ends: {' / '.join(last)}"
                )
            time.sleep(0.1)

    def tend(self) -> None:
        """Start again what has died, at most every few seconds each, and say so."""
        self.every()
        now = time.monotonic()
        for service in self.services:
            if service.process is None or service.process.poll() is None:
                continue
            if service.died_at is None:
                service.died_at = now
                self.say(
                    f"{service.name} ended with {service.process.returncode}; its log is "
                    f"{self.log_of(service)}; it starts again in {RESTART_SECONDS:.0f} s"
                )
            elif now - service.died_at > RESTART_SECONDS:
                service.died_at = None
                self._spawn(service)

    def run(self) -> None:
        """Tend the services once a second, until interrupted."""
        while True:
            self.tend()
            time.sleep(EVERY_SECONDS)

    def stop(self) -> None:
        """Stop every service, last started first; kill what does not go."""
        for service in reversed(self.services):
            if service.process is None or service.process.poll() is not None:
                continue
            service.process.terminate()
            try:
                service.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(service.process.pid, signal.SIGKILL)
                service.process.wait()
        self.services.clear()


def interrupt_on_signals() -> Callable[[], None]:
    """Let the first SIGINT or SIGTERM raise KeyboardInterrupt and ignore all further ones.

    So a second Ctrl-C does not cut short the orderly stop that the first one began.

    Returns
    -------
    callable
        Raises KeyboardInterrupt if a signal came: Python drops an exception that is raised at some
        places, as between fork and exec, and who goes on then must look.
    """
    came = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        came.append(number)
        raise KeyboardInterrupt

    def check() -> None:
        if came:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    return check
