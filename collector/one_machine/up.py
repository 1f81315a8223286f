"""`nongqing up`: everything on one machine, embedded parts started as needed."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import click

from collector.clock import Clock, SystemClock
from collector.commands.network.enrolment import StoreRegistry
from collector.keys import MasterKeyError, load_or_make_master_key
from collector.one_machine import demo as demonstration
from collector.one_machine import demo_control, demo_people, demo_shipment, embedded
from collector.one_machine.backlog import Backlog
from collector.one_machine.demo import DemoError, DemoState, DemoWeather
from collector.one_machine.supervisor import Service, ServiceError, Supervisor, interrupt_on_signals
from collector.running_note import remove_running, write_running
from collector.senders.console import FILE as SMS_FILE
from collector.settings import Settings, make_state_dir
from collector.state_lock import StateLock, StateLockError, held
from collector.store import job_runs, people
from collector.store.postgres import db

HOST = "127.0.0.1"
MOST_BACKLOG_DAYS = 200


class Parts(Protocol):
    """What the front door hands over."""

    def settings(self) -> Settings:
        """Return the settings of this process."""
        ...

    def demo_weather(self, folder: Path, csv: Path | None) -> DemoWeather:
        """Write the virtual sensors' weather below `folder` and describe it."""
        ...

    def demo_ride(self, folder: Path, opens: float) -> float:
        """Write what the virtual logger meets; return when its load left [s since 1970 UTC]."""
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


def _start_database(
    settings: Settings, stack: ExitStack, keeps_open: tuple[int, ...]
) -> tuple[str, str]:
    if settings.dsn is not None:
        return settings.dsn, f"{db.place(settings.dsn)} (NONGQING_DSN)"
    server = embedded.EmbeddedPostgres(settings.state_dir, keeps_open=keeps_open)
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


def _nodes(state: DemoState) -> Service:
    arguments = ["node", "simulate", "--weather", str(state.weather_file)]
    days = f"{min(state.undelivered_days(), MOST_BACKLOG_DAYS):.4f}"
    return Service("nodes", [*arguments, "--backlog-days", days], ready=lambda: True)


class Upkeep:
    """What is done once a second: were we to stop; is the folder still ours; what time is it."""

    def __init__(
        self,
        check_interrupted: Callable[[], None],
        lock: StateLock,
        state: DemoState | None,
        backlog: Backlog | None,
    ) -> None:
        self.check_interrupted = check_interrupted
        self.lock = lock
        self.state = state
        self.backlog = backlog
        self.trouble: str | None = None

    def __call__(self) -> None:
        """Look and keep; a full disk is said once and tried again."""
        self.check_interrupted()
        self.lock.check()
        trouble = None
        try:
            if self.state is not None:
                self.state.save()
            if self.backlog is not None:
                self.backlog.look_now_and_then()
        except OSError as error:
            trouble = f"{self.lock.folder}: cannot be written ({error.strerror})"
        if trouble != self.trouble:
            click.echo(
                f"{trouble}; make room" if trouble else f"{self.lock.folder}: is written again"
            )
        self.trouble = trouble


def _need_port(port: int) -> None:
    if embedded.port_taken(port, HOST):
        raise ServiceError(
            f"web: port {port} on {HOST} is taken; choose another one: make run PORT={port + 1}, "
            f"or nongqing up --port {port + 1}"
        )


def _ways_in(pool: db.Pool, is_demo: bool, address: str, codes: Path) -> str:
    """Make the links that sign in once: of the demonstration's people, or of the first of all."""
    now = SystemClock().now()
    if is_demo:
        lines = [f"  {role:<14} {address}{path}" for role, path in demo_people.links(pool, now)]
        return "\n".join(
            ["\nsign-in links, each for one time:", *lines, f"  codes by SMS stand in {codes}"]
        )
    with pool.connection() as conn:
        token = people.first_administrator(conn, now)
    return f"\nadministrator, for one time: {address}{people.LINK_PATH}{token}" if token else ""


