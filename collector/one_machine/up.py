"""`nongqing up`: everything on one machine, embedded parts started as needed."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import click

from collector.clock import Clock, SystemClock
from collector.commands.enrolment import StoreRegistry
from collector.keys import MasterKeyError, load_or_make_master_key
from collector.one_machine import demo as demonstration
from collector.one_machine import embedded
from collector.one_machine.demo import DemoError, DemoState, DemoWeather
from collector.one_machine.supervisor import Service, ServiceError, Supervisor, interrupt_on_signals
from collector.running_note import remove_running, write_running
from collector.settings import Settings, make_state_dir
from collector.store import db, frames, job_runs

HOST = "127.0.0.1"
FRAMES_PER_NODE_AND_DAY = 24
BACKLOG_SECONDS = 300.0


class Parts(Protocol):
    """What the front door hands over."""

    def settings(self) -> Settings:
        """Return the settings of this process."""
        ...

    def demo_weather(self, folder: Path, csv: Path | None) -> DemoWeather:
        """Write the virtual sensors' weather below `folder` and describe it."""
        ...


class Steps:
    """Prints one line for each part as it comes up."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.number = 0

    @contextmanager
    def part(self, name: str) -> Iterator[Callable[[str], None]]:
        """Time the start of a part; the block is given what takes a few words about it."""
        self.number += 1
        words: list[str] = []
        started = time.monotonic()
        yield words.append
        seconds = time.monotonic() - started
        click.echo(f"[{self.number}/{self.total}] {name:<9} {words[-1]} ({seconds:.1f} s)")


def _answers(port: int, path: str) -> bool:
    """Tell whether the web server answers `path` with 200."""
    link = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        link.request("GET", path)
        return link.getresponse().status == 200
    except OSError:
        return False
    finally:
        link.close()


def _ran(pool: db.Pool, job: str) -> bool:
    """Tell whether a job has run, well or not; a failure is for its page to show."""
    with pool.connection() as conn:
        return any(run.job == job and run.finished is not None for run in job_runs.latest(conn))


def _start_database(settings: Settings, stack: ExitStack) -> tuple[str, str]:
    if settings.dsn is not None:
        return settings.dsn, f"{db.place(settings.dsn)} (NONGQING_DSN)"
    server = embedded.EmbeddedPostgres(settings.state_dir)
    stack.callback(server.stop)
    return server.start(), f"embedded PostgreSQL, {HOST}:{server.port}, data in {server.data}"


def _start_broker(settings: Settings, stack: ExitStack) -> tuple[str, str]:
    if settings.broker is not None:
        return settings.broker, "the one that NONGQING_BROKER names"
    broker = embedded.EmbeddedBroker()
    stack.callback(broker.stop)
    return broker.start(), f"embedded rumqttd, {HOST}:{broker.port}"


def _migrate(dsn: str) -> str:
    conn = db.connect(dsn)
    try:
        new = db.migrate(conn)
    finally:
        conn.close()
    return f"{len(new)} migrations applied" if new else "up to date"


def _nodes(state: DemoState, backlog_days: int) -> Service:
    arguments = ["node", "simulate", "--weather", str(state.weather_file)]
    return Service("nodes", [*arguments, "--backlog-days", str(backlog_days)], ready=lambda: True)


def _show_backlog(pool: db.Pool, expected: int, supervisor: Supervisor) -> None:
    """Show how much of the nodes' backlog is stored, until it is all there or time is up."""
    deadline = time.monotonic() + BACKLOG_SECONDS
    with click.progressbar(length=expected, label="backlog of the nodes [frames]") as bar:
        done = 0
        while done < expected and time.monotonic() < deadline:
            supervisor.tend()
            with pool.connection() as conn:
                stored = min(frames.count(conn), expected)
            bar.update(stored - done)
            done = stored
            time.sleep(0.5)
    if done < expected:
        click.echo(
            f"{done} of {expected} frames came in {BACKLOG_SECONDS:.0f} s; the rest follows; "
            f"the nodes' log is in {supervisor.log_dir}"
        )


