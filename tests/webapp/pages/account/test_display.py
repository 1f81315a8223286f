"""Light or dark, text size: one cookie, no JavaScript."""

import re

import pytest

from tests.paths import ROOT
from webapp.language.choices import Choices, parse_choices


def root_of(client, path="/"):
    return re.search(r"<html[^>]*>", client.get(path).get_data(as_text=True)).group(0)


def test_as_the_phone_is_set_unless_chosen(client):
    assert "class=" not in root_of(client)
    answer = client.post("/display", data={"look": "dark", "size": "130", "next": "/status"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/status")
    assert 'class="look-dark text-130"' in root_of(client)
    assert 'content="dark"' in client.get("/").get_data(as_text=True)
    client.post("/display", data={"look": "phone", "size": "100"})
    assert "class=" not in root_of(client)


def test_every_choice_is_in_one_cookie_and_no_answer_sets_two(client):
    for answer in (
        client.get("/set-language?lang=en&next=/"),
        client.post("/display?lang=zh", data={"look": "light"}),
        client.post("/display", data={"size": "160"}),
        client.get("/?lang=en"),
    ):
        (cookie,) = answer.headers.getlist("Set-Cookie")
        assert cookie.startswith("choices=")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    assert client.get("/").headers.getlist("Set-Cookie") == []
    assert root_of(client) == '<html lang="en" class="text-160">'


def test_the_form_shows_what_holds_and_leads_back(client):
    client.post("/display", data={"look": "dark", "size": "160"})
    page = client.get("/display?next=/v/qf-liuge").get_data(as_text=True)
    assert 'value="dark" checked' in page
    assert 'value="160" checked' in page
    assert 'name="next" value="/v/qf-liuge"' in page
    page = client.get("/display?next=//evil.example").get_data(as_text=True)
    assert 'name="next" value=""' in page


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("look", ("look=pink: choose one of phone, light, dark.", "look=pink：请从")),
        ("size", ("size=pink: choose one of 100, 130, 160.", "size=pink：请从")),
    ],
)
def test_an_unknown_choice_names_those_there_are(client, field, says):
    for lang, text in zip(("en", "zh"), says, strict=True):
        answer = client.post(f"/display?lang={lang}", data={field: "pink"})
        assert answer.status_code == 400
        assert text in answer.get_data(as_text=True)


def test_another_site_cannot_empty_the_cookie(client):
    for lang, text in (("en", "from another site"), ("zh", "从别的网站发来")):
        answer = client.post(
            f"/display?lang={lang}",
            data={"look": "dark"},
            headers={"Sec-Fetch-Site": "cross-site"},
        )
        assert answer.status_code == 403
        assert text in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "text", [None, "", "look=pink&size=1&lang=<x>&village=../a b", "%%%", "a=b&" * 5000]
)
def test_a_cookie_of_nonsense_chooses_nothing(text):
    assert parse_choices(text) == Choices()


def test_dark_as_chosen_is_dark_as_the_phone_is_set():
    sheet = (ROOT / "webapp/static/nongqing.css").read_text("utf-8")
    blocks = [
        re.search(re.escape(head) + r" \{\s*(color-scheme: dark;.*?)\}", sheet, re.S).group(1)
        for head in ("html:not(.look-light)", "html.look-dark")
    ]
    assert blocks[0].split() == blocks[1].split()
