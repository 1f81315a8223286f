"""What differs between two states of places and devices."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from field_configs.changes import KINDS, compare
from field_configs.device import Device, DeviceValue, Network
from field_configs.load import load
from field_configs.schema import Configs, Season, StageObservation

DEMO = load(site="demo")
NODE = sorted(DEMO.nodes)[0]


GAUGE = Device("gauge-7", 600, False, "coop", "70b3d57ed005a1b2", {"t": DeviceValue("somewhere")})
WITH_DEVICES = replace(
    DEMO, networks={"coop": Network("coop", "chirpstack")}, devices={"gauge-7": GAUGE}
)


def without_node(configs: Configs, name: str) -> Configs:
    return replace(configs, nodes={k: v for k, v in configs.nodes.items() if k != name})


def test_equal_states_differ_in_nothing() -> None:
    assert not compare(DEMO, DEMO)
    assert compare(DEMO, DEMO).records == ()


def test_every_kind_is_compared() -> None:
    full = WITH_DEVICES
    empty = replace(DEMO, **{kind: type(getattr(DEMO, kind))() for kind in KINDS})
    new, gone = compare(empty, full), compare(full, empty)
    for kind in KINDS:
        names = {change.id for change in new.new(kind)}
        assert len(names) == len(getattr(full, kind)) > 0, kind
        assert {change.id for change in gone.gone(kind)} == names
    assert new.changed() == new.gone() == gone.new() == []


def test_a_change_names_what_differs() -> None:
    node = DEMO.nodes[NODE]
    other = replace(node, board="other-1", channels={**node.channels, 0: "elsewhere"})
    other.channels.pop(5)
    (change,) = compare(DEMO, replace(DEMO, nodes={**DEMO.nodes, NODE: other})).changed()
    assert str(change) == (
        f"node {NODE}: board: soilair-1 -> other-1; channel 0: {node.channels[0]} -> elsewhere; "
        f"channel 5: {node.channels[5]} -> -"
    )


def test_a_device_that_changes_names_its_values() -> None:
    values = {"t": DeviceValue("elsewhere", "Cel", 0.1, 16), "u": DeviceValue("somewhere")}
    other = replace(GAUGE, every_s=300, values=values)
    after = replace(WITH_DEVICES, devices={"gauge-7": other})
    (change,) = compare(WITH_DEVICES, after).changed()
    assert str(change) == (
        "device gauge-7: every_s: 600 -> 300; value t: somewhere (-) -> elsewhere (0.1*Cel, "
        "counts up, 16 bits); value u: - -> somewhere (-)"
    )


def test_rows_without_an_id_are_told_apart_by_what_makes_them_one() -> None:
    season = DEMO.seasons[0]
    moved = Season(season.field, season.crop, None, None, date(2015, 10, 9), None)
    changes = compare(DEMO, replace(DEMO, seasons=(moved, *DEMO.seasons[1:])))
    assert [str(x) for x in changes.new()] == [f"season {season.field} {season.crop} 2015-10-09"]
    assert [x.id for x in changes.gone()] == [f"{season.field} {season.crop} {season.sown}"]
    seen = StageObservation(season.field, season.crop, date(2016, 4, 1), 31, "Li")
    before = replace(DEMO, stage_observations=(seen,))
    (change,) = compare(
        before, replace(before, stage_observations=(replace(seen, by="Wu"),))
    ).records
    assert change.details == ("by: Li -> Wu",)


def test_a_placement_of_a_gone_node_changes_hands() -> None:
    node = DEMO.nodes[NODE]
    successor = replace(node, id="new-1")
    after = without_node(DEMO, NODE)
    after = replace(after, nodes={**after.nodes, "new-1": successor})
    changes = compare(DEMO, after)
    assert [(x.placement, x.node, x.by_node) for x in changes.hand_overs] == [
        (place, NODE, "new-1") for _, place in sorted(node.channels.items())
    ]
    assert str(changes.hand_overs[0]) == (
        f"placement {node.channels[0]}: served by new-1 channel 0 from now on, until now by {NODE} "
        "channel 0"
    )
    assert compare(DEMO, without_node(DEMO, NODE)).hand_overs == ()
