"""What was done in the fields lately, in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from collector.store.advice.works import IRRIGATION, FieldWork
from field_configs.schema import Field
from models.weather.local_days import local_day, midnight
from webapp.language import formats
from webapp.language.formats import number
from webapp.language.i18n import gettext
from webapp.language.words import name_of

#: Works of so many days are shown [d].
SHOWN = timedelta(days=30)


def show_works(works: Sequence[FieldWork], places: Mapping[str, Field], now: datetime) -> list[str]:
    """Say what was done in the last days, the newest first; what lies ahead is left out.

    Parameters
    ----------
    works
        Works in force, the oldest first.
    places
        Fields of the village by id.
    now
        Aware.
    """
    today = local_day(now)
    return [
        _words(work, name_of(places[work.field]))
        for work in works[::-1]
        if today - SHOWN <= work.date <= today
    ]


def _words(work: FieldWork, field: str) -> str:
    about = {"field": field, "day": formats.local_day(midnight(work.date))}
    product = " ".join(part for part in (work.product, work.target) if part)
    if work.kind == IRRIGATION and work.amount_mm is not None:
        amount = number(work.amount_mm, 0)
        text = gettext("%(field)s: watered %(amount)s mm on %(day)s", amount=amount, **about)
    elif work.kind == IRRIGATION:
        text = gettext("%(field)s: watered on %(day)s", **about)
    elif product:
        text = gettext("%(field)s: sprayed on %(day)s (%(what)s)", what=product, **about)
    else:
        text = gettext("%(field)s: sprayed on %(day)s", **about)
    return str(text)
