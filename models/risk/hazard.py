"""What a hazard is: declared facts and two pure functions.

A hazard file holds its equations and ends in ``HAZARD = Hazard(...)``. The engine in
``models.risk.fold`` computes the daily features, keeps the windows and carried values, and calls

``step(carried, window, season) -> carried``  once per local day (only if ``carry`` is declared)
``evaluate(window, carried, season) -> Evaluation``  once per local day

on plain arrays of sites. Missing hours are the engine's business: it runs a second, worst-case
track where they leave room, and says "cannot say" when the two tracks disagree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from models.crops.season import SeasonDay
from models.risk.features import Feature
from models.weather.dataset import Array

OUT_OF_SEASON, CANNOT_SAY, NO_RISK, MEDIUM, HIGH = range(5)
STATUS = ("out_of_season", "cannot_say", "no_risk", "medium", "high")

Effect: TypeAlias = Literal["raises", "lowers", "mixed", "shown"]
Source: TypeAlias = Literal["primary", "second-hand", "provisional"]
Window: TypeAlias = Mapping[str, Array]
Carried: TypeAlias = Mapping[str, Array]


@dataclass(frozen=True)
class Parameter:
    """A number of a hazard: value, unit, where it was read, and how far it can be trusted.

    ``status`` is "primary" (read in the publication or its reference implementation),
    "second-hand" (quoted by another) or "provisional" (chosen here; shown as such).
    """

    value: float
    unit: str
    source: str
    status: Source


@dataclass(frozen=True)
class Input:
    """One measured quantity that a hazard needs, how its hours are aggregated, over how long."""

    quantity: str
    aggregation: str
    days: int
    estimated: bool = False


@dataclass(frozen=True)
class Use:
    """A feature in the service of a hazard.

    ``effect`` tells how the score moves when the feature grows and the others stay: "raises"
    (never falls), "lowers" (never rises) or "mixed". The engine needs it to bound the score when
    hours are missing; a "mixed" feature with missing hours makes the answer "cannot say".
    "shown" is for drivers alone: it must not enter the score.
    """

    feature: Feature
    effect: Effect


class Evaluation(NamedTuple):
    """Score per site (higher is worse, NaN is unknown) and the terms that made it, by name.

    ``certainty`` is a further factor 0..1 per site, for instance where the variety is unknown.
    """

    score: Array
    drivers: Mapping[str, Array]
    certainty: Array | None = None


def no_step(carried: Carried, window: Window, season: SeasonDay) -> Carried:
    """Carry nothing from day to day.

    Parameters
    ----------
    carried
        Carried values (site,), in the units of ``carry``.
    window
        Daily features (days, site), oldest day first, in the unit of each feature.
    season
        The crop on the day; arrays (site,).
    """
    return carried


@dataclass(frozen=True)
class Hazard:
    """A pest, disease or weather damage of one crop.

    Parameters
    ----------
    id, eppo
        Stem of the file; EPPO code of the pest (None for weather damage).
    kind
        "disease", "pest" or "weather".
    crops
        Crop id -> first and last growth stage (BBCH) at which the question arises, both
        included. Crop ids are those of field_configs/crops.
    uses
        Alias -> `Use`; ``window[alias]`` is then an array (days, site), oldest day first.
    days
        Length of the window [d], the evaluated day included.
    evaluate
        Function (window, carried, season) -> `Evaluation`.
    medium, high
        Score at or above which the status is medium and high.
    parameters
        Name -> `Parameter`; every number of the equations.
    references
        DOIs or full citations.
    carry
        Name -> starting value of what is carried from day to day (NaN: unknown until `step`
        sets it), and ``step`` that moves it on. Carried values must follow the rule of
        "raises": a higher value never lowers the score.
    validated
        Where the published equation was validated; empty when nowhere. Local validation is
        never written here: it comes from the skill ledger.
    certainty
        0..1, what the source's own validation allows on complete measured input.
    actions
        Word keys of advice, cultural measure first.
    when
        Action -> first and last growth stage (BBCH) at which it can be done, None where no crop
        may stand: between harvest and sowing. An action that is not named can be done any day.
    act_days
        First and last day of the window to act, counted from the day of the answer [d].
    estimated_certainty
        Factor on the certainty when an input is estimated.
    probability
        The event whose probability the score is; empty when the score is no probability.
    shown
        "level", or "background" where the answer is nearly always the same (docs/skill.md,
        "How much the hazards tell"): then pages say that its season is on and no more, and no
        advice comes of it; "outlook" where the rule gives one class for the whole season: pages
        say it once, in a line, and no advice comes of it; or "member" where the answer is one of
        several on a disease and pages show their verdict (``models.risk.ensemble``). The answers
        are computed, kept and judged all the same.
    judged
        Of an outlook: month and day after whose weather its answer stays.
    members
        Ids of the hazards whose verdict this one is.
    months
        First and last month of the local year in which the question arises, both included:
        outside of them the answer is "out of season", whatever the stage.
    """

    id: str
    eppo: str | None
    kind: Literal["disease", "pest", "weather"]
    crops: Mapping[str, tuple[int, int]]
    uses: Mapping[str, Use]
    days: int
    evaluate: Callable[[Window, Carried, SeasonDay], Evaluation]
    medium: float
    high: float
    parameters: Mapping[str, Parameter]
    references: tuple[str, ...]
    certainty: float
    carry: Mapping[str, float] = field(default_factory=dict)
    step: Callable[[Carried, Window, SeasonDay], Carried] = no_step
    validated: str = ""
    actions: tuple[str, ...] = ()
    when: Mapping[str, tuple[int, int] | None] = field(default_factory=dict)
    act_days: tuple[int, int] = (0, 3)
    estimated_certainty: float = 0.8
    version: str = "1"
    probability: str = ""
    shown: Literal["level", "background", "outlook", "member"] = "level"
    members: tuple[str, ...] = ()
    judged: tuple[int, int] | None = None
    months: tuple[int, int] = (1, 12)

    def __post_init__(self) -> None:
        where = f"hazard {self.id}"
        if not self.medium <= self.high:
            raise ValueError(f"{where}: medium {self.medium} is above high {self.high}; swap them")
        if self.days < 1:
            raise ValueError(f"{where}: days is {self.days}; a window has at least one day")
        for crop, (first, last) in self.crops.items():
            if not 0 <= first <= last <= 99:
                raise ValueError(
                    f"{where}: crops[{crop}] = {(first, last)} is not within BBCH 0..99 in order"
                )
        if self.shown == "outlook" and self.judged is None:
            raise ValueError(
                f"{where}: an outlook says after which day its class stays; add judged=(month, day)"
            )
        if not 1 <= self.months[0] <= self.months[1] <= 12:
            raise ValueError(f"{where}: months = {self.months} is not within 1..12 in order")
        if not 0 < self.certainty <= 1:
            raise ValueError(f"{where}: certainty {self.certainty} is not in (0, 1]")
        for action in self.when.keys() - set(self.actions):
            raise ValueError(f"{where}: when names {action}, which is no action; mend the name")
        for name, parameter in self.parameters.items():
            if not (parameter.source and math.isfinite(parameter.value)):
                raise ValueError(f"{where}: parameter {name} needs a finite value and a source")

    def actions_at(self, bbch: float | None) -> tuple[str, ...]:
        """What can be done at a growth stage of the standing crop.

        Parameters
        ----------
        bbch
            Stage (BBCH); None or NaN where it is not known: then any stage may be.
        """
        return tuple(action for action in self.actions if self._fits(action, bbch))

    def _fits(self, action: str, bbch: float | None) -> bool:
        if action not in self.when:
            return True
        span = self.when[action]
        if span is None or bbch is None or math.isnan(bbch):
            return span is not None
        return span[0] <= bbch <= span[1]

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The measured quantities this hazard reads."""
        return tuple(
            dict.fromkeys(
                Input(quantity, use.feature.aggregation, self.days, use.feature.estimated)
                for use in self.uses.values()
                for quantity in use.feature.inputs
            )
        )

    @property
    def provisional(self) -> tuple[str, ...]:
        """Names of the parameters that were not read in a primary source."""
        return tuple(k for k, p in self.parameters.items() if p.status != "primary")


def status_of(hazard: Hazard, score: float) -> int:
    """Status code of one score (NaN is "cannot say"), by the hazard's class limits.

    Parameters
    ----------
    hazard
        Whose class limits.
    score
        In the hazard's own unit, that of ``medium`` and ``high``.
    """
    if math.isnan(score):
        return CANNOT_SAY
    return HIGH if score >= hazard.high else MEDIUM if score >= hazard.medium else NO_RISK
