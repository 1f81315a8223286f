"""Open parts and place are kept over the language switch; what is marked can be listened to."""

import pytest
from flask import render_template_string

from tests.browser.conftest import web_fixtures
from tests.browser.test_pages import PHONE
from webapp.accounts.access import public

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser

PAGE = """{% extends "base.html" %}{% block main %}<h1>V</h1><p data-speak>先清沟。再排水。</p>
{% for n in range(30) %}<details id="d{{ n }}"><summary>{{ n }}</summary><p>in</p></details>
{% endfor %}{% endblock %}"""
VOICE = """window.said = [];
window.SpeechSynthesisUtterance = function (text) { this.text = text; };
Object.defineProperty(window, 'speechSynthesis', {value: {getVoices: () => VOICES, cancel() {},
speak(words) { window.said.push(words.text); }, addEventListener() {}}});"""


@pytest.fixture
def address(seeded_dsn):
    app = web_fixtures.make_app(seeded_dsn)
    app.view_functions["village.page"] = public(lambda village_id: render_template_string(PAGE))
    app.extensions.pop("nongqing.speech", None)
    with web_fixtures.serving(app) as address:
        yield address
    app.pool.close()


@pytest.fixture
def page(chromium, address):
    context = chromium.new_context(viewport=PHONE, base_url=address, service_workers="block")
    yield context.new_page()
    context.close()


def test_open_parts_and_place_outlive_the_switch_and_a_reload(page):
    page.goto("/v/qf-liuge")
    page.evaluate("document.getElementById('d20').open = true; scrollTo(0, 500)")
    before = page.evaluate("pageYOffset")
    page.evaluate("document.querySelector('a.tongue').click()")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#d20")).to_have_attribute("open", "")
    assert abs(page.evaluate("pageYOffset") - before) < 60
    page.reload()
    expect(page.locator("#d20")).to_have_attribute("open", "")
    page.goto("/")
    page.goto("/v/qf-liuge")
    expect(page.locator("details[open]")).to_have_count(0)


def test_a_voice_reads_sentence_by_sentence(page):
    voices = "[{lang: 'en-US', localService: true}, {lang: 'zh-CN', localService: true}]"
    page.add_init_script(VOICE.replace("VOICES", voices))
    page.goto("/v/qf-liuge")
    page.get_by_role("button", name="听一听").click()
    assert page.evaluate("window.said") == ["先清沟。", "再排水。"]
    expect(page.locator("button.listen")).to_have_text("停")


def test_without_voice_and_engine_there_is_no_button(page):
    page.add_init_script(VOICE.replace("VOICES", "[]"))
    page.goto("/v/qf-liuge")
    expect(page.locator("button.listen")).to_have_count(0)
