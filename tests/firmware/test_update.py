"""Updates over the air of the real firmware under MicroPython, by way of a real Mosquitto."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from firmware.workbench.simulate import Fleet
from tests.firmware.field import FleetMaker, wait_for
from tests.firmware.update_server import NODE, UpdateServer, Workshop
from tests.mosquitto import mosquitto

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with mosquitto(tmp_path_factory.mktemp("mosquitto"), "allow_anonymous true") as port:
        yield port


@pytest.fixture
def server(port: int) -> Iterator[UpdateServer]:
    server = UpdateServer(port)
    wait_for(server.client.is_connected)
    yield server
    server.stop()


def begin(make_fleet: FleetMaker, workshop: Workshop, port: int, **more: object) -> Fleet:
    """A node that runs from slot a and was heard."""
    more.setdefault("update_key", workshop.public.hex())
    more.setdefault("rate", 60.0)
    return make_fleet(NODE, days=0.1, port=port, **more)


def until(fleet: Fleet, server: UpdateServer, state: str, seconds: float = 40) -> object:
    """Start the node whenever it ends, until it tells of a state; return what more it told."""

    def there() -> bool:
        fleet.restart_ended()
        return any(each[1] == state for each in server.states())

    wait_for(there, seconds)
    return next(each[2] for each in server.states() if each[1] == state)


def test_an_update_is_fetched_tried_and_kept(
    make_fleet: FleetMaker, server: UpdateServer, workshop: Workshop, port: int
) -> None:
    made = workshop.make("0.2.0", {"firmware/node/alarms.py": lambda text: text + "\nNEW = 1\n"})
    fleet = begin(make_fleet, workshop, port)
    fleet.start()
    wait_for(lambda: bool(server.received()))
    number = server.offer(made)
    wait_for(lambda: server.answer_to(number) == ["done", made.head.number])
    until(fleet, server, "kept")
    changed = [made.files[f"firmware/{name}.mpy"] for name in ("__init__", "node/alarms")]
    to_come = sum(map(len, changed))
    assert server.states() == [
        (made.head.number, "fetching", to_come),
        (made.head.number, "trial", None),
        (made.head.number, "kept", None),
    ]
    assert server.asked_bytes() == len(made.manifest_bytes) + to_come
    assert [each.detail[2:4] for each in server.kinds("boot")] == [
        ["0.1.0", "soilair-1/ip"],
        ["0.2.0", "soilair-1/ip"],
    ]
    fleet.nodes[NODE].cut_power()
    fleet.nodes[NODE].start()
    wait_for(lambda: len(server.kinds("boot")) == 3)
    assert server.kinds("boot")[-1].detail[2] == "0.2.0"
    assert not server.refused
    assert not server.kinds("fault")
