"""The models' pages: the shipped cards, sound ones only, in a frame of both languages."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from models.hazards.catalogue import catalogue
from models.trained.artefact import sha256
from models.trained.shipped import FOLDER, HAZARD
from webapp.pages.bureau import card as cards
from webapp.views.village.cards import CARDS, to_html
from webapp.views.village.risks import show_crops


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A copy of the shipped artefacts that a test may spoil."""
    folder = tmp_path / "artefacts"
    shutil.copytree(FOLDER, folder)
    monkeypatch.setattr(cards, "FOLDER", folder)
    return folder


def text_of(client, path, code=200):
    answer = client.get(path)
    assert answer.status_code == code
    return answer.get_data(as_text=True)


def body_of(page):
    return page[page.index("<article") : page.index("</article>") + len("</article>")]


@pytest.mark.parametrize("card", sorted(CARDS))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_card_is_shown_whole(client, card, lang):
    page = text_of(client, f"/models/{card}?lang={lang}")
    markdown = (FOLDER / f"{card}.md").read_text("utf-8")
    article = ET.fromstring(body_of(page))
    assert article.get("lang") == "en"
    headings = re.findall(r"^#+ (.*)$", markdown, re.MULTILINE)
    assert ["".join(h.itertext()) for h in article.iter() if h.tag in ("h2", "h3")] == headings
    rows = [r for r in markdown.splitlines() if r.startswith("|") and not r.startswith("|---")]
    assert len(list(article.iter("tr"))) == len(rows)
    assert article.find(".//strong") is not None
    assert article.find(".//code") is not None
    assert page.count("<h1>") == 1
    says = {"zh": "模型说明卡以英文书写", "en": "Model cards are written in English"}
    assert says[lang] in page


def test_every_table_scrolls_in_its_own_box(client):
    article = ET.fromstring(body_of(text_of(client, "/models/wheat_fhb_post")))
    boxes = [box for box in article.iter("div") if box.get("class") == "scroll"]
    assert all(box.get("tabindex") == "0" and box.find("table") is not None for box in boxes)
    assert len(boxes) == len(list(article.iter("table"))) > 5
    assert len({box.get("aria-label") for box in boxes}) == len(boxes)


@pytest.mark.parametrize("file", ["wheat_fhb_pre.md", "wheat_fhb_pre.skops"])
@pytest.mark.parametrize("spoil", ["changed", "gone"])
def test_a_changed_or_missing_file_is_told_with_its_mend(shipped, client, file, spoil):
    if spoil == "gone":
        (shipped / file).unlink()
    else:
        (shipped / file).write_bytes((shipped / file).read_bytes() + b" ")
    page = text_of(client, "/models/wheat_fhb_pre?lang=en", 503)
    assert f"models/trained/artefacts/{file}: " + {
        "gone": "cannot be read",
        "changed": "was changed",
    }[spoil] in page.replace("&#39;", "'")
    assert "train again with nongqing risk train, or restore the files" in page
    assert "<article" not in page
    assert str(shipped) not in page
    assert "无法显示此模型说明卡" in text_of(client, "/models/wheat_fhb_pre?lang=zh", 503)
    listed = text_of(client, "/models?lang=en")
    assert listed.count("missing or changed") == 1
    assert "<article" in text_of(client, "/models/wheat_fhb_post")


def test_without_a_manifest_no_card_is_believed(shipped, client):
    (shipped / f"{HAZARD}.json").unlink()
    assert "no manifest" in text_of(client, "/models/wheat_fhb_post?lang=en", 503)


def test_markup_in_a_card_stays_text(shipped, client):
    text = "# A <script>alert(1)</script>\n\n<b>bold</b> [go](javascript:alert(1))\n"
    (shipped / "wheat_fhb_pre.md").write_text(text, "utf-8")
    manifest = json.loads((shipped / f"{HAZARD}.json").read_text("utf-8"))
    manifest["files"]["wheat_fhb_pre.md"] = sha256(text.encode())
    (shipped / f"{HAZARD}.json").write_text(json.dumps(manifest), "utf-8")
    page = text_of(client, "/models/wheat_fhb_pre")
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert 'href="javascript' not in page


def test_headings_stop_at_the_sixth_level():
    assert "<h6>x</h6>" in to_html("###### x")


def test_an_unknown_card_leads_to_those_there_are(client):
    page = text_of(client, "/models/wheat_fhb_prae?lang=en", 404)
    assert "There is no model card “wheat_fhb_prae”." in page
    assert 'href="/models/wheat_fhb_pre"' in page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_list_names_every_hazard_and_card(client, lang):
    page = text_of(client, f"/models?lang={lang}")
    for hazard in catalogue():
        assert f'id="{hazard}"' in page
    for card in CARDS:
        assert f'href="/models/{card}"' in page
    manifest = json.loads((FOLDER / f"{HAZARD}.json").read_text("utf-8"))
    assert manifest["files"]["wheat_fhb_post.skops"][:12] in page
    assert len(page) < 60_000
    if lang == "en":
        for sources in {"; ".join(each.references) for each in catalogue().values()}:
            page = page.replace(sources, "")
        assert set(re.findall("[\u4e00-\u9fff]+", page)) == {"中文"}


def test_ways_to_the_cards(client, app, seed, monkeypatch):
    assert 'href="/models"' in text_of(client, "/skill")
    # of a hazard that is shown as a level, which the trained one is not where it says one thing
    monkeypatch.setattr("webapp.views.village.verdicts.background", frozenset)
    with app.test_request_context("/?lang=en"):
        said = replace(seed.status("qf-liuge-1", "wheat_fhb", 4), hazard="wheat_fhb_trained")
        crops = show_crops([said], [], {}, {})
        facts = {f.text: f.url for f in crops[0].rows[0].facts if f.name == "Model card"}
        assert facts == {
            "before flowering": "/models/wheat_fhb_pre",
            "after flowering": "/models/wheat_fhb_post",
        }


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        (
            "en",
            (
                "Known here, no rule yet",
                "Sharp eyespot of wheat",
                "no warning does not mean no danger",
                "reach: Late blight of tomato (Hutton criteria); ",
                "One of the models behind the verdict “Leaf spot of peanut”.",
                "Nearly always the same answer",
            ),
        ),
        (
            "zh",
            ("本地有，还没有算法", "小麦纹枯病", "没有提醒不等于没有危险", "几乎总是同一个答案"),
        ),
    ],
)
def test_what_is_not_a_level_and_what_has_no_rule_is_told(client, lang, says):
    page = text_of(client, f"/models?lang={lang}")
    assert [text for text in says if text not in page] == []
