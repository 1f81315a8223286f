"""The kinds of faults of a campaign: each begins, lasts a moment, and ends."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg2

from tests.faults.disks import Powered
from tests.faults.rig import Rig

End = Callable[[], None]
COMMIT_SECONDS = 5.0
#: A commit that waits so long for others can be met [microseconds].
COMMIT_DELAY = 100_000
#: By how much the collectors' clock jumps [s of the machine]. Everything that tells one time from
#: another is `RATE` times as long in a campaign, so a jump of 600 s stands against the watch's 30 s
#: and 120 s, and against the day of the future that a frame may tell, as 600 s do on a real server:
#: 600 / 30 = 600 RATE / (30 RATE), and 86,400 / 600 = 86,400 RATE / (600 RATE), for which the
#: collectors' day is stretched (`tests.faults.rig`). With the plain day a jump of 12 s was out of
#: it, while the watch rightly took one below 120 s for harmless: no real clock can do that.
#: None is below 120 s: a node may be told such a time, and mends it with the next. But its slots
#: are not stretched (an hour is half a second), so there it would measure the same hours twice.
CLOCK_JUMPS_S = (-200_000, -3_600, -600, 600, 3_600, 200_000)


def nothing() -> None:
    """End what ended by itself."""


def collector(rig: Rig, chance: random.Random) -> End:
    """Kill a collector."""
    place = chance.randrange(len(rig.collectors))
    rig.kill_collector(place)

    def end() -> None:
        rig.collectors[place] = rig.collector()

    return end


def collectors(rig: Rig, chance: random.Random) -> End:
    """Kill both collectors."""
    for place in range(len(rig.collectors)):
        rig.kill_collector(place)

    def end() -> None:
        rig.collectors = [rig.collector() for _ in rig.collectors]

    return end


def database(rig: Rig, chance: random.Random) -> End:
    """Kill the database."""
    rig.kill_database()
    return rig.start_database


def mid_commit(rig: Rig, chance: random.Random) -> End:
    """Kill the database while a transaction is being committed."""
    rig.run(f"ALTER SYSTEM SET commit_delay = {COMMIT_DELAY}")
    rig.run("ALTER SYSTEM SET commit_siblings = 0")
    rig.run("SELECT pg_reload_conf()")
    with suppress(psycopg2.Error):
        watcher = psycopg2.connect(rig.postgres.dsn)
        watcher.autocommit = True
        deadline = time.monotonic() + COMMIT_SECONDS
        with watcher.cursor() as cur:
            while time.monotonic() < deadline:
                cur.execute(
                    "SELECT count(*) FROM pg_stat_activity "
                    "WHERE state = 'active' AND query ILIKE 'COMMIT%'"
                )
                if cur.fetchone()[0]:
                    break
    rig.kill_database()

    def end() -> None:
        rig.start_database()
        rig.run("ALTER SYSTEM RESET commit_delay")
        rig.run("SELECT pg_reload_conf()")

    return end


def broker(rig: Rig, chance: random.Random) -> End:
    """Kill the broker."""
    rig.broker.kill()
    return rig.broker.start


def broker_forgets(rig: Rig, chance: random.Random) -> End:
    """Kill the broker; its state is lost."""
    rig.broker.kill()
    rig.broker.forget()
    return rig.broker.start


def node(rig: Rig, chance: random.Random) -> End:
    """Cut a node's power."""
    one = rig.fleet.nodes[chance.choice(sorted(rig.fleet.nodes))]
    one.cut_power()
    return one.start


def server(rig: Rig, chance: random.Random) -> End:
    """The server loses its disk first and its power a moment later."""
    rig.kill_database()
    time.sleep(1.0)
    rig.broker.kill()
    end_collectors = collectors(rig, chance)

    def end() -> None:
        rig.start_database()
        rig.broker.start()
        end_collectors()

    return end


def power(rig: Rig, chance: random.Random) -> End:
    """The database's machine loses its power, with what its disk had not written."""
    disk = rig.disk
    assert isinstance(disk, Powered)
    rig.kill_database()
    disk.cut()

    def end() -> None:
        disk.power_up()
        rig.start_database()

    return end


def cut(side: str) -> Callable[[Rig, random.Random], End]:
    """Cut every connection of one side, and let none come again for a while."""

    def begin(rig: Rig, chance: random.Random) -> End:
        proxy = rig.to_database if side == "database" else rig.to_broker[side]
        proxy.cut()
        return proxy.mend

    return begin


