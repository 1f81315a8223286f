"""Results that were entered wrongly: kept and struck, and what followed of them judged anew.

A certificate is judged by the tests that count whenever its lot is looked at, so nothing is done
about it here.
"""

from __future__ import annotations

from dataclasses import dataclass

from collector.store.inspection import findings, plans
from collector.store.inspection.plans import Result, held_because
from collector.store.lots import lot_events, lot_marks
from collector.store.lots.lot_marks import LotTest, StruckBefore
from collector.store.lots.lots import Lot, Who
from collector.store.postgres.db import Connection
from models.trace.certificate import FREED, HELD


@dataclass(frozen=True)
class Followed:
    """What followed of a correction.

    ``test`` is the test that stands now; ``freed`` and ``held`` whether its lot was; ``opened``,
    ``closed`` and ``noted`` are numbers of non-conformities.
    """

    test: int | None
    freed: bool = False
    held: bool = False
    opened: str | None = None
    closed: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()


def correct(
    conn: Connection,
    wrong: LotTest,
    lot: Lot,
    right: Result | None,
    what: str,
    reason: str,
    who: Who,
) -> Followed:
    """Strike a result and keep the one that stands; call it last in a transaction.

    A sample that is in order after all frees its lot, if the lot is held because of it and nothing
    else was said since, and closes what it opened. One that is not in order after all holds its lot
    and opens a non-conformity.

    Parameters
    ----------
    conn : Connection
    wrong : LotTest
    lot : Lot
        Whose test it is.
    right : Result or None
        None: it was no test of this lot.
    what : str
        What a non-conformity says, where one is opened.
    reason : str
        Why it was wrong.
    who : Who

    Raises
    ------
    StruckBefore
    MovedOn
        When somebody does something with a non-conformity of it at the same moment.
    """
    told = lot_events.teller_of_test(conn, lot.code, wrong.id)
    others = [told[0]] if told else []
    lot_events.keep_chains(conn, [who.person, None], who.at, *others)
    now = lot_marks.test_of(conn, wrong.id)  # of two at once the second waited for the chains
    if now is None or now.struck is not None:
        raise StruckBefore(f"test {wrong.id} of lot {lot.code}: was corrected before")
    of = plans.of_test(conn, wrong.id)
    number = _keep(conn, of and of[0], lot.code, right, who)
    lot_marks.strike(conn, wrong, number, reason, who)
    if of is None:
        return Followed(number)
    plan, failed = of[0], right is not None and not right.passed
    open_ones = findings.of_sample(conn, plan, lot.code)
    evidence = "" if right is None else right.report
    for finding, steps, state in open_ones:
        new = state if failed else findings.CLOSED
        findings.result_corrected(conn, finding, steps, new, evidence, reason, who)
    numbers = tuple(each for each, *_ in open_ones)
    if not failed:
        freed = not wrong.passed and _free(conn, plan, lot.code, reason, who)
        return Followed(number, freed=freed, closed=numbers)
    if not wrong.passed and numbers:
        return Followed(number, noted=numbers)
    opened = plans.fail(conn, plan, lot, what, who)
    return Followed(number, held=True, opened=opened)


def _keep(
    conn: Connection, plan: str | None, lot: str, right: Result | None, who: Who
) -> int | None:
    if right is None:
        return None
    if plan is not None:
        return plans.keep_result(conn, plan, lot, right, who)
    test = (right.kind, right.day, right.substances, right.passed, right.tested_by, right.report)
    return lot_marks.add_test(conn, lot, *test, who)


def _free(conn: Connection, plan: str, lot: str, reason: str, who: Who) -> bool:
    """Free a lot that is held because of a plan's sample; true where it was."""
    newest = next(iter(lot_marks.states(conn, lot)), None)
    if (
        newest is None
        or newest.what != HELD
        or not newest.reason.startswith(held_because(plan, ""))
    ):
        return False
    lot_marks.set_state(conn, lot, FREED, held_because(plan, reason), who)
    return True
