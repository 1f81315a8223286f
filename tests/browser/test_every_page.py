"""Every page in both languages, light and dark, narrow and wide, small and large type.

The whole of it, 32 ways of looking at each page, is `make looks`; elsewhere axe-core looks at each
page in one of them, chosen so that together every two (language and width, say) are seen.
"""

from dataclasses import dataclass
from itertools import combinations, product
from urllib.parse import quote

import pytest

from tests.browser.conftest import web_fixtures
from tests.browser.looks import (
    CELLS,
    CHARTS,
    CHINESE,
    CRUMBS,
    LABELS,
    LANDMARKS,
    LAYOUT,
    LOADED,
    OPEN_ALL,
    PAPER,
    TEXT_SIZE,
    THUMBS,
    WRONG,
    WRONG_SEEN,
    axe_faults,
)
from tests.paths import WHOLE
from tests.webapp.every_page import ADMINISTRATOR, NOBODY, every_page
from tests.webapp.people import client_of, cookie_of
from webapp.app.wire import refusal_page

expect = pytest.importorskip("playwright.sync_api").expect

WIDTHS = (320, 360, 1440, 1920)
#: Language, colours, width, and whether text is twice as large.
WAYS = tuple(product(("zh", "en"), ("light", "dark"), WIDTHS, (False, True)))
#: The width of A4 between margins of 1 cm, in pixels of CSS.
A4_PX = 718
pytestmark = [pytest.mark.browser, pytest.mark.timeout(3600 if WHOLE else 300)]


class Everywhere:
    """The pages, served, and windows that look at them."""

    def __init__(self, address, pages, cookie, chromium):
        self.address, self.pages = address, pages
        self.cookie, self.chromium, self.windows = cookie, chromium, {}

    def look(self, path, who, way):
        """Open a page in one of the `WAYS`, all its parts unfolded."""
        lang, colours, width, big = way
        window = self.window(who, colours)
        window.set_viewport_size({"width": width, "height": 800})
        joint = "&" if "?" in path else "?"
        window.goto(f"{quote(path, safe='/?&=%')}{joint}lang={lang}")
        window.evaluate(OPEN_ALL)
        if big:
            window.evaluate(TEXT_SIZE, 200)
        window.evaluate(LOADED)
        return window

    def window(self, who, colours):
        if (who, colours) not in self.windows:
            context = self.chromium.new_context(
                base_url=self.address, color_scheme=colours, service_workers="block"
            )
            if who == ADMINISTRATOR:
                context.add_cookies([{**self.cookie, "url": self.address}])
            self.windows[who, colours] = context.new_page()
        return self.windows[who, colours]

    def faults(self, ask, ways_of):
        """What is wrong: each fault of each page with the first way in which it was seen."""
        found = {}
        for number, (path, who) in enumerate(self.pages):
            for way in ways_of(number):
                window = self.look(path, who, way)
                for fault in ask(window):
                    found.setdefault(f"{path.split('/link/')[0]} {fault}", way)
        return "\n".join(f"{fault} {way}" for fault, way in found.items())


@pytest.fixture(scope="module")
def everywhere(seeded_dsn, chromium):
    app = web_fixtures.make_app(seeded_dsn)
    administrator = client_of(app, "administrator")
    pages = every_page(app, administrator)
    with web_fixtures.serving(app) as address:
        found = Everywhere(address, pages, cookie_of(administrator), chromium)
        yield found
        for window in found.windows.values():
            window.context.close()
    app.pool.close()


def ways(number):
    """The ways in which a page is looked at; a sample moves on from page to page."""
    if WHOLE:
        return WAYS
    return [WAYS[number * 13 % len(WAYS)]]


def test_the_sample_sees_every_two_of_the_ways_together(everywhere):
    seen = {way for number, _ in enumerate(everywhere.pages) for way in ways(number)}
    for one, other in combinations(range(4), 2):
        pairs = {(way[one], way[other]) for way in WAYS}
        assert {(way[one], way[other]) for way in seen} == pairs


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_axe_finds_nothing_anywhere(everywhere, lang, colours):
    def these(number):
        return [way for way in ways(number) if way[:2] == (lang, colours)]

    assert everywhere.faults(axe_faults, these) == ""


@dataclass(frozen=True)
class Look:
    """What is asked of every page at one width [px] and size of type [%].

    `langs` are the languages that it is asked in; of one letter of them a page has its turn.
    """

    name: str
    langs: tuple[str, ...]
    width: int
    percent: int
    asks: tuple[str, ...]
    media: str = "screen"


