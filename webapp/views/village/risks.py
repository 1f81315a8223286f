"""Risks as the village page tells them: per crop and hazard, with reason, stage and advice."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.store.measured.field_weather import FieldWeather
from field_configs.schema import Crop, Field
from models.advice.advisory import Advisory
from models.advice.relief import Key
from models.hazards.catalogue import background, catalogue, outlooks
from models.risk.answers import RiskStatus
from models.risk.hazard import HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON, STATUS
from webapp.language.formats import local_time, number, span_ago
from webapp.language.i18n import gettext
from webapp.language.risks import (
    background_line,
    certainty_label,
    change_of,
    hazard_name,
    missing_names,
    outlook_line,
    quiet_line,
    reason_of,
    stage_name,
    upper_first,
)
from webapp.language.words import name_of, word
from webapp.views.village.advice import ShownAdvice, show_advice
from webapp.views.village.facts import Fact, advice_facts, member_facts, model_facts, origin_facts
from webapp.views.village.outlook import Ahead
from webapp.views.village.verdicts import CropVerdicts, rank_of, verdicts_of
from webapp.views.village.villages import ANSWERS, Rank, is_draft


@dataclass(frozen=True)
class Coming:
    """What the forecast makes of the coming days, by crop and hazard, as of `now`.

    `origins` are the quantities that fields without a sensor have from stations around them;
    `relieved` the answers (site, crop, hazard) that the newest reading contradicts.
    """

    days: Mapping[tuple[str, str], Ahead]
    now: datetime | None = None
    origins: Sequence[FieldWeather] = ()
    relieved: frozenset[Key] = frozenset()


NOTHING_COMING = Coming({})


@dataclass(frozen=True)
class RiskRow:
    """One hazard of one crop: the answer of the field where it is gravest, which comes first.

    `draft` where the status must be marked as not validated here; `rank` is its place among rows.
    """

    status: str
    draft: bool
    rank: Rank
    hazard: str
    fields: list[tuple[str, str, bool]]
    reason: str
    change: str
    certainty: str
    validated: bool
    provisional: bool
    data_age: str
    by: str
    relief: str
    advice: ShownAdvice | None
    ahead: Ahead | None
    facts: list[Fact]


@dataclass(frozen=True)
class ShownStage:
    """The growth stage of a field, in words, and whether somebody saw it."""

    text: str
    observed: bool


@dataclass(frozen=True)
class CropRisks:
    """A crop of the village: its stages, what matters now, and what is not in season.

    `quiet` are rows of which nothing was found: no level is shown of them, they are named in
    `quiet_line`. `background` are sentences on hazards without a level: outlooks for the season,
    and those of which the season alone is said; `unmeasured` is one on hazards that no sensor can
    answer for.
    """

    name: str
    stages: list[ShownStage]
    rows: list[RiskRow]
    quiet: list[RiskRow]
    quiet_line: str
    resting: list[RiskRow]
    background: list[str]
    unmeasured: str


def _field_name(site: str, places: Mapping[str, Field]) -> str:
    return name_of(places[site]) if site in places else site


def _stages(
    statuses: Sequence[RiskStatus], crop: Crop | None, places: Mapping[str, Field]
) -> list[ShownStage]:
    shown = []
    for site, status in sorted({each.site: each for each in statuses}.items()):
        if math.isnan(status.stage_bbch) or crop is None:
            continue
        text = gettext(
            "%(place)s: %(stage)s (BBCH %(bbch)s)",
            place=_field_name(site, places),
            stage=stage_name(crop, status.stage_bbch),
            bbch=number(math.floor(status.stage_bbch), 0),
        )
        shown.append(ShownStage(str(text), status.stage_source == "observed"))
    return shown


def _is_provisional(hazard: str) -> bool:
    known = catalogue().get(hazard)
    return known is not None and bool(known.provisional)


def unproven(crops: Sequence[CropRisks]) -> str:
    """Say what "not validated here" means, where it stands on the page."""
    rows = [row for crop in crops for row in (*crop.rows, *crop.quiet, *crop.resting)]
    if all(row.validated for row in rows):
        return ""
    sentence = upper_first(word("validation.not_here"))
    meaning = gettext("%(term)s: %(text)s", term=gettext("Not validated here"), text=sentence)
    return str(gettext("%(sentence)s.", sentence=meaning))


def _data_age(hours: float) -> str:
    if not math.isfinite(hours):
        return str(gettext("never measured"))
    return span_ago(hours * 3600)


def _unmeasured_line(groups: Sequence[Sequence[RiskStatus]]) -> str:
    """Say once what is not judged for want of a sensor, rather than on every day anew."""
    if not groups:
        return ""
    missing = dict.fromkeys(q for group in groups for q in group[0].missing)
    line = gettext(
        "Not judged here, because not measured (%(quantities)s): %(hazards)s.",
        quantities=missing_names(tuple(missing)),
        hazards="; ".join(hazard_name(group[0].hazard) for group in groups),
    )
    return str(line)


def _relief(status: RiskStatus, coming: Coming) -> str:
    key = (status.site, status.crop, status.hazard)
    if status.status not in (MEDIUM, HIGH) or key not in coming.relieved:
        return ""
    return str(gettext("The newest reading says otherwise: no advice is given from this answer."))


def _row(
    group: Sequence[RiskStatus],
    of_crop: Sequence[RiskStatus],
    advice: Mapping[tuple[str, str, str], Advisory],
    places: Mapping[str, Field],
    coming: Coming,
) -> RiskRow:
    worst = group[0]
    # Advice holds for its window, even where the status of the day has fallen or is not known.
    keys = [(each.site, each.crop, each.hazard) for each in group]
    stands = [key for key in keys if key in advice and key not in coming.relieved]
    given = advice[stands[0]] if stands else None
    in_season = worst.status != OUT_OF_SEASON
    shown = show_advice(given, coming.now) if given and in_season else None
    level = worst.hazard not in background() | outlooks()
    ahead = coming.days.get((worst.crop, worst.hazard)) if level else None
    return RiskRow(
        status=STATUS[worst.status],
        draft=is_draft(worst.status, worst.validated),
        rank=rank_of(worst),
        hazard=hazard_name(worst.hazard),
        fields=[
            (
                _field_name(each.site, places),
                STATUS[each.status],
                is_draft(each.status, each.validated),
            )
            for each in group
        ],
        reason=reason_of(worst),
        change=change_of(worst.hazard) if worst.status in ANSWERS else "",
        certainty=certainty_label(worst.certainty) if worst.status in ANSWERS else "",
        validated=worst.validated,
        provisional=_is_provisional(worst.hazard),
        data_age=_data_age(worst.data_age_h),
        by=str(gettext("By the readings up to %(time)s.", time=local_time(worst.time, coming.now))),
        relief=_relief(worst, coming),
        advice=shown,
        ahead=ahead,
        facts=[
            *member_facts(worst, of_crop),
            *model_facts(worst),
            *origin_facts(worst, coming.origins),
            *advice_facts(shown, ahead),
        ],
    )


def _is_resting(row: RiskRow) -> bool:
    """Out of season, and the forecast does not say that this ends badly."""
    return row.status == STATUS[OUT_OF_SEASON] and not (row.ahead and row.ahead.warns)


def _is_quiet(row: RiskRow) -> bool:
    """Nothing was found, no earlier advice holds, and the forecast brings nothing."""
    coming = row.ahead is not None and row.ahead.warns
    return row.status == STATUS[NO_RISK] and row.advice is None and not coming


def _lines_without_level(said: CropVerdicts) -> list[str]:
    """One line for each hazard in season that is shown without a level, outlooks first."""
    known = catalogue()
    lines = [outlook_line(each, known[each.hazard].judged) for each in said.outlooks]
    return lines + [background_line(hazard) for hazard in said.background]


def show_crops(
    statuses: Sequence[RiskStatus],
    advisories: Sequence[Advisory],
    crops: Mapping[str, Crop],
    places: Mapping[str, Field],
    coming: Coming = NOTHING_COMING,
) -> list[CropRisks]:
    """Group a village's answers by crop and hazard, the gravest first, of equal ones the surest.

    Parameters
    ----------
    statuses
        The newest answer per field, crop and hazard.
    advisories
        What is current.
    crops
        Crop types by id.
    places
        Fields of the village by id.
    coming
        What the forecast makes of the coming days.
    """
    advice = {(each.site, each.crop, each.hazard): each for each in advisories}
    found = []
    for said in verdicts_of(statuses):
        rows = [_row(group, said.answers, advice, places, coming) for group in said.verdicts]
        quiet = [row for row in rows if _is_quiet(row)]
        crop = crops.get(said.crop)
        found.append(
            CropRisks(
                name=upper_first(name_of(crop)) if crop else said.crop,
                stages=_stages(said.answers, crop, places),
                rows=[row for row in rows if not _is_resting(row) and not _is_quiet(row)],
                quiet=quiet,
                quiet_line=quiet_line(sorted(row.hazard for row in quiet)),
                resting=[row for row in rows if _is_resting(row)],
                background=_lines_without_level(said),
                unmeasured=_unmeasured_line(said.unmeasured),
            )
        )
    return found
