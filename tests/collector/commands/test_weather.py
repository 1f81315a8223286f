"""The commands `weather`, as a person types them, against a service on this machine."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from collector.commands.weather import weather_group
from collector.store.measured import weather
from collector.store.measured.weather import WeatherValue
from tests.collector.conftest import NOW, Parts
from tests.collector.providers.service import DAILY, refuse, serving

HOUR = NOW - timedelta(hours=3)


@pytest.fixture
def run(dsn, registered, monkeypatch):
    registered.commit()
    with serving(NOW) as service:
        monkeypatch.setenv("NONGQING_WEATHER", "open-meteo")
        for name in ("NONGQING_WEATHER_URL", "NONGQING_WEATHER_ARCHIVE_URL"):
            monkeypatch.setenv(name, service.url)

        def run(*words):
            found = CliRunner().invoke(weather_group, words, obj=Parts(dsn))
            assert found.exception is None or isinstance(found.exception, SystemExit)
            return found

        run.service = service
        yield run


def test_fetch_says_what_came_and_status_how_that_went(run):
    assert run("status").exit_code == 1
    done = run("fetch")
    assert (done.exit_code, "0 refused" in done.output) == (0, True)
    run.service.answers = [refuse(429, DAILY)]
    again = run("fetch")
    assert again.output.endswith("open-meteo: 0 places, 0 hours new, 0 corrected, 0 refused\n")
    shown = run("status")
    assert shown.exit_code == 0
    assert "2016-05-01 12:00 UTC ok" in shown.output
    assert [each["outcome"] for each in json.loads(run("status", "--json").output)] == ["ok", "ok"]


def test_a_limit_is_told_with_exit_code_1(run):
    run.service.answers = [refuse(429, DAILY)]
    done = run("fetch", "--json")
    assert done.exit_code == 1
    assert json.loads(done.output)["error"] == f"127.0.0.1 answers 429: {DAILY}"
    assert "UTC waits  0 places, 0 hours new, 0 refused; again from 2016-05-0" in (
        run("status").output
    )


def test_the_archive_needs_its_days(run):
    assert run("fetch", "--archive").exit_code == 2
    assert run("fetch", "--from", "2016-04-01").exit_code == 2
    assert run("fetch", "--archive", "--from", "2016-04-20", "--to", "2016-04-01").exit_code == 2
    done = run("fetch", "--archive", "--from", "2016-04-20", "--to", "2016-04-20")
    assert (done.exit_code, run.service.paths) == (0, ["/v1/archive"])


def test_without_a_service_the_setting_is_named(run, monkeypatch):
    monkeypatch.delenv("NONGQING_WEATHER")
    assert "NONGQING_WEATHER is not set" in run("fetch").output


def test_history_shows_every_value_with_who_when_and_which_file(run, registered):
    for value, source, later, name in ((12, "cma", 0, "a.csv"), (15, "cma", 2, "b.csv")):
        said = [WeatherValue(2, "s", "air_temperature", HOUR, HOUR + timedelta(hours=1), value)]
        came = NOW + timedelta(hours=later)
        with registered:
            weather.put_values(
                registered, "observed", source, {"s": (115.2, 35.9)}, said, came, name
            )
    done = run("history", "s", "--from", HOUR.isoformat())
    assert (done.exit_code, done.output.splitlines()) == (
        0,
        [
            "2016-05-01 09:00 UTC observed air_temperature 12  issued 2016-05-01 10:00, came "
            "2016-05-01 12:00 from cma (a.csv)",
            "2016-05-01 09:00 UTC observed air_temperature 15  issued 2016-05-01 10:00, came "
            "2016-05-01 14:00 from cma (b.csv)",
        ],
    )
    values = json.loads(run("history", "s", "--from", HOUR.isoformat(), "--json").output)
    assert [each["value"] for each in values] == [12, 15]
    assert run("history", "s", "--from", (HOUR - timedelta(days=1)).isoformat()).exit_code == 1
    assert (
        "no weather was given for such a place"
        in run("history", "t", "--from", HOUR.isoformat()).output
    )


def test_verify_says_so_where_nothing_can_be_verified_yet(run):
    done = run("verify")
    assert (done.exit_code, done.output) == (
        1,
        "no outlook has been verified yet: none that is over has something measured near it\n",
    )
    assert json.loads(run("verify", "--json").output) == []


def test_verify_prints_each_lead_day(run, registered):
    hours = [NOW - timedelta(hours=n) for n in range(24, 24 * 20)]
    issued = NOW - timedelta(days=8, hours=1)
    with registered:
        for kind, add in (("observed", 0.0), ("forecast", 0.5)):
            values = [
                WeatherValue(
                    n, "s", "air_temperature", h,
                    h + timedelta(hours=1) if kind == "observed" else issued, 12.0 + add,
                )
                for n, h in enumerate(hours)
                if kind == "observed" or issued < h
            ]  # fmt: skip
            weather.put_values(registered, kind, "svc", {"s": (115.2, 35.9)}, values, NOW)
    done = run("verify")
    assert done.exit_code == 0
    head, first, *_ = done.output.splitlines()
    assert head.split() == [
        "source",
        "quantity",
        "against",
        "day",
        "pairs",
        "bias",
        "mae",
        "same",
        "rmse",
        "skill",
    ]
    assert first.split() == [
        "svc",
        "air_temperature",
        "measured",
        "1",
        "24",
        "+0.50",
        "0.50",
        "-",
        "0.50",
        "-",
    ]
