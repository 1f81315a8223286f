"""Recalls and drills in words, and their forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wtforms import Form
from wtforms.validators import ValidationError

from collector.store.inspection.downstream import LOT, THING, Downstream, Node
from collector.store.inspection.recall_messages import MOST_TEXT
from collector.store.inspection.recalls import Answer, Behind, Recall
from collector.store.inspection.rode import SpanError
from field_configs.names import unseen
from webapp.language.formats import number
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views.forms import Choice, Line, Number
from webapp.views.trace.goods_forms import Moment
from webapp.views.trace.shown import produce_name

#: Nobody had a logger before this year.
EARLIEST = 2000
#: Against slips of the finger [kg].
MOST_KG = 10_000_000
RECALL, DRILL = "recall", "drill"
GRADES = {
    "1": lazy_gettext("1: may do grave harm to health"),
    "2": lazy_gettext("2: may do some harm to health"),
    "3": lazy_gettext("3: hardly any harm, or wrong on its label"),
}
MESSAGE_STATES = {
    "queued": lazy_gettext("waits"),
    "sending": lazy_gettext("on its way"),
    "sent": lazy_gettext("sent"),
    "failed": lazy_gettext("not sent"),
    "unknown": lazy_gettext("perhaps sent"),
}
COLUMNS = ("kind", "id", "produce", "layer", "holder", "left_kg", "sold")


class MeantForm(Form):
    """How grave a recall is, why, and whether it is a drill."""

    kind = Choice(lazy_gettext("Is it meant?"))
    grade = Choice(lazy_gettext("How grave"))
    reason = Line(lazy_gettext("Reason for it"), most=200, needed=True)

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.kind.choices = [
            ("", gettext("choose")),
            (RECALL, gettext("a recall: the goods are recalled at once")),
            (DRILL, gettext("a drill: nothing is held, nobody is told")),
        ]
        self.grade.choices = list(GRADES.items())

    def validate_kind(self, field: Choice) -> None:
        """Ask whether it is meant."""
        if not field.data:
            raise ValidationError(gettext("Say whether it is a recall or a drill."))


class StartForm(MeantForm):
    """A recall of a lot, or of all that was harvested from a field."""

    start = Line(lazy_gettext("Code of a lot, or id of a field"), most=60, needed=True)


class LoggerForm(MeantForm):
    """A recall of what was with a logger from one moment to another."""

    logger = Choice(lazy_gettext("Logger"))
    since = Moment(lazy_gettext("From when (Beijing time)"))
    until = Moment(lazy_gettext("Until when (Beijing time)"))

    def __init__(self, *args: Any, loggers: Iterable[tuple[str, str]], **given: Any) -> None:
        super().__init__(*args, **given)
        rows = [(node, f"{node} · {names}") for node, names in loggers]
        self.logger.choices = [("", gettext("choose")), *rows]

    def validate_logger(self, field: Choice) -> None:
        """Ask for one."""
        if not field.data:
            raise ValidationError(gettext("Choose a logger."))

    def validate_since(self, field: Moment) -> None:
        """Ask for a moment of this century."""
        _needed(field)

    def validate_until(self, field: Moment) -> None:
        """Ask for a moment of this century."""
        _needed(field)


def _needed(field: Moment) -> None:
    if field.data is None and not field.process_errors:
        raise ValidationError(gettext("Write day and time, such as 2026-06-03 14:30."))
    if field.data is not None and field.data.year < EARLIEST:
        raise ValidationError(gettext("This is too long ago: look at the year."))


def span_problem(error: SpanError) -> str:
    """Say what is wrong with a logger and two moments, and what to do instead."""
    texts = {
        "no_logger": gettext(
            "There is no logger %(node)s: look at the number on its label.",
            node=error.words["node"],
        ),
        "turned": gettext("It ends before it begins: turn the two times round."),
        "to_come": gettext(
            "The second time is still to come: it is %(now)s now.", now=error.words.get("now", "")
        ),
        "nowhere": gettext(
            "%(node)s rode in nothing in this time. It rode: %(rode)s.",
            node=error.words["node"],
            rode=error.words.get("rode", ""),
        ),
        "nothing": gettext(
            "In this time nothing is known to have been with %(node)s (in %(rode)s): look at the "
            "times, or recall the lot itself.",
            node=error.words["node"],
            rode=error.words.get("rode", ""),
        ),
    }
    return str(texts[error.kind])


class Weight(Number):
    """Kilograms, or none."""

    def __init__(self, label: Any, **given: Any) -> None:
        super().__init__(label, low=0, high=MOST_KG, needed=True, **given)


class AnswerForm(Form):
    """What a holder found, destroyed of it, and had sold."""

    found = Weight(lazy_gettext("Found, in kilograms"))
    destroyed = Weight(lazy_gettext("Of that destroyed, in kilograms"))
    sold = Weight(lazy_gettext("Sold before, in kilograms"))
    note = Line(lazy_gettext("Note"), most=200)

    def validate_destroyed(self, field: Number) -> None:
        """Refuse more than was found."""
        found = self.found.data
        if field.data is not None and found is not None and field.data > found:
            raise ValidationError(
                gettext("More was destroyed than found: %(found)s kg.", found=number(found, 1))
            )


class CloseForm(Form):
    """Why a recall is over."""

    reason = Line(lazy_gettext("Reason for it"), most=200, needed=True)


def wrong_text(text: str) -> str:
    """Say what is wrong with the text of a message; '' where nothing is."""
    if len(text) > MOST_TEXT:
        return str(
            gettext(
                "This is %(length)s characters long; %(most)s at most.",
                length=len(text),
                most=MOST_TEXT,
            )
        )
    if found := unseen(text):
        return str(
            gettext(
                "It holds a character that nobody sees (%(character)s): write it anew.",
                character=found,
            )
        )
    return ""


def draft(recall: Recall) -> str:
    """The text that a holder is told unless the inspector writes another."""
    if recall.what == LOT:
        text = gettext("Stop selling lot %(code)s; keep it apart.", code=recall.start)
    else:
        text = gettext("Stop selling goods of recall %(code)s; call us.", code=recall.number)
    return str(text)[:MOST_TEXT]


@dataclass(frozen=True)
class Holder:
    """Somebody who has recalled goods, as the page shows them."""

    key: str
    name: str
    lots: int
    things: int
    kg: float
    told: str
    answer: Answer | None
    persons: tuple[Behind, ...]

    @property
    def reachable(self) -> bool:
        """Whether somebody behind it has a number."""
        return any(each.phone for each in self.persons)


def names_of(found: Downstream, behind: Mapping[str, list[Behind]]) -> dict[str, str]:
    """Name holders; a party of one person by that person's name."""
    return {
        key: behind[key][0].name if key.startswith("party:person-") and behind[key] else name
        for key, name in found.holders.items()
    }


