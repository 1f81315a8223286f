"""The job that sends subscribers what is new, with real receivers that behave well and badly."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from collector.jobs.context import Context
from collector.jobs.trace_callbacks import JOBS, call_back
from collector.settings import Settings, SettingsError
from collector.store import audit
from collector.store.postgres import db
from collector.store.trace import callbacks, parties, subscriptions, trace_asked, traced
from collector.store.trace.subscriptions import Subscription, Wanted
from models.exchange.epcis.reading import check, read_document
from tests.collector.conftest import NOW, FixedClock
from tests.collector.receiver import Receiver, receiving, reset, status

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
WEB_KEY = base64.b64encode(bytes(32)).decode()
HERE = replace(Settings.from_env({}), webhooks_here=True, web_key=WEB_KEY)
LOT = "https://id.gs1.org/01/06901234567892/21/"
SECOND = timedelta(seconds=1)


@dataclass
class Chain:
    """A database in which parties capture, subscribe, and are sent what is new."""

    pool: db.Pool
    now: datetime = NOW
    real: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    def capture(
        self, party: str, *things: int, at: datetime | None = None, **more: Any
    ) -> list[str]:
        """Capture one event for each thing; return their ids."""
        with self.pool.connection() as conn:
            return capture(conn, party, *things, at=at or self.now, **more)

    def subscribe(self, party: str, dest: str, query: Any = None, **more: Any) -> str:
        with self.pool.connection() as conn:
            name = f"q{len(trace_asked.named(conn, party, '', 1000))}"
            trace_asked.put_named(conn, party, name, query or {}, self.now)
            wanted = Wanted(name, dest, None, "Never_Translates", None, None, False)
            return subscriptions.add(conn, party, replace(wanted, **more), self.now)

    def look(self, name: str) -> Subscription:
        with self.pool.connection() as conn, conn.cursor() as cur:
            cur.execute("SELECT party, query FROM trace_subscription WHERE id = %s", (name,))
            party, query = cur.fetchone()  # type: ignore[misc]
            found = subscriptions.one(conn, party, query, name)
        assert found is not None
        return found

    def run(self, timeout_s: float = 5.0, **more: Any) -> dict[str, Any]:
        context = Context(self.pool, self.now, more.pop("settings", HERE), **more)
        return dict(call_back(context, self.real, timeout_s).params)

    def later(self, pause: timedelta) -> None:
        self.now += pause
        self.real.moment += pause


def capture(conn: db.Connection, party: str, *things: int, at: datetime, **more: Any) -> list[str]:
    events = [
        {
            "type": "ObjectEvent",
            "eventTime": "2016-04-30T06:00:00+08:00",
            "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE",
            "bizStep": "packing",
            "epcList": [f"{LOT}{thing}"],
            **more,
        }
        for thing in things
    ]
    right = [check(each, CONTEXT, at) for each in events]
    assert traced.add(conn, party, CONTEXT, right, all_or_none=True, at=at).new == len(right)
    return [each.id for each in right]


@pytest.fixture
def chain(dsn: str) -> Iterator[Chain]:
    pool = db.Pool(dsn)
    with pool.connection() as conn:
        for party in ("packer", "carrier", "shop"):
            parties.make_token(conn, party, party.title(), NOW)
    yield Chain(pool)
    pool.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_a_stream_is_sent_what_comes_once_in_its_order_and_signed(
    chain: Chain, receiver: Receiver
) -> None:
    chain.capture("packer", 1)  # before it was subscribed to
    name = chain.subscribe("packer", receiver.url, {"EQ_bizStep": ["packing"]}, token="秘密")
    assert chain.run() == {"deliveries": 0, "events": 0, "failed": 0}
    told = chain.capture("packer", 2, 3) + chain.capture("packer", 4)
    chain.capture("packer", 5, bizStep="storing")
    assert chain.run() == {"deliveries": 1, "events": 3, "failed": 0}
    assert receiver.batches() == [told]
    told += chain.capture("packer", 6)
    chain.run()
    chain.run()
    assert receiver.events() == told
    path, headers, body = receiver.asked[0]
    assert path == "/hook?of=us"
    assert headers["Content-Type"] == "application/json"
    assert headers["GS1-EPCIS-Version"] == headers["GS1-CBV-Version"] == "2.0.0"
    seal = hmac.new("秘密".encode(), body, hashlib.sha256).hexdigest()
    assert headers["GS1-Signature"] == f"sha256={seal}"
    results = json.loads(body)["epcisBody"]["queryResults"]
    assert (results["subscriptionID"], results["queryName"]) == (name, "q0")
    assert len(read_document(body).events) == 3  # a document of the standard
    assert headers["Idempotency-Key"] != receiver.asked[1][1]["Idempotency-Key"]
    found = chain.look(name)
    assert (found.notified, found.last_run, found.failing) == (NOW, NOW, None)


def test_without_a_token_nothing_is_signed(chain: Chain, receiver: Receiver) -> None:
    chain.subscribe("packer", receiver.url)
    chain.capture("packer", 1)
    chain.run()
    assert "GS1-Signature" not in receiver.asked[0][1]


def test_a_party_is_sent_what_it_may_see_and_what_is_opened_to_it(
    chain: Chain, receiver: Receiver
) -> None:
    """The carrier is told how a thing was packed once it has handled the thing itself."""
    chain.subscribe("carrier", receiver.url)
    packed = chain.capture("packer", 1, 2)
    chain.run()
    assert receiver.asked == []
    carried = chain.capture("carrier", 1, bizStep="loading")
    chain.run()
    assert sorted(receiver.events()) == sorted([packed[0], *carried])
    more = chain.capture("packer", 1, bizStep="shipping")
    chain.capture("packer", 2, bizStep="shipping")
    chain.run()
    assert receiver.batches()[1:] == [more]


def test_what_was_recorded_before_it_began_is_not_opened_later(
    chain: Chain, receiver: Receiver
) -> None:
    chain.capture("packer", 1)
    chain.subscribe("carrier", receiver.url)
    carried = chain.capture("carrier", 1, bizStep="loading")
    chain.run()
    assert receiver.events() == carried


def test_it_begins_at_the_time_that_is_given(chain: Chain, receiver: Receiver) -> None:
    chain.capture("packer", 1)
    chain.later(10 * SECOND)
    told = chain.capture("packer", 2)
    chain.subscribe("packer", receiver.url, initial=chain.now)
    chain.subscribe("packer", receiver.url, initial=chain.now + timedelta(hours=1))
    chain.run()
    assert receiver.events() == told


def test_large_batches_are_cut_and_none_is_lost_at_the_cut(
    chain: Chain, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain.subscribe("packer", receiver.url)
    told = chain.capture("packer", *range(250))
    chain.run()
    assert [len(batch) for batch in receiver.batches()] == [100, 100, 50]
    assert receiver.events() == told
    monkeypatch.setattr(callbacks, "MOST_BYTES", 700)
    monkeypatch.setattr(callbacks, "WINDOW", 7)
    more = chain.capture("packer", *range(300, 320))
    chain.run()
    assert max(len(batch) for batch in receiver.batches()[3:]) == 3
    assert receiver.events() == told + more


def test_things_opened_at_one_place_in_the_order_are_not_lost_at_the_cut(
    chain: Chain, receiver: Receiver
) -> None:
    """All that one event opens has one place, and the event itself is not asked for."""
    chain.subscribe("carrier", receiver.url, {"EQ_bizStep": ["packing"]})
    packed = chain.capture("packer", *range(250))
    chain.capture("carrier", 0, epcList=[f"{LOT}{n}" for n in range(250)], bizStep="loading")
    chain.run()
    assert receiver.events() == packed


def test_who_cannot_take_so_much_is_sent_less(chain: Chain, receiver: Receiver) -> None:
    name = chain.subscribe("packer", receiver.url)
    told = chain.capture("packer", *range(10))
    receiver.answers = [status(413), status(413)]
    chain.run()
    assert [len(batch) for batch in receiver.batches()] == [10, 5, 2, 2, 2, 2, 2]
    assert [each for batch in receiver.batches()[2:] for each in batch] == told
    chain.capture("packer", 11)
    receiver.answers = [status(413)]
    assert chain.run()["failed"] == 1  # one event alone cannot be cut
    assert chain.look(name).failure == "answered 413"


@pytest.mark.parametrize("bad", [status(500), reset, status(302, Location="http://127.0.0.1:1/")])
def test_what_was_not_taken_comes_again_as_it_was(
    chain: Chain, receiver: Receiver, bad: Any
) -> None:
    name = chain.subscribe("packer", receiver.url)
    told = chain.capture("packer", 1, 2)
    receiver.answers = [bad]
    assert chain.run() == {"deliveries": 0, "events": 0, "failed": 1}
    more = chain.capture("packer", 3)
    assert chain.run()["deliveries"] == 0  # its pause is not over
    found = chain.look(name)
    assert (found.failing, found.attempts, found.not_before) == (NOW, 1, NOW + 10 * SECOND)
    assert found.notified is None
    chain.later(10 * SECOND)
    assert chain.run() == {"deliveries": 2, "events": 3, "failed": 0}
    assert receiver.batches() == [told, told, more]
    (_, first, body), (_, second, again), _ = receiver.asked
    assert first["Idempotency-Key"] == second["Idempotency-Key"]
    assert body == again
    assert chain.look(name).failing is None


def test_pauses_grow_and_in_the_end_it_is_given_up(chain: Chain, receiver: Receiver) -> None:
    name = chain.subscribe("packer", receiver.url)
    chain.capture("packer", 1)
    receiver.answers = [status(503)] * 1000
    pauses = []
    while chain.look(name).ended is None:
        chain.run()
        after = chain.look(name).not_before
        assert after is not None
        pauses.append(after - chain.now)
        chain.later(pauses[-1])
    assert pauses[:7] == list(callbacks.PAUSES)
    assert set(pauses[6:]) == {callbacks.PAUSES[-1]}
    found = chain.look(name)
    assert found.failing is not None
    assert found.ended is not None
    assert callbacks.GIVE_UP <= found.ended - found.failing < callbacks.GIVE_UP + pauses[-1]
    asked = len(receiver.asked)
    chain.later(timedelta(days=1))
    chain.run()
    assert len(receiver.asked) == asked


def test_who_hangs_holds_nobody_up(chain: Chain, receiver: Receiver) -> None:
    """Three subscriptions of the packer hang; the shop is sent its own meanwhile."""
    served = threading.Event()
    with receiving() as hanging:
        for _ in range(3):
            chain.subscribe("packer", hanging.url)
        hanging.answers = [lambda _: served.wait(30) and None] * 3
        chain.subscribe("shop", receiver.url)
        chain.capture("packer", 1)
        told = chain.capture("shop", 2)
        receiver.answers = [lambda handler: (status(200)(handler), served.set())[0]]
        done: list[Any] = []
        thread = threading.Thread(target=lambda: done.append(chain.run(timeout_s=20)))
        thread.start()
        assert served.wait(15)
        assert receiver.events() == told
        thread.join()


def test_one_party_alone_does_not_take_every_place(chain: Chain, receiver: Receiver) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    def count(handler: Any) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        receiver.over.wait(0.3)
        with lock:
            at_once -= 1
        status(200)(handler)

    receiver.answers = [count] * 6
    for _ in range(6):
        chain.subscribe("packer", receiver.url)
    chain.capture("packer", 1)
    assert chain.run()["deliveries"] == 6
    assert most == 2


def test_of_two_that_send_at_once_one_does(chain: Chain, receiver: Receiver) -> None:
    name = chain.subscribe("packer", receiver.url)
    chain.capture("packer", 1)
    with chain.pool.connection() as one:
        first = callbacks.claim(one, name, chain.now, chain.now)
        found: list[Any] = []

        def other() -> None:
            with chain.pool.connection() as conn:
                found.append(callbacks.claim(conn, name, chain.now, chain.now))

        thread = threading.Thread(target=other)
        thread.start()
    thread.join()
    assert first is not None
    assert found == [None]


def test_who_ended_over_a_delivery_leaves_it_to_the_next(chain: Chain, receiver: Receiver) -> None:
    name = chain.subscribe("packer", receiver.url)
    told = chain.capture("packer", 1)
    with chain.pool.connection() as conn:
        lost = callbacks.claim(conn, name, chain.now, chain.now)
    assert lost is not None
    assert chain.run()["deliveries"] == 0  # it may be on its way
    chain.later(callbacks.LOST + SECOND)
    chain.run()
    assert receiver.events() == told
    assert receiver.asked[0][1]["Idempotency-Key"] == lost.key
    with chain.pool.connection() as conn:  # who lost the claim changes nothing any more
        assert not callbacks.taken(conn, lost, chain.now)
        callbacks.failed(conn, lost, "too late", chain.now)
        callbacks.too_large(conn, lost)
    assert chain.look(name).failing is None


def test_a_query_that_cannot_be_asked_holds_nobody_up(chain: Chain, receiver: Receiver) -> None:
    name = chain.subscribe("packer", receiver.url)
    chain.subscribe("packer", receiver.url)
    with chain.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("""UPDATE trace_query SET query = '{"EQ_gone": ["x"]}' WHERE name = 'q0'""")
    told = chain.capture("packer", 1)
    chain.run()
    assert receiver.events() == told
    assert (
        chain.look(name).failure
        == "the query cannot be asked here: EQ_gone: there is no such parameter"
    )
    assert chain.run()["deliveries"] == 0
    with chain.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("UPDATE trace_query SET query = '{}' WHERE name = 'q0'")
    chain.later(timedelta(hours=1))
    chain.run()
    assert receiver.events() == told * 2


def ask(chain: Chain, query: str, name: str = "q0") -> None:
    with chain.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("UPDATE trace_query SET query = %s WHERE name = %s", (query, name))


def test_who_is_sent_nothing_because_of_its_query_is_told_so_once(
    chain: Chain, receiver: Receiver
) -> None:
    receiver.answers = [status(503)]
    name = chain.subscribe("packer", receiver.url, token="secret")
    ask(chain, '{"EQ_gone": ["x"]}')
    chain.capture("packer", 1)
    for _ in range(3):  # the first is not taken, the second is, and no third comes
        chain.run()
        chain.later(timedelta(hours=1))
    first, second = receiver.asked
    assert first[2] == second[2]
    assert first[1]["Idempotency-Key"] == second[1]["Idempotency-Key"]
    seal = hmac.new(b"secret", second[2], hashlib.sha256).hexdigest()
    assert second[1]["GS1-Signature"] == f"sha256={seal}"
    assert receiver.problems()[1] == {
        "type": "epcisException:QueryParameterException",
        "title": "A parameter of the query is not right",
        "status": 400,
        "detail": "the query cannot be asked here: EQ_gone: there is no such parameter",
        "queryName": "q0",
        "subscriptionID": name,
    }
    ask(chain, "{}")
    chain.run()
    assert len(receiver.events()) == 1
    ask(chain, '{"EQ_gone": ["x"]}')  # it fails anew, and that is told anew
    chain.capture("packer", 2)
    chain.run()
    assert len(receiver.problems()) == 3


def test_a_query_that_takes_too_long_is_ended_and_told(
    chain: Chain, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "LONGEST_MS", 300)
    name = chain.subscribe("packer", receiver.url)
    chain.capture("packer", 1)
    with chain.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("LOCK TABLE trace_handled IN ACCESS EXCLUSIVE MODE")
        chain.run()
    (told,) = receiver.problems()
    assert told["type"] == "epcisException:QueryTooComplexException"
    assert told["status"] == 413
    assert chain.look(name).failure == "the query takes too long; ask for less"
    chain.later(timedelta(hours=1))
    chain.run()
    assert len(receiver.events()) == 1


def test_a_fault_of_ours_is_told_without_its_words(
    chain: Chain, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain.subscribe("packer", receiver.url)
    chain.capture("packer", 1)

    def broken(*given: Any, **more: Any) -> None:
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr(trace_asked, "news", broken)
    chain.run()
    (told,) = receiver.problems()
    assert told["type"] == "epcisException:ImplementationException"
    assert told["detail"] == "the query cannot be asked here: ZeroDivisionError"


def kept_tokens(chain: Chain) -> list[tuple[str | None, bytes | None]]:
    with chain.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("SELECT token, token_sealed FROM trace_subscription ORDER BY query")
        return [(token, None if sealed is None else bytes(sealed)) for token, sealed in cur]


def test_a_token_that_stood_in_the_clear_is_encrypted_by_the_next_run(
    chain: Chain, receiver: Receiver
) -> None:
    chain.subscribe("packer", receiver.url, token="secret-1")
    chain.subscribe("packer", receiver.url)
    assert kept_tokens(chain) == [("secret-1", None), (None, None)]
    chain.run()
    (first, second) = kept_tokens(chain)
    assert second == (None, None)
    assert first[0] is None
    assert first[1]
    assert b"secret-1" not in first[1]
    chain.capture("packer", 1)
    chain.run()
    signed = {headers.get("GS1-Signature") for _, headers, _ in receiver.asked}
    body = receiver.asked[0][2] if "GS1-Signature" in receiver.asked[0][1] else receiver.asked[1][2]
    seal = hmac.new(b"secret-1", body, hashlib.sha256).hexdigest()
    assert signed == {None, f"sha256={seal}"}


def test_what_cannot_be_signed_does_not_go_out_and_says_what_to_do(
    chain: Chain, receiver: Receiver
) -> None:
    name = chain.subscribe("packer", receiver.url, token="secret-1")
    chain.run()
    chain.capture("packer", 1)
    other = replace(HERE, web_key=base64.b64encode(bytes(31) + b"1").decode())
    assert chain.run(settings=other)["failed"] == 1
    assert receiver.asked == []
    assert "does not open the signatureToken; give the jobs the same web.key" in str(
        chain.look(name).failure
    )
    chain.later(timedelta(minutes=1))
    chain.run(settings=replace(HERE, web_key="short"))
    assert "NONGQING_WEB_KEY: is not the base64 of 32 bytes" in str(chain.look(name).failure)
    chain.later(timedelta(minutes=1))
    assert chain.run() == {"deliveries": 1, "events": 1, "failed": 0}


def test_a_token_whose_key_is_wanting_stays_and_holds_nobody_up(
    chain: Chain, receiver: Receiver
) -> None:
    chain.subscribe("packer", receiver.url, token="secret-1")
    chain.capture("packer", 1)
    broken = replace(HERE, web_key="short")
    assert chain.run(settings=broken) == {"deliveries": 1, "events": 1, "failed": 0}
    assert kept_tokens(chain) == [("secret-1", None)]


def test_a_schedule_is_kept(chain: Chain, receiver: Receiver) -> None:
    """NOW is 12:00 UTC: next at 13:05, with what was recorded until then."""
    schedule = {"minute": "5", "hour": "[13-14]"}
    name = chain.subscribe("packer", receiver.url, schedule=schedule)
    told = chain.capture("packer", 1)
    chain.later(timedelta(hours=1, minutes=4))
    assert chain.run()["deliveries"] == 0
    chain.later(timedelta(minutes=1))
    told += chain.capture("packer", 2)
    assert chain.run()["events"] == 2
    later = chain.capture("packer", 3)
    assert chain.run()["deliveries"] == 0
    chain.later(timedelta(days=3))  # several times passed while nobody ran: made up for once
    assert chain.run()["deliveries"] == 1
    assert receiver.batches() == [told, later]
    chain.later(timedelta(hours=1))
    assert chain.run()["deliveries"] == 0  # nothing new, and nobody wants to hear so
    assert chain.look(name).last_run == chain.now


def test_an_empty_run_is_told_to_who_wants_it(chain: Chain, receiver: Receiver) -> None:
    schedule = {"minute": "5"}
    chain.subscribe("packer", receiver.url, schedule=schedule, report_if_empty=True)
    chain.later(timedelta(minutes=5))
    assert chain.run() == {"deliveries": 1, "events": 0, "failed": 0}
    assert receiver.batches() == [[]]
    assert read_document(receiver.asked[0][2]).events == []
    chain.run()
    assert len(receiver.asked) == 1
    told = chain.capture("packer", 1)
    chain.later(timedelta(hours=1))
    receiver.answers = [status(500)]
    chain.run()
    chain.later(10 * SECOND)
    chain.run()
    assert receiver.batches() == [[], told, told]  # a run with events is no empty one as well


def test_a_capture_that_ends_late_is_not_passed_over(
    chain: Chain, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two captures at once, the one that had its ids first may be seen last."""
    chain.subscribe("packer", receiver.url)
    chain.subscribe("carrier", receiver.url)
    chain.capture("shop", 9)  # its context is there; two new ones would wait for each other
    inside, go_on, append = threading.Event(), threading.Event(), traced.audit.append

    def slowly(conn: db.Connection, actor: str, *rest: Any, **more: Any) -> int:
        if actor == "party:packer":
            inside.set()
            assert go_on.wait(30)
        return append(conn, actor, *rest, **more)

    monkeypatch.setattr(traced.audit, "append", slowly)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.extend(chain.capture("packer", 1))),
        threading.Thread(target=lambda: found.extend(chain.capture("carrier", 2))),
    ]
    threads[0].start()
    assert inside.wait(30)
    threads[1].start()
    threads[1].join(2)  # as long as it would need if nothing held it
    chain.run()
    go_on.set()
    for each in threads:
        each.join()
    chain.run()
    assert sorted(receiver.events()) == sorted(found)
    assert len(found) == 2


