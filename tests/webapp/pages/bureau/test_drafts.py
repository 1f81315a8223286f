"""The officers' page of drafts and public advice."""

import re
from dataclasses import replace

import pytest

from collector.store.advice import risk
from models.risk.hazard import HIGH, MEDIUM
from tests.webapp.people import client_of
from webapp.pages.bureau import drafts


def text_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_drafts_stand_by_county_village_and_hazard(officer):
    page = text_of(officer, "/drafts?lang=en")
    order = ["Qingfeng", "Liuge demonstration", "Fusarium head blight", "Puyang County", "Bagong"]
    places = [page.index(f"{words}", page.index('class="counts"')) for words in order]
    assert places == sorted(places)
    assert page.count("Not validated here") == 3
    for words in ("75", "Fairly certain (70%)", "East field 1", "since", "Draft", "ditches"):
        assert words in page, words


@pytest.mark.parametrize(
    ("county", "found"),
    [
        ("410922", {"qf-liuge"}),
        ("410928", {"py-bagongqiao"}),
        ("999999", set()),
        ("", {"qf-liuge", "py-bagongqiao"}),
        ("<script>", set()),
    ],
)
def test_a_county_is_chosen_by_plain_get(officer, county, found):
    page = officer.get("/drafts", query_string={"county": county}).get_data(as_text=True)
    assert set(re.findall(r'href="/v/([a-z-]+)"', page)) == found
    assert ("这里没有现行的提醒" in page) == (not found)
    assert "<script>" not in page


def test_nothing_in_force_is_said(empty_app):
    assert "这里没有现行的提醒" in text_of(client_of(empty_app, "officer"), "/drafts")


def test_public_advice_comes_first_and_bears_no_draft_mark(empty_app, seed):
    draft = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    public = replace(draft, hazard="wheat_stripe_rust", status=MEDIUM, drivers={})
    with empty_app.pool.connection() as conn:
        seed.fill(conn)
        risk.end_advisories(conn, [("py-bagongqiao-1", "winter_wheat", "wheat_fhb")], seed.NOW)
        risk.save_advisories(conn, [seed.advisory(public, draft=False)], seed.NOW)
    page = text_of(client_of(empty_app, "officer"), "/drafts?lang=en")
    first, second, *_ = page.split('<div class="risk-head">')[1:]
    assert "Stripe rust" in first
    assert "Validated here" in first
    assert "#s-medium" in first
    assert "draft:" not in first
    assert "#o-high" in second
    assert "Not validated here" in second


def test_much_advice_comes_in_pages(empty_app, seed, monkeypatch):
    monkeypatch.setattr(drafts, "PER_PAGE", 1)
    with empty_app.pool.connection() as conn:
        seed.fill(conn)
    client = client_of(empty_app, "officer")
    page = text_of(client, "/drafts?lang=en&county=410922")
    assert "Page 1 of 2" in page
    assert 'href="/drafts?county=410922&amp;page=2"' in page
    assert page.count('class="risk-head"') == 1
    assert "Page 2 of 2" in text_of(client, "/drafts?lang=en&county=410922&page=99")
