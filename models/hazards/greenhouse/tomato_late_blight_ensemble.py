"""Late blight of tomato (番茄晚疫病): the verdict of four published rules.

What at least two of the four reach counts (``models.risk.ensemble``).
"""

from models.hazards.greenhouse import (
    tomato_late_blight_hutton,
    tomato_late_blight_simcast,
    tomato_late_blight_smith,
    tomato_late_blight_wallin,
)
from models.risk.ensemble import ensemble

HAZARD = ensemble(
    "tomato_late_blight_ensemble",
    (
        tomato_late_blight_hutton.HAZARD,
        tomato_late_blight_simcast.HAZARD,
        tomato_late_blight_smith.HAZARD,
        tomato_late_blight_wallin.HAZARD,
    ),
)
