"""What whoever holds goods in their hands is told of them, lot by lot, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from collector.store.lots.lots import BOUGHT, HARVEST
from collector.store.trace.told import Origin, Story, ToldLot
from field_configs.forbidden import forbidden
from field_configs.schema import Product
from models.trace.certificate import HELD, IN_SCOPE, RECALLED, Treatment, forbidden_in
from webapp.language.i18n import gettext, ngettext
from webapp.language.words import pick
from webapp.views.crops import product_types
from webapp.views.trace.shown import GROUND_NAMES, ISSUER_NAMES, all_produce, produce_name
from webapp.views.trace.warmth import ShownWarmth, warmth_of
from webapp.views.trace.way import ShownStep, bounded, day_text, told_against, way_of

SPRAY, FERTILISING = "spray", "fertilising"
#: So many sprays, days of fertilising and places are shown of a lot; of each of several, fewer.
MOST_LINES, FEWER_LINES = 12, 3
#: Characters of what somebody wrote into a diary.
MOST_NAME = 20
#: Issuers that are no persons, so that their names may stand here.
NAMED = ("cooperative", "enterprise")


@dataclass(frozen=True)
class ShownSpray:
    """A spray in a sentence; `wrong` where the harvest came too soon or it was forbidden."""

    text: str
    wrong: bool


@dataclass(frozen=True)
class ShownPaper:
    """The certificate of a lot: number, grounds, who committed, whether it is void."""

    number: str
    grounds: str
    issuer: str
    issued: str
    void: str


@dataclass(frozen=True)
class ShownLot:
    """A lot of the page: `against` is what speaks against eating it, gravest first."""

    code: str
    produce: str
    against: tuple[str, ...]
    places: str
    sown: str
    harvested: str
    bought: str
    sprays: tuple[ShownSpray, ...]
    more: int
    fertilised: str
    nothing: str
    paper: ShownPaper | None
    none_needed: bool


@dataclass(frozen=True)
class ShownThing:
    """The whole page; `late` are the last steps of a way that is too long to show.

    ``vouched`` is whether a certificate in force stands for each of its lots.
    """

    name: str
    against: tuple[str, ...]
    vouched: bool
    lots: tuple[ShownLot, ...]
    way: tuple[ShownStep, ...]
    late: tuple[ShownStep, ...]
    warmth: ShownWarmth | None
    many: bool


def _places(origins: Iterable[Origin]) -> str:
    """Where it grew, to the township; a seller's word for it is marked as that."""
    named = []
    for each in origins:
        place = pick(
            (each.county_zh or "") + (each.township_zh or ""),
            ", ".join(part for part in (each.township_en, each.county_en) if part),
        )
        if not place and each.said:
            place = gettext("%(place)s, as its seller wrote", place=bounded(each.said))
        named.append(place)
    found = list(dict.fromkeys(str(name) for name in named if name))
    return str(gettext("; ")).join(found[:MOST_LINES])


def _spray(
    product: str,
    target: str,
    day: date,
    interval: int | None,
    origin: Origin,
    category: str,
    now: datetime,
) -> ShownSpray:
    """Say of a spray what against, how long before the harvest, and whether that was enough."""
    before = (origin.day - day).days
    what = gettext(
        "%(day)s: %(product)s", day=day_text(day, now), product=bounded(product, MOST_NAME) or "—"
    )
    if target.strip():
        what = gettext("%(what)s against %(target)s", what=what, target=bounded(target, MOST_NAME))
    if before:
        said = ngettext(
            "%(what)s; %(num)d day before the harvest.",
            "%(what)s; %(num)d days before the harvest.",
            before,
            what=what,
        )
    else:
        said = gettext("%(what)s; on the day of the harvest.", what=what)
    substance = forbidden_in(Treatment(product, day, interval), category, forbidden(), ())
    if substance is not None:
        told, wrong = gettext("%(name)s is forbidden for this.", name=substance), True
    elif interval is None:
        told, wrong = gettext("Nobody noted how long one has to wait after it."), False
    elif before < interval:
        told = ngettext(
            "%(num)d day was to be waited: it was harvested too soon.",
            "%(num)d days were to be waited: it was harvested too soon.",
            interval,
        )
        wrong = True
    else:
        told = ngettext(
            "%(num)d day is to be waited: kept.", "%(num)d days are to be waited: kept.", interval
        )
        wrong = False
    return ShownSpray(pick("", " ").join((str(said), str(told))), wrong)


