"""Whatever a weather document holds, it is read, or refused with a reason; never a crash."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.files.weather_json import read_json
from models.sheets.refused import Refusals, SheetError
from tests.collector.files.conftest import OBSERVED, places
from tests.paths import WHOLE

GOOD = {
    "timeStart": "2016-04-30T00:00:00Z",
    "timeEnd": "2016-04-30T02:00:00Z",
    "interval": 3600,
    "weatherParameters": [1002, 3002],
    "QC": [1, 1],
    "locationWeatherData": [
        {"longitude": 115.2, "latitude": 35.9, "altitude": 50, "data": [[12, 60], [13, 61], [1, 2]]}
    ],
}
LEAF = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([-9999, 1e308, 10**400, "2016-04-30T00:00", "９", "\ud800", "NaN"])
)  # fmt: skip
JSON = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6) | st.sampled_from([*GOOD, "data"]), inner, max_size=4)
    ),
    max_leaves=10,
)
KEYS = [*GOOD, "longitude", "latitude", "data"]


def read(tmp_path, content: bytes) -> None:
    path = tmp_path / "w.json"
    path.write_bytes(content)
    refusals = Refusals("w.json")
    try:
        table = read_json(path, OBSERVED, places(), refusals)
    except SheetError as error:
        refusals.add("", error.refused.event)
    else:
        assert all(len(column) == len(table.line) for column in table.values.values())
    assert all(str(each) for each in refusals)


@settings(
    max_examples=1000 if WHOLE else 40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from(KEYS), JSON), min_size=1, max_size=4))
def test_any_value_at_any_key(tmp_path, changes):
    document = json.loads(json.dumps(GOOD))
    place = document["locationWeatherData"][0]
    for key, value in changes:
        (document if key in GOOD else place)[key] = value
    read(tmp_path, json.dumps(document).encode("utf-8", "surrogatepass"))


@settings(
    max_examples=1000 if WHOLE else 40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes(tmp_path, content, length):
    whole = json.dumps(GOOD).encode()
    for body in (content, whole[:length] + content):
        read(tmp_path, body)
