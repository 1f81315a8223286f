"""The jobs of the desk: trend, decisions that are over, messages that go out once, reminders."""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from collector.jobs.context import Context
from collector.jobs.desk import keep_desk, send_waiting
from collector.permissions import Grant
from collector.senders.message import LONGER, Message, Outcome
from collector.senders.settings import SmsSettings, parse_limits
from collector.store import people
from collector.store.advice import risk
from collector.store.bureau import decisions, deliveries, desk
from collector.store.bureau.decisions import MOST_SMS, By, NotNow, Overtaken
from collector.store.network import own_fields
from collector.store.network.own_fields import Entered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.store.postgres import db
    from collector.store.postgres.db import Connection, Pool

_spec = importlib.util.spec_from_file_location(
    "seed_of_the_desk", Path(__file__).parents[2] / "webapp" / "seed.py"
)
assert _spec is not None
assert _spec.loader is not None
seed: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(seed)
NOW = seed.NOW
KEY, COUNTY = ("410922104", "wheat_fhb", "winter_wheat"), "410922"
LI = By(1, "Li", NOW, "seen in the field")
EVERYWHERE = [Grant("officer", "city", "")]


@dataclass
class Recorder:
    """A sender that notes what it is given, and does with it as it is told."""

    outcome: Outcome = field(default_factory=Outcome.sent)
    given: list[Message] = field(default_factory=list)
    way: str = "recorder"

    def send(self, message: Message) -> Outcome:
        self.given.append(message)
        return self.outcome


def using(sender: Recorder, limits: str = "9/min") -> SmsSettings:
    return SmsSettings(sender, parse_limits(limits), "农情")


@pytest.fixture
def dsn(world_dsn: str) -> str:
    return world_dsn


@pytest.fixture
def world(conn: db.Connection) -> Iterator[Connection]:
    """The known world with an agent of the village and a farmer who keeps a field there."""
    agent = people.add(conn, "Agent", NOW, phone="+8613800000001")
    people.grant(conn, agent, "agent", "village", "qf-liuge", NOW, "test")
    farmer = people.add(conn, "Farmer", NOW, phone="+8613800000002")
    entered = Entered("河边", "open", 0.2, "loam", "winter_wheat", NOW.date(), "")
    own_fields.add(conn, farmer.id, "qf-liuge", entered, NOW)
    conn.commit()
    yield conn
    conn.rollback()


def publish(conn: Connection, sms: str = "清沟排水，见花打药", by: By = LI) -> int:
    seen = replace(decisions.find(conn, KEY, COUNTY), sms=sms)
    _, step, _ = decisions.publish(conn, seen, by, ["qf-liuge"])
    deliveries.queue(conn, step, ["qf-liuge"], sms, by.at)
    conn.commit()
    return step


def states(conn: Connection) -> list[tuple[str, str]]:
    conn.rollback()
    with conn.cursor() as cur:
        cur.execute("SELECT channel, state FROM delivery ORDER BY channel, state")
        return cur.fetchall()


def test_messages_go_to_farmers_and_agents_of_the_village_once(
    world: Connection, pool: Pool
) -> None:
    step = publish(world)
    deliveries.queue(world, step, ["qf-liuge"], "清沟排水", NOW)  # sent again by a slow browser
    world.commit()
    sender = Recorder()
    done = send_waiting(Context(pool, NOW), using(sender))
    assert "2 sent, 0 not, 0 put back" in str(done)
    assert {each.to for each in sender.given} == {"+8613800000001", "+8613800000002"}
    assert {each.text for each in sender.given} == {"【农情】农技提醒：清沟排水，见花打药"}
    assert "0 sent" in str(send_waiting(Context(pool, NOW), using(sender)))
    assert states(world) == [
        ("loudspeaker", "queued"),
        ("page", "sent"),
        ("sms", "sent"),
        ("sms", "sent"),
    ]
    (told,) = deliveries.told(world, decisions.find(world, KEY, COUNTY).id or 0)
    assert (told.messages, told.sent, told.heard, told.answered) == (2, 2, None, 0)


