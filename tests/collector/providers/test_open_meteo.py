"""Open-Meteo against a server that answers as its documentation says, well and badly."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from collector.jobs.context import Context
from collector.jobs.forecast import fetch_forecast, is_wanted
from collector.providers import taking
from collector.providers.http import retry_after
from collector.providers.open_meteo import OpenMeteo
from collector.providers.provider import Point, ProviderError
from collector.providers.settings import provider_from_env
from collector.providers.taking import take_archive, take_forecasts, wanted
from collector.senders.address import Address
from collector.settings import SettingsError
from collector.store.advice import ledger
from collector.store.measured import weather, weather_fetch
from collector.store.postgres import db
from tests.collector.conftest import NOW
from tests.collector.providers import service as om
from tests.collector.providers.service import Service, give, refuse, serving

KEY = "k3y-of-a-subscription"
HERE = [Point("a", 115.14, 36.01), Point("b", 115.2, 35.9), Point("c", 115.4, 35.7)]
WAITED: list[float] = []


@pytest.fixture
def service() -> Iterator[Service]:
    WAITED.clear()
    with serving(NOW) as found:
        yield found


def provider(service: Service, **more) -> OpenMeteo:
    base = Address("127.0.0.1", service.port, False, "")
    return OpenMeteo(base, base, KEY, now=lambda: NOW, **more)


def take(dsn: str, service: Service, now: datetime = NOW, **more) -> taking.Taken:
    pool = db.Pool(dsn)
    try:
        return take_forecasts(pool, provider(service, **more), now, WAITED.append)
    finally:
        pool.close()


def in_force(
    conn: db.Connection, quantity: str, at: datetime = NOW
) -> dict[tuple[str, str], float]:
    with conn:
        span = at - timedelta(days=2), at + timedelta(days=10)
        data = weather.forecast_dataset(conn, [quantity], *span, at)
    if data is None:
        return {}
    return {
        (str(place), moment.strftime("%d %H")): float(value)
        for place, row in data[quantity].transpose("site", "time").to_pandas().iterrows()
        for moment, value in row.items()
        if not np.isnan(value)
    }


# What is asked, and what is kept ------------------------------------------------------------


def test_what_is_asked_is_what_the_documentation_names(service):
    provider(service).forecast(HERE)
    assert service.paths == ["/v1/forecast"]
    assert service.asked == [
        {
            "latitude": "36.0100,35.9000,35.7000",
            "longitude": "115.1400,115.2000,115.4000",
            "hourly": "temperature_2m,relative_humidity_2m,precipitation,wind_speed_10m,"
            "shortwave_radiation",
            "temperature_unit": "celsius",
            "wind_speed_unit": "ms",
            "precipitation_unit": "mm",
            "timeformat": "unixtime",
            "timezone": "GMT",
            "forecast_days": "8",
            "apikey": KEY,
        }
    ]


def test_forecasts_of_townships_come_in_and_are_the_outlook_of_their_fields(
    registered, dsn, service
):
    taken = take(dsn, service)
    assert (taken.error, taken.refused) == (None, 0)
    assert taken.places == len(taking.points(registered)) > 1
    found = in_force(registered, "air_temperature")
    names = {name for name, _ in found}
    assert names == {point.name for point in taking.points(registered)}
    assert all(name.startswith("township 4109") for name in names)
    # the hour that runs at 12:00 is the first; 15 + 12 / 4 and a tenth for each place
    assert sorted(v for (_, hour), v in found.items() if hour == "01 12")[0] == 18.0
    assert min(hour for _, hour in found) == "01 12"


def test_rain_and_radiation_are_of_the_hour_before_wind_is_brought_to_2_m(registered, dsn, service):
    take(dsn, service)
    first = sorted(point.name for point in taking.points(registered))[0]
    rain = in_force(registered, "precipitation_amount")
    assert [hour for (name, hour), value in rain.items() if value > 0 and name == first][
        0
    ] == "02 05"
    sun = in_force(registered, "shortwave_irradiance")
    assert sun[first, "02 05"] == 600
    wind = in_force(registered, "wind_speed")
    assert wind[first, "02 00"] == pytest.approx(2.0 * 0.748, abs=0.002)


def test_units_that_changed_are_converted_or_refused_never_stored_wrong(registered, dsn, service):
    def change(listed):
        for one in listed:
            one["hourly_units"] |= {"temperature_2m": "°F", "wind_speed_10m": "mp/h"}
            one["hourly_units"]["precipitation"] = "cubits"
            hourly = one["hourly"]
            hourly["temperature_2m"] = [t * 9 / 5 + 32 for t in hourly["temperature_2m"]]
            hourly["wind_speed_10m"] = [v / 0.44704 for v in hourly["wind_speed_10m"]]
        return listed

    service.change = change
    taken = take(dsn, service)
    first = taking.points(registered)[0].name
    assert in_force(registered, "air_temperature")[first, "01 12"] == pytest.approx(18.0)
    assert in_force(registered, "wind_speed")[first, "02 00"] == pytest.approx(1.496, abs=0.002)
    assert in_force(registered, "precipitation_amount") == {}
    assert taken.refused == taken.places
    said = [str(each.event) for each in ledger.refused(registered, 1)]
    assert said == ['precipitation: the unit "cubits" is not known; its values were not kept']


def test_a_unit_that_lies_is_found_by_what_can_be(registered, dsn, service):
    def change(listed):
        for one in listed:
            one["hourly"]["temperature_2m"] = [t + 273.15 for t in one["hourly"]["temperature_2m"]]
        return listed

    service.change = change
    taken = take(dsn, service)
    assert (taken.new, in_force(registered, "air_temperature")) == (0, {})
    assert "they look like kelvin" in str(ledger.refused(registered, 1)[0].event)


def test_nulls_and_partial_days_cost_their_hours_only(registered, dsn, service):
    def change(listed):
        for one in listed:
            for name in one["hourly"]:
                one["hourly"][name] = one["hourly"][name][:31]
            one["hourly"]["temperature_2m"][-4:] = [None] * 4
            one["hourly"]["temperature_2m"][14] = "warm"
        return listed

    service.change = change
    taken = take(dsn, service)
    first = taking.points(registered)[0].name
    hours = [hour for name, hour in in_force(registered, "air_temperature") if name == first]
    assert hours == [f"01 {h:02}" for h in (12, 13, *range(15, 24))] + ["02 00", "02 01", "02 02"]
    wind = [hour for name, hour in in_force(registered, "wind_speed") if name == first]
    assert wind[-1] == "02 06"
    assert taken.refused == taken.places  # "warm", once for each place


def test_local_times_of_a_zone_with_summer_time_are_placed_by_the_offset_that_is_told(
    registered, dsn, service
):
    def change(listed):
        for one in listed:
            one |= {"utc_offset_seconds": 7200, "timezone": "Europe/Berlin"}
            one["hourly_units"]["time"] = "iso8601"
            one["hourly"]["time"] = [
                f"{datetime.fromtimestamp(t + 7200, UTC):%Y-%m-%dT%H:%M}"
                for t in one["hourly"]["time"]
            ]
        return listed

    take(dsn, service)
    plain = in_force(registered, "air_temperature")
    with registered, registered.cursor() as cur:
        cur.execute("DELETE FROM weather_value")
    service.change = change
    take(dsn, service)
    assert in_force(registered, "air_temperature") == plain != {}


def test_an_answer_for_elsewhere_or_in_another_order_is_not_kept(service):
    service.change = lambda listed: [listed[0], listed[2], listed[1]]
    answer = provider(service).forecast(HERE)
    assert [place.number for place in answer.places] == [0]
    assert [(where, str(why)) for where, why in answer.faults] == [
        ("[1]", "the answer says of itself to be of place 2: it was not kept"),
        ("[2]", "the answer says of itself to be of place 1: it was not kept"),
    ]
    service.change = lambda listed: [listed[0] | {"longitude": 116.0}, *listed[1:]]
    answer = provider(service).forecast(HERE)
    assert [(where, str(why)) for where, why in answer.faults] == [
        ("[0]", "the answer is of 116, 36, 77 km from what was asked for: it was not kept")
    ]
    service.change = lambda listed: listed[:2]
    with pytest.raises(ProviderError, match="2 places in the answer, 3 were asked for"):
        provider(service).forecast(HERE)


# Limits, failures, and going on -------------------------------------------------------------


def test_a_limit_of_a_minute_is_waited_for_and_the_rest_goes_on(registered, dsn, service):
    service.answers = [None, refuse(429, om.MINUTELY)]
    taken = take(dsn, service, most_places=1)
    assert (taken.error, WAITED) == (None, [60.0])
    assert taken.places == len(taking.points(registered))


def test_a_wait_that_is_told_counts_more_than_the_reason(registered, dsn, service):
    service.answers = [refuse(429, om.DAILY, Retry_After="7")]
    assert take(dsn, service).error is None
    assert WAITED == [7.0]


@pytest.mark.parametrize(
    ("reason", "until"),
    [
        (om.HOURLY, NOW + timedelta(hours=1)),
        (om.DAILY, datetime(2016, 5, 2, tzinfo=UTC)),
    ],
)
def test_a_long_limit_ends_the_round_what_came_stays_and_the_next_goes_on_behind_it(
    registered, dsn, service, reason, until
):
    service.answers = [None, refuse(429, reason)]
    taken = take(dsn, service, most_places=1)
    assert (taken.places, WAITED, len(service.asked)) == (1, [], 2)
    (noted,) = weather_fetch.latest(registered, "open-meteo")
    assert (noted.outcome, noted.not_before) == ("waits", until)
    assert not wanted(registered, "open-meteo", until - timedelta(seconds=1))
    assert wanted(registered, "open-meteo", until)
    registered.commit()
    service.asked.clear()
    again = take(dsn, service, NOW + timedelta(hours=1), most_places=1)
    assert again.error is None
    assert len(service.asked) == len(taking.points(registered)) - 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (give(502, om.HTML, "text/html"), "127.0.0.1 answers 502: -"),
        (give(200, om.HTML, "text/html"), "the answer is no JSON (HTML): nothing of it was kept"),
        (give(200, '[{"latitude": 36.0, "hourly": {"time": [14'), "the answer is no JSON ("),
        (give(200, b"\xff\xfe\x00"), "the answer is no JSON ("),
        (give(200, "{}"), "1 places in the answer, 3 were asked for"),
        (give(200, "[" * 100_000), "the answer is no JSON ("),
        (give(301, "", Location="http://127.0.0.1:9/"), "127.0.0.1 answers 301: -"),
        (refuse(500, "Internal"), "127.0.0.1 answers 500: Internal"),
    ],
)
def test_what_is_no_answer_is_told_in_one_line(service, answer, says):
    service.answers = [answer]
    with pytest.raises(ProviderError) as error:
        provider(service).forecast(HERE)
    assert str(error.value).startswith(says)
    assert KEY not in str(error.value)


def test_a_failure_is_tried_once_more_then_later_and_later(registered, dsn, service):
    service.answers = [give(503, "") for _ in range(4)]
    assert take(dsn, service).error is not None
    assert (len(service.asked), WAITED) == (2, [taking.RETRY_S])
    (first,) = weather_fetch.latest(registered, "open-meteo")
    assert first.not_before - NOW == timedelta(minutes=10)
    registered.commit()
    take(dsn, service)
    last = weather_fetch.latest(registered, "open-meteo")[0]
    assert (last.outcome, last.not_before - NOW) == ("failed", timedelta(minutes=20))
    registered.commit()
    assert take(dsn, service).error is None, "the service is there again"


def test_a_place_that_they_refuse_does_not_cost_the_others(registered, dsn, service):
    bad = taking.points(registered)[1]
    good = service.document

    def answer(handler):
        asked = service.asked[-1]
        if f"{bad.latitude:.4f}" in asked["latitude"].split(","):
            return refuse(400, "No data is available for this location")(handler)
        return give(200, json.dumps(good("/v1/forecast", asked)))(handler)

    service.answers = [answer] * 20
    registered.commit()
    taken = take(dsn, service)
    names = {name for name, _ in in_force(registered, "air_temperature")}
    assert names == {p.name for p in taking.points(registered)} - {bad.name}
    assert taken.refused == 1


def test_who_sends_a_byte_now_and_then_is_given_up(service):
    def trickle(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(20):
            try:
                handler.wfile.write(b" ")
            except OSError:
                return
            time.sleep(0.1)

    service.answers = [trickle]
    began = time.monotonic()
    with pytest.raises(ProviderError, match=r"gives no whole answer \(0.3 s\)"):
        provider(service, timeout_s=0.3).forecast(HERE)
    assert time.monotonic() - began < 1.5


def test_an_answer_that_is_cut_off_is_none(service):
    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"latitude": 36')

    service.answers = [cut]
    with pytest.raises(ProviderError, match=r"gives no whole answer \(IncompleteRead\)"):
        provider(service).forecast(HERE)


def test_nobody_there_is_told_without_the_key(service):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    nobody = Address("127.0.0.1", port, False, "")
    with pytest.raises(ProviderError) as error:
        OpenMeteo(nobody, nobody, KEY).forecast(HERE)
    assert str(error.value) == (
        "127.0.0.1 gives no whole answer (ConnectionRefusedError); see whether this machine "
        "reaches it"
    )


def test_an_endless_answer_is_cut_off(service, monkeypatch):
    monkeypatch.setattr("collector.providers.http.MOST_BYTES", 1 << 20)
    service.answers = [give(200, b" " * (1 << 21))]
    with pytest.raises(ProviderError, match="more than 1 MB"):
        provider(service).forecast(HERE)


# The key ------------------------------------------------------------------------------------


def test_the_key_is_in_no_message_record_or_log(
    registered, dsn, service, caplog, monkeypatch, tmp_path
):
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o600)
    for name, value in {
        "NONGQING_WEATHER": "open-meteo",
        "NONGQING_WEATHER_URL": service.url,
        "NONGQING_WEATHER_KEY_FILE": str(file),
    }.items():
        monkeypatch.setenv(name, value)
    service.answers = [refuse(403, f"The supplied API key {KEY} is invalid")] * 2
    pool = db.Pool(dsn)
    context = Context(pool, NOW)
    assert is_wanted(context)
    context.stopping.set()  # nobody waits
    with pytest.raises(ProviderError) as error:
        fetch_forecast(context)
    assert service.asked[0]["apikey"] == KEY
    assert str(error.value) == "127.0.0.1 answers 403: The supplied API key … is invalid"
    (noted,) = weather_fetch.latest(registered, "open-meteo")
    assert not is_wanted(context)
    pool.close()
    assert KEY not in f"{noted} {caplog.text} {error.value!r} {provider_from_env()!r}"


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"NONGQING_WEATHER": "sky"}, "is no service of weather that is known; write open-meteo"),
        (
            {"NONGQING_WEATHER": "open-meteo", "NONGQING_WEATHER_URL": "ftp://x"},
            "NONGQING_WEATHER_URL: cannot read it",
        ),
        (
            {"NONGQING_WEATHER": "open-meteo", "NONGQING_WEATHER_ARCHIVE_URL": "https://u:p@x"},
            "NONGQING_WEATHER_ARCHIVE_URL: cannot read it",
        ),
        (
            {"NONGQING_WEATHER": "open-meteo", "NONGQING_WEATHER_KEY_FILE": "/nowhere"},
            "NONGQING_WEATHER_KEY_FILE: /nowhere cannot be read",
        ),
    ],
)
def test_settings_that_cannot_be_are_told(env, says):
    with pytest.raises(SettingsError, match=says):
        provider_from_env(env)


def test_a_key_goes_nowhere_unencrypted_and_without_a_name_nobody_is_asked(tmp_path):
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o600)
    env = {"NONGQING_WEATHER": "open-meteo", "NONGQING_WEATHER_KEY_FILE": str(file)}
    with pytest.raises(SettingsError, match="the key would go to lan.example unencrypted"):
        provider_from_env(env | {"NONGQING_WEATHER_URL": "http://lan.example"})
    paid = provider_from_env(env)
    assert paid.base.host == "customer-api.open-meteo.com"
    assert provider_from_env({"NONGQING_WEATHER": "open-meteo"}).base.host == "api.open-meteo.com"
    assert provider_from_env({}) is None
    file.write_text("k3y of\n2 lines")
    with pytest.raises(SettingsError, match="holds no key"):
        provider_from_env(env)


# The archive, and values told anew ----------------------------------------------------------


def test_an_archive_that_is_told_anew_takes_the_place_of_what_was_and_that_is_kept(
    registered, dsn, service
):
    days = date(2016, 4, 20), date(2016, 4, 21)
    registered.commit()
    take(dsn, service)  # so that the places are there
    pool = db.Pool(dsn)
    first = take_archive(pool, provider(service), days, NOW, WAITED.append)
    assert first.error is None
    assert first.new > 0
    assert service.paths[-1] == "/v1/archive"
    assert service.asked[-1]["start_date"] == "2016-04-20"

    def change(listed):
        for one in listed:
            one["hourly"]["temperature_2m"][30] += 1.5
        return listed

    service.change = change
    again = take_archive(pool, provider(service), days, NOW + timedelta(days=5), WAITED.append)
    pool.close()
    assert (again.new, again.corrected) == (0, first.places)
    name = taking.points(registered)[0].name + " (analysis)"
    when = datetime(2016, 4, 21, 6, tzinfo=UTC)
    said = weather.history(registered, name, when, when + timedelta(hours=1), "air_temperature")
    assert [(each.value, each.source, each.received) for each in said] == [
        (16.5, "open-meteo archive", NOW),
        (18.0, "open-meteo archive", NOW + timedelta(days=5)),
    ]


def test_retry_after_is_seconds_or_a_date():
    assert retry_after("120", NOW) == 120
    assert retry_after("Sun, 01 May 2016 12:10:00 GMT", NOW) == 600
    assert retry_after("soon", NOW) is None
    assert retry_after(None, NOW) is None
    assert retry_after("٣", NOW) is None