def run(
    settings: Settings,
    weather_of: Callable[[Path, Path | None], DemoWeather] | None,
    *,
    weather_csv: Path | None,
    port: int,
    rate: float,
    backlog_days: int,
) -> None:
    """Start every part, say so line by line, and tend them until SIGINT or SIGTERM.

    Parameters
    ----------
    settings : Settings
        What is set from outside; embedded parts stand in for an unset database or broker.
    weather_of : callable or None
        Prepares the demo's weather; None starts no nodes and uses the machine's clock.
    weather_csv : Path or None
        Weather of your own for the demo.
    port : int
        Web port on 127.0.0.1.
    rate : float
        Simulated seconds for each real second [1].
    backlog_days : int
        What the demo's nodes have measured before they first reach the broker [d].

    Raises
    ------
    EmbeddedError, DatabaseDown, ServiceError
        When a part does not come up.
    """
    if embedded.port_taken(port, HOST):
        raise ServiceError(
            f"web: port {port} on {HOST} is taken; choose another one: make run PORT={port + 1}, "
            f"or nongqing up --port {port + 1}"
        )
    interrupt_on_signals()
    make_state_dir(settings.state_dir)
    steps = Steps(8 if weather_of else 6)
    with ExitStack() as stack:
        with steps.part("database") as say:
            dsn, words = _start_database(settings, stack)
            say(words)
        with steps.part("schema") as say:
            say(_migrate(dsn))
            load_or_make_master_key(settings.state_dir, settings.master_key)
        with steps.part("broker") as say:
            broker, words = _start_broker(settings, stack)
            say(words)
        settings = replace(settings, dsn=dsn, broker=broker)
        pool = db.Pool(dsn)
        stack.callback(pool.close)
        clock: Clock = SystemClock()
        state: DemoState | None = None
        backlog = 0
        if weather_of:
            with steps.part("demo") as say:
                state, first, words = demonstration.start(
                    settings, pool, weather_of, weather_csv, rate
                )
                clock = state.clock()
                backlog = backlog_days if first else 0
                say(words)
        stack.callback(remove_running, settings.state_dir)
        write_running(settings.state_dir, dsn, broker, clock.spec())
        supervisor = Supervisor(
            settings.state_dir / "log",
            {
                "NONGQING_DSN": dsn,
                "NONGQING_BROKER": broker,
                "NONGQING_STATE_DIR": str(settings.state_dir.resolve()),
                "NONGQING_CLOCK": clock.spec(),
            },
            click.echo,
        )
        stack.callback(supervisor.stop)

        def bring_up(service: Service) -> None:
            with steps.part(service.name) as say:
                supervisor.start(service)
                say(f"running; its log is {supervisor.log_of(service)}")

        bring_up(Service("ingest", ["ingest"], ready=lambda: True))
        bring_up(
            Service("web", ["web", "--port", str(port)], ready=lambda: _answers(port, "/healthz"))
        )
        if state is not None:
            with steps.part("nodes") as say:
                supervisor.start(_nodes(state, backlog))
                nodes = len(StoreRegistry(settings).nodes())
                say(f"{nodes} under MicroPython, each with its own flash")
            if backlog:
                _show_backlog(pool, nodes * backlog * FRAMES_PER_NODE_AND_DAY, supervisor)
            click.echo("the first risk is computed; a few seconds more")
        # the first risk is computed once it has something to stand on
        bring_up(Service("jobs", ["jobs"], ready=lambda: _ran(pool, "advisories")))
        click.echo(f"\n农情 Nongqing: http://{HOST}:{port}/   (Ctrl-C stops it)")
        supervisor.run(every=state.save if state else lambda: None)


@click.command()
@click.option("--demo", is_flag=True, help="Simulated nodes in three villages, simulated clock.")
@click.option(
    "--weather",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Hourly weather of your own for the demo (CSV).",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    help="Web port on 127.0.0.1.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Simulated seconds for each second, in the demo.",
)
@click.option(
    "--backlog-days",
    type=click.IntRange(0, 200),
    default=35,
    show_default=True,
    help="What the demo's nodes have measured before they first reach the broker.",
)
@click.pass_context
def up(
    ctx: click.Context,
    demo: bool,
    weather: Path | None,
    port: int,
    rate: float,
    backlog_days: int,
) -> None:
    """Start everything on this machine: database, broker, collector, jobs, web.

    An embedded PostgreSQL and broker stand in where NONGQING_DSN or NONGQING_BROKER is not set.

    \b
    Example:
      nongqing up --demo --port 8080
    """
    parts: Parts = ctx.obj
    try:
        run(
            parts.settings(),
            parts.demo_weather if demo else None,
            weather_csv=weather,
            port=port,
            rate=rate,
            backlog_days=backlog_days,
        )
    except KeyboardInterrupt:
        click.echo("stopped")
    except (
        embedded.EmbeddedError,
        ServiceError,
        DemoError,
        db.StoreError,
        MasterKeyError,
    ) as error:
        raise click.ClickException(str(error)) from error
