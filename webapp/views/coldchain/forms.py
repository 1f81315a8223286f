"""Forms of the cold chain: assets, loggers, their checks, shipments, hand-overs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from wtforms import Form
from wtforms.validators import ValidationError

from collector.store.coldchain.assets import KINDS, Asset
from collector.store.trace.parties import Party
from webapp.language.formats import local_time
from webapp.language.i18n import gettext, lazy_gettext, ngettext
from webapp.views.coldchain.shown import KIND_NAMES
from webapp.views.forms import Choice, Day, Line, Number
from webapp.views.trace.forms import Weight
from webapp.views.trace.goods_forms import Moment

#: What a thermometer for goods can read [degC].
COLDEST_C, WARMEST_C = -40.0, 60.0
#: A truck with more lots than this is more than one load.
MOST_LOTS = 6
#: Said of the whole load.
WHOLE = "whole"
#: Nobody remembers for longer since when a logger hung somewhere; as steps with goods have it.
LONGEST_SINCE = timedelta(days=60)
#: A check that holds for longer was not meant.
LONGEST_CHECK = timedelta(days=3 * 366)


class AssetForm(Form):
    """A store room, truck or box."""

    kind = Choice(lazy_gettext("What it is"))
    name = Line(lazy_gettext("What people call it, or its number plate"), most=40, needed=True)
    uri = Line(lazy_gettext("Its GIAI or another URI, if it has one"), most=200)

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.kind.choices = [(each, str(KIND_NAMES[each])) for each in KINDS]


class AttachForm(Form):
    """Which logger rides in an asset, and since when; None: from now on."""

    node = Line(lazy_gettext("Number on the logger"), most=40, needed=True)
    since = Moment(lazy_gettext("In it since (Beijing time)"))

    def __init__(self, *args: Any, now: datetime, **given: Any) -> None:
        super().__init__(*args, **given)
        self.now = now

    def validate_since(self, field: Moment) -> None:
        """Refuse a time to come, and one of long ago."""
        if field.data is None:
            return
        if field.data > self.now:
            said = local_time(self.now)
            raise ValidationError(gettext("This is still to come: it is %(now)s now.", now=said))
        if field.data < self.now - LONGEST_SINCE:
            raise ValidationError(gettext("This is too long ago: look at the year."))


class CheckForm(Form):
    """When a logger was checked, by whom, and by when it is to be checked again."""

    day = Day(lazy_gettext("Checked on"), needed=True)
    due = Day(lazy_gettext("To be checked again by"), needed=True)
    by = Line(lazy_gettext("Who checked it"), most=60, needed=True)

    def __init__(self, *args: Any, today: date, **given: Any) -> None:
        super().__init__(*args, **given)
        self.today = today

    def validate_day(self, field: Day) -> None:
        """Refuse a check to come."""
        field.not_after(self.today)

    def validate_due(self, field: Day) -> None:
        """Refuse a next check before the last, or years on."""
        if field.data is None or self.day.data is None:
            return
        if field.data <= self.day.data:
            raise ValidationError(gettext("The next check comes after the last one."))
        if field.data > self.day.data + LONGEST_CHECK:
            raise ValidationError(gettext("This is more than three years on: look at the year."))


class LotForm(Form):
    """A lot of a load, and how much of it goes."""

    lot = Line(lazy_gettext("Code of the lot"), most=24)
    weight = Weight(lazy_gettext("Weight in kilograms"), needed=False)

    @property
    def empty(self) -> bool:
        """Whether nothing was written into it."""
        return not self.lot.data and not self.weight.typed

    def validate_lot(self, field: Line) -> None:
        """Ask which lot, where there is a weight."""
        if not field.data and not self.empty:
            raise ValidationError(gettext("Write something here."))

    def validate_weight(self, field: Number) -> None:
        """Ask how much, where there is a lot."""
        if field.data is None and not field.process_errors and not self.empty:
            raise ValidationError(gettext("Write a number here."))


class ShipmentForm(Form):
    """What is sent, how much, in what, to whom; ``more`` are the other lots of the load."""

    lot = Line(lazy_gettext("Code of the lot"), most=24, needed=True)
    weight = Weight(lazy_gettext("Weight in kilograms"))
    asset = Choice(lazy_gettext("Carried in"))
    receiver = Choice(lazy_gettext("To whom"))

    def __init__(
        self, *args: Any, assets: Iterable[Asset], parties: Iterable[Party], **given: Any
    ) -> None:
        super().__init__(*args, **given)
        typed = args[0] if args else None
        self.more = [LotForm(typed, prefix=f"more-{n}-") for n in range(2, MOST_LOTS + 1)]
        self.asset.choices = [(str(each.id), each.name) for each in assets]
        self.receiver.choices = [(each.id, each.name) for each in parties]

    def validate(self, *args: Any, **given: Any) -> bool:
        """Prove each lot of the load."""
        right = [each.validate() for each in self.more]
        return super().validate(*args, **given) and all(right)

    @property
    def lots(self) -> list[tuple[str, float]]:
        """Code and weight [kg] of each lot of the load, as they were written."""
        forms: list[Any] = [self, *(each for each in self.more if not each.empty)]
        return [(each.lot.data or "", float(each.weight.data)) for each in forms]


class HandoverForm(Form):
    """What the receiver says of a shipment."""

    whole = Choice(lazy_gettext("This is said of"), default="")
    verdict = Choice(lazy_gettext("The goods are"))
    celsius = Number(
        lazy_gettext("Your own thermometer in the goods, in °C"), low=COLDEST_C, high=WARMEST_C
    )
    note = Line(lazy_gettext("What is wrong with them"), most=200)

    def __init__(self, *args: Any, waiting: int = 1, **given: Any) -> None:
        super().__init__(*args, **given)
        every = ngettext("the one lot that waits", "all %(num)d lots that wait", waiting)
        self.whole.choices = [("", gettext("this lot alone")), (WHOLE, every)]
        self.verdict.choices = [
            ("", gettext("choose")),
            ("accepted", gettext("accepted")),
            ("disputed", gettext("disputed")),
        ]

    def validate_verdict(self, field: Choice) -> None:
        """Ask for one."""
        if not field.data:
            raise ValidationError(gettext("Say whether you accept them."))

    def validate_note(self, field: Line) -> None:
        """Ask why, where they are disputed."""
        if self.verdict.data == "disputed" and not field.data:
            raise ValidationError(gettext("Say what is wrong with the goods."))
