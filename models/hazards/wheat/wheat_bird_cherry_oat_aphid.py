"""Bird cherry-oat aphid (禾谷缢管蚜, Rhopalosiphum padi): how fast it can multiply.

As for `wheat_grain_aphid`: nymph-to-adult development at every hour

    rate = (T - 5.61) / 92                              up to 25 degC
    falling in a straight line to 0 at 30 degC          above it

summed over ten days. The constants are the median of eleven studies (5.61 degC, 92 degC d);
their range is wide. Fastest development at 25 degC and death of all nymphs at 30 degC are
Dean's, for an English strain; Chinese handbooks call 30 degC the best temperature for it, which
does not fit, so the fall beyond 25 degC may be too steep here.

It lives low on the plant from emergence on and carries barley yellow dwarf (黄矮病), so the
window begins with the seedling. Limits are provisional, and a count decides, not the weather.

References
----------
Dean 1974, Bull. Entomol. Res. 63:401-409, doi:10.1017/S0007485300040888.
Jarosik et al. 2011, thermal constants of insects, as collected in the R package devRate;
Elliott & Kieckhefer's 5.38-6.36 degC, 79-88.5 degC d lie close by.
"""

from __future__ import annotations

from models.hazards._cereal_insects import development
from models.hazards.wheat.wheat_grain_aphid import DAYS, evaluate
from models.risk.features import mean, total
from models.risk.hazard import Hazard, Parameter, Use

_MEDIAN = "median of eleven studies collected by Jarosik et al. 2011"
_DEAN = "Dean 1974, doi:10.1017/S0007485300040888"
PARAMETERS = {
    "base": Parameter(5.61, "degC", _MEDIAN, "second-hand"),
    "constant": Parameter(92.0, "degC d", _MEDIAN, "second-hand"),
    "best": Parameter(25.0, "degC", _DEAN, "primary"),
    "top": Parameter(30.0, "degC", _DEAN, "primary"),
    "medium": Parameter(1.3, "generations in 10 d", "chosen here", "provisional"),
    "high": Parameter(1.5, "generations in 10 d", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}

HAZARD = Hazard(
    id="wheat_bird_cherry_oat_aphid",
    eppo="RHOPPA",
    kind="pest",
    crops={"winter_wheat": (10, 77)},
    uses={
        "generations": Use(
            development("oat_aphid_generation", _P["base"], _P["constant"], _P["best"], _P["top"]),
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
    actions=(
        "keep_natural_enemies",
        "clear_volunteers",
        "sow_later",
        "count_aphids",
        "ask_officer",
    ),
    when={"sow_later": None},
    act_days=(0, 5),
)
