"""The demonstration's first start, and the simulated time that the next start goes on from."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from collector.clock import SimulatedClock
from collector.keys import load_or_make_master_key
from collector.settings import Settings
from collector.store import db, registry, settings_table
from field_configs.load import load, shifted

SITE = "demo"
SITE_YEAR = 2016  # the site's dates are those of the season that is harvested in this year


class DemoWeather(Protocol):
    """What the virtual sensors measure: a prepared file, and when the demo opens in it."""

    @property
    def path(self) -> Path:
        """The prepared file."""
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
        Simulated seconds for each real second [1].
    real_unix : float
        The machine's time when `sim_unix` was right [s since 1970-01-01 UTC].
    zh, en : str
        What the weather is.
    """

    path: Path
    weather_file: Path
    sim_unix: float
    rate: float
    real_unix: float
    zh: str
    en: str

    @classmethod
    def read(cls, path: Path, rate: float) -> DemoState:
        """Read the state that an earlier start left, to go on now at `rate`."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        weather_file = Path(kept["weather_file"])
        sim_unix = float(kept["sim_unix"])
        return cls(path, weather_file, sim_unix, rate, time.time(), kept["zh"], kept["en"])

    def clock(self) -> SimulatedClock:
        """Return the clock that every part shares."""
        return SimulatedClock(self.sim_unix, self.real_unix, self.rate)

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
) -> tuple[DemoState, bool, str]:
    """Fill an empty store with the demonstration's villages and nodes, or go on where it stopped.

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
        Simulated seconds for each real second [1].

    Returns
    -------
    tuple of DemoState, bool, str
        The state, whether this was the first start, and a few words about it.

    Raises
    ------
    DemoError
        When the database holds villages that this state folder did not put there: the
        demonstration would give their nodes new keys and mix simulated frames into theirs.
    """
    path = settings.state_dir.resolve() / "demo.json"
    if path.exists():
        state = DemoState.read(path, rate)
        _put_banner(pool, state)
        words = f"goes on at {state.clock().now():%Y-%m-%d %H:%M} UTC, {_pace(rate)}"
        return (
            state,
            False,
            words + ("; --weather counts at the first start only" * bool(weather_csv)),
        )
    with pool.connection() as conn:
        taken = len(registry.villages(conn))
    if taken:
        raise DemoError(
            f"demo: the database {db.place(pool.dsn)} already holds {taken} villages, and {path} "
            "does not say that they are the demonstration's; unset NONGQING_DSN or name an empty "
            "database, or start without --demo"
        )
    weather = weather_of(settings.state_dir.resolve(), weather_csv)
    configs = shifted(load(site=SITE), weather.opens.year - SITE_YEAR)
    master = load_or_make_master_key(settings.state_dir, settings.master_key)
    with pool.connection() as conn:
        registry.import_configs(conn, configs, weather.opens, source=f"sites/{SITE}")
        for node in sorted(configs.nodes):
            registry.enroll(conn, master, node, at=weather.opens)
    opens = weather.opens.timestamp()
    state = DemoState(path, weather.path, opens, rate, time.time(), weather.zh, weather.en)
    state.save()
    _put_banner(pool, state)
    words = f"{len(configs.villages)} villages, {len(configs.nodes)} nodes; {weather.en}"
    return state, True, f"{words}; {_pace(rate)}"


def _put_banner(pool: db.Pool, state: DemoState) -> None:
    """Let every page say that its weather and its time are not those of today."""
    banner = {
        "zh": f"{state.zh}；时间也是模拟的，比真的快 {state.rate:g} 倍",
        "en": f"{state.en}; the time is simulated, too, {state.rate:g} times as fast",
    }
    with pool.connection() as conn:
        text = json.dumps(banner, ensure_ascii=False)
        settings_table.put(conn, "banner", text, state.clock().now())


def _pace(rate: float) -> str:
    return f"{rate:g} simulated seconds a second"
