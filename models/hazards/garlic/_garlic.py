"""What the hazards of garlic share: the part of the year in which an answer helps.

Garlic is planted in autumn and dug in May. Its stage is only known where somebody looks, so the
calendar stands in: from September to the end of the year the plants are small, nothing is sprayed
against pests of the leaf, and a warning leads to nothing that can be done.
"""

from __future__ import annotations

from models.crops.season import SeasonDay
from models.risk.hazard import Parameter

FIRST_MONTH = Parameter(2.0, "month", "chosen here: the leaves grow again", "provisional")
LAST_MONTH = Parameter(8.0, "month", "chosen here: the next crop is planted after", "provisional")

#: In which the hazards of the leaf ask; before, nothing is said of them.
MONTHS = (int(FIRST_MONTH.value), int(LAST_MONTH.value))


def is_spring(season: SeasonDay) -> bool:
    """Whether the day lies in the months in which an answer on the leaves of garlic helps.

    Parameters
    ----------
    season
        Of the day, for its month.
    """
    return MONTHS[0] <= season.date.month <= MONTHS[1]
