"""Frames move to files, and count, compare and replay from there as before."""

from __future__ import annotations

import json
import lzma
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from collector.commands import evidence
from collector.commands.network.clock import clock as clock_commands
from collector.ingest import intake
from collector.ingest.known_nodes import read_known_nodes
from collector.ingest.recalibrating import recalibrate
from collector.jobs.archive import AFTER_DAYS, SettingWrong, archive_frames
from collector.jobs.context import Context
from collector.settings import Settings
from collector.store import settings_table
from collector.store.measured import misplaced
from collector.store.network import archive, archive_file, calibrations, frames
from collector.store.network.archive_file import ArchiveError
from collector.store.network.calibrations import Calibration
from collector.store.network.frames import FrameId
from collector.store.postgres import db
from tests.collector.commands import test_backup
from tests.collector.commands.test_services import run
from tests.collector.conftest import MASTER, NOW, Bench
from tests.collector.ingest.test_intake import rows
from tests.paths import ROOT, WHOLE

LATER = NOW + timedelta(days=30)
EACH = "SELECT count(*), count(sealed), count(archive) FROM frame"


def take(conn: db.Connection, *messages: object, at: object = NOW) -> intake.Outcome:
    with conn:
        known = read_known_nodes(conn, MASTER)
        return intake.take(conn, known, messages, at)  # type: ignore[arg-type]


def archived(conn: db.Connection, folder: Path, most: int = 50_000) -> list[int]:
    """Archive until nothing is left; return how many frames went at a time."""
    found = []
    while True:
        with conn:
            done = archive.archive_next(conn, folder, LATER - timedelta(days=9), LATER, most)
        if not done:
            return found
        found.append(done)


@pytest.fixture
def filled(registered: db.Connection, bench: Bench, second: Bench) -> Iterator[db.Connection]:
    """Frames of two nodes and two days, one that waits for its time, one dead."""
    take(registered, *bench.hours(6), *second.hours(3))
    second.boot, second.seq, second.offset = 2, 0, None
    take(registered, second.frame(), bench.sealed(bench.body(t0=10**9)))
    bench.seq += 1
    take(registered, bench.frame(t0=3600 * 6), at=NOW + timedelta(days=1))
    take(registered, bench.frame(t0=3600 * 7), at=LATER)
    yield registered
    registered.rollback()