def _treated(
    lot: ToldLot, category: str, now: datetime, most: int
) -> tuple[list[ShownSpray], str, str]:
    """Sprays, fertilising, and what is to be said where nothing is noted."""
    sprays: dict[str, ShownSpray] = {}
    fertilised: list[str] = []
    noted = gone = False
    harvests = [each for each in lot.origins if each.kind == HARVEST]
    for origin in harvests:
        noted, gone = noted or bool(origin.works), gone or origin.gone
        for work in origin.works:
            if work.kind == SPRAY:
                shown = _spray(
                    work.product, work.target, work.day, work.interval_d, origin, category, now
                )
                sprays[shown.text] = shown
            elif work.kind == FERTILISING:
                name = bounded(work.product, MOST_NAME)
                fertilised.append(day_text(work.day, now) + (f" {name}" if name else ""))
    if gone and lot.paper is not None:  # the diary is gone; the certificate kept what it said
        last = max(harvests, key=lambda each: each.day)
        for each in lot.paper.content["treatments"]:
            day = date.fromisoformat(each["day"])
            shown = _spray(each["product"], "", day, each["interval_d"], last, category, now)
            sprays.setdefault(shown.text, shown)
            noted = True
    nothing = ""
    if not harvests:
        nothing = gettext("It was bought: how it was treated stands in the seller's records.")
    elif not noted:
        nothing = gettext("Nobody noted how it was treated.")
    elif not sprays:
        nothing = gettext("No spray is noted in this season's diary.")
    wrong_first = sorted(sprays.values(), key=lambda each: not each.wrong)
    return wrong_first, "; ".join(fertilised[:most]), str(nothing)


def _paper(lot: ToldLot, now: datetime) -> ShownPaper | None:
    if lot.paper is None:
        return None
    issuer = lot.paper.content["issuer"]
    kind = str(ISSUER_NAMES[issuer["kind"]])
    name = f"{bounded(issuer['name'])} ({kind})" if issuer["kind"] in NAMED else kind
    return ShownPaper(
        lot.paper.number,
        str(GROUND_NAMES[lot.paper.grounds]),
        name,
        day_text(lot.paper.issued, now),
        day_text(lot.paper.void, now) if lot.paper.void else "",
    )


def _against(lot: ToldLot, sprays: Iterable[ShownSpray], paper: ShownPaper | None) -> list[str]:
    """What speaks against a lot: inspectors first, then its certificate, then its diary."""
    states = {each.state for each in lot.origins}
    found = []
    if RECALLED in states:
        found.append(gettext("Recalled. Do not eat it; bring it back to where you bought it."))
    if HELD in states:
        found.append(gettext("Held: an inspector looks into it. Do not eat it until that is over."))
    if paper is not None and paper.void:
        found.append(
            gettext(
                "Its certificate %(number)s is void since %(day)s.",
                number=paper.number,
                day=paper.void,
            )
        )
    if any(each.wrong for each in sprays):
        found.append(gettext("By the diary a spray speaks against it: see below."))
    return [str(each) for each in found]


def _lot(lot: ToldLot, now: datetime, most: int) -> ShownLot:
    category = {k: v.category for k, v in all_produce().items()}.get(lot.produce, "other")
    sprays, fertilised, nothing = _treated(lot, category, now, most)
    paper = _paper(lot, now)
    roots = [each for each in lot.origins if each.kind in (HARVEST, BOUGHT)]
    harvested = sorted({each.day for each in roots if each.kind == HARVEST})
    bought = sorted({each.day for each in roots if each.kind == BOUGHT})
    sown = sorted({each.sown for each in roots if each.sown is not None})
    comma = str(gettext("; "))
    return ShownLot(
        lot.code,
        produce_name(lot.produce),
        tuple(_against(lot, sprays, paper)),
        _places(roots),
        comma.join(day_text(day, now) for day in sown[:MOST_LINES]),
        comma.join(day_text(day, now) for day in harvested[:MOST_LINES]),
        "" if harvested else comma.join(day_text(day, now) for day in bought[:MOST_LINES]),
        tuple(sprays[:most]),
        max(len(sprays) - most, 0),
        fertilised,
        nothing,
        paper,
        category not in IN_SCOPE,
    )


def _kinds(story: Story) -> list[tuple[str, Product | None]]:
    """Each kind of produce, with the product whose limits count for it."""
    produce = dict.fromkeys(lot.produce for lot in story.lots)
    return [(produce_name(each), product_types().get(each)) for each in produce]


def _all_against(story: Story, lots: Sequence[ShownLot]) -> list[str]:
    """What speaks against a thing; of several lots, with which of them it is."""
    found = told_against(story)
    for lot in lots:
        for each in lot.against:
            which = f"{lot.produce} {lot.code}"
            several = gettext("%(label)s: %(value)s", label=which, value=each)
            found.append(str(several if len(lots) > 1 else each))
    return list(dict.fromkeys(found))


def thing_of(story: Story, now: datetime) -> ShownThing:
    """Put the page of a thing together.

    Parameters
    ----------
    story
        What is told of it.
    now
        Years that are not this one are written out.
    """
    most = MOST_LINES if len(story.lots) == 1 else FEWER_LINES
    lots = tuple(_lot(lot, now, most) for lot in story.lots)
    days = [o.day for lot in story.lots for o in lot.origins if o.kind == HARVEST]
    harvested = min(days) if days else None
    way, late = way_of(story, now, harvested)
    times = [step.time for step in (*way, *late) if not (step.early or step.field)]
    span = (times[0].timestamp(), times[-1].timestamp()) if times else None
    names = list(dict.fromkeys(each.produce for each in lots))
    return ShownThing(
        str(gettext("; ")).join(names) or str(gettext("A thing of the chain")),
        tuple(_all_against(story, lots)),
        bool(lots) and all(each.paper is not None and not each.paper.void for each in lots),
        lots,
        tuple(way),
        tuple(late),
        warmth_of(story, _kinds(story), span),
        story.many,
    )
