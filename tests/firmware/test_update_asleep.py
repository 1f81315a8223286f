"""An update of a node that sleeps deeply: real firmware, broker, collector and jobs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from collector.store.network import node_firmware, roll_outs
from collector.store.postgres import db
from field_configs.load import load
from firmware.node.deep import DeepSleep
from firmware.node.power import RADIO_MS
from firmware.workbench.simulate import Fleet
from firmware.workbench.simulated import SimulatedNode
from tests.firmware.field import FleetMaker, Shared, wait_for
from tests.firmware.test_deep_sleep import BOARD, CONFIG, NODE, RATE, said
from tests.firmware.test_roll_out_to_nodes import port as port
from tests.firmware.update_server import UpdateServer, Workshop
from tests.firmware.updated_world import World, at_work, enrol

pytestmark = pytest.mark.system
HOUR = 3600
#: From when it is offered until it is kept: until the next report, which brings the command, then
#: what it fetches and its trial; here a second of starting and fetching counts as three minutes.
MOST_S = 3 * HOUR


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    (tmp_path / "workshop").mkdir()
    return Workshop(tmp_path / "workshop", BOARD)


@pytest.fixture
def fleet(conn: db.Connection, make_fleet: FleetMaker, workshop: Workshop, port: int) -> Fleet:
    """One node that is enrolled and trusts the workshop's key."""
    given = {"rate": RATE, "port": port, "update_key": workshop.public.hex(), "board": BOARD}
    made = make_fleet(NODE, config=CONFIG, journal_dir=None, **given)
    enrol(conn, workshop, NODE, board=BOARD)
    return made


@pytest.fixture
def world(dsn: str, tmp_path: Path, fleet: Fleet, port: int) -> Iterator[World]:
    with at_work(dsn, tmp_path, fleet, port) as world:
        yield world


def changed(text: str) -> str:
    return text + '\nCHANGED = "in this version"\n'


def keep_running(fleet: Fleet, happened: Callable[[], object], seconds: float) -> None:
    def there() -> bool:
        fleet.nodes[NODE].short_lives = 0
        fleet.restart_ended()
        return bool(happened())

    wait_for(there, seconds)


def test_an_update_is_kept_within_three_hours_of_being_offered(
    world: World, fleet: Fleet, workshop: Workshop
) -> None:
    names = ("cycle", "outbox", "sensing", "samples", "clock", "link", "deep", "board_esp32")
    workshop.make("0.2.0", {f"firmware/node/{name}.py": changed for name in names})
    node = fleet.nodes[NODE]
    wait_for(lambda: said(node, "asleep for") >= 2, 60)
    assert world.says(lambda conn: node_firmware.of_node(conn, NODE)) is not None
    radio, begun = said(node, "radio on"), Shared.now()
    bundle, key = workshop.folder / "bundle-0.2.0", workshop.folder / "update.key.pub"
    done = world.run("ota", "offer", str(bundle), "--all", "--key", str(key), "--by", "Li")
    assert done.exit_code == 0, done.output
    state = lambda: world.says(lambda c: roll_outs.nodes(c, 1, limit=1)[0].shown)  # noqa: E731
    keep_running(fleet, lambda: state() == "kept", 90)
    took, opened = Shared.now() - begun, said(node, "radio on") - radio
    asleep = said(node, "asleep for")
    print(f"kept after {took / HOUR:.2f} h, the radio was on {opened} times")
    assert took < MOST_S
    # The report that brings the command, fetching, the trial, and a report that is due meanwhile.
    assert opened <= 4
    keep_running(fleet, lambda: said(node, "asleep for") > asleep, 30)
    version = world.says(lambda conn: node_firmware.of_node(conn, NODE))
    assert version.version == "0.2.0"


@pytest.fixture
def server(port: int) -> Iterator[UpdateServer]:
    server = UpdateServer(port)
    wait_for(server.client.is_connected)
    yield server
    server.stop()


