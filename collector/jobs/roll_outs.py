"""The job that brings updates to nodes: ring after ring, and halts where too many fail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.jobs.rings import Begin, Finish, Halt, Settled, Stuck, decide
from collector.keys import MasterKey, load_master_key
from collector.store import items
from collector.store.items import Found
from collector.store.network import roll_outs
from collector.store.network.roll_outs import RollOut
from collector.store.postgres.db import Connection
from field_configs.events import Event, event

#: Offers of a roll-out that one round gives, so that not all nodes fetch at once, and how many of
#: them in one transaction: the registry stands still meanwhile.
MOST_OFFERS, AT_ONCE = 200, 50


@dataclass
class Done:
    """What a round came to."""

    running: int = 0
    offered: int = 0
    halted: int = 0


def roll_out(context: Context) -> Event:
    """Take every running roll-out a step on."""
    done = Done()
    settings = context.settings
    with context.pool.connection() as conn:
        numbers = roll_outs.running(conn)
    for number in numbers:
        done.running += 1
        with context.pool.connection() as conn:
            goes_on = advance(conn, number, context)
        done.halted += not goes_on
        if goes_on and settings is not None:
            master = load_master_key(settings.state_dir, settings.master_key)
            done.offered += _offer(context, master, number)
    return event("rolled_out", running=done.running, offered=done.offered, halted=done.halted)


def advance(conn: Connection, number: int, context: Context) -> bool:
    """Look at the nodes of a roll-out and decide; return whether it runs on. The caller commits."""
    one, at = roll_outs.find(conn, number, lock=True), context.now
    if one.state != "running":
        return False
    roll_outs.note_lost(conn, one, at)
    counts = roll_outs.counts(conn, [number])[number]
    found = decide(counts, one.ring, one.settled, one.plan, at)
    match found:
        case Halt(ring, failures, most):
            detail = {"ring": ring, "failures": failures, "most": most}
            roll_outs.halt(conn, number, detail, by="", at=at)
        case Begin(ring):
            roll_outs.begin_ring(conn, number, ring, at)
        case Settled(since):
            roll_outs.set_settled(conn, number, since)
        case Finish():
            roll_outs.finish(conn, number, at)
    _tell(conn, one, found, context)
    return not isinstance(found, Halt | Finish)


def _tell(conn: Connection, one: RollOut, found: object, context: Context) -> None:
    """Keep for people what they have to look at; what is no trouble any more closes."""
    subject, number, version = str(one.number), one.number, one.version
    there: list[Found] = []
    if isinstance(found, Halt):
        counted = {"ring": found.ring, "failures": found.failures, "most": found.most}
        said = event("roll_out_halted", number=number, version=version, **counted)
        there.append(Found(said, subject))
    elif isinstance(found, Stuck):
        said = event("roll_out_stuck", number=number, version=version, ring=found.ring)
        there.append(Found(said, subject))
    for kind in roll_outs.TROUBLES:
        if kind not in {each.event.kind for each in there}:
            items.close_gone(conn, kind, [subject], context.now)
    items.raise_items(conn, there, context.now)


def _offer(context: Context, master: MasterKey, number: int) -> int:
    """Give offers, some at a time, until none is due or the round has given enough."""
    given = 0
    while given < MOST_OFFERS and not context.stopping.is_set():
        with context.pool.connection() as conn:
            one = roll_outs.find(conn, number, lock=True)
            if one.state != "running":
                break
            limit = min(AT_ONCE, MOST_OFFERS - given)
            count = roll_outs.give_offers(conn, master, one, limit=limit, at=context.now)
        given += count
        if count < limit:
            break
    return given


def _is_wanted(context: Context) -> bool:
    with context.pool.connection() as conn:
        return bool(roll_outs.running(conn))


JOBS = (Job("roll_outs", timedelta(minutes=1), roll_out, wanted=_is_wanted),)
