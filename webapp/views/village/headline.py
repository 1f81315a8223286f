"""What a village's page says in one sentence, and in one message of a telephone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from collector.freshness import Freshness
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY, NO_RISK, OUT_OF_SEASON, STATUS
from webapp.language.i18n import CHINESE, current_language, gettext
from webapp.language.risks import hazard_name, missing_names, status_label
from webapp.views.village.contact import ShownContact
from webapp.views.village.notice import Card
from webapp.views.village.verdicts import CropVerdicts, verdicts_of

#: A message of a telephone holds so many letters, and a loudspeaker so many in one breath.
MOST_LETTERS = 70
_CLAUSE = re.compile(r"[，。；：,;:.]")


@dataclass(frozen=True)
class Headline:
    """The sentence that speaks for the page, and whom to call; `official` as of a card."""

    status: str
    official: bool
    text: str
    call: str


def clause(text: str) -> str:
    """The first clause of a text: what is to be done, without the why."""
    return _CLAUSE.split(text, maxsplit=1)[0].strip()


def call_line(contact: ShownContact) -> str:
    """Whom to ask, without the number, which stands beside it to be touched."""
    if contact.entered:
        return str(gettext("Not sure? Ask %(who)s:", who=contact.name))
    return str(gettext("Not sure? Ask %(who)s or the farmers' hotline:", who=contact.name))


def _of_card(card: Card) -> str:
    about = {
        "hazard": card.hazard,
        "place": card.fields,
        "level": status_label(card.status),
        "day": card.day,
    }
    if card.official and card.todo:
        what = clause(card.todo[0])
        if card.kind == "week":
            text = gettext(
                "%(place)s: %(what)s; before %(day)s, against %(hazard)s.", what=what, **about
            )
        else:
            text = gettext(
                "%(place)s: %(what)s; by %(day)s, against %(hazard)s (%(level)s).",
                what=what,
                **about,
            )
    elif card.overdue:
        text = gettext(
            "%(place)s: %(hazard)s (%(level)s); the days to act were over on %(day)s: ask whether "
            "it still helps.",
            **about,
        )
    elif card.kind == "week":
        text = gettext(
            "%(place)s: watch for %(hazard)s from %(day)s on (%(level)s by the forecast); the "
            "officer has not released advice.",
            **about,
        )
    elif card.day:
        text = gettext(
            "%(place)s: watch for %(hazard)s (%(level)s) until %(day)s; the officer has not "
            "released advice.",
            **about,
        )
    else:
        text = gettext(
            "%(place)s: watch for %(hazard)s (%(level)s); the officer has not released advice.",
            **about,
        )
    return str(text)


def unknown_line(said: Sequence[CropVerdicts]) -> str:
    """Name three of the hazards that cannot be judged today and what is missing; or nothing.

    Parameters
    ----------
    said
        What is said of each crop.
    """
    groups = [group for crop in said for group in crop.verdicts]
    unknown = [group for group in groups if group[0].status == CANNOT_SAY]
    if not unknown:
        return ""
    missing = tuple(dict.fromkeys(name for group in unknown for name in group[0].missing))
    names = str(gettext(", ")).join(hazard_name(group[0].hazard) for group in unknown[:3])
    if not missing_names(missing):
        return str(gettext("Cannot say: %(hazards)s. Go and look at the field.", hazards=names))
    text = gettext(
        "Cannot say: %(hazards)s (no data of %(quantities)s). Go and look at the field.",
        hazards=names,
        quantities=missing_names(missing),
    )
    return str(text)


def _calm(answers: Sequence[RiskStatus], data: Freshness) -> tuple[int, str]:
    """Status and sentence where there is nothing to watch for."""
    if not answers:
        return CANNOT_SAY, str(gettext("No risk has been computed here lately."))
    said = verdicts_of(answers)
    groups = [group for crop in said for group in crop.verdicts]
    asked = [group for group in groups if group[0].status != OUT_OF_SEASON]
    if asked and data == "silent":
        text = gettext("The devices have been silent for more than a day: nobody can tell today.")
        return CANNOT_SAY, str(text)
    unknown = unknown_line(said)
    if unknown:
        return CANNOT_SAY, unknown
    if asked:
        return NO_RISK, str(gettext("Nothing to do today: no danger is seen for the crops."))
    if any(crop.background or crop.outlooks for crop in said):
        text = gettext("Only hazards without a level are in season now.")
        return OUT_OF_SEASON, str(text)
    return OUT_OF_SEASON, str(gettext("No hazard of these crops is in season now."))


def headline(
    cards: Sequence[Card],
    answers: Sequence[RiskStatus],
    contact: ShownContact,
    data: Freshness = "fresh",
) -> Headline:
    """The sentence of the first card; without one, whether that is because all is well.

    Parameters
    ----------
    cards
        The worst first.
    answers
        The newest answer per field, crop and hazard.
    contact
        Whom to call.
    data
        How old the newest measurement is.
    """
    if cards:
        first = cards[0]
        return Headline(first.status, first.official, _of_card(first), call_line(contact))
    status, text = _calm(answers, data)
    return Headline(STATUS[status], False, text, call_line(contact))


def letters(text: str) -> int:
    """How many letters a message counts: units of UTF-16, as telephones do."""
    return len(text.encode("utf-16-le")) // 2


def message(village: str, cards: Sequence[Card], said: Headline, phone: str) -> str:
    """The headline in at most `MOST_LETTERS` letters, the number to call at its end.

    Parameters
    ----------
    village
        Its name.
    cards
        The worst first.
    said
        The sentence that speaks for the page, for villages without a card.
    phone
        Number to call.
    """
    first = cards[0] if cards else None
    choices: list[str] = []
    if first is None:
        whole = gettext("%(name)s: %(text)s", name=village, text=said.text)
        choices = [str(whole), clause(said.text)]
    elif first.official and first.todo:
        about = {"hazard": first.hazard, "day": first.day, "what": clause(first.todo[0])}
        place = {"place": first.fields, "village": village}
        choices = [
            str(
                gettext(
                    "%(village)s %(place)s: by %(day)s %(what)s (%(hazard)s).", **about, **place
                )
            ),
            str(gettext("%(village)s: by %(day)s %(what)s (%(hazard)s).", **about, **place)),
            str(gettext("By %(day)s %(what)s (%(hazard)s).", **about)),
            str(gettext("By %(day)s %(what)s.", **about)),
        ]
    else:
        about = {"hazard": first.hazard, "village": village}
        choices = [
            str(gettext("%(village)s: watch for %(hazard)s, no advice released yet.", **about)),
            str(gettext("Watch for %(hazard)s, no advice released yet.", hazard=first.hazard)),
            str(gettext("Watch for %(hazard)s.", hazard=first.hazard)),
        ]
    end = str(gettext("Ask %(phone)s", phone=phone))
    join = "" if current_language() == CHINESE else " "
    texts = [f"{each}{join}{end}" for each in choices]
    return next((each for each in texts if letters(each) <= MOST_LETTERS), _cut(texts[-1], end))


def _cut(text: str, end: str) -> str:
    """Cut a text before its end, which stays: the number goes before the rest."""
    room = MOST_LETTERS - letters(end) - 2
    kept = text.removesuffix(end)
    while letters(kept) > room:
        kept = kept[:-1]
    return f"{kept}\N{HORIZONTAL ELLIPSIS} {end}"
