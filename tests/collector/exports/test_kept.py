"""Files on the disk: whole or not at all, for their owner alone, swept when their time is over."""

import errno
import resource
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from collector.exports import kept, netcdf, parquet, sheets
from collector.exports.records import Growing, Records
from collector.exports.sheets import Column
from collector.store.advice.export_requests import ExportRequest
from collector.store.advice.exports import Order, Wanted

DAY = date(2016, 5, 8)
COLUMNS = (Column("note"), Column("found"))


def asked(number, attempt=1, kind="csv"):
    order = Order("fields", kind, Wanted(DAY, DAY, ()), "en")
    at = datetime(2016, 5, 8, tzinfo=UTC)
    return ExportRequest(number, 1, at, order, "ready", attempt, 1, 1, 1, None, at)


@pytest.fixture
def little_room(tmp_path, monkeypatch):
    """The system lets no file of this process grow beyond 20,000 bytes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_is_whole_under_its_name_and_for_its_owner_alone(tmp_path):
    kept.prove_room(tmp_path)
    path = kept.path_of(tmp_path, asked(3, attempt=2))
    with kept.new_file(path) as file:
        file.write(b"abc")
        assert not path.exists()
    assert path == (tmp_path / "exports" / "3-2.csv").resolve()
    assert path.read_bytes() == b"abc"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_stays_of_a_file_that_was_not_finished(tmp_path):
    kept.prove_room(tmp_path)
    path = kept.path_of(tmp_path, asked(3))

    def write(file):
        file.write(b"abc")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), kept.new_file(path) as file:
        write(file)
    assert list(path.parent.iterdir()) == []


def test_a_disk_that_is_nearly_full_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "SPARE", 1 << 62)
    with pytest.raises(OSError, match="No space left on device") as raised:
        kept.prove_room(tmp_path)
    assert raised.value.errno in kept.NO_ROOM


def write_parquet(file):
    growing = [Growing("series_index", "i4"), Growing("value", "f8")]
    parquet.write(file, Records({}, 1, (), growing, ((0, n / 7) for n in range(50_000))), 5000)


def write_netcdf(file):
    growing = [Growing("series_index", "i4"), Growing("value", "f8")]
    netcdf.write(file, Records({}, 1, (), growing, ((0, n / 7) for n in range(50_000))))


def write_csv(file):
    sheets.write_csv(file, COLUMNS, (["a", n] for n in range(50_000)))


def write_xlsx(file):
    words = sheets.dictionary("reports", COLUMNS, "en")
    sheets.write_xlsx(file, "t", COLUMNS, (["a", n] for n in range(50_000)), words)


@pytest.mark.parametrize("write", [write_parquet, write_netcdf, write_csv, write_xlsx])
def test_where_there_is_no_room_no_half_file_stays(tmp_path, little_room, write):
    kept.prove_room(tmp_path)
    path = kept.path_of(tmp_path, asked(3))
    with pytest.raises(OSError, match="File too large") as raised, kept.new_file(path) as file:
        write(file)
    assert raised.value.errno == errno.EFBIG
    assert raised.value.errno in kept.NO_ROOM
    assert list(path.parent.iterdir()) == []
    assert list(Path(tempfile.gettempdir()).iterdir()) == []


def test_what_is_not_kept_is_swept(tmp_path):
    kept.sweep(tmp_path, [])  # there is no folder yet
    kept.prove_room(tmp_path)
    stays = kept.path_of(tmp_path, asked(3, attempt=2))
    for path in (stays, kept.path_of(tmp_path, asked(3)), kept.path_of(tmp_path, asked(4))):
        path.write_bytes(b"")
    (stays.parent / "5-1.csv.part").write_bytes(b"")
    kept.sweep(tmp_path, [asked(3, attempt=2)])
    assert list(stays.parent.iterdir()) == [stays]
