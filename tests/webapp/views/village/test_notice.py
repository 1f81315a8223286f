"""The first screen: what calls for action, what is only watched for, and one sentence of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.store.advice.risk import KeptStatus
from collector.store.advice.village import Advice
from field_configs.load import load
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON, STATUS
from webapp.views.village import headline as headline_view
from webapp.views.village.contact import ShownContact
from webapp.views.village.headline import MOST_LETTERS, headline, letters, message
from webapp.views.village.notice import Said, cards_of

CROPS = load(site=None).crops
FIELDS = load(site="demo").fields
HOTLINE = ShownContact("the station", "12316", "12316", "", entered=False)


@pytest.fixture(params=["zh", "en"])
def both(app, request):
    with app.test_request_context(f"/?lang={request.param}"):
        yield request.param


@pytest.fixture
def english(app):
    with app.test_request_context("/?lang=en"):
        yield


def said(seed, answers, advice=(), outlook=(), at=None, relieved=frozenset()):
    return Said(answers, outlook, advice, CROPS, FIELDS, at or seed.NOW, relieved)


def released(advisory, seed, by="Wang"):
    return Advice(advisory, by, seed.NOW)


def test_a_draft_is_watched_for_and_is_no_advice(english, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    (card,) = cards_of(said(seed, [status], [Advice(seed.advisory(status))]))
    assert (card.kind, card.official, card.todo, card.issuer) == ("watch", False, [], "")
    assert (card.spraying, card.chemical) == (None, False)
    shown = headline([card], [status], HOTLINE)
    assert shown.text == (
        "East field 1: watch for Fusarium head blight of wheat (High risk) until 11 May; "
        "the officer has not released advice."
    )
    assert not shown.official


def test_what_somebody_released_calls_for_action_by_a_day_and_names_them(english, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    (card,) = cards_of(said(seed, [status], [released(seed.advisory(status), seed)]))
    assert (card.kind, card.official, card.day) == ("today", True, "11 May")
    assert card.todo[0].startswith("First clear the ditches")
    assert card.issuer == "Released by Wang, 8 May, 14:20."
    assert "75 %" in card.why
    assert card.judged == "Judged by the data up to 8 May, 00:00."
    text = headline([card], [status], HOTLINE).text
    assert text.startswith("East field 1: First clear the ditches")
    assert "by 11 May" in text


def test_what_is_proven_here_needs_no_officer(english, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH, validated=True)
    (card,) = cards_of(said(seed, [status], [Advice(seed.advisory(status, draft=False))]))
    assert card.official
    assert card.issuer.startswith("Issued by itself")


def test_chemical_lines_become_one_question_and_the_hours_of_two_days(english, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    hour = timedelta(hours=1)
    spans = tuple((seed.NOW + n * hour, seed.NOW + (n + 2) * hour) for n in (20, 47, 60))
    advice = released(seed.advisory(status, spraying=spans), seed)
    (card,) = cards_of(said(seed, [status], [advice]))
    assert not any("spray" in text for text in card.todo)
    assert (card.chemical, card.products) == (True, [])
    assert card.spraying.hours == ["9 May 10:20–12:20", "10 May 13:20–14:20"]
    cultural = released(seed.advisory(status, actions=("drain",)), seed)
    (card,) = cards_of(said(seed, [status], [cultural]))
    assert (card.chemical, card.spraying) == (False, None)


def test_a_deadline_that_is_past_asks_for_nothing_but_a_question(english, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    late = seed.NOW + timedelta(days=4)
    (card,) = cards_of(said(seed, [status], [released(seed.advisory(status), seed)], at=late))
    assert (card.kind, card.official, card.overdue, card.todo) == ("watch", False, True, [])
    assert "were over on 11 May" in headline([card], [status], HOTLINE).text


def test_what_begins_later_is_of_this_week(english, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    begins = seed.advisory(
        status,
        window_from=seed.NOW + timedelta(days=2),
        window_to=seed.NOW + timedelta(days=4),
    )
    (card,) = cards_of(said(seed, [status], [released(begins, seed)]))
    assert (card.kind, card.official) == ("week", True)


def test_released_goes_before_graver_drafts_and_drafts_by_their_gravity(english, seed):
    rust = seed.status("qf-liuge-2", "wheat_stripe_rust_ensemble", MEDIUM)
    scab = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    mildew = replace(scab, hazard="wheat_late_frost", status=MEDIUM, certainty=0.9)
    advice = [released(seed.advisory(rust, actions=("scout_leaves",)), seed)]
    cards = cards_of(said(seed, [mildew, scab, rust], advice))
    assert [card.status for card in cards] == ["medium", "high", "medium"]
    assert [card.official for card in cards] == [True, False, False]


def test_a_validated_warning_goes_before_a_graver_draft(english, seed):
    draft = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    official = seed.status("qf-liuge-1", "wheat_stripe_rust", MEDIUM, validated=True)
    assert cards_of(said(seed, [draft, official]))[0].hazard.startswith("Stripe rust")


def test_several_models_of_a_disease_make_one_card(english, seed):
    answers = [
        seed.status("qf-liuge-1", "wheat_stripe_rust_ensemble", MEDIUM),
        seed.status("qf-liuge-1", "wheat_stripe_rust", HIGH),
        seed.status("qf-liuge-1", "wheat_stripe_rust_rule", NO_RISK),
    ]
    (card,) = cards_of(said(seed, answers))
    assert (card.hazard, card.status) == ("Stripe rust of wheat", "medium")


def test_what_the_newest_reading_contradicts_is_on_no_card(english, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    other = seed.status("qf-liuge-2", "wheat_fhb", NO_RISK)
    over = frozenset({("qf-liuge-1", "winter_wheat", "wheat_fhb")})
    advice = [released(seed.advisory(status), seed)]
    assert cards_of(said(seed, [status, other], advice, relieved=over)) == []


def test_a_danger_of_the_forecast_alone_is_of_this_week(english, seed):
    calm = seed.status("qf-liuge-1", "wheat_fhb", NO_RISK)
    ahead = kept(seed, [NO_RISK, MEDIUM, HIGH])
    (card,) = cards_of(said(seed, [calm], outlook=ahead))
    assert (card.kind, card.status, card.day) == ("week", "medium", "9 May")
    assert card.judged == "By the weather forecast of 8 May, 14:20."
    assert "from 9 May on" in headline([card], [calm], HOTLINE).text


def kept(seed, codes):
    end = seed.NOW.replace(hour=16, minute=0)
    status = vars(seed.status("qf-liuge-1", "wheat_fhb", NO_RISK))
    return [
        KeptStatus(
            **status | {"status": code, "time": end + timedelta(days=n), "source": "forecast"},
            issued=seed.NOW,
            forecast_issued=seed.NOW,
        )
        for n, code in enumerate(codes)
    ]


def test_out_of_season_ends_what_was_released(english, seed):
    alarm = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    resting = seed.status("qf-liuge-1", "wheat_fhb", OUT_OF_SEASON)
    assert cards_of(said(seed, [resting], [released(seed.advisory(alarm), seed)])) == []


@pytest.mark.parametrize("code", [CANNOT_SAY, NO_RISK])
def test_what_was_released_holds_for_its_window_though_the_status_fell(english, seed, code):
    alarm = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    now = seed.status("qf-liuge-1", "wheat_fhb", code)
    (card,) = cards_of(said(seed, [now], [released(seed.advisory(alarm), seed)]))
    assert (card.official, card.day) == (True, "11 May")


@pytest.mark.parametrize(
    ("codes", "data", "status", "text"),
    [
        ([NO_RISK], "fresh", NO_RISK, "Nothing to do today"),
        ([NO_RISK], "late", NO_RISK, "Nothing to do today"),
        ([NO_RISK], "silent", CANNOT_SAY, "silent for more than a day"),
        ([OUT_OF_SEASON], "silent", OUT_OF_SEASON, "No hazard of these crops"),
        ([CANNOT_SAY, NO_RISK], "fresh", CANNOT_SAY, "no data of air temperature"),
        ([], "fresh", CANNOT_SAY, "No risk has been computed here lately."),
    ],
)
def test_without_a_card_it_is_said_why(english, seed, codes, data, status, text):
    hazards = ("wheat_fhb", "wheat_leaf_rust")
    answers = [
        replace(
            seed.status("qf-liuge-1", "wheat_fhb", code),
            hazard=hazard,
            missing=("air_temperature",) if code == CANNOT_SAY else (),
        )
        for code, hazard in zip(codes, hazards, strict=False)
    ]
    shown = headline([], answers, HOTLINE, data)
    assert (shown.status, shown.official) == (STATUS[status], False)
    assert text in shown.text


def test_the_call_names_the_station_that_was_entered(both):
    entered = ShownContact("清丰县植保站", "0393-1", "03931", "", entered=True)
    assert "清丰县植保站" in headline_view.call_line(entered)
    assert ("三农热线" if both == "zh" else "hotline") in headline_view.call_line(HOTLINE)


NAMES = st.text(alphabet="村东一号地农a \N{OX}", min_size=1, max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(village=NAMES, hazard=NAMES, todo=NAMES, fields=NAMES, official=st.booleans())
def test_a_message_never_exceeds_what_a_telephone_holds(
    app, seed, village, hazard, todo, fields, official
):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    with app.test_request_context("/"):
        (card,) = cards_of(said(seed, [status], [released(seed.advisory(status), seed)]))
        card = replace(card, hazard=hazard, fields=fields, todo=[todo], official=official)
        text = message(village, [card], headline([card], [status], HOTLINE), "0393-1234567")
    assert letters(text) <= MOST_LETTERS
    assert text.endswith("0393-1234567")


def test_a_message_says_village_field_day_and_deed_where_there_is_room(both, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    (card,) = cards_of(said(seed, [status], [released(seed.advisory(status), seed)]))
    text = message("柳格", [card], headline([card], [status], HOTLINE), "12316")
    if both == "zh":
        assert text == "柳格村东一号地：最晚5月11日先清沟排水，防小麦赤霉病。问12316"
    assert "12316" in text
    calm = message("柳格", [], headline([], [], HOTLINE), "12316")
    assert letters(calm) <= MOST_LETTERS
    assert "柳格" in calm
