"""Asian corn borer (亚洲玉米螟, Ostrinia furnacalis): how many moths come to the village's light.

    score = moths per light trap in seven nights

Medium from 120 on: at so many in a black-light trap in seven days the extension service of Maine
advises to treat potatoes against the European corn borer (O. nubilalis). Another species, crop and
lamp, so it is provisional here. High from 600 on, our own reading of the lights of Luohe, Henan: 64
to 91 % of 6767 (2022) and of 3854 moths (2023) came from early August to mid September, in some 46
nights, which is 380 to 930 in seven of them; so it is a week such as one of the great flight there.
Seen so, medium marks that a flight is on, and high that it is a great one.

`maize_asian_corn_borer` says when moths are due by warmth; this says whether they came. The
forecast standard NY/T 1611 could not be read.

References
----------
University of Maine Cooperative Extension, Potato IPM, European Corn Borer (recommended economic
threshold; read at extension.umaine.edu/potatoes/ipm/insects-scouting-reports).
巴磊 et al. 2024, doi:10.13651/j.cnki.fjnykj.2024.06.004 (lights at Luohe; abstract read).
"""

from __future__ import annotations

from models.hazards.flights._flight import NIGHTS, WEEK, catch_of, evaluate
from models.risk.hazard import Hazard, Parameter

_MAINE = "UMaine Extension, Potato IPM: European corn borer in a black-light trap; carried over"
_LUOHE = "worked out from doi:10.13651/j.cnki.fjnykj.2024.06.004 (abstract); chosen here"
PARAMETERS = {
    "medium": Parameter(120.0, WEEK, _MAINE, "provisional"),
    "high": Parameter(600.0, WEEK, _LUOHE, "provisional"),
}

HAZARD = Hazard(
    id="corn_borer_flight",
    eppo=None,
    kind="pest",
    crops={"summer_maize": (12, 87)},
    uses={"catch": catch_of("asian_corn_borer")},
    days=NIGHTS,
    evaluate=evaluate,
    medium=PARAMETERS["medium"].value,
    high=PARAMETERS["high"].value,
    parameters=PARAMETERS,
    references=(
        "UMaine Extension, Potato IPM, European Corn Borer",
        "doi:10.13651/j.cnki.fjnykj.2024.06.004",
    ),
    certainty=0.3,
    actions=("scout_eggs", "release_trichogramma", "ask_officer"),
    act_days=(0, 5),
)
