"""Traceability at size: capture, trace, recall, queries and ways in, over so many events.

One run on an embedded PostgreSQL: a story told by 298 parties (`_trace_story.py`). Most of it is
added by the store's own code in batches of 2,000 events that come with their ids, so that no hash
is computed; the last 15,000 are captured as `/epcis/capture` does, in documents of 100 events, in
turn with the hash library alone on the same events. Then consignments are followed and recalled,
and parties with much and with little ask. Prints each figure beside its bar; exit code 1 when a bar
is missed. Figures are the time of processors here and in the server process, so that other work on
the machine counts little; in brackets stands what went by on the clock, with waiting for the disk.
A million events (`--events 1000000`) take about half an hour.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psycopg2.extensions
from _trace_story import (
    BOXES,
    CONTEXT,
    END,
    EVENTS,
    MANY,
    PARTIES,
    Consignment,
    Event,
    Recalled,
    consignment,
    place,
    product,
)
from epcis_event_hash_generator import hash_generator, json_to_py
from epcis_event_hash_generator import json_xml_model_mismatch_correction as shapes

from collector.one_machine.embedded import EmbeddedPostgres
from collector.store.postgres import db
from collector.store.trace import captures, following, parties, traced
from models.exchange.epcis import identity
from models.exchange.epcis.contexts import prefixes
from models.exchange.epcis.reading import check, read_document
from webapp import create_app

NOW = END + timedelta(days=30)
PER_DOCUMENT, PER_BATCH = 100, 2000
#: Documents that are captured and measured, in so many rounds.
DOCUMENTS, ROUNDS = 150, 5
CAPTURE_SHARE, TRACE_MS, TRACE_QUERIES, RECALL_S = 0.5, 300.0, 3, 2.0
REPEATS = 20
#: What is told of all: processors' time, by which bars are judged, and the clock's.
WAYS = ("cpu", "clock")


class Clock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW

    def spec(self) -> str:
        return "fixed"

    def real_seconds(self, seconds: float) -> float:
        return seconds


class Counting(psycopg2.extensions.cursor):
    """A cursor that counts what is sent to the database."""

    sent: Counter[str] = Counter()

    def execute(self, query: Any, params: Any = None) -> None:
        self.sent["all"] += 1
        super().execute(query, params)


def say(name: str, figure: str, bar: str = "", good: bool = True) -> bool:
    """Print a figure, and its bar if it has one."""
    verdict = f"   bar {bar:<10} {'ok' if good else 'MISSED'}" if bar else ""
    print(f"{name:<58} {figure:>16}{verdict}", flush=True)
    return good


def p95(seconds: list[float]) -> float:
    """The time that 19 of 20 stay below [ms]."""
    return 1000 * statistics.quantiles(seconds, n=20, method="inclusive")[-1]


@dataclass(frozen=True)
class Spent:
    """What something took [s]: on the clock, and of processors here and in the server."""

    clock: float
    cpu: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.clock - other.clock, self.cpu - other.cpu)


def spent(servers: Iterable[int]) -> Spent:
    """What was spent until now; `servers`: processes that serve our connections."""
    there = sum(int(Path(f"/proc/{each}/schedstat").read_text().split()[0]) for each in servers)
    return Spent(time.perf_counter(), time.process_time() + there / 1e9)


def times(conn: db.Connection, work: Callable[[], object], repeats: int = REPEATS) -> list[Spent]:
    """What something takes, again and again."""
    found, server = [], [conn.info.backend_pid]
    for _ in range(repeats):
        start = spent(server)
        work()
        found.append(spent(server) - start)
    return found


def both(taken: list[Spent], digits: int = 0) -> tuple[float, str]:
    """The p95 of processors [ms], and a text of it beside that of the clock."""
    cpu, clock = p95([each.cpu for each in taken]), p95([each.clock for each in taken])
    return cpu, f"{cpu:.{digits}f} ({clock:.{digits}f}) ms"


def add(conn: db.Connection, party: str, events: list[Event]) -> None:
    """Add events by the store's own code."""
    right = [check(each, CONTEXT, NOW) for each in events]
    with conn:
        traced.add(conn, party, CONTEXT, right, all_or_none=True, at=NOW)


def fill(conn: db.Connection, whole: Iterable[Consignment]) -> int:
    """Add consignments in batches; return how many events they have."""
    waiting: defaultdict[str, list[Event]] = defaultdict(list)
    number = 0
    for each in whole:
        for party, event in each.events():
            number += 1
            waiting[party].append({**event, "eventID": f"urn:uuid:{UUID(int=number)}"})
            if len(waiting[party]) == PER_BATCH:
                add(conn, party, waiting.pop(party))
    for party, events in waiting.items():
        add(conn, party, events)
    return number