def test_frames_move_to_a_file_for_each_day(
    filled: db.Connection, tmp_path: Path, bench: Bench
) -> None:
    before = {row[0]: row[1] for row in rows(filled, "SELECT id, sealed FROM frame")}
    assert archived(filled, tmp_path) == [9, 1]
    assert rows(filled, EACH) == [(13, 3, 10)]
    names = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert names == [
        f"2016-05/2016-05-0{day}.1.frames.{kind}" for day in (1, 2) for kind in ("json", "xz")
    ]
    modes = {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*") if p.is_file()}
    assert modes == {0o600}
    text = lzma.decompress((tmp_path / names[1]).read_bytes()).decode()
    read = [json.loads(line) for line in text.splitlines()]
    assert [bytes.fromhex(one["sealed"]) == before[one["id"]] for one in read] == [True] * 9
    assert archive.verify(filled, tmp_path) == (2, 10)
    found = archive.find(filled, tmp_path, bench.key.node, 1, 3)
    assert found is not None
    assert found.sealed == before[found.row]
    assert found.file == names[1]
    assert archived(filled, tmp_path) == []


def test_what_waited_is_moved_once_its_time_is_known(
    filled: db.Connection, tmp_path: Path, second: Bench
) -> None:
    assert archived(filled, tmp_path) == [9, 1]
    second.offset = int(NOW.timestamp())
    second.seq = 1
    take(filled, second.frame(), at=LATER)
    assert archived(filled, tmp_path) == [1]
    assert rows(filled, "SELECT state, count(sealed) FROM frame GROUP BY 1 ORDER BY 1") == [
        ("dead", 1),
        ("decoded", 2),
    ]
    assert archive.verify(filled, tmp_path) == (3, 11)


def test_a_moved_frame_that_comes_again_is_known_and_compared(
    registered: db.Connection, tmp_path: Path, bench: Bench
) -> None:
    messages = bench.hours(3)
    take(registered, *messages)
    values = "SELECT count(*), sum(value) FROM reading"
    there = rows(registered, values)
    assert archived(registered, tmp_path) == [3]
    done = take(registered, messages[1])
    assert (done.new_frames, done.readings, len(done.ids), done.dead) == (0, 0, 1, 0)
    bench.seq = 1
    other = bench.frame(t0=3600, values={0: [1] * 6})
    done = take(registered, other)
    assert (done.new_frames, done.readings, len(done.ids), done.dead) == (0, 0, 1, 1)
    with registered:
        (letter,) = frames.dead_letters(registered)
    assert (letter.reason.kind, letter.bytes) == ("identity_reused", other.payload)
    assert rows(registered, values) == there


def test_moved_frames_are_recalibrated_and_placed_anew(
    registered: db.Connection, tmp_path: Path, bench: Bench, dsn: str
) -> None:
    take(registered, *bench.hours(4))
    node = bench.key.node
    assert archived(registered, tmp_path) == [4]
    with registered:
        since = NOW - timedelta(days=1)
        new = Calibration(node, 0, since, 1.0, 5.0)
        calibrations.give(registered, new, by="Li", reason="ice", at=LATER)
        known = read_known_nodes(registered, MASTER)
        done = recalibrate(registered, known, node, 0, since, at=LATER, archive=tmp_path)
    assert done == 24
    ((lowest,),) = rows(registered, "SELECT min(value) FROM reading WHERE value BETWEEN 19 AND 21")
    assert lowest == pytest.approx(20.0)
    registered.rollback()
    env = {"NONGQING_DSN": dsn, "NONGQING_ARCHIVE": str(tmp_path)}
    env["NONGQING_MASTER_KEY"] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    moved = ["--boot", "1", "--began", "2016-05-01T05:00Z", "--by", "Li", "--reason", "an hour"]
    done = run(clock_commands, "place", node, *moved, **env)
    assert done.exit_code == 0, done.output
    assert "144 readings stand at their new times" in done.output
    assert rows(registered, "SELECT min(time) FROM reading")[0][0].hour == 5


def test_a_file_that_is_not_there_is_named_and_nothing_changes(
    registered: db.Connection, tmp_path: Path, bench: Bench
) -> None:
    take(registered, *bench.hours(4))
    assert archived(registered, tmp_path) == [4]
    file = "2016-05/2016-05-01.1.frames"
    with (
        registered,
        pytest.raises(ArchiveError, match=f"{file}.xz: no folder of archives is named"),
    ):
        misplaced.frames(registered, archive=None)
    with (
        registered,
        pytest.raises(
            ArchiveError,
            match=f"elsewhere/{file}.json: is not there; name the folder .*NONGQING_ARCHIVE",
        ),
    ):
        misplaced.frames(registered, archive=tmp_path / "elsewhere")


@pytest.mark.parametrize("kind", ["xz", "json"])
def test_a_spoiled_file_is_named(
    registered: db.Connection, tmp_path: Path, bench: Bench, kind: str
) -> None:
    take(registered, *bench.hours(4))
    archived(registered, tmp_path)
    path = tmp_path / f"2016-05/2016-05-01.1.frames.{kind}"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    said = r"\.xz: is not what 2016-05-01\.1\.frames\.json says; bring both back"
    with registered, pytest.raises(ArchiveError, match=said):
        archive.verify(registered, tmp_path)


def test_a_file_of_other_frames_under_its_name_is_named(
    registered: db.Connection, tmp_path: Path, bench: Bench
) -> None:
    """As when one of the two was restored from an older backup."""
    take(registered, *bench.hours(4))
    archived(registered, tmp_path)
    name = "2016-05/2016-05-01.1.frames.xz"
    kept = list(archive_file.read(tmp_path, name))
    (tmp_path / name).unlink()
    archive_file.write(tmp_path, "2016-05-01", kept[1:])
    with registered, pytest.raises(ArchiveError, match="is not the file that the database knows"):
        archive.verify(registered, tmp_path)
    with registered, pytest.raises(ArchiveError, match=r"does not hold frame 0 of boot 1 of"):
        archive.find(registered, tmp_path, bench.key.node, 1, 0)


def test_one_cut_off_before_its_commit_is_done_again(filled: db.Connection, tmp_path: Path) -> None:
    archive.archive_next(filled, tmp_path, LATER - timedelta(days=9), LATER)
    filled.rollback()
    (tmp_path / "2016-05" / "2016-05-02.1.frames.xz.part").write_bytes(b"torn")
    assert rows(filled, EACH) == [(13, 13, 0)]
    assert archived(filled, tmp_path) == [9, 1]
    assert archive.verify(filled, tmp_path) == (2, 10)
    assert len(list(tmp_path.rglob("*.xz"))) == 2


def test_a_file_that_the_database_does_not_know_is_never_written_over(
    filled: db.Connection, tmp_path: Path
) -> None:
    """As after a restore of the database: files of what is lost there are evidence."""
    lost = archive_file.Archived(1, FrameId("py-001", 1, 9, 9), NOW, b"not in the database")
    archive_file.write(tmp_path, "2016-05-01", [lost])
    assert archived(filled, tmp_path) == [9, 1]
    assert list(archive_file.read(tmp_path, "2016-05/2016-05-01.1.frames.xz")) == [lost]
    assert archive.verify(filled, tmp_path) == (2, 10)


def test_a_full_disk_loses_nothing_and_says_so(filled: db.Connection, tmp_path: Path) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, old[1]))
    try:
        with filled, pytest.raises(ArchiveError, match=r"File too large; make room .*nothing is l"):
            archive.archive_next(filled, tmp_path, LATER, LATER)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert rows(filled, EACH) == [(13, 13, 0)]
    filled.rollback()
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    assert sum(archived(filled, tmp_path)) == 10


