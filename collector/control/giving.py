"""Orders of people: who may, what may be meant, kept with who and why in the audit log.

To switch outputs of a field somebody needs the permission ``control`` for its village and must be
on the field's list. Whoever is on the list may switch all of it off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.control.boards import acting_boards, output_of
from collector.permissions import allows
from collector.store import audit, people
from collector.store.control import control_list, output_orders, output_states
from collector.store.control.output_states import NodeNow
from collector.store.network import registry
from collector.store.people import Person
from collector.store.postgres.db import Connection, StoreError
from field_configs.acting import BoardOutput

PERMISSION = "control"
#: An order to switch on that the node has not begun by then lapses: it is not wanted any more.
VALID = timedelta(minutes=10)
#: Off is what everything ends in anyway, so it goes on being sent.
VALID_OFF = timedelta(days=1)
#: A node that said nothing for so long cannot be switched on: the order would lapse.
HEARD_WITHIN = timedelta(hours=3)


class NoRight(StoreError):  # noqa: N818 - named for what is wanting
    """Somebody may not do that here."""


class NotHeard(StoreError):  # noqa: N818 - named for what happened
    """A node says nothing, so that an order to it would lapse."""


class BeyondLimit(StoreError):  # noqa: N818 - named for what is wrong
    """More is asked than an output may."""


@dataclass(frozen=True)
class Who:
    """Who gives an order, and why: `actor` as the audit log names them.

    `person` is None where the server does it for a schedule or a sequence of `name`.
    """

    person: int | None
    name: str
    actor: str
    why: str
    source: str = "person"


def may_switch(conn: Connection, person: Person, field: str, at: datetime) -> bool:
    """Return whether a person may switch outputs of a field.

    `at` is the machine's time, as of all that is kept of people.
    """
    return _listed(conn, person, field) and _permitted(conn, person, field, at)


def may_switch_off(conn: Connection, person: Person, field: str) -> bool:
    """Return whether a person may switch all of a field off."""
    return _listed(conn, person, field)


def _listed(conn: Connection, person: Person, field: str) -> bool:
    return any(each.person == person.id for each in control_list.of_field(conn, field))


def _permitted(conn: Connection, person: Person, field: str, at: datetime) -> bool:
    place = people.place_of(conn, control_list.field(conn, field).village)
    held = people.grants(conn, person, at)
    return place is not None and allows(held, people.roles(conn), PERMISSION, place)


def ask_switch(conn: Connection, person: Person, field: str, at: datetime) -> None:
    """Refuse who may not switch outputs of a field.

    Raises
    ------
    NoRight
        The message says what is wanting and who gives it.
    """
    if not _permitted(conn, person, field, at):
        raise NoRight(
            f"{person.name}: has no permission {PERMISSION} for field {field}; "
            "`nongqing people grant` gives a role that has it"
        )
    ask_switch_off(conn, person, field)


def ask_switch_off(conn: Connection, person: Person, field: str) -> None:
    """Refuse who may not switch all of a field off.

    Raises
    ------
    UnknownField, NoRight
    """
    control_list.field(conn, field)
    if not may_switch_off(conn, person, field):
        raise NoRight(
            f"{person.name}: is not on the list of field {field}; `nongqing control allow "
            f"{field} {person.id}` puts them on it"
        )


def node_of(conn: Connection, name: str) -> NodeNow:
    """Return a node that has outputs.

    Raises
    ------
    UnknownNode, UnknownOutput
    """
    found = output_states.nodes(conn, acting_boards(), only=[name])
    if found:
        return found[0]
    rows = registry.nodes(conn)
    board = next((row.board for row in rows if row.id == name), None)
    if board is None:
        raise registry.UnknownNode(name, (row.id for row in rows))
    output_of(name, board, 0)
    raise AssertionError  # its board has no outputs: that was said


def switch_on(
    conn: Connection, node: str, output: int, seconds: int, who: Who, at: datetime
) -> int:
    """Order an output on for a time, in the caller's transaction; return the order's id.

    Whether `who` may was asked before (`ask_switch`). What the node itself knows better, such as
    rest, day and what forbids it, it refuses itself.

    Parameters
    ----------
    conn : Connection
    node : str
    output : int
    seconds : int
        The lease [s]; a new one where it is on.
    who : Who
    at : datetime
        Now, aware.

    Raises
    ------
    UnknownNode, UnknownOutput, NoKey, BeyondLimit, NotHeard
    """
    now = node_of(conn, node)
    check_lease(now, output_of(node, now.board, output), seconds)
    ask_heard(now, at)
    return _give(conn, now, "on", output, who, at, VALID, seconds=seconds)


def check_lease(node: NodeNow, output: BoardOutput, seconds: int) -> None:
    """Refuse a lease that its output may not have.

    Raises
    ------
    BeyondLimit
    """
    if not 1 <= seconds <= output.longest_s:
        raise BeyondLimit(
            f"node {node.node}, output {output.number} ({output.en}): {seconds} s is no time to be "
            f"on; give 1 to {output.longest_s} s"
        )


def ask_heard(node: NodeNow, at: datetime) -> None:
    """Refuse a node that has said nothing for `HEARD_WITHIN`.

    Raises
    ------
    NotHeard
    """
    last = max((each for each in (node.received, node.last_seen) if each), default=None)
    if last is None or at - last > HEARD_WITHIN:
        when = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "yet"
        raise NotHeard(
            f"node {node.node}: was not heard {when}; it would not hear this in time. Check its "
            "power and its link; what is on ends by itself"
        )


def switch_off(
    conn: Connection, node: str, output: int, who: Who, at: datetime, *, hold: bool = True
) -> int:
    """Order an output off; with `hold` rules leave it off. Return the order's id.

    Raises
    ------
    UnknownNode, UnknownOutput, NoKey
    """
    now = node_of(conn, node)
    output_of(node, now.board, output)
    return _give(conn, now, "off", output, who, at, VALID_OFF, hold=hold)


def give_back(conn: Connection, node: str, output: int | None, who: Who, at: datetime) -> int:
    """Let rules switch an output again, or all of a node; return the order's id.

    Raises
    ------
    UnknownNode, UnknownOutput, NoKey, NotHeard
    """
    now = node_of(conn, node)
    if output is not None:
        output_of(node, now.board, output)
    ask_heard(now, at)
    return _give(conn, now, "auto", output, who, at, VALID)


def all_off(conn: Connection, field: str, who: Who, at: datetime) -> list[int]:
    """Order everything of a field off, and held; return the orders' ids, one for each node.

    Nodes without a key are left out: nobody can have switched them on.

    Raises
    ------
    UnknownField
    """
    control_list.field(conn, field)
    given = []
    keyed = {row.id for row in registry.nodes(conn) if row.epoch is not None}
    for node in output_states.nodes(conn, acting_boards(), fields=[field]):
        if node.node in keyed:
            given.append(_give(conn, node, "all_off", None, who, at, VALID_OFF))
    return given


def _give(
    conn: Connection,
    node: NodeNow,
    act: str,
    output: int | None,
    who: Who,
    at: datetime,
    valid: timedelta,
    *,
    seconds: int | None = None,
    hold: bool | None = None,
) -> int:
    order = output_orders.give(
        conn,
        node.node,
        act,
        output,
        seconds=seconds,
        hold=hold,
        person=who.person,
        made_by=who.name,
        source=who.source,
        why=who.why,
        at=at,
        valid_until=at + valid,
    )
    told = {"act": act, "output": output, "order": order, "field": node.field, "why": who.why}
    told |= {"by": who.name} | ({"seconds": seconds} if seconds else {})
    audit.append(conn, who.actor, "output_ordered", node.node, told, at=at)
    return order


def allow(conn: Connection, field: str, person: Person, by: Who, at: datetime) -> bool:
    """Put a person on a field's list; false where they are on it."""
    control_list.field(conn, field)
    done = control_list.add(conn, field, person.id, by=by.name, at=at)
    if done:
        told = {"person": person.id, "by": by.name, "why": by.why}
        audit.append(conn, by.actor, "control_allowed", field, told, at=at)
    return done


def disallow(conn: Connection, field: str, person: Person, by: Who, at: datetime) -> bool:
    """Take a person off a field's list; false where they are not on it."""
    control_list.field(conn, field)
    done = control_list.remove(conn, field, person.id)
    if done:
        told = {"person": person.id, "by": by.name, "why": by.why}
        audit.append(conn, by.actor, "control_disallowed", field, told, at=at)
    return done


def my_fields(conn: Connection, person: Person) -> Sequence[str]:
    """Return the fields on whose lists a person is."""
    return control_list.fields_of(conn, person.id)
