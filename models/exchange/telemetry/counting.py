"""Counters that only go up, such as tips of a rain gauge or litres of a meter, to amounts.

The amount that stands at a time is what was added since the value before it. A count that went
down was counted over its end (`bits`), or begun anew at 0; which of the two, what can have come in
the time since tells. Where neither can be, the device or its register is another one, and the count
begins there. docs/third-party-devices.md has the rule and its doubts.
"""

from __future__ import annotations

BEGAN, BACK, JUMPED = "count_began", "count_back", "count_jumped"
#: A count that went down to less than this share of itself may have begun anew; one that went down
#: by less has gone back, as meters do by which water flows back.
ANEW_BELOW = 0.5


def added(
    before: float | None, count: float, *, factor: float, bits: int, most: float
) -> tuple[float | None, str]:
    """Return what was added since a count, and where that cannot be told, why.

    Parameters
    ----------
    before : float or None
        The count before; None: there is none.
    count : float
        The count now.
    factor : float
        What one count is, in the quantity's unit.
    bits : int
        After which the counter begins again at 0; 0: never.
    most : float
        The most that can have come since, in the quantity's unit.

    Returns
    -------
    tuple of float or None, and str
        The amount in the quantity's unit and "", or None and `BEGAN`, `BACK` or `JUMPED`.
    """
    if before is None:
        return None, BEGAN
    if count >= before:
        amount = (count - before) * factor
        return (amount, "") if amount <= most else (None, JUMPED)
    span = float(1 << bits) if bits else 0.0
    over = (count - before + span) * factor
    if before < span and over <= most:
        return over, ""
    if count >= before * ANEW_BELOW:
        return None, BACK
    anew = count * factor
    return (anew, "") if anew <= most else (None, JUMPED)