def test_frames_that_changed_meanwhile_stay(
    filled: db.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = archive_file.write

    def slow(*given: object) -> object:
        filled.cursor().execute("UPDATE frame SET sealed = 'other' WHERE seq = 2")
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(archive_file, "write", slow)
    with pytest.raises(ArchiveError, match="2 frames changed while they were archived"), filled:
        archive.archive_next(filled, tmp_path, LATER - timedelta(days=9), LATER)
    assert rows(filled, EACH) == [(13, 13, 0)]


def test_two_at_once_do_not_get_into_each_others_way(
    filled: db.Connection, tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LOCK_SECONDS", 0.2)
    other = db.connect(dsn)
    with filled:
        assert archive.archive_next(filled, tmp_path, LATER, LATER) == 9
        with other, pytest.raises(ArchiveError, match="being archived already"):
            archive.archive_next(other, tmp_path, LATER, LATER)
    other.close()


def test_the_job_does_what_a_setting_says(filled: db.Connection, dsn: str, tmp_path: Path) -> None:
    settings = Settings.from_env({"NONGQING_STATE_DIR": str(tmp_path)})
    pool = db.Pool(dsn)
    context = Context(pool, LATER, settings)
    assert str(archive_frames(context)) == "0 frames moved to 0 files"
    for wrong in ("1", "soon", "-3", "9" * 9):
        with filled:
            settings_table.put(filled, AFTER_DAYS, wrong, NOW)
        with pytest.raises(SettingWrong, match=r"frames.archive_after_days: .*write 2 or more"):
            archive_frames(context)
    with filled:
        settings_table.put(filled, AFTER_DAYS, "9", NOW)
    assert str(archive_frames(context)) == "10 frames moved to 2 files"
    assert (tmp_path / "archive" / "2016-05").is_dir()
    pool.close()


def test_commands_show_a_frame_and_prove_files(
    filled: db.Connection, dsn: str, tmp_path: Path, bench: Bench
) -> None:
    env = {"NONGQING_DSN": dsn, "NONGQING_ARCHIVE": str(tmp_path)}
    node = bench.key.node
    before = run(evidence.frame, node, "1", "2", "--json", **env)
    filled.rollback()
    archived(filled, tmp_path)
    after = run(evidence.frame, node, "1", "2", "--json", **env)
    told = json.loads(after.output)
    assert told.pop("file") == "2016-05/2016-05-01.1.frames.xz"
    assert {**told, "file": None} == json.loads(before.output)
    said = run(evidence.frame, node, "1", "2", **env).output
    assert f"kept in {tmp_path}/2016-05/2016-05-01.1.frames.xz\n" in said
    assert told["sealed"] in said
    assert "kept in the database\n" in run(evidence.frame, node, "1", "8", **env).output
    none = run(evidence.frame, node, "9", "9", **env)
    assert (none.exit_code, none.output) == (1, f"node {node}: no frame 9 of boot 9 is kept\n")
    assert "10 frames in 2 files: every hash is right" in (
        run(evidence.archive_, "--verify", **env).output
    )
    assert "0 frames moved to" in run(evidence.archive_, "--days", "9", **env).output
    assert "say either --days or --verify" in run(evidence.archive_, **env).output


def test_a_backup_says_that_it_has_no_files(
    filled: db.Connection, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "archive_folder", tmp_path / "files")
    assert "files of old frames" not in test_backup.run(dsn, "backup", str(tmp_path / "a")).output
    archived(filled, tmp_path / "files")
    said = test_backup.run(dsn, "backup", str(tmp_path / "b")).output
    assert f"2 files of old frames are not in it: keep a copy of {tmp_path}/files\n" in said


KILLED = """
import sys
from datetime import datetime
from pathlib import Path
from collector.store.network import archive
from collector.store.postgres import db
conn = db.connect(sys.argv[1])
before = datetime.fromisoformat(sys.argv[3])
print("begun", flush=True)
while True:
    with conn:
        if not archive.archive_next(conn, Path(sys.argv[2]), before, before, 7):
            break
print("done", flush=True)
"""


@pytest.mark.parametrize("rounds", [3, pytest.param(40, marks=pytest.mark.whole)])
def test_killed_at_any_moment_each_frame_is_in_one_place(
    registered: db.Connection, dsn: str, tmp_path: Path, bench: Bench, rounds: int
) -> None:
    count = 400 if WHOLE else 60
    bench.offset = int((NOW - timedelta(days=count / 24)).timestamp())
    messages = bench.hours(count)
    take(registered, *messages)
    for number in range(rounds):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, dsn, str(tmp_path), LATER.isoformat()],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "begun\n"
            time.sleep(0.013 * number % 0.29)
            worker.send_signal(signal.SIGKILL)
    archived(registered, tmp_path, 7)
    files, total = archive.verify(registered, tmp_path)
    assert total == count
    assert rows(registered, EACH) == [(count, 0, count)]
    named = rows(registered, "SELECT file FROM frame_archive ORDER BY id")
    read = [one for (name,) in named for one in archive_file.read(tmp_path, name)]
    assert sorted(one.sealed for one in read) == sorted(m.payload for m in messages)
    assert len(named) == files