def test_the_longest_words_make_one_message_of_seventy_letters(
    world: Connection, pool: Pool
) -> None:
    assert LONGER["text"] == MOST_SMS
    publish(world, "长" * MOST_SMS)
    sender = Recorder()
    send_waiting(Context(pool, NOW), using(sender))
    assert {len(each.text) for each in sender.given} == {69}


def test_without_words_no_message_goes_out(world: Connection, pool: Pool) -> None:
    publish(world, "")
    sender = Recorder()
    send_waiting(Context(pool, NOW), using(sender))
    assert sender.given == []
    assert states(world) == [("loudspeaker", "queued"), ("page", "sent")]


def test_two_senders_at_once_send_each_message_once(world: Connection, pool: Pool) -> None:
    publish(world)
    sender = Recorder()
    threads = [
        threading.Thread(target=send_waiting, args=(Context(pool, NOW), using(sender)))
        for _ in range(3)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(sender.given) == 2


def test_a_message_whose_sender_died_goes_out_no_second_time(world: Connection, pool: Pool) -> None:
    class Dies(Recorder):
        def send(self, message: Message) -> Outcome:
            raise KeyboardInterrupt

    publish(world)
    with pytest.raises(KeyboardInterrupt):
        send_waiting(Context(pool, NOW), using(Dies()))
    assert ("sms", "sending") in states(world)
    sender = Recorder()
    send_waiting(Context(pool, NOW + timedelta(hours=2)), using(sender))
    assert len(sender.given) == 1  # the other one
    assert [state for channel, state in states(world) if channel == "sms"] == ["sent", "unknown"]


def test_one_that_is_not_taken_is_tried_again_and_then_given_up(
    world: Connection, pool: Pool
) -> None:
    publish(world)
    sender = Recorder(Outcome.failed("no route"))
    for attempt in range(1, 5):
        done = send_waiting(Context(pool, NOW + timedelta(minutes=attempt)), using(sender))
        last = attempt == deliveries.MOST_ATTEMPTS
        if attempt <= deliveries.MOST_ATTEMPTS:
            assert f"{2 if last else 0} not, {0 if last else 2} put back" in str(done)
    assert len(sender.given) == 2 * deliveries.MOST_ATTEMPTS
    assert [state for channel, state in states(world) if channel == "sms"] == ["failed"] * 2


def test_a_number_that_has_had_enough_gets_its_message_later(world: Connection, pool: Pool) -> None:
    publish(world)
    seen = replace(decisions.find(world, KEY, COUNTY), sms="第二条")
    _, step, _ = decisions.publish(world, seen, LI, ["qf-liuge"])
    deliveries.queue(world, step, ["qf-liuge"], "第二条", NOW)
    world.commit()
    sender = Recorder()
    assert "2 sent, 0 not, 2 put back" in str(
        send_waiting(Context(pool, NOW), using(sender, "1/min"))
    )
    later = Context(pool, NOW + timedelta(minutes=2))
    assert "2 sent" in str(send_waiting(later, using(sender, "1/min")))


def test_what_was_cancelled_does_not_go_out_any_more(world: Connection, pool: Pool) -> None:
    publish(world)
    decisions.cancel(world, decisions.find(world, KEY, COUNTY), LI)
    world.commit()
    sender = Recorder()
    send_waiting(Context(pool, NOW), using(sender))
    assert sender.given == []
    assert {state for channel, state in states(world) if channel != "page"} == {"stopped"}


def test_who_was_sent_a_message_is_told_once_when_it_is_taken_back(
    world: Connection, pool: Pool
) -> None:
    def act(what: Any, *more: Any) -> None:
        what(world, decisions.find(world, KEY, COUNTY), *more)
        world.commit()

    def told() -> list[str]:
        sender = Recorder()
        for _ in range(2):
            send_waiting(Context(pool, NOW), using(sender))
        return [each.text for each in sender.given]

    publish(world)
    assert len(told()) == 2
    act(decisions.cancel, LI)
    back = "柳格示范村：此前发的小麦赤霉病提醒已撤回，请先不要照做，等新的通知。"
    assert told() == [f"【农情】{back}"] * 2
    # cancelled again without a message in between: nobody has anything to be told
    act(decisions.act, "reopen", LI)
    act(decisions.publish, LI, ["qf-liuge"])
    act(decisions.cancel, LI)
    assert told() == []


def test_word_of_a_withdrawal_does_not_go_out_once_the_advice_holds_again(
    world: Connection, pool: Pool
) -> None:
    publish(world)
    sender = Recorder()
    send_waiting(Context(pool, NOW), using(sender))
    decisions.cancel(world, decisions.find(world, KEY, COUNTY), LI)
    decisions.act(world, decisions.find(world, KEY, COUNTY), "reopen", LI)
    decisions.publish(world, decisions.find(world, KEY, COUNTY), LI, ["qf-liuge"])
    world.commit()
    send_waiting(Context(pool, NOW), using(sender))
    assert len(sender.given) == 2
    assert [state for channel, state in states(world) if channel == "withdrawal"] == ["stopped"] * 2


def test_an_agent_of_a_village_that_is_late_is_reminded_once(world: Connection, pool: Pool) -> None:
    publish(world, "")
    late = NOW + deliveries.LATE + timedelta(minutes=1)
    sender = Recorder()
    keep_desk(Context(pool, NOW + timedelta(hours=1)))
    send_waiting(Context(pool, late), using(sender))
    assert sender.given == []
    for _ in range(2):
        keep_desk(Context(pool, late))
        send_waiting(Context(pool, late), using(sender))
    (reminder,) = sender.given
    assert reminder.to == "+8613800000001"
    assert "柳格示范村" in reminder.text
    assert "小麦赤霉病" in reminder.text
    number = decisions.find(world, KEY, COUNTY).id or 0
    assert deliveries.late(world, [number], late) == {number: 1}
    assert deliveries.hear(world, number, "qf-liuge", "door", "Agent", "", late)
    assert not deliveries.hear(world, number, "qf-mazhuangqiao", "door", "Agent", "", late)
    assert deliveries.late(world, [number], late) == {}
    assert deliveries.late(world, [], late) == {}


def test_a_decision_closes_by_itself_when_nothing_is_in_force(
    world: Connection, pool: Pool
) -> None:
    publish(world)
    assert "0 decisions closed" in str(keep_desk(Context(pool, NOW)))
    assert {row.place for row in desk.rows(world, EVERYWHERE, NOW + desk.TREND)} >= {KEY[0]}
    (row,) = [r for r in desk.rows(world, EVERYWHERE, NOW + desk.TREND) if r.place == KEY[0]]
    assert row.fields_before == row.fields == 2
    sites = [f"qf-liuge-{n}" for n in (1, 2)]
    risk.end_advisories(world, [(site, "winter_wheat", "wheat_fhb") for site in sites], NOW)
    world.commit()
    assert "1 decisions closed" in str(keep_desk(Context(pool, NOW + timedelta(days=1))))
    world.rollback()
    (last, first) = decisions.steps(world, KEY)
    assert (last.act, last.person, last.name) == ("close", None, "")
    assert first.act == "publish"
    assert desk.last_time(world, [KEY[0]])[KEY].name == "Li"
    assert decisions.find(world, KEY, COUNTY).state == "draft"


def test_a_step_on_what_somebody_changed_meanwhile_is_refused(world: Connection) -> None:
    seen = decisions.find(world, KEY, COUNTY)
    decisions.act(world, seen, "reject", By(2, "Wang", NOW, "not here"))
    with pytest.raises(Overtaken, match="rejected by Wang meanwhile; look again"):
        decisions.publish(world, seen, LI, ["qf-liuge"])
    with pytest.raises(NotNow, match="is rejected; publish is for draft, reviewed"):
        decisions.publish(world, decisions.find(world, KEY, COUNTY), LI, ["qf-liuge"])

    def reopen_twice() -> None:
        with decisions.all_or_none(world):
            for _ in range(2):
                decisions.act(world, decisions.find(world, KEY, COUNTY), "reopen", LI)

    with pytest.raises(NotNow):
        reopen_twice()
    assert decisions.find(world, KEY, COUNTY).state == "rejected"
