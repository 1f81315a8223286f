"""Readings in and out of a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from psycopg2.errors import LockNotAvailable

from collector.store.measured import reading_log, readings
from collector.store.measured.reading_log import READING, TAIL
from collector.store.network import registry, sites
from collector.store.postgres import binary
from collector.store.postgres.db import NaiveDatetime, connect
from firmware.wire.quantities import UnknownQuantity
from tests.collector.conftest import NOW
from tests.collector.ingest.test_intake import rows, take

if TYPE_CHECKING:
    from collector.store.postgres import db
    from tests.collector.conftest import Bench

START = NOW - timedelta(hours=6)


def series_of(conn: db.Connection, quantity: str, field: str) -> int:
    return rows(
        conn,
        "SELECT s.id FROM series s JOIN placement p ON p.id = s.placement "
        f"WHERE p.quantity = '{quantity}' AND p.field = '{field}'",
    )[0][0]


def field_of(conn: db.Connection, bench: Bench) -> str:
    with conn:
        return registry.nodes(conn, bench.key.node)[0].field


def roll_up(conn: db.Connection) -> reading_log.RolledUp:
    with conn:
        return reading_log.roll_up(conn)


def table(series: int, times: list[int], values: list[float], frame: int = 1) -> np.ndarray:
    found = np.empty(len(times), READING)
    found["series"], found["time"], found["value"] = series, times, values
    found["qc"], found["frame"], found["step"] = 3, frame, 600
    return found


def hour_values(data: xr.Dataset, name: str) -> list[float]:
    return data[name].values[:, 0].tolist()


def test_a_sum_belongs_to_the_hour_in_which_it_fell(
    registered: db.Connection, bench: Bench
) -> None:
    # Buckets tipped before 06:00, 06:10 … 06:50; then before 07:00 … 07:50.
    take(registered, bench.frame(values={2: [20] * 6}), bench.frame(t0=3600, values={2: [100] * 6}))
    roll_up(registered)
    data = readings.hourly_dataset(
        registered,
        ["precipitation_amount", "air_temperature"],
        START - timedelta(hours=1),
        START + timedelta(hours=2),
        [field_of(registered, bench)],
    )
    assert hour_values(data, "precipitation_amount") == [0.2, pytest.approx(2.0), 5.0]
    share = data["precipitation_amount_completeness"].values[:, 0].tolist()
    assert share == pytest.approx([1 / 6, 1, 5 / 6])
    assert np.isnan(hour_values(data, "air_temperature")[0])
    assert hour_values(data, "air_temperature")[1:] == pytest.approx([15.025, 15.025])
    assert data["air_temperature_qc"].values[:, 0].tolist() == [128, 3, 3]


def test_late_readings_change_the_hours_they_belong_to(
    registered: db.Connection, bench: Bench
) -> None:
    early, late = bench.hours(2)
    take(registered, late)
    assert roll_up(registered).hours == 7
    assert roll_up(registered) == reading_log.RolledUp(0, 0, None, None)
    take(registered, early)
    done = roll_up(registered)
    # Its own six series and, for rain, the hour before and its last ten minutes.
    assert (done.first, done.last) == (START - timedelta(hours=1), START)
    quantity = "precipitation_amount"
    data = readings.hourly_dataset(
        registered, [quantity], START, START + timedelta(hours=1), [field_of(registered, bench)]
    )
    assert data[f"{quantity}_completeness"].values[:, 0].tolist() == [1.0]


def test_roll_up_takes_no_more_than_it_is_told(registered: db.Connection, bench: Bench) -> None:
    take(registered, *bench.hours(3))
    with registered:
        assert reading_log.roll_up(registered, limit=5).changes == 5
    assert roll_up(registered).changes == 3 * 6 + 1 - 5


def test_one_roll_up_at_a_time(registered: db.Connection, bench: Bench, dsn: str) -> None:
    # Two at once could write an hour from an older look at it over one from a newer.
    early, late = bench.hours(2)
    take(registered, late)
    other = connect(dsn)
    with registered:
        reading_log.roll_up(registered, limit=1)
        take(other, early)
        with other.cursor() as cur:
            cur.execute("SET lock_timeout = '100ms'")
        with pytest.raises(LockNotAvailable):
            reading_log.roll_up(other, limit=1)
    other.close()


def test_dataset_has_the_vocabularys_attributes(registered: db.Connection, bench: Bench) -> None:
    field = field_of(registered, bench)
    data = readings.hourly_dataset(
        registered, ["precipitation_amount", "soil_moisture"], START, NOW, [field, "nowhere"]
    )
    assert data.sizes == {"site": 2, "time": 6}
    assert data["site"].values.tolist() == [field, "nowhere"]
    assert data["time"].values[0] == np.datetime64("2016-05-01T06:00", "ns")
    rain = data["precipitation_amount"]
    assert rain.attrs["units"] == "mm"
    assert rain.attrs["standard_name"] == "lwe_thickness_of_precipitation_amount"
    assert rain.attrs["cell_methods"] == "time: sum"
    assert rain.attrs["ancillary_variables"].split() == [
        "precipitation_amount_completeness",
        "precipitation_amount_qc",
    ]
    assert rain.isnull().all()
    assert (data["soil_moisture_qc"] == 128).all()
    assert np.isfinite(data["longitude"].values[0])
    assert np.isnan(data["longitude"].values[1])


def test_dataset_of_nothing_is_empty(conn: db.Connection) -> None:
    data = readings.hourly_dataset(conn, ["air_temperature"], START, NOW)
    assert data.sizes == {"site": 0, "time": 6}


def test_parts_of_hours_are_widened_to_hours(registered: db.Connection) -> None:
    start, end = START + timedelta(minutes=30), START + timedelta(minutes=90)
    data = readings.hourly_dataset(registered, ["air_temperature"], start, end)
    assert data["time"].values.astype("datetime64[h]").astype(str).tolist() == [
        "2016-05-01T06",
        "2016-05-01T07",
    ]


def test_the_standard_height_stands_for_a_field(registered: db.Connection, bench: Bench) -> None:
    field = field_of(registered, bench)
    with registered, registered.cursor() as cur:
        cur.execute(
            "INSERT INTO placement VALUES ('low', %(f)s, 'air_temperature', 0.1), "
            "('deep', %(f)s, 'soil_moisture', -0.4), ('top', %(f)s, 'soil_moisture', -0.05)",
            {"f": field},
        )
        cur.execute(sites.SQL["put_series"])
    for placement, value in (("low", 1.0), ("deep", 0.4), ("top", 0.1)):
        ((number,),) = rows(registered, f"SELECT id FROM series WHERE placement = '{placement}'")
        with registered:
            reading_log.insert_readings(
                registered, table(number, [int(START.timestamp()) + 60], [value]), NOW
            )
    take(registered, bench.frame())
    roll_up(registered)
    names = ["air_temperature", "soil_moisture"]
    data = readings.hourly_dataset(registered, names, START, START + timedelta(hours=1), [field])
    assert hour_values(data, "air_temperature") == pytest.approx([15.025])
    assert hour_values(data, "soil_moisture") == pytest.approx([0.1])
    with registered:
        village = registry.nodes(registered, bench.key.node)[0].village
        curves = readings.curve(
            registered, village, "soil_moisture", START, START + timedelta(hours=2)
        )
    own = [(c.height_m, c.values[0]) for c in curves if c.field == field]
    assert own == [(-0.05, 0.1), (-0.2, pytest.approx(0.2525)), (-0.4, 0.4)]
    assert all(np.isnan(c.values[1]) for c in curves)


@pytest.mark.parametrize("reader", ["dataset", "curve"])
def test_unknown_quantities_and_naive_times_are_named(
    registered: db.Connection, reader: str
) -> None:
    def read(name: str, start: datetime) -> object:
        if reader == "curve":
            return readings.curve(registered, "qf-liuge", name, start, NOW)
        return readings.hourly_dataset(registered, [name], start, NOW)

    with pytest.raises(UnknownQuantity, match='did you mean "soil_moisture"'):
        read("soil_moistur", START)
    with pytest.raises(NaiveDatetime, match="no time zone"):
        read("soil_moisture", START.replace(tzinfo=None))


def test_latest_is_the_last_valid_value(registered: db.Connection, bench: Bench) -> None:
    from firmware.wire import codec

    gone = [codec.Missing(codec.NO_ANSWER)] * 6
    newest, older = bench.frame(t0=7200, values={3: gone}), bench.frame()
    take(registered, newest)
    take(registered, older)
    with registered:
        village = registry.nodes(registered, bench.key.node)[0].village
        found = {x.quantity: x for x in readings.latest(registered, village)}
    air, soil = found["air_temperature"], found["soil_moisture"]
    assert (air.time, air.value, air.qc) == (START + timedelta(hours=2, minutes=50), 15.05, 3)
    assert (soil.time, soil.value, soil.qc) == (START + timedelta(minutes=50), 0.255, 128)
    assert soil.height_m == -0.2


def test_small_and_large_inserts_do_the_same(registered: db.Connection, bench: Bench) -> None:
    field = field_of(registered, bench)
    small = series_of(registered, "soil_moisture", field)
    large = series_of(registered, "air_temperature", field)
    start = int(START.timestamp())
    for series, count in ((small, 10), (large, reading_log.COPY_FROM)):
        times = [start + 60 * i for i in range(count)]
        values = [np.nan if i == 3 else float(i) for i in range(count)]
        other = [v if i != 5 else 99.0 for i, v in enumerate(values)]
        with registered:
            assert reading_log.insert_readings(registered, table(series, times, values), NOW) == []
            assert (
                reading_log.insert_readings(registered, table(series, times, values, 2), NOW) == []
            )
            again = reading_log.insert_readings(registered, table(series, times, other, 3), NOW)
        assert again == [(series, START + timedelta(minutes=5), 3)]
        found = rows(
            registered,
            f"SELECT value, qc, frame_id FROM reading WHERE series_id = {series} ORDER BY time",
        )
        assert len(found) == count
        assert found[3:6] == [(None, 3, 1), (4.0, 3, 1), (5.0, 3, 1)]


def test_an_older_tail_changes_nothing(registered: db.Connection) -> None:
    with registered:
        for tail in (
            (1, 1000, 5.0, 3, True, 1000, 5.0, 400),
            (1, 500, 9.0, 3, True, 500, 9.0, 500),
            (1, 1600, np.nan, 128, False, 0, 0.0, 0),
        ):
            reading_log.put_tails(registered, np.array([tail], TAIL))
        one = np.array([1], np.int32)
        found = [
            reading_log.tails(registered, one, np.array([at]), {1: 3.0}) for at in (2000, 1600)
        ]
    assert [before.valid.tolist() for before in found] == [[(1, 1000, 5.0, 400)]] * 2
    assert [before.newer for before in found] == [True, False]
    assert rows(registered, "SELECT value, qc FROM series_tail") == [(None, 128)]


COLUMNS = np.dtype([("a", "i4"), ("b", "i8"), ("c", "f8"), ("d", "f4"), ("e", "i2")])


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**31), 2**31 - 1),
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False),
            st.floats(width=32, allow_nan=False),
            st.integers(-(2**15), 2**15 - 1),
        )
    )
)
def test_binary_rows_come_back_as_they_went(values: list[tuple[object, ...]]) -> None:
    table = np.array(values, COLUMNS)
    np.testing.assert_array_equal(binary.decode_rows(binary.encode_rows(table), COLUMNS), table)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (b"PGCOPY", "not rows of"),
        (binary.encode_rows(np.zeros(1, [("a", "i8"), ("b", "i8")])), "not rows of|width"),
        (binary.encode_rows(np.zeros(2, [("a", "i8")])), "another type in a"),
    ],
)
def test_other_streams_are_refused(stream: bytes, message: str) -> None:
    wanted = (
        np.dtype([("a", "f4"), ("b", "f4")]) if b"\0\2\0" in stream else np.dtype([("a", "i4")])
    )
    if message.startswith("another"):
        stream = stream.replace(b"\0\0\0\x08" + bytes(8), b"\0\0\0\x08" + bytes(4))
    with pytest.raises(binary.CopyFormatError, match=message):
        binary.decode_rows(stream, wanted)


def parts_of(conn: db.Connection, statement: str) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    with conn:
        binary.copy_out_parts(conn, statement, {}, COLUMNS, found.append)
    return found


def test_a_long_answer_comes_in_parts(registered: db.Connection) -> None:
    rows_wanted = 3 * binary.PART_BYTES // binary._wire_type(COLUMNS).itemsize
    values = ", ".join(
        {"i4": "i::int4", "i8": "i::int8", "f4": "i::float4", "f8": "i::float8", "i2": "7::int2"}[
            COLUMNS[name].str[1:]
        ]
        for name in COLUMNS.names
    )
    statement = f"COPY (SELECT {values} FROM generate_series(1, {{}}) i) TO STDOUT (FORMAT binary)"
    found = parts_of(registered, statement.format(rows_wanted))
    assert len(found) > 2
    with registered:
        whole = binary.copy_out(registered, statement.format(rows_wanted), {}, COLUMNS)
    np.testing.assert_array_equal(np.concatenate(found), whole)
    assert parts_of(registered, statement.format(0)) == []


def test_an_answer_of_other_rows_is_refused_part_by_part(registered: db.Connection) -> None:
    for values, message in (
        ("1::int8, 2::int4, 3::float8, 4::float4, 5::int2", "another type in a"),
        ("1::int2", "ended within a row"),
    ):
        with pytest.raises(binary.CopyFormatError, match=message):
            parts_of(registered, f"COPY (SELECT {values}) TO STDOUT (FORMAT binary)")
    with pytest.raises(binary.CopyFormatError, match="not rows of"):
        parts_of(registered, "COPY (SELECT 'a long line of text') TO STDOUT")


def test_times_are_utc(registered: db.Connection, bench: Bench) -> None:
    take(registered, bench.frame())
    ((moment,),) = rows(registered, "SELECT min(time) FROM reading")
    assert moment == START
    assert moment.tzinfo == UTC or moment.utcoffset() == timedelta(0)
