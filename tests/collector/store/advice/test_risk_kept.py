"""Bytes of fields in a real database: what is put in place of what, and what is told apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from collector.store.advice import risk_account, risk_kept
from collector.store.advice.risk_kept import Came, Outlook
from collector.store.postgres import db
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.hazard import HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from models.skill.risk_outlooks import ABSENT, account
from models.weather.local_days import midnight

HAZARD = catalogue()["wheat_fhb"]
HAZARDS = {HAZARD.id: HAZARD}
DAY = timedelta(days=1)
TODAY = date(2016, 5, 10)
AT = midnight(TODAY) + timedelta(hours=12)
WHEAT = "winter_wheat"


def outlook(conn: db.Connection, status: int, score: float = 0.5, **other: object) -> Outlook:
    """What is said of every field for today and six days more."""
    found = Outlook(risk_kept.number_fields(conn), HAZARDS)
    said = [
        RiskStatus(
            field, WHEAT, HAZARD.id, midnight(TODAY + n * DAY), status, score, 0.9, 65.0,
            "estimated", {}, (), 1.0, "ab", risk_kept.version_of(HAZARD),
        )
        for n in range(1, 8)
        for field in found.numbers
    ]  # fmt: skip
    assert [*found.noted(replace(s, **other) for s in said)]
    return found


def came(conn: db.Connection, day: date, fields: dict[int, int], walked: int = 6) -> int:
    """What came on a day: of so many fields that were computed, some with a class."""
    numbers = np.array(list(fields), np.intp)
    found = [
        Came(
            WHEAT,
            HAZARD.id,
            numbers,
            np.array(list(fields.values()), np.uint8),
            np.full(len(numbers), 0.24),
        )
    ]
    return risk_kept.put_came(conn, day, np.arange(walked), found, HAZARDS, AT)


def codes(conn: db.Connection, day: date) -> list[int]:
    with conn.cursor() as cur:
        cur.execute("SELECT classes FROM risk_came WHERE day = %s", (day,))
        ((classes,),) = cur.fetchall()
    return risk_kept.inflated(classes, 6).tolist()


def test_numbers_of_fields_stay_and_follow_each_other(registered: db.Connection) -> None:
    before = risk_kept.number_fields(registered)
    assert sorted(before.values()) == list(range(6))
    with registered.cursor() as cur:
        cur.execute(
            "INSERT INTO field (id, village, zh, en, kind) "
            "VALUES ('a-first', 'qf-liuge', '地', 'f', 'open')"
        )
    assert risk_kept.numbers(registered) == before
    after = risk_kept.number_fields(registered)
    assert after == {**before, "a-first": 6}
    # what was kept before has no byte of it
    assert risk_kept.inflated(risk_kept.deflated(np.zeros(6, np.uint8)), 7)[6] == ABSENT


def test_the_running_day_and_what_is_out_of_season_everywhere_are_left_out(
    registered: db.Connection,
) -> None:
    made = {"qf-liuge-1": AT - DAY, "qf-liuge-2": AT}
    said = outlook(registered, OUT_OF_SEASON)
    assert risk_kept.put_outlook(registered, said, made, AT) == 0
    assert risk_kept.put_outlook(registered, outlook(registered, MEDIUM), made, AT) == 6
    with registered.cursor() as cur:
        cur.execute("SELECT min(day), max(day), min(octet_length(inputs)) FROM risk_said")
        assert cur.fetchone() == (TODAY + DAY, TODAY + 6 * DAY, 32)
        cur.execute("SELECT next_day, issued, first_forecast, last_forecast FROM risk_issue")
        assert cur.fetchall() == [(TODAY + DAY, AT, AT - DAY, AT)]


def test_only_what_was_computed_is_put_in_place(registered: db.Connection) -> None:
    risk_kept.number_fields(registered)
    assert came(registered, TODAY, dict.fromkeys(range(6), MEDIUM)) == 1
    assert came(registered, TODAY, dict.fromkeys(range(6), MEDIUM)) == 0, "nothing new"
    assert came(registered, TODAY, {0: HIGH, 1: NO_RISK}, walked=2) == 1
    assert codes(registered, TODAY) == [HIGH, NO_RISK, MEDIUM, MEDIUM, MEDIUM, MEDIUM]
    # of a field that is computed and has no answer any more, its season struck, nothing is left
    assert came(registered, TODAY, {0: HIGH}, walked=3) == 1
    assert codes(registered, TODAY) == [HIGH, ABSENT, ABSENT, MEDIUM, MEDIUM, MEDIUM]
    assert risk_kept.put_came(registered, TODAY, np.arange(6), [], HAZARDS, AT) == 1
    assert codes(registered, TODAY) == [ABSENT] * 6
    assert came(registered, TODAY - DAY, dict.fromkeys(range(6), OUT_OF_SEASON)) == 0


def test_what_another_version_of_the_model_said_is_no_pair(registered: db.Connection) -> None:
    risk_kept.put_outlook(registered, outlook(registered, MEDIUM, 0.36), {"qf-liuge-1": AT}, AT)
    for n in range(1, 3):
        came(registered, TODAY + n * DAY, dict.fromkeys(range(6), HIGH))
    later = TODAY + 5 * DAY
    kept = risk_account.kept(registered, HAZARD, later)
    assert kept is not None
    rows = account(kept)
    assert [(row.lead, row.pairs, row.bias) for row in rows] == [(1, 6, -1.0), (2, 6, -1.0)]
    assert rows[0].chance_bias == pytest.approx(0.12)
    newer = replace(HAZARD, version="another")
    assert risk_account.kept(registered, newer, later) is None
    # the new model's answers for past days stand beside those of the old one
    new = {HAZARD.id: newer}
    found = [Came(WHEAT, HAZARD.id, np.arange(6), np.full(6, MEDIUM, np.uint8), None)]
    assert risk_kept.put_came(registered, TODAY + DAY, np.arange(6), found, new, AT) == 1
    assert risk_account.kept(registered, newer, later) is None, "nothing was said by it"
    assert account(risk_account.kept(registered, HAZARD, later)) == rows  # type: ignore[arg-type]


def test_what_is_not_over_is_no_pair(registered: db.Connection) -> None:
    risk_kept.put_outlook(registered, outlook(registered, MEDIUM), {"qf-liuge-1": AT}, AT)
    came(registered, TODAY + DAY, dict.fromkeys(range(6), HIGH))
    assert risk_account.kept(registered, HAZARD, TODAY + DAY) is None
    assert risk_account.kept(registered, HAZARD, TODAY + 2 * DAY) is not None


@pytest.mark.parametrize("moment", [datetime(2016, 5, 10, 16, tzinfo=UTC), AT + DAY])
def test_the_same_lead_day_is_kept_once(registered: db.Connection, moment: datetime) -> None:
    made = {"qf-liuge-1": AT}
    risk_kept.put_outlook(registered, outlook(registered, MEDIUM), made, AT)
    assert risk_kept.put_outlook(registered, outlook(registered, HIGH), made, AT) == 0
    assert risk_kept.put_outlook(registered, outlook(registered, HIGH), made, moment) > 0
    with registered.cursor() as cur:
        cur.execute("SELECT count(*) FROM risk_issue")
        # midnight ends the 24 hours; noon of the next day lies in the next ones
        assert cur.fetchone() == (1 if moment < AT + DAY else 2,)
