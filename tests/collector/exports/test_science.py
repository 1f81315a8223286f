"""NetCDF that grows: read back by other programs, with the very numbers of the store."""

import io
from datetime import date

import numpy as np
import pytest
import xarray as xr
from scipy.io import netcdf_file

from collector.exports import netcdf, science
from collector.exports.netcdf import Fixed, Growing
from collector.exports.tables import TABLES, TooMany, rows
from collector.permissions import Grant
from collector.store.advice.exports import Wanted
from collector.store.postgres import db
from tests.webapp.conftest import seed_module as seed

CITY = (Grant("officer", "city", ""),)
WEEK = Wanted(date(2016, 5, 1), date(2016, 5, 8), CITY)


@pytest.fixture
def conn(dsn):
    conn = db.connect(dsn)
    seed.fill(conn)
    yield conn
    conn.close()


def texts(variable):
    return [b"".join(row).rstrip(b"\0").decode() for row in variable.values.astype("S1")]


@pytest.mark.parametrize("count", [0, 1, 7, netcdf.ROWS_AT_A_TIME + 3])
def test_what_is_written_is_read_by_another_program(count, tmp_path):
    path = tmp_path / "a.nc"
    growing = [
        Growing("number", "i4", {"units": "1"}),
        Growing("flag", "i1"),
        Growing("bits", "i2"),
        Growing("value", "f8", {"long_name": "值"}),
        Growing("share", "f4"),
    ]
    with path.open("wb") as file:
        said = netcdf.write(
            file,
            attributes={"title": "试", "level": 3, "part": 0.5},
            dimensions={"place": 2},
            fixed=[
                Fixed("name", "place", ["a", "柳格"], "S1"),
                Fixed("lon", "place", [115.0, None], "f8"),
            ],
            growing=growing,
            rows=((n, n % 5, -n % 100, n / 3, None) for n in range(count)),
        )
    assert said == count
    with netcdf_file(path, mmap=False) as found:
        assert found.title.decode() == "试"
        assert (found.level, found.part) == (3, 0.5)
        assert found.variables["number"][:].tolist() == list(range(count))
        assert found.variables["flag"][:].tolist() == [n % 5 for n in range(count)]
        assert found.variables["bits"][:].tolist() == [-n % 100 for n in range(count)]
        assert found.variables["value"][:].tolist() == [n / 3 for n in range(count)]
        assert np.isnan(found.variables["share"][:]).all()
        assert found.variables["lon"][0] == 115.0
        name = b"".join(found.variables["name"][1]).rstrip(b"\0")
        assert name.decode() == "柳格"


def test_hours_are_those_of_the_store(conn, tmp_path):
    path = tmp_path / "hours.nc"
    with path.open("wb") as file:
        count = science.write_hours(conn, WEEK, file, seed.NOW)
    with conn.cursor() as cur:
        cur.execute(
            "SELECT count(*), sum(mean) FROM reading_hourly "
            "WHERE hour >= '2016-04-30 16:00+00' AND hour < '2016-05-08 16:00+00'"
        )
        wanted, total = cur.fetchone()
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
    with path.open("wb") as file:
        assert science.write_answers(conn, WEEK, file, seed.NOW) == len(seed.answers())
    with xr.open_dataset(path, engine="scipy") as found:
        assert sorted(found["status"].values.tolist()) == sorted(x.status for x in seed.answers())
        assert found["status"].attrs["flag_meanings"].split()[4] == "high"


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


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_has_a_value_for_each_of_its_columns(conn, name):
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
    table = TABLES[name]
    found = list(rows(conn, table, WEEK, "zh_CN"))
    assert found
    assert {len(row) for row in found} == {len(table.columns)}
    place = [column.name for column in table.columns]
    if "hazard" in place:
        assert "小麦" in found[0][place.index("hazard")]
    if "status" in place:
        assert found[0][place.index("status")] != found[0][place.index("status_code")]


def test_more_than_is_given_at_once_is_refused(conn):
    with pytest.raises(TooMany, match="more than 2 rows; ask for less at once"):
        list(rows(conn, TABLES["statuses"], WEEK, "en", most=2))
    with pytest.raises(TooMany, match="more than 5 records"):
        science.write_hours(conn, WEEK, io.BytesIO(), seed.NOW, most=5)
