"""A sheet in one pass says and keeps just what a sheet held as a whole does, in small memory."""

from __future__ import annotations

import random
import tempfile
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.files import spool, streamed
from collector.files.given import Given
from collector.files.imported import Imported
from collector.files.places import known_places
from collector.files.weather import import_weather, keep
from collector.files.weather_csv import read_csv
from collector.store.postgres import db
from models.sheets.refused import Refusals, SheetError
from tests.collector.conftest import NOW
from tests.paths import WHOLE

START = NOW - timedelta(days=40)
HEAD = "place,longitude,latitude,time,air_temperature,precipitation_amount,relative_humidity"


def as_a_whole(conn: db.Connection, path, given: Given) -> Imported:
    refusals = Refusals(path.name)
    places = known_places(conn)
    before = frozenset(places.known)
    return keep(conn, read_csv(path, given, places, refusals), given, refusals, before)


def outcome(conn: db.Connection, take, path, given: Given):
    """What is said of a file and what the database holds then; nothing of it stays."""
    with conn.cursor() as cur:
        cur.execute("SAVEPOINT s")
        try:
            said = take(conn, path, given)
        except SheetError as error:
            said = str(error)
        cur.execute(
            "SELECT p.name, p.longitude, p.latitude, s.quantity, w.time, w.issued, w.value, w.qc "
            "FROM weather_value w JOIN weather_series s ON s.id = w.series_id "
            "JOIN weather_place p ON p.number = s.place ORDER BY 1, 4, 5, 6"
        )
        kept = cur.fetchall()
        cur.execute("SELECT name FROM weather_place ORDER BY name")
        places = cur.fetchall()
        cur.execute("ROLLBACK TO s")
    return said, kept, places


def same(conn: db.Connection, path, given: Given) -> None:
    whole = outcome(conn, as_a_whole, path, given)
    pieces = outcome(conn, import_weather, path, given)
    assert pieces[0] == whole[0]
    assert pieces[1:] == whole[1:] or isinstance(whole[0], str)
    if isinstance(whole[0], str):
        assert (pieces[1], pieces[2]) == ([], []), "nothing half imported"


