"""Languages of the web: Chinese first, English by switch.

Interface texts are written in English in templates and code; the Chinese of each lives in
``translations/zh_CN/LC_MESSAGES/messages.po``. That text file is read once at start, so there is no
compiled catalogue to build, ship or forget. Agronomic words come from `field_configs.words`.

New texts are brought into the catalogue, to be translated there, by::

    pybabel extract -F webapp/translations/babel.cfg -k lazy_gettext --no-location --sort-output \\
        -o build/web.pot webapp
    pybabel update -i build/web.pot -d webapp/translations -l zh_CN --no-fuzzy-matching \\
        --ignore-pot-creation-date --width 100
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale

from models.weather.local_days import ZONE_NAME
from webapp.language.choices import choices, choose

#: A longer address is nobody's page.
LONGEST_ADDRESS = 500
TRANSLATIONS = Path(__file__).parents[1] / "translations"


@dataclass(frozen=True)
class Language:
    """A language of the pages: its name in Babel and in field_configs, in HTML, and to people."""

    code: str
    html: str
    name: str


CHINESE = Language("zh_CN", "zh-CN", "中文")
ENGLISH = Language("en", "en", "English")
LANGUAGES = (CHINESE, ENGLISH)


def language_of(text: str | None) -> Language | None:
    """Find the language that a word such as ``zh``, ``zh-CN`` or ``en_GB`` asks for."""
    wanted = (text or "").replace("_", "-").lower().split("-")[0]
    return next((each for each in LANGUAGES if each.html.split("-")[0] == wanted), None)


def current_language() -> Language:
    """The language of this request: ``?lang=``, else the cookie, else Chinese."""
    if not has_request_context():
        return CHINESE
    if "language" not in g:
        asked = language_of(request.args.get("lang"))
        g.language = asked or language_of(choices().lang) or CHINESE
    language: Language = g.language
    return language


def remember_language(language: Language) -> None:
    """Keep the reader's choice among his others."""
    choose(lang=language.code)


@lru_cache
def catalogue(code: str) -> NullTranslations:
    """Read a language's texts; English is the language of the sources and needs none.

    Raises
    ------
    FileNotFoundError
        When the catalogue of another language is missing.
    """
    if code == ENGLISH.code:
        return NullTranslations()
    with (TRANSLATIONS / code / "LC_MESSAGES" / "messages.po").open("rb") as source:
        texts = read_po(source, locale=code, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return Translations(compiled, domain="messages")


class _Texts(Domain):  # type: ignore[misc]
    """Flask-Babel's domain, served from catalogues read as text."""

    def get_translations(self) -> NullTranslations:
        return catalogue(_code_of(get_locale()))


class _Babel(Babel):  # type: ignore[misc]
    @cached_property
    def domain_instance(self) -> Domain:
        return _Texts()


def _code_of(locale: Locale | None) -> str:
    return ENGLISH.code if locale is not None and locale.language == "en" else CHINESE.code


def here() -> str:
    """The address of this page without its language, to come back to after a switch."""
    rest = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    address = request.path + (f"?{urlencode(rest)}" if rest else "")
    return address if len(address) <= LONGEST_ADDRESS else "/"


def install(app: Flask) -> None:
    """Give an app its languages, its time zone and the memory of the reader's choice."""
    for language in LANGUAGES:
        catalogue(language.code)
    _Babel().init_app(
        app,
        default_locale=CHINESE.code,
        default_timezone=ZONE_NAME,
        locale_selector=lambda: current_language().code,
    )

    @app.after_request
    def remember(response: Response) -> Response:
        asked = language_of(request.args.get("lang"))
        if asked and response.mimetype == "text/html":
            remember_language(asked)
        return response

    @app.context_processor
    def languages() -> dict[str, object]:
        now = current_language()
        return {
            "here": here,
            "language": now,
            "other_languages": [each for each in LANGUAGES if each != now],
        }
