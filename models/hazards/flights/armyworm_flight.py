"""Oriental armyworm (粘虫, Mythimna separata): how many moths come to the village's light.

    score = moths per light trap in seven nights

It flies in from the south in spring and passes through again in summer and autumn; larvae appear
after the moths. No limit for a catch was found for this species: of GB/T 15798-2009 only a summary
was read (moths in traps, eggs, larvae), and services elsewhere compare a catch with their own
earlier years, which there are none of here. So 20 and 100 moths in seven nights, some three and
fourteen a night, are chosen here: they tell a few moths from many, and no more. With five years of
counts `models.traps.moths` can say better what is unusual. The EPPO code could not be verified and
is left out.

References
----------
GB/T 15798-2009, 粘虫测报调查规范 (summary read).
"""

from __future__ import annotations

from models.hazards.flights._flight import NIGHTS, WEEK, catch_of, evaluate
from models.risk.hazard import Hazard, Parameter

_CHOSEN = "chosen here: no published limit was found"
PARAMETERS = {
    "medium": Parameter(20.0, WEEK, _CHOSEN, "provisional"),
    "high": Parameter(100.0, WEEK, _CHOSEN, "provisional"),
}

HAZARD = Hazard(
    id="armyworm_flight",
    eppo=None,
    kind="pest",
    crops={"summer_maize": (10, 79), "winter_wheat": (30, 83)},
    uses={"catch": catch_of("armyworm")},
    days=NIGHTS,
    evaluate=evaluate,
    medium=PARAMETERS["medium"].value,
    high=PARAMETERS["high"].value,
    parameters=PARAMETERS,
    references=("GB/T 15798-2009, 粘虫测报调查规范",),
    certainty=0.2,
    actions=("scout_larvae", "bait_jars", "ask_officer"),
    act_days=(0, 7),
)
