"""Counters and times of the web's own work, for `/metrics`."""

from time import perf_counter

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
EXTENSION = "nongqing_metrics"


def install(app: Flask) -> None:
    """Count and time every request of an app, by endpoint and never by address or visitor."""
    registry = CollectorRegistry()
    requests = Counter(
        "nongqing_web_requests", "Requests answered", ["endpoint", "status"], registry=registry
    )
    seconds = Histogram(
        "nongqing_web_request_seconds",
        "Time to answer a request",
        ["endpoint"],
        buckets=BUCKETS_S,
        registry=registry,
    )
    app.extensions[EXTENSION] = registry

    @app.before_request
    def start() -> None:
        g.started = perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        requests.labels(endpoint, str(response.status_code)).inc()
        if "started" in g:
            seconds.labels(endpoint).observe(perf_counter() - g.started)
        return response
