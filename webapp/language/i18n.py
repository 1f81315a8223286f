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
from flask_babel import Babel, Domain, LazyString
from markupsafe import Markup

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
    try:  # asked for hundreds of times by a page
        language: Language = g.language
    except (AttributeError, RuntimeError):  # not known yet, or no request at all
        if not has_request_context():
            return CHINESE
        asked = language_of(request.args.get("lang"))
        g.language = language = asked or language_of(choices().lang) or CHINESE
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


def _texts() -> NullTranslations:
    return catalogue(current_language().code)


def gettext(text: str, /, **params: object) -> str:
    """An English text in the language of this request; with parameters, %-formatted by name."""
    found = _texts().gettext(text)
    return found % params if params else found


def ngettext(one: str, many: str, num: int, /, **params: object) -> str:
    """As `gettext`, of one or of many, which is the parameter ``num`` along with the others."""
    return _texts().ngettext(one, many, num) % {"num": num, **params}


def lazy_gettext(text: str, /, **params: object) -> LazyString:
    """As `gettext`, in the language of whatever request makes a string of it."""
    return LazyString(gettext, text, **params)


def _safe(text: str, /, **params: object) -> Markup:
    """As `gettext`, for templates: a text may hold tags, what is put into it is escaped."""
    found = Markup(_texts().gettext(text))  # noqa: S704 - from our own catalogue
    return found % params if "%" in found else found


def _safe_number(one: str, many: str, num: int, /, **params: object) -> Markup:
    found = Markup(_texts().ngettext(one, many, num))  # noqa: S704 - from our own catalogue
    return found % {"num": num, **params}


@lru_cache
def _locale(code: str) -> Locale:
    return Locale.parse(code)


class _Texts(Domain):  # type: ignore[misc]
    """Flask-Babel's domain, served from catalogues read as text."""

    def get_translations(self) -> NullTranslations:
        return _texts()


class _Babel(Babel):  # type: ignore[misc]
    @cached_property
    def domain_instance(self) -> Domain:
        return _Texts()


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
        locale_selector=lambda: _locale(current_language().code),
    )
    # Templates ask by the hundred; the way through Jinja2 and Flask-Babel is four times as long.
    app.jinja_env.globals.update(_=_safe, gettext=_safe, ngettext=_safe_number)

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
