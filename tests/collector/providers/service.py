"""Open-Meteo as its documentation says, on this machine.

Fields, units and the forms of one place and of several, of times and of refusals are those of
open-meteo.com/en/docs ("API Documentation", "JSON Return Object", "Errors") and of
openapi/forecast.yml of open-meteo/open-meteo; the reasons of a limit are those that its users
quote. Weather is made up.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = Callable[[BaseHTTPRequestHandler], None]
UNITS = {
    "temperature_2m": {"celsius": "°C", "fahrenheit": "°F"},
    "wind_speed_10m": {"kmh": "km/h", "ms": "m/s", "mph": "mp/h", "kn": "kn"},
    "precipitation": {"mm": "mm", "inch": "inch"},
    "relative_humidity_2m": {"": "%"},
    "shortwave_radiation": {"": "W/m²"},
}
ASKED = {
    "temperature_2m": "temperature_unit",
    "wind_speed_10m": "wind_speed_unit",
    "precipitation": "precipitation_unit",
}
DEFAULTS = {"temperature_unit": "celsius", "wind_speed_unit": "kmh", "precipitation_unit": "mm"}


def weather(variable: str, hour: int, place: int) -> float:
    """A value of an hour of the day, in °C, %, mm, m/s, W/m²."""
    of_day = hour % 24
    return {
        "temperature_2m": 15.0 + of_day / 4 + place / 10,
        "relative_humidity_2m": 80 - of_day,
        "precipitation": 0.4 if of_day == 6 else 0.0,
        "wind_speed_10m": 2.0 + of_day / 10,
        "shortwave_radiation": max(0.0, 600 - 100 * abs(of_day - 6)),
    }[variable]


def place_of(asked: dict[str, str], number: int, first: datetime, hours: int) -> dict[str, Any]:
    """What is answered for one place."""
    given = DEFAULTS | asked
    names = asked["hourly"].split(",")
    times = [first + timedelta(hours=h) for h in range(hours)]
    unix = asked.get("timeformat") == "unixtime"
    found: dict[str, Any] = {
        "latitude": round(float(asked["latitude"].split(",")[number]) * 8) / 8,
        "longitude": round(float(asked["longitude"].split(",")[number]) * 8) / 8,
        "generationtime_ms": 0.2,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 52.0,
    }
    if number:
        found["location_id"] = number
    found["hourly_units"] = {"time": "unixtime" if unix else "iso8601"} | {
        name: UNITS[name].get(given.get(ASKED.get(name, ""), ""), "") for name in names
    }
    found["hourly"] = {
        "time": [int(t.timestamp()) if unix else f"{t:%Y-%m-%dT%H:%M}" for t in times]
    } | {name: [weather(name, t.hour, number) for t in times] for name in names}
    return found


@dataclass
class Service:
    """What it was asked, and what it answers; `change` alters a good answer before it goes out."""

    now: datetime
    port: int = 0
    answers: list[Answer | None] = field(default_factory=list)
    change: Callable[[Any], Any] = lambda document: document
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def document(self, path: str, asked: dict[str, str]) -> Any:
        count = len(asked["latitude"].split(","))
        if path.endswith("/archive"):
            first = datetime.fromisoformat(asked["start_date"]).replace(tzinfo=UTC)
            last = datetime.fromisoformat(asked["end_date"]).replace(tzinfo=UTC)
            hours = 24 * ((last - first).days + 1)
        else:
            first = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
            hours = 24 * int(asked.get("forecast_days", "7"))
        listed = [place_of(asked, number, first, hours) for number in range(count)]
        return listed[0] if count == 1 else listed


def give(
    status: int, body: str | bytes, kind: str = "application/json; charset=utf-8", **headers: str
) -> Answer:
    """Answer so, whatever is asked."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        data = body.encode() if isinstance(body, str) else body
        handler.send_response(status)
        for name, value in {"Content-Type": kind, **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def refuse(status: int, reason: str, **headers: str) -> Answer:
    return give(status, json.dumps({"error": True, "reason": reason}), **headers)


MINUTELY = "Minutely API request limit exceeded. Please try again in one minute."
HOURLY = "Hourly API request limit exceeded. Please try again in the next hour."
DAILY = "Daily API request limit exceeded. Please try again tomorrow."
HTML = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@contextmanager
def serving(now: datetime) -> Iterator[Service]:
    """Run it."""
    service = Service(now)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            service.asked.append(asked)
            service.paths.append(parts.path)
            answer = service.answers.pop(0) if service.answers else None
            if answer is None:
                document = service.change(service.document(parts.path, asked))
                answer = give(200, json.dumps(document))
            answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
