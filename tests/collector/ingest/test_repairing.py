"""Dead letters taken in after all, and boots moved, by the command that does both."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from collector.commands.repair import repair_
from collector.ingest import intake, reading_table, repairing
from collector.ingest.authenticity import Message
from collector.ingest.known_nodes import read_known_nodes
from collector.store import items
from collector.store.network import archive, external_devices, frames
from collector.store.network.external_devices import Declared
from collector.store.postgres import db
from firmware.wire import cbor, codec
from tests.collector.commands.test_services import run
from tests.collector.conftest import MASTER, NOW, Bench
from tests.collector.ingest.test_intake import rows

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
DONE = ("--yes", "--by", "Li")
STATES = "SELECT state, count(*) FROM frame GROUP BY 1 ORDER BY 1"


def take(conn: db.Connection, *messages: object) -> intake.Outcome:
    with conn:
        return intake.take(conn, read_known_nodes(conn, MASTER), messages, NOW)  # type: ignore[arg-type]


def repaired(dsn: str, *options: str) -> str:
    done = run(repair_, *options, NONGQING_DSN=dsn, NONGQING_MASTER_KEY=KEY)
    assert done.exit_code == 0, done.output
    return done.output


def unreadable(*_: object) -> None:
    raise cbor.DecodeError("of a format that this program does not know", 0)


@pytest.fixture
def dead(registered: db.Connection, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> db.Connection:
    """Three frames and a report of lost ones that an earlier program could not read."""
    messages = bench.hours(3)
    bench.seq = 5
    with monkeypatch.context() as earlier:
        earlier.setattr(codec, "decode", unreadable)
        earlier.setattr(codec, "decode_event", unreadable)
        take(registered, *messages, bench.event("lost", [1, 3, 4]), bench.event("fault", "cold"))
    take(registered, bench.frame(t0=3600 * 5))
    with registered:
        assert len(frames.dead_letters(registered)) == 5
        (item,) = items.open_items(registered)
        assert item.event.kind == "undecodable"
    assert rows(registered, STATES) == [("dead", 3), ("decoded", 1)]
    return registered


def test_what_is_readable_now_is_taken_in_once(dead: db.Connection, dsn: str, bench: Bench) -> None:
    before = rows(dead, "SELECT count(*) FROM reading")
    said = repaired(dsn)
    assert "dead letters that would be taken in: 4, with 108 readings\n" in said
    assert "  undecodable: 3\n" in said
    assert "  undecodable_event: 1\n" in said
    assert "  out of date: 1\n" in said
    assert 'nothing is changed yet; to do it: nongqing db repair --yes --by "NAME"' in said
    assert rows(dead, "SELECT count(*) FROM reading") == before
    assert rows(dead, STATES) == [("dead", 3), ("decoded", 1)]
    said = repaired(dsn, *DONE)
    assert "dead letters that were taken in: 4, with 108 readings\n" in said
    assert "nothing is changed" not in said
    assert rows(dead, "SELECT count(*) FROM reading") == [(4 * 36,)]
    assert rows(dead, STATES) == [("decoded", 4)]
    # the report of lost frames counts: all is there or told lost
    assert rows(dead, "SELECT seq FROM watermark") == [(5,)]
    with dead:
        assert [x.reason.kind for x in frames.dead_letters(dead)] == ["undecodable_event"]
        assert frames.counts(dead).dead_letters == 1
    told = rows(dead, "SELECT detail FROM audit_entry WHERE action = 'letters_replayed'")
    assert told == [({"undecodable": 3, "undecodable_event": 1, "readings": 108, "by": "Li"},)]
    assert "dead letters that were taken in: 0, with 0 readings\n" in repaired(dsn, *DONE)
    assert rows(dead, "SELECT count(*) FROM audit_entry") == [(1,)]


def test_what_is_unreadable_still_stays_and_its_item_too(
    dead: db.Connection, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = "of a format that this program does not know"
    monkeypatch.setattr(repairing, "read_frame", lambda _: (None, None, fault))
    said = repaired(dsn, *DONE)
    assert "  still unreadable: of a format that this program does not know" in said
    with dead:
        assert len([x for x in frames.dead_letters(dead) if x.reason.kind == "undecodable"]) == 3
        assert [x.event.kind for x in items.open_items(dead)] == ["undecodable"]


def test_a_frame_that_does_not_fit_its_layout_still_is_dead_as_before(
    dead: db.Connection, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misfit(*_: object) -> None:
        raise codec.LayoutError("six channels wanted")

    monkeypatch.setattr(reading_table.codec, "columns", misfit)
    assert "  as before: 3\n" in repaired(dsn, *DONE)
    assert rows(dead, STATES) == [("dead", 3), ("decoded", 1)]
    monkeypatch.undo()
    assert "  undecodable: 3\n" in repaired(dsn, *DONE)


def test_a_message_that_the_collector_failed_on_is_taken_in(
    registered: db.Connection, dsn: str, bench: Bench
) -> None:
    first, again, strange = bench.frame(), bench.frame(t0=3600), bench.event("boot", None)
    with registered:
        for message in (first, again, strange):
            intake.set_aside(registered, message, ZeroDivisionError("x"), NOW)
    take(registered, again)  # it came again, and went through
    told = json.loads(repaired(dsn, *DONE, "--json"))
    assert told["letters"] == {
        "done": {"collector_fault": 2},
        "left": {"out of date": 1},
        "readings": 36,
    }
    assert rows(registered, "SELECT count(*) FROM reading") == [(72,)]
    assert rows(registered, "SELECT received FROM frame") == [(NOW,), (NOW,)]


def test_values_without_a_place_get_it_where_their_frame_stands_now(
    registered: db.Connection, dsn: str, bench: Bench
) -> None:
    node = bench.key.node
    with registered, registered.cursor() as cur:
        cur.execute(
            "UPDATE assignment SET valid_from = %s WHERE node = %s AND channel = 0",
            (NOW + timedelta(days=300), node),
        )
        cur.execute("UPDATE registry_version SET version = version + 1")
    bench.offset = None
    take(registered, *bench.hours(2))
    bench.offset = int((NOW - timedelta(hours=6)).timestamp())
    bench.seq = 2
    take(registered, bench.frame(t0=7200))
    assert rows(registered, "SELECT count(*) FROM reading") == [(3 * 30,)]
    assert "  as before: 3\n" in repaired(dsn, *DONE)
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE assignment SET valid_from = NULL WHERE node = %s", (node,))
        cur.execute("UPDATE registry_version SET version = version + 1")
        kinds = [x.event.kind for x in items.open_items(registered)]
        assert kinds == ["no_placement"]
    assert "taken in: 3, with 108 readings\n" in repaired(dsn, *DONE)
    assert rows(registered, "SELECT count(*) FROM reading") == [(3 * 36,)]
    assert rows(registered, "SELECT count(*) FROM reading_conflict") == [(0,)]
    assert items.open_items(registered) == []


def test_a_revoked_nodes_letters_stay(dead: db.Connection, dsn: str, bench: Bench) -> None:
    with dead, dead.cursor() as cur:
        cur.execute("UPDATE node_key SET retired = %s, revoked = true", (NOW,))
        cur.execute("UPDATE registry_version SET version = version + 1")
    assert "  refused now: revoked: 5\n" in repaired(dsn, *DONE)
    assert rows(dead, STATES) == [("dead", 3), ("decoded", 1)]


@pytest.mark.parametrize("moved_out", [False, True])
def test_boots_at_wrong_times_are_moved_once(
    registered: db.Connection, dsn: str, bench: Bench, tmp_path: Path, moved_out: bool
) -> None:
    right = bench.offset
    assert right is not None
    take(registered, *bench.hours(3))
    bench.offset = right - 40 * 86400
    take(registered, bench.frame(t0=3 * 3600), bench.frame(t0=4 * 3600))
    bench.offset = right
    take(registered, bench.frame(t0=5 * 3600))
    if moved_out:
        later = NOW + timedelta(days=9)
        with registered:
            assert archive.archive_next(registered, tmp_path, later, later) == 6
        run_with = {"NONGQING_ARCHIVE": str(tmp_path)}
    else:
        run_with = {}
    env = {"NONGQING_DSN": dsn, "NONGQING_MASTER_KEY": KEY, **run_with}
    early = "SELECT count(*) FROM reading WHERE time < '2016-05-01'"
    said = run(repair_, **env).output
    assert "runs of frames that would be moved: 1\n" in said
    assert f"  node {bench.key.node}, boot 1, frames 3 to 4: 72 readings by +3456000 s\n" in said
    assert rows(registered, early) == [(72,)]
    assert "runs of frames that were moved: 1\n" in run(repair_, *DONE, **env).output
    assert rows(registered, early) == [(0,)]
    assert rows(registered, "SELECT DISTINCT placed_by FROM frame_placement") == [("Li",)]
    again = json.loads(run(repair_, *DONE, "--json", **env).output)
    assert (again["moved"], again["stay"]) == ([], [])
    assert rows(registered, "SELECT count(*) FROM reading") == [(6 * 36,)]


def test_who_does_it_is_said(dsn: str) -> None:
    for options in (["--yes"], ["--by", "Li"]):
        done = run(repair_, *options, NONGQING_DSN=dsn)
        assert done.exit_code == 2
        assert "--yes and --by belong together" in done.output


def test_what_another_makers_device_sent_is_taken_in_too(
    registered: db.Connection, dsn: str
) -> None:
    ((place,),) = rows(
        registered, "SELECT id FROM placement WHERE quantity = 'soil_moisture' LIMIT 1"
    )
    sent = Message("senml/soil-3", b'[{"n":"sm","v":21.5,"t":%d}]' % (NOW.timestamp() - 600))
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE assignment SET valid_to = now() WHERE placement = %s", (place,))
        external_devices.enrol(
            registered, "soil-3", [Declared("sm", place)], step_s=600, at=NOW, by="Li"
        )
        intake.set_aside(registered, sent, RuntimeError("of an earlier program"), NOW)
    assert "taken in: 1, with 1 readings" in repaired(dsn, *DONE)
    with registered:
        assert frames.dead_letters(registered) == []
    assert rows(registered, "SELECT value FROM reading") == [(21.5,)]
    assert "taken in: 0" in repaired(dsn, *DONE)
