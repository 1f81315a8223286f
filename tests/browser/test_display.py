"""Light, dark and large type, as chosen or as the phone is set, in a real browser."""

import pytest

from tests.browser.test_pages import CONTRAST, PAGES, PHONE, TARGETS

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser

OPEN_ALL = "document.querySelectorAll('details').forEach(d => { d.open = true })"
GROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def dark(chromium, site):
    context = chromium.new_context(
        viewport=PHONE, base_url=site, color_scheme="dark", service_workers="block"
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def plain(chromium, site):
    """A phone set to dark, without JavaScript."""
    context = chromium.new_context(
        viewport=PHONE, base_url=site, java_script_enabled=False, color_scheme="dark"
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", [*PAGES, "/display"])
def test_texts_stand_out_in_the_dark_too(dark, path):
    dark.goto(path)
    dark.evaluate(OPEN_ALL)
    assert dark.evaluate(CONTRAST) == []
    ground = dark.evaluate(GROUND)
    assert max(int(part) for part in ground[4:-1].split(",")) < 64, ground


def choose(page, *labels):
    page.goto("/display?next=/")
    for label in labels:
        page.get_by_label(label, exact=True).check()
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/")  # on a busy machine the answer comes after the click has returned


def test_a_choice_goes_before_the_phone_without_javascript(plain):
    choose(plain, "浅色")
    assert plain.url.endswith("/")
    expect(plain.locator("body")).to_have_css("background-color", "rgb(244, 246, 242)")
    choose(plain, "跟随手机")
    expect(plain.locator("body")).to_have_css("background-color", "rgb(16, 21, 18)")


def test_dark_is_dark_on_a_light_phone(chromium, site):
    context = chromium.new_context(viewport=PHONE, base_url=site, java_script_enabled=False)
    page = context.new_page()
    choose(page, "深色")
    expect(page.locator("body")).to_have_css("background-color", "rgb(16, 21, 18)")
    context.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_very_large_type_fits_the_screen(chromium, site, lang):
    context = chromium.new_context(viewport=PHONE, base_url=site, service_workers="block")
    page = context.new_page()
    choose(page, "特大字")
    expect(page.locator("html")).to_have_css("font-size", "25.6px")
    wide = {}
    for path in ("/", "/v/qf-liuge", "/display", "/v/nowhere"):
        page.goto(f"{path}?lang={lang}")
        page.evaluate(OPEN_ALL)
        width = page.evaluate("document.documentElement.scrollWidth")
        wide |= {path: width} if width > PHONE["width"] else {}
        assert page.evaluate(TARGETS) == []
    context.close()
    assert wide == {}
