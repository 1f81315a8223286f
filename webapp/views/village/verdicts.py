"""One verdict per crop and disease of a village, the gravest first: what every page starts from."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from models.hazards.catalogue import background, catalogue, outlooks
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY, NO_RISK, OUT_OF_SEASON
from webapp.language.risks import hazard_name
from webapp.views.village.villages import UNMEASURED, Rank, rank

#: Answers of the fields to one question, the gravest first.
Group = Sequence[RiskStatus]


@dataclass(frozen=True)
class CropVerdicts:
    """What is said of a crop: verdicts, hazards in the background, and what nobody measures.

    `outlooks` are answers for the whole season, in season only.
    `answers` are all its answers, those of the models behind a verdict among them.
    """

    crop: str
    answers: Sequence[RiskStatus]
    verdicts: list[Group]
    background: list[str]
    outlooks: list[RiskStatus]
    unmeasured: list[Group]


def is_unmeasured(status: RiskStatus) -> bool:
    """Nothing can be said, and never could: what the hazard reads was never measured here."""
    return status.status == CANNOT_SAY and not math.isfinite(status.data_age_h)


def rank_of(status: RiskStatus) -> Rank:
    """Where an answer stands among others; the highest speaks for all."""
    if is_unmeasured(status):
        return UNMEASURED
    return rank(status.status, status.validated, status.certainty)


def _by_hazard(answers: Sequence[RiskStatus]) -> list[Group]:
    """Answers to one question together; none of a model behind a verdict."""
    groups: dict[str, list[RiskStatus]] = {}
    for each in answers:
        groups.setdefault(each.hazard, []).append(each)
    known = (catalogue().get(hazard) for hazard in groups)
    for member in {member for hazard in known if hazard for member in hazard.members}:
        groups.pop(member, None)
    return list(groups.values())


def _without_level(status: RiskStatus) -> bool:
    return (
        status.hazard in background() or status.hazard in outlooks()
    ) and status.status != OUT_OF_SEASON


def _of_crop(crop: str, answers: Sequence[RiskStatus]) -> CropVerdicts:
    groups: list[Group] = [sorted(g, key=rank_of, reverse=True) for g in _by_hazard(answers)]
    named = [group[0] for group in groups if _without_level(group[0])]
    groups = [group for group in groups if not _without_level(group[0])]
    groups.sort(key=lambda group: rank_of(group[0]), reverse=True)
    lacking = [group for group in groups if is_unmeasured(group[0])]
    if all(is_unmeasured(g[0]) or g[0].status == OUT_OF_SEASON for g in groups):
        lacking = []  # nothing else to say: then each says that it cannot
    verdicts: list[Group] = [group for group in groups if group not in lacking]
    weekly = [each.hazard for each in named if each.hazard in background()]
    seasonal = [each for each in named if each.hazard in outlooks()]
    return CropVerdicts(crop, answers, verdicts, weekly, seasonal, list(lacking))


def verdicts_of(statuses: Sequence[RiskStatus]) -> list[CropVerdicts]:
    """Put a village's answers together by crop and hazard, the gravest first, then the surest.

    Parameters
    ----------
    statuses
        The newest answer per field, crop and hazard.
    """
    crops = dict.fromkeys(each.crop for each in statuses)
    return [_of_crop(crop, [each for each in statuses if each.crop == crop]) for crop in crops]


def gravest(statuses: Sequence[RiskStatus]) -> RiskStatus | None:
    """The answer that speaks for all verdicts of `verdicts_of`; None where nothing is in season.

    Parameters
    ----------
    statuses
        The answers of one day per field, crop and hazard.
    """
    crops: dict[str, list[RiskStatus]] = {}
    for each in statuses:
        crops.setdefault(each.crop, []).append(each)
    best = (max(group, key=rank_of) for of_crop in crops.values() for group in _by_hazard(of_crop))
    said = (e for e in best if e.status != OUT_OF_SEASON and not _without_level(e))
    return max(said, key=rank_of, default=None)


def is_quiet(group: Group) -> bool:
    """Nothing was found in any field: such a hazard is named in a line and never as a level."""
    return group[0].status == NO_RISK


def quiet_names(said: Sequence[CropVerdicts], told: Collection[str] = ()) -> list[str]:
    """Names of the hazards that were judged and of which nothing was found, in order.

    Parameters
    ----------
    said
        What is said of each crop.
    told
        Names of hazards of which something else is said: advice that still holds, a forecast.
    """
    quiet = [group[0].hazard for crop in said for group in crop.verdicts if is_quiet(group)]
    return sorted({hazard_name(each) for each in quiet} - set(told))


def to_look_for(said: CropVerdicts) -> list[str]:
    """Hazards of a crop to look for every week: those in season of which nothing else is said.

    Parameters
    ----------
    said
        What is said of the crop; a pest or disease that has a verdict is not named again.
    """
    known = catalogue()
    judged = {known[g[0].hazard].eppo for g in said.verdicts if g[0].hazard in known}
    return [each for each in said.background if known[each].eppo not in judged - {None}]