def test_the_time_of_recording_never_goes_back(chain: Chain) -> None:
    """Who asks for what was recorded since a time that was told misses nothing."""
    with chain.pool.connection() as conn:
        capture(conn, "packer", 1, at=NOW)
        capture(conn, "carrier", 2, at=NOW - 10 * SECOND)
        found = trace_asked.events(conn, "carrier", callbacks.of_named({}), None, 10)
        assert [each.recorded for each in found] == [NOW]
        capture(conn, "packer", 3, at=NOW + timedelta(days=400))  # by a clock that was wrong
        capture(conn, "carrier", 4, at=NOW)
        found = trace_asked.events(conn, "carrier", callbacks.of_named({}), None, 10)
        assert [each.recorded for each in found] == [NOW, NOW]
        assert traced.look(conn, "carrier").whole


def test_addresses_are_looked_at_when_it_is_sent(chain: Chain, receiver: Receiver) -> None:
    name = chain.subscribe("packer", f"https://localhost:{receiver.port}/")
    chain.capture("packer", 1)
    assert chain.run(settings=Settings.from_env({}))["failed"] == 1
    assert receiver.asked == []
    assert "name of a network of ours" in str(chain.look(name).failure)


def test_a_service_that_is_about_to_end_takes_nothing_up(chain: Chain, receiver: Receiver) -> None:
    chain.subscribe("packer", receiver.url)
    chain.capture("packer", 1)
    stopping = threading.Event()
    stopping.set()
    assert chain.run(stopping=stopping)["deliveries"] == 0
    assert receiver.asked == []


