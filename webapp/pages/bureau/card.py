"""What answers: the hazards of the catalogue, the trained artefacts, and the card of each."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from models.hazards._unruled import UNRULED
from models.hazards.catalogue import catalogue
from models.risk.hazard import Hazard
from models.trained import shipped
from models.trained.artefact import ArtefactError
from webapp.accounts.access import public
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.i18n import gettext
from webapp.language.risks import hazard_name, upper_first
from webapp.language.words import name_of, word
from webapp.views.crops import crop_types
from webapp.views.village.cards import CARDS, Card, cards_of, read_card, stage_words, to_html

bp = Blueprint("card", __name__)
FOLDER = shipped.FOLDER


@dataclass(frozen=True)
class ShownModel:
    """A hazard of the catalogue: names, version, sources, and its cards with their titles.

    `members` are the names of the hazards whose verdict it is, `verdict` that of its own.
    """

    id: str
    name: str
    eppo: str
    crops: list[str]
    version: str
    references: tuple[str, ...]
    provisional: bool
    cards: list[tuple[str, str]]
    background: bool
    outlook: bool
    members: list[str]
    verdict: str


def show_model(hazard: Hazard) -> ShownModel:
    """Describe one hazard of the catalogue."""
    verdicts = [each.id for each in catalogue().values() if hazard.id in each.members]
    return ShownModel(
        hazard.id,
        hazard_name(hazard.id),
        hazard.eppo or "",
        [_crop_name(each) for each in hazard.crops],
        hazard.version,
        hazard.references,
        bool(hazard.provisional),
        [(card.id, card_title(card)) for card in cards_of(hazard.id)],
        hazard.shown == "background",
        hazard.shown == "outlook",
        [hazard_name(each) for each in hazard.members],
        hazard_name(verdicts[0]) if verdicts else "",
    )


def _crop_name(crop: str) -> str:
    crops = crop_types()
    return upper_first(name_of(crops[crop])) if crop in crops else crop


def card_title(card: Card) -> str:
    """Name a card: its hazard and when its artefact answers."""
    name = hazard_name(card.artefact)
    return str(gettext("%(hazard)s, %(when)s", hazard=name, when=stage_words(card.stage)))


def without_folder(error: ArtefactError, folder: Path) -> str:
    """The words of an error with the file's place as the project knows it, not the machine."""
    return str(error).replace(f"{folder}/", "models/trained/artefacts/")


@bp.get("/models")
@public
def page() -> str:
    """List trained artefacts, sound or not, and the catalogue."""
    artefacts: list[tuple[Card, str, str]] = []
    for card in CARDS.values():
        try:
            artefacts.append((card, card_title(card), read_card(card, FOLDER)[1]))
        except ArtefactError:
            artefacts.append((card, card_title(card), ""))
    hazards = sorted((show_model(each) for each in catalogue().values()), key=lambda m: m.crops)
    unruled = [
        (word(f"unruled.{each}.name"), _crop_name(crop), word(f"unruled.{each}.found"))
        for each, crop in UNRULED.items()
    ]
    return render_template(
        "bureau/models.html", artefacts=artefacts, hazards=hazards, unruled=unruled
    )


@bp.get("/models/<card_id>")
@public
def one(card_id: str) -> ResponseReturnValue:
    """Show a model card after its hash and its artefact's agreed, or what is wrong with them."""
    card = CARDS.get(card_id)
    if card is None:
        near = get_close_matches(card_id, CARDS, cutoff=0.4) or list(CARDS)
        raise PageNotFound(
            str(gettext("There is no model card “%(id)s”.", id=card_id)),
            [Suggestion(url_for("card.one", card_id=each), each) for each in near],
        )
    title = card_title(card)
    try:
        markdown, hashed = read_card(card, FOLDER)
    except ArtefactError as error:
        current_app.logger.error("%s", error)
        wrong = without_folder(error, FOLDER)
        return render_template("bureau/card.html", title=title, wrong=wrong), 503
    return render_template("bureau/card.html", title=title, body=to_html(markdown), hash=hashed)
