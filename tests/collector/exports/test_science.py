"""NetCDF and Parquet that grow: read back by other programs, with the very numbers of the store."""

import io
import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xarray as xr
from scipy.io import netcdf_file

from collector.exports import making, netcdf, parquet
from collector.exports.making import KINDS, Nothing, TooMany
from collector.exports.records import SECONDS, Fixed, Growing, Records
from collector.exports.science import SCIENCE
from collector.exports.tables import TABLES, rows
from collector.permissions import Grant
from collector.store.advice.exports import Order, Wanted
from collector.store.postgres import db
from field_configs.words import LANGUAGES, Words
from firmware.wire.quantities import by_name
from tests.webapp.conftest import seed_module as seed

CITY = (Grant("officer", "city", ""),)
WEEK = Wanted(date(2016, 5, 1), date(2016, 5, 8), CITY)
BEFORE = Wanted(date(1999, 5, 1), date(1999, 5, 8), CITY)


@pytest.fixture
def dsn(world_dsn):
    return world_dsn


@pytest.fixture
def conn(dsn):
    conn = db.connect(dsn)
    yield conn
    conn.close()


def order(table, kind, wanted=WEEK):
    return Order(table, kind, wanted, "en")


def written(conn, path, wanted=WEEK):
    table, _, kind = path.name.partition(".")
    with path.open("wb") as file:
        return making.write(conn, order(table, kind, wanted), file, seed.NOW)


def asked(conn, statement, *params):
    with conn.cursor() as cur:
        cur.execute(statement, params)
        return cur.fetchall()


def made(count, growing, row):
    fixed = [
        Fixed("name", "series", ["a", "柳格"], "S1"),
        Fixed("lon", "series", [115.0, None], "f8", {"units": "degrees_east"}),
    ]
    attributes = {"title": "试", "level": 3, "part": 0.5}
    return Records(attributes, 2, fixed, growing, (row(n) for n in range(count)))


@pytest.mark.parametrize("count", [0, 1, 7, netcdf.ROWS_AT_A_TIME + 3])
def test_what_is_written_is_read_by_another_program(count, tmp_path):
    path = tmp_path / "a.nc"
    growing = [
        Growing("number", "i4", {"units": "1"}),
        Growing("flag", "i1"),
        Growing("known", "b1"),
        Growing("bits", "i2"),
        Growing("value", "f8", {"long_name": "值"}),
        Growing("share", "f4"),
        Growing("said", "U"),
    ]
    with path.open("wb") as file:
        found = made(
            count, growing, lambda n: (n, n % 5, n % 2 == 0, -n % 100, n / 3, None, "left out")
        )
        assert netcdf.write(file, found) == count
    with netcdf_file(path, mmap=False) as found:
        assert found.title.decode() == "试"
        assert (found.level, found.part) == (3, 0.5)
        assert found.variables["number"][:].tolist() == list(range(count))
        assert found.variables["flag"][:].tolist() == [n % 5 for n in range(count)]
        assert found.variables["known"][:].tolist() == [n % 2 == 0 for n in range(count)]
        assert found.variables["bits"][:].tolist() == [-n % 100 for n in range(count)]
        assert found.variables["value"][:].tolist() == [n / 3 for n in range(count)]
        assert np.isnan(found.variables["share"][:]).all()
        assert found.variables["lon"][0] == 115.0
        assert "said" not in found.variables
        name = b"".join(found.variables["name"][1]).rstrip(b"\0")
        assert name.decode() == "柳格"


