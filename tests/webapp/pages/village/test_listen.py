"""The first sentence of a village's page as sound."""

import shutil

import pytest
from flask import render_template_string

from webapp.app import speech
from webapp.pages.village.listen import spoken_text

PAGE = (
    '{% extends "base.html" %}{% block main %}<p data-speak>今天<b>先清沟</b>排水。</p>'
    "<p>别的</p>{% endblock %}"
)


@pytest.fixture
def speaking(app):
    app.view_functions["village.page"] = lambda village_id: render_template_string(PAGE)
    return app


def test_what_is_heard_is_what_is_marked_on_the_page():
    assert spoken_text("<p>a</p><p data-speak>b<br> c <b>d</b></p><i data-speak>e</i>") == "b c d"
    assert spoken_text("<p>a</p>") == ""
    assert len(spoken_text(f"<p data-speak>{'x' * 999}</p>")) == speech.MOST_LETTERS


def test_an_engine_gets_the_sentence_and_its_language(speaking):
    said = []
    speaking.extensions[speech.EXTENSION] = lambda *words: said.append(words) or b"RIFFsound"
    client = speaking.test_client()
    answer = client.get("/v/qf-liuge.wav")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"RIFFsound", "audio/wav")
    assert said == [("今天先清沟排水。", "zh-CN")]
    assert client.get("/v/qf-liuge.wav", headers={"Range": "bytes=0-3"}).status_code in (200, 206)
    assert 'data-audio="/v/qf-liuge.wav"' in client.get("/v/qf-liuge").get_data(as_text=True)


@pytest.mark.parametrize(("lang", "says"), [("en", "cannot speak"), ("zh", "不能朗读")])
def test_without_an_engine_it_says_so(speaking, lang, says):
    speaking.extensions.pop(speech.EXTENSION, None)
    answer = speaking.test_client().get(f"/v/qf-liuge.wav?lang={lang}")
    assert answer.status_code == 404
    assert says in answer.get_data(as_text=True)
    assert "data-audio" not in speaking.test_client().get("/v/qf-liuge").get_data(as_text=True)


def test_a_text_that_cannot_be_spoken_is_said_to_be_so(speaking):
    speaking.extensions[speech.EXTENSION] = lambda text, tongue: None
    answer = speaking.test_client().get("/v/qf-liuge.wav?lang=en")
    assert answer.status_code == 404
    assert "could not be spoken" in answer.get_data(as_text=True)


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
def test_espeak_speaks_and_takes_no_text_for_an_option():
    for text in ("先清沟排水。", "-v en --help"):
        said = speech.espeak(text, "zh-CN")
        assert said is not None
        assert said.startswith(b"RIFF")
        assert len(said) > 1000
