"""The start page's list: which answer speaks for a village, and how it is marked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from collector.store.advice import risk
from collector.store.advice.risk import VillageWorst
from collector.store.network import registry
from collector.store.network.registry import VillageRow
from field_configs.load import load
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON, STATUS
from webapp.pages.village import home
from webapp.views.village import villages as village_list
from webapp.views.village.contact import ShownContact
from webapp.views.village.headline import headline
from webapp.views.village.risks import show_crops
from webapp.views.village.villages import GRAVITY, WARNINGS

HOTLINE = ShownContact("station", "12316", "12316", "", entered=False)
ORDER = [GRAVITY[code] for code in range(len(STATUS))]


@pytest.mark.parametrize(
    ("answers", "worst"),
    [
        ([(NO_RISK, False), (CANNOT_SAY, False)], (CANNOT_SAY, False)),
        ([(CANNOT_SAY, False), (MEDIUM, False)], (MEDIUM, False)),
        ([(MEDIUM, False), (HIGH, False), (NO_RISK, True)], (HIGH, False)),
        ([(OUT_OF_SEASON, False), (NO_RISK, False)], (NO_RISK, False)),
        ([(HIGH, False), (MEDIUM, True)], (MEDIUM, True)),
        ([(HIGH, False), (HIGH, True)], (HIGH, True)),
        ([(CANNOT_SAY, False), (NO_RISK, True)], (CANNOT_SAY, False)),
    ],
)
def test_the_same_answer_speaks_on_page_and_in_store(conn, seed, answers, worst):
    assert max(answers, key=lambda each: village_list.rank(*each)) == worst
    registry.import_configs(conn, load(site="demo"), seed.NOW)
    hazards = ("wheat_fhb", "wheat_leaf_rust", "wheat_late_frost")
    statuses = [
        replace(seed.status("qf-liuge-1", "wheat_fhb", code, validated=valid), hazard=hazard)
        for (code, valid), hazard in zip(answers, hazards, strict=False)
    ]
    risk.save_statuses(conn, statuses, seed.NOW)
    found = risk.village_worst(conn, ORDER, WARNINGS, seed.NOW)
    assert {key: (row.status, row.validated) for key, row in found.items()} == {"qf-liuge": worst}


def test_a_hazard_shown_as_background_colours_no_village_and_is_one_line(conn, seed, app):
    registry.import_configs(conn, load(site="demo"), seed.NOW)
    harmless = seed.status("qf-liuge-1", "wheat_fhb", NO_RISK)
    alike = replace(harmless, hazard="maize_fall_armyworm", status=HIGH)
    risk.save_statuses(conn, [harmless, alike], seed.NOW)
    (worst,) = risk.village_worst(conn, ORDER, WARNINGS, seed.NOW).values()
    assert (worst.status, worst.hazards) == (NO_RISK, ("wheat_fhb",))
    with app.test_request_context("/"):
        (crop,) = show_crops([harmless, alike], [], {}, {})
        assert [row.status for row in crop.quiet] == [STATUS[NO_RISK]]
        assert [line.endswith("发生期：每周看一次。") for line in crop.background] == [True]
        assert headline([], [harmless, alike], HOTLINE).status == STATUS[NO_RISK]
        assert headline([], [alike], HOTLINE).status == STATUS[OUT_OF_SEASON]


def test_the_surest_hazards_are_named_and_old_answers_are_not(conn, seed):
    registry.import_configs(conn, load(site="demo"), seed.NOW)
    sure = {"wheat_fhb": 0.4, "wheat_leaf_rust": 0.9, "wheat_late_frost": 0.6}
    statuses = [
        replace(seed.status("qf-liuge-1", "wheat_fhb", MEDIUM, certainty=share), hazard=hazard)
        for hazard, share in sure.items()
    ]
    old = seed.status("py-bagongqiao-1", "wheat_fhb", HIGH, time=seed.NOW - timedelta(days=3))
    renewed = replace(statuses[0], time=statuses[0].time - timedelta(days=1), status=HIGH)
    ahead = seed.status("qf-liuge-1", "wheat_fhb", HIGH, time=seed.NOW + timedelta(days=90))
    risk.save_statuses(conn, [*statuses, old, renewed, ahead], seed.NOW)
    named = ("wheat_leaf_rust", "wheat_late_frost")
    assert risk.village_worst(conn, ORDER, WARNINGS, seed.NOW) == {
        "qf-liuge": VillageWorst("qf-liuge", MEDIUM, False, named)
    }
    newest = risk.latest_statuses(conn, seed.NOW)
    assert {(s.time, s.status) for s in newest if s.site == "qf-liuge-1"} == {
        (statuses[0].time, MEDIUM)
    }


def test_want_of_a_sensor_speaks_for_no_village_that_has_another_answer(conn, seed):
    registry.import_configs(conn, load(site="demo"), seed.NOW)
    never = {"data_age_h": float("inf"), "missing": ("soil_moisture",)}
    calm = seed.status("qf-liuge-1", "wheat_fhb", NO_RISK)
    lacks = replace(
        seed.status("qf-liuge-1", "wheat_fhb", CANNOT_SAY, **never), hazard="soil_drought"
    )
    alone = replace(lacks, site="py-bagongqiao-1")
    gap = replace(seed.status("qf-mazhuangqiao-1", "wheat_fhb", CANNOT_SAY), hazard="soil_drought")
    both = replace(calm, site="qf-mazhuangqiao-1")
    risk.save_statuses(conn, [calm, lacks, alone, gap, both], seed.NOW)
    found = risk.village_worst(conn, ORDER, WARNINGS, seed.NOW)
    assert {each.village: each.status for each in found.values()} == {
        "qf-liuge": NO_RISK,
        "py-bagongqiao": CANNOT_SAY,
        "qf-mazhuangqiao": CANNOT_SAY,
    }


def test_a_new_answer_shows_at_once_and_the_store_is_asked_once(app, seed, monkeypatch):
    asked = []
    real = risk.village_worst
    monkeypatch.setattr(risk, "village_worst", lambda *args: asked.append(1) or real(*args))
    client = app.test_client()
    client.get("/")
    client.get("/?q=x")
    assert len(asked) == 1
    app.clock.at = seed.NOW + timedelta(hours=1)
    client.get("/")
    assert len(asked) == 2
    monkeypatch.setattr(home.risk, "newest_status", lambda conn: 10**9)
    client.get("/")
    assert len(asked) == 3


def village(name, county="1"):
    return VillageRow(
        *(name, "柳格村", "Liuge", county, "清丰县", "Qingfeng", "2", None, None),
        *(115, 36, "surveyed", 1, 1),
    )


def test_drafts_are_counted_apart(app):
    worst = {
        "a": VillageWorst("a", HIGH, False, ("wheat_fhb",)),
        "b": VillageWorst("b", MEDIUM, True, ("wheat_fhb",)),
        "c": VillageWorst("c", HIGH, False, ("wheat_fhb",)),
    }
    with app.test_request_context("/?lang=en"):
        shown = village_list.make_list([village(name) for name in "abcd"], worst)
    assert shown.counts == [("medium", False, 1), ("high", True, 2)]
    assert shown.unjudged == 1
    rows = shown.sections[0].rows
    assert [(row.id, row.draft) for row in rows] == [
        ("b", False),
        ("a", True),
        ("c", True),
        ("d", False),
    ]
    assert rows[-1].cause == "not computed lately"


@pytest.mark.parametrize(
    ("asked", "found"), [(1, (1, 0, 10)), (3, (3, 20, 30)), (9, (3, 20, 30)), (-1, (1, 0, 10))]
)
def test_pages_out_of_range_are_the_nearest(asked, found):
    page, pages, here = village_list.page_of(21, 10, asked)
    assert pages == 3
    assert (page, here.start, here.stop) == found
