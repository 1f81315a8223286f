"""The outbox on an ordinary folder, with flash that is full, torn and damaged."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.node.outbox import HEADER_BYTES, RECORD_BYTES, Cursor, Outbox

LIMIT = 1 << 20


class Lost(list[tuple[int, int, int]]):
    def __call__(self, *frames: int) -> None:
        self.append(frames)  # type: ignore[arg-type]


def open_box(folder: Path, limit: int = LIMIT, segment: int = 400) -> Outbox:
    return Outbox(str(folder / "outbox"), limit, Lost(), segment)


def frame(seq: int) -> bytes:
    return bytes((seq % 256,)) * (40 + seq % 7)


def fill(box: Outbox, boot: int, count: int, first: int = 0) -> None:
    for seq in range(first, first + count):
        box.append(boot, seq, frame(seq))


def drain(box: Outbox, cursor: Cursor | None = None) -> list[tuple[int, int]]:
    """What is left to send after `cursor`, from the oldest on without one."""
    found, cursor = [], cursor or box.start()
    while (item := box.next(cursor)) is not None:
        boot, seq, data = item
        assert data == frame(seq)
        found.append((boot, seq))
    return found


def waiting(box: Outbox) -> int:
    """Number of frames that are not acknowledged."""
    return sum(
        last - first + 1 for segment in box.segments for first, last in segment.unacked_ranges()
    )


def pairs(boot: int, count: int, first: int = 0) -> list[tuple[int, int]]:
    return [(boot, seq) for seq in range(first, first + count)]


def test_frames_come_back_in_order_and_again_from_the_start(tmp_path: Path) -> None:
    box = open_box(tmp_path)
    fill(box, 1, 50)
    cursor = box.start()
    assert drain(box, cursor) == pairs(1, 50)
    assert drain(box, cursor) == []
    assert drain(box, box.start()) == pairs(1, 50)


def test_new_frames_follow_where_reading_stopped(tmp_path: Path) -> None:
    box = open_box(tmp_path)
    fill(box, 1, 5)
    cursor = box.start()
    assert drain(box, cursor) == pairs(1, 5)
    fill(box, 1, 20, first=5)
    assert drain(box, cursor) == pairs(1, 20, first=5)


def test_a_cursor_at_the_end_gives_only_what_is_written_later(tmp_path: Path) -> None:
    fill(open_box(tmp_path), 1, 20)
    again = open_box(tmp_path)
    cursor = again.end()
    assert again.next(cursor) is None
    fill(again, 2, 20)
    assert drain(again, cursor) == pairs(2, 20)
    again.ack([], (2, 19))
    fill(again, 2, 3, first=20)
    assert drain(again, cursor) == pairs(2, 3, first=20)


def test_nothing_is_freed_but_by_acks(tmp_path: Path) -> None:
    box = open_box(tmp_path)
    fill(box, 1, 50)
    drain(box)
    assert waiting(box) == 50
    assert box.ack(pairs(1, 50), None) == 50
    assert waiting(box) == 0
    assert len(list((tmp_path / "outbox").iterdir())) == 1
    assert box.ack(pairs(1, 50), None) == 0


def test_a_reopened_box_has_what_was_not_acked(tmp_path: Path) -> None:
    box = open_box(tmp_path)
    fill(box, 1, 50)
    box.ack(pairs(1, 30), None)
    again = open_box(tmp_path)
    left = drain(again)
    assert left == pairs(1, len(left), first=50 - len(left))
    assert set(pairs(1, 20, first=30)) <= set(left)
    cursor = again.end()
    fill(again, 2, 3)
    assert drain(again, cursor) == pairs(2, 3)


def test_a_watermark_frees_its_boot_alone(tmp_path: Path) -> None:
    box = open_box(tmp_path)
    fill(box, 1, 10)
    fill(box, 2, 10)
    box.ack([], (2, 6))
    assert drain(box) == pairs(1, 10) + pairs(2, 3, first=7)


def test_acks_of_unknown_frames_change_nothing(tmp_path: Path) -> None:
    box = open_box(tmp_path)
    fill(box, 2, 5)
    assert box.ack([(1, 0), (2, 5), (3, 1), (2, 4_000_000)], (1, 99)) == 0
    assert drain(box) == pairs(2, 5)


def test_a_full_box_gives_up_its_oldest_and_says_which(tmp_path: Path) -> None:
    box = open_box(tmp_path, limit=2000)
    fill(box, 1, 100)
    assert box.bytes() <= 2000
    left = drain(box)
    assert left[-1] == (1, 99)
    lost = [seq for _, first, last in box.lost for seq in range(first, last + 1)]
    assert lost == list(range(left[0][1]))


def test_acked_frames_are_not_reported_lost(tmp_path: Path) -> None:
    box = open_box(tmp_path, limit=1000, segment=900)
    fill(box, 1, 10)
    box.ack([(1, 3), (1, 4)], None)
    fill(box, 1, 15, first=10)
    assert box.lost[:2] == [(1, 0, 2), (1, 5, box.lost[1][2])]


@settings(max_examples=60)
@given(st.integers(0, 500), st.integers(1, 12))
def test_a_torn_tail_is_found_reported_and_closed(cut: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        box = open_box(folder, segment=4096)
        fill(box, 1, count)
        path = next((folder / "outbox").iterdir())
        size = max(0, path.stat().st_size - cut)
        path.write_bytes(path.read_bytes()[:size])
        again = open_box(folder)
        left = drain(again)
        assert left == pairs(1, len(left))
        whole = sum(RECORD_BYTES + len(frame(seq)) for _, seq in left)
        assert again.torn == (size - HEADER_BYTES - whole if size >= HEADER_BYTES else size)
        assert open_box(folder).torn == 0


@pytest.mark.parametrize("place", [-1, -20, -40])
def test_a_half_written_last_record_is_not_sent(tmp_path: Path, place: int) -> None:
    box = open_box(tmp_path, segment=4096)
    fill(box, 1, 3)
    path = next((tmp_path / "outbox").iterdir())
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    path.write_bytes(data)
    again = open_box(tmp_path)
    assert drain(again) == pairs(1, 2)
    assert again.torn == RECORD_BYTES + len(frame(2))


def test_a_damaged_frame_in_the_middle_is_lost_and_the_rest_goes(tmp_path: Path) -> None:
    box = open_box(tmp_path, segment=4096)
    fill(box, 1, 5)
    path = next((tmp_path / "outbox").iterdir())
    data = bytearray(path.read_bytes())
    data[HEADER_BYTES + 2 * RECORD_BYTES + len(frame(0)) + 5] ^= 1
    path.write_bytes(data)
    again = open_box(tmp_path)
    assert drain(again) == [(1, 0), (1, 2), (1, 3), (1, 4)]
    assert again.lost == [(1, 1, 1)]


def test_a_file_that_is_no_segment_is_counted_as_torn(tmp_path: Path) -> None:
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox/00000001.seg").write_bytes(b"garbage")
    box = open_box(tmp_path)
    assert box.torn == 7
    fill(box, 1, 1)
    assert drain(box) == [(1, 0)]


def test_the_bytes_behind_an_end_mark_are_no_frames(tmp_path: Path) -> None:
    """A torn record may be longer than the mark; its rest must not be read as a record."""
    box = open_box(tmp_path, segment=4096)
    fill(box, 1, 3)
    path = next((tmp_path / "outbox").iterdir())
    torn = bytes((0, 40)) + b"\x00" * 30
    path.write_bytes(path.read_bytes() + torn)
    assert open_box(tmp_path).torn == len(torn)
    again = open_box(tmp_path)
    assert again.torn == 0
    assert drain(again) == pairs(1, 3)


def test_what_is_no_segment_is_removed(tmp_path: Path) -> None:
    fill(open_box(tmp_path), 1, 3)
    for name in ("foo.seg", "00000001.seg.new", "x"):
        (tmp_path / "outbox" / name).write_bytes(b"garbage")
    box = open_box(tmp_path)
    assert [path.name for path in (tmp_path / "outbox").iterdir()] == ["00000001.seg"]
    assert drain(box) == pairs(1, 3)


def test_a_segment_that_cannot_be_read_any_more_is_lost_and_the_others_go(tmp_path: Path) -> None:
    box = open_box(tmp_path)
    fill(box, 1, 20)
    paths = sorted((tmp_path / "outbox").iterdir())
    paths[0].unlink()
    paths[1].write_bytes(paths[1].read_bytes()[:30])
    left = drain(box)
    assert left[-1] == (1, 19)
    lost = [(boot, seq) for boot, first, last in box.lost for seq in range(first, last + 1)]
    assert sorted(lost + left) == pairs(1, 20)
    assert len(lost) > 8
    assert box.ack(lost, None) == 0


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("awrnb"), st.integers(0, 40)), max_size=40))
def test_against_a_model(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        box, boot, seq = open_box(folder), 1, 0
        cursor = box.start()
        kept: set[tuple[int, int]] = set()
        acked: set[tuple[int, int]] = set()
        for kind, number in steps:
            if kind == "w":
                fill(box, boot, 3, first=seq)
                kept |= set(pairs(boot, 3, first=seq))
                seq += 3
            elif kind == "a":
                box.ack([(boot, number)], None)
                acked |= {(boot, number)} & kept
            elif kind == "r":
                cursor = box.start()
            elif kind == "n":
                box.next(cursor)
            else:
                box, boot, seq = open_box(folder), boot + 1, 0
                cursor = box.start()
        found = drain(box)
        assert len(found) == len(set(found))
        assert kept - acked <= set(found) <= kept
