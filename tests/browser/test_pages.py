"""Pages as a person on a cheap phone meets them: small screen, thumbs, no JavaScript."""

import re

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
PAGES = (
    "/",
    "/v/qf-liuge",
    "/v/py-bagongqiao",
    "/v/qf-mazhuangqiao",
    "/v/qf-liuge/details",
    "/v/py-bagongqiao/details",
    "/v/qf-liuge?day=2016-05-07",
    "/desk",
    "/desk/410922104/winter_wheat/wheat_fhb",
    "/skill",
    "/models",
    "/models/wheat_fhb_post",
    "/status",
    "/v/nowhere",
)
# Every control a thumb must hit is 44 CSS pixels wide and high (WCAG 2.5.5); links in running
# text are exempt.
TARGETS = """() => [...document.querySelectorAll('a, button, input, select, summary')]
  .filter(e => !e.matches('.skip, [type=hidden]') && !e.closest('td, dd, [hidden]'))
  .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
  .filter(([, r]) => r.width < 44 || r.height < 44)
  .map(([html, r]) => `${html} ${r.width}x${r.height}`)"""

CONTRAST = """() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const lum = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92
    : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || !e.getClientRects().length || e.closest('svg title, svg desc')) continue;
    const style = getComputedStyle(e);
    const ink = parse(e instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [lum(ink), lum(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.push(`${n.data.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return bad;
}"""


@pytest.fixture
def phone(chromium, site):
    context = chromium.new_context(viewport=PHONE, base_url=site, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def shared_probe(chromium, site):
    context = chromium.new_context(viewport=PHONE, base_url=site)
    yield context.new_page()
    context.close()


@pytest.fixture
def probe(shared_probe):
    """A page at phone size in which the test itself, not the page, may run code."""
    shared_probe.context.clear_cookies()
    shared_probe.set_viewport_size(PHONE)
    return shared_probe


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_page_is_wider_than_the_screen(probe, path, lang):
    probe.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}")
    probe.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    for width in (320, 360, 1440):
        probe.set_viewport_size({"width": width, "height": 740})
        assert probe.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everything_to_touch_fits_a_thumb(probe, path, lang):
    probe.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}")
    assert probe.evaluate(TARGETS) == []


@pytest.mark.parametrize("path", PAGES)
def test_texts_stand_out_from_their_ground(probe, path):
    probe.goto(path)
    probe.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert probe.evaluate(CONTRAST) == []


@pytest.mark.parametrize("path", PAGES)
def test_pages_load_without_a_complaint_of_the_browser(probe, path):
    complaints = []
    hosts = set()
    page = probe.context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.on("request", lambda request: hosts.add(re.match(r"https?://[^/]+", request.url)[0]))
    page.goto(path)
    page.close()
    expected = ["404 (NOT FOUND)"] if path == "/v/nowhere" else []
    assert [c for c in complaints if not any(e in c for e in expected)] == []
    assert len(hosts) == 1, "pages fetch nothing from elsewhere"


def test_from_search_to_advice_without_javascript(phone):
    phone.goto("/")
    phone.get_by_role("searchbox").fill("柳格")
    phone.get_by_role("button", name="查找").click()
    rows = phone.locator("a.row")
    expect(rows).to_have_count(1)
    rows.click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("柳格示范村")
    assert phone.get_by_text("到5月11日为止留意小麦赤霉病").first.is_visible()
    assert phone.get_by_role("link", name="12316").is_visible()
    phone.get_by_role("link", name="全部详情").click()
    ground = phone.get_by_text("doi:10.1371/journal.pcbi.1008831")
    assert not ground.is_visible()
    phone.get_by_text("依据是什么").first.click()
    expect(ground).to_be_visible()


def test_the_first_screen_says_what_where_by_when_and_whom_to_call(phone):
    phone.goto("/v/qf-liuge")
    for words in ("留意小麦赤霉病", "村东一号地", "5月11日", "12316"):
        box = phone.locator(".top-line").get_by_text(words).first.bounding_box()
        assert box["y"] + box["height"] <= PHONE["height"], words
    assert phone.evaluate("document.documentElement.scrollHeight") < 4 * PHONE["height"]


def test_the_language_switch_stays_on_the_page_and_holds(phone):
    phone.goto("/v/qf-liuge")
    phone.get_by_role("link", name="English").click()
    title = phone.get_by_role("heading", level=1)
    expect(title).to_have_text("Liuge demonstration village")
    assert phone.url.endswith("/v/qf-liuge")
    phone.goto("/v/qf-liuge?day=2016-05-07")
    phone.get_by_role("link", name="中文").click()
    expect(phone.locator(".note").first).to_contain_text("5月7日")
    assert phone.url.endswith("/v/qf-liuge?day=2016-05-07")
    phone.get_by_role("link", name="English").click()
    phone.get_by_role("link", name="Villages", exact=True).click()
    expect(title).to_have_text("Crops today, village by village")
    phone.get_by_role("link", name="中文").click()
    expect(title).to_have_text("今天各村庄稼怎么样")


def test_charts_are_named_for_those_who_hear_the_page(phone):
    phone.goto("/v/qf-liuge/details?lang=en")
    chart = phone.get_by_role("img", name="Air temperature, °C")
    assert chart.is_visible()
    assert chart.bounding_box()["width"] > 300


def test_status_is_told_by_shape_word_and_colour(probe):
    probe.goto("/")
    looks = set()
    for row in probe.locator("a.row").all():
        shape = row.locator("use").first.get_attribute("href")
        word = row.locator(".status").inner_text()
        colour = row.locator(".shape").evaluate("e => getComputedStyle(e).color")
        looks.add((shape, word, colour))
    assert len(looks) == 3
    for kind in zip(*looks, strict=True):
        assert len(set(kind)) == 3


def test_a_village_prints_as_a_notice_of_one_page(probe):
    probe.goto("/v/qf-liuge")
    probe.emulate_media(media="print")
    seen = {
        "control": probe.get_by_role("link", name="English").is_visible(),
        "weather": probe.get_by_text("各块地").first.is_visible(),
        "risk": probe.get_by_text("留意小麦赤霉病").first.is_visible(),
        "address": probe.get_by_text("/v/qf-liuge").first.is_visible(),
        "contact": probe.get_by_text("联系：乡镇农技站").is_visible(),
    }
    pages = probe.pdf(format="A4").count(b"/Type /Page\n")
    probe.emulate_media(media="screen")
    assert seen == {
        "control": False,
        "weather": False,
        "risk": True,
        "address": True,
        "contact": True,
    }
    assert pages == 1


def test_the_keyboard_reaches_the_content_first(probe):
    probe.goto("/v/qf-liuge")
    probe.keyboard.press("Tab")
    focused = probe.locator(":focus")
    assert focused.get_attribute("href") == "#main"
    assert focused.bounding_box()["x"] >= 0
