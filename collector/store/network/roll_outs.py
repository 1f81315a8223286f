"""Roll-outs: a release on its way to nodes, ring after ring, until it is there or halts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extras import Json

from collector.keys import MasterKey
from collector.permissions import Grant
from collector.store import items
from collector.store.network import node_commands, releases
from collector.store.network.node_commands import NoKey
from collector.store.network.nodes import reach
from collector.store.network.releases import Offer
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError

SQL = queries.load("roll_outs")
#: States in which the release is still to come to a node.
OPEN = ("waiting", "offered", "taken", "fetching", "trial", "unreachable")
#: Kinds of items about a roll-out; their subject is its number.
TROUBLES = ("roll_out_halted", "roll_out_stuck")
FAILURES = ("undone", "failed", "refused")
STATES = (*OPEN, "kept", *FAILURES, "gone", "replaced")
#: Why a node has failed that was not heard since its trial began.
SILENT = "not heard since it began to try it"
#: An offer that nobody answered is given anew after that.
OFFER_LASTS = timedelta(days=30)
#: One that was given up (the clock was wrong, power went) is not given anew sooner.
OFFER_AGAIN = timedelta(hours=1)


class NoSuchRollOut(StoreError):  # noqa: N818 - named for what is wanting
    """There is no roll-out of this number, or it is not as it would have to be."""

    def __init__(self, number: int, wrong: str = "there is none of this number") -> None:
        super().__init__(f"roll-out {number}: {wrong}; see `nongqing node ota status`")


@dataclass(frozen=True)
class Plan:
    """How careful a roll-out is.

    A ring that has settled rests for `soak`. A node of which nothing is heard for
    `unreachable_after` holds its ring up no longer, and has failed if it was trying the update.
    `most_failures` nodes halt the roll-out in each of its first two rings, the share `most_share`
    of a ring's nodes in each later one.
    """

    soak: timedelta = timedelta(hours=24)
    unreachable_after: timedelta = timedelta(hours=72)
    most_failures: int = 1
    most_share: float = 0.05


@dataclass(frozen=True)
class Candidate:
    """A node that may be in a roll-out.

    `version` and `target` are what it said of itself; `counts` whether it has a key;
    `open_number` that of an update which is under way to it; `update_key` the public key of whose
    updates it takes, in hexadecimal.
    """

    node: str
    village: str
    version: str | None
    target: str | None
    counts: bool
    last_seen: datetime | None
    open_number: int | None
    update_key: str | None


@dataclass(frozen=True)
class RollOut:
    """A roll-out.

    `ring` is the last one that has begun, `settled` since when nothing of it is open.
    """

    number: int
    release: int
    target: str
    release_number: int
    version: str
    state: str
    ring: int
    settled: datetime | None
    plan: Plan
    made: datetime
    made_by: str


@dataclass(frozen=True)
class Step:
    """What became of a roll-out; `by` is '' where it did so by itself."""

    kind: str
    at: datetime
    by: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class RollOutNode:
    """A node of a roll-out; `shown` is its state, or excused; `version` what it said it runs."""

    node: str
    ring: int
    shown: str
    state: str
    since: datetime
    more: Any
    version: str | None


#: How many nodes of a ring are in which state; those that failed and were excused are "excused".
Counts = Mapping[int, Mapping[str, int]]


def candidates(conn: Connection) -> list[Candidate]:
    """Return every node, by id."""
    return [Candidate(*row) for row in queries.fetch(conn, SQL["candidates"])]


def begin(
    conn: Connection,
    release: int,
    rings: Mapping[str, int],
    plan: Plan,
    *,
    by: str,
    at: datetime,
) -> int:
    """Begin a roll-out to nodes, each in its ring; return its number.

    What another was still to bring to one of them comes no more; one that has nothing left to
    bring is finished.

    Parameters
    ----------
    conn : Connection
    release : int
        As `releases.keep` returned it.
    rings : mapping
        From 1 on, by node.
    plan : Plan
    by : str
    at : datetime
        Aware.
    """
    ((number,),) = queries.fetch(
        conn,
        SQL["put"],
        release=release,
        soak=plan.soak,
        unreachable_after=plan.unreachable_after,
        most_failures=plan.most_failures,
        most_share=plan.most_share,
        at=at,
        by=by,
    )
    rows = [(number, node, ring, "waiting", at) for node, ring in sorted(rings.items())]
    queries.put(conn, SQL["put_nodes"], rows)
    nodes = [node for _, node, *_ in rows]
    taken = queries.fetch(conn, SQL["replace"], number=number, nodes=nodes, at=at)
    node_commands.withdraw(conn, [(node, command) for node, command in taken if command], at)
    for (other,) in queries.fetch(conn, SQL["replaced"], number=number):
        add_step(conn, other, "replaced", {"number": number}, by=by, at=at)
        _close_troubles(conn, other, at)
    add_step(conn, number, "begun", {"nodes": len(rows)}, by=by, at=at)
    return int(number)


def add_step(
    conn: Connection, number: int, kind: str, detail: Mapping[str, Any], *, by: str, at: datetime
) -> None:
    """Keep what became of a roll-out; `by` is '' where it did so by itself."""
    given = {"number": number, "kind": kind, "at": at, "by": by, "detail": Json(dict(detail))}
    queries.run(conn, SQL["put_step"], **given)


def steps(conn: Connection, number: int) -> list[Step]:
    """Return what became of a roll-out, in order."""
    return [Step(*row) for row in queries.fetch(conn, SQL["steps"], number=number)]


def _roll_out(row: Sequence[Any]) -> RollOut:
    number, release, target, of, version, state, ring, settled, *plan, made, by = row
    told = (number, release, target, of, version, state, ring, settled)
    return RollOut(*told, Plan(*plan), made, by)


def find(conn: Connection, number: int, *, lock: bool = False) -> RollOut:
    """Return a roll-out; with `lock` nobody else changes it until this transaction ends.

    Raises
    ------
    NoSuchRollOut
    """
    if lock:
        queries.fetch(conn, SQL["lock"], number=number)
    rows = queries.fetch(conn, SQL["find"], number=number, limit=1)
    if not rows:
        raise NoSuchRollOut(number)
    return _roll_out(rows[0])


def newest(conn: Connection, limit: int = 50) -> list[RollOut]:
    """Return the roll-outs, the newest first."""
    return [_roll_out(row) for row in queries.fetch(conn, SQL["find"], number=None, limit=limit)]


def running(conn: Connection) -> list[int]:
    """Return the numbers of those that go on."""
    return [number for (number,) in queries.fetch(conn, SQL["running"])]


def halted_of(conn: Connection, release: int) -> list[int]:
    """Return the numbers of those that were to bring a release and are halted."""
    return [number for (number,) in queries.fetch(conn, SQL["halted_of"], release=release)]


def counts(conn: Connection, numbers: Collection[int]) -> dict[int, dict[int, dict[str, int]]]:
    """Return `Counts` of roll-outs."""
    found: dict[int, dict[int, dict[str, int]]] = {number: {} for number in numbers}
    for number, ring, state, count in queries.fetch(conn, SQL["counts"], numbers=list(numbers)):
        found[number].setdefault(ring, {})[state] = count
    return found


def nodes(
    conn: Connection,
    number: int,
    states: Collection[str] | None = None,
    *,
    within: Iterable[Grant] = (Grant("", "city", ""),),
    limit: int,
    offset: int = 0,
) -> list[RollOutNode]:
    """Return nodes of a roll-out in some states, or all; those that failed first.

    Parameters
    ----------
    states : collection, optional
        Of `STATES`, and excused.
    within : iterable of Grant
        In which part of the tree.
    """
    among = None if states is None else list(states)
    given = {"number": number, "states": among, "limit": limit, "offset": offset, **reach(within)}
    return [RollOutNode(*row) for row in queries.fetch(conn, SQL["nodes"], **given)]


# What people decide -----------------------------------------------------------------------------


def halt(conn: Connection, number: int, detail: Mapping[str, Any], *, by: str, at: datetime) -> int:
    """Stop a roll-out: no offer goes out, no part is given; return how many offers were taken back.

    Parameters
    ----------
    detail : mapping
        Why: ``reason`` of a person, ``ring``, ``failures`` and ``most`` where it halts by itself.

    Raises
    ------
    NoSuchRollOut
        Also where it does not run.
    """
    if find(conn, number, lock=True).state != "running":
        raise NoSuchRollOut(number, "does not run")
    queries.run(conn, SQL["set_state"], number=number, state="halted")
    given = queries.fetch(conn, SQL["take_back"], number=number)
    add_step(conn, number, "halted", detail, by=by, at=at)
    return node_commands.withdraw(conn, given, at)


def resume(
    conn: Connection, number: int, reason: str, *, once_more: bool, by: str, at: datetime
) -> None:
    """Let a halted roll-out go on; its failures so far count no more.

    Parameters
    ----------
    once_more : bool
        Whether the nodes that failed are offered it again.

    Raises
    ------
    NoSuchRollOut
        Also where it is not halted.
    """
    if find(conn, number, lock=True).state != "halted":
        raise NoSuchRollOut(number, "is not halted")
    queries.run(conn, SQL["once_more" if once_more else "excuse"], number=number, at=at)
    queries.run(conn, SQL["set_state"], number=number, state="running")
    _close_troubles(conn, number, at)
    detail = {"reason": reason, "once_more": once_more}
    add_step(conn, number, "resumed", detail, by=by, at=at)


def _close_troubles(conn: Connection, number: int, at: datetime) -> None:
    for kind in TROUBLES:
        items.close_gone(conn, kind, [str(number)], at)


# What goes on by itself -------------------------------------------------------------------------


def note_lost(conn: Connection, one: RollOut, at: datetime) -> None:
    """Note which nodes have no key any more, and which were not heard for too long.

    One that is silent since it began to try the update has failed: what it tries may have ended it.
    When it is heard again, what it says counts.
    """
    queries.run(conn, SQL["note_gone"], number=one.number, at=at)
    before = at - one.plan.unreachable_after
    given = {"number": one.number, "silent": SILENT}
    queries.run(conn, SQL["note_unreachable"], at=at, before=before, **given)


def begin_ring(conn: Connection, number: int, ring: int, at: datetime) -> None:
    """Let a ring begin."""
    queries.run(conn, SQL["begin_ring"], number=number, ring=ring)
    add_step(conn, number, "ring", {"ring": ring}, by="", at=at)


def set_settled(conn: Connection, number: int, settled: datetime | None) -> None:
    """Note since when nothing of the ring is open."""
    queries.run(conn, SQL["set_settled"], number=number, settled=settled)


def finish(conn: Connection, number: int, at: datetime) -> None:
    """Note that nothing is left to do."""
    queries.run(conn, SQL["set_state"], number=number, state="finished")
    add_step(conn, number, "finished", {}, by="", at=at)


def give_offers(
    conn: Connection, master: MasterKey, one: RollOut, *, limit: int, at: datetime
) -> int:
    """Offer the release to nodes of the rings that have begun; return to how many."""
    given = {"number": one.number, "ring": one.ring, "limit": limit, "at": at}
    due = queries.fetch(conn, SQL["due"], before=at - OFFER_AGAIN, **given)
    offer = releases.offer(conn, one.release) if due else None
    for (node,) in due:
        assert offer is not None
        try:
            command = _offer(conn, master, node, offer, one, at)
        except NoKey:
            continue  # just retired: the next round finds it gone
        told = {"number": one.number, "node": node, "command": command}
        queries.run(conn, SQL["offered"], at=at, **told)
    return len(due)


def _offer(
    conn: Connection, master: MasterKey, node: str, offer: Offer, one: RollOut, at: datetime
) -> int:
    return node_commands.give_more(
        conn,
        master,
        node,
        "update",
        [offer.head, offer.signature],
        shown={"version": offer.version, "roll_out": one.number},
        by=one.made_by,
        at=at,
        expires=at + OFFER_LASTS,
    )
