"""Troubles that users of Open-Meteo reported in public, each tried here as they met it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collector.providers import taking
from collector.providers.provider import ProviderError
from collector.store.advice import ledger
from tests.collector.conftest import NOW
from tests.collector.providers.service import HTML, MINUTELY, give, refuse, serving
from tests.collector.providers.test_open_meteo import HERE, KEY, WAITED, in_force, provider, take


@pytest.fixture
def service():
    WAITED.clear()
    with serving(NOW) as found:
        yield found


def each(change):
    """Alter each place of an answer."""

    def alter(listed):
        for one in listed:
            change(one)
        return listed

    return alter


def test_open_meteo_71_the_last_three_hours_are_null(registered, dsn, service):
    def change(one):
        for name, column in one["hourly"].items():
            if name != "time":
                column[-3:] = [None] * 3

    service.change = each(change)
    taken = take(dsn, service)
    assert (taken.error, taken.refused) == (None, 0)
    last = max(hour for _, hour in in_force(registered, "air_temperature"))
    assert last == "08 20"


def test_open_meteo_1870_and_website_1005_a_gateway_answers_with_a_page(registered, dsn, service):
    service.answers = [give(502, HTML, "text/html"), give(502, HTML, "text/html")]
    taken = take(dsn, service)
    assert str(taken.error) == "127.0.0.1 answers 502: -"
    assert in_force(registered, "air_temperature") == {}
    registered.commit()
    assert take(dsn, service).error is None


def test_openmeteopy_14_many_places_are_one_request_and_a_limit_is_waited_for(
    registered, dsn, service
):
    count = len(taking.points(registered))
    registered.commit()
    service.answers = [refuse(429, MINUTELY)]
    assert take(dsn, service).places == count
    assert (len(service.asked), WAITED) == (2, [60.0])


def test_ha_open_meteo_solar_forecast_22_a_limit_is_not_run_against_again_and_again(
    registered, dsn, service
):
    service.answers = [refuse(429, MINUTELY)] * 20
    taken = take(dsn, service)
    assert taken.error is not None
    assert len(service.asked) == taking.PAUSES + 1
    assert not taking.wanted(registered, "open-meteo", NOW + timedelta(seconds=59))


def test_open_meteo_1641_humidity_above_100_is_100_and_far_above_is_none(registered, dsn, service):
    def change(one):
        one["hourly"]["relative_humidity_2m"][20:22] = [103, 140]

    service.change = each(change)
    taken = take(dsn, service)
    wet = in_force(registered, "relative_humidity")
    names = {name for name, _ in wet}
    assert {wet[name, "01 20"] for name in names} == {100}
    assert all((name, "01 21") not in wet for name in names)
    assert taken.refused == taken.places


def test_open_meteo_330_rain_of_minus_3276_mm_is_none_and_a_column_of_it_no_column(
    registered, dsn, service
):
    def one_hour(one):
        one["hourly"]["precipitation"][30] = -3276.8

    def all_hours(one):
        one["hourly"]["precipitation"] = [-3276.8] * len(one["hourly"]["time"])

    service.change = each(one_hour)
    take(dsn, service)
    assert min(in_force(registered, "precipitation_amount").values()) == 0
    service.change = each(all_hours)
    later = NOW + timedelta(hours=4)
    service.now = later
    taken = take(dsn, service, later)
    assert taken.new == 0
    said = str(ledger.refused(registered, 1)[0].event)
    assert "precipitation_amount:" in said
    assert "cannot be mm" in said


def test_open_meteo_1451_the_rain_of_21_o_clock_fell_from_20_to_21(service):
    def change(listed):
        for one in listed:
            one["hourly"]["precipitation"] = [
                2.0 if datetime.fromtimestamp(t, UTC).hour == 21 else 0.0
                for t in one["hourly"]["time"]
            ]
        return listed

    service.change = change
    times, values = provider(service).forecast(HERE).places[0].values["precipitation_amount"]
    assert {t // 3600 % 24 for t in times[values > 0].tolist()} == {20}


def test_open_meteo_488_and_emhass_589_no_hour_of_the_change_to_summer_time_is_shifted_or_lost(
    service,
):
    """On the last Sunday of March local clocks of Berlin skip an hour; the offset told is one."""
    service.now = datetime(2016, 3, 26, 12, tzinfo=UTC)

    def change(listed):
        for one in listed:
            one |= {"utc_offset_seconds": 3600, "timezone": "Europe/Berlin"}
            one["hourly_units"]["time"] = "iso8601"
            one["hourly"]["time"] = [
                f"{datetime.fromtimestamp(t + 3600, UTC):%Y-%m-%dT%H:%M}"
                for t in one["hourly"]["time"]
            ]
        return listed

    plain = provider(service).forecast(HERE)
    service.change = change
    local = provider(service).forecast(HERE)
    assert local.faults == ()
    for one, other in zip(plain.places, local.places, strict=True):
        assert one.values["air_temperature"][0].tolist() == (
            other.values["air_temperature"][0].tolist()
        )
        assert len(set(one.values["air_temperature"][0].tolist())) == 8 * 24


def test_openems_3235_without_a_key_no_empty_one_is_sent(service):

    replace(provider(service), key=None).forecast(HERE)
    assert "apikey" not in service.asked[0]


def test_open_meteo_589_a_place_that_they_cannot_serve_is_named_and_costs_itself(
    registered, dsn, service
):
    bad = taking.points(registered)[0]
    registered.commit()
    service.answers = [refuse(400, "Invalid timezone")] * 1
    with pytest.raises(ProviderError, match="400: Invalid timezone") as error:
        provider(service).forecast([bad])
    assert error.value.names
    assert KEY not in str(error.value)