def half_open(side: str) -> Callable[[Rig, random.Random], End]:
    """Connections of one side hand nothing on any more, and neither end is told.

    A node waits 90 s for its broker before it gives a connection up, so there it is one of them.
    """

    def begin(rig: Rig, chance: random.Random) -> End:
        proxy = rig.to_database if side == "database" else rig.to_broker[side]
        proxy.strand(chance, 1 if side == "nodes" else None)
        return nothing

    return begin


def slow(side: str) -> Callable[[Rig, random.Random], End]:
    """Everything on one side takes a while."""

    def begin(rig: Rig, chance: random.Random) -> End:
        proxy = rig.to_database if side == "database" else rig.to_broker[side]
        proxy.delay_s = chance.uniform(0.02, 0.2)
        return proxy.mend

    return begin


def slow_disk(rig: Rig, chance: random.Random) -> End:
    """Stop the whole database again and again, as a disk does that is late with its writes."""
    over = threading.Event()

    def stutter() -> None:
        while not over.is_set():
            rig.signal_database(signal.SIGSTOP)
            over.wait(0.3)
            rig.signal_database(signal.SIGCONT)
            over.wait(0.05)

    thread = threading.Thread(target=stutter, daemon=True)
    thread.start()

    def end() -> None:
        over.set()
        thread.join()

    return end


def disk_full(rig: Rig, chance: random.Random) -> End:
    """The database's disk is full."""
    disk = rig.disk
    assert not isinstance(disk, Powered)
    disk.fill()

    def end() -> None:
        disk.empty()
        rig.start_database()  # one that cannot write its log ends

    return end


def state_full(rig: Rig, chance: random.Random) -> End:
    """The disk with the state folder is full, and a collector starts there."""
    rig.state.fill()
    end_collector = collector(rig, chance)
    end_collector()
    return rig.state.empty


def read_only(rig: Rig, chance: random.Random) -> End:
    """The database takes nothing in, as one that follows another."""

    def switch(to: str) -> None:
        rig.run(f"ALTER SYSTEM SET default_transaction_read_only = {to}")
        rig.run("SELECT pg_reload_conf()")

    switch("on")
    return lambda: switch("off")


def replay(rig: Rig, chance: random.Random) -> End:
    """Frames come twice, late and in another order."""
    rig.repeater.repeat(chance)
    return nothing


def clock(rig: Rig, chance: random.Random) -> End:
    """The clock of the collectors' machine jumps, and back."""
    rig.write_clock_shift(chance.choice(CLOCK_JUMPS_S))
    return lambda: rig.write_clock_shift(0)


KINDS: dict[str, Callable[[Rig, random.Random], End]] = {
    "collector": collector,
    "collectors": collectors,
    "database": database,
    "mid-commit": mid_commit,
    "broker": broker,
    "broker-forgets": broker_forgets,
    "node": node,
    "server": server,
    "cut-nodes": cut("nodes"),
    "cut-collectors": cut("collectors"),
    "cut-database": cut("database"),
    "half-open-nodes": half_open("nodes"),
    "half-open-collectors": half_open("collectors"),
    "half-open-database": half_open("database"),
    "slow-nodes": slow("nodes"),
    "slow-database": slow("database"),
    "slow-disk": slow_disk,
    "disk-full": disk_full,
    "state-full": state_full,
    "read-only": read_only,
    "replay": replay,
    "clock": clock,
    "power": power,
}
#: What only a special campaign has.
SPECIAL = {"power"}
#: Which parts a kind takes away: two of one part at once would get into each other's way.
PARTS = {
    "collector": {"collectors"},
    "collectors": {"collectors"},
    "state-full": {"collectors"},
    "broker": {"broker"},
    "broker-forgets": {"broker"},
    "server": {"database", "broker", "collectors"},
    "node": {"node"},
    "replay": {"broker"},
    "clock": {"collectors"},  # a collector that starts has no time from before the jump
    "cut-nodes": {"nodes"},
    "slow-nodes": {"nodes"},
    "half-open-nodes": {"nodes"},
    "cut-collectors": {"link"},
    "half-open-collectors": {"link"},
    **dict.fromkeys(
        ("database", "mid-commit", "slow-disk", "disk-full", "read-only", "power"), {"database"}
    ),
    **dict.fromkeys(("cut-database", "half-open-database", "slow-database"), {"connections"}),
}
#: Kinds at which a broker may lose what it has acknowledged.
BROKER_LOSES = {"broker", "broker-forgets", "server"}
