"""Leaf spot of peanut (花生叶斑病): the verdict of the 48-hour and the rain-day rule.

Of the two the graver counts (``models.risk.ensemble``).
"""

from models.hazards.peanut import peanut_leaf_spot_48h, peanut_leaf_spot_aupnut
from models.risk.ensemble import ensemble

HAZARD = ensemble(
    "peanut_leaf_spot_ensemble", (peanut_leaf_spot_48h.HAZARD, peanut_leaf_spot_aupnut.HAZARD)
)
