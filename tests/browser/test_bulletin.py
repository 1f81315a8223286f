"""A bulletin as PDF, by a real Chromium: A4, with its figure and its fonts."""

import re
import zlib

import pytest

from tests.browser.conftest import CHROMIUM
from webapp.app import printing

pytestmark = pytest.mark.browser
FIRST = "/bulletins/2016/1"


@pytest.fixture
def program(monkeypatch, need_or_skip):
    need_or_skip(CHROMIUM.exists(), f"no Chromium at {CHROMIUM} (apt-get install chromium)")
    monkeypatch.setenv(printing.SETTING, str(CHROMIUM))
    printing.chromium.cache_clear()
    yield
    printing.chromium.cache_clear()


def test_a_bulletin_is_a_pdf_on_a4_and_is_made_once(program, site, chromium, monkeypatch):
    context = chromium.new_context()
    asked = context.request.get(site + f"{FIRST}.pdf")
    data = asked.body()
    assert (asked.status, asked.headers["content-type"]) == (200, "application/pdf")
    assert data.startswith(b"%PDF-")
    boxes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", data)
    assert boxes
    # 210 mm x 297 mm in points of 1/72 inch
    for width, height in boxes:
        assert float(width) == pytest.approx(595.3, abs=1)
        assert float(height) == pytest.approx(841.9, abs=1)
    drawn = b"".join(
        zlib.decompressobj().decompress(each)
        for each in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S)
        if each[:1] == b"x"
    )
    # The red of high risk fills a bar: #a81e1e is 168/255 red.
    assert re.search(rb"\.6588\d* \.1176\d* \.1176\d* rg", drawn)
    monkeypatch.setattr(printing, "to_pdf", None)  # what is kept needs no program
    assert context.request.get(site + f"{FIRST}.pdf").body() == data
    context.close()


def test_a_program_that_makes_no_pdf_is_named(monkeypatch):
    monkeypatch.setenv(printing.SETTING, "/bin/false")
    printing.chromium.cache_clear()
    with pytest.raises(printing.NotPrinted, match="/bin/false: CalledProcessError: no PDF"):
        printing.to_pdf("<p>x</p>")
    monkeypatch.delenv(printing.SETTING)
    monkeypatch.setenv("PATH", "")
    printing.chromium.cache_clear()
    with pytest.raises(printing.NotPrinted, match="no Chromium is installed; install one"):
        printing.to_pdf("<p>x</p>")
    printing.chromium.cache_clear()
