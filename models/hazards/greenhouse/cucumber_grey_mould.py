"""Grey mould of greenhouse cucumber (黄瓜灰霉病): Yunis et al. 1994, see ``_grey_mould``.

The crop for which the model was made.
"""

from __future__ import annotations

from models.hazards.greenhouse import _grey_mould as mould
from models.risk.hazard import Hazard

HAZARD = Hazard(
    id="cucumber_grey_mould",
    eppo="BOTRCI",
    kind="disease",
    crops={"greenhouse_cucumber": (13, 89)},
    uses=mould.USES,
    days=mould.DAYS,
    evaluate=mould.evaluate,
    medium=mould.MEDIUM,
    high=mould.HIGH,
    parameters=mould.PARAMETERS,
    references=(mould.SOURCE,),
    certainty=0.6,
    validated="unheated cucumber greenhouses of Israel, two seasons and an independent data set",
    actions=("ventilate", "remove_dead_flowers", "drip_irrigation", "ask_officer_fungicide"),
    act_days=(0, 3),
)