def holders_of(
    found: Downstream,
    names: Mapping[str, str],
    behind: Mapping[str, list[Behind]],
    answers: Mapping[str, Answer],
    messages: Mapping[str, Mapping[str, int]],
) -> list[Holder]:
    """Everybody who has recalled goods, by name."""
    counts: dict[str, dict[str, float]] = {key: {LOT: 0, THING: 0, "kg": 0.0} for key in names}
    for node in found.nodes:
        if node.holder:
            counts[node.holder][node.kind] += 1
            counts[node.holder]["kg"] += node.kg or 0.0
    rows = []
    for key, name in names.items():
        states = messages.get(key, {})
        told = ", ".join(f"{MESSAGE_STATES[s]} {n}" for s, n in states.items())
        of = counts[key]
        lots, things = int(of[LOT]), int(of[THING])
        given = (told, answers.get(key), tuple(behind[key]))
        rows.append(Holder(key, name, lots, things, round(of["kg"], 3), *given))
    return sorted(rows, key=lambda each: (each.name, each.key))


def rows_of(found: Downstream, names: Mapping[str, str]) -> Iterator[list[Any]]:
    """The list as a table with `COLUMNS`."""
    for node in found.nodes:
        kg = "" if node.kg is None else node.kg
        holder = names.get(node.holder, "")
        kind, sold = node.kind, "yes" if node.sold else ""
        yield [kind, node.label, produce_text(node), node.layer, holder, kg, sold]


def produce_text(node: Node) -> str:
    """Name the produce of a lot; '' of a thing."""
    return produce_name(node.produce) if node.produce else ""


def percent(share: float) -> str:
    """Write a share from 0 to 1 in per cent."""
    return f"{number(share * 100, 1)} %"
