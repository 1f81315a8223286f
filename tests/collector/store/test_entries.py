"""An entry sent twice is taken once."""

import threading
from datetime import UTC, datetime

import pytest

from collector.store import entries, settings_table
from collector.store.postgres import db

AT = datetime(2026, 11, 26, 10, tzinfo=UTC)
KEY = "7:0e6f1c1e-6f0e-4a53-9d4e-2f9d2f8f0c11"


def test_a_repeated_key_writes_nothing_and_gets_the_first_result(conn):
    done = []
    first = entries.once(conn, KEY, AT, lambda: done.append(1) or {"id": 1})
    conn.commit()
    again = entries.once(conn, KEY, AT, lambda: done.append(2) or {"id": 2})
    assert first == again == {"id": 1}
    assert done == [1]


def test_of_two_at_once_one_waits_for_the_other(dsn):
    pool = db.Pool(dsn)
    inside, results, done = threading.Event(), [], []

    def post(number):
        def do():
            done.append(number)
            inside.set()
            release.wait(20)
            return number

        with pool.connection() as conn:
            results.append(entries.once(conn, KEY, AT, do))

    release = threading.Event()
    threads = [threading.Thread(target=post, args=(number,)) for number in (1, 2)]
    threads[0].start()
    assert inside.wait(20)
    threads[1].start()
    threads[1].join(0.3)
    assert threads[1].is_alive(), "it waits for the first"
    release.set()
    for thread in threads:
        thread.join(20)
    pool.close()
    assert done == [1]
    assert results == [1, 1]


def test_what_failed_is_done_by_the_next(dsn):
    pool = db.Pool(dsn)

    def fail():
        raise RuntimeError

    def half():
        with pool.connection() as conn:
            settings_table.put(conn, "half", "written", AT)
            entries.once(conn, KEY, AT, fail)

    with pytest.raises(RuntimeError):
        half()
    with pool.connection() as conn:
        assert entries.once(conn, KEY, AT, lambda: "done") == "done"
        assert settings_table.get(conn, "half") is None
    pool.close()


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 101, "a b c d e f g", "键键键键键键键键", "a" * 9 + "\0"]
)
def test_what_is_no_key_is_refused_with_the_mend(conn, key):
    with pytest.raises(entries.BadKey, match=r"entry_key .*8 to 100 letters"):
        entries.once(conn, key, AT, lambda: None)