def test_the_job_is_wanted_when_there_is_something_to_send(
    chain: Chain, receiver: Receiver
) -> None:
    (job,) = JOBS
    assert job.wanted is not None
    context = Context(chain.pool, chain.now, HERE)
    chain.subscribe("packer", receiver.url)
    assert not job.wanted(context)
    chain.capture("packer", 1)
    assert job.wanted(context)
    chain.run()
    assert not job.wanted(context)


def test_a_query_that_is_deleted_takes_its_subscriptions_along(
    chain: Chain, receiver: Receiver
) -> None:
    chain.subscribe("packer", receiver.url)
    chain.capture("packer", 1)
    with chain.pool.connection() as conn:
        assert trace_asked.drop_named(conn, "packer", "q0")
    assert chain.run()["deliveries"] == 0


def test_who_subscribed_and_ended_it_is_in_the_audit_log(chain: Chain) -> None:
    name = chain.subscribe("packer", "https://example.org/")
    with chain.pool.connection() as conn:
        assert subscriptions.drop(conn, "packer", "q0", name, NOW)
        assert not subscriptions.drop(conn, "packer", "q0", name, NOW)
        found = audit.entries(conn, actor="party:packer")
    assert [each.action for each in found] == ["events_unsubscribed", "events_subscribed"]
    assert found[0].detail == {"query": "q0", "subscription": name}


def test_the_setting_that_allows_this_machine() -> None:
    assert Settings.from_env({"NONGQING_WEBHOOKS": "here"}).webhooks_here
    assert not Settings.from_env({}).webhooks_here
    assert not Settings.from_env({"NONGQING_WEBHOOKS": "public"}).webhooks_here
    with pytest.raises(SettingsError, match='NONGQING_WEBHOOKS: "yes": write public, or here'):
        Settings.from_env({"NONGQING_WEBHOOKS": "yes"})
