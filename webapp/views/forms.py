"""Fields of forms that people fill in on a phone: forgiving to read, plain about what is wrong.

What was typed stays in the form whatever is wrong with it, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import isnan
from typing import Any

from wtforms import Field, Form, SelectField, StringField
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from field_configs.names import unseen
from models.sheets import cells
from models.sheets.refused import CellError
from webapp.language.formats import full_day, local_day, number
from webapp.language.i18n import gettext

#: Days that need no calendar: so many days before the one on which the form was filled in.
RELATIVE = {"0": 0, "1": 1, "2": 2}
OTHER_DAY = "other"
#: Entries of an older day than this were not meant [d].
FARTHEST = timedelta(days=800)


class Line(StringField):
    """One line of text: without blanks around it, nor characters that nobody sees."""

    def __init__(self, label: Any = None, *, most: int, needed: bool = False, **given: Any) -> None:
        super().__init__(label, **given)
        self.most, self.needed = most, needed

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read what was typed."""
        if valuelist:
            self.data = cells.name(valuelist[0])

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no line of text."""
        text = self.data or ""
        if self.needed and not text:
            raise ValidationError(gettext("Write something here."))
        if len(text) > self.most:
            raise ValidationError(
                gettext(
                    "This is %(length)s characters long; %(most)s at most.",
                    length=len(text),
                    most=self.most,
                )
            )
        if found := unseen(text):
            raise ValidationError(
                gettext(
                    "It holds a character that nobody sees (%(character)s): write it anew.",
                    character=found,
                )
            )


class Number(Field):
    """A number in a unit, also with full-width digits; `data` is None where nothing was typed."""

    widget = TextInput()

    def __init__(
        self,
        label: Any = None,
        *,
        low: float,
        high: float,
        needed: bool = False,
        whole: bool = False,
        **given: Any,
    ) -> None:
        super().__init__(label, **given)
        self.low, self.high, self.needed, self.whole = low, high, needed, whole
        self.typed: str | None = None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else f"{self.data:.10g}"

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read what was typed."""
        if not valuelist:
            return
        self.typed, self.data = valuelist[0].strip(), None
        try:
            value = cells.number(self.typed or "", "value", comma=True)
        except CellError as error:
            example = "2" if self.whole else "2.5"
            raise ValueError(
                gettext("Write a number in digits, such as %(example)s.", example=example)
            ) from error
        if not isnan(value):
            self.data = value

    def pre_validate(self, form: Any) -> None:
        """Refuse a number that cannot be."""
        if self.data is None:
            if self.needed and not self.errors and not self.process_errors:
                raise ValidationError(gettext("Write a number here."))
            return
        if not self.low <= self.data <= self.high or (self.whole and self.data % 1):
            wanted = {
                "low": number(self.low, 0 if self.low % 1 == 0 else 2),
                "high": number(self.high, 0 if self.high % 1 == 0 else 2),
            }
            if self.whole:
                text = gettext("Write a whole number from %(low)s to %(high)s.", **wanted)
            else:
                text = gettext("Write a number from %(low)s to %(high)s.", **wanted)
            raise ValidationError(text)


class Day(Field):
    """A local day, as a browser's calendar or a person writes it."""

    widget = TextInput()

    def __init__(self, label: Any = None, *, needed: bool = False, **given: Any) -> None:
        super().__init__(label, **given)
        self.needed = needed
        self.typed: str | None = None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read what was typed."""
        if not valuelist:
            return
        self.typed, self.data = valuelist[0].strip(), None
        if not self.typed:
            return
        try:
            self.data = cells.day(self.typed, "date", date.max - timedelta(days=1))
        except CellError as error:
            raise ValueError(
                gettext("Write a day with year, month and day, such as 2026-06-03.")
            ) from error

    def pre_validate(self, form: Any) -> None:
        """Ask for a day where one is needed."""
        if self.needed and self.data is None and not self.process_errors:
            raise ValidationError(gettext("Choose a day."))

    def not_after(self, today: date) -> None:
        """Refuse a day to come: it is the phone's clock that is wrong, or the finger slipped.

        Raises
        ------
        ValidationError
        """
        if self.data is None:
            return
        if self.data > today:
            raise ValidationError(
                gettext(
                    "%(day)s is still to come: today is %(today)s. If your phone says otherwise, "
                    "its clock is wrong.",
                    day=full_day(self.data),
                    today=local_day(today),
                )
            )
        if self.data < today - FARTHEST:
            raise ValidationError(gettext("%(day)s is too long ago.", day=full_day(self.data)))


class Choice(SelectField):
    """One of a few words; whoever sends another is asked to choose again."""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is none of the choices."""
        if not any(value == self.data for value, *_ in self.iter_choices()):
            raise ValidationError(gettext("Choose one of these."))


class DatedForm(Form):
    """A form about something that was done or seen on a day.

    `today` is the local day on which it was filled in, None where the phone's clock was changed
    since, `now` the one on which it is read.
    """

    when = Choice()
    day = Day()

    def __init__(self, *args: Any, today: date | None, now: date, **given: Any) -> None:
        super().__init__(*args, **given)
        self.today, self.now = today, now
        self.when.choices = [
            ("0", gettext("today")),
            ("1", gettext("yesterday")),
            ("2", gettext("the day before yesterday")),
            (OTHER_DAY, gettext("another day:")),
        ]

    def validate_day(self, field: Day) -> None:
        """Find the day that is meant."""
        if self.when.data in RELATIVE:
            if self.today is None:
                raise ValidationError(
                    gettext(
                        "The phone's clock was changed after this was written: choose the day "
                        "itself."
                    )
                )
            field.data = self.today - timedelta(days=RELATIVE[str(self.when.data)])
            field.errors = []  # what stands beside it was not meant
        elif field.data is None and not field.process_errors:
            raise ValidationError(gettext("Choose a day."))
        field.not_after(self.now)
