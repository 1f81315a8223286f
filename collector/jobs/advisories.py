"""The job that turns answers into advice.

By the hour it judges what may have changed: new answers, readings that speak against an answer,
answers grown old and, after a delivery, hours of the forecast. After a change of code and four
times a day it judges all anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from collector.jobs.context import Context, Job
from collector.jobs.judging import forecasts
from collector.jobs.judging.code_behind import code
from collector.store.advice import advising, risk
from collector.store.advice.advising import Seen
from collector.store.measured import readings
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from models.advice.advisory import Advisory, advise
from models.advice.relief import STATE, readable, relieved
from models.advice.spraying import (
    DRY_AFTER,
    QUANTITIES,
    Spans,
    is_chemical,
    with_spraying_hours,
)
from models.hazards.catalogue import catalogue

NAME = "collector.jobs.advisories"
#: All advice is judged anew as often.
ALL = timedelta(hours=6)


def with_forecast_hours(
    conn: Connection, advisories: Sequence[Advisory], at: datetime
) -> list[Advisory]:
    """Add the hours fit for spraying to advisories that may end in spraying, from `at` on."""
    asked = [a for a in advisories if any(map(is_chemical, a.actions)) and a.window_to > at]
    hours = None
    if asked:
        end = max(a.window_to for a in asked) + DRY_AFTER
        hours = forecasts.of_fields(conn, QUANTITIES, at, end, {a.site for a in asked})
    return with_spraying_hours(advisories, hours, at.replace(minute=0, second=0, microsecond=0))


def issue_advisories(context: Context) -> Event:
    """Keep the advice that follows from the newest answers, and end what no longer holds.

    Where the newest reading says already that the danger is over, there is no advice.
    """
    hazards, now = catalogue(), context.now
    with context.pool.connection() as conn:
        before = advising.seen(conn)
        seen = advising.newest(conn, f"{code(NAME)} {now.timestamp() // ALL.total_seconds():.0f}")
        read = readable(hazards)
        since, held, sprayed = _reach(before, seen)
        anew = advising.to_judge(conn, now, since, read, held)
        others = [] if sprayed is None else advising.other_held(conn, sprayed)
        statuses = [status for status in anew.statuses if status.hazard in hazards]
        doubted = [status for status in statuses if status.hazard in read]
        over = relieved(doubted, readings.latest(conn, None, STATE) if doubted else (), hazards)
        standing = [s for s in statuses if (s.site, s.crop, s.hazard) not in over]
        wanted = with_forecast_hours(conn, advise(standing, anew.held) + others, now)
        known = {_key(a): a for a in anew.held + others}
        new = [a for a in wanted if not _is_kept(a, known.get(_key(a)), now)]
        gone = known.keys() - {_key(a) for a in wanted}
        risk.end_advisories(conn, sorted(gone), now)
        risk.save_advisories(conn, new, now)
        advising.keep_seen(conn, seen)
        in_force = advising.in_force(conn)
    return event("advice_issued", held=in_force, new=len(new), ended=len(gone))


def _reach(
    before: Seen | None, now: Seen
) -> tuple[int, frozenset[str] | None, frozenset[str] | None]:
    """From which answer on, and of which hazards all advice in force, is judged anew.

    None for all hazards, also those that are in the catalogue no more. Then the hazards of whose
    other advice a new forecast may change the hours fit for spraying, and nothing else; None where
    it cannot.
    """
    if before is None or before.by_code != now.by_code:
        return 0, None, None
    hazards = catalogue()
    if before.delivery == now.delivery:
        return before.status, readable(hazards), None
    sprayed = (h.id for h in hazards.values() if any(map(is_chemical, h.actions)))
    return before.status, readable(hazards), frozenset(sprayed)


def _key(advice: Advisory) -> tuple[str, str, str]:
    return advice.site, advice.crop, advice.hazard


def _is_kept(advice: Advisory, kept: Advisory | None, at: datetime) -> bool:
    """Whether advice says what is kept, hours apart that have passed since."""
    if kept is None or _to_come(advice, at) != _to_come(kept, at):
        return False
    return vars(advice) | {"spraying": None} == vars(kept) | {"spraying": None}


def _to_come(advice: Advisory, at: datetime) -> Spans | None:
    """The hours fit for spraying that are left of advice."""
    if advice.window_to <= at or advice.spraying is None:
        return None
    start = at.replace(minute=0, second=0, microsecond=0)
    return tuple((max(begin, start), end) for begin, end in advice.spraying if end > start)


JOBS = (
    Job("advisories", timedelta(hours=1), issue_advisories, timedelta(minutes=10), after="risk"),
)
