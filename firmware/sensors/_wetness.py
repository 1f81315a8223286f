"""Leaf wetness from a wetness reading: how wet [%], and for how long [min]."""

from firmware import const
from firmware.wire.frame import OUT_OF_RANGE, Missing

LEAF_WETNESS_DURATION, LEAF_WETNESS = 8, 28

# From which reading on a leaf counts as wet: our own judgement (unverified); makers ask for a value
# found by wetting the plate once.
WET_FROM = 50
_MINUTE_MS = const(60000)
_MOST_MINUTES = const(60)


class Wetness:
    """Turns readings [%] into both quantities; `uptime_ms` is the board's.

    A plate that is wet when it is asked counts as wet since it was asked last, an hour at most: one
    that is asked every ten minutes tells wet time to ten minutes.
    """

    def __init__(self, uptime_ms, wet_from):
        self.uptime_ms = uptime_ms
        self.wet_from = wet_from
        self.last = uptime_ms()

    def told(self, percent):
        """Return {28: leaf wetness [%], 8: wet time since the last call [min]}."""
        now = self.uptime_ms()
        minutes = min(_MOST_MINUTES, (now - self.last) / _MINUTE_MS)
        self.last = now
        if not -5 <= percent <= 105:
            none = Missing(OUT_OF_RANGE)
            return {LEAF_WETNESS: none, LEAF_WETNESS_DURATION: none}
        percent = min(100, max(0, percent))
        wet = minutes if percent >= self.wet_from else 0
        return {LEAF_WETNESS: percent, LEAF_WETNESS_DURATION: wet}
