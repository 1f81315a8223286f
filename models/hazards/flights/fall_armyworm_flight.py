"""Fall armyworm (草地贪夜蛾, Spodoptera frugiperda): moths in the village's sex pheromone traps.

    score = moths per pheromone trap in seven nights

Medium from the first moth on (chosen here): it does not winter in Henan, so that any catch says
that it has come. High from 50 on: at so many in seven nights the extension service of Connecticut
advises to treat fresh-silking sweet corn. It is another crop and stage, so provisional here.

`maize_fall_armyworm` says how fast larvae grow in the present warmth; this says whether moths came.
NY/T 3866-2021 asks for traps that are emptied daily; its grades were not read.

References
----------
Boucher 2012, UConn's Sweet Corn IPM Action Thresholds (ipm.cahnr.uconn.edu; read).
"""

from __future__ import annotations

from models.hazards.flights._flight import NIGHTS, WEEK, catch_of, evaluate
from models.risk.hazard import Hazard, Parameter

_UCONN = "Boucher 2012, UConn's Sweet Corn IPM Action Thresholds: fresh-silking corn; carried over"
PARAMETERS = {
    "medium": Parameter(1.0, WEEK, "the first moth; chosen here", "provisional"),
    "high": Parameter(50.0, WEEK, _UCONN, "provisional"),
}

HAZARD = Hazard(
    id="fall_armyworm_flight",
    eppo="LAPHFR",
    kind="pest",
    crops={"summer_maize": (10, 79)},
    uses={"catch": catch_of("fall_armyworm")},
    days=NIGHTS,
    evaluate=evaluate,
    medium=PARAMETERS["medium"].value,
    high=PARAMETERS["high"].value,
    parameters=PARAMETERS,
    references=("Boucher 2012, UConn's Sweet Corn IPM Action Thresholds",),
    certainty=0.4,
    actions=("scout_whorl", "report_first_moth", "ask_officer"),
    act_days=(0, 5),
)
