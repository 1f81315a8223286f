"""Stripe rust of wheat (条锈病): the threshold rule, beside the mechanistic `wheat_stripe_rust`.

An hour is favourable when relative humidity is above 92 % and temperature is between 4 and
16 degC, in spells of at least four such hours with rain of at most 0.1 mm. A dekad (ten days)
with 5 to 20 % favourable hours was the best sign of an epidemic at three places in Luxembourg,
May and June of 1999-2015 (probability of detection at least .90, false alarm ratio at most .38,
critical success index .63 to 1).

    score = 100 favourable hours / 240   [%]            medium from 5 %

The authors give no second limit. "High" from 20 %, the upper end of their range, is
provisional; the rule was built for May and June only, so its certainty is lower before them.

The drivers carry what the mechanistic model says of the same ten days: ``infection_sum`` with
its own limit, and ``models_agree`` (1 when both or neither see at least a medium risk). Two
models that disagree are both shown; nothing here makes one of them right.

References
----------
El Jarroudi et al. 2017, Plant Disease 101:693-703, doi:10.1094/PDIS-12-16-1766-RE.
"""

from __future__ import annotations

import numpy as np

from models.crops.season import SeasonDay
from models.hazards.wheat.wheat_stripe_rust import HAZARD as MECHANISTIC
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.risk.wetness import wet_hours

_SOURCE = "El Jarroudi et al. 2017, Plant Disease 101:693"
PARAMETERS = {
    **{
        name: MECHANISTIC.parameters[name]
        for name in ("rule_humidity", "rule_cold", "rule_warm", "rule_rain", "rule_spell")
    },
    "medium": Parameter(5.0, "%", _SOURCE, "primary"),
    "high": Parameter(20.0, "%", "upper end of the published range, taken here", "provisional"),
    "outside_may_june": Parameter(0.7, "1", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
DAYS = 10


def _evaluate(window: Window, carried: Carried, season: SeasonDay) -> Evaluation:
    """Share of favourable hours in ten days, and what the other model says of them."""
    hours = window["favourable"].sum(axis=0)
    share = hours * (100.0 / (24 * DAYS))
    other = window["infection"].sum(axis=0)
    agree = (share >= _P["medium"]) == (other >= MECHANISTIC.medium)
    drivers = {
        "rule_share": share,
        "favourable_hours": hours,
        "wet_hours": window["wet"].sum(axis=0) / DAYS,
        "infection_sum": other,
        "models_agree": agree.astype(np.float64),
    }
    trust = 1.0 if season.date.month in (5, 6) else _P["outside_may_june"]
    return Evaluation(share, drivers, np.full(len(share), trust))


HAZARD = Hazard(
    id="wheat_stripe_rust_rule",
    eppo="PUCCST",
    kind="disease",
    crops=MECHANISTIC.crops,
    uses={
        "favourable": Use(MECHANISTIC.uses["rule"].feature, "raises"),
        "infection": Use(MECHANISTIC.uses["infection"].feature, "shown"),
        "wet": Use(wet_hours(), "shown"),
    },
    days=DAYS,
    evaluate=_evaluate,
    medium=_P["medium"],
    high=_P["high"],
    parameters=PARAMETERS,
    references=("doi:10.1094/PDIS-12-16-1766-RE",),
    certainty=0.5,
    validated="Luxembourg, three sites 1999-2015, May-June: detection >= .90, false alarms <= .38",
    actions=("remove_volunteers", "scout_leaves", "report_first_spot", "ask_officer"),
    act_days=(0, 5),
    shown="member",
)
