"""Batches of NY/T 4712-2025 as events and back, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.exchange import nyt4712
from models.exchange.epcis.reading import check
from models.exchange.nyt4712 import (
    STAGES,
    Batch,
    BatchError,
    Record,
    event_of,
    read_record,
    record_of,
    write_record,
)
from models.trace.breaks import find_breaks, read_told
from models.trace.private import PrivateError
from models.trace.telling import Amount, Grown, Made, harvested

HOST, AT = "trace.example.cn", datetime(2026, 5, 10, 1, 30, tzinfo=UTC)
CONTEXT = {"nongqing": "urn:nongqing:epcis:"}
COOP, MARKET = "93410922MA0000000X", "91410900MA0000000Y"
GROWN = Record(Batch(COOP, "IN-1"), False, "production", "garlic_scape", 800.0, AT)
SOLD = Record(
    Batch(COOP, "OUT-1"),
    True,
    "production",
    "garlic_scape",
    500.0,
    AT + timedelta(hours=2),
    ((GROWN.batch, 505.5),),
    MARKET,
)
TAKEN = Record(
    Batch(MARKET, "IN-9"),
    False,
    "purchase",
    "garlic_scape",
    498.0,
    AT + timedelta(hours=5),
    ((SOLD.batch, 500.0),),
)
FOUND = Record(Batch(MARKET, "IN-10"), False, "purchase", "tomato", 5.0, AT)
CHAIN = (GROWN, SOLD, TAKEN, FOUND)

codes = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}", fullmatch=True)
batches = st.builds(Batch, st.from_regex(r"[0-9A-Z]{6,32}", fullmatch=True), codes)
weights = st.floats(0.001, 1e6)
times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def records(draw: st.DrawFn) -> Record:
    out, stage = draw(st.booleans()), draw(st.sampled_from(sorted(STAGES)))
    fewest = 1 if out else 0
    most = 3 if out or stage != "production" else 0
    sources = draw(st.lists(st.tuples(batches, weights), min_size=fewest, max_size=most))
    to = draw(st.sampled_from(("", MARKET))) if out else ""
    product, kg, at = draw(st.text(max_size=20)), draw(weights), draw(times)
    return Record(draw(batches), out, stage, product, kg, at, tuple(sources), to)


@given(records())
def test_a_record_comes_back_from_its_event_and_from_its_own_form(record: Record) -> None:
    assert record_of(event_of(record, HOST)) == record
    assert read_record(write_record(record)) == record


@pytest.mark.parametrize("record", CHAIN, ids=lambda record: record.batch.code)
def test_every_event_is_right_by_the_standard(record: Record) -> None:
    event = event_of(record, HOST)
    assert check(event, CONTEXT, AT + timedelta(days=1)).id == event["eventID"]


def test_a_batch_comes_in_is_made_into_one_that_goes_out_and_is_received() -> None:
    steps = [event_of(record, HOST)["bizStep"] for record in CHAIN]
    assert steps == ["commissioning", "shipping", "receiving", "receiving"]
    assert event_of(SOLD, HOST)["destinationList"] == [
        {"type": "possessing_party", "destination": f"urn:nongqing:subject:{MARKET}"}
    ]
    assert event_of(FOUND, HOST)["action"] == "ADD"
    assert len({event_of(record, HOST)["eventID"] for record in CHAIN}) == 4


def test_a_chain_of_batches_holds_together_and_one_out_of_order_does_not() -> None:
    def kinds(*records: Record) -> list[str]:
        told = [
            read_told(n, r.batch.subject, r.at, e["type"], e["bizStep"], e)
            for n, r in enumerate(records)
            for e in [event_of(r, HOST)]
        ]
        things = {thing for each in told for thing in each.named()}
        return [each.what.kind for each in find_breaks(told, things, 0.05)]

    assert kinds(*CHAIN) == []
    early = Record(**{**vars(TAKEN), "at": AT + timedelta(hours=1)})
    assert set(kinds(GROWN, SOLD, early)) == {"flag_received_early", "flag_before_begin"}


def test_a_lot_of_ours_is_a_batch_where_somebody_says_whose() -> None:
    lot = "urn:uuid:5f2b3a34-5a5e-4d0e-9a2b-3f1d2c4b5a69"
    made = Made(Amount(lot, 812.5), "L260510-7KQ2M9XWD3", "garlic_scape", AT.date(), AT)
    event = harvested(made, Grown("", "", "urn:uuid:9d3c3f3e-61f4-4c2a-8a5b-1f1b7c9e0a11"))
    with pytest.raises(BatchError, match=f"{lot}: nobody says whose batch this is"):
        record_of(event)
    batch = Batch(COOP, "L260510-7KQ2M9XWD3")
    found = record_of(event, {lot: batch})
    assert found == Record(batch, False, "production", "garlic_scape", 812.5, AT)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"stage": "retail"}, '环节 "retail": say one of production'),
        ({"kg": 0.0}, "数量: give weights above 0"),
        ({"sources": ((GROWN.batch, float("inf")),)}, "数量: give weights above 0"),
        ({"at": datetime(2026, 5, 10)}, "时间: has no time zone"),  # noqa: DTZ001
        ({"sources": ()}, "来源: name the in-store batches"),
        ({"out": False}, "来源: what is grown comes from no batch"),
        ({"out": False, "stage": "storage"}, "去向: only what goes out"),
        ({"destination": "market"}, '去向 "market": give the code of an operator'),
    ],
)
def test_a_record_that_is_none_says_why(change: dict[str, Any], why: str) -> None:
    with pytest.raises(BatchError, match=why):
        Record(**{**vars(SOLD), **change})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"bizStep": "storing"}, 'bizStep "storing": goods come in by'),
        ({"outputQuantityList": []}, "no single batch"),
        ({"outputQuantityList": [{"epcClass": "urn:x:1"}]}, "urn:x:1: nobody says whose"),
        (
            {"inputQuantityList": [{"epcClass": f"https://{HOST}/subject/{COOP}/class/A"}]},
            "give it in kilograms",
        ),
    ],
)
def test_an_event_that_is_no_batch_says_why(change: dict[str, Any], why: str) -> None:
    with pytest.raises(BatchError, match=why):
        record_of({**event_of(SOLD, HOST), **change})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"入库批次": "A"}, "a record has one of the two"),
        ({"产品": ...}, "产品: is missing"),
        ({"来源": [{"数量": 1}]}, "统一社会信用代码: is missing"),
        ({"单位": "斤"}, '单位 "斤": give the amount in 千克'),
        ({"环节": "零售"}, '环节 "零售": say one of 生产'),
        ({"数量": "many"}, "no number or no time"),
        ({"时间": "yesterday"}, "no number or no time"),
    ],
)
def test_a_written_record_that_is_wrong_says_why(change: dict[str, Any], why: str) -> None:
    told = {**write_record(SOLD), **change}
    with pytest.raises(BatchError, match=why):
        read_record({key: value for key, value in told.items() if value is not ...})


def test_a_code_that_no_uri_holds_is_refused() -> None:
    with pytest.raises(PrivateError, match='code "A B"'):
        event_of(Record(**{**vars(GROWN), "batch": Batch(COOP, "A B")}), HOST)


def test_every_term_is_known_or_marked_unread() -> None:
    terms = {*write_record(SOLD), *write_record(TAKEN)}
    terms |= {term for each in write_record(SOLD)["来源"] for term in each}
    assert terms == {*nyt4712.KNOWN, *nyt4712.UNREAD}