def documents(whole: Iterable[Consignment]) -> list[tuple[str, list[Event]]]:
    """Events of consignments by their parties, in hundreds; what is left over is not captured."""
    waiting: defaultdict[str, list[Event]] = defaultdict(list)
    found = []
    for each in whole:
        for party, event in each.events():
            waiting[party].append(event)
            if len(waiting[party]) == PER_DOCUMENT:
                found.append((party, waiting.pop(party)))
    return found


def capture(conn: db.Connection, party: str, body: bytes) -> None:
    """Capture a document as a request and what follows it do."""
    read_document(body)
    with conn:
        name = captures.begin(conn, party, body, captures.ROLLBACK, NOW)
    with conn:
        captures.finish(conn, name, NOW)


def hash_alone(told: list[Event]) -> None:
    """Compute hashes of events by the library, of a whole document at once."""
    trees = [shapes.deep_structure_correction(json_to_py._json_to_py(each)) for each in told]
    found = hash_generator.epcis_hashes_from_events(("EventList", "", trees))
    assert len(found) == len(told)


def library(rows: list[list[Event]]) -> Spent:
    """How long the library takes for the hashes of documents, without what is done to help it.

    Its own reader of documents is left out, which expands them by JSON-LD before: words are
    written out here before it starts, so that it is as fast as it can be.
    """
    told = [[{k: identity._written(v, k, "") for k, v in e.items()} for e in row] for row in rows]
    names = prefixes(CONTEXT)
    json_to_py._namespaces = {name: f"{{{to}}}" for name, to in names.items()}
    start = spent([])
    for each in told:
        hash_alone(each)
    return spent([]) - start


def body_of(events: list[Event]) -> bytes:
    """A document of events."""
    frame = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2016-04-01T00:00:00Z",
        "epcisBody": {"eventList": events},
    }
    return json.dumps(frame).encode()


def captured(conn: db.Connection, sent: list[tuple[str, list[Event]]]) -> bool:
    """Capture documents, in turn with the library alone."""
    ours, theirs, server = [], [], [conn.info.backend_pid]
    events = PER_DOCUMENT * len(sent) // ROUNDS
    before = _events(conn)
    for number in range(ROUNDS):
        rows = sent[number::ROUNDS]
        theirs.append(library([row for _, row in rows]))
        bodies = [(party, body_of(row)) for party, row in rows]
        start = spent(server)
        for party, body in bodies:
            capture(conn, party, body)
        ours.append(spent(server) - start)
    assert _events(conn) == before + PER_DOCUMENT * len(sent)
    for name, taken in (("hash library alone", theirs), ("captured by 100", ours)):
        cpu, clock = (events / statistics.median(getattr(t, w) for t in taken) for w in WAYS)
        say(name, f"{cpu:.0f} ({clock:.0f}) events/s")
    share, clock = (
        statistics.median(getattr(t, w) / getattr(o, w) for o, t in zip(ours, theirs, strict=True))
        for w in WAYS
    )
    return say(
        f"captured / hash library alone, median of {ROUNDS} rounds",
        f"{share:.2f} ({clock:.2f})",
        f">= {CAPTURE_SHARE:g}",
        share >= CAPTURE_SHARE,
    )


def _events(conn: db.Connection) -> int:
    with conn, conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM trace_event")
        return int(cur.fetchall()[0][0])


def traced_through(conn: db.Connection, of: Recalled) -> bool:
    """Follow the large consignment both ways, and recall it."""
    good = True
    ways = {"forward": (following.forward, of.seed), "back": (following.back, of.unit)}
    conn.cursor_factory = Counting
    for name, (way, start) in ways.items():

        def trace(way: Any = way, start: str = start) -> tuple[list[str], list[Any]]:
            with conn:
                things = way(conn, start)
                return things, following.story(conn, things)

        Counting.sent.clear()
        things, steps = trace()
        sent = Counting.sent["all"]
        boxes = sum("/21/" in each for each in things)
        assert boxes == MANY, boxes
        say(f"trace {name}: boxes, things, events", f"{boxes}, {len(things)}, {len(steps)}")
        good &= say(
            f"trace {name}: questions to the database",
            str(sent),
            f"<= {TRACE_QUERIES}",
            sent <= TRACE_QUERIES,
        )
        with conn:
            taken, text = both(times(conn, lambda way=way, start=start: way(conn, start)))
        good &= say(f"trace {name}, p95", text, f"< {TRACE_MS:g} ms", taken < TRACE_MS)
        say(f"trace {name} with the story of it all, p95", both(times(conn, trace, 5))[1])
    with conn:
        held = following.recall(conn, of.seed)
        slowest, text = both(times(conn, lambda: following.recall(conn, of.seed), 5))
    assert sum("/21/" in each.thing for each in held) == MANY
    sold = sum(each.step == "retail_selling" for each in held)
    assert sold == MANY, sold
    return good & say(
        f"recall list of {len(held)} things, p95",
        text,
        f"< {RECALL_S:g} s",
        slowest < 1000 * RECALL_S,
    )


