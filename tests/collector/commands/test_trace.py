"""The commands `trace`, on a small story of garlic scapes from the field to a shop."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

import nongqing
from collector.jobs.context import Context
from collector.jobs.trace_captures import take_up
from collector.jobs.trace_flags import look
from collector.store import audit, people
from collector.store.goods import units
from collector.store.lots import lots
from collector.store.postgres import db
from collector.store.trace import captures, members, parties, traced
from collector.store.trace.traced import Added
from models.exchange.epcis.reading import check
from tests.collector.conftest import NOW
from tests.collector.store.lots.test_lot_events import forget
from tests.collector.store.lots.test_lots import grower, scapes
from tests.collector.store.trace.test_traced import tamper

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Result]

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
HARVEST = "https://trace.example.cn/subject/410922000123/class/2016-0430-A"
PACKED = "https://id.gs1.org/01/06901234567892/10/P1"
BOXES = [f"https://id.gs1.org/01/06901234567892/21/{number}" for number in (1, 2, 3)]
PALLET = "https://id.gs1.org/00/069012340000000016"
OTHER = "https://trace.example.cn/subject/410922000123/class/2016-0430-B"
LOOSE = "https://id.gs1.org/01/06901234567892/10/P2"
PRODUCT = "https://id.gs1.org/01/06901234567892"


def told(step: str, hour: int, kind: str = "ObjectEvent", **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "eventTime": f"2016-04-30T{hour:02}:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "bizStep": step,
        **more,
    }


def of(lot: str, kg: float) -> dict[str, Any]:
    return {"epcClass": lot, "quantity": kg, "uom": "KGM"}


#: Two lots are cut; one is packed into boxes, of which two ride to the shop, the other stays loose.
STORY = {
    "coop": [
        told("commissioning", 6, action="ADD", quantityList=[of(HARVEST, 300), of(PRODUCT, 300)]),
        told("commissioning", 7, action="ADD", quantityList=[of(OTHER, 200), of(PRODUCT, 200)]),
    ],
    "packer": [
        told(
            "packing",
            9,
            "TransformationEvent",
            inputQuantityList=[of(HARVEST, 300), of(PRODUCT, 300)],
            outputQuantityList=[of(PACKED, 290), of(PRODUCT, 290)],
        ),
        told(
            "packing",
            9,
            "TransformationEvent",
            inputQuantityList=[of(OTHER, 200), of(PRODUCT, 200)],
            outputQuantityList=[of(LOOSE, 190), of(PRODUCT, 190)],
        ),
        told(
            "packing",
            10,
            "TransformationEvent",
            inputQuantityList=[of(PACKED, 290)],
            outputEPCList=BOXES,
        ),
        told("loading", 11, "AggregationEvent", action="ADD", parentID=PALLET, childEPCs=BOXES[:2]),
    ],
    "carrier": [told("transporting", 12, action="OBSERVE", epcList=[PALLET])],
    "shop": [
        told("receiving", 15, action="OBSERVE", epcList=[PALLET]),
        told("unpacking", 16, "AggregationEvent", action="DELETE", parentID=PALLET),
        told("retail_selling", 17, action="DELETE", epcList=BOXES[:1]),
    ],
}


def capture(conn: db.Connection, party: str, events: list[dict[str, Any]]) -> Added:
    with conn:
        parties.make_token(conn, party, party.title(), NOW)
        right = [check(each, CONTEXT, NOW) for each in events]
        return traced.add(conn, party, CONTEXT, right, all_or_none=True, at=NOW)


@pytest.fixture
def story(conn: db.Connection) -> db.Connection:
    for party, events in STORY.items():
        assert capture(conn, party, events).new == len(events)
    return conn


@pytest.fixture
def run(dsn: str, tmp_path: Any) -> Run:
    env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": str(tmp_path)}

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(nongqing.main, ["trace", *arguments], env=env)

    return invoke


def test_a_token_is_printed_once_and_noted(run: Run, conn: db.Connection) -> None:
    made = run("token", "liuge-coop", "--name", "柳格合作社")
    assert made.exit_code == 0
    token = made.output.strip()
    again = run("token", "liuge-coop").output.strip()
    with conn:
        assert parties.of_token(conn, token) is None
        found = parties.of_token(conn, again)
        assert found == parties.Party("liuge-coop", "柳格合作社")
        noted = audit.entries(conn, action="trace_token_made")
        assert [each.object for each in noted] == ["liuge-coop", "liuge-coop"]
        with conn.cursor() as cur:
            cur.execute("SELECT * FROM trace_party")
            assert again not in str(cur.fetchall())
    assert run("parties").output == "liuge-coop  柳格合作社\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("token", "nobody"), "no such party; give --name to add it"),
        (("token", "Two Words", "--name", "x"), "write 1 to 40 small letters"),
        (("verify", "--party", "nobody"), "see: nongqing trace parties"),
        (("back", "https://id.gs1.org/01/06901234567893/21/1"), "check digit"),
        (("forward", "x" * 401), "more than 400"),
        (("recall", "https://id.gs1.org/01/06901234567893/21/1"), "check digit"),
        (("back", "L260510-7KQ2M9XWD3"), "there is no lot of this code"),
        (("back", "L260510-7KQ2M9XWDZ"), "neither a URI nor the code of a lot"),
    ],
)
def test_what_is_asked_wrongly_is_said(run: Run, arguments: tuple[str, ...], why: str) -> None:
    found = run(*arguments)
    assert found.exit_code == 2
    assert why in found.output


def test_nobody_takes_part_yet(run: Run) -> None:
    assert (run("parties").exit_code, run("parties").output) == (1, "no party yet\n")
    assert (run("verify").exit_code, run("verify").output) == (0, "no party yet\n")
    assert json.loads(run("parties", "--json").output) == []


def test_whole_chains_are_proved_whole(run: Run, story: db.Connection) -> None:
    found = run("verify")
    assert found.exit_code == 0
    assert "packer: whole: 4 events, 1 captures agree" in found.output
    told_ = json.loads(run("verify", "--json", "--party", "shop").output)
    assert [each["whole"] for each in told_] == [True]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE trace_event SET document = replace(document::text, '290', '310')::json "
            "WHERE party = 'packer' AND number = 1",
            "packer: events 1 to 1: it does not have the content",
        ),
        (
            "DELETE FROM trace_event WHERE party = 'shop' AND number = 3",
            "shop: events 3 to 3: they are missing at the end",
        ),
        (
            "UPDATE trace_event SET biz_step = 'storing' WHERE party = 'carrier'",
            "carrier: event 1: what it is looked up by does not follow from it",
        ),
    ],
)
def test_what_was_done_to_a_chain_is_said(
    run: Run, story: db.Connection, statement: str, said: str
) -> None:
    tamper(story, statement)
    found = run("verify")
    assert found.exit_code == 1
    assert said in found.output


def test_events_of_before_an_upgrade_are_found_by_what_is_read_in_them_now(
    run: Run, story: db.Connection
) -> None:
    tamper(story, "DELETE FROM trace_term WHERE kind LIKE 'number:quantity%'")
    said = run("verify").output
    assert "a newer release finds it by more: nongqing trace index" in said
    found = run("index")
    assert found.exit_code == 0
    assert not found.output.startswith("0 events")
    assert run("verify").exit_code == 0
    assert run("index").output == "0 events are found by more than before\n"


def test_a_box_is_traced_back_to_its_lot_and_a_lot_on_to_its_boxes(
    run: Run, story: db.Connection
) -> None:
    found = run("back", BOXES[0])
    assert found.exit_code == 0
    lines = found.output.splitlines()
    assert set(lines[:3]) == {BOXES[0], PACKED, HARVEST}
    assert [line.split("  ")[1:3] for line in lines[3:]] == [
        ["Coop", "commissioning"],
        ["Packer", "packing"],
        ["Packer", "packing"],
        ["Packer", "loading"],
        ["Shop", "retail_selling"],
    ]
    found = run("forward", HARVEST)
    reached = {line for line in found.output.splitlines() if line.startswith("http")}
    assert reached == {HARVEST, PACKED, *BOXES, PALLET}
    assert "Carrier  transporting" in found.output
    assert set(run("back", PALLET).output.splitlines()) > {PALLET, *BOXES[:2], PACKED, HARVEST}
    assert BOXES[2] not in run("back", PALLET).output
    assert OTHER not in run("back", PALLET).output
    assert set(run("forward", OTHER).output.splitlines()[:2]) == {OTHER, LOOSE}
    assert run("back", "urn:x:nothing").exit_code == 1


def test_a_recall_tells_where_everything_was_told_of_last(run: Run, story: db.Connection) -> None:
    found = run("recall", HARVEST)
    assert found.exit_code == 0
    where = {line.split("  ")[0]: line.split("  ")[1:] for line in found.output.splitlines()}
    assert set(where) == {HARVEST, PACKED, *BOXES, PALLET}
    assert where[BOXES[0]] == ["2016-04-30 09:00", "Shop", "retail_selling", f"in {PALLET}"]
    # its last event is its loading; what it rides on was emptied in the shop
    assert where[BOXES[1]] == ["2016-04-30 08:00", "Shop", "unpacking", f"in {PALLET}"]
    assert where[BOXES[2]] == ["2016-04-30 02:00", "Packer", "packing"]
    assert where[PALLET] == ["2016-04-30 08:00", "Shop", "unpacking"]
    assert (run("recall", "urn:x:nothing").exit_code, run("recall", "urn:x:n").output) == (1, "")


def test_a_recall_follows_boxes_into_boxes_and_leaves_errors_out(
    run: Run, story: db.Connection
) -> None:
    ship, place = "https://ship.example.cn/1", "https://example.cn/quay"
    wrong = told("retail_selling", 20, action="DELETE", epcList=[PALLET])
    more = [
        told("loading", 18, "AggregationEvent", action="ADD", parentID=ship, childEPCs=[PALLET]),
        told("transporting", 19, action="OBSERVE", epcList=[ship], readPoint={"id": place}),
        wrong,
        wrong | {"errorDeclaration": {"declarationTime": "2016-04-30T21:00:00+08:00"}},
        # nobody's ship is in a box of its own: that is told, and does no harm
        told("loading", 1, "AggregationEvent", action="ADD", parentID=BOXES[1], childEPCs=[ship]),
    ]
    assert capture(story, "carrier", more).new == len(more)
    where = {each.split("  ")[0]: each for each in run("recall", HARVEST).output.splitlines()}
    tail = f"  2016-04-30 11:00  Carrier  transporting  {place}  in "
    assert where[BOXES[1]] == BOXES[1] + tail + PALLET
    assert where[PALLET] == PALLET + tail + ship
    out = told("unloading", 20, "AggregationEvent", action="DELETE", parentID=ship)
    assert capture(story, "carrier", [out | {"childEPCs": [PALLET]}]).new == 1
    where = {each.split("  ")[0]: each for each in run("recall", HARVEST).output.splitlines()}
    assert where[PALLET] == f"{PALLET}  2016-04-30 12:00  Carrier  unloading"


def test_the_job_takes_up_what_waits(dsn: str, conn: db.Connection) -> None:
    frame = {"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0"}
    frame |= {"creationDate": "2016-05-01T00:00:00Z", "epcisBody": {"eventList": STORY["coop"]}}
    with conn:
        parties.make_token(conn, "coop", "Coop", NOW)
        captures.begin(conn, "coop", json.dumps(frame).encode(), "rollback", NOW)
    pool = db.Pool(dsn)
    said = [take_up(Context(pool, NOW + timedelta(minutes=1))).params for _ in range(2)]
    pool.close()
    assert [each["captures"] for each in said] == [1, 0]
    with conn:
        assert traced.look(conn, "coop").verdict.entries == 2


def test_a_person_tells_events_for_one_party(run: Run, conn: db.Connection) -> None:
    run("token", "liuge-coop", "--name", "柳格合作社")
    with conn:
        person = people.add(conn, "王强", NOW, username="wangqiang")
    done = run("member", "liuge-coop", "wangqiang")
    assert (done.exit_code, done.output) == (0, "王强 tells events for liuge-coop\n")
    with conn:
        assert members.members(conn, "liuge-coop") == [person.id]
        (noted,) = audit.entries(conn, action="trace_member_joined")
    assert (noted.object, noted.detail) == ("liuge-coop", {"person": person.id})
    for arguments, said in (
        (("nowhere", "wangqiang"), '"nowhere": no such party; see: nongqing trace parties'),
        (("liuge-coop", "nobody"), '"nobody": nobody is named so'),
    ):
        refused = run("member", *arguments)
        assert refused.exit_code == 2
        assert said in refused.output


def test_a_party_gets_its_company_prefix(run: Run, conn: db.Connection) -> None:
    run("token", "liuge-coop", "--name", "柳格合作社")
    run("token", "other", "--name", "Other")
    assert run("prefix", "liuge-coop", "6901234").output == "liuge-coop: 6901234\n"
    assert run("prefix", "liuge-coop", "6901234").exit_code == 0
    with conn:
        assert units.prefix_of(conn, "liuge-coop") == "6901234"
        noted = audit.entries(conn, action="trace_prefix_set")[0]
    assert (noted.object, noted.detail) == ("liuge-coop", {"prefix": "6901234"})
    for arguments, said in (
        (("nowhere", "6901235"), '"nowhere": no such party; see: nongqing trace parties'),
        (("other", "6901234"), "6901234: is the prefix of liuge-coop already"),
        (("other", "69012"), '"69012": a company prefix has 6 to 12 digits'),
    ):
        refused = run("prefix", *arguments)
        assert refused.exit_code == 2
        assert said in refused.output
    assert run("prefix", "liuge-coop").output == "liuge-coop: codes of this site\n"
    with conn:
        assert units.prefix_of(conn, "liuge-coop") is None


def test_lots_are_told_once_and_followed_by_their_codes(
    run: Run, registered: db.Connection
) -> None:
    with registered:
        who, own = grower(registered)
        lot = scapes(registered, own, who)
        later = replace(who, at=who.at + timedelta(hours=1))
        (part,) = lots.split(registered, lot, [100], later)
    assert run("tell-lots").output == "0 acts on 2 lots told\n"
    forget(registered)
    assert run("tell-lots").output == "3 acts on 2 lots told\n"
    assert run("tell-lots").output == "0 acts on 2 lots told\n"
    found = run("back", part.lower())
    assert found.exit_code == 0
    with registered:
        uris = {each.uri for code in (lot, part) if (each := lots.find(registered, code))}
    lines = found.output.splitlines()
    assert uris < set(lines[:3])  # and what the lot grew of
    assert [line.split("  ")[2] for line in lines[3:]] == [
        "urn:nongqing:bizstep:sowing",
        "commissioning",
        "urn:nongqing:bizstep:splitting",
    ]
    assert set(run("forward", lot).output.splitlines()[:2]) == uris


def test_flags_are_listed_and_mended_ones_where_they_are_wanted(
    run: Run, story: db.Connection, dsn: str
) -> None:
    def look_at(minutes: int) -> None:
        pool = db.Pool(dsn)
        look(Context(pool, NOW + timedelta(minutes=minutes)))
        pool.close()

    look_at(0)
    assert (run("flags").exit_code, run("flags").output) == (0, "every story holds together\n")
    wrong = told("retail_selling", 5, action="OBSERVE", epcList=BOXES[:1], eventID="urn:x:early")
    capture(story, "shop", [wrong])
    look_at(1)
    found = run("flags")
    assert found.exit_code == 1
    assert found.output.startswith(f"2016-04-29 21:00  Shop  {BOXES[0]} was seen at")
    (only,) = json.loads(run("flags", "--json", "--kind", "flag_before_begin").output)
    assert (only["thing"], only["event"], only["cleared"]) == (BOXES[0], "urn:x:early", None)
    assert run("flags", "--kind", "flag_not_in").exit_code == 0
    capture(story, "shop", [wrong | {"errorDeclaration": {"declarationTime": NOW.isoformat()}}])
    look_at(2)
    assert run("flags").exit_code == 0
    found = run("flags", "--cleared")
    assert "(mended 2016-" in found.output
    (only,) = json.loads(run("flags", "--json", "--cleared").output)
    assert only["cleared"] > only["found"]
