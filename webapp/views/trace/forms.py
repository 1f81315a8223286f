"""Forms about lots: a harvest, dividing, putting together, testing, buying, committing."""

from __future__ import annotations

import re
from typing import Any

from wtforms import Form
from wtforms.validators import ValidationError

from collector.store.lots.lots import MOST_PARTS, Lot
from collector.store.network.own_fields import OwnField
from models.trace.certificate import ENTRUSTED_TEST, GROUNDS, SELF_TEST
from webapp.language.formats import full_day, number, short
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views.crops import crop_types
from webapp.views.forms import Choice, DatedForm, Line, Number
from webapp.views.trace.shown import GROUND_NAMES, ISSUER_NAMES, all_produce, produce_name
from webapp.views.village.fields import MU

#: A lot is one load at most [kg]; against slips of the finger.
MOST_KG = 100_000
#: More than this of one harvest from a mu was not meant [kg]; provisional, no source.
MOST_KG_A_MU = 20_000
SEPARATORS = re.compile(r"[、,，;；/\s]+")


class Weight(Number):
    """Kilograms of a lot."""

    def __init__(self, label: Any, *, needed: bool = True, **given: Any) -> None:
        super().__init__(label, low=0.1, high=MOST_KG, needed=needed, **given)


class HarvestForm(DatedForm):
    """What was harvested from a field, how much, when."""

    produce = Choice(lazy_gettext("What was harvested"))
    weight = Weight(lazy_gettext("Weight in kilograms"))
    over = Choice(lazy_gettext("Is the crop off the field now?"))

    def __init__(self, *args: Any, own: OwnField, **given: Any) -> None:
        super().__init__(*args, **given)
        self.own = own
        crop = crop_types().get(own.crop or "")
        found = crop.produce if crop is not None else ()
        self.produce.choices = [(each.id, produce_name(each.id)) for each in found]
        self.over.choices = [
            ("no", gettext("No, more will be harvested")),
            ("yes", gettext("Yes, this was the last harvest")),
        ]

    def validate_weight(self, field: Number) -> None:
        """Refuse more than can grow there."""
        mu = None if self.own.area_ha is None else self.own.area_ha * MU
        if field.data is not None and mu is not None and field.data > MOST_KG_A_MU * mu:
            raise ValidationError(
                gettext(
                    "The field has %(mu)s mu: at most %(most)s kg of it at a time; look whether "
                    "the weight is in kilograms.",
                    mu=short(mu),
                    most=number(MOST_KG_A_MU * mu, 0),
                )
            )

    def validate_day(self, field: Any) -> None:
        """Find the day, and refuse one before the crop was sown or after it was off."""
        super().validate_day(field)
        sown, off = self.own.sown, self.own.harvested
        if field.data is not None and sown is not None and field.data < sown:
            raise ValidationError(
                gettext("On that day it was not sown: the field says %(day)s.", day=full_day(sown))
            )
        if field.data is not None and off is not None and field.data > off:
            raise ValidationError(
                gettext(
                    "By the diary the crop was off the field on %(day)s: enter what was sown "
                    "after it first.",
                    day=full_day(off),
                )
            )


class SplitForm(Form):
    """How a lot is divided."""

    count = Number(lazy_gettext("How many parts"), low=1, high=MOST_PARTS, needed=True, whole=True)
    weight = Weight(lazy_gettext("Weight of each in kilograms"))


class MergeForm(Form):
    """What some lots weigh together."""

    weight = Weight(lazy_gettext("Weighed together, in kilograms"), needed=False)


def substances_of(text: str) -> list[str]:
    """Names in a line, parted by commas or blanks, each once."""
    return list(dict.fromkeys(each for each in SEPARATORS.split(text) if each))


class AssayForm(DatedForm):
    """A test of a lot: what was looked for, by whom, with what result."""

    kind = Choice(lazy_gettext("Who tested"))
    substances = Line(lazy_gettext("Substances looked for"), most=200, needed=True)
    passed = Choice(lazy_gettext("Result"))
    tested_by = Line(lazy_gettext("Name of who tested"), most=60, needed=True)
    report = Line(lazy_gettext("Number of the report"), most=40)

    def __init__(self, *args: Any, lot: Lot, **given: Any) -> None:
        super().__init__(*args, **given)
        self.lot = lot
        self.kind.choices = [
            (SELF_TEST, gettext("We ourselves")),
            (ENTRUSTED_TEST, gettext("A laboratory that we asked")),
        ]
        self.passed.choices = [
            ("", gettext("choose")),
            ("yes", gettext("in order")),
            ("no", gettext("not in order")),
        ]

    def validate_passed(self, field: Choice) -> None:
        """Ask for a result."""
        if not field.data:
            raise ValidationError(gettext("Say how it came out."))

    def validate_substances(self, field: Line) -> None:
        """Ask for names, not for commas."""
        if not substances_of(field.data or ""):
            raise ValidationError(gettext("Name at least one substance."))

    def validate_day(self, field: Any) -> None:
        """Refuse a test from before the harvest."""
        super().validate_day(field)
        if field.data is not None and field.data < self.lot.day:
            raise ValidationError(
                gettext(
                    "The lot is of %(day)s: it cannot have been tested before.",
                    day=full_day(self.lot.day),
                )
            )


class BoughtForm(DatedForm):
    """Goods that were bought, and the certificate that came with them."""

    produce = Choice(lazy_gettext("What was bought"))
    weight = Weight(lazy_gettext("Weight in kilograms"))
    kind = Choice(lazy_gettext("What came with it"))
    number = Line(lazy_gettext("Number on the certificate"), most=40)
    issuer = Line(lazy_gettext("Who issued it"), most=60, needed=True)
    contact = Line(lazy_gettext("Their contact"), most=40)
    origin = Line(lazy_gettext("Where it grew, as it says"), most=60, needed=True)

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.produce.choices = [(id_, produce_name(id_)) for id_ in all_produce()]
        self.kind.choices = [
            ("commitment", gettext("a certificate of commitment")),
            ("other", gettext("another proof of quality and safety")),
        ]


class CommitForm(Form):
    """Who commits to a lot, and on what grounds."""

    grounds = Choice(lazy_gettext("On what grounds"))
    issuer_kind = Choice(lazy_gettext("Who issues it"))
    name = Line(lazy_gettext("Name of who commits"), most=60, needed=True)
    contact = Line(lazy_gettext("Contact, as it shall stand there"), most=40, needed=True)

    def __init__(self, *args: Any, allowed: tuple[str, ...], **given: Any) -> None:
        super().__init__(*args, **given)
        self.grounds.choices = [(g, GROUND_NAMES[g]) for g in GROUNDS if g in allowed]
        self.issuer_kind.choices = list(ISSUER_NAMES.items())
