"""What a reader chose for himself, kept in one cookie: language, look, text size, village.

The cookie holds no name and no mark of a person. An answer sets it once at most, whichever and
however many choices a request changes.
"""

import re
from dataclasses import asdict, dataclass, replace
from urllib.parse import parse_qsl, urlencode

from flask import Flask, Response, g, has_request_context, request, session

COOKIE = "choices"
YEAR_S = 365 * 24 * 3600
LOOKS = ("phone", "light", "dark")
SIZES = ("100", "130", "160")
_VILLAGE = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True)
class Choices:
    """A reader's choices; an empty text where nothing was chosen.

    Parameters
    ----------
    lang
        Code of a language.
    look
        One of `LOOKS`: dark on light, light on dark, or as the phone is set.
    size
        One of `SIZES`, per cent of the phone's own text size.
    village
        Id of the village that the start page puts first.
    """

    lang: str = ""
    look: str = ""
    size: str = ""
    village: str = ""

    @property
    def marks(self) -> str:
        """Classes of the page's root, by which the style sheet knows look and size."""
        look = f"look-{self.look}" if self.look in LOOKS[1:] else ""
        size = f"text-{self.size}" if self.size in SIZES[1:] else ""
        return " ".join(mark for mark in (look, size) if mark)


def is_village(text: str) -> bool:
    """Whether a text can be the id of a village."""
    return _VILLAGE.fullmatch(text) is not None


def parse_choices(text: str | None) -> Choices:
    """Read the cookie; what is unknown in it, or was never offered, is left out."""
    found = dict(parse_qsl(text or ""))
    village = found.get("village", "")
    return Choices(
        lang=found.get("lang", "") if re.fullmatch(r"\w{2,8}", found.get("lang", "")) else "",
        look=found.get("look", "") if found.get("look") in LOOKS else "",
        size=found.get("size", "") if found.get("size") in SIZES else "",
        village=village if is_village(village) else "",
    )


def choices() -> Choices:
    """The choices of this request's reader, with those changed during the request."""
    if not has_request_context():
        return Choices()
    if "choices" not in g:
        g.choices = parse_choices(request.cookies.get(COOKIE))
    found: Choices = g.choices
    return found


def choose(**changes: str) -> None:
    """Change choices; the answer to this request carries the cookie, for a year."""
    g.choices = replace(choices(), **changes)


def _keep(response: Response) -> Response:
    now = choices()
    if session.modified:
        return response  # one cookie an answer: the session's goes first, this one comes next time
    if now != parse_choices(request.cookies.get(COOKIE)):
        held = {name: value for name, value in asdict(now).items() if value}
        response.set_cookie(
            COOKIE,
            urlencode(held),
            max_age=YEAR_S,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response


def install(app: Flask) -> None:
    """Keep what is chosen, and let templates ask for it."""
    app.after_request(_keep)
    app.context_processor(lambda: {"choices": choices()})
