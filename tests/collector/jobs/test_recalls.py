"""Messages of recalls: out once, tried again where they were not taken."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from collector.jobs.context import Context
from collector.jobs.recalls import send_waiting
from collector.senders.message import LONGER, Outcome
from collector.store import people
from collector.store.inspection import recall_messages, recalls
from collector.store.lots import lots
from tests.collector.jobs.test_desk import Recorder, using
from tests.collector.store.lots.test_lots import NOW, TODAY, grower

if TYPE_CHECKING:
    from collector.store.postgres.db import Connection, Pool


@pytest.fixture
def number(registered: Connection) -> str:
    """A recall with a message to one person."""
    who, own = grower(registered)
    code = lots.harvest(registered, own, "garlic_scape", 800, TODAY, who)
    given = ("lot", code, own.village, 1, "克百威", who)
    number = recalls.start(registered, *given, drill=False)
    person = people.add(registered, "店员", NOW, phone="+8613812345679")
    recall_messages.queue(registered, number, "party:shop", [person.id], "停售封存", NOW)
    registered.commit()
    return number


def states(conn: Connection, number: str) -> dict[str, int]:
    conn.rollback()
    return recall_messages.of_recall(conn, number)["party:shop"]


def test_a_message_goes_out_once(registered: Connection, pool: Pool, number: str) -> None:
    sender = Recorder()
    done = send_waiting(Context(pool, NOW), using(sender))
    assert "1 sent, 0 not, 0 put back" in str(done)
    assert [(each.to, each.text) for each in sender.given] == [
        ("+8613812345679", "【农情】召回通知：停售封存")
    ]
    assert states(registered, number) == {"sent": 1}
    assert "0 sent" in str(send_waiting(Context(pool, NOW), using(sender)))


def test_one_that_is_not_taken_is_tried_again_and_then_given_up(
    registered: Connection, pool: Pool, number: str
) -> None:
    sender = Recorder(Outcome.failed("no route"))
    for attempt in range(recall_messages.MOST_ATTEMPTS + 1):
        send_waiting(Context(pool, NOW + timedelta(minutes=attempt)), using(sender))
    assert len(sender.given) == recall_messages.MOST_ATTEMPTS
    assert states(registered, number) == {"failed": 1}


def test_a_text_is_no_longer_than_a_message_takes() -> None:
    assert LONGER["text"] == recall_messages.MOST_TEXT