class Reader:
    """A party that asks."""

    def __init__(self, client: Any, token: str, servers: list[int]) -> None:
        self.client, self.headers = client, {"Authorization": f"Bearer {token}"}
        self.servers = servers

    def ask(self, path: str) -> Spent:
        """Ask; return what the answer took."""
        start = spent(self.servers)
        answer = self.client.get(f"/epcis{path}", headers=self.headers)
        answer.get_data()
        taken = spent(self.servers) - start
        assert answer.status_code == 200, (path, answer.text)
        answer.close()
        return taken


def questions(some: list[Consignment]) -> Iterator[tuple[str, list[str]]]:
    """Kinds of questions for events, and the addresses of each."""
    yield "by EPC", [f"/events?MATCH_anyEPC={quote(each.box(7), safe='')}" for each in some]
    lots = [quote(each.lot("ST"), safe="") for each in some]
    yield "by lot", [f"/events?MATCH_anyEPCClass={each}" for each in lots]
    steps = ("retail_selling", "shipping", "receiving", "packing", "storing", "inspecting")
    spans = [
        f"GE_eventTime={each.at:%Y-%m-%dT00:00:00Z}"
        f"&LT_eventTime={each.at + timedelta(days=14):%Y-%m-%dT00:00:00Z}"
        for each in some
    ]
    yield "by step and two weeks", [f"/events?EQ_bizStep={s}&{t}" for s in steps for t in spans[:4]]
    yield (
        "newest first by step",
        [f"/events?EQ_bizStep={s}&orderBy=eventTime&orderDirection=DESC" for s in steps],
    )
    gates = [quote(place(each.who["wholesale"], "2"), safe="") for each in some]
    yield "by read point", [f"/events?EQ_readPoint={each}" for each in gates]
    boxes = quote(f"{product(1)}/21/*", safe="")
    sold = f"/events?MATCH_anyEPC={boxes}&EQ_disposition=retail_sold"
    yield "by product, disposition and two weeks", [f"{sold}&{each}" for each in spans[:4]]
    yield "all, first page", ["/events"]


def asked(dsn: str, some: list[Consignment], of: Recalled) -> None:
    """Events and ways in, for parties with much and with little."""
    app = create_app(db.Pool(dsn), Clock())
    who = [of.packer, of.shop, "carrier-1", "wholesale-1", "nursery-1", "shop-1", "nobody"]
    with app.pool.connection() as conn:
        tokens = {each: parties.make_token(conn, each, each, NOW) for each in who}
        servers = [conn.info.backend_pid]  # one at a time is asked, and so one serves
    readers = [Reader(app.test_client(), token, servers) for token in tokens.values()]
    for name, paths in questions(some):
        taken = [reader.ask(path) for reader in readers for path in paths]
        say(f"events {name}, p95", both(taken, 1)[1])
    for view in ("epcs", "bizSteps", "bizLocations", "readPoints", "dispositions", "eventTypes"):
        taken = [reader.ask(f"/{view}") for reader in readers for _ in range(5)]
        say(f"/{view}, p95", both(taken, 1)[1])
    app.pool.close()


def prepare(conn: db.Connection) -> None:
    """Make the tables and the parties."""
    db.migrate(conn)
    with conn:
        for kind, count in PARTIES.items():
            for number in range(count):
                parties.add(conn, parties.Party(f"{kind}-{number}", f"{kind} {number}"), NOW)


def settle(conn: db.Connection) -> None:
    """Let the server look at what it has, as it does by itself by and by."""
    conn.autocommit = True
    with conn.cursor() as cur:
        cur.execute("VACUUM ANALYZE")
    conn.autocommit = False


def measure(dsn: str, events: int) -> bool:
    """Measure on an empty database; tell whether every bar is met."""
    conn = db.connect(dsn)
    prepare(conn)
    measured = DOCUMENTS * PER_DOCUMENT
    count = max(2, (events - measured) // EVENTS - MANY // BOXES)
    later = range(count, count + 2 * measured // EVENTS)
    sent = documents(consignment(each, count) for each in later)[:DOCUMENTS]
    start = time.perf_counter()
    added = fill(conn, (consignment(each, count) for each in range(count)))
    say("events added by the store in batches", f"{added}")
    say("at", f"{added / (time.perf_counter() - start):.0f} events/s")
    settle(conn)
    good = captured(conn, sent)
    say("events stored", f"{_events(conn)}")
    settle(conn)
    of = consignment(0, count).recalled()
    good &= traced_through(conn, of)
    conn.close()
    some = [consignment(1 + each * count // 10, count) for each in range(10)]
    asked(dsn, some, of)
    return good


def main() -> int:
    """Run on an embedded PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        server = EmbeddedPostgres(Path(folder) / "state")
        try:
            return 0 if measure(server.start(), events) else 1
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
