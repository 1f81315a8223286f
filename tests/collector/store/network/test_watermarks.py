"""How far boots are complete, found in a time that grows with their number and no faster."""

from __future__ import annotations

from collector.store.network import frames
from collector.store.network.frames import BootId, FrameId, NewFrame
from collector.store.postgres import db
from tests.collector.conftest import NOW

NODE, BOOTS = "qf-001", 400


def test_many_boots_take_a_few_pages_each_and_no_statistics(registered: db.Connection) -> None:
    """Nothing is known yet of how the tables of a new database are filled."""
    boots = [BootId(NODE, 1, boot) for boot in range(1, BOOTS + 1)]
    for seq in (0, 1):
        ids = [FrameId(*boot, seq) for boot in boots]
        with registered:
            frames.insert_frames(registered, [NewFrame(i, NOW, None, "dead", b"x") for i in ids])
        if seq == 0:
            with registered:
                assert set(frames.advance_watermarks(registered, boots).values()) == {0}
    columns = frames._columns(boots)
    with registered, registered.cursor() as cur:
        statement = frames.SQL["advance_watermarks"]
        cur.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", columns)
        ((plan,),) = cur.fetchall()
    read = plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]
    assert read < 30 * BOOTS
    assert set(frames.watermarks(registered, boots).values()) == {1}


def kept(conn: db.Connection, *seqs: int) -> None:
    with conn:
        frames.insert_frames(
            conn, [NewFrame(FrameId(NODE, 1, 1, seq), NOW, None, "dead", b"x") for seq in seqs]
        )


def test_what_came_next_moves_a_mark_as_far_as_a_search_does(
    registered: db.Connection,
) -> None:
    boot = BootId(NODE, 1, 1)

    def came(*seqs: int) -> int | None:
        kept(registered, *seqs)
        numbers = range(seqs[0], seqs[-1] + 1)
        with registered:
            marks = frames.advance_watermarks(registered, [boot], {boot: numbers})
        with registered:
            assert marks == frames.advance_watermarks(registered, [boot])
        return marks.get(boot)

    assert came(1) is None
    assert came(0) == 1
    assert came(2, 3) == 3
    assert came(6, 7) == 3
    assert came(5) == 3
    assert came(4) == 7
    with registered:
        frames.put_lost(registered, boot, 9, 12, NOW)
    assert came(8) == 12
    assert came(13) == 13


def test_frames_that_are_there_are_left_alone_however_many_come(
    registered: db.Connection,
) -> None:
    kept(registered, 3, 5)
    many = range(2 * frames.COPY_FROM)
    with registered:
        new = frames.insert_frames(
            registered,
            [NewFrame(FrameId(NODE, 1, 1, n), NOW, b"abcd", "decoded", b"y") for n in many],
        )
    assert {one.seq for one in new} == set(many) - {3, 5}
    with registered, registered.cursor() as cur:
        cur.execute("SELECT id, seq, sealed, layout, state, received FROM frame")
        rows = {seq: (row, bytes(sealed), *rest) for row, seq, sealed, *rest in cur.fetchall()}
    assert all(rows[one.seq][0] == row for one, row in new.items())
    assert (rows[5][1], rows[6][1]) == (b"x", b"y")
    assert (bytes(rows[6][2]), *rows[6][3:]) == (b"abcd", "decoded", NOW)
