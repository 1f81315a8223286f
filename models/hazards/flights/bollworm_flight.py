"""Cotton bollworm (棉铃虫, Helicoverpa armigera): moths in the village's sex pheromone traps.

    score = moths per pheromone trap in seven nights

Limits are those for its American sister species, the corn earworm H. zea, on silking sweet corn.
Medium from 7 on, one a night: from there the extension service of Connecticut shortens the interval
of sprays. High from 70 on, ten a night: at that on two nights in a row Wisconsin advises to treat.
Another species and market, so both are provisional here, for maize as for peanut. None for
H. armigera in Henan was found: GB/T 15800-2009 counts moths and eggs on cotton, and was not read
beyond its summary.

References
----------
Boucher 2012, UConn's Sweet Corn IPM Action Thresholds (ipm.cahnr.uconn.edu; read).
Cullen 2011, Corn Earworm Alert for Processing Sweet Corn (ipcm.wisc.edu; read).
"""

from __future__ import annotations

from models.hazards.flights._flight import NIGHTS, WEEK, catch_of, evaluate
from models.risk.hazard import Hazard, Parameter

_UCONN = "Boucher 2012, UConn's thresholds: H. zea, 1 a night on silking sweet corn; carried over"
_CULLEN = "Cullen 2011, ipcm.wisc.edu: H. zea, 10 a night on silking sweet corn; carried over"
PARAMETERS = {
    "medium": Parameter(7.0, WEEK, _UCONN, "provisional"),
    "high": Parameter(70.0, WEEK, _CULLEN, "provisional"),
}

HAZARD = Hazard(
    id="bollworm_flight",
    eppo="HELIAR",
    kind="pest",
    crops={"peanut": (61, 87), "summer_maize": (61, 79)},
    uses={"catch": catch_of("cotton_bollworm")},
    days=NIGHTS,
    evaluate=evaluate,
    medium=PARAMETERS["medium"].value,
    high=PARAMETERS["high"].value,
    parameters=PARAMETERS,
    references=(
        "Boucher 2012, UConn's Sweet Corn IPM Action Thresholds",
        "Cullen 2011, Corn Earworm Alert for Processing Sweet Corn, ipcm.wisc.edu",
    ),
    certainty=0.3,
    actions=("scout_eggs", "hand_pick", "ask_officer"),
    act_days=(0, 4),
)
