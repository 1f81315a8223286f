"""Trap counts through the risk job: they reach the fields of their village, and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from collector.jobs.judging import risk as risk_job
from collector.jobs.judging.field_counts import LAPSED_H, FieldCounts
from collector.store.advice import traps
from collector.store.advice.traps import TrapCount
from collector.store.postgres import db
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK
from models.weather.local_days import midnight

#: Maize stands in all three; the first two are fields of one village.
LIUGE, OTHER, FAR = "qf-liuge-1", "qf-liuge-9", "qf-mazhuangqiao-1"
SOWN = date(2016, 6, 12)
#: A morning of July: the last night began on the 19th.
TODAY = date(2016, 7, 20)
NOW = midnight(TODAY) + timedelta(hours=8, minutes=10)
CORN_BORER, QUANTITY = "corn_borer_flight", "asian_corn_borer_in_light"


def count(number: int, day: date = TODAY, nights: int = 7, **other: str) -> TrapCount:
    """What the light of a field caught up to the morning of a day."""
    given = TrapCount(LIUGE, "asian_corn_borer", "light", day, nights, number, "李娜", "", "test")
    return replace(given, **other)  # type: ignore[arg-type]


def say(conn: db.Connection, *counts: TrapCount, at: datetime = NOW) -> dict[str, RiskStatus]:
    """Keep counts, run the job as every hour, and return what it says of the flight by field.

    What it says from kept states has the same bits as what it says from the beginning.
    """
    with conn:
        traps.put(conn, counts, at)
    with conn:
        found = [*risk_job.compute_risk(conn, at).today]
    with conn:
        assert repr(found) == repr([*risk_job.compute_risk(conn, at, kept=False).today])
    return {each.site: each for each in found if each.hazard == CORN_BORER}


@pytest.fixture
def maize(registered: db.Connection, monkeypatch: pytest.MonkeyPatch) -> db.Connection:
    """Maize in three fields of two villages, and only flights to judge."""
    flights = {name: each for name, each in catalogue().items() if name.endswith("_flight")}
    monkeypatch.setattr(risk_job, "catalogue", lambda: flights)
    with registered, registered.cursor() as cur:
        cur.execute("DELETE FROM stage_observation; DELETE FROM season")
        cur.execute(
            "INSERT INTO field (id, village, zh, en, kind) "
            "VALUES (%s, 'qf-liuge', '南地', 'South', 'open')",
            (OTHER,),
        )
        for field in (LIUGE, OTHER, FAR):
            cur.execute(
                "INSERT INTO season (field, crop, sown) VALUES (%s, 'summer_maize', %s)",
                (field, SOWN),
            )
            cur.execute(
                "INSERT INTO stage_observation (field, crop, date, bbch, observer) "
                "VALUES (%s, 'summer_maize', %s, 31, 'x')",
                (field, TODAY - timedelta(days=3)),
            )
    return registered


def test_without_any_count_nothing_can_be_said(maize: db.Connection) -> None:
    said = say(maize)
    assert {each.status for each in said.values()} == {CANNOT_SAY}
    assert said[LIUGE].missing == (QUANTITY,)
    assert not np.isfinite(said[LIUGE].data_age_h)  # a page says so in one line


def test_the_level_goes_up_and_down_with_the_catch(maize: db.Connection) -> None:
    assert say(maize, count(100))[LIUGE].status == NO_RISK
    assert say(maize, count(130))[LIUGE].status == MEDIUM
    high = say(maize, count(700))[LIUGE]
    assert (high.status, high.missing) == (HIGH, ())
    assert high.score == pytest.approx(700)
    assert high.drivers["last_night"] == pytest.approx(100)
    # mended: the newest of an observer, field, insect, trap and day is in force
    assert say(maize, count(0))[LIUGE].status == NO_RISK


def test_a_catch_speaks_for_its_village_and_no_other(maize: db.Connection) -> None:
    said = say(maize, count(700))
    assert {site: each.status for site, each in said.items()} == {
        LIUGE: HIGH,
        OTHER: HIGH,
        FAR: CANNOT_SAY,
    }
    # two traps of a village: their mean
    said = say(maize, count(100, field=OTHER))
    assert said[FAR].status == CANNOT_SAY
    assert said[LIUGE].score == pytest.approx(400)
    assert said[LIUGE].status == MEDIUM


def test_the_trap_of_somebodys_own_field_speaks_for_that_field_alone(maize: db.Connection) -> None:
    with maize, maize.cursor() as cur:
        cur.execute("UPDATE field SET private = true WHERE id = %s", (OTHER,))
    said = say(maize, count(700, field=OTHER))
    assert (said[OTHER].status, said[LIUGE].status) == (HIGH, CANNOT_SAY)
    said = say(maize, count(100))
    assert (said[OTHER].score, said[LIUGE].score) == (pytest.approx(400), pytest.approx(100))


def test_a_catch_of_another_kind_of_trap_or_insect_is_kept_and_not_judged(
    maize: db.Connection,
) -> None:
    for other in ({"trap": "pheromone"}, {"trap": ""}, {"insect": "armyworm"}):
        assert say(maize, count(700, **other))[LIUGE].status == CANNOT_SAY


def test_a_night_that_nobody_counted_is_no_night_without_moths(maize: db.Connection) -> None:
    assert say(maize, count(0, nights=6))[LIUGE].status == CANNOT_SAY
    early = count(0, TODAY - timedelta(days=6), nights=1)
    assert say(maize, early)[LIUGE].status == NO_RISK
    # the catch of yesterday morning alone reaches the level, whatever the last night brought
    tomorrow = NOW + timedelta(days=1)
    said = say(maize, count(900, nights=1), at=tomorrow)[LIUGE]
    assert (said.status, said.missing) == (HIGH, (QUANTITY,))


def test_a_late_count_takes_back_what_rests_on_its_nights(
    maize: db.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """`say` holds each answer against one from the beginning."""
    caplog.set_level("INFO", "nongqing.risk")
    days = [TODAY - timedelta(days=back) for back in range(6, -1, -1)]
    assert say(maize, *(count(10, day, nights=1) for day in days))[LIUGE].status == NO_RISK
    caplog.clear()
    assert say(maize)[LIUGE].status == NO_RISK
    assert caplog.text == ""
    # of a night in the window, but before the newest kept morning
    late = say(maize, count(800, days[1], nights=1))
    assert late[LIUGE].status == HIGH
    assert "is not used for 2 fields" in caplog.text  # those of the village
    assert "trap counts" in caplog.text
    caplog.clear()
    assert say(maize, count(10, days[1], nights=1))[LIUGE].status == NO_RISK
    # of last night: the day that closed last is computed anew in any case
    caplog.clear()
    assert say(maize, count(900, nights=1))[LIUGE].status == HIGH
    assert caplog.text == ""


def test_where_counting_stopped_long_ago_it_is_as_if_nobody_had(maize: db.Connection) -> None:
    say(maize, count(10))
    for days, finite in ((10, True), (LAPSED_H / 24 + 1, False)):
        said = say(maize, at=NOW + timedelta(days=days))[LIUGE]
        assert said.status == CANNOT_SAY
        assert np.isfinite(said.data_age_h) == finite


def test_nights_become_hours_of_the_day_in_whose_evening_they_begin(maize: db.Connection) -> None:
    with maize:
        traps.put(maize, [count(10, TODAY - timedelta(days=1), nights=2)], NOW)
        counts = FieldCounts(maize, SOWN)
        start = midnight(TODAY - timedelta(days=4)) + timedelta(hours=12)
        hours = counts.hours((FAR, LIUGE), start, NOW)
    assert set(hours) == {QUANTITY}
    assert hours[QUANTITY].shape == (12 + 3 * 24 + 8, 2)
    assert np.isnan(hours[QUANTITY][:, 0]).all()
    own = hours[QUANTITY][:, 1]
    assert np.flatnonzero(~np.isnan(own)).tolist() == list(range(12, 12 + 48))
    assert set(own[12:60]) == {5.0}
    assert counts.between(FAR, SOWN, TODAY) == ""
    assert counts.between(LIUGE, SOWN, TODAY - timedelta(days=3)) == ""
    assert counts.between(LIUGE, SOWN, TODAY) != counts.between(
        LIUGE, SOWN, TODAY - timedelta(days=2)
    )
    with maize:
        assert FieldCounts(maize, None).hours((LIUGE,), start, NOW) == {}
