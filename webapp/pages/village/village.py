"""A village's page: what to do, where, by which day and whom to call; then the days and fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, abort, g, render_template, request, url_for

from collector.freshness import freshness
from collector.store.advice import products
from collector.store.advice import village as store
from collector.store.advice.village import VillageFacts
from collector.store.network import registry
from collector.store.postgres.db import Connection
from field_configs.names import visible
from models.advice.relief import relieved
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.weather.local_days import local_day, midnight
from webapp.accounts.access import public, reaches, scope
from webapp.app.database import BANNER_KEY, connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.formats import local_day as day_text
from webapp.language.i18n import gettext
from webapp.language.risks import hazard_name, quiet_line
from webapp.language.words import pick
from webapp.views.crops import crop_types
from webapp.views.measures import Place, show_places
from webapp.views.places import may_be_id, near_villages, no_village, place_name
from webapp.views.village.contact import ShownContact, show_contact
from webapp.views.village.fields import FieldRow, field_rows
from webapp.views.village.headline import Headline, headline, message, unknown_line
from webapp.views.village.notice import MOST_CARDS, Card, Said, cards_of
from webapp.views.village.verdicts import quiet_names, to_look_for, verdicts_of
from webapp.views.village.villages import is_draft
from webapp.views.village.week import Week, show_week

bp = Blueprint("village", __name__)
#: Advice of so many days back can be asked for [d]; two seasons of wheat.
FARTHEST = 800


@dataclass(frozen=True)
class VillagePage:
    """What the page shows; `day` is the local day gone by that was asked for, None for now.

    `quiet` is a line on hazards of which nothing was found, `unknown` one on those that cannot be
    judged, where the headline does not say it.
    """

    id: str
    name: str
    place: str
    illustrative: bool
    day: date | None
    today: date
    newest: datetime | None
    data_state: str
    headline: Headline
    contact: ShownContact
    cards: list[Card]
    others: list[str]
    background: list[str]
    quiet: str
    unknown: str
    caution: str
    message: str
    week: Week | None
    fields: list[FieldRow]
    places: list[Place]


def _caution(cards: list[Card], said: Headline, answers: Sequence[RiskStatus]) -> str:
    """Say once what was not proven here, in words that fit what is shown."""
    unproven = any(is_draft(each.status, each.validated) for each in answers)
    if cards and all(card.official for card in cards):
        return ""
    if cards:
        text = gettext(
            "What is only to be watched for is judged from the weather and not yet proven in this "
            "county; the officer has not released advice on it."
        )
        return str(text)
    if said.status == "no_risk" and unproven:
        return str(
            gettext("Judged from the weather and not yet proven in this county: look at the field.")
        )
    return ""


def _others(cards: list[Card]) -> list[str]:
    """Names of what has no card of its own, each once."""
    shown = {card.hazard for card in cards[:MOST_CARDS]}
    names = dict.fromkeys(card.hazard for card in cards[MOST_CARDS:])
    return [name for name in names if name not in shown]


def make_page(
    conn: Connection, facts: VillageFacts, at: datetime, day: date | None = None
) -> VillagePage:
    """Gather a village's page.

    Parameters
    ----------
    conn
        Lent by the pool.
    facts
        Of the village.
    at
        Time on the system's clock, aware.
    day
        Local day gone by, whose advice is asked for; None for what holds now.
    """
    village = facts.village
    moment = at if day is None else midnight(day + timedelta(days=1)) - timedelta(seconds=1)
    answers, outlook = store.answers(conn, village.id, moment, past=day is not None)
    readings, rain = ([], {}) if day else store.newest_readings(conn, village.id, at)
    over = relieved(answers, readings, catalogue())
    advice = store.advice(conn, village.id, moment, past=day is not None)
    newest = max((each.time for each in readings if each.time), default=None)
    state = "none" if newest is None else freshness(newest, at)
    listed = products.read(facts.settings.get(products.KEY))
    said = Said(
        answers, outlook, advice, crop_types(), facts.fields, moment, over, listed, day is not None
    )
    cards = cards_of(said)
    contact = show_contact(village, facts.settings)
    top = headline(cards, answers, contact, freshness(newest, at) if newest else "fresh")
    name = pick(village.zh, village.en)
    verdicts = verdicts_of(answers)
    named = {hazard for crop in verdicts for hazard in to_look_for(crop)}
    quiet = [] if state == "silent" else quiet_names(verdicts, [card.hazard for card in cards])
    return VillagePage(
        id=village.id,
        name=name,
        place=place_name(village),
        illustrative=village.position == "illustrative",
        day=day,
        today=local_day(at),
        newest=newest,
        data_state=state,
        headline=top,
        contact=contact,
        cards=cards[:MOST_CARDS],
        others=_others(cards),
        background=sorted(hazard_name(each) for each in named),
        quiet=quiet_line(quiet),
        unknown=unknown_line(verdicts) if cards else "",
        caution=_caution(cards, top, answers),
        message=message(name, cards, top, contact.phone),
        week=None if day else show_week(store.weather_days(conn, village.id, at), outlook, at),
        fields=field_rows(
            facts.fields, facts.grown, answers, crop_types(), local_day(moment), over
        ),
        places=show_places(readings, facts.fields, rain, at),
    )


def _asked_day(today: date) -> date | None:
    text = request.args.get("day", "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not timedelta(0) <= today - day <= timedelta(days=FARTHEST):
        first = today - timedelta(days=FARTHEST)
        abort(
            400,
            gettext(
                "day=%(asked)s: give a day from %(first)s to %(last)s, as in day=%(last)s.",
                asked=text[:20],
                first=first.isoformat(),
                last=today.isoformat(),
            ),
        )
    return None if day == today else day


def _facts(conn: Connection, village_id: str) -> VillageFacts:
    found = None
    if may_be_id(village_id):
        found = store.facts(conn, village_id, now(), (BANNER_KEY, products.KEY))
    if found is None:
        others = near_villages(registry.villages(conn), village_id)
        raise PageNotFound(no_village(village_id), [Suggestion(*each) for each in others])
    g.banner = found.settings.get(BANNER_KEY)
    return found


def earlier(view: VillagePage) -> Mapping[str, str]:
    """Links to the advice of other days: words and address."""
    day = view.day or view.today
    links = {
        str(gettext("The day before")): day - timedelta(days=1),
        str(gettext("A week before")): day - timedelta(days=7),
    }
    return {
        str(gettext("%(name)s (%(kind)s)", name=words, kind=day_text(each))): url_for(
            "village.page", village_id=view.id, day=each
        )
        for words, each in links.items()
        if each >= view.today - timedelta(days=FARTHEST)
    }


@bp.get("/v/<village_id>")
@public
def page(village_id: str) -> str:
    """Show a village, now or as of ``?day=``, or say which ids are near to an unknown one."""
    conn = connection()
    facts = _facts(conn, village_id)
    view = make_page(conn, facts, now(), _asked_day(local_day(now())))
    merged = visible(request.args.get("merged", ""))[:60]
    at = facts.village
    return render_template(
        "village/village.html",
        view=view,
        earlier=earlier(view),
        merged=merged,
        reports=view.day is None and reaches(scope("reports"), at.id, at.township, at.county),
    )


@bp.get("/v/<village_id>.txt")
@public
def text(village_id: str) -> Response:
    """The village's sentence in at most seventy letters, for a message or a loudspeaker."""
    conn = connection()
    view = make_page(conn, _facts(conn, village_id), now())
    return Response(f"{view.message}\n", mimetype="text/plain")
