"""A curve of temperatures as a table: stretches of time, and how cold and how warm each was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from webapp.language.formats import local_time, number
from webapp.language.i18n import gettext

#: Rows of the table at most; what is finer is in the curve.
ROWS = 8
HOUR_S = 3600.0


def in_numbers(
    start: float, end: float, known: Iterable[tuple[float, float, float, float]]
) -> list[tuple[str, str]]:
    """Return stretches of a time and what is known of each: when it begins, and its range.

    Parameters
    ----------
    start, end
        Of the curve [s since 1970 UTC].
    known
        Stretches, from and to [s since 1970 UTC], of which the coldest and the warmest are known
        [degC].
    """
    pieces = list(known)
    count = max(2, min(ROWS, int((end - start) / HOUR_S)))
    wide = (end - start) / count
    rows = []
    for row in range(count):
        begin, over = start + row * wide, start + (row + 1) * wide
        within = [(low, high) for a, b, low, high in pieces if a < over and b >= begin]
        said = str(gettext("nobody knows"))
        if within:
            low = number(min(each for each, _ in within), 1)
            high = number(max(each for _, each in within), 1)
            said = low if low == high else str(gettext("%(low)s to %(high)s", low=low, high=high))
        rows.append((str(local_time(datetime.fromtimestamp(begin, UTC))), said))
    return rows
