"""The job that turns answers into advice.

By the hour it judges what may have changed: new answers, readings that speak against an answer and
answers grown old. After a change of code and four times a day it judges all anew.
"""

from __future__ import annotations

from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.jobs.judging.code_behind import code
from collector.store.advice import advising, risk
from collector.store.measured import readings
from field_configs.events import Event, event
from models.advice.advisory import Advisory, advise
from models.advice.relief import STATE, readable, relieved
from models.hazards.catalogue import catalogue

NAME = "collector.jobs.advisories"
#: All advice is judged anew as often.
ALL = timedelta(hours=6)


def issue_advisories(context: Context) -> Event:
    """Keep the advice that follows from the newest answers, and end what no longer holds.

    Where the newest reading says already that the danger is over, there is no advice.
    """
    hazards, now = catalogue(), context.now
    with context.pool.connection() as conn:
        before = advising.seen(conn)
        seen = advising.newest(conn, f"{code(NAME)} {now.timestamp() // ALL.total_seconds():.0f}")
        read = readable(hazards)
        if before is None or before.by_code != seen.by_code:  # all, also of no hazard of today
            anew = advising.to_judge(conn, now, 0, read, None)
        else:
            anew = advising.to_judge(conn, now, before.status, read, read)
        statuses = [status for status in anew.statuses if status.hazard in hazards]
        doubted = [status for status in statuses if status.hazard in read]
        over = relieved(doubted, readings.latest(conn, None, STATE) if doubted else (), hazards)
        standing = [s for s in statuses if (s.site, s.crop, s.hazard) not in over]
        wanted = advise(standing, anew.held)
        known = {_key(a): a for a in anew.held}
        new = [a for a in wanted if a != known.get(_key(a))]
        gone = known.keys() - {_key(a) for a in wanted}
        risk.end_advisories(conn, sorted(gone), now)
        risk.save_advisories(conn, new, now)
        advising.keep_seen(conn, seen)
        in_force = advising.in_force(conn)
    return event("advice_issued", held=in_force, new=len(new), ended=len(gone))


def _key(advice: Advisory) -> tuple[str, str, str]:
    return advice.site, advice.crop, advice.hazard


JOBS = (
    Job("advisories", timedelta(hours=1), issue_advisories, timedelta(minutes=10), after="risk"),
)
