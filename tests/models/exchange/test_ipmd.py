"""The catalogue, weather and answers against the schemas and examples of IPM Decisions."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta

import jsonschema
import numpy as np
import pytest
import yaml

from field_configs.load import load
from field_configs.words import LANGUAGES, Words
from firmware.wire.quantities import by_name
from models.exchange import ipmd, ipmd_parameters, ipmd_weather
from models.exchange.ipmd import Answered, Provider, ProviderError
from models.exchange.ipmd_weather import IpmWeatherError, parse_weather, write_weather
from models.hazards.catalogue import catalogue
from models.weather.dataset import dataset
from tests.paths import GOLDEN, SHARED

FOLDER = SHARED / "data/ipmd"
START = datetime(2016, 5, 1, tzinfo=UTC)


@pytest.fixture
def given():
    """Text of a file of IPM Decisions; where they are not there, these tests are not run."""
    if not FOLDER.is_dir():
        reason = f"not run: the schemas and examples of IPM Decisions are not in {FOLDER}"
        print(reason)
        pytest.skip(reason)
    return lambda name: (FOLDER / name).read_text(encoding="utf-8")


def described(lang="en", provider=None):
    crops = load(site=None).crops
    text = ipmd.catalogue_yaml(catalogue(), crops, Words.load(lang), "0.1.0", provider)
    return yaml.safe_load(text)


# The catalogue --------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_their_schema_accepts_the_catalogue(given, lang):
    schema = json.loads(given("DSS_schema.json"))
    validator = jsonschema.Draft4Validator(schema)
    assert [error.message for error in validator.iter_errors(described(lang))] == []
    spoiled = described(lang)
    spoiled["models"][0]["id"] = "no spaces allowed"
    del spoiled["organization"]["city"]
    assert len(list(validator.iter_errors(spoiled))) == 2


def test_every_hazard_is_a_model_with_codes():
    models = {model["id"]: model for model in described()["models"]}
    assert list(models) == list(catalogue())
    fhb = models["wheat_fhb"]
    assert (fhb["pests"], fhb["crops"]) == (["GIBBZE"], ["TRZAW"])
    codes = [p["parameter_code"] for p in fhb["input"]["weather_parameters"]]
    assert 3002 in codes
    assert "BBCH 45 to 69" in fhb["description"]
    assert "not validated in Puyang" in fhb["description"]
    texts = fhb["output"]["warning_status_interpretation"]
    assert len(texts) == 5
    assert texts[3]["explanation"] == "The score is at or above 0.24."
    assert texts[0]["recommended_action"] == "NA"
    assert texts[4]["recommended_action"].startswith("First clear the ditches")
    assert fhb["output"]["result_parameters"][0]["title"].startswith("Probability: ")
    assert "INPUT WITHOUT A PARAMETER CODE: soil_moisture" in models["soil_drought"]["description"]
    assert models["soil_drought"]["pests"] == []


def test_limits_are_told_as_numbers_that_mean_something():
    for hazard in catalogue().values():
        text = " ".join(ipmd.explanations(hazard))
        assert not re.search(r"\binf\b|e-\d", text), hazard.id
    assert (
        ipmd.explanations(catalogue()["tomato_whitefly"])[4] == "This hazard is never called high."
    )


def test_the_provider_is_stated_or_empty():
    assert described()["organization"]["email"] == ""
    provider = ipmd.provider_from({"organization": "Puyang plant protection", "email": "a@b.cn"})
    organization = described(provider=provider)["organization"]
    assert organization["name"] == "Puyang plant protection"
    assert organization["email"] == "a@b.cn"
    with pytest.raises(ProviderError, match=r'unknown "mail" \(one of id, name'):
        ipmd.provider_from({"mail": "a@b.cn"})
    with pytest.raises(ProviderError, match=r"postal_code: 457000 is no text; put it in quotes"):
        ipmd.provider_from({"postal_code": 457000})
    assert Provider().id == "cn.nongqing"


# Parameters -----------------------------------------------------------------------------------


def read_around(text):
    """Code to name and unit of their draft list, line by line: as YAML it does not parse."""
    with pytest.raises(yaml.YAMLError, match="line 20"):
        yaml.safe_load(text)
    found, code = {}, None
    for line in text.splitlines():
        if head := re.match(r"- id: *(\d+)", line):
            code = int(head[1])
            found[code] = {}
        elif (part := re.match(r" *(name|unit): *(.*\S)", line)) and code is not None:
            found[code][part[1]] = part[2]
    return found


def test_our_copy_of_their_list_is_true(given):
    theirs = read_around(given("weather_parameters_draft_v2.yaml"))
    assert len(theirs) == 64
    assert theirs[1012]["name"] == "Mean air temperature at 10m"
    for code, entry in listed().items():
        assert theirs[code] == entry


def listed():
    """Code to name and unit of the parameters that we exchange, as transcribed from their list."""
    with (GOLDEN / "ipmd" / "parameters.csv").open(encoding="utf-8") as file:
        return {int(row.pop("code")): row for row in csv.DictReader(file)}


def test_our_table_agrees_with_their_list():
    units = {
        "degC": "Celcius",
        "%": "%",
        "mm": "mm",
        "m s-1": "m/s",
        "degree": "degrees",
        "W m-2": "W/sqm",
        "min": "minutes/hour",
    }
    theirs = listed()
    for parameter in ipmd_parameters.PARAMETERS:
        entry = theirs[parameter.code]
        assert entry["name"].startswith(parameter.name.split(" (")[0])
        assert entry["unit"] == units[by_name(parameter.quantity).unit]


# Weather --------------------------------------------------------------------------------------


def in_and_out(text):
    """The Dataset of a document that was read, written and read again without a difference."""
    written, there = json.loads(write_weather(parse_weather(text))), json.loads(text)
    for document in (written, there):
        document.pop("_comment", None)
        for place in document["locationWeatherData"]:
            for extra in ("_comment", "length", "width"):
                place.pop(extra, None)
    assert written == there
    place = parse_weather(text).locations[0]
    weather = parse_weather(text)
    said = ipmd_weather.values_of(weather, place)
    times = [weather.start + timedelta(hours=h) for h in range(weather.hours)]
    data = dataset(
        times,
        ["here"],
        {name: values[:, None] for name, (values, _) in said.items()},
        qc={name: bits[:, None] for name, (_, bits) in said.items()},
        longitude=("site", np.array([place.longitude])),
        latitude=("site", np.array([place.latitude])),
    )
    out = ipmd_weather.from_dataset(data)
    assert out.parameters == (1002, 3002, 2001, 4003)
    again = parse_weather(write_weather(out))
    same = ipmd_weather.values_of(again, again.locations[0])
    for name in said:
        np.testing.assert_array_equal(same[name][0], said[name][0])
    return said, out


def test_a_document_goes_in_and_out_unchanged():
    text = (GOLDEN / "ipmd" / "weather.json").read_text(encoding="utf-8")
    weather = parse_weather(text)
    assert (weather.hours, weather.qc) == (30, (0, 5, 0, -1))
    said, out = in_and_out(text)
    assert np.flatnonzero(np.isnan(said["air_temperature"][0])).tolist() == [7]
    # -1 says that nothing was tested
    assert set(said["wind_speed"][1]) == {0}
    assert set(said["relative_humidity"][1]) == {5}
    assert out.qc == (0, 1, 0, 0)


def test_their_example_goes_in_and_out_unchanged(given):
    text = given("weather_data_standard_example.json")
    weather = parse_weather(text)
    assert (weather.hours, weather.qc) == (213, (0, 5, 0, -1))
    said, out = in_and_out(text)
    assert said["air_temperature"][0][0] == 0.8
    assert set(said["relative_humidity"][1]) == {5}
    assert out.qc == (0, 1, 0, 0)


def test_bits_of_samples_that_were_left_out_do_not_go_out():
    data = dataset(
        [START + timedelta(hours=h) for h in range(3)],
        ["a"],
        {"air_temperature": np.array([[15.0], [16.0], [np.nan]])},
        qc={"air_temperature": np.array([[1], [3 | 64], [128]], np.int16)},
        longitude=("site", np.array([115.1])),
        latitude=("site", np.array([35.8])),
    )
    out = ipmd_weather.from_dataset(data)
    assert out.qc == (3,)
    np.testing.assert_array_equal(out.locations[0].data, [[15.0], [16.0], [np.nan]])


def document(**changes):
    place = {"longitude": 115.1, "latitude": 35.8, "data": [[15.0, 80], [None, 81.5]]}
    whole = {
        "timeStart": "2016-05-01T00:00:00Z",
        "timeEnd": "2016-05-01T01:00:00Z",
        "interval": 3600,
        "weatherParameters": [4013, 3002],
        "locationWeatherData": [place],
    }
    return {**whole, **changes}


def test_wind_at_10_m_is_told_for_2_m():
    weather = parse_weather(json.dumps(document()))
    values, bits = ipmd_weather.values_of(weather, weather.locations[0])["wind_speed"]
    # FAO-56 equation 47: u2 = uz 4.87 / ln(67.8 z - 5.42); at 10 m the factor is 0.748
    np.testing.assert_allclose(values, [15.0 * 0.748, np.nan], rtol=1e-3)
    assert bits.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timeStart": None}, 'timeStart: time "null" is no time; write 2016-05-01T08:00+08:00'),
        ({"timeStart": "2016-05-01T00:00:00"}, "has no time zone; write 2016-05-01T08:00+08:00"),
        ({"timeStart": "2016-05-01 00:00"}, "has no time zone; write 2016-05-01T08:00+08:00"),
        ({"timeStart": "0001-01-01T00:00:00+08:00"}, "lies outside 1950 to 2099; mend the year"),
        ({"timeStart": "2016-05-01T00:30:00Z"}, "is not the start of an hour"),
        ({"timeEnd": "2016-04-01T00:00:00Z"}, "lies before timeStart"),
        ({"interval": 86400}, "interval: 86400 s; only hourly values (3600) are taken"),
        ({"weatherParameters": []}, "weatherParameters: give a list of codes"),
        ({"weatherParameters": [3002, 3002]}, "weatherParameters: a code comes twice"),
        ({"QC": [1]}, "QC: give one whole number for each of the 2 parameters"),
        ({"locationWeatherData": []}, "locationWeatherData: no place in it"),
        ({"locationWeatherData": [1]}, "locationWeatherData[0]: no object with longitude"),
        ({"locationWeatherData": [{"longitude": 1}]}, 'locationWeatherData[0]: no "data"; add it'),
        ({"locationWeatherData": [{"data": [[1, 2]]}]}, "data: 1 rows, but timeStart to timeEnd a"),
        (
            {"locationWeatherData": [{"data": [[1, 2], [2, 3]], "longitude": 200}]},
            "locationWeatherData[0].longitude: 200 is not within -180..180 degrees",
        ),
    ],
)
def test_a_broken_document_is_told_where(changes, message):
    with pytest.raises(IpmWeatherError) as error:
        parse_weather(json.dumps(document(**changes)))
    assert message in str(error.value)


def test_a_row_or_value_that_is_broken_costs_itself():
    rows = [[1, "x"], [2], [3, 4]]
    place = {"longitude": 115.1, "latitude": 35.8, "data": rows}
    whole = document(timeEnd="2016-05-01T02:00:00Z", locationWeatherData=[place])
    weather = parse_weather(json.dumps(whole))
    np.testing.assert_array_equal(
        weather.locations[0].data, [[1, np.nan], [np.nan, np.nan], [3, 4]]
    )
    assert [f"{where}: {why}" for where, why in weather.faults] == [
        'locationWeatherData[0].data[0][1]: value "x" is no number; leave the cell empty where '
        "there is none",
        "locationWeatherData[0].data[1]: not 2 values in a row; write null where there is none",
    ]


def test_what_is_no_document():
    with pytest.raises(IpmWeatherError, match=r"line 2: not JSON"):
        parse_weather("{\n,}")
    with pytest.raises(IpmWeatherError, match="its outermost part is no object"):
        parse_weather("[]")
    with pytest.raises(IpmWeatherError, match='document: no "timeStart"; add it'):
        parse_weather("{}")
    with pytest.raises(IpmWeatherError, match="document: nested too deeply for a weather document"):
        parse_weather("[" * 100_000)
    hour = dataset([START], ["a"], {"soil_ph": np.array([[7.0]])})
    with pytest.raises(IpmWeatherError, match="nothing to write: no hours, or no quantity"):
        ipmd_weather.from_dataset(hour)
    assert ipmd_parameters.unknown([1002, 1901]) == (1901,)


# Answers --------------------------------------------------------------------------------------


def answers():
    end = START.replace(hour=16)  # midnight in Puyang
    return [
        Answered(end, 2, {"score": 0.1, "rh14": 70.0}),
        Answered(end + timedelta(days=1), 1, {"score": None, "rh14": None}),
        Answered(end + timedelta(days=3), 4, {"score": 0.5, "rh14": 90.0}),
    ]


def test_their_schema_accepts_our_answers(given):
    schema = json.loads(given("dss_model_output.json"))
    output = ipmd.model_output(answers(), 115.1, 35.8, "Not validated")
    jsonschema.Draft4Validator(schema).validate(output)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(schema).validate(output | {"interval": "day"})


def test_answers_stand_on_their_local_day():
    output = ipmd.model_output(answers(), 115.1, 35.8)
    (place,) = output["locationResult"]
    assert output["timeStart"] == "2016-05-01T00:00:00+08:00"
    assert output["timeEnd"] == "2016-05-04T00:00:00+08:00"
    assert output["resultParameters"] == ["score", "rh14"]
    # a day on which nothing was said is "cannot say", like one with missing data
    assert place["warningStatus"] == [2, 1, 1, 4]
    none = [ipmd.NO_VALUE, ipmd.NO_VALUE]
    assert place["data"] == [[0.1, 70.0], none, none, [0.5, 90.0]]
    assert output["messageType"] is None


def test_no_answer_and_two_answers_are_refused():
    with pytest.raises(ValueError, match="no answer to put out"):
        ipmd.model_output([], 115.1, 35.8)
    with pytest.raises(ValueError, match="two answers for one day; give the newest of each day"):
        ipmd.model_output([answers()[0], answers()[0]], 115.1, 35.8)
