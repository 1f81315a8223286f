"""English grain aphid (麦长管蚜, Sitobion avenae): how fast the warmth lets it multiply.

Development of a nymph to an adult takes ``constant`` degree-days above ``base``; at every hour

    rate = (T - base) / constant                            up to 22.5 degC
    falling in a straight line to 0 at 30 degC              above it

and the score is the sum over ten days: how many generations can follow each other in them. The
thermal constants are the middle of six Chinese populations (4.98-7.14 degC, 89-119 degC d);
fastest development at 22.5 degC and none at 30 degC, where all nymphs died, are Dean's.

Whether to treat hangs on a count of aphids, which no weather station has: so the usual answer
in the weeks after heading is "keep an eye on it", and "high" is left to ten days that are
about as good for the aphid as days and nights together can be. Both limits are provisional; the
action thresholds of 500 or 800 aphids per hundred stems that circulate were not verified and
are not built in.
Heavy rain washes aphids off; the ten days' rain is shown, no number for its effect was found.

References
----------
Dean 1974, Bull. Entomol. Res. 63:401-409, doi:10.1017/S0007485300040888 (best and lethal heat).
Jarosik et al. 2011, thermal constants of insects, as collected in the R package devRate:
Liu & Li 1990 (7.11/99.3), Li & Li 2002 (6.73/91.5), Du 2008 (7.14/89.3), Li 1990 (6.35/106.1),
Yin 2003 (6.26/107.3), Hu 2007 (4.98/119.0).
"""

from __future__ import annotations

from models.crops.season import SeasonDay
from models.hazards._cereal_insects import development
from models.risk.features import mean, total
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window

_CHINA = "middle of six Chinese populations collected by Jarosik et al. 2011"
_DEAN = "Dean 1974, doi:10.1017/S0007485300040888"
PARAMETERS = {
    "base": Parameter(6.7, "degC", _CHINA, "second-hand"),
    "constant": Parameter(99.0, "degC d", _CHINA, "second-hand"),
    "best": Parameter(22.5, "degC", _DEAN, "primary"),
    "top": Parameter(30.0, "degC", _DEAN, "primary"),
    "medium": Parameter(1.0, "generations in 10 d", "chosen here", "provisional"),
    "high": Parameter(1.1, "generations in 10 d", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = 10


def evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Generations that ten days make room for.

    Parameters
    ----------
    window
        ``generations``, ``temperature`` [degC] and ``rain`` [mm] of ten days.
    carried, season
        Not used.
    """
    generations = window["generations"].sum(axis=0)
    return Evaluation(
        generations,
        {
            "generations": generations,
            "temperature": window["temperature"].sum(axis=0) / DAYS,
            "rain": window["rain"].sum(axis=0),
        },
    )


HAZARD = Hazard(
    id="wheat_grain_aphid",
    eppo="MACSAV",
    kind="pest",
    crops={"winter_wheat": (45, 77)},
    uses={
        "generations": Use(
            development(
                "grain_aphid_generation", _P["base"], _P["constant"], _P["best"], _P["top"]
            ),
            "raises",
        ),
        "temperature": Use(mean("air_temperature", "degC"), "shown"),
        "rain": Use(total("precipitation_amount", "mm"), "shown"),
    },
    days=DAYS,
    evaluate=evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=(_DEAN, "Jarosik et al. 2011"),
    certainty=0.3,
    actions=("keep_natural_enemies", "count_aphids", "ask_officer"),
    act_days=(0, 5),
)
