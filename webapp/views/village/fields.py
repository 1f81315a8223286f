"""The fields of a village as small rows: name, crop, and the gravest level there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collector.store.advice.village import Grown
from field_configs.schema import Crop, Field
from models.advice.relief import Key
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY, STATUS
from webapp.language.formats import short
from webapp.language.i18n import gettext
from webapp.language.risks import hazard_name, upper_first
from webapp.language.words import name_of
from webapp.views.village.verdicts import is_unmeasured, rank_of, verdicts_of
from webapp.views.village.villages import WARNINGS

#: Mu in a hectare: the unit in which fields are told.
MU = 15


@dataclass(frozen=True)
class FieldRow:
    """A field, what grows there, how large it is, its gravest level and what warns."""

    id: str
    name: str
    crop: str
    area: str
    status: str
    draft: bool
    hazard: str


def crop_name(grown: Grown | None, crops: Mapping[str, Crop], today: date) -> str:
    """Name what stands in a field on a local day."""
    known = crops.get(grown.crop) if grown else None
    if grown is None or (grown.harvested and grown.harvested < today):
        return str(gettext("nothing sown"))
    if known and grown.sown + timedelta(days=known.longest_days) < today:
        return str(gettext("nothing sown"))
    return name_of(known) if known else grown.crop


def field_rows(
    fields: Mapping[str, Field],
    grown: Mapping[str, Grown],
    answers: Sequence[RiskStatus],
    crops: Mapping[str, Crop],
    today: date,
    relieved: frozenset[Key] = frozenset(),
) -> list[FieldRow]:
    """Show the fields of a village, each with the verdict that is gravest there.

    Parameters
    ----------
    fields, grown
        By field id.
    answers
        The newest answer per field, crop and hazard.
    crops
        Crop types by id.
    today
        Local day.
    relieved
        Answers that the newest reading contradicts; they count no longer.
    """
    rows = []
    for field in fields.values():
        own = [e for e in answers if e.site == field.id]
        own = [e for e in own if (e.site, e.crop, e.hazard) not in relieved]
        levels = [group[0] for said in verdicts_of(own) for group in said.verdicts]
        worst = max(levels, key=rank_of, default=None)
        if worst is not None and is_unmeasured(worst):
            worst = None
        status = CANNOT_SAY if worst is None else worst.status
        named = worst is not None and status in WARNINGS
        rows.append(
            FieldRow(
                id=field.id,
                name=name_of(field),
                crop=upper_first(crop_name(grown.get(field.id), crops, today)),
                area=""
                if field.area_ha is None
                else str(gettext("%(mu)s mu", mu=short(field.area_ha * MU))),
                status=STATUS[status],
                draft=worst is not None and not worst.validated,
                hazard=hazard_name(worst.hazard) if worst and named else "",
            )
        )
    return rows
