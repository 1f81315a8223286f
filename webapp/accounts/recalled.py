"""What the reader may recall: what grew where they inspect."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from collector.store.inspection import downstream, rode
from collector.store.inspection.downstream import LOT
from collector.store.inspection.recalls import FIELD, LOGGER, Span
from models.weather.local_days import LOCAL
from webapp.accounts.access import may, reaches_area, scope
from webapp.accounts.lots import inspected
from webapp.app.database import connection, now

#: What is recalled, its lot's code, field's id or logger's node, its village, and its span of time.
ToRecall: TypeAlias = tuple[str, str, str | None, Span | None]


def to_recall(typed: str) -> ToRecall | None:
    """Return the lot or field of a code; None where there is none that the reader inspects."""
    lot = inspected(typed)
    if lot is not None:
        return LOT, lot.code, lot.village, None
    village = downstream.village_of(connection(), typed)
    if village is not None and may("inspect", village):
        return FIELD, typed, village, None
    return None


def to_recall_with(node: str, since: datetime, until: datetime) -> ToRecall | None:
    """Return what was with a logger; None where the reader does not inspect all lots of it.

    Goods of which no village is known are for who inspects the whole city.

    Raises
    ------
    SpanError
        When nothing can be looked for.
    """
    span = since.astimezone(LOCAL), until.astimezone(LOCAL)
    rode.prove(node, span, now())
    grew = rode.villages(connection(), rode.rode(connection(), node, span))
    known = sorted({each for each in grew if each is not None})
    nowhere = None in grew or not grew
    if any(not may("inspect", each) for each in known):
        return None
    if nowhere and not reaches_area(scope("inspect"), ""):
        return None
    return LOGGER, node, known[0] if known else None, span