BOTH, EITHER = ("zh", "en"), ("zh|en",)
#: Nothing scrolls sideways, is cut off or lies over another text (WCAG 1.4.4, 1.4.10): on a phone
#: with large type, and on a wide screen.
LOOKS = [
    Look("landmarks, links and charts", BOTH, 360, 100, (LANDMARKS, CHARTS, LABELS)),
    Look("a thumb hits what is pressed", EITHER, 360, 100, (THUMBS, CRUMBS, LAYOUT)),
    Look("Chinese is written as Chinese", ("zh",), 360, 100, (CHINESE,)),
    Look("large text fits", BOTH, 360, 200, (LAYOUT,)),
    Look("a cell has room for four letters", ("zh",), 360, 200, (CELLS, LABELS)),
    Look("larger text fits", ("en",), 360, 130, (LAYOUT,)),
    Look("text fits a wide screen", ("en",), 1440, 100, (LAYOUT,)),
    Look("nothing is lost on paper", EITHER, A4_PX, 100, (PAPER,), "print"),
]


def looks_of(number, lang):
    """What is asked of a page in a language."""
    turn = ("zh", "en")[number % 2]
    return [look for look in LOOKS if lang in look.langs or (look.langs == EITHER and lang == turn)]


@pytest.fixture(scope="module")
def seen(everywhere):
    """By the name of a look what is wrong with pages; each is loaded once in a language."""
    found = {look.name: [] for look in LOOKS}
    for (number, (path, who)), lang in product(enumerate(everywhere.pages), ("zh", "en")):
        page = everywhere.look(path, who, (lang, "light", 360, False))
        for look in looks_of(number, lang):
            page.set_viewport_size({"width": look.width, "height": 800})
            page.emulate_media(media=look.media)
            page.evaluate(TEXT_SIZE, look.percent)
            faults = [fault for ask in look.asks for fault in page.evaluate(ask)]
            found[look.name] += [f"{path.split('/link/')[0]} {fault} {lang}" for fault in faults]
        page.emulate_media(media="screen")
    return found


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_every_page(seen, look):
    faults = seen[look.name]
    if look.asks == (CHINESE,):  # this page tells how an address is written
        faults = [each for each in faults if "day=x" not in each.partition(" ")[0]]
    assert "\n".join(faults) == ""


STATES = [("zh", "light", 360, False), ("en", "dark", 320, True)]


def both(page):
    return [*axe_faults(page), *page.evaluate(LAYOUT), *page.evaluate(LANDMARKS)]


@pytest.mark.parametrize("way", STATES, ids=["zh", "en"])
def test_the_key_of_the_second_factor(everywhere, way):
    page = everywhere.look("/account/second-factor", ADMINISTRATOR, way)
    page.locator("button[name=submit]").click()
    expect(page.locator("img.qr")).to_be_visible()
    assert both(page) == []


@pytest.mark.parametrize("way", STATES, ids=["zh", "en"])
def test_a_form_with_its_faults(everywhere, way):
    page = everywhere.look("/account/sign-in", NOBODY, way)
    page.locator("#name").fill("nobody")
    page.locator("#password").fill("wrong")
    page.locator("#password").press("Enter")
    expect(page.locator(".wrong").first).to_be_visible()
    assert both(page) == []
    assert page.evaluate(WRONG) == []


def test_what_is_wrong_is_red(everywhere):
    refused = [page for page in everywhere.pages if page.path.startswith("/lots/L")]
    some = Everywhere(everywhere.address, refused, everywhere.cookie, everywhere.chromium)
    some.windows = everywhere.windows
    assert some.faults(lambda page: page.evaluate(WRONG_SEEN), lambda _: [STATES[0]]) != ""
    assert some.faults(lambda page: page.evaluate(WRONG), lambda _: [STATES[0]]) == ""


@pytest.mark.parametrize("way", STATES, ids=["zh", "en"])
def test_a_refusal_of_the_server_itself(everywhere, way):
    page = everywhere.window(NOBODY, way[1])
    page.set_viewport_size({"width": way[2], "height": 800})
    body = refusal_page(431, "GET /" + "x" * 200).decode()
    page.route("**/refused", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("/refused")
    page.evaluate(TEXT_SIZE, 200 if way[3] else 100)
    assert both(page) == []
