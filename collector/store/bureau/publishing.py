"""Advice goes out to villages: the one way by which the web and the command line publish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from collector.permissions import Grant
from collector.store.bureau import decisions, deliveries, desk
from collector.store.bureau.decisions import OFF, By, Decision
from collector.store.postgres.db import Connection, StoreError

EVERYWHERE = (Grant("", "city", ""),)


class NothingInForce(StoreError):  # noqa: N818 - named for what happened
    """There is no advice of this kind to release."""

    def __init__(self, village: str, hazard: str, known: Sequence[str]) -> None:
        there = f"in force there: {', '.join(known)}" if known else "none is in force there"
        super().__init__(f"{village}: no advice on {hazard}; {there}")


class KeptOff(StoreError):  # noqa: N818 - named for what happened
    """Somebody held it back, rejected or cancelled it at the desk; `now` is how it stands."""

    def __init__(self, village: str, now: Decision, reason: str) -> None:
        self.now = now
        when = f"{now.changed:%Y-%m-%d %H:%M} UTC" if now.changed else "an unknown time"
        until = f" until {now.until:%Y-%m-%d}" if now.state == decisions.HELD and now.until else ""
        super().__init__(
            f"{village}: {now.hazard} in {now.crop} was {now.state}{until} by {now.changed_by} at "
            f'{when}, because "{reason}"; open it again at the desk, page '
            f"/desk/{now.place}/{now.crop}/{now.hazard}, then release it"
        )


class NothingNew(StoreError):  # noqa: N818 - named for what happened
    """All of it is public already, and somebody stands for it."""

    def __init__(self, village: str, hazard: str, by: str) -> None:
        super().__init__(
            f"{village}: {hazard} is released by {by} already, and nothing is new in it; to take "
            "it back, cancel it at the desk, page /desk"
        )


def publish(
    conn: Connection, seen: Decision, by: By, villages: Sequence[str]
) -> tuple[Decision, list[str]]:
    """Publish a draft, or what is new in it, for villages, and queue its word to their people.

    Parameters
    ----------
    conn : Connection
    seen : Decision
        As whoever publishes saw it, with their colour and words.
    by : By
    villages : sequence of str
        Ids.

    Returns
    -------
    Decision, list of str
        As it stands now, and the fields it is for.

    Raises
    ------
    decisions.Overtaken
        When somebody else has acted since.
    decisions.NotNow
        When its state does not allow this.
    """
    changed, step, fields = decisions.publish(conn, seen, by, villages)
    deliveries.queue(conn, step, villages, changed.sms, by.at)
    return changed, fields


def release(conn: Connection, village: str, hazard: str, by: By) -> list[Decision]:
    """Publish all the advice on a hazard in a village, of whatever crop; the caller commits or not.

    Parameters
    ----------
    conn : Connection
    village, hazard : str
        Ids.
    by : By

    Returns
    -------
    list of Decision
        As they stand now.

    Raises
    ------
    NothingInForce, KeptOff, NothingNew
    decisions.Overtaken
        When somebody published it in the same moment.
    """
    here = desk.rows(conn, [Grant("", "village", village)], by.at)
    keys = [row.key for row in here if row.hazard == hazard]
    if not keys:
        raise NothingInForce(village, hazard, sorted({row.hazard for row in here}))
    thresholds, _ = desk.thresholds(conn)
    rows = {row.key: row for row in desk.rows(conn, EVERYWHERE, by.at, hazard)}
    done, released_by = [], ""
    for key in keys:
        seen = decisions.find(conn, key, rows[key].county)
        if seen.state in OFF:
            (last, *_) = decisions.steps(conn, key, limit=1)
            raise KeptOff(village, seen, last.reason)
        of = next(each for each in desk.villages(conn, key) if each.id == village)
        if not of.drafts and of.released_by is not None:
            released_by = of.released_by
            continue
        seen = replace(seen, colour=seen.colour or desk.proposed(rows[key], thresholds))
        done.append(publish(conn, seen, by, [village])[0])
    if not done:
        raise NothingNew(village, hazard, released_by)
    return done
