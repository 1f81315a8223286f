"""Places whose outputs the reader may switch, or all of them off: by their lists."""

from __future__ import annotations

from datetime import datetime

from flask import url_for

from collector.control import giving, shown
from collector.control.giving import NoRight, Who
from collector.control.shown import OutputNow
from collector.store.control import control_list
from collector.store.control.control_list import Field, UnknownField
from webapp.accounts.datastore import CLOCK
from webapp.accounts.own import me
from webapp.accounts.reach import LONGEST_ID
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.i18n import gettext


def _nothing_of_yours() -> PageNotFound:
    mine = Suggestion(url_for("control.page"), gettext("Switching"))
    text = gettext("There is nothing of this name that you may switch.")
    return PageNotFound(text, [mine])


def seen_outputs() -> list[list[OutputNow]]:
    """Outputs of all places on whose lists the reader is, by place."""
    conn = connection()
    places: dict[str, list[OutputNow]] = {}
    for each in shown.outputs_of(conn, now(), fields=giving.my_fields(conn, me())):
        places.setdefault(each.node.field, []).append(each)
    return [places[each] for each in sorted(places)]


def outputs_of_node(node_id: str) -> list[OutputNow]:
    """Return the outputs of a node that the reader may at least switch off.

    Raises
    ------
    PageNotFound
        When there is none, it has no outputs, or it is another's: which, nobody is told.
    """
    conn = connection()
    found = []
    if len(node_id) <= LONGEST_ID:
        found = shown.outputs_of(conn, now(), nodes=[node_id])
    if found and giving.may_switch_off(conn, me(), found[0].node.field):
        return found
    raise _nothing_of_yours()


def output_within(found: list[OutputNow], number: int) -> OutputNow:
    """Return one of a node's outputs.

    Raises
    ------
    PageNotFound
    """
    for each in found:
        if each.output.number == number:
            return each
    node = found[0].node.node
    back = Suggestion(url_for("switching.page", node_id=node), node)
    raise PageNotFound(gettext("Node %(node)s has no such output.", node=node), [back])


def place_within(field_id: str) -> Field:
    """Return a place all of which the reader may switch off.

    Raises
    ------
    PageNotFound
    """
    conn = connection()
    try:
        found = control_list.field(conn, field_id[:LONGEST_ID])
    except UnknownField:
        raise _nothing_of_yours() from None
    if not giving.may_switch_off(conn, me(), found.id):
        raise _nothing_of_yours()
    return found


def why_not(field: str) -> str:
    """Say what the reader lacks to switch outputs of a place; '' where they may."""
    conn = connection()
    try:
        giving.ask_switch(conn, me(), field, CLOCK.now())
    except NoRight:
        return str(
            gettext(
                "You may switch everything off here. To switch something on takes a role of "
                "this village that may: ask your administrator."
            )
        )
    return ""


def by_me(why: str) -> Who:
    """The reader, with why they do it."""
    return Who(me().id, me().name, str(me().id), why)


def machine_time() -> datetime:
    """The machine's time, which no demonstration moves."""
    return CLOCK.now()
