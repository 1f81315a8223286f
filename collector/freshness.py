"""How old data may be: one place for what jobs, pages and probes of health call late and silent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

#: A node reports every hour: two reports in a row are missing.
LATE_AFTER = timedelta(hours=3)
#: A day without a word: somebody should look after it.
SILENT_AFTER = timedelta(hours=24)

#: An answer about a day counts so long after it.
ANSWER_FRESH = timedelta(days=2)

Freshness = Literal["fresh", "late", "silent"]


def freshness(newest: datetime | None, now: datetime) -> Freshness:
    """Name how old the newest data is; what never came is silent."""
    if newest is None or now - newest > SILENT_AFTER:
        return "silent"
    return "late" if now - newest > LATE_AFTER else "fresh"
