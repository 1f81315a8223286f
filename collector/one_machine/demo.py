"""The demonstration's first start, and the simulated time that the next start goes on from."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from collector.clock import SimulatedClock
from collector.keys import load_or_make_master_key
from collector.settings import Settings
from collector.store import settings_table
from collector.store.advice import works
from collector.store.advice.works import FieldWork
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.load import load, shifted
from field_configs.village_list import load_list

SITE, REGION = "demo", "puyang"
SITE_YEAR = 2016  # the site's dates are those of the season that is harvested in this year
OWNER = "demo"  # the setting by which a database says whose demonstration it holds
DAY_S = 86400


class DemoWeather(Protocol):
    """What the virtual sensors measure: a prepared file, and when the demo opens in it."""

    @property
    def path(self) -> Path:
        """The prepared file."""
        ...

    @property
    def begins(self) -> datetime:
        """The first hour of the file."""
        ...

    @property
    def opens(self) -> datetime:
        """The simulated time of the first start: a spring when wheat is at risk."""
        ...

    @property
    def zh(self) -> str:
        """What the weather is, in Chinese."""
        ...

    @property
    def en(self) -> str:
        """What the weather is, in English."""
        ...

    @property
    def watered(self) -> Sequence[tuple[date, float]]:
        """Local days on which the virtual soil is watered, and how much [mm]."""
        ...


class DemoError(RuntimeError):
    """The demonstration must not start here; the message says why and what to do."""


@dataclass
class DemoState:
    """The demonstration's own file, ``demo.json`` in the state folder.

    Attributes
    ----------
    path : Path
        Where it is kept.
    weather_file : Path
        What the virtual sensors read.
    sim_unix : float
        Simulated time at the last save [s since 1970-01-01 UTC].
    rate : float
        Simulated seconds for each real second.
    real_unix : float
        The machine's time when `sim_unix` was right [s since 1970-01-01 UTC].
    zh, en : str
        What the weather is.
    opens_unix : float
        Simulated time of the first start [s since 1970-01-01 UTC].
    backlog_days : int
        What the nodes have measured before it and not delivered yet; 0 once it is in [d].
    filled : bool
        Whether the database holds the villages and nodes.
    owner : str
        What the database's setting `OWNER` says, if the demonstration in it is this one.
    watered : list of (str, float)
        Local days on which the virtual soil is watered, and how much [mm].
    """

    path: Path
    weather_file: Path
    sim_unix: float
    rate: float
    real_unix: float
    zh: str
    en: str
    opens_unix: float
    backlog_days: int = 0
    filled: bool = True
    owner: str = ""
    watered: list[tuple[str, float]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path, rate: float) -> DemoState:
        """Read the state that an earlier start left, to go on now at `rate`.

        Raises
        ------
        DemoError
            When it is broken.
        """
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            sim_unix = float(kept["sim_unix"])
            return cls(
                path,
                Path(kept["weather_file"]),
                sim_unix,
                rate,
                time.time(),
                str(kept["zh"]),
                str(kept["en"]),
                float(kept.get("opens_unix", sim_unix)),
                int(kept.get("backlog_days", 0)),
                bool(kept.get("filled", True)),
                str(kept.get("owner", "")),
                [(str(day), float(mm)) for day, mm in kept.get("watered", [])],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise DemoError(
                f"{path}: is broken ({type(error).__name__}); delete {path.parent} to begin the "
                "demonstration again"
            ) from error

    def clock(self) -> SimulatedClock:
        """Return the clock that every part shares."""
        return SimulatedClock(self.sim_unix, self.real_unix, self.rate)

    def undelivered_days(self) -> float:
        """How far back the undelivered backlog begins, from now [d]; 0 when all is in."""
        if not self.backlog_days:
            return 0.0
        return self.backlog_days + (self.clock().now().timestamp() - self.opens_unix) / DAY_S

    def save(self) -> None:
        """Write the simulated time of now, so that the next start goes on from it."""
        kept = asdict(self) | {
            "path": str(self.path),
            "weather_file": str(self.weather_file),
            "sim_unix": self.clock().now().timestamp(),
            "real_unix": time.time(),
        }
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(kept), encoding="utf-8")
        os.replace(new, self.path)


def start(
    settings: Settings,
    pool: db.Pool,
    weather_of: Callable[[Path, Path | None], DemoWeather],
    weather_csv: Path | None,
    rate: float,
    backlog_days: int,
) -> tuple[DemoState, str]:
    """Fill an empty store with the demonstration's villages and nodes, or go on where it stopped.

    A start that was cut off is gone on with, wherever that was: the state is kept before the
    store is filled, that is one transaction, and the backlog counts as open until it is in.

    Parameters
    ----------
    settings : Settings
        With the database's address filled in.
    pool : Pool
        Connections to a database with an up-to-date schema.
    weather_of : callable
        Prepares the weather below a folder, from a CSV file or from its own sources.
    weather_csv : Path or None
        Weather of your own; only the first start takes it.
    rate : float
        Simulated seconds for each real second.
    backlog_days : int
        What the nodes have measured before the first start, as far as the weather goes; only the
        first start takes it [d].

    Returns
    -------
    tuple of DemoState, str
        The state, and a few words about it.

    Raises
    ------
    DemoError
        When the database holds villages that this state folder did not put there: the
        demonstration would give their nodes new keys and mix simulated frames into theirs. Or
        when it holds none, and the state says that it did.
    """
    path = settings.state_dir.resolve() / "demo.json"
    if path.exists():
        state = DemoState.read(path, rate)
        words = _go_on(settings, pool, state) + "; --weather counts at the first start only" * bool(
            weather_csv
        )
    else:
        _need_empty(pool, path)
        weather = weather_of(settings.state_dir.resolve(), weather_csv)
        opens = weather.opens.timestamp()
        state = DemoState(
            path,
            weather.path,
            opens,
            rate,
            time.time(),
            weather.zh,
            weather.en,
            opens,
            min(backlog_days, (weather.opens - weather.begins).days),
            filled=False,
            owner=secrets.token_hex(8),
            watered=[(str(day), mm) for day, mm in weather.watered],
        )
        state.save()
        words = _fill(settings, pool, state)
    _put_banner(pool, state)
    return state, words


def _go_on(settings: Settings, pool: db.Pool, state: DemoState) -> str:
    if not state.filled:
        return f"{_fill(settings, pool, state)}; the first start was cut off and goes on"
    with pool.connection() as conn:
        villages, owner = len(registry.villages(conn)), settings_table.get(conn, OWNER)
    if not villages or owner != (state.owner or None):
        raise DemoError(
            f"demo: {state.path} belongs to another database than {db.place(pool.dsn)}; name that "
            f"one in NONGQING_DSN, or delete {state.path.parent} to begin the demonstration again"
        )
    open_backlog = "; the backlog of the nodes is not in yet" * bool(state.backlog_days)
    moment = f"{state.clock().now():%Y-%m-%d %H:%M} UTC"
    return f"goes on at {moment}, {_pace(state.rate)}{open_backlog}"


def _need_empty(pool: db.Pool, path: Path) -> None:
    with pool.connection() as conn:
        taken = len(registry.villages(conn))
    if taken:
        raise DemoError(
            f"demo: the database {db.place(pool.dsn)} already holds {taken} villages, and {path} "
            "does not say that they are the demonstration's; unset NONGQING_DSN or name an empty "
            "database, or start without --demo"
        )


def _fill(settings: Settings, pool: db.Pool, state: DemoState) -> str:
    opens = datetime.fromtimestamp(state.opens_unix, UTC)
    configs = shifted(load(site=SITE), opens.year - SITE_YEAR)
    master = load_or_make_master_key(settings.state_dir, settings.master_key)
    with pool.connection() as conn:
        done = settings_table.get(conn, OWNER) == state.owner
    if not done:
        _need_empty(pool, state.path)
        with pool.connection() as conn:
            registry.import_configs(conn, configs, opens, source=f"sites/{SITE}")
            registry.add_villages(conn, load_list(REGION), opens, source=f"regions/{REGION}")
            for node in sorted(configs.nodes):
                registry.enroll(conn, master, node, at=opens)
            works.put(conn, _waterings(conn, state), opens)
            settings_table.put(conn, OWNER, state.owner, opens)
    state.filled = True
    state.save()
    words = f"{len(configs.villages)} villages, {len(configs.nodes)} nodes; {state.en}"
    return f"{words}; {_pace(state.rate)}"


def _waterings(conn: db.Connection, state: DemoState) -> list[FieldWork]:
    """When the fields with soil probes are watered; like the weather, known to its end."""
    fields = sorted({p.field for p in registry.placements(conn) if p.quantity == "soil_moisture"})
    return [
        FieldWork(
            field=each,
            kind=works.IRRIGATION,
            date=date.fromisoformat(day),
            recorded_by=SITE,
            done=True,
            product="",
            target="",
            amount_mm=mm,
            note="",
            origin=f"demo:{day}",
        )
        for each in fields
        for day, mm in state.watered
    ]


def _put_banner(pool: db.Pool, state: DemoState) -> None:
    """Let every page say that its weather and its time are not those of today."""
    banner = {
        "zh": f"{state.zh}；时间也是模拟的，比真的快 {state.rate:g} 倍；"
        "冷链货物和行程是编的；各角色演示账号的登录链接印在启动时的终端里",
        "en": f"{state.en}; the time is simulated, too, {state.rate:g} times as fast; the load "
        "and its ride are made up; "
        "links that sign in as each role were printed at its start",
    }
    with pool.connection() as conn:
        text = json.dumps(banner, ensure_ascii=False)
        settings_table.put(conn, "banner", text, state.clock().now())


def _pace(rate: float) -> str:
    return f"{rate:g} simulated seconds a second"
