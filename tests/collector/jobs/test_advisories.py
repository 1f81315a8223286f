"""Advice by the hour: what is judged anew comes out as if all had been."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from collector.jobs import advisories
from collector.jobs.advisories import issue_advisories
from collector.jobs.context import Context
from collector.store.advice import advising, risk
from collector.store.postgres import db
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.hazard import HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON

NOW = datetime(2016, 5, 1, 18, 20, tzinfo=UTC)  # 02:20 on 2 May, local
HOUR = timedelta(hours=1)
SITES = ("qf-liuge-1", "qf-liuge-2", "qf-mazhuangqiao-1")
HAZARDS = ("wheat_fhb", "wheat_stripe_rust", "soil_drought", "soil_waterlogging")


def status(site: str, hazard: str, day: datetime, code: int, sure: float = 0.5) -> RiskStatus:
    return RiskStatus(
        site=site,
        crop="winter_wheat",
        hazard=hazard,
        time=day,
        status=code,
        score=0.4,
        certainty=sure,
        stage_bbch=61.0,
        stage_source="observed",
        drivers={},
        missing=(),
        data_age_h=1.0,
        inputs_hash="",
        model_version="1.1",
    )


def day_before(at: datetime) -> datetime:
    """End of the local day that closed last."""
    return (at - timedelta(hours=16)).replace(hour=0, minute=0) + timedelta(hours=16)


def say(conn: db.Connection, at: datetime, *statuses: RiskStatus) -> None:
    with conn:
        risk.save_statuses(conn, statuses, at)


def read(conn: db.Connection, site: str, at: datetime, value: float) -> None:
    """A reading of the soil of a field."""
    with conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO series_tail (series_id, time, value, qc, valid_time, valid_value) "
            "SELECT s.id, %(at)s, %(v)s, 3, %(at)s, %(v)s FROM series s JOIN placement p "
            "ON p.id = s.placement WHERE p.field = %(site)s AND p.quantity = 'soil_moisture' "
            "ON CONFLICT (series_id) DO UPDATE SET valid_value = excluded.valid_value, "
            "valid_time = excluded.valid_time",
            {"site": site, "at": at, "v": value},
        )


def anew(conn: db.Connection) -> None:
    """Forget what was seen: the next run judges all."""
    with conn, conn.cursor() as cur:
        cur.execute("DELETE FROM advice_judged")


def counts(pool: db.Pool, at: datetime) -> tuple[int, int, int]:
    said = issue_advisories(Context(pool, at)).params
    return said["held"], said["new"], said["ended"]


@pytest.mark.parametrize("seed", range(3))
def test_judging_all_finds_nothing_that_the_hour_has_not(
    registered: db.Connection, pool: db.Pool, seed: int
) -> None:
    chance = random.Random(seed)
    changed = 0
    for hour in range(90):
        at = NOW + hour * HOUR
        for _ in range(chance.choice((0, 0, 1, 3))):
            late = chance.choice((0, 0, 0, 1)) * timedelta(days=1)
            code = chance.choice((HIGH, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON))
            sure = chance.choice((0.4, 0.5))
            site, hazard = chance.choice(SITES), chance.choice(HAZARDS)
            say(registered, at, status(site, hazard, day_before(at) - late, code, sure))
        if chance.random() < 0.2:
            read(registered, chance.choice(SITES), at, chance.choice((0.16, 0.30, 0.45)))
        held, new, ended = counts(pool, at)
        changed += new + ended
        anew(registered)
        assert counts(pool, at) == (held, 0, 0), (hour, held, new, ended)
    assert changed > 15


def test_an_hour_in_which_nothing_came_judges_nothing(
    registered: db.Connection, pool: db.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = day_before(NOW)
    say(registered, NOW, *(status(site, "wheat_fhb", day, HIGH) for site in SITES))
    judged: list[int] = []
    advise = advisories.advise
    monkeypatch.setattr(
        advisories, "advise", lambda given, held: judged.append(len(given)) or advise(given, held)
    )
    assert counts(pool, NOW) == (3, 3, 0)
    assert counts(pool, NOW + HOUR) == (3, 0, 0)
    say(registered, NOW + HOUR, status(SITES[1], "wheat_fhb", day, MEDIUM))
    say(registered, NOW + HOUR, status(SITES[1], "wheat_stripe_rust", day, NO_RISK))
    assert counts(pool, NOW + 2 * HOUR) == (3, 0, 0)  # it holds for the days of its window
    assert judged == [3, 0, 1]


def test_another_release_judges_all_advice(
    registered: db.Connection, pool: db.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(registered, NOW, status(SITES[0], "wheat_fhb", day_before(NOW), HIGH))
    assert counts(pool, NOW) == (1, 1, 0)
    less = {name: each for name, each in catalogue().items() if name != "wheat_fhb"}
    monkeypatch.setattr(advisories, "catalogue", lambda: less)
    assert counts(pool, NOW) == (1, 0, 0)  # the same code: nobody looks
    monkeypatch.setattr(advisories, "code", lambda _: "of another release")
    assert counts(pool, NOW) == (0, 0, 1)


def test_all_advice_is_judged_anew_four_times_a_day(
    registered: db.Connection, pool: db.Pool
) -> None:
    seen = set()
    for hour in range(24):
        counts(pool, NOW.replace(hour=0) + hour * HOUR)
        with registered:
            found = advising.seen(registered)
        assert found is not None
        seen.add(found.by_code)
    assert len(seen) == 4
