"""Chinese first, English by switch, and nothing left untranslated."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from field_configs.words import Words
from webapp.app.redirects import local_path
from webapp.language import i18n

WEBAPP = Path(i18n.__file__).parents[1]
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}


def used_texts():
    found = extract_from_dir(WEBAPP, METHODS, {"templates/**.html": {"trimmed": "true"}}, KEYWORDS)
    return {
        (text[0] if isinstance(text, tuple) else text): file
        for file, _, text, _, _ in found
        if text
    }


@pytest.fixture(scope="module")
def chinese():
    path = i18n.TRANSLATIONS / "zh_CN" / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as source:
        return read_po(source, locale="zh_CN", abort_invalid=True)


def translated(message):
    text = message.string
    return bool(text and (all(text) if isinstance(text, tuple) else True)) and not message.fuzzy


def test_every_text_has_its_chinese(chinese):
    missing = {
        text: file
        for text, file in used_texts().items()
        if chinese.get(text) is None or not translated(chinese.get(text))
    }
    assert missing == {}, "add them to webapp/translations/zh_CN/LC_MESSAGES/messages.po"


def test_no_chinese_text_is_left_over(chinese):
    used = used_texts()
    ids = [m.id[0] if isinstance(m.id, tuple) else m.id for m in chinese if m.id]
    assert [text for text in ids if text not in used] == []


def test_chinese_texts_hold_the_same_fields(chinese):
    assert [(m.id, errors) for m, errors in chinese.check()] == []


def test_chinese_texts_use_chinese_marks(chinese):
    for message in chinese:
        text = message.string if isinstance(message.string, str) else "".join(message.string)
        if message.id and any("\u4e00" <= letter <= "\u9fff" for letter in text):
            assert not set(text) & set(",;?!"), text


def test_agronomic_words_of_pages_exist_in_both_languages():
    keys = {
        *(f"status.{name}" for name in ("high", "medium", "no_risk", "cannot_say")),
        *(f"certainty.{name}" for name in ("high", "medium", "low", "none")),
        "advisory.title",
        "advisory.window",
        "reason.missing_inputs",
        "reason.missing_stage",
        "stage_source.between",
        "validation.not_here",
        "validation.provisional",
        "validation.draft",
    }
    for language in i18n.LANGUAGES:
        words = Words.load(language.code)
        assert [key for key in sorted(keys) if key not in words] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("zh", "zh_CN"),
        ("zh-CN", "zh_CN"),
        ("zh_Hans", "zh_CN"),
        ("EN", "en"),
        ("en-GB", "en"),
        ("fr", None),
        ("", None),
        (None, None),
    ],
)
def test_language_words_are_understood(text, code):
    found = i18n.language_of(text)
    assert (found.code if found else None) == code


def test_chinese_comes_first_whatever_the_browser_prefers(client):
    page = client.get("/", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert '<html lang="zh-CN">' in page


def test_the_switch_is_remembered_and_leads_back(client):
    answer = client.get("/set-language?lang=en&next=/v/qf-liuge")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/v/qf-liuge"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert '<html lang="en">' in client.get("/v/qf-liuge").get_data(as_text=True)
    client.post("/set-language", data={"lang": "zh_CN", "next": "/"})
    assert '<html lang="zh-CN">' in client.get("/").get_data(as_text=True)


def test_a_link_with_a_language_shows_it_and_keeps_it(client):
    assert '<html lang="en">' in client.get("/?lang=en").get_data(as_text=True)
    assert '<html lang="en">' in client.get("/").get_data(as_text=True)


def test_the_switch_on_a_page_comes_back_to_its_search(client):
    page = client.get("/?q=柳格&lang=zh").get_data(as_text=True)
    assert "next=/?q%3D%25E6%259F%25B3%25E6%25A0%25BC" in page
    assert "lang%3D" not in page


def test_an_unknown_language_names_those_there_are(client):
    answer = client.get("/set-language?lang=fr")
    assert answer.status_code == 400
    assert "lang=fr：请从 zh_CN, en 里选一个。" in answer.get_data(as_text=True)
    assert '<html lang="zh-CN">' in client.get("/?lang=fr").get_data(as_text=True)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "", None],
)
def test_nobody_is_led_to_another_site(target):
    assert local_path(target, "/") == "/"


def test_a_path_of_ours_is_kept():
    assert local_path("/v/qf-liuge?a=b", "/") == "/v/qf-liuge?a=b"
