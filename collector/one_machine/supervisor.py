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
    """

    def __init__(
        self, log_dir: Path, environment: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        log_dir.mkdir(parents=True, exist_ok=True)
        self.log_dir = log_dir
        self.environment = {**os.environ, **environment}
        self.say = say
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
        while not service.ready():
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

    def run(self, every: Callable[[], None]) -> None:
        """Tend the services and call `every` once a second, until interrupted."""
        while True:
            self.tend()
            every()
            time.sleep(1.0)

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


def interrupt_on_signals() -> None:
    """Let the first SIGINT or SIGTERM raise KeyboardInterrupt and ignore all further ones.

    So a second Ctrl-C does not cut short the orderly stop that the first one began.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
