"""The audit log in a real PostgreSQL: who adds to it, and whatever may be done to it."""

from __future__ import annotations

import subprocess
import sys
import threading
import tracemalloc
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg2
import psycopg2.extras
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.audit.chain import NOTHING, AuditError, canonical, digest, microseconds
from collector.audit.checking import Fault, Verdict, verify
from collector.audit.heads import Head
from collector.store import audit
from collector.store.postgres import db, rights
from tests.collector.conftest import NOW

if TYPE_CHECKING:
    from tests.conftest import Server

AT = NOW + timedelta(microseconds=123_457)


def write(conn: db.Connection, count: int) -> list[Head]:
    """Add so many entries; return the head after each."""
    heads = []
    for number in range(count):
        with conn:
            told = {"n": number, "words": ["数", "\n", '"\\\x01é'], "none": None, "yes": True}
            audit.append(conn, f"{number % 3}", "sign_in", "", told, at=AT)
            found = audit.head(conn)
            assert found is not None
            heads.append(found)
    return heads


def check(conn: db.Connection, heads: list[Head] | tuple[Head, ...] = ()) -> Verdict:
    with conn:
        return verify(audit.chain(conn), heads)


def tamper(conn: db.Connection, *statements: str) -> None:
    """Do what only a superuser can who has switched the safeguards off."""
    with conn, conn.cursor() as cur:
        cur.execute("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        for statement in statements:
            cur.execute(statement)
        cur.execute("ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_kept")


def test_what_is_added_comes_back_and_is_whole(conn: db.Connection) -> None:
    heads = write(conn, 4)
    assert [head.number for head in heads] == [1, 2, 3, 4]
    found = check(conn, heads)
    assert (found.entries, found.heads, found.covered, found.fault) == (4, 4, 4, None)
    newest = audit.entries(conn)[0]
    assert (newest.number, newest.at, newest.actor) == (4, AT, "0")
    assert newest.detail["words"] == ["数", "\n", '"\\\x01é']
    assert [one.number for one in audit.entries(conn, actor="1")] == [2]
    assert audit.entries(conn, action="sign_out") == []
    assert audit.entries(conn, object_="x") == []
    assert audit.entries(conn, since=AT + timedelta(seconds=1)) == []
    assert len(audit.entries(conn, limit=2)) == 2


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)


@SHARED
@given(detail=st.dictionaries(st.text("ab数é\u2028\x7f", max_size=3), plain, max_size=4))
def test_whatever_is_taken_has_the_digest_that_it_gets_back(
    conn: db.Connection, detail: dict[str, object]
) -> None:
    with conn:
        audit.append(conn, "7", "sign_in", "", detail, at=AT)
    assert check(conn).fault is None


def test_an_entry_stands_only_if_the_change_stands(conn: db.Connection) -> None:
    write(conn, 2)
    audit.append(conn, "7", "sign_in", at=AT)
    conn.rollback()
    write(conn, 1)
    assert check(conn).entries == 3
    assert check(conn).fault is None


@pytest.mark.parametrize(
    ("actor", "action", "at", "said"),
    [
        ("7", "signin", AT, 'no action "signin"; add it to collector/audit/chain.py'),
        ("", "sign_in", AT, "name who did it; nobody known is anonymous"),
        ("a\0", "sign_in", AT, "actor: 'a.x00' holds NUL"),
        ("7", "sign_in", AT.replace(tzinfo=None), "has no time zone; give one"),
    ],
)
def test_what_cannot_be_written_down_is_named(
    conn: db.Connection, actor: str, action: str, at: object, said: str
) -> None:
    with pytest.raises(AuditError, match=said), conn:
        audit.append(conn, actor, action, at=at)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'x'",
        "UPDATE audit_entry SET actor = 'x' WHERE false",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "SET session_replication_role = replica; DELETE FROM audit_entry",
    ],
)
def test_entries_are_never_changed_by_accident(conn: db.Connection, statement: str) -> None:
    write(conn, 1)
    said = "refused; entries are added and never changed"
    with conn.cursor() as cur, pytest.raises(psycopg2.Error, match=said):
        cur.execute(statement)


