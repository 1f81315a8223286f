"""Who may switch what, what cannot be meant, and what of it stands in the audit log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collector.control import giving, shown
from collector.control.boards import UnknownOutput
from collector.control.giving import BeyondLimit, NoRight, NotHeard, Who
from collector.store import audit, people
from collector.store.control import control_list
from collector.store.control.control_list import UnknownField
from collector.store.network.node_commands import NoKey
from collector.store.network.registry import UnknownNode
from collector.store.people import Person
from collector.store.postgres import db
from tests.collector.conftest import NOW
from tests.collector.control.conftest import DRIP, NODE, PUMP, WHO


def test_only_who_is_on_the_list_and_has_the_permission_switches(
    conn: db.Connection, field_of: str, li: Person
) -> None:
    with conn:
        giving.ask_switch(conn, li, field_of, NOW)
        other = people.add(conn, "Wang", NOW, phone="+8613800000002")
        with pytest.raises(NoRight, match="Wang: has no permission control for field qf-liuge-1"):
            giving.ask_switch(conn, other, field_of, NOW)
        with pytest.raises(
            NoRight, match=f"Wang: is not on the list .* `nongqing control allow {field_of}"
        ):
            giving.ask_switch_off(conn, other, field_of)
        people.grant(conn, other, "technician", "city", "", NOW, "test")
        with pytest.raises(NoRight, match="Wang: is not on the list of field qf-liuge-1"):
            giving.ask_switch(conn, other, field_of, NOW)
        assert not giving.may_switch_off(conn, other, field_of)


def test_all_off_needs_no_permission_but_the_list(
    conn: db.Connection, field_of: str, li: Person
) -> None:
    with conn:
        village = control_list.field(conn, field_of).village
        people.withdraw(conn, li, "farmer", "village", village)
        assert not giving.may_switch(conn, li, field_of, NOW)
        assert giving.may_switch_off(conn, li, field_of)
        giving.disallow(conn, field_of, li, WHO, NOW)
        assert not giving.may_switch_off(conn, li, field_of)


def test_the_permission_counts_where_the_field_lies(
    conn: db.Connection, field_of: str, li: Person
) -> None:
    with conn:
        elsewhere = "py-bagongqiao-1"
        giving.allow(conn, elsewhere, li, WHO, NOW)
        with pytest.raises(NoRight, match=f"no permission control for field {elsewhere}"):
            giving.ask_switch(conn, li, elsewhere, NOW)


@pytest.mark.parametrize(
    ("node", "output", "seconds", "error", "why"),
    [
        ("qf-0x1", 0, 60, UnknownNode, "node qf-0x1: not in the registry"),
        (NODE, 2, 60, UnknownOutput, r"has no output 2; it has 0 \(drip valve\), 1 \(vent\)"),
        ("qf-003", 0, 60, UnknownOutput, "node qf-003: has no output 0; it has none"),
        (
            NODE,
            DRIP,
            7201,
            BeyondLimit,
            r"\(drip valve\): 7201 s is no time to be on; give 1 to 7200",
        ),
        (NODE, DRIP, 0, BeyondLimit, "0 s is no time to be on"),
        (PUMP, 0, 60, NoKey, "node qf-002: has no key"),
    ],
)
def test_what_cannot_be_meant_is_said(
    conn: db.Connection, node: str, output: int, seconds: int, error: type, why: str
) -> None:
    with conn, pytest.raises(error, match=why):
        giving.switch_on(conn, node, output, seconds, WHO, NOW)


def test_a_silent_node_is_not_switched_on_but_off(conn: db.Connection) -> None:
    late = NOW + giving.HEARD_WITHIN + timedelta(seconds=1)
    with conn:
        with pytest.raises(NotHeard, match=r"qf-001: was not heard since 2016-05-01 12:00 UTC"):
            giving.switch_on(conn, NODE, DRIP, 60, WHO, late)
        assert giving.switch_off(conn, NODE, DRIP, WHO, late)


def test_an_unknown_place_has_nothing_to_switch_off(conn: db.Connection) -> None:
    with conn, pytest.raises(UnknownField, match="field qf-0: not in the registry"):
        giving.all_off(conn, "qf-0", WHO, NOW)


def test_every_act_is_in_the_audit_log_with_who_and_why(
    conn: db.Connection, field_of: str, li: Person
) -> None:
    who = Who(li.id, li.name, str(li.id), "soil is dry")
    with conn:
        giving.switch_on(conn, NODE, DRIP, 600, who, NOW)
        giving.switch_off(conn, NODE, DRIP, who, NOW)
        giving.give_back(conn, NODE, None, who, NOW)
        giving.all_off(conn, field_of, who, NOW)
        told = audit.entries(conn, action="output_ordered")[::-1]
    assert [each.detail["act"] for each in told] == ["on", "off", "auto", "all_off"]
    for each in told:
        assert (each.actor, each.action, each.object) == (str(li.id), "output_ordered", NODE)
        assert (each.detail["why"], each.detail["by"]) == ("soil is dry", "Li")
    assert told[0].detail["seconds"] == 600


def test_the_outputs_of_a_place_are_listed_with_what_is_known(
    conn: db.Connection, field_of: str
) -> None:
    with conn:
        found = shown.outputs_of(conn, NOW, fields=[field_of])
    assert [(each.node.node, each.output.en, each.is_on) for each in found] == [
        (NODE, "drip valve", None),
        (NODE, "vent", None),
    ]
