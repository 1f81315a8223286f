"""Forms and words of sampling plans and non-conformities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from wtforms import Form, SelectMultipleField
from wtforms.validators import ValidationError

from collector.store.inspection import findings, plans
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views.forms import Choice, Day, Line, Number
from webapp.views.trace.forms import AssayForm, substances_of
from webapp.views.trace.shown import all_produce, produce_name

REASONS = {
    plans.ROUTINE: lazy_gettext("routine"),
    plans.RISK: lazy_gettext("a risk is known"),
    plans.COMPLAINT: lazy_gettext("a complaint"),
}
SEVERITIES = {
    findings.MINOR: lazy_gettext("minor"),
    findings.MAJOR: lazy_gettext("major"),
    findings.CRITICAL: lazy_gettext("critical"),
}
STATES = {
    findings.OPEN: lazy_gettext("not answered yet"),
    findings.ANSWERED: lazy_gettext("answered"),
    findings.CLOSED: lazy_gettext("closed"),
    findings.ESCALATED: lazy_gettext("escalated"),
}
MOST_SAMPLES = 500


class Several(SelectMultipleField):
    """One or more of some words."""

    def pre_validate(self, form: Any) -> None:
        """Refuse none, and what is none of the choices."""
        known = {value for value, *_ in self.iter_choices()}
        if not self.data or not set(self.data) <= known:
            raise ValidationError(gettext("Choose at least one of these."))


class PlanForm(Form):
    """What a plan asks for."""

    starts = Day(lazy_gettext("First day"), needed=True)
    ends = Day(lazy_gettext("Last day"), needed=True)
    produce = Several(lazy_gettext("What is sampled"))
    places = Several(lazy_gettext("Counties and townships"))
    samples = Number(
        lazy_gettext("How many samples"), low=1, high=MOST_SAMPLES, needed=True, whole=True
    )
    substances = Line(lazy_gettext("Substances looked for"), most=400, needed=True)
    reason = Choice(lazy_gettext("Reason for it"))

    def __init__(
        self, *args: Any, reached: Sequence[tuple[str, str]], today: date, **given: Any
    ) -> None:
        super().__init__(*args, **given)
        self.today = today
        self.produce.choices = [(each, produce_name(each)) for each in all_produce()]
        self.places.choices = list(reached)
        self.reason.choices = list(REASONS.items())

    def validate_ends(self, field: Day) -> None:
        """Refuse a period that is over, or ends before it begins."""
        if field.data is None:
            return
        if field.data < self.today:
            raise ValidationError(
                gettext("The period is over: %(day)s has gone by.", day=field.data.isoformat())
            )
        if self.starts.data is not None and field.data < self.starts.data:
            raise ValidationError(gettext("It ends before it begins."))

    def validate_substances(self, field: Line) -> None:
        """Ask for names, not for commas."""
        if not substances_of(field.data or ""):
            raise ValidationError(gettext("Name at least one substance."))

    def wanted(self) -> plans.Wanted:
        """What was asked for, once it is valid."""
        return plans.Wanted(
            self.starts.data,
            self.ends.data,
            tuple(self.produce.data or ()),
            tuple(self.places.data or ()),
            int(self.samples.data),
            tuple(substances_of(self.substances.data or "")),
            str(self.reason.data),
        )


class ResultForm(AssayForm):
    """The test of a sample, and what was measured where the report gives it."""

    substance = Line(lazy_gettext("Substance that was measured"), most=40)
    value = Number(lazy_gettext("Measured value"), low=0, high=1_000_000)
    limit = Number(lazy_gettext("Limit"), low=0, high=1_000_000)
    unit = Line(lazy_gettext("Unit of both"), most=20)
    source = Line(lazy_gettext("Where the limit stands"), most=80)

    def validate_value(self, field: Number) -> None:
        """A value is of a substance."""
        if field.data is not None and not self.substance.data:
            raise ValidationError(gettext("Say of which substance it is."))

    def validate_unit(self, field: Line) -> None:
        """A number without a unit says nothing."""
        given = self.value.data is not None or self.limit.data is not None
        if given and not field.data:
            raise ValidationError(gettext("Say in which unit, such as mg/kg."))

    def validate_source(self, field: Line) -> None:
        """A limit stands somewhere."""
        if self.limit.data is not None and not field.data:
            raise ValidationError(
                gettext("Say where the limit stands, such as an item of GB 2763.")
            )

    def result(self) -> plans.Result:
        """The test as it was entered, once it is valid."""
        measured = plans.Measured(
            self.substance.data or "",
            self.value.data,
            self.limit.data,
            self.unit.data or "",
            self.source.data or "",
        )
        return plans.Result(
            str(self.kind.data),
            self.day.data,
            tuple(substances_of(self.substances.data or "")),
            self.passed.data == "yes",
            self.tested_by.data or "",
            self.report.data or "",
            measured,
        )


class CorrectionForm(ResultForm):
    """A result as it is right, and why what was entered is not."""

    reason = Line(lazy_gettext("Reason for it"), most=200, needed=True)


class FindingForm(Form):
    """A non-conformity: what, of what or whom, how grave, until when."""

    what = Line(lazy_gettext("What is not in order"), most=200, needed=True)
    start = Line(lazy_gettext("Code of a lot, or id of a field"), most=60, needed=True)
    party = Line(lazy_gettext("Who is responsible"), most=60)
    severity = Choice(lazy_gettext("Severity"))
    found_by = Line(lazy_gettext("Who found it"), most=60, needed=True)
    due = Day(lazy_gettext("To be answered by"), needed=True)

    def __init__(self, *args: Any, today: date, **given: Any) -> None:
        super().__init__(*args, **given)
        self.today = today
        self.severity.choices = list(SEVERITIES.items())

    def validate_due(self, field: Day) -> None:
        """Refuse a day that has gone by."""
        if field.data is not None and field.data < self.today:
            raise ValidationError(
                gettext("%(day)s has gone by: choose a day to come.", day=field.data.isoformat())
            )


class StepForm(Form):
    """What is done about a non-conformity."""

    state = Choice(lazy_gettext("What it becomes"))
    action = Line(lazy_gettext("Corrective action"), most=200)
    evidence = Line(lazy_gettext("Evidence"), most=200)
    reason = Line(lazy_gettext("Reason for it"), most=200, needed=True)

    def __init__(self, *args: Any, steps: Sequence[str], **given: Any) -> None:
        super().__init__(*args, **given)
        self.state.choices = [(each, STATES[each]) for each in steps]

    def validate_action(self, field: Line) -> None:
        """An answer says what was done."""
        if self.state.data == findings.ANSWERED and not field.data:
            raise ValidationError(gettext("Say what was done about it."))

    def validate_evidence(self, field: Line) -> None:
        """What is closed has been proved."""
        if self.state.data == findings.CLOSED and not field.data:
            raise ValidationError(gettext("Say what proves it."))


def place_names(codes: Sequence[str], names: Mapping[str, str]) -> str:
    """Name places; a code that this release does not know stays."""
    return str(gettext("; ")).join(names.get(each, each) for each in codes)