@pytest.fixture
def begin(
    make_fleet: FleetMaker, workshop: Workshop, server: UpdateServer, port: int
) -> Callable[..., tuple[Fleet, SimulatedNode]]:
    """Start a node and tell it of the update 0.2.0; returns when it has verified and answered."""
    given = {"rate": RATE, "port": port, "update_key": workshop.public.hex(), "board": BOARD}

    def begin(**more: object) -> tuple[Fleet, SimulatedNode]:
        config = CONFIG | dict(more.pop("config", {}))
        update = workshop.make("0.2.0", {"firmware/node/outbox.py": changed})
        made = make_fleet(NODE, config=config, journal_dir=None, **given, **more)
        made.start()

        def answered() -> bool:  # its radio is off most of the time: it is told until it hears
            if not server.kinds("answer") and server.kinds("boot"):
                server.offer(update)
                time.sleep(0.3)
            return bool(server.kinds("answer"))

        keep_running(made, answered, 90)
        return made, made.nodes[NODE]

    return begin


def states(server: UpdateServer) -> list[str]:
    return [state for _, state, _ in server.states()]


def test_the_radio_s_time_begins_anew_with_each_part_and_with_nothing_else(tmp_path: Path) -> None:
    """On a clock of its own; a minute between parts, and then none for the radio's two."""
    now, slept = [0], []
    board = SimpleNamespace(
        root=str(tmp_path),
        woke=lambda: "",
        ticks_ms=lambda: now[0],
        ticks_diff=lambda a, b: a - b,
        radio=lambda on: slept.append(now[0]),
        deep_sleep=lambda ms, state: None,
    )
    fetch = SimpleNamespace(at=0, there=0)
    power = SimpleNamespace(mode=0)
    node = SimpleNamespace(
        uplink=SimpleNamespace(events=[], mqtt=SimpleNamespace(close=lambda: None)),
        cycle=SimpleNamespace(seq=0, wait_ms=lambda: 0, power=power),
        outbox=SimpleNamespace(segments=[]),
        update=SimpleNamespace(fetch=fetch, busy=lambda: False),
        updating=lambda: False,
        on_trial=False,
        commands=None,
    )
    asleep = DeepSleep(board, {})
    for _ in range(60):
        fetch.there += 512
        for _ in range(60):
            asleep.follow(node)
            now[0] += 1000
    assert slept == []
    last = now[0] - 60_000  # when a part came last
    while not slept:
        asleep.follow(node)
        now[0] += 1000
    assert slept == [last + RADIO_MS]


def test_parts_that_do_not_come_keep_no_radio_on(
    begin: Callable[..., tuple[Fleet, SimulatedNode]], server: UpdateServer
) -> None:
    """The radio's time, then deep sleep until the next report; there it goes on."""
    server.harm = lambda part: None if part.file else part
    fleet, node = begin()
    asleep, radio = said(node, "asleep for"), said(node, "radio on")
    keep_running(fleet, lambda: said(node, "asleep for") >= asleep + 5, 90)
    assert said(node, "radio on") <= radio + 2  # one retry, a report
    server.harm = lambda part: part
    keep_running(fleet, lambda: "kept" in states(server), 60)
    assert not server.kinds("fault")


def test_a_battery_that_is_low_sleeps_with_an_update_begun(
    begin: Callable[..., tuple[Fleet, SimulatedNode]], server: UpdateServer
) -> None:
    board = load(site=None).boards[BOARD]
    channel = next(c.number for c in board.channels if c.driver == "battery")
    power = {"channel": channel, "saving_below": 3500, "survival_below": 3000, "back": 100}
    power |= {"saving_s": 1200, "survival_s": 3600, "deep_sleep": True}
    fleet, node = begin(config={"power": power}, settings={"battery_v": [[1 << 40, 3.4]]})
    asleep = said(node, "asleep for")
    keep_running(fleet, lambda: said(node, "asleep for") >= asleep + 2, 60)
    assert server.asks == []
