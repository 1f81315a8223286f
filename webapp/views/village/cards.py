"""Model cards as pages show them: checked against the manifest, then Markdown made to HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from models.trained.artefact import read_manifest, sha256, verified
from models.trained.shipped import FOLDER, HAZARD, STAGES
from webapp.language.i18n import gettext

TRAINED = f"{HAZARD}_trained"
LOWEST = 6


@dataclass(frozen=True)
class Card:
    """A shipped model card: `wheat_fhb_pre` is the stage "pre" of the artefact `wheat_fhb`."""

    id: str
    artefact: str
    stage: str


CARDS = {f"{HAZARD}_{stage}": Card(f"{HAZARD}_{stage}", HAZARD, stage) for stage in STAGES}


def cards_of(hazard: str) -> list[Card]:
    """The cards of the artefacts that a hazard of the catalogue computes with."""
    return list(CARDS.values()) if hazard == TRAINED else []


def stage_words(stage: str) -> str:
    """Say when an artefact of a stage answers."""
    words = {"pre": gettext("before flowering"), "post": gettext("after flowering")}
    return str(words.get(stage, stage))


def read_card(card: Card, folder: Path = FOLDER) -> tuple[str, str]:
    """Markdown of a card and SHA-256 of its artefact, both files found as the manifest says.

    Raises
    ------
    models.trained.artefact.ArtefactError
        The manifest, the card or the artefact is missing, or one of the two was changed.
    """
    manifest = read_manifest(card.artefact, folder)
    hashed = sha256(verified(f"{card.id}.skops", manifest, folder))
    return verified(f"{card.id}.md", manifest, folder).decode("utf-8"), hashed


def _open_table(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    env["tables"] = env.get("tables", 0) + 1
    label = f"Table {env['tables']}"
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>\n'


def _close_table(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    return "</table></div>\n"


@lru_cache(maxsize=8)
def to_html(markdown: str) -> Markup:
    """Safe HTML of a card; headings one level lower, each table in a box that scrolls.

    HTML inside the Markdown is shown as text, never passed on.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule("table_open", _open_table)
    reader.add_render_rule("table_close", _close_table)
    tokens = reader.parse(markdown)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + 1, LOWEST)}"
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704 - html is off
