"""Events as the document that the standard answers with, and that subscribers are sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from models.exchange.epcis.spelling import spelled

#: The context of the standard, which every document names.
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


@dataclass(frozen=True)
class Recorded:
    """An event as it was captured: its id, when it was recorded, its document and the context."""

    name: str
    at: datetime
    document: dict[str, Any]
    context: Any


def iso(moment: datetime) -> str:
    """Write a time as documents have it: UTC, seconds.

    Parameters
    ----------
    moment : datetime
        Aware.
    """
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _parts(context: Any) -> list[Any]:
    return context if isinstance(context, list) else [context]


class _Contexts:
    """One context for many documents; an event whose prefixes mean something else has its own."""

    def __init__(self) -> None:
        self.links: list[str] = [CONTEXT]
        self.names: dict[str, Any] = {}

    def take(self, context: Any) -> bool:
        """Add a document's context; return whether it fits to those before."""
        parts = [part for part in _parts(context) if isinstance(part, dict)]
        told = {name: to for part in parts for name, to in part.items()}
        if any(self.names.get(name, to) != to for name, to in told.items()):
            return False
        self.names |= told
        links = (part for part in _parts(context) if isinstance(part, str))
        self.links += [link for link in links if link not in self.links]
        return True

    def all(self) -> list[Any]:
        """Return the context of all."""
        return [*self.links, self.names] if self.names else list(self.links)


def event_document(event: dict[str, Any], context: Any, made: datetime) -> dict[str, Any]:
    """Return an event as an EPCISDocument.

    Parameters
    ----------
    event : dict
    context : object
        Its ``@context``.
    made : datetime
        When the document is made, aware.
    """
    return {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": iso(made),
        "epcisBody": {"eventList": [event]},
    }


def query_document(
    found: Iterable[Recorded],
    query_name: str,
    made: datetime,
    spelling: str,
    subscription: str | None = None,
) -> dict[str, Any]:
    """Return events as an EPCISQueryDocument.

    Parameters
    ----------
    found : iterable of Recorded
    query_name : str
    made : datetime
        When it is made, aware.
    spelling : str
        Of identifiers: one of `spelling.FORMATS`.
    subscription : str, optional
        Id of the subscription that it is sent for.
    """
    contexts, events = _Contexts(), []
    for each in found:
        event = spelled(each.document, spelling)
        if not contexts.take(each.context) and "@context" not in event:
            event = {"@context": each.context, **event}
        events.append({**event, "eventID": each.name, "recordTime": iso(each.at)})
    named = {} if subscription is None else {"subscriptionID": subscription}
    return {
        "@context": contexts.all(),
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": iso(made),
        "epcisBody": {
            "queryResults": {
                **named,
                "queryName": query_name,
                "resultsBody": {"eventList": events},
            }
        },
    }