def run(
    settings: Settings,
    weather_of: Callable[[Path, Path | None], DemoWeather] | None,
    *,
    weather_csv: Path | None,
    port: int,
    rate: float,
    backlog_days: int,
    ride: demo_shipment.WriteRide | None = None,
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
        Simulated seconds for each real second.
    backlog_days : int
        What the demo's nodes have measured before they first reach the broker [d].
    ride : callable, optional
        Writes the ride of the demo's logger; without it no load is on its way.

    Raises
    ------
    StateLockError
        When the state folder is in use, or cannot be had.
    EmbeddedError, DatabaseDown, ServiceError
        When a part does not come up.
    """
    lock = StateLock(settings.state_dir, f"http://{HOST}:{port}/")
    lock.refuse_second()
    if not held(settings.state_dir):
        _need_port(port)
    check_interrupted = interrupt_on_signals()
    make_state_dir(settings.state_dir)
    steps = Steps(8 if weather_of else 6)
    with ExitStack() as stack:
        stack.callback(lock.release)
        lock.take(click.echo)
        _need_port(port)
        # elsewhere the kernel does not end what we leave behind, and it would keep the lock
        family = (lock.fileno,) if sys.platform == "linux" else ()
        with steps.part("database") as say:
            dsn, words = _start_database(settings, stack, family)
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
        backlog: Backlog | None = None
        shipping: demo_shipment.Shipping | None = None
        if weather_of:
            with steps.part("demo") as say:
                state, words = demonstration.start(
                    settings, pool, weather_of, weather_csv, rate, backlog_days
                )
                clock = state.clock()
                if ride is not None:
                    demo_control.prepare(settings, pool, state)
                    shipping = demo_shipment.prepare(settings, pool, ride, state)
                nodes = [
                    node.id
                    for node in StoreRegistry(settings).nodes()
                    if node.id not in (demo_shipment.NODE, *demo_control.NODES)
                ]
                backlog = Backlog(pool, state, nodes)
                say(words)
        # Before the web starts: it would make the first administrator, and print it into its log.
        ways_in = _ways_in(
            pool, state is not None, f"http://{HOST}:{port}", settings.state_dir / SMS_FILE
        )
        if shipping is not None:
            shipping.begin(pool)
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
            Upkeep(check_interrupted, lock, state, backlog),
            family,
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
        if state is not None and backlog is not None:
            with steps.part("nodes") as say:
                supervisor.start(_nodes(state))
                running = len(backlog.nodes) + (shipping is not None)
                say(f"{running} under MicroPython, each with its own flash")
            if state.backlog_days:
                backlog.show(supervisor.tend, supervisor.log_dir)
            click.echo("the first risk is computed; a few seconds more")
        # the first risk is computed once it has something to stand on
        bring_up(Service("jobs", ["jobs"], ready=lambda: _ran(pool, "advisories")))
        click.echo(ways_in)
        click.echo(f"\n农情 Nongqing: http://{HOST}:{port}/   (Ctrl-C stops it)")
        supervisor.run()


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
    type=click.IntRange(0, MOST_BACKLOG_DAYS),
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
    settings = parts.settings()
    try:
        run(
            settings,
            parts.demo_weather if demo else None,
            weather_csv=weather,
            port=port,
            rate=rate,
            backlog_days=backlog_days,
            ride=parts.demo_ride if demo else None,
        )
    except KeyboardInterrupt:
        click.echo("stopped")
    except (
        embedded.EmbeddedError,
        ServiceError,
        DemoError,
        db.StoreError,
        MasterKeyError,
        StateLockError,
    ) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        where = error.filename or settings.state_dir
        raise click.ClickException(
            f"{where}: {error.strerror}; make room or mend its rights, or name another folder in "
            "NONGQING_STATE_DIR"
        ) from error
