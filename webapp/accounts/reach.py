"""Nodes that the reader may look at, or work on: those of their own part of the tree."""

from __future__ import annotations

from datetime import datetime, timedelta

from collector.permissions import Place
from collector.store import directory, people
from collector.store.network import nodes
from collector.store.network.handover import Done
from collector.store.network.nodes import Facts
from webapp.accounts.access import reader
from webapp.accounts.own import me, waited
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound
from webapp.language.i18n import gettext

#: No id of a node is longer.
LONGEST_ID = 60


def node_within(node_id: str, permission: str) -> Facts:
    """Return a node for which the reader has a permission.

    Raises
    ------
    PageNotFound
        When there is none, or it is elsewhere: which, nobody is told.
    """
    found = nodes.facts(connection(), node_id) if len(node_id) <= LONGEST_ID else None
    user = reader()
    if found is not None and user is not None:
        place = Place(found.village, found.township, found.county)
        if user.may(permission, place):
            return found
    raise PageNotFound(gettext("There is no such node where you look after nodes."))


def lookers(node: Facts) -> dict[str, str]:
    """Who may be given what is wrong with a node, names by numbers: the reader, then the others."""
    conn, mine = connection(), me()
    place = Place(node.village, node.township, node.county)
    found = directory.holders(conn, people.roles(conn), "nodes", place)
    own = {str(mine.id): found.pop(mine.id, mine.name)}
    return own | {str(number): name for number, name in found.items()}


def done_by_me(note: str = "", place: tuple[float, float] | None = None) -> Done:
    """What the reader did with a node, when they wrote it down.

    Parameters
    ----------
    note
    place
        Longitude and latitude [degree].
    """
    return Done(when_written(), now(), me().id, me().name, note, place)


def when_written() -> datetime:
    """When the form was filled in: now, less the time it waited on the phone for coverage.

    Where the phone's clock was changed in between, nobody knows, and it counts from now.
    """
    return now() - (waited() or timedelta(0))
