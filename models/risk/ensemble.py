"""One verdict for a disease that several models answer for.

    level = the gravest that at least half of the models reach

Of two models that is the graver; of four, what the second gravest says. Each model counts alike:
combined forecasts with equal weights are hard to beat while nothing is known of each one's errors
at the place (Clemen 1989), and here no model has been judged on enough local cases. Half counts
as reached because a missed disease costs more than a look at the field.

A model counts on the stages of its own gate. The models run on the same features and carry their
own values, so that missing hours bound the verdict as they bound any hazard's score.

References
----------
Clemen 1989, International Journal of Forecasting 5:559, doi:10.1016/0169-2070(89)90012-5 (equal
weights; the share of one half is chosen here).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.crops.season import SeasonDay
from models.risk.hazard import Carried, Evaluation, Hazard, Parameter, Use, Window
from models.weather.dataset import Array

_CLEMEN = "doi:10.1016/0169-2070(89)90012-5"
PARAMETERS = {
    "share": Parameter(0.5, "1", "chosen here", "provisional"),
    "disagreement_certainty": Parameter(0.8, "1", "chosen here", "provisional"),
}
_P = {name: parameter.value for name, parameter in PARAMETERS.items()}
MEDIUM, HIGH = 1.0, 2.0


def ensemble(id: str, members: tuple[Hazard, ...]) -> Hazard:
    """Declare the verdict of several hazards on one disease.

    Parameters
    ----------
    id
        Stem of the file that declares it.
    members
        At least two hazards of one pest, each ``shown="member"``; the first one's actions, stages
        of actions and days to act are the verdict's.

    Returns
    -------
    Hazard
        Its score is 0, 1 (medium) or 2 (high).

    Raises
    ------
    ValueError
        If there are fewer than two, or they are not of one pest and shown as members.
    """
    lead = members[0] if members else None
    if lead is None or len(members) < 2:
        raise ValueError(f"hazard {id}: an ensemble has at least two members; name them")
    for member in members:
        if member.eppo != lead.eppo or member.shown != "member":
            raise ValueError(
                f'hazard {id}: {member.id} is of {member.eppo}, shown as "{member.shown}"; '
                f'members are all of {lead.eppo} and shown as "member"'
            )
    return Hazard(
        id=id,
        eppo=lead.eppo,
        kind=lead.kind,
        crops=_stages(members),
        uses={
            _own(member, alias): Use(use.feature, use.effect)
            for member in members
            for alias, use in member.uses.items()
        },
        days=max(member.days for member in members),
        carry={
            _own(member, name): value for member in members for name, value in member.carry.items()
        },
        step=lambda carried, window, season: {
            _own(member, name): value
            for member in members
            for name, value in member.step(
                _carried_of(member, carried), _window_of(member, window), season
            ).items()
        },
        evaluate=lambda window, carried, season: _combine(members, window, carried, season),
        medium=MEDIUM,
        high=HIGH,
        parameters=PARAMETERS,
        references=tuple(dict.fromkeys([_CLEMEN, *(r for m in members for r in m.references)])),
        certainty=min(member.certainty for member in members),
        actions=lead.actions,
        when=lead.when,
        act_days=lead.act_days,
        members=tuple(member.id for member in members),
    )


def _own(member: Hazard, name: str) -> str:
    return f"{member.id}.{name}"


def _window_of(member: Hazard, window: Window) -> Window:
    return {alias: window[_own(member, alias)][-member.days :] for alias in member.uses}


def _carried_of(member: Hazard, carried: Carried) -> Carried:
    return {name: carried[_own(member, name)] for name in member.carry}


def _stages(members: tuple[Hazard, ...]) -> Mapping[str, tuple[int, int]]:
    """First and last stage (BBCH) at which any member asks, by crop."""
    found: dict[str, tuple[int, int]] = {}
    for member in members:
        for crop, (first, last) in member.crops.items():
            low, high = found.get(crop, (first, last))
            found[crop] = min(first, low), max(last, high)
    return found


def _combine(
    members: tuple[Hazard, ...], window: Window, carried: Carried, season: SeasonDay
) -> Evaluation:
    """Level of each member that asks at this stage, and what at least half of them reach."""
    levels, counts, certainties = [], [], [np.ones(len(season.bbch))]
    for member in members:
        given = member.evaluate(_window_of(member, window), _carried_of(member, carried), season)
        levels.append(_level(member, given.score))
        counts.append(_asks(member, season))
        if given.certainty is not None:
            certainties.append(given.certainty)
    level, asked = np.array(levels), np.array(counts)
    voting = asked.sum(axis=0)
    warn = ((level >= MEDIUM) & asked).sum(axis=0)
    grave = ((level >= HIGH) & asked).sum(axis=0)
    needed = np.maximum(_P["share"] * voting, 1.0)
    score = (warn >= needed).astype(np.float64) + (grave >= needed)
    score[(np.isnan(level) & asked).any(axis=0)] = np.nan
    alike = ((warn == 0) | (warn == voting)) & ((grave == 0) | (grave == voting))
    certainty = np.minimum.reduce(certainties) * np.where(alike, 1.0, _P["disagreement_certainty"])
    drivers = {"models": voting.astype(float), "warn": warn.astype(float)}
    return Evaluation(score, {**drivers, "grave": grave.astype(float)}, certainty)


def _level(member: Hazard, score: Array) -> Array:
    """0, 1 or 2 by the member's own limits; NaN stays NaN."""
    level = (score >= member.medium).astype(np.float64) + (score >= member.high)
    return np.where(np.isnan(score), np.nan, level)


def _asks(member: Hazard, season: SeasonDay) -> NDArray[np.bool_]:
    """Where (site,) the stage is one that the member asks about, or is unknown; true or false."""
    if season.crop not in member.crops:
        return np.zeros(len(season.bbch), dtype=bool)
    first, last = member.crops[season.crop]
    return ~((season.bbch < first) | (season.bbch > last))