def test_many_writers_make_one_chain(dsn: str, conn: db.Connection) -> None:
    """Processes and threads at once, some of which give up: no fork, no gap."""
    program = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from collector.store import audit\n"
        "from collector.store.postgres import db\n"
        "conn = db.connect(sys.argv[1])\n"
        "sys.stdin.readline()\n"
        "for number in range(60):\n"
        "    audit.append(conn, sys.argv[2], 'sign_in', at=datetime.now(UTC))\n"
        "    conn.rollback() if number % 7 == 0 else conn.commit()\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, dsn, str(k)], stdin=subprocess.PIPE)
        for k in range(3)
    ]

    def thread() -> None:
        own = db.connect(dsn)
        for _ in range(40):
            with own:
                audit.append(own, "thread", "sign_in", at=AT)
        own.close()

    threads = [threading.Thread(target=thread) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.close()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [process.wait() for process in processes] == [0, 0, 0]
    found = check(conn)
    assert (found.entries, found.fault) == (3 * 51 + 3 * 40, None)


def test_a_stale_look_makes_no_fork(dsn: str, conn: db.Connection) -> None:
    write(conn, 1)
    stale = db.connect(dsn)
    stale.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_REPEATABLE_READ)
    with stale.cursor() as cur:
        cur.execute("SELECT 1 FROM audit_entry")
    write(conn, 1)
    with pytest.raises(psycopg2.errors.UniqueViolation):
        audit.append(stale, "7", "sign_in", at=AT)
    stale.close()
    assert check(conn).fault is None


# What a superuser may do -------------------------------------------------------------------

SWAP = (
    "UPDATE audit_entry SET number = 1000 WHERE number = 4",
    "UPDATE audit_entry SET number = 4 WHERE number = 5",
    "UPDATE audit_entry SET number = 5 WHERE number = 1000",
)
INSERT = (
    "ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_pkey",
    "INSERT INTO audit_entry SELECT 4, at, 'x', action, object, detail, previous, digest "
    "FROM audit_entry WHERE number = 4",
)
NUMBER_TWICE = ("extra", "changed")


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (("UPDATE audit_entry SET actor = 'x' WHERE number = 4",), Fault("changed", 4, 4)),
        (("UPDATE audit_entry SET action = 'x' WHERE number = 4",), Fault("changed", 4, 4)),
        (("UPDATE audit_entry SET object = 'x' WHERE number = 4",), Fault("changed", 4, 4)),
        (("UPDATE audit_entry SET detail = '{}' WHERE number = 4",), Fault("changed", 4, 4)),
        (
            ("UPDATE audit_entry SET detail = detail || '{\"n\": 3.0}' WHERE number = 4",),
            Fault("changed", 4, 4),
        ),
        (
            ("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE number = 4",),
            Fault("changed", 4, 4),
        ),
        (
            (
                "ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_at_check",
                "UPDATE audit_entry SET at = 'infinity' WHERE number = 4",
            ),
            Fault("changed", 4, 4),
        ),
        (
            ("UPDATE audit_entry SET digest = sha256('x') WHERE number = 4",),
            Fault("changed", 4, 4),
        ),
        (
            ("UPDATE audit_entry SET previous = sha256('x') WHERE number = 4",),
            Fault("changed", 4, 4),
        ),
        (("DELETE FROM audit_entry WHERE number = 4",), Fault("missing", 4, 4)),
        (("DELETE FROM audit_entry WHERE number < 4",), Fault("missing", 1, 3)),
        (
            (
                "DELETE FROM audit_entry WHERE number = 4",
                "UPDATE audit_entry SET number = number - 1 WHERE number > 4",
            ),
            Fault("changed", 4, 4),
        ),
        (SWAP, Fault("changed", 4, 4)),
        (("DELETE FROM audit_entry WHERE number > 6",), Fault("cut", 7, 8)),
        (("TRUNCATE audit_entry",), Fault("cut", 1, 8)),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "; ".join(value)[:60],
)
def test_what_was_tampered_with_is_found(
    conn: db.Connection, statements: tuple[str, ...], fault: Fault
) -> None:
    heads = write(conn, 8)
    tamper(conn, *statements)
    assert check(conn, heads[-1:]).fault == fault


def test_an_entry_put_in_is_found(conn: db.Connection) -> None:
    write(conn, 8)
    tamper(conn, *INSERT)
    fault = check(conn).fault
    assert fault is not None
    assert (fault.kind in NUMBER_TWICE, fault.first) == (True, 4)


