"""Nodes as pages show them: heard lately or not, and how their battery is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from collector.freshness import freshness
from collector.store.network.registry import NodeRow
from field_configs.schema import Field
from webapp.language.formats import number
from webapp.language.i18n import gettext
from webapp.language.words import name_of


@dataclass(frozen=True)
class ShownNode:
    """One node, in the reader's language; `tone` is the status whose colour and shape it has."""

    id: str
    village: str
    field: str
    tone: str
    state: str
    last_seen: datetime | None
    battery: str | None


def _shown_state(node: NodeRow, now: datetime) -> tuple[str, str]:
    if node.revoked is not None:
        return "out_of_season", str(gettext("revoked"))
    if node.epoch is None:
        return "out_of_season", str(gettext("not enrolled"))
    if node.last_seen is None:
        return "cannot_say", str(gettext("never heard"))
    return {
        "fresh": ("no_risk", str(gettext("works"))),
        "late": ("medium", str(gettext("late"))),
        "silent": ("high", str(gettext("silent"))),
    }[freshness(node.last_seen, now)]


def node_rows(
    nodes: Iterable[NodeRow],
    places: Mapping[str, Field],
    now: datetime,
    batteries: Mapping[str, float] | None = None,
) -> list[ShownNode]:
    """Describe nodes for a page.

    Parameters
    ----------
    nodes
        Devices of the registry.
    places
        Fields by id.
    now
        Time on the system's clock, aware.
    batteries
        Field id -> battery voltage [V] of the node there, where it is measured.
    """
    found = []
    for node in nodes:
        tone, state = _shown_state(node, now)
        place = places.get(node.field)
        volts = (batteries or {}).get(node.field)
        found.append(
            ShownNode(
                id=node.id,
                village=node.village,
                field=name_of(place) if place else node.field,
                tone=tone,
                state=state,
                last_seen=node.last_seen,
                battery=None if volts is None else number(volts, 2),
            )
        )
    return found
