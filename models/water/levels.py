"""Drought as the balance has it, in the codes and by the limits of the hazard of that name.

A field without a probe is judged by the same Ks that its advice follows: it is medium where the
depletion is beyond the readily available water, which is where advice to water is due. So the two
cannot contradict each other. Waterlogging is not in the balance, which ends at field capacity: it
stays the probe's matter, and ends advice to water.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.water.fields import MIDDLE, Followed

#: Codes as everywhere: 1 cannot say, 2 no risk, 3 medium, 4 high.
CANNOT_SAY, NONE, MEDIUM, HIGH = 1, 2, 3, 4


def drought(followed: Followed, day: int, high: float = 0.5) -> NDArray[np.intp]:
    """Code of drought of each field on a day.

    Parameters
    ----------
    followed
        The balance.
    day
        Number of the day in it.
    high
        1 - Ks from which on it is high (0 to 1); as in `models.hazards.soil.soil_drought`.
    """
    lost = 1.0 - followed.sides[MIDDLE]["ks_end"][day]
    code = np.where(lost >= high, HIGH, np.where(lost > 0, MEDIUM, NONE))
    return np.where(followed.blind[day], CANNOT_SAY, code)
