"""The commands `device`: what they refuse, with the mend; what they do stands on a page of its own
(docs/third-party-devices.md), which tests/webapp/api/test_third_party_page.py runs.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from collector.commands.network.devices import device_group
from collector.store.network import handover
from collector.store.network.handover import CannotHandOver, Done
from collector.store.postgres import db
from tests.collector.conftest import NOW, Parts

PLACE = "qf-liuge-1:air_temperature:2"
BASIC = ["enroll", "g-1", "--every", "600", "--by", "Li"]
RAIN = ["--value", "tips", "qf-liuge-1:precipitation_amount:1", "0.2*mm"]


@pytest.fixture
def run(parts: Parts) -> Any:
    def run(*words: str) -> Result:
        return CliRunner().invoke(device_group, list(words), obj=parts)

    return run


WRONG: list[tuple[list[str], str]] = [
    (BASIC, "give at least one --value"),
    (["enroll", "G_1", *BASIC[2:]], "node id 'G_1': must be 2 to 31 of a-z"),
    (
        [*BASIC, "--value", "t", PLACE, "mm"],
        'air_temperature is not measured in "mm"; units: Cel',
    ),
    ([*BASIC, "--value", "t", PLACE, "x*Cel"], 'unit "x*Cel": write it as in 0.2*mm'),
    ([*BASIC, "--value", "t", PLACE, "0*Cel"], "write it as in 0.2*mm"),
    ([*BASIC, "--value", "t", "nowhere", "-"], 'placement "nowhere": is not in the registry'),
    ([*BASIC, "--value", "t", "no-field:air_temperature:2", "-"], "field no-field: is not in"),
    ([*BASIC, "--value", "t", "qf-liuge-1:air_temp:2", "-"], "unknown quantity"),
    (
        [*BASIC, "--value", "t", "qf-liuge-1:air_temperature", "-"],
        "write FIELD:QUANTITY:HEIGHT",
    ),
    ([*BASIC, "--value", "t", f"{PLACE}000", "-"], "the height is in metres"),
    ([*BASIC, "--value", "t", "qf-liuge-1-t", "-"], "placement qf-liuge-1-t: is served by"),
    ([*BASIC, *["--value", "t", PLACE, "-"] * 2], "--value t: comes twice"),
    ([*BASIC, *RAIN, "--counter", "x", "16"], "--counter x: no --value has this name"),
    ([*BASIC, *RAIN, "--counter", "tips", "12"], "write 16, 32, or 0"),
    (
        [*BASIC, "--value", "t", PLACE, "-", "--counter", "t", "16"],
        "air_temperature is no amount that adds up",
    ),
    ([*BASIC, *RAIN, "--network", "coop"], "give --network and --eui together"),
    ([*BASIC, *RAIN, "--network", "coop", "--eui", "12"], "write 16 hexadecimal digits"),
    (
        [*BASIC, *RAIN, "--network", "coop", "--eui", "0" * 16],
        "network coop: is not known; add it: nongqing device network add coop",
    ),
    (["enroll", "qf-001", *BASIC[2:], *RAIN], "device qf-001: a node has this name"),
    (
        ["serve", "g-1", "--by", "Li", *RAIN],
        "device g-1: is not enrolled; see: nongqing device",
    ),
    (["swap", "g-1", "--by", "Li"], "device g-1: is not enrolled"),
    (["retire", "g-1", "--by", "Li", "--reason", "sold"], "device g-1: is not enrolled"),
    (["show", "g-1"], "device g-1: is not enrolled"),
    (["retake", "g-1"], "device g-1: is not enrolled"),
    (
        ["network", "add", "C", "--kind", "chirpstack", "--by", "Li"],
        "network 'C': must be 2 to",
    ),
    (["network", "token", "coop", "--by", "Li"], "network coop: is not known; see: nongqing"),
]


def test_what_cannot_be_is_refused_with_the_mend(run: Any) -> None:
    for words, said in WRONG:
        result = run(*words)
        assert result.exit_code in (1, 2), words
        assert said in " ".join(result.output.split()), result.output
        assert run("list").exit_code == 1, words  # nothing of it was kept


def test_a_device_from_enrolment_to_the_end(run: Any, registered: db.Connection) -> None:
    assert run("network", "list").output == "no network servers\n"
    assert run("network", "add", "coop", "--kind", "things-stack", "--by", "Li").exit_code == 0
    twice = run("network", "add", "coop", "--kind", "chirpstack", "--by", "Li")
    assert "network coop: is known already" in twice.output
    way = ["--network", "coop", "--eui", "70b3d57ed005a1b2"]
    result = run(*BASIC, *RAIN, *way)
    assert "tips: taken as the amount of each step; if it counts up: --counter" in result.output
    again = run("enroll", "g-2", *BASIC[2:], *way, "--value", "t", PLACE, "K")
    assert "device g-2 or DevEUI 70b3d57ed005a1b2: is enrolled already" in again.output
    (told,) = json.loads(run("list", "--json").output)
    assert (told["id"], told["every_s"], told["network"]) == ("g-1", 600, "coop")
    assert told["values"] == [{"name": "tips", "placement": "qf-liuge-1-g-1-1", "unit": "0.2*mm"}]
    assert "g-1  coop, 70b3d57ed005a1b2  every 600 s  not heard yet" in run("list").output
    assert run("show", "g-1").output == "device g-1: nothing is kept of it\n"
    assert "is not enrolled (did you mean" in run("show", "g-11").output
    swapped = run("swap", "g-1", "--by", "Li")
    assert (swapped.exit_code, swapped.output) == (1, "device g-1: 0 counters begin anew\n")
    (network,) = json.loads(run("network", "list", "--json").output)
    assert (network["open"], network["devices"]) == (True, 1)
    assert (
        run("network", "token", "coop", "--close", "--by", "Li").output == "network coop: closed\n"
    )
    assert "coop  things-stack  closed  1 devices" in run("network", "list").output
    assert run("retire", "g-1", "--by", "Li", "--reason", "sold").exit_code == 0
    assert "is retired already" in run("retire", "g-1", "--by", "L", "--reason", "x").output
    assert "retired 2016-05-01" in run("list").output
    with registered, registered.cursor() as cur:
        cur.execute("SELECT action FROM audit_entry ORDER BY number")
        actions = [action for (action,) in cur.fetchall()]
    assert actions == [
        "device_network_opened",
        "device_enrolled",
        "device_changed",
        "device_network_closed",
        "device_retired",
    ]


def test_evidence_is_of_a_message_and_tells_when_it_was_changed(
    run: Any, registered: db.Connection
) -> None:
    missing = run("evidence", "99")
    assert (missing.exit_code, "no message of another maker" in missing.output) == (1, True)
    assert run(*BASIC, "--value", "t", PLACE, "-").exit_code == 0
    with registered, registered.cursor() as cur:
        cur.execute(
            "INSERT INTO external_message (device, identity, received, transport, form, sha256, "
            "bytes) VALUES ('g-1', %s, %s, 'mqtt:senml/g-1', 'senml', %s, 'x') RETURNING id",
            (bytes(32), NOW, bytes(32)),
        )
        ((number,),) = cur.fetchall()
    changed = run("evidence", str(number))
    assert (changed.exit_code, "NOT as it came" in changed.output) == (1, True)


def test_a_node_cannot_take_a_place_that_such_a_device_serves(
    run: Any, registered: db.Connection
) -> None:
    with registered, registered.cursor() as cur:
        cur.execute("SELECT field FROM node WHERE id = 'qf-001'")
        ((own,),) = cur.fetchall()
        cur.execute("SELECT id FROM field WHERE id <> %s AND NOT private ORDER BY id", (own,))
        fields = [name for (name,) in cur.fetchall()]
        cur.execute(
            "SELECT p.quantity, p.height_m FROM assignment a "
            "JOIN placement p ON p.id = a.placement "
            "WHERE a.node = 'qf-001' AND a.valid_to IS NULL ORDER BY a.channel LIMIT 1"
        )
        ((quantity, height),) = cur.fetchall()
        cur.execute(
            "INSERT INTO field (id, village, zh, en, kind) SELECT 'new-field', village, "
            "zh, en, kind FROM field WHERE id = %s",
            (fields[0],),
        )
    place = f"new-field:{quantity}:{height}"
    assert run(*BASIC, "--value", "t", place, "-").exit_code == 0
    done = Done(NOW + timedelta(hours=1), NOW, None, "Li")
    with registered, pytest.raises(CannotHandOver, match="taken g-1"):
        handover.move(registered, "qf-001", "new-field", done)
