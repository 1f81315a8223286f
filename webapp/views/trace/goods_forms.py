"""Forms about goods on their way: what was done, with what, where, when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wtforms import Field, Form, StringField
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from collector.store.goods.units import MOST_UNITS, Place
from models.trace.goods import LOT, Step
from models.trace.scanned import ScanError, Scanned, read
from models.weather.local_days import LOCAL
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views.forms import Choice, Line, Number
from webapp.views.trace.forms import MOST_KG
from webapp.views.trace.goods_words import scan_problem

#: Boxes on a pallet that somebody can have counted.
MOST_COUNTED = 2000


class Code(StringField):
    """A code as it was scanned or typed; `scanned` is what it names."""

    def __init__(self, label: Any = None, *, needed: bool = True, **given: Any) -> None:
        super().__init__(label, **given)
        self.needed = needed
        self.scanned: Scanned | None = None

    def pre_validate(self, form: Any) -> None:
        """Read it, and say what is wrong with it and where."""
        if not self.needed and not (self.data or "").strip():
            return
        try:
            self.scanned = read(self.data or "")
        except ScanError as error:
            raise ValidationError(scan_problem(error)) from error


class Moment(Field):
    """A local day and time; None where nothing was typed."""

    widget = TextInput()
    typed = ""

    def _value(self) -> str:
        return self.typed

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read what was typed or chosen."""
        self.typed, self.data = (valuelist[0].strip() if valuelist else ""), None
        if not self.typed:
            return
        try:
            found = datetime.fromisoformat(self.typed.replace("：", ":").replace("/", "-"))
        except ValueError as error:
            raise ValueError(gettext("Write day and time, such as 2026-06-03 14:30.")) from error
        self.data = found.replace(tzinfo=LOCAL) if found.tzinfo is None else found


class StepForm(Form):
    """A step with one thing: scanned, confirmed, done."""

    code = Code(lazy_gettext("Code"))
    place = Choice(lazy_gettext("Where it was done"))
    new_place = Line(lazy_gettext("Another place, by its name"), most=40)
    boxes = Number(lazy_gettext("How many boxes"), low=1, high=MOST_UNITS, whole=True)
    weight = Number(lazy_gettext("Kilograms"), low=0.001, high=MOST_KG)
    pallet = Code(lazy_gettext("Code of the pallet"), needed=False)
    vehicle = Line(lazy_gettext("Vehicle, by its plate"), most=20)
    counted = Number(lazy_gettext("Boxes counted"), low=0, high=MOST_COUNTED, whole=True)
    note = Line(lazy_gettext("What is missing or damaged"), most=200)
    reason = Line(lazy_gettext("Why it is destroyed"), most=200)
    done_at = Moment(lazy_gettext("Done earlier? Day and time"))

    def __init__(self, *args: Any, step: Step, places: Sequence[Place], **given: Any) -> None:
        super().__init__(*args, **given)
        self.step = step
        self.place.choices = [(each.uri, each.name) for each in places]
        self.place.choices += [("", gettext("another place:"))]
        if step.id == "pack":
            self.boxes.needed = self.weight.needed = True
            self.weight.label.text = gettext("Kilograms in each box")
        elif LOT in step.on:
            self.weight.label.text = gettext("Kilograms, where it is a part of a lot")
        self.pallet.needed = "pallet" in step.asks
        self.reason.needed = "reason" in step.asks

    def validate_new_place(self, field: Line) -> None:
        """Ask for a place: chosen, or named."""
        if not self.place.data and not field.data:
            raise ValidationError(gettext("Name the place; it is in the list from then on."))

    def own(self) -> dict[str, str]:
        """What else was noted, for the event."""
        names = [name for name in ("vehicle", "note", "reason") if name in self.step.asks]
        return {name: str(self[name].data or "") for name in names}


class PalletsForm(Form):
    """How many pallets get a code, and where."""

    count = Number(
        lazy_gettext("How many pallets"), low=1, high=MOST_UNITS, whole=True, needed=True
    )
    place = Choice(lazy_gettext("Where it was done"))
    new_place = Line(lazy_gettext("Another place, by its name"), most=40)

    def __init__(self, *args: Any, places: Sequence[Place], **given: Any) -> None:
        super().__init__(*args, **given)
        self.place.choices = [(each.uri, each.name) for each in places]
        self.place.choices += [("", gettext("another place:"))]

    validate_new_place = StepForm.validate_new_place
