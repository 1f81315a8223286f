"""The menu of those who may open many pages: one line on a phone, all of it by keyboard."""

from __future__ import annotations

import pytest

from tests.browser.conftest import web_fixtures
from tests.browser.looks import axe_faults
from tests.webapp.people import client_of, cookie_of

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser
#: Pages of an officer's menu; the last ones are behind the word that unfolds them on a phone.
OFFICERS = [
    "/",
    "/desk",
    "/region",
    "/nodes",
    "/status",
    "/bulletins",
    "/watch",
    "/exports",
    "/shipments/",
    "/skill",
]
TOPS = """() => [...document.querySelectorAll('.top nav > div > a, .top summary')]
  .filter(e => e.getClientRects().length).map(e => Math.round(e.getBoundingClientRect().top))"""
SHOWN = """() => [...document.querySelectorAll('.top nav a')]
  .filter(e => e.checkVisibility({contentVisibilityAuto: true}))
  .map(e => e.getAttribute('href'))"""


@pytest.fixture(scope="module")
def served(seeded_dsn):
    app = web_fixtures.make_app(seeded_dsn)
    with web_fixtures.serving(app) as address:
        yield app, address
    app.pool.close()


@pytest.fixture
def window(chromium, served):
    """A window of somebody with a role, and of a width; without JavaScript where so asked."""
    app, address = served
    contexts = []

    def open_as(role, width, **options):
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": 740},
            service_workers="block",
            **options,
        )
        context.add_cookies([{**cookie_of(client_of(app, role)), "url": address}])
        contexts.append(context)
        return context.new_page()

    yield open_as
    for each in contexts:
        each.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("role", ["officer", "technician", "administrator", "agent", "farmer"])
def test_it_is_one_line_on_a_phone(window, role, lang):
    page = window(role, 360)
    page.goto(f"/?lang={lang}")
    assert len(set(page.evaluate(TOPS))) == 1


def test_unfolded_it_holds_every_page_and_marks_this_one(window):
    page = window("officer", 360)
    page.goto("/watch")
    folded = page.evaluate(SHOWN)
    assert folded == OFFICERS[:3]
    expect(page.locator(".top summary")).to_have_class("here")
    page.locator(".top summary").click()
    assert page.evaluate(SHOWN) == OFFICERS
    marked = page.locator('.top details [aria-current="page"]')
    expect(marked).to_have_text("留意")
    assert axe_faults(page) == []
    page.goto("/desk")
    expect(page.locator(".top summary")).not_to_have_class("here")
    expect(page.locator('.top nav > div [aria-current="page"]')).to_have_text("待办台")


def test_the_keyboard_unfolds_it_without_javascript(window):
    page = window("officer", 360, java_script_enabled=False)
    page.goto("/desk")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.locator(".top summary:focus").count():
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("田间设备")
    page.keyboard.press("Enter")
    page.wait_for_url("**/nodes")


def test_where_there_is_room_nothing_is_folded(window):
    page = window("officer", 1440)
    page.goto("/watch?lang=en")
    assert page.evaluate(SHOWN) == OFFICERS
    assert len(set(page.evaluate(TOPS))) == 1
    expect(page.locator(".top summary")).to_be_hidden()
