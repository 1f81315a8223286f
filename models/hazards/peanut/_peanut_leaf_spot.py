"""Early and late leaf spot of peanut (花生叶斑病): what the two advisories share.

Both say when a spray is due after the last one, and count from the tenth day after a recorded spray
on; where none is recorded they answer "if the field was not sprayed". Stages from early pod
(R3, here BBCH 71) on, on which the first spray of both falls; leaves are infected until harvest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.crops.season import SeasonDay
from models.risk.hazard import Parameter

NCSU = "NC State Extension, Using the Leaf Spot Advisory, 2015-07"
CROPS = {"peanut": (71, 89)}
EPPO = "MYCOAR"
ACTIONS = ("rotate", "remove_fallen_leaves", "scout_leaves", "ask_officer_fungicide")
WHEN = {"rotate": None, "remove_fallen_leaves": None}
PROTECTED = Parameter(10.0, "d", "counting begins on day 10 after a spray; Kemerait", "primary")


def unprotected(season: SeasonDay, days: int) -> NDArray[np.bool_]:
    """Whether each of the last days counts: from the tenth day after the last spray on.

    Parameters
    ----------
    season
        Of today, with the days since the last recorded spray (site,) [d].
    days
        How many days, oldest first; today is the last.
    """
    back = np.arange(days - 1, -1, -1.0)[:, None]
    return np.asarray(season.since_spray - back >= PROTECTED.value)
