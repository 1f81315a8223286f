"""Grey mould of greenhouse tomato (番茄灰霉病): Yunis et al. 1994, see ``_grey_mould``.

The model was made for cucumber; on tomato it is an analogy, so its certainty is lower.
"""

from __future__ import annotations

from models.hazards.greenhouse import _grey_mould as mould
from models.risk.hazard import Hazard

HAZARD = Hazard(
    id="tomato_grey_mould",
    eppo="BOTRCI",
    kind="disease",
    crops={"greenhouse_tomato": (14, 89)},
    uses=mould.USES,
    days=mould.DAYS,
    evaluate=mould.evaluate,
    medium=mould.MEDIUM,
    high=mould.HIGH,
    parameters=mould.PARAMETERS,
    references=(mould.SOURCE,),
    certainty=0.45,
    validated="cucumber, not tomato: unheated greenhouses of Israel",
    actions=("ventilate", "remove_dead_flowers", "drip_irrigation", "ask_officer_fungicide"),
    act_days=(0, 3),
)
