"""The first screen of a village: at most three cards, the worst first, and one sentence of them.

What nobody released and nothing proved here is no advice: then the card says what to watch for, and
no more. What the newest reading contradicts is left out, so that page and soil never disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from collector.store.advice.products import ProductList
from collector.store.advice.risk import KeptStatus
from collector.store.advice.village import Advice
from field_configs.schema import Crop, Field
from models.advice.advisory import Advisory
from models.advice.relief import Key
from models.advice.spraying import is_chemical
from models.risk.answers import RiskStatus
from models.risk.hazard import OUT_OF_SEASON, STATUS
from models.weather.local_days import day_ended, local_day
from webapp.language.colours import ShownColour, show_colour
from webapp.language.formats import local_day as day_text
from webapp.language.formats import local_time
from webapp.language.i18n import gettext
from webapp.language.risks import action_text, hazard_name, reason_of, upper_first
from webapp.language.words import name_of
from webapp.views.village.advice import Spraying, show_spraying
from webapp.views.village.products import show_products, signed_line
from webapp.views.village.verdicts import Group, rank_of, verdicts_of
from webapp.views.village.villages import WARNINGS, Rank, rank

MOST_CARDS = 3
#: Hours fit for spraying are named so far ahead.
SPRAY_AHEAD = timedelta(hours=48)
Kind = Literal["today", "week", "watch"]


@dataclass(frozen=True)
class Said:
    """What a village's notice is made of, as it is known at `at` (aware).

    `relieved` are answers that the newest reading contradicts, `products` what an agronomist
    signed for. Of a `past` time no hours for spraying are named.
    """

    answers: Sequence[RiskStatus]
    outlook: Sequence[KeptStatus]
    advice: Sequence[Advice]
    crops: Mapping[str, Crop]
    fields: Mapping[str, Field]
    at: datetime
    relieved: frozenset[Key] = frozenset()
    products: ProductList | None = None
    past: bool = False


@dataclass(frozen=True)
class Card:
    """One thing to do or to watch for.

    `official` where somebody stands for it or it is proven here; only then there is something
    to do. `day` is the last day to act (`overdue`: it is past), or the first of which the forecast
    warns. `chemical` says that spraying may be part of it; only then is `spraying` there, and
    `products` where an agronomist signed for some. `words` are an officer's own, before the
    model's, `colour` is the one that they published, never that of a draft.
    """

    kind: Kind
    rank: Rank
    status: str
    official: bool
    hazard: str
    crop: str
    fields: str
    day: str
    overdue: bool
    todo: list[str]
    chemical: bool
    products: list[str]
    signed: str
    spraying: Spraying | None
    why: str
    judged: str
    issuer: str
    words: str = ""
    colour: ShownColour | None = None


def _names(sites: Sequence[str], fields: Mapping[str, Field]) -> str:
    names = [name_of(fields[site]) if site in fields else site for site in dict.fromkeys(sites)]
    return str(gettext(", ")).join(names)


def _crop_name(crop: str, crops: Mapping[str, Crop]) -> str:
    return upper_first(name_of(crops[crop])) if crop in crops else crop


def _judged(time: datetime, at: datetime) -> str:
    return str(gettext("Judged by the data up to %(time)s.", time=local_time(time, at)))


def _why(status: RiskStatus, said: Said) -> str:
    place = _names([status.site], said.fields)
    return str(gettext("%(place)s: %(text)s", place=place, text=reason_of(status)))


def _issuer(advice: Advice, at: datetime) -> str:
    if advice.released_by is None or advice.released is None:
        text = gettext("Issued by itself: such warnings have proven right in this county.")
        return str(text)
    return str(
        gettext(
            "Released by %(who)s, %(time)s.",
            who=advice.released_by,
            time=local_time(advice.released, at),
        )
    )


def _soon(advisory: Advisory, at: datetime) -> Spraying:
    hours = advisory.spraying
    if hours is not None:
        end = at + SPRAY_AHEAD
        hours = tuple((begin, min(last, end)) for begin, last in hours if begin < end)
    return show_spraying(hours, at)


def _official(group: Group, given: Sequence[Advice], said: Said) -> Card:
    """The card of advice that is public: the gravest of its fields speaks."""
    best = max(given, key=lambda each: rank(each.advisory.status, True, each.advisory.certainty))
    advisory = best.advisory
    today = local_day(said.at)
    first, last = local_day(advisory.window_from), local_day(advisory.window_to)
    kind: Kind = "watch" if last < today else "week" if first > today else "today"
    chemical = any(is_chemical(key) for key in advisory.actions) and kind != "watch"
    listed = said.products if chemical else None
    products = listed.of(advisory.hazard, advisory.crop, today) if listed else ()
    cultural = [key for key in advisory.actions if not is_chemical(key)]
    spoken = next((each for each in group if each.site == advisory.site), group[0])
    return Card(
        kind=kind,
        rank=rank(advisory.status, True, advisory.certainty),
        status=STATUS[advisory.status],
        official=kind != "watch",
        hazard=hazard_name(advisory.hazard),
        crop=_crop_name(advisory.crop, said.crops),
        fields=_names([each.advisory.site for each in given], said.fields),
        day=day_text(last),
        overdue=kind == "watch",
        todo=[action_text(advisory.hazard, key) for key in cultural] if kind != "watch" else [],
        chemical=chemical,
        products=show_products(products),
        signed=signed_line(said.products) if said.products and products else "",
        spraying=_soon(advisory, said.at) if chemical and not said.past else None,
        why=_why(spoken, said),
        judged=_judged(spoken.time, said.at),
        issuer=_issuer(best, said.at),
        words=next((e.words for e in given if e.words and e.released_by), ""),
        colour=show_colour(next((e.colour for e in given if e.colour and e.released_by), None)),
    )


def _watch(group: Group, drafts: Sequence[Advisory], said: Said) -> Card | None:
    """The card of a warning that nobody released; None where there is no warning."""
    warned = [each for each in group if each.status in WARNINGS]
    if not warned:
        return None
    worst = max(warned, key=rank_of)
    ends = [local_day(each.window_to) for each in drafts]
    open_till = max((end for end in ends if end >= local_day(said.at)), default=None)
    return Card(
        kind="watch",
        rank=rank_of(worst),
        status=STATUS[worst.status],
        official=False,
        hazard=hazard_name(worst.hazard),
        crop=_crop_name(worst.crop, said.crops),
        fields=_names([each.site for each in warned], said.fields),
        day=day_text(open_till) if open_till else "",
        overdue=False,
        todo=[],
        chemical=False,
        products=[],
        signed="",
        spraying=None,
        why=_why(worst, said),
        judged=_judged(worst.time, said.at),
        issuer="",
    )


def _coming(ahead: Sequence[KeptStatus], said: Said) -> Card | None:
    """The card of a danger that only the forecast sees; None where it sees none."""
    warned = [each for each in ahead if each.status in WARNINGS and each.time > said.at]
    if not warned:
        return None
    first = min(warned, key=lambda each: each.time)
    that_day = [each for each in warned if each.time == first.time]
    worst = max(that_day, key=rank_of)
    return Card(
        kind="week",
        rank=rank_of(worst),
        status=STATUS[worst.status],
        official=False,
        hazard=hazard_name(worst.hazard),
        crop=_crop_name(worst.crop, said.crops),
        fields=_names([each.site for each in that_day], said.fields),
        day=day_text(day_ended(first.time)),
        overdue=False,
        todo=[],
        chemical=False,
        products=[],
        signed="",
        spraying=None,
        why=_why(worst, said),
        judged=str(
            gettext(
                "By the weather forecast of %(time)s.",
                time=local_time(first.forecast_issued or first.issued, said.at),
            )
        ),
        issuer="",
    )


def _card(
    group: Group, given: Sequence[Advice], ahead: Sequence[KeptStatus], said: Said
) -> Card | None:
    public = [each for each in given if each.public]
    if public and group[0].status != OUT_OF_SEASON:
        return _official(group, public, said)
    watch = _watch(group, [each.advisory for each in given], said)
    return watch or _coming(ahead, said)


def cards_of(said: Said) -> list[Card]:
    """All that is to be done or watched for: what somebody stands for first, then the gravest.

    Parameters
    ----------
    said
        What is known of the village.
    """
    given: dict[tuple[str, str], list[Advice]] = {}
    for each in said.advice:
        if (each.advisory.site, each.advisory.crop, each.advisory.hazard) not in said.relieved:
            given.setdefault((each.advisory.crop, each.advisory.hazard), []).append(each)
    ahead: dict[tuple[str, str], list[KeptStatus]] = {}
    for coming in said.outlook:
        ahead.setdefault((coming.crop, coming.hazard), []).append(coming)
    kept = [e for e in said.answers if (e.site, e.crop, e.hazard) not in said.relieved]
    cards = []
    for group in (each for of_crop in verdicts_of(kept) for each in of_crop.verdicts):
        about = group[0].crop, group[0].hazard
        card = _card(group, given.get(about, []), ahead.get(about, []), said)
        cards += [card] if card is not None else []
    return sorted(cards, key=lambda e: (e.official, e.kind != "week", e.rank), reverse=True)
