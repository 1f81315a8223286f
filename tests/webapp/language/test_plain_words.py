"""What farmers read is said without terms that they do not use; the details may use them."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from collector.store.advice import village
from field_configs.words import Words
from models.advice.spraying import is_chemical
from models.hazards.catalogue import catalogue
from webapp.language import i18n

# What plant protection and programs say, and farmers do not.
TERMS = (
    *(
        "阈值",
        "置信",
        "模型",
        "概率",
        "检验",
        "对数",
        "几率",
        "算法",
        "参数",
        "回归",
        "样本",
        "误差",
    ),
    *(
        "显著",
        "变量",
        "拟合",
        "机理",
        "积分",
        "积温",
        "度日",
        "训练",
        "插值",
        "先验",
        "验证",
        "暂定",
    ),
    *("把握", "数据帧", "节点", "接口", "BBCH", "RH14", "DOI", "doi"),
)
ENGLISH_TERMS = ("probability", "threshold", "model", "confidence", "BBCH", "provisional", "doi")
WEBAPP = Path(i18n.__file__).parents[1]
# The parts that the village page is made of; its details page is the place for terms.
PARTS = (
    "templates/base.html",
    "templates/village/village.html",
    "pages/village/village.py",
    "views/village/contact.py",
    "views/village/fields.py",
    "views/village/headline.py",
    "views/measures.py",
    "views/village/notice.py",
    "views/village/week.py",
)
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}

_spec = importlib.util.spec_from_file_location(
    "pages_of_a_full_village", Path(__file__).parents[1] / "pages" / "test_pages.py"
)
pages = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = pages
_spec.loader.exec_module(pages)


def terms_in(text, terms=TERMS):
    return [term for term in terms if term in text]


def texts_of(part):
    method = "jinja2" if part.endswith(".html") else "python"
    for _, text, _, _ in extract_from_file(method, WEBAPP / part, KEYWORDS):
        yield text[0] if isinstance(text, tuple) else text


@pytest.mark.parametrize("part", PARTS)
def test_the_page_has_no_such_word_in_its_own_texts(part):
    path = i18n.TRANSLATIONS / "zh_CN" / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as source:
        chinese = read_po(source, locale="zh_CN")
    found = {}
    texts = list(texts_of(part))
    assert texts, "a part without a text needs no place in the list"
    for text in texts:
        said = chinese.get(text).string
        for words in said if isinstance(said, tuple) else (said,):
            if terms_in(words):
                found[text] = terms_in(words)
    assert found == {}


@pytest.mark.parametrize(
    "hazard", [each.id for each in catalogue().values() if each.shown == "level"]
)
def test_a_hazard_says_its_reason_and_deeds_without_such_words(hazard):
    keys = ["name", *(f"reason.{level}" for level in ("cannot_say", "no_risk", "medium", "high"))]
    keys += [f"action.{a}" for a in catalogue()[hazard].actions if not is_chemical(a)]
    for language, terms in (("zh_CN", TERMS), ("en", ENGLISH_TERMS)):
        words = Words.load(language)
        found = {}
        for key in keys:
            text = re.sub(r"\{[^}]*\}", "", words.raw(f"hazard.{hazard}.{key}"))
            found[key] = terms_in(text, terms)
        assert {key: bad for key, bad in found.items() if bad} == {}


def visible(page):
    body = page[page.index('<main id="main"') : page.index("</main>")]
    return re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", "", body, flags=re.S))


def test_a_full_page_shows_none_and_the_details_may(empty_app, seed):
    with empty_app.pool.connection() as conn:
        hazards = {each.hazard for each in pages.fill_village(conn, seed)}
        for hazard in hazards:
            village.release_in(conn, ["qf-liuge"], hazard, "王", seed.NOW)
    client = empty_app.test_client()
    page = visible(client.get("/v/qf-liuge").get_data(as_text=True))
    assert terms_in(page) == []
    assert terms_in(visible(client.get("/v/qf-liuge/details").get_data(as_text=True)))
    page = visible(client.get("/v/qf-liuge?lang=en").get_data(as_text=True))
    assert terms_in(page, ENGLISH_TERMS) == []


#: A Chinese character, then a sign of another script where one of its own belongs.
FOREIGN = re.compile(
    r"[\u4e00-\u9fff”）] ?[,:;!?](?:\s|$)|[\u4e00-\u9fff] ?\(|[\u4e00-\u9fff]\.(?:\s|$)"
)


def chinese_texts():
    yield from ((key, text.text) for key, text in Words.load("zh_CN").texts.items())
    catalogue_file = i18n.TRANSLATIONS / "zh_CN" / "LC_MESSAGES" / "messages.po"
    with catalogue_file.open("rb") as file:
        for message in read_po(file):
            texts = message.string if isinstance(message.string, tuple) else [message.string]
            yield from ((str(message.id), text) for text in texts)


def test_chinese_texts_have_the_signs_of_chinese():
    texts = [(key, re.sub("“[^”]*”", "“”", text)) for key, text in chinese_texts()]
    assert [(key, text) for key, text in texts if FOREIGN.search(text)] == []  # but for quotes


def test_people_are_addressed_alike():
    assert {key: text for key, text in chinese_texts() if "你" in text} == {}


@pytest.mark.parametrize(
    "text", ["湿度(%)", "湿度 (%)", "蒜薹, 3 公斤", "张三: 抽检", "还没有. 以后"]
)
def test_a_foreign_sign_is_found(text):
    assert FOREIGN.search(text)


@pytest.mark.parametrize("text", ["湿度（%）", "气温 ℃", "0.1–3", "http://a.b/c", "第 3 号（CSV）"])
def test_what_is_no_foreign_sign_is_left(text):
    assert not FOREIGN.search(text)