def sheet(seed: int) -> str:
    """A sheet with all that can be wrong with one, more or less of it."""
    rng = random.Random(seed)
    places = [("qf-liuge", "", ""), ("柳格示范村", "", "")]
    for number in range(rng.randint(1, 5)):
        east, north = 114.9 + rng.random() / 2, 35.7 + rng.random() / 2
        places.append((f"s{number}", f"{east:.3f}", f"{north:.3f}"))
        if rng.random() < 0.3:  # some lines say that it stands elsewhere, or a little aside
            places.append((f"s{number}", f"{east + rng.choice([0.003, 0.2]):.3f}", f"{north:.3f}"))
    if rng.random() < 0.3:
        places.append(("nowhere", "", ""))
    hours = rng.choice([5, 30, 60])
    hot = rng.choice(["", "s0", "s1", "all"])
    counter = rng.choice(["", "", "s0", "all"])
    stuck, wild = rng.choice(["", "s0"]), rng.choice(["", "s1"])
    lines, total = [], 0.0
    for hour in range(hours):
        for name, east, north in places:
            warm = 15 + rng.gauss(0, 1) + (55 if hot in (name, "all") else 0)
            if rng.random() < 0.02:
                warm = rng.choice([999.0, -99.0, 1e9])
            if name == stuck:
                warm = 12.0
            if name == wild and hour % 7 == 0:
                warm += 25
            total += rng.choice([0, 0, 0, 0.4])
            rain = total if counter in (name, "all") else rng.choice([0, 0, 0, 0.2, 300])
            wet: object = 60 if rng.random() > 0.05 else rng.choice(["", "wet", 104, 200, 0.5])
            time = (START + timedelta(hours=hour)).isoformat()
            lines.append(f"{name},{east},{north},{time},{warm:.1f},{rain:.1f},{wet}")
            if rng.random() < 0.03:
                lines.append(lines[-1])
            if rng.random() < 0.03:
                lines.append(f"{name},{east},{north},{time},{warm + 1:.1f},{rain:.1f},{wet}")
    for _ in range(rng.randint(0, 4)):
        lines.insert(rng.randrange(len(lines)), rng.choice(['a,"b', "x", ",,,,,,", "s0,1,1,2016"]))
    if rng.random() < 0.5:
        rng.shuffle(lines)
    return "\n".join([HEAD, *lines]) + "\n"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that small files go the way of large ones."""
    monkeypatch.setattr(streamed, "LINES", 7)
    monkeypatch.setattr(streamed, "HELD", 40)
    monkeypatch.setattr(spool, "HELD", 11)
    monkeypatch.setattr(spool.Spool.__init__, "__defaults__", (11,))


@pytest.mark.parametrize("seed", range(6))
def test_pieces_say_and_keep_what_the_whole_does(registered, tmp_path, seed):
    path = tmp_path / "w.csv"
    path.write_text(sheet(seed), "utf-8")
    for kind in ("observed", "forecast"):
        given = Given(kind, "test", NOW, issued=None if kind == "observed" else START)
        same(registered, path, given)


@pytest.mark.whole
@pytest.mark.parametrize("seed", range(6, 300))
def test_pieces_say_and_keep_what_the_whole_does_often(registered, tmp_path, seed):
    test_pieces_say_and_keep_what_the_whole_does(registered, tmp_path, seed)


CELL = st.one_of(
    st.sampled_from(
        ["", "qf-liuge", "s1", "2016-04-30T09:00Z", "2016/4/30 9:00", "115.2", "35.9", "12", "-99"]
        + ["NaN", "1e400", "1,5", "１２", '"', "=1+1", "缺测", "T", "\x00", "0x1F", "9" * 400]
    ),
    st.text(max_size=12),
)
ROW = st.lists(CELL, min_size=0, max_size=9).map(",".join)


@settings(
    max_examples=500 if WHOLE else 20,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(
    st.one_of(
        st.lists(ROW, max_size=12).map(lambda rows: "\n".join([HEAD, *rows]).encode()),
        st.binary(max_size=400),
        st.lists(st.text(max_size=60), max_size=8).map(
            lambda rows: "\n".join(rows).encode("utf-8", "surrogatepass")
        ),
    )
)
def test_whatever_a_sheet_holds_is_counted_with_its_reason(registered, tmp_path, content):
    path = tmp_path / "w.csv"
    path.write_bytes(content)
    given = Given("observed", "test", NOW)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return
    same(registered, path, given)
    with registered.cursor() as cur:
        cur.execute("SAVEPOINT t")
        try:
            done = import_weather(registered, path, given)
            assert done.refused.total == len(done.refused.first)
            assert all(str(each.event) for each in done.refused.first)
        except SheetError as error:
            done = error
        assert str(done)
        cur.execute("ROLLBACK TO t")


def test_no_room_for_a_temporary_file_is_told(registered, tmp_path, monkeypatch):
    path = tmp_path / "w.csv"
    path.write_text(sheet(3), "utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(SheetError, match="no room for what is read of the file .*TMPDIR"):
        import_weather(registered, path, Given("observed", "test", NOW))


def test_progress_goes_from_nothing_to_all(registered, tmp_path):
    path = tmp_path / "w.csv"
    path.write_text(sheet(4), "utf-8")
    told: list[float] = []
    import_weather(registered, path, Given("observed", "test", NOW), told.append)
    assert told == sorted(told)
    assert told[0] < 0.2
    assert told[-1] == 1.0


def test_of_a_file_that_is_refused_at_the_very_end_no_place_is_left(registered, tmp_path):
    path = tmp_path / "w.csv"
    lines = [
        f"new,115.2,35.9,{(START + timedelta(hours=hour)).isoformat()},12.0,0.0,60"
        for hour in range(100)
    ]
    path.write_text("\n".join([HEAD, *lines]), "utf-8")
    doubt = "air_temperature: 88 of 100 values are in doubt"
    with registered, pytest.raises(SheetError, match=doubt):
        import_weather(registered, path, Given("observed", "test", NOW))
    with registered.cursor() as cur:
        cur.execute("SELECT count(*) FROM weather_place")
        assert cur.fetchone() == (0,)
