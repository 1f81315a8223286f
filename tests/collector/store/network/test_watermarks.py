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
