"""Two-spotted spider mite (二斑叶螨) in greenhouse cucumber: pace of generations, see `_pace`.

T0 10.3 degC and K 148.7 degC d from egg to adult: Bounfour & Tanigoshi 2001, as fitted by Jarosik
et al. 2011. Their collection holds ten rows of this mite under one heading; those with K of
47-69 degC d are stages (each comes in a pair with a longer one), so a median over all of them
would make generations twice as fast as they are. Herbert 1981 gives 10.0 degC and 144.5 degC d.
Dry air favours the mite further; no published number for that was read, so humidity is not used.
Medium from a pace of 1 on: a generation in two weeks.
"""

from __future__ import annotations

from models.hazards import _pace as pace_of
from models.risk.hazard import Hazard

PACE = pace_of.Pace("tetranychus_urticae", 10.32, 35.0, 148.7)
MEDIUM = 1.0

HAZARD = Hazard(
    id="cucumber_spider_mite",
    eppo="TETRUR",
    kind="pest",
    crops={"greenhouse_cucumber": (13, 89)},
    uses=PACE.uses,
    days=pace_of.DAYS,
    evaluate=PACE.evaluate,
    medium=MEDIUM,
    high=pace_of.NEVER,
    parameters=pace_of.parameters(
        PACE, MEDIUM, f"Bounfour & Tanigoshi 2001, as in {pace_of.SOURCE}"
    ),
    references=(pace_of.SOURCE,),
    certainty=0.4,
    validated="constants in the laboratory; the pace nowhere",
    actions=("scout_underside", "remove_weeds", "remove_infested_leaves", "ask_officer_pest"),
    act_days=(0, 7),
    shown="background",
)
