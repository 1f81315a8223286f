"""The first sentence of a village's page as sound, for browsers that have no voice."""

from html.parser import HTMLParser
from io import BytesIO
from threading import Semaphore
from typing import Any

from flask import Blueprint, Response, abort, current_app, send_file

from webapp.accounts.access import public
from webapp.app.errors import PageNotFound
from webapp.app.speech import MOST_LETTERS, engine
from webapp.language.i18n import current_language, gettext

bp = Blueprint("listen", __name__)
VOID = {"br", "img", "input", "wbr", "hr"}
_one_at_a_time = Semaphore(1)


class _Spoken(HTMLParser):
    """Gathers the text of the first element that is marked ``data-speak``."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.done = False
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth and tag not in VOID:
            self.depth += 1
        elif not self.done and any(name == "data-speak" for name, _ in attrs):
            self.depth, self.done = 1, True

    def handle_endtag(self, tag: str) -> None:
        if self.depth and tag not in VOID:
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.parts.append(data)


def spoken_text(page: str) -> str:
    """What a page marks to be read aloud; empty where it marks nothing."""
    parser = _Spoken()
    parser.feed(page)
    return " ".join("".join(parser.parts).split())[:MOST_LETTERS]


@bp.get("/v/<village_id>.wav")
@public
def sound(village_id: str) -> Response:
    """Say what the village's page says first; what is heard is what is read."""
    speak = engine()
    if speak is None:
        raise PageNotFound(str(gettext("This server cannot speak: espeak-ng is not installed.")))
    view: Any = current_app.view_functions["village.page"]
    text = spoken_text(
        current_app.make_response(view(village_id=village_id)).get_data(as_text=True)
    )
    if not text:
        raise PageNotFound(str(gettext("The page of this village has nothing to be read aloud.")))
    if not _one_at_a_time.acquire(timeout=2.0):
        abort(503, gettext("The voice is busy; try again in a moment."))
    try:
        said = speak(text, current_language().html)
    finally:
        _one_at_a_time.release()
    if said is None:
        raise PageNotFound(str(gettext("This text could not be spoken; read it on the page.")))
    answer = send_file(BytesIO(said), mimetype="audio/wav", max_age=0)
    answer.headers["Accept-Ranges"] = "bytes"
    return answer
