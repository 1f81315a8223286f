"""What pages say, piece by piece: ages, numbers, reasons, stages, curves."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from collector.store.measured.readings import Curve, LatestReading
from field_configs.load import load
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from webapp.language import formats
from webapp.language import risks as risk_words
from webapp.views import measures as measure_view
from webapp.views.village import risks as risk_view

NOW = datetime(2016, 5, 8, 6, 20, tzinfo=UTC)
NAN = float("nan")
CROPS = load(site=None).crops
FIELDS = load(site="demo").fields


@pytest.fixture(params=["zh", "en"])
def both(app, request):
    with app.test_request_context(f"/?lang={request.param}"):
        yield request.param


@pytest.fixture
def english(app):
    with app.test_request_context("/?lang=en"):
        yield


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "刚刚", "just now"),
        (-60, "刚刚", "just now"),
        (-3600, "时间在将来", "in the future"),
        (60, "1 分钟前", "1 minute ago"),
        (3599, "59 分钟前", "59 minutes ago"),
        (3600, "1 小时前", "1 hour ago"),
        (47 * 3600, "47 小时前", "47 hours ago"),
        (48 * 3600, "2 天前", "2 days ago"),
    ],
)
def test_ages_are_coarse_and_spoken(both, seconds, zh, en):
    assert formats.span_ago(seconds) == (zh if both == "zh" else en)


def test_times_are_local_and_bear_their_year_only_when_needed(both):
    moment = datetime(2016, 5, 7, 18, 5, tzinfo=UTC)
    near = "5月8日 02:05" if both == "zh" else "8 May, 02:05"
    far = "2016年5月8日 02:05" if both == "zh" else "8 May 2016, 02:05"
    assert formats.local_time(moment, NOW) == near
    assert formats.local_time(moment, NOW + timedelta(days=400)) == far
    assert formats.local_time(moment) == far
    assert formats.local_day(moment) == ("5月8日" if both == "zh" else "8 May")
    assert formats.day_tick(date(2016, 5, 8)) == ("5/8" if both == "zh" else "8 May")
    assert formats.iso(moment) == "2016-05-07T18:05:00Z"


def test_a_new_year_begins_at_local_midnight(english):
    moment = datetime(2015, 12, 31, 17, tzinfo=UTC)
    assert formats.local_time(moment, NOW) == "1 Jan, 01:00"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-3.25, 1, "\N{MINUS SIGN}3.2"),
        (-0.01, 1, "0.0"),
        (NAN, 1, "\N{EM DASH}"),
        (None, 1, "\N{EM DASH}"),
        (47.4, 0, "47"),
    ],
)
def test_numbers_have_true_signs(value, digits, text):
    assert formats.number(value, digits) == text


def test_days_begin_at_local_midnight():
    assert formats.days_before(NOW, 6) == datetime(2016, 5, 1, 16, tzinfo=UTC)


def test_reasons_quote_the_models_own_terms(both, seed):
    reason = risk_words.reason_of(seed.status("f", "wheat_fhb", HIGH))
    assert "75" in reason


def test_a_reason_whose_term_is_unknown_still_stands(both, seed):
    status = seed.status("f", "wheat_fhb", HIGH, drivers={"rh14": math.nan})
    assert risk_words.reason_of(status) == ("高风险。" if both == "zh" else "High risk.")


def test_cannot_say_names_inputs_and_stage(english, seed):
    status = seed.status(
        "f", "wheat_fhb", CANNOT_SAY, missing=("relative_humidity", "growth_stage")
    )
    reason = risk_words.reason_of(status)
    assert "these data are missing: air humidity; the growth stage is not known." in reason.lower()


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.7, "Fairly certain (70%)"),
        (0.5, "Moderately certain (50%)"),
        (0.2, "Not very certain (20%)"),
        (0.0, "no basis to tell"),
        (None, "no basis to tell"),
        (NAN, "no basis to tell"),
    ],
)
def test_certainty_is_word_and_number(english, share, text):
    assert risk_words.certainty_label(share) == text


def test_stages_between_two_named_ones_are_said_as_such(english):
    wheat = CROPS["winter_wheat"]
    named = {stage.bbch: stage.en for stage in wheat.stages}
    assert risk_words.stage_name(wheat, 61) == named[61]
    assert risk_words.stage_name(wheat, 62.7) == risk_words.stage_name(wheat, 69) == named[61]
    assert risk_words.stage_name(wheat, 59.9) == named[55]
    assert risk_words.stage_name(wheat, 60.6) == f"after {named[55]}"
    assert risk_words.stage_name(wheat, -1) == ""


@pytest.mark.parametrize("code", [CANNOT_SAY, NO_RISK])
def test_advice_holds_for_its_window_though_the_status_fell(english, seed, code):
    alarm = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    now = seed.status("qf-liuge-1", "wheat_fhb", code)
    other = seed.status("qf-liuge-2", "wheat_fhb", code)
    (row,) = risk_view.show_crops([other, now], [seed.advisory(alarm)], CROPS, FIELDS)[0].rows
    assert row.advice.window == "Act from 8 May to 11 May"


def test_out_of_season_ends_advice(english, seed):
    alarm = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    resting = seed.status("qf-liuge-1", "wheat_fhb", OUT_OF_SEASON)
    (row,) = risk_view.show_crops([resting], [seed.advisory(alarm)], CROPS, FIELDS)[0].resting
    assert row.advice is None


def test_the_gravest_field_speaks_and_the_others_are_named(english, seed):
    statuses = [
        seed.status("qf-liuge-1", "wheat_fhb", NO_RISK),
        seed.status("qf-liuge-2", "wheat_fhb", HIGH),
    ]
    (row,) = risk_view.show_crops(statuses, [], CROPS, FIELDS)[0].rows
    assert row.fields == [
        ("West field 2", "high", True),
        ("East field 1", "no_risk", True),
    ]


def test_of_equal_answers_the_surest_comes_first(english, seed):
    hazards = {"wheat_leaf_rust": 0.4, "wheat_fhb": 0.9, "wheat_late_frost": 0.6}
    statuses = [
        replace(seed.status("qf-liuge-1", "wheat_fhb", HIGH, certainty=sure), hazard=hazard)
        for hazard, sure in hazards.items()
    ]
    rows = risk_view.show_crops(statuses, [], CROPS, FIELDS)[0].rows
    assert [row.certainty for row in rows] == [
        "Fairly certain (90%)",
        "Moderately certain (60%)",
        "Not very certain (40%)",
    ]


def test_several_models_of_a_disease_stand_under_their_verdict(english, seed):
    said = [
        seed.status("qf-liuge-1", "wheat_stripe_rust_ensemble", MEDIUM),
        seed.status("qf-liuge-1", "wheat_stripe_rust", CANNOT_SAY),
        seed.status("qf-liuge-1", "wheat_stripe_rust_rule", NO_RISK),
        seed.status("qf-liuge-2", "wheat_stripe_rust_ensemble", NO_RISK),
        seed.status("qf-liuge-2", "wheat_stripe_rust_rule", HIGH),
    ]
    (row,) = risk_view.show_crops(said, [], CROPS, FIELDS)[0].rows
    assert row.hazard == "Stripe rust of wheat"
    assert row.reason == "The weather of late suits stripe rust: 1 of 2 ways of judging say so."
    facts = {fact.name: fact.text for fact in row.facts}
    assert facts["Stripe rust of wheat (infection model)"].startswith("Cannot say. There are too")
    assert facts["Stripe rust of wheat (humidity rule)"].startswith("Humidity rule: only 3.0 %")


def test_want_of_a_sensor_is_said_once(english, seed):
    never = {"data_age_h": float("inf"), "missing": ("soil_moisture",)}
    calm = seed.status("qf-liuge-1", "wheat_fhb", NO_RISK)
    lacks = [
        replace(seed.status("qf-liuge-1", "wheat_fhb", CANNOT_SAY, **never), hazard=hazard)
        for hazard in ("soil_drought", "soil_waterlogging")
    ]
    (shown,) = risk_view.show_crops([calm, *lacks], [], CROPS, FIELDS)
    assert [row.status for row in shown.quiet] == ["no_risk"]
    assert shown.rows == []
    assert shown.unmeasured == (
        "Not judged here, because not measured (soil moisture): Drought; Waterlogging."
    )
    (alone,) = risk_view.show_crops(lacks, [], CROPS, FIELDS)
    assert [row.status for row in alone.rows] == ["cannot_say"] * 2
    assert alone.unmeasured == ""
    gap = replace(lacks[0], data_age_h=30.0)
    (late,) = risk_view.show_crops([calm, gap], [], CROPS, FIELDS)
    assert [row.status for row in (*late.rows, *late.quiet)] == ["cannot_say", "no_risk"]


def test_data_that_never_came_has_no_age(english, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", CANNOT_SAY, data_age_h=float("inf"))
    (row,) = risk_view.show_crops([status], [], CROPS, FIELDS)[0].rows
    assert row.data_age == "never measured"


def test_unknown_crops_and_fields_are_shown_by_their_ids(english, seed):
    status = seed.status("x-9", "wheat_fhb", HIGH, crop="millet")
    (crop,) = risk_view.show_crops([status], [], CROPS, FIELDS)
    assert crop.name == "millet"
    assert crop.rows[0].fields == [("x-9", "high", True)]


def test_answers_of_an_earlier_release_are_still_shown(both, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH, missing=("soil_smell",))
    old = replace(status, hazard="wheat_gone", drivers={"x": 1.0})
    advice = replace(seed.advisory(status, actions=("whistle",)), hazard="wheat_gone")
    (row,) = risk_view.show_crops([old], [advice], CROPS, FIELDS)[0].rows
    assert row.hazard == "wheat_gone"
    assert row.advice.measures == ["whistle"]
    assert any("soil_smell" in fact.text for fact in row.facts)


@pytest.mark.parametrize(
    ("qc", "text", "good"),
    [
        (3, "Checked and sound", True),
        (3 | 8, "newest reading: outside the possible range", False),
        (
            3 | 32 | 64,
            "newest reading: jumped too far: doubtful, has not changed for long: doubtful",
            False,
        ),
        (128, "newest reading: missing", False),
    ],
)
def test_quality_is_said_in_words(english, qc, text, good):
    assert measure_view.quality(qc) == (text, good)


@pytest.mark.parametrize(
    ("height", "text"), [(2.0, "2 m high"), (-0.2, "20 cm deep"), (None, ""), (0.0, "0 m high")]
)
def test_heights_and_depths(english, height, text):
    assert measure_view.where(height) == text


def curve(field, values):
    times = np.arange(len(values)).astype("datetime64[h]").astype("datetime64[s]")
    return Curve(field, 2.0, times, np.array(values, float), np.ones(len(values), np.float32))


def test_a_village_curve_is_the_mean_of_the_fields_that_measured():
    mean = measure_view.village_curve([curve("a", [1, NAN, NAN]), curve("b", [3, 5, NAN])])
    np.testing.assert_array_equal(mean, [2, 5, NAN])


def test_rain_of_a_day_is_unknown_when_nothing_was_measured():
    sums = measure_view.day_sums([curve("a", [NAN] * 30), curve("b", [9.0] + [0.5] * 24)])
    assert sums["b", 2.0] == 12.0
    assert np.isnan(sums["a", 2.0])


def test_tiles_tell_doubt_and_leave_out_the_device(english):
    readings = [
        LatestReading("air_temperature", "qf-liuge-1", 2.0, NOW, -0.04, 3),
        LatestReading("relative_humidity", "qf-liuge-1", 2.0, NOW, 47.2, 128),
        LatestReading("soil_moisture", "qf-liuge-1", -0.2, None, None, 128),
        LatestReading("battery_voltage", "qf-liuge-1", None, NOW, 3.9, 3),
    ]
    (place,) = measure_view.show_places(readings, FIELDS, {})
    assert [(t.name, t.value) for t in place.tiles] == [
        ("Air temperature", "0.0"),
        ("Air humidity", "47"),
    ]
    assert place.quality == "1 value in doubt"


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "3"), (2.54, "2.5"), (10.0, "10"), (-0.04, "0"), (None, "—")]
)
def test_a_short_number_has_no_decimals_but_its_own(value, text):
    assert formats.short(value) == text