@pytest.mark.parametrize("count", [0, 1, 7, parquet.ROWS_AT_A_TIME + 3])
def test_parquet_is_written_in_groups_and_read_back(count, tmp_path):
    path = tmp_path / "a.parquet"
    growing = [
        Growing("series_index", "i4"),
        Growing("time", "f8", {"units": SECONDS}),
        Growing("known", "b1"),
        Growing("bits", "i2"),
        Growing("value", "f8", {"units": "m", "long_name": "值"}),
        Growing("said", "U"),
        Growing("lacks", "O"),
    ]

    def row(n):
        odd = n % 2
        return (
            odd,
            None if odd else n + 0.25,
            not odd,
            n % 100,
            None if odd else n / 3,
            "说",
            ["x"],
        )

    with path.open("wb") as file:
        assert parquet.write(file, made(count, growing, row), group=1000) == count
    file = pq.ParquetFile(path)
    assert file.num_row_groups == max(1, -(-count // 1000))
    found = file.read()
    assert found.schema.names == ["name", "lon", *(each.name for each in growing[1:])]
    assert found["name"].to_pylist() == [["a", "柳格"][n % 2] for n in range(count)]
    assert found["lon"].to_pylist() == [None if n % 2 else 115.0 for n in range(count)]
    times = [None if n % 2 else datetime.fromtimestamp(n + 0.25, UTC) for n in range(count)]
    assert found["time"].to_pylist() == times
    assert str(found.schema.field("time").type) == "timestamp[us, tz=UTC]"
    assert found["known"].to_pylist() == [n % 2 == 0 for n in range(count)]
    assert found["bits"].to_pylist() == [n % 100 for n in range(count)]
    assert found["value"].to_pylist() == [None if n % 2 else n / 3 for n in range(count)]
    assert set(found["said"].to_pylist()) <= {"说"}
    assert found["lacks"].to_pylist() == [["x"]] * count
    assert found.schema.field("value").metadata == {b"units": b"m", b"long_name": "值".encode()}
    told = found.schema.metadata
    assert told[b"title"].decode() == "试"
    assert told[b"time_zone"] == b"UTC"
    assert [each["name"] for each in json.loads(told[b"dictionary"])] == found.schema.names


@pytest.mark.parametrize("writer", [netcdf, parquet])
def test_memory_stays_flat(writer, tmp_path):
    """Ten times the rows take no more memory: they are written as they come."""

    def peak(count):
        growing = [Growing("series_index", "i4"), Growing("value", "f8"), Growing("z", "f8")]
        records = made(count, growing, lambda n: (n % 2, n / 7, n / 3))
        tracemalloc.start()
        before = pa.total_allocated_bytes()
        held = []

        def watched():
            for number, row in enumerate(records.rows):
                if number % 5000 == 0:
                    held.append(pa.total_allocated_bytes() - before)
                yield row

        with (tmp_path / str(count)).open("wb") as file:
            more = {"group": 10_000} if writer is parquet else {}
            writer.write(file, replace(records, rows=watched()), **more)
        _, own = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return own + max(held)

    peak(1000)  # what is made once
    assert peak(300_000) < 1.5 * peak(30_000)


def test_hours_are_those_of_the_store(conn, tmp_path):
    path = tmp_path / "hours.nc"
    count = written(conn, path)
    ((wanted, total),) = asked(
        conn,
        "SELECT count(*), sum(mean) FROM reading_hourly "
        "WHERE hour >= '2016-04-30 16:00+00' AND hour < '2016-05-08 16:00+00'",
    )
    with xr.open_dataset(path, engine="scipy") as found:
        assert found.sizes["obs"] == count == wanted > 1000
        assert float(found["mean"].sum()) == pytest.approx(total)
        assert found.attrs["featureType"] == "timeSeries"
        first = found.isel(obs=0)
        assert str(first["time"].values) >= "2016-04-30T16"
        quantity = found["quantity"].values[int(first["series_index"])]
        assert b"".join(np.atleast_1d(quantity)).rstrip(b"\0") != b""
        assert int(found["series_index"].max()) < found.sizes["series"]


def test_answers_are_those_of_the_store(conn, tmp_path):
    path = tmp_path / "answers.nc"
    assert written(conn, path) == len(seed.answers())
    with xr.open_dataset(path, engine="scipy") as found:
        codes = found["status_code"]
        assert sorted(codes.values.tolist()) == sorted(x.status for x in seed.answers())
        assert codes.attrs["flag_meanings"].split()[4] == "high"


def test_hours_in_parquet_are_the_rows_of_the_database(conn, tmp_path):
    path = tmp_path / "hours.parquet"
    count = written(conn, path)
    found = pq.read_table(path)
    wanted = asked(
        conn,
        "SELECT p.id, p.quantity, p.height_m, v.county, c.zh, v.id, v.zh, f.id, v.longitude, "
        "v.latitude, h.hour, h.mean, h.min, h.max, h.sum, h.completeness, h.qc "
        "FROM reading_hourly h JOIN series s ON s.id = h.series_id "
        "JOIN placement p ON p.id = s.placement JOIN field f ON f.id = p.field "
        "JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county "
        "WHERE h.hour >= '2016-04-30 16:00+00' AND h.hour < '2016-05-08 16:00+00' "
        "ORDER BY s.id, h.hour",
    )
    names = [
        "placement",
        "quantity",
        "z",
        "county_code",
        "county",
        "village_id",
        "village",
        "field_id",
        "longitude",
        "latitude",
        "time",
        "mean",
        "minimum",
        "maximum",
        "total",
        "completeness",
        "qc",
    ]
    assert [tuple(row[name] for name in names) for row in found.to_pylist()] == wanted
    assert count == len(wanted) > 1000
    units = dict(
        zip(found["quantity"].to_pylist(), found["quantity_units"].to_pylist(), strict=True)
    )
    assert units == {name: by_name(name).unit for name in units}
    told = found.schema.metadata
    assert told[b"quality_bits"].decode().startswith("1 range_checked, 2 step_checked, 4 not_a_n")
    assert told[b"time_coverage"] == b"local days 2016-05-01 to 2016-05-08, UTC+8"
    assert b"by field nodes" in told[b"source"]


def test_answers_in_parquet_are_the_rows_of_the_database(conn, tmp_path):
    path = tmp_path / "answers.parquet"
    written(conn, path)
    wanted = asked(
        conn,
        "SELECT site, crop, hazard, time, issued, status, score, certainty, stage_bbch, validated, "
        "missing, model_version FROM risk_status ORDER BY site, crop, hazard, time, id",
    )
    names = [
        "field_id",
        "crop",
        "hazard_id",
        "time",
        "issued",
        "status_code",
        "score",
        "certainty",
        "stage_bbch",
        "validated",
        "missing",
        "model_version",
    ]
    found = pq.read_table(path)
    assert [tuple(row[name] for name in names) for row in found.to_pylist()] == wanted
    assert any(row[-2] for row in wanted)
    assert found.schema.field("certainty").metadata[b"units"] == b"1"


@pytest.mark.parametrize("table", sorted(SCIENCE))
def test_both_formats_have_the_same_columns_and_each_says_what_it_means(conn, tmp_path, table):
    for kind in KINDS[table]:
        written(conn, tmp_path / f"{table}.{kind}")
    columns = pq.read_schema(tmp_path / f"{table}.parquet")
    with netcdf_file(tmp_path / f"{table}.nc", mmap=False) as found:
        texts = {"missing", "model_version"}
        assert set(found.variables) - {"series_index"} == set(columns.names) - texts
        assert all(each.long_name for each in found.variables.values())
    for name in columns.names:
        said = columns.field(name).metadata
        assert said[b"long_name"].decode() == Words.load("en").text(f"export.column.{name}")
        assert all(f"export.column.{name}" in Words.load(each) for each in LANGUAGES)
    assert columns.field("longitude").metadata[b"units"] == b"degrees_east"
    (time,) = (x for x in json.loads(columns.metadata[b"dictionary"]) if x["name"] == "time")
    assert time["units"] == "timestamp, UTC"


def test_a_county_and_a_scope_keep_to_themselves(conn):
    table = TABLES["fields"]

    def counties(*within, county=""):
        wanted = Wanted(WEEK.first, WEEK.last, within, county)
        return {row[0] for row in rows(conn, table, wanted, "zh_CN")}

    assert counties(*CITY) == {"清丰县", "濮阳县"}
    assert counties(*CITY, county="410922") == {"清丰县"}
    assert counties(Grant("officer", "county", "410928")) == {"濮阳县"}
    assert counties(Grant("officer", "county", "410928"), county="410922") == set()
    assert counties(Grant("officer", "village", "qf-liuge")) == {"清丰县"}
    assert counties() == set()
    with conn.cursor() as cur:
        cur.execute("UPDATE field SET private = true")
    assert counties(*CITY) == set()


@pytest.fixture
def counted(conn):
    """A world in which no table is empty."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO trap_count (field, insect, trap, date, nights, count, observer, note, "
            "origin, received) VALUES ('qf-liuge-1', 'armyworm', 'light', '2016-05-02', 1, 5, '', "
            "'', '', now())"
        )
        cur.execute(
            "INSERT INTO scouting_report (site, crop, hazard, season, date, found, treated, source,"
            " observer, note, origin, received) VALUES ('qf-liuge-1', 'winter_wheat', 'wheat_fhb',"
            " 2015, '2016-05-02', true, false, 'scouting', '', '', '', now())"
        )
    return conn


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_has_a_value_for_each_of_its_columns(counted, name):
    table = TABLES[name]
    found = list(rows(counted, table, WEEK, "zh_CN"))
    assert found
    assert {len(row) for row in found} == {len(table.columns)}
    place = [column.name for column in table.columns]
    if "hazard" in place:
        assert "小麦" in found[0][place.index("hazard")]
    if "status" in place:
        assert found[0][place.index("status")] != found[0][place.index("status_code")]


@pytest.mark.parametrize(("table", "kind"), [(t, k) for t, kinds in KINDS.items() for k in kinds])
def test_the_rows_are_told_before_and_counted_as_they_come(counted, monkeypatch, table, kind):
    monkeypatch.setattr(making, "TOLD_EVERY", 2)
    seen, file = [], io.BytesIO()
    total = making.total(counted, order(table, kind))
    assert making.write(counted, order(table, kind), file, seed.NOW, seen.append) == total > 0
    assert seen == list(range(2, total + 1, 2))


def test_more_than_is_given_at_once_is_refused(conn, monkeypatch):
    monkeypatch.setitem(making.MOST_ROWS, "csv", 2)
    with pytest.raises(TooMany, match="statuses: more than 2 rows; ask for less at once"):
        making.total(conn, order("statuses", "csv"))


@pytest.mark.parametrize("table", ["statuses", "hours", "answers", "reports"])
def test_nothing_is_said_as_such(conn, table):
    with pytest.raises(Nothing, match=f"{table}: nothing of this area and period"):
        making.total(conn, order(table, KINDS[table][0], BEFORE))
