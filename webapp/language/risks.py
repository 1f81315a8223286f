"""Sentences about risk, put together from the words of field_configs."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta

from collector.store.measured.field_weather import NO_STATION
from field_configs.schema import Crop
from field_configs.words import MissingParameter
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY, NO_RISK, STATUS
from models.weather.local_days import local_day
from webapp.language import formats
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.words import has_word, name_of, word

STAGE_INPUT = "growth_stage"
#: What is missing without being a quantity.
NO_INPUTS = (STAGE_INPUT, NO_STATION)
SURE, FAIR = 0.7, 0.5
STATUS_LABELS = {
    "high": lazy_gettext("High risk"),
    "medium": lazy_gettext("Medium risk"),
    "no_risk": lazy_gettext("No risk now"),
    "cannot_say": lazy_gettext("Cannot say"),
    "out_of_season": lazy_gettext("Out of season"),
}


def upper_first(text: str) -> str:
    """Write the first letter large, as at the head of a line; Chinese stays as it is."""
    return text[:1].upper() + text[1:]


def status_label(name: str) -> str:
    """The short name of a status, for lists and marks."""
    return str(STATUS_LABELS[name])


def hazard_name(hazard: str) -> str:
    """The name of a hazard; its id where only an earlier release knew it."""
    key = f"hazard.{hazard}.name"
    return upper_first(word(key)) if has_word(key) else hazard


def background_line(hazard: str) -> str:
    """What a page says of a hazard shown as background while its season is on."""
    return str(gettext("Season of %(hazard)s: look every week.", hazard=hazard_name(hazard)))


def quiet_line(names: Sequence[str]) -> str:
    """Name in one line, without a level, what was judged and not found; empty without names."""
    if not names:
        return ""
    line = gettext(
        "Checked by the day's data, no sign of: %(hazards)s.",
        hazards=str(gettext("; ")).join(names),
    )
    return str(line)


def outlook_line(status: RiskStatus, judged: tuple[int, int] | None) -> str:
    """Say the class that a hazard shown as an outlook has this season, and when it was judged.

    `judged` is the month and day after which it stays; before that it is of the answer's own day.
    """
    day = local_day(status.time - timedelta(hours=1))
    if judged is not None:
        day = min(day, date(day.year, *judged))
    line = gettext(
        "%(hazard)s, outlook for the season, judged on %(day)s: %(reason)s",
        hazard=hazard_name(status.hazard),
        day=formats.local_day(day),
        reason=reason_of(status),
    )
    if status.validated or status.status == CANNOT_SAY:
        return str(line)
    return f"{line} {gettext('%(sentence)s.', sentence=gettext('Not validated here'))}"


def quantity_name(quantity: str) -> str:
    """The name of a quantity, at the head of a line."""
    return upper_first(word(f"quantity.{quantity}"))


def action_text(hazard: str, action: str) -> str:
    """What an action of a hazard asks for; its key where this release does not know it."""
    key = f"hazard.{hazard}.action.{action}"
    return word(key) if has_word(key) else action


def unit_name(quantity: str) -> str:
    """The unit of a quantity as people write it."""
    return word(f"unit.{quantity}")


def certainty_label(share: float | None) -> str:
    """Say a certainty between 0 and 1 in words, with its number."""
    if share is None or not share > 0:
        return word("certainty.none")
    level = "high" if share >= SURE else "medium" if share >= FAIR else "low"
    words = upper_first(word(f"certainty.{level}"))
    return str(gettext("%(words)s (%(share)s)", words=words, share=f"{share:.0%}"))


def missing_names(missing: tuple[str, ...]) -> str:
    """Name the inputs that were missing."""
    keys = {each: f"quantity.{each}" for each in missing if each not in NO_INPUTS}
    names = [word(key) if has_word(key) else each for each, key in keys.items()]
    return str(gettext(", ")).join(names)


def missing_reason(missing: tuple[str, ...]) -> str:
    """Say why an answer cannot be given, or nothing where nothing is missing."""
    names = missing_names(missing)
    parts = [word("reason.missing_inputs", inputs=names)] if names else []
    parts += [word("reason.missing_stage")] if STAGE_INPUT in missing else []
    parts += [word("reason.too_far")] if NO_STATION in missing else []
    text = str(gettext("; ")).join(parts)
    return str(gettext("%(sentence)s.", sentence=upper_first(text))) if text else ""


def reason_text(hazard: str, status: int, drivers: Mapping[str, float | None]) -> str:
    """Say in plain words why a hazard has a status, from the model's own terms."""
    name = STATUS[status]
    known = {k: v for k, v in drivers.items() if v is not None and not math.isnan(v)}
    key = f"hazard.{hazard}.reason.{name}"
    # What is not known, or only to an earlier release, cannot be quoted; the status can.
    if has_word(key):
        with suppress(MissingParameter):
            return word(key, **known)
    said = upper_first(gettext("nothing found")) if status == NO_RISK else status_label(name)
    return str(gettext("%(sentence)s.", sentence=said))


def reason_of(status: RiskStatus) -> str:
    """The reason of a status, and what is missing where nothing can be said."""
    reason = reason_text(status.hazard, status.status, status.drivers)
    why = missing_reason(status.missing) if status.status == CANNOT_SAY else ""
    return " ".join(part for part in (reason, why) if part)


def change_of(hazard: str) -> str:
    """Say what would change an answer, where the hazard's words do."""
    key = f"hazard.{hazard}.change"
    return word(key) if has_word(key) else ""


def stage_name(crop: Crop, bbch: float) -> str:
    """Name the growth stage a crop has reached: the last named one at or below a BBCH code.

    A name holds to the end of its principal growth stage (the tens of the code): flowering is
    61 to 69, heading to 59.
    """
    reached = [stage for stage in crop.stages if stage.bbch <= bbch]
    if not reached:
        return ""
    last = max(reached, key=lambda stage: stage.bbch)
    if last.bbch // 10 == bbch // 10:
        return name_of(last)
    return word("stage_source.between", earlier=name_of(last))