def rewrite(conn: db.Connection, first: int) -> None:
    """Seal the entries from `first` on anew, numbers included, as who knows how it is done."""
    with conn:
        rows = list(audit.chain(conn))
    kept, again = rows[: first - 1], rows[first - 1 :]
    previous = kept[-1].digest if kept else NOTHING
    with conn, conn.cursor() as cur:
        cur.execute("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        cur.execute("DELETE FROM audit_entry WHERE number >= %s", (first,))
        for number, one in enumerate(again, first):
            assert one.at_us is not None
            now = digest(
                number,
                one.at_us,
                one.actor,
                one.action,
                one.object,
                canonical(psycopg2.extras.json.loads(one.detail)),
                previous,
            )
            cur.execute(
                "INSERT INTO audit_entry VALUES (%s, to_timestamp(0) + %s * interval '1 us', "
                "%s, %s, %s, %s, %s, %s)",
                (
                    number,
                    one.at_us,
                    one.actor,
                    one.action,
                    one.object,
                    one.detail,
                    previous,
                    now,
                ),
            )
            previous = now
        cur.execute("ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_kept")


def test_a_log_that_was_sealed_anew_is_found_by_its_heads_alone(conn: db.Connection) -> None:
    heads = write(conn, 8)
    tamper(conn, "DELETE FROM audit_entry WHERE number = 5")
    with conn:
        rows = list(audit.chain(conn))
    assert [row.number for row in rows] == [1, 2, 3, 4, 6, 7, 8]
    rewrite(conn, 5)
    assert check(conn).fault is None  # the chain alone cannot tell
    assert check(conn, [heads[3], heads[6]]).fault == Fault("rewritten", 5, 7)
    assert check(conn, [heads[3], heads[7]]).fault == Fault("cut", 8, 8)
    assert check(conn, heads[:4]).fault is None  # nor can heads from before


COLUMN = {
    "actor": "'someone else'",
    "action": "'sign_out'",
    "object": "'another'",
    "detail": "'{\"n\": -1}'",
    "at": "at - interval '1 hour'",
    "digest": "sha256(digest)",
    "previous": "sha256(previous)",
}


@SHARED
@given(data=st.data())
def test_random_tampering_is_found_at_its_first_entry(
    conn: db.Connection, data: st.DataObject
) -> None:
    with conn, conn.cursor() as cur:
        cur.execute("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        cur.execute("TRUNCATE audit_entry")
    heads = write(conn, 12)
    edits: list[int] = []
    for _ in range(data.draw(st.integers(1, 3), "how often")):
        place = data.draw(st.integers(1, 12), "entry")
        column = data.draw(st.sampled_from([*COLUMN, "remove"]), "what")
        what = (
            f"DELETE FROM audit_entry WHERE number = {place}"
            if column == "remove"
            else f"UPDATE audit_entry SET {column} = {COLUMN[column]} WHERE number = {place}"
        )
        tamper(conn, what)
        edits.append(place)
    found = check(conn, heads[-1:]).fault
    assert found is not None
    # removals side by side, and a removal at the end, are one fault that begins at the first
    assert found.first == min(edits)


def test_the_database_ahead_of_the_heads_is_normal_and_behind_is_not(conn: db.Connection) -> None:
    heads = write(conn, 5)
    found = check(conn, heads[:3])
    assert (found.covered, found.fault) == (3, None)
    tamper(conn, "DELETE FROM audit_entry WHERE number > 2")  # as a restored older dump
    assert check(conn, heads).fault == Fault("cut", 3, 3)


def test_memory_does_not_grow_with_the_log(conn: db.Connection) -> None:
    def peak() -> int:
        tracemalloc.start()
        assert check(conn).fault is None
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    fill(conn, 4_000)
    few = peak()
    fill(conn, 16_000)
    assert check(conn).entries == 16_000
    assert peak() < 1.5 * few


def fill(conn: db.Connection, up_to: int) -> None:
    """Add entries by the thousand up to a number."""
    found = audit.head(conn)
    number, previous = (0, NOTHING) if found is None else (found.number, found.digest)
    rows = []
    while number < up_to:
        number += 1
        detail = canonical({"n": number})
        this = digest(number, microseconds(AT), "7", "sign_in", "", detail, previous)
        rows.append((number, AT, "7", "sign_in", "", detail, previous, this))
        previous = this
    with conn, conn.cursor() as cur:
        psycopg2.extras.execute_values(
            cur, "INSERT INTO audit_entry VALUES %s", rows, page_size=1000
        )


def test_a_user_needs_no_right_to_change_entries(postgres: Server, dsn: str) -> None:
    """An administrator may take UPDATE and DELETE away; nothing that is needed is lacking."""
    name = f"writer_{dsn.rpartition('_')[2]}"
    admin = db.connect(dsn)
    with admin, admin.cursor() as cur:
        cur.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
        cur.execute(f"GRANT ALL ON SCHEMA public TO {name}")
        cur.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
        cur.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM {name}")
        cur.execute(f"SET LOCAL ROLE {name}")
        lacking = rights.lacking(admin)
        audit.append(admin, "7", "sign_in", at=AT)
    assert [each for each in lacking if "audit" in each] == []
    with admin, admin.cursor() as cur:
        cur.execute(f"DROP OWNED BY {name}")
        cur.execute(f"DROP ROLE {name}")
    admin.close()
