"""Forms of own fields, filled in by somebody who means no good: no page of ours may fail."""

from __future__ import annotations

import logging
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.webapp.app.test_fuzz import VALUES
from tests.webapp.pages.my.world import make, post
from tests.webapp.people import client_of
from webapp.app.database import App

#: What each form has, and something that it takes.
FORMS = {
    "/my/new": {"name": "a", "area": "3", "soil": "", "crop": "peanut", "sown": "2016-05-01"}
    | {"village": "qf-liuge", "variety": ""},
    "{}/edit": {"name": "a", "area": "3", "soil": "", "crop": "peanut", "sown": "2016-05-01"}
    | {"edition": "1", "variety": ""},
    "{}/sow": {"crop": "peanut", "sown": "2016-05-01", "variety": ""},
    "{}/work": {"kind": "spray", "when": "0", "day": "", "interval": "", "water": "", "area": ""}
    | {"product": "", "target": "", "dose": "", "who": "", "note": ""},
    "{}/work/x": {"kind": "spray", "when": "0", "take_back": "1"},
    "{}/stage": {"stage": "61", "when": "0", "day": ""},
    "{}/seen": {"hazard": "wheat_fhb", "found": "yes", "grade": "", "treated": "no", "when": "0"}
    | {"day": "", "note": "", "longitude": "", "latitude": "", "source": ""},
    "{}/trap": {"insect": "armyworm", "trap": "light", "when": "0", "day": "", "nights": "1"}
    | {"count": "3", "note": ""},
    "{}/answer": {"answer": "done", "note": "", "crop": "", "hazard": "", "issued": ""},
    "{}/people": {"phone": "13812345678"},
    "{}/people/withdraw": {"phone": "x"},
    "/my/invitations/x": {"accept": "1"},
    "/lots/bought": {"produce": "tomato", "weight": "5", "kind": "other", "number": "1"}
    | {"issuer": "a", "contact": "", "origin": "b", "when": "0", "day": ""},
    "/lots/merge": {"lot": "L160508-22222222KD", "weight": ""},
    "/c/C160508-22222222KD/void": {"reason": "a"},
}
COMMON = ("entry_key", "entry_written", "entry_sent", "writer", "csrf_token")


@pytest.fixture(scope="module")
def keeper(app: App) -> tuple[FlaskClient, str]:
    client = client_of(app, "farmer")
    address = make(client)
    post(client, f"{address}/work", kind="spray", when="0")
    return client, address


@settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(
    form=st.sampled_from(sorted(FORMS)),
    wrong=st.dictionaries(st.integers(0, 20), VALUES, max_size=3),
    key=st.one_of(st.just("0123456789abcdef"), st.uuids().map(str), VALUES),
    multipart=st.booleans(),
    photo=st.one_of(st.none(), st.binary(max_size=300)),
    clock=st.tuples(VALUES, VALUES) | st.none(),
)
def test_no_form_fails(
    keeper: tuple[FlaskClient, str],
    caplog: pytest.LogCaptureFixture,
    form: str,
    wrong: dict[int, str],
    key: str,
    multipart: bool,
    photo: bytes | None,
    clock: tuple[str, str] | None,
) -> None:
    client, address = keeper
    given: dict[str, Any] = {**FORMS[form], "entry_key": key}
    if clock:
        given |= {"entry_written": clock[0], "entry_sent": clock[1]}
    names = (*FORMS[form], *COMMON)
    given |= {names[number % len(names)]: value for number, value in wrong.items()}
    given = {name: value.encode("utf-8", "surrogatepass") for name, value in given.items()}
    kind = "multipart/form-data" if multipart else "application/x-www-form-urlencoded"
    text = {name: value.decode("utf-8", "replace") for name, value in given.items()}
    if multipart and photo is not None:
        text["photo"] = (BytesIO(photo), "x.jpg")  # type: ignore[assignment]
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        answer = client.post(form.format(address), data=text, content_type=kind)
        answer.close()
    assert answer.status_code < 500, (form, text)
    assert not caplog.records, caplog.text
