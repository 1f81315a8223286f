"""Codes read from the live picture of a camera.

Chromium here has a camera of its own that shows a test picture, but no reader of codes (it has one
on phones): a stand-in for `BarcodeDetector` waits until there is a picture, then reads a code.
"""

from __future__ import annotations

import pytest

from tests.browser.conftest import ARGUMENTS, CHROMIUM, need, web_fixtures
from tests.browser.test_pages import PHONE
from tests.webapp.people import client_of, cookie_of

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

pytestmark = pytest.mark.browser
CODE = "L-9999-9999-9"
READER = """window.looked = 0;
window.BarcodeDetector = class { async detect(video) {
  window.looked += 1;
  window.track = video.srcObject.getTracks()[0];
  return video.videoWidth && window.looked > 2 && !window.blind ? [{ rawValue: '%s' }] : [];
} };"""
CAMERA = ["--use-fake-device-for-media-stream"]
BUTTON = "用摄像头扫码"


@pytest.fixture(scope="module")
def served(chromium, seeded_dsn):
    """A Chromium with a camera, beside the one of all, and pages with a farmer signed in."""
    need(CHROMIUM.exists(), f"no Chromium at {CHROMIUM} (apt-get install chromium)")
    app = web_fixtures.make_app(seeded_dsn)
    with web_fixtures.serving(app) as address:
        browser = chromium.browser_type.launch(
            executable_path=str(CHROMIUM), args=[*ARGUMENTS, *CAMERA]
        )
        cookie = cookie_of(client_of(app, "farmer")) | {"url": address}
        yield browser, address, cookie
        browser.close()
    app.pool.close()


@pytest.fixture
def page(served, request):
    browser, address, cookie = served
    given = getattr(request, "param", {"permissions": ["camera"], "reader": True})
    context = browser.new_context(
        viewport=PHONE,
        base_url=address,
        service_workers="block",
        permissions=given["permissions"],
    )
    context.add_cookies([cookie])
    page = context.new_page()
    if given["reader"]:
        page.add_init_script(READER % CODE)
    yield page
    context.close()


def test_a_code_in_the_picture_is_looked_up(page):
    page.goto("/goods/")
    page.get_by_role("button", name=BUTTON).click()
    page.wait_for_url("**/goods/?code=*")
    assert page.evaluate("new URLSearchParams(location.search).get('code')") == CODE
    expect(page.get_by_role("alert")).to_be_visible()  # nobody has this one


def test_in_a_series_it_is_filled_in_and_the_camera_goes_off(page):
    page.goto("/goods/do/receive")
    page.get_by_role("button", name=BUTTON).click()
    expect(page.locator("#code")).to_have_value(CODE)
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    assert page.evaluate("window.track.readyState") == "ended"
    assert page.url.endswith("/goods/do/receive")


def test_a_tap_on_the_picture_ends_it(page):
    page.goto("/goods/")
    page.evaluate("window.blind = true")
    page.get_by_role("button", name=BUTTON).click()
    page.wait_for_function("() => window.looked > 3")
    page.locator("video").click()
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    page.wait_for_function("() => window.track.readyState === 'ended'")
    assert page.get_by_role("textbox").first.input_value() == ""


@pytest.mark.parametrize("page", [{"permissions": [], "reader": True}], indirect=True)
def test_without_leave_the_button_says_what_to_do(page):
    page.goto("/goods/")
    page.locator("#camera").click()
    expect(page.locator("#camera")).to_have_text("摄像头不能用。请输入编码，或拍一张编码的照片。")


@pytest.mark.parametrize("page", [{"permissions": ["camera"], "reader": False}], indirect=True)
def test_where_the_browser_reads_no_codes_there_is_no_button(page):
    page.goto("/goods/")
    expect(page.get_by_role("textbox").first).to_be_visible()
    assert page.evaluate("typeof BarcodeDetector") == "undefined"
    expect(page.locator("#camera")).to_be_hidden()
