"""Whitefly (烟粉虱, Bemisia tabaci) in greenhouse tomato: pace of generations, see `_pace`.

T0 10.1 degC and K 351 degC d from egg to adult are the medians of ten experiments. The
greenhouse whitefly (温室粉虱, Trialeurodes vaporariorum; 8.65 degC, 375 degC d) goes at much the
same pace; which of the two it is, only a look at the plants can tell.
Medium from a pace of 0.5 on: a generation in four weeks.
"""

from __future__ import annotations

from models.hazards import _pace as pace_of
from models.risk.hazard import Hazard

PACE = pace_of.Pace("bemisia_tabaci", 10.1, 35.0, 351.0)
MEDIUM = 0.5

HAZARD = Hazard(
    id="tomato_whitefly",
    eppo="BEMITA",
    kind="pest",
    crops={"greenhouse_tomato": (14, 89)},
    uses=PACE.uses,
    days=pace_of.DAYS,
    evaluate=PACE.evaluate,
    medium=MEDIUM,
    high=pace_of.NEVER,
    parameters=pace_of.parameters(PACE, MEDIUM, f"median of ten, {pace_of.SOURCE}"),
    references=(pace_of.SOURCE,),
    certainty=0.4,
    validated="constants in the laboratory; the pace nowhere",
    actions=("insect_net", "yellow_cards", "remove_weeds", "ask_officer_pest"),
    act_days=(0, 7),
)
